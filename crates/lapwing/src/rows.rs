//! Report files: CSV in the columns of the project's data
//! (`report_id,t_report,t_seen,lat,lon,unc_m,kind,source`).
//!
//! `report_id`, `t_seen`, `lat`, `lon` and `kind` must be there. Stated defaults for the others:
//! without `t_report` a report arrived when it was seen; without `unc_m` its place may be off by
//! [`DEFAULT_OFF_M`]; without `source` every row has its own source. Other columns are ignored.

use std::{collections::HashMap, fs::File, path::Path};

use anyhow::{Context, bail};
use jiff::Timestamp;
use lapwing_fuse::TORNADO;
use lapwing_model::Form;

/// Used where a file does not say how far off its places are, in metres.
pub(crate) const DEFAULT_OFF_M: u32 = 1_000;

/// First code for kinds that the form does not have.
pub(crate) const FOREIGN_KIND: u8 = 64;

/// One row of a report file.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name in the file.
    pub(crate) id: String,
    /// Arrival, Unix seconds.
    pub(crate) at: i64,
    /// Stated time, Unix seconds.
    pub(crate) seen: i64,
    /// Degrees.
    pub(crate) lat: f64,
    /// Degrees.
    pub(crate) lon: f64,
    /// How far off the place may be; `None` where the file does not say.
    pub(crate) off_m: Option<u32>,
    /// Code in the form, or from 64 on for kinds it does not have.
    pub(crate) kind: u8,
    /// Pseudonym.
    pub(crate) source: String,
}

/// Reads a report file, in the order of the file.
pub(crate) fn read(path: &Path, form: &Form) -> anyhow::Result<Vec<Row>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut csv = csv::Reader::from_reader(file);
    let head = csv
        .headers()
        .context("the first line must name the columns")?
        .clone();
    let column = |name: &str| head.iter().position(|h| h == name);
    let must = |name: &str| {
        column(name).with_context(|| format!("{}: there is no column {name}", path.display()))
    };
    let (id, seen, lat, lon, kind) = (
        must("report_id")?,
        must("t_seen")?,
        must("lat")?,
        must("lon")?,
        must("kind")?,
    );
    let (at, off, source) = (column("t_report"), column("unc_m"), column("source"));
    let mut kinds = KindNames::new(form)?;
    let mut rows = Vec::new();
    for (n, record) in csv.records().enumerate() {
        let line = n + 2;
        let record = record.with_context(|| format!("line {line} is not CSV"))?;
        let field = |i: usize| record.get(i).unwrap_or_default().trim();
        let parse = |i: usize, what: &str| -> anyhow::Result<f64> {
            match field(i).parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(value),
                _ => bail!("line {line}: {what} is not a number"),
            }
        };
        let time = |i: usize, what: &str| -> anyhow::Result<i64> {
            let text = field(i);
            let parsed: Timestamp = text
                .parse()
                .with_context(|| format!("line {line}: {what} is not an ISO 8601 time in UTC"))?;
            Ok(parsed.as_second())
        };
        let seen = time(seen, "t_seen")?;
        rows.push(Row {
            id: field(id).to_owned(),
            at: at.map_or(Ok(seen), |i| time(i, "t_report"))?,
            seen,
            lat: parse(lat, "lat")?,
            lon: parse(lon, "lon")?,
            off_m: match off {
                Some(i) if !field(i).is_empty() => {
                    Some(parse(i, "unc_m")?.clamp(0.0, 1e7).round() as u32)
                }
                _ => None,
            },
            kind: kinds.code(field(kind)).with_context(|| {
                format!("line {line}: the file has more than 192 kinds that the form does not have")
            })?,
            source: match source {
                Some(i) if !field(i).is_empty() => field(i).to_owned(),
                _ => format!("\u{0}{n}"),
            },
        });
    }
    Ok(rows)
}

/// Reads a truth file: the first column names the report, the second its true incident. Rows with
/// an empty second column are left out.
pub(crate) fn read_truth(path: &Path) -> anyhow::Result<HashMap<String, String>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut truth = HashMap::new();
    for record in csv::Reader::from_reader(file).records() {
        let record = record.with_context(|| format!("{} is not CSV", path.display()))?;
        if let (Some(id), Some(event)) = (record.get(0), record.get(1))
            && !event.is_empty()
        {
            truth.insert(id.to_owned(), event.to_owned());
        }
    }
    Ok(truth)
}

/// Codes of the kind names in a file: those of `data/kinds.csv` and of the form itself, then new
/// ones for what the form does not have.
struct KindNames {
    codes: HashMap<String, u8>,
    next_foreign: Option<u8>,
}

impl KindNames {
    fn new(form: &Form) -> anyhow::Result<Self> {
        let mut codes: HashMap<String, u8> = form
            .kinds()
            .iter()
            .map(|k| (k.name.clone(), k.code))
            .collect();
        let mapping = include_bytes!("../../../data/kinds.csv");
        for record in csv::Reader::from_reader(mapping.as_slice()).records() {
            let record = record?;
            if let (Some(name), Some(kind)) = (record.get(0), record.get(1))
                && let Some(kind) = form.kind_named(kind)
            {
                codes.insert(name.to_owned(), kind.code);
            }
        }
        // The one kind outside the form whose motion the fusing knows.
        for name in ["tornado", "torn"] {
            codes.insert(name.to_owned(), TORNADO);
        }
        Ok(Self {
            codes,
            next_foreign: Some(FOREIGN_KIND),
        })
    }

    fn code(&mut self, name: &str) -> Option<u8> {
        if let Some(&code) = self.codes.get(name) {
            return Some(code);
        }
        let code = self.next_foreign?;
        self.next_foreign = code.checked_add(1);
        self.codes.insert(name.to_owned(), code);
        Some(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_storm_file_gets_the_stated_defaults() {
        let f = file(
            "report_id,t_seen,lat,lon,kind,magnitude\na,2010-04-06T19:27:00Z,42.4,-79.3,hail,1\nb,2010-04-06T19:28:00Z,42.4,-79.3,wind,\nc,2010-04-06T19:28:00Z,42.4,-79.3,hail,\n",
        );
        let rows = read(f.path(), &Form::civil_protection()).unwrap();
        assert_eq!(
            rows.iter().map(|r| r.kind).collect::<Vec<_>>(),
            [64, 65, 64]
        );
        assert_eq!(rows[0].at, rows[0].seen);
        assert_eq!(rows[0].off_m, None);
        assert_ne!(rows[0].source, rows[1].source);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let form = Form::civil_protection();
        let f = file("report_id,t_seen,lat,lon\n");
        assert!(format!("{:#}", read(f.path(), &form).unwrap_err()).contains("column kind"));
        let f = file("report_id,t_seen,lat,lon,kind\na,yesterday,1,1,fire\n");
        assert!(format!("{:#}", read(f.path(), &form).unwrap_err()).contains("line 2: t_seen"));
        let f = file("report_id,t_seen,lat,lon,kind\na,2010-04-06T19:27:00Z,NaN,1,fire\n");
        assert!(format!("{:#}", read(f.path(), &form).unwrap_err()).contains("line 2: lat"));
    }
}
