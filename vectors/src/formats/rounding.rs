//! `rounding.json`.

use anyhow::{Context as _, Result};
use lapwing_model::{Form, Place, PlaceError};
use serde_json::{Value, json};

use super::{number, real};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const ROUNDING: Format = Format {
    name: "rounding",
    about: "Place::from_degrees, then Place::rounded to the precision that the form `civil-protection` gives the kind. Phone and desk must agree to the unit.",
    reasons: &["kind", "place-latitude", "place-longitude"],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let input = Value::Object(case.members()?.clone());
    let code = u8::try_from(number(&input, "kind")?).context("a kind")?;
    let form = Form::civil_protection();
    let Some(kind) = form.kind(code) else {
        return Ok(Err(Refusal::with("kind", json!({ "kind": code }))));
    };
    Ok(
        match Place::from_degrees(real(&input, "lat")?, real(&input, "lon")?) {
            Ok(place) => {
                let cell = place.rounded(kind.precision);
                assert!(
                    cell.is_rounded(kind.precision),
                    "rounding twice changes nothing"
                );
                Ok(
                    json!({ "lat_e7": cell.lat_e7(), "lon_e7": cell.lon_e7(), "metres": kind.precision.metres() }),
                )
            }
            Err(PlaceError::Latitude) => Err(Refusal::plain("place-latitude")),
            Err(PlaceError::Longitude) => Err(Refusal::plain("place-longitude")),
            Err(_) => panic!("a new reason needs a name and a vector"),
        },
    )
}

fn cases() -> Vec<Case> {
    let form = Form::civil_protection();
    let code = |name: &str| form.kind_named(name).expect("the form has it").code;
    let case = |name: &str, kind: u8, lat: f64, lon: f64, expect: &str, note: &str| {
        Case::input(
            name,
            json!({ "kind": kind, "lat": lat, "lon": lon }),
            expect,
            note,
        )
    };
    let (mines, shelling, forces) = (code("mines"), code("shelling"), code("forces_moving"));
    let mut cases = vec![
        case("mines to 10 m", mines, 48.015_912_3, 37.802_812_3, "ok", ""),
        case(
            "shelling to 100 m",
            shelling,
            48.015_912_3,
            37.802_812_3,
            "ok",
            "",
        ),
        case(
            "forces to 1 km",
            forces,
            48.015_912_3,
            37.802_812_3,
            "ok",
            "",
        ),
        case(
            "south and west",
            forces,
            -33.456_789,
            -70.654_321,
            "ok",
            "rows and columns count from the equator and Greenwich downwards too",
        ),
        case("the equator", forces, 0.0, 0.0, "ok", ""),
        case(
            "just south of the equator",
            forces,
            -0.000_000_1,
            -0.000_000_1,
            "ok",
            "",
        ),
        case(
            "the pole",
            forces,
            90.0,
            0.0,
            "ok",
            "the last cell is cut off: the centre before it",
        ),
        case("the other pole", forces, -90.0, 0.0, "ok", ""),
        case("the antimeridian", shelling, 10.0, 180.0, "ok", ""),
        case("the other side of it", shelling, 10.0, -180.0, "ok", ""),
        case(
            "the edge of a band",
            mines,
            49.0,
            32.0,
            "ok",
            "cells have one width within a degree of latitude",
        ),
        case(
            "just below the edge of a band",
            mines,
            48.999_999_9,
            32.0,
            "ok",
            "",
        ),
        case("a kind that does not exist", 63, 48.0, 37.8, "kind", ""),
        case("kind 0", 0, 48.0, 37.8, "kind", ""),
        case(
            "above the pole",
            shelling,
            90.000_001,
            0.0,
            "place-latitude",
            "",
        ),
        case("below the pole", shelling, -91.0, 0.0, "place-latitude", ""),
        case(
            "a number far beyond",
            shelling,
            1e300,
            0.0,
            "place-latitude",
            "",
        ),
        case(
            "beyond the antimeridian",
            shelling,
            0.0,
            180.000_001,
            "place-longitude",
            "",
        ),
        case(
            "far beyond the antimeridian",
            shelling,
            0.0,
            -1e300,
            "place-longitude",
            "",
        ),
    ];
    for (n, lat) in [45.3, 46.25, 47.1, 50.45, 51.99].into_iter().enumerate() {
        let lon = 22.123_456_7 + 3.7 * n as f64;
        cases.push(case(
            &format!("a place at {lat}"),
            mines,
            lat,
            lon,
            "ok",
            "",
        ));
    }
    cases
}
