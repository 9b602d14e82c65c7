//! `lapwing evaluate`: the fusing alone on a file of reports, scored against the truth.

use std::{
    collections::HashMap,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use lapwing_fuse::{HowKnown, Parameters, Sighting, TORNADO, baselines, label_all, measures};
use lapwing_model::{Form, Place};
use serde_json::{Map, Value, json};

use crate::rows::{self, Row};

/// Runs the fusing on a file and prints how well it did.
#[derive(clap::Args)]
pub(crate) struct Evaluate {
    /// Reports (CSV: report_id,t_report,t_seen,lat,lon,unc_m,kind,source)
    file: PathBuf,
    /// True incidents (CSV: report_id,event); default: truth.csv next to FILE, if there is one
    #[arg(long)]
    truth: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Round places to the form's precision first, as phones do
    #[arg(long)]
    as_sealed: bool,
    /// Also run a fixed window, greedy online and DBSCAN on the same file
    #[arg(long)]
    baselines: bool,
    /// Write report_id,incident_on_arrival,incident_final
    #[arg(long, value_name = "OUT.csv")]
    labels: Option<PathBuf>,
}

/// One method on one file.
struct Outcome {
    name: &'static str,
    labels: Vec<u64>,
    seconds: f64,
}

impl Evaluate {
    /// Runs it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let form = Form::civil_protection();
        let mut rows = rows::read(&self.file, &form)?;
        // Files without arrival times are in no order; the fusing takes reports as they come.
        rows.sort_by_key(|row| row.at);
        anyhow::ensure!(!rows.is_empty(), "{} holds no reports", self.file.display());
        let sightings = sightings(&rows, self.as_sealed.then_some(&form));
        let truth = self.truth(&rows)?;

        let start = Instant::now();
        let parameters = Parameters::for_kinds(sightings.iter().map(|s| s.kind));
        let ours = label_all(&sightings, parameters);
        let seconds = start.elapsed().as_secs_f64();
        if let Some(path) = &self.labels {
            write_labels(path, &rows, &ours.on_arrival, &ours.last)?;
        }
        let mut outcomes = vec![
            Outcome {
                name: "lapwing",
                labels: ours.last,
                seconds,
            },
            Outcome {
                name: "lapwing on arrival",
                labels: ours.on_arrival,
                seconds,
            },
        ];
        if self.baselines {
            outcomes.extend(run_baselines(&sightings));
        }
        let scored: Vec<(&'static str, Map<String, Value>)> = outcomes
            .iter()
            .map(|o| (o.name, score(o, truth.as_deref(), &sightings)))
            .collect();
        if self.json {
            print_json(&scored)
        } else {
            print_table(&scored, truth.is_some())
        }
        Ok(())
    }

    /// The true label of each row, `None` where it has none; nothing when there is no truth file.
    fn truth(&self, rows: &[Row]) -> anyhow::Result<Option<Vec<Option<u64>>>> {
        let sibling = self.file.with_file_name("truth.csv");
        let path = match &self.truth {
            Some(path) => path.clone(),
            None if sibling.is_file() => sibling,
            None => return Ok(None),
        };
        let events = rows::read_truth(&path)?;
        let mut codes: HashMap<&str, u64> = HashMap::new();
        let labels: Vec<Option<u64>> = rows
            .iter()
            .map(|row| {
                events.get(&row.id).map(|event| {
                    let next = codes.len() as u64;
                    *codes.entry(event).or_insert(next)
                })
            })
            .collect();
        anyhow::ensure!(
            labels.iter().any(Option::is_some),
            "{} names no report of {}",
            path.display(),
            self.file.display()
        );
        Ok(Some(labels))
    }
}

/// Reports as the fusing takes them; with a form, rounded first as a phone would.
pub(crate) fn sightings(rows: &[Row], as_sealed: Option<&Form>) -> Vec<Sighting> {
    let mut sources: HashMap<&str, u64> = HashMap::new();
    rows.iter()
        .enumerate()
        .map(|(n, row)| {
            let next = sources.len() as u64;
            let source = *sources.entry(&row.source).or_insert(next);
            let (lat, lon) = match as_sealed.and_then(|form| form.kind(row.kind)) {
                Some(kind) => Place::from_degrees(row.lat, row.lon)
                    .map(|place| place.rounded(kind.precision))
                    .map_or((row.lat, row.lon), |place| (place.lat(), place.lon())),
                None => (row.lat, row.lon),
            };
            Sighting {
                report: n as u64,
                at: row.at,
                seen: row.seen,
                seen_unc_s: 0,
                lat,
                lon,
                unc_m: row.off_m.unwrap_or(0) as f32,
                kind: row.kind,
                source,
                heading: None,
                how_known: HowKnown::Seen,
            }
        })
        .collect()
}

/// The methods and settings of the project's evaluation (`docs/design/0002-fusing.md`).
///
/// Air raids and storms differ in scale, so each has the settings under which the standard methods
/// do best on it.
fn run_baselines(sightings: &[Sighting]) -> Vec<Outcome> {
    let timed = |name, run: &dyn Fn() -> Vec<u64>| {
        let start = Instant::now();
        let labels = run();
        Outcome {
            name,
            labels,
            seconds: start.elapsed().as_secs_f64(),
        }
    };
    let foreign = |s: &Sighting| s.kind >= rows::FOREIGN_KIND || s.kind == TORNADO;
    if sightings.iter().any(foreign) {
        const HALF_DAY_S: f64 = 12.0 * 3_600.0;
        return vec![
            timed("window 60 km, 12 h", &|| {
                baselines::window(sightings, 60.0, HALF_DAY_S, false)
            }),
            timed("greedy online 60 km, 12 h", &|| {
                baselines::greedy(sightings, 60.0, HALF_DAY_S)
            }),
            timed("DBSCAN 60 km, 5 km/h", &|| {
                baselines::dbscan(sightings, 60.0, 5.0 / 60.0, 2)
            }),
            timed("DBSCAN 10 km, 1 km/min", &|| {
                baselines::dbscan(sightings, 10.0, 1.0, 2)
            }),
        ];
    }
    vec![
        timed("window 1.5 km, 6 min", &|| {
            baselines::window(sightings, 1.5, 360.0, false)
        }),
        timed("window 2.5 km, 6 min", &|| {
            baselines::window(sightings, 2.5, 360.0, false)
        }),
        timed("greedy online 3 km, 6 min", &|| {
            baselines::greedy(sightings, 3.0, 360.0)
        }),
        timed("greedy online 3.5 km, 9 min", &|| {
            baselines::greedy(sightings, 3.5, 540.0)
        }),
        timed("DBSCAN 1.8 km, 0.35 km/min", &|| {
            baselines::dbscan(sightings, 1.8, 0.35, 2)
        }),
        timed("DBSCAN 2.5 km, 0.35 km/min", &|| {
            baselines::dbscan(sightings, 2.5, 0.35, 2)
        }),
    ]
}

fn score(
    outcome: &Outcome,
    truth: Option<&[Option<u64>]>,
    sightings: &[Sighting],
) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("n".into(), json!(sightings.len()));
    let per_s = sightings.len() as f64 / outcome.seconds.max(1e-9);
    out.insert("reports_per_s".into(), json!(per_s.round()));
    let Some(truth) = truth else { return out };
    let (mut t, mut found, mut source) = (Vec::new(), Vec::new(), Vec::new());
    for ((label, &ours), sighting) in truth.iter().zip(&outcome.labels).zip(sightings) {
        if let Some(label) = label {
            t.push(*label);
            found.push(ours);
            source.push(sighting.source);
        }
    }
    out.insert("n".into(), json!(t.len()));
    let b3 = measures::b_cubed(&t, &found);
    let pair = measures::pairs(&t, &found);
    let counts = measures::source_counts(&t, &found, &source);
    for (key, value) in [
        ("b3_p", b3.p),
        ("b3_r", b3.r),
        ("b3_f1", b3.f1),
        ("pair_p", pair.p),
        ("pair_r", pair.r),
        ("pair_f1", pair.f1),
        ("corrob_precision", counts.corrob_precision),
        ("corrob_recall", counts.corrob_recall),
        ("exact_sources", counts.exact),
    ] {
        out.insert(key.into(), json!((value * 1e4).round() / 1e4));
    }
    out
}

