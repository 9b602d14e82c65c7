//! A draft as the app hands it over:
//!
//! ```json
//! {"kind":2,"lat":48.0,"lon":37.8,"off_m":500,"seen":1790000000,"seen_off_s":60,
//!  "count":null,"heading":null,"known":"seen","danger":"none","note":""}
//! ```

use lapwing_model::{Danger, Known};
use lapwing_witness::Draft;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: u8,
    lat: f64,
    lon: f64,
    off_m: u32,
    seen: i64,
    seen_off_s: u32,
    count: Option<u16>,
    heading: Option<u8>,
    known: RawKnown,
    danger: RawDanger,
    note: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawKnown {
    Seen,
    Heard,
    Told,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawDanger {
    None,
    Some,
    Acute,
}

pub(crate) fn read(json: &str) -> Option<Draft> {
    let raw: Raw = serde_json::from_str(json).ok()?;
    Some(Draft {
        kind: raw.kind,
        lat: raw.lat,
        lon: raw.lon,
        off_m: raw.off_m,
        seen: raw.seen,
        seen_off_s: raw.seen_off_s,
        count: raw.count,
        heading: raw.heading,
        known: match raw.known {
            RawKnown::Seen => Known::Seen,
            RawKnown::Heard => Known::Heard,
            RawKnown::Told => Known::Told,
        },
        danger: match raw.danger {
            RawDanger::None => Danger::None,
            RawDanger::Some => Danger::Some,
            RawDanger::Acute => Danger::Acute,
        },
        note: raw.note,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"kind":9,"lat":48.5,"lon":-37.75,"off_m":800,"seen":1790000000,
        "seen_off_s":300,"count":12,"heading":2,"known":"told","danger":"acute","note":"їдуть"}"#;

    #[test]
    fn every_field_arrives_where_it_belongs() {
        let draft = read(GOOD).unwrap();
        assert_eq!(
            draft,
            Draft {
                kind: 9,
                lat: 48.5,
                lon: -37.75,
                off_m: 800,
                seen: 1_790_000_000,
                seen_off_s: 300,
                count: Some(12),
                heading: Some(2),
                known: Known::Told,
                danger: Danger::Acute,
                note: "їдуть".to_owned(),
            }
        );
    }

    #[test]
    fn a_field_that_is_unknown_or_missing_or_out_of_range_is_no_draft() {
        for (from, to) in [
            (r#""kind":9"#, r#""kind":900"#),
            (r#""count":12"#, r#""count":70000"#),
            (r#""count":12"#, r#""count":-1"#),
            (r#""known":"told""#, r#""known":"guessed""#),
            (r#""danger":"acute","#, ""),
            (r#""note":"#, r#""author":"me","note":"#),
        ] {
            assert!(GOOD.contains(from));
            assert_eq!(read(&GOOD.replace(from, to)), None, "{to}");
        }
    }
}