/// Our final labels are the object itself; the others are named inside it.
fn print_json(scored: &[(&'static str, Map<String, Value>)]) {
    let mut out = scored[0].1.clone();
    out.insert("on_arrival".into(), Value::Object(scored[1].1.clone()));
    if scored.len() > 2 {
        let others: Map<String, Value> = scored[2..]
            .iter()
            .map(|(name, map)| ((*name).to_owned(), Value::Object(map.clone())))
            .collect();
        out.insert("baselines".into(), Value::Object(others));
    }
    println!("{}", Value::Object(out));
}

fn print_table(scored: &[(&'static str, Map<String, Value>)], has_truth: bool) {
    println!("{} reports", scored[0].1["n"]);
    if !has_truth {
        println!("no truth file: only the speed is known (give --truth FILE)");
    }
    println!(
        "{:<28} {:>21} {:>21} {:>13} {:>7} {:>12}",
        "", "B-cubed P / R / F1", "pair P / R / F1", "corrob. P / R", "exact", "reports/s"
    );
    for (name, map) in scored {
        let n = |key: &str| {
            map.get(key)
                .and_then(Value::as_f64)
                .map_or_else(|| "-".into(), |v| format!("{v:.3}"))
        };
        println!(
            "{name:<28} {:>21} {:>21} {:>13} {:>7} {:>12}",
            format!("{} {} {}", n("b3_p"), n("b3_r"), n("b3_f1")),
            format!("{} {} {}", n("pair_p"), n("pair_r"), n("pair_f1")),
            format!("{} {}", n("corrob_precision"), n("corrob_recall")),
            n("exact_sources"),
            map["reports_per_s"].as_f64().unwrap_or_default(),
        );
    }
}

fn write_labels(path: &Path, rows: &[Row], on_arrival: &[u64], last: &[u64]) -> anyhow::Result<()> {
    let file =
        File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(["report_id", "incident_on_arrival", "incident_final"])?;
    for ((row, arrival), last) in rows.iter().zip(on_arrival).zip(last) {
        csv.write_record([row.id.as_str(), &arrival.to_string(), &last.to_string()])?;
    }
    csv.into_inner()
        .context("the labels could not be written")?
        .flush()?;
    Ok(())
}
