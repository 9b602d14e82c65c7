//! `observation.json`.

use anyhow::Result;
use lapwing_model::{
    Danger, Form, Known, NOTE_MAX, Observation, ObservationError, PlaceError, Unfit,
};
use serde_json::{Value, json};

use crate::cbor::{head, map, replaced};
use crate::world::{column, shelling};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const OBSERVATION: Format = Format {
    name: "observation",
    about: "Observation::decode. `fits` is the verdict of the form `civil-protection` on what was read.",
    reasons: &[
        "encoding",
        "missing",
        "place-latitude",
        "place-longitude",
        "range",
        "unknown",
    ],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(Observation::decode(&case.whole()?)
        .map(|seen| value(&seen))
        .map_err(|why| refusal(&why)))
}

/// The members by the names of the fields.
pub(crate) fn value(seen: &Observation) -> Value {
    json!({
        "kind": seen.kind,
        "lat_e7": seen.place.lat_e7(),
        "lon_e7": seen.place.lon_e7(),
        "off_m": seen.off_m,
        "seen": seen.seen,
        "seen_off_s": seen.seen_off_s,
        "count": seen.count,
        "heading": seen.heading.map(lapwing_model::Heading::sector),
        "known": match seen.known {
            Known::Seen => "seen",
            Known::Heard => "heard",
            Known::Told => "told",
        },
        "danger": match seen.danger {
            Danger::None => "none",
            Danger::Some => "some",
            Danger::Acute => "acute",
        },
        "note": seen.note,
        "fits": match seen.fits(&Form::civil_protection()) {
            Ok(()) => "yes",
            Err(Unfit::Kind(_)) => "kind",
            Err(Unfit::TooFine(_)) => "too-fine",
            Err(Unfit::Count) => "count",
            Err(Unfit::Heading) => "heading",
            Err(_) => panic!("a new reason needs a name and a vector"),
        },
    })
}

pub(crate) fn refusal(why: &ObservationError) -> Refusal {
    match why {
        ObservationError::Encoding => Refusal::plain("encoding"),
        ObservationError::Missing(field) => Refusal::with("missing", json!({ "field": field })),
        ObservationError::Unknown(field) => Refusal::with("unknown", json!({ "field": field })),
        ObservationError::Range(field) => Refusal::with("range", json!({ "field": field })),
        ObservationError::Place(PlaceError::Latitude) => Refusal::plain("place-latitude"),
        ObservationError::Place(PlaceError::Longitude) => Refusal::plain("place-longitude"),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

/// The fields of an observation that can be changed one by one.
struct Fields(Vec<(u64, Vec<u8>)>);

impl Fields {
    fn of(seen: &Observation) -> Self {
        Self(
            (0..)
                .zip(seen.fields())
                .filter_map(|(n, f)| Some((n, f?)))
                .collect(),
        )
    }

    fn without(mut self, number: u64) -> Self {
        self.0.retain(|(n, _)| *n != number);
        self
    }

    fn with(self, number: u64, value: &[u8]) -> Self {
        let mut fields = self.without(number);
        fields.0.push((number, value.to_vec()));
        fields.0.sort_by_key(|(n, _)| *n);
        fields
    }

    fn encode(&self) -> Vec<u8> {
        map(&self.0)
    }
}

fn cases() -> Vec<Case> {
    let least = || Fields::of(&shelling());
    let ok =
        |name: &str, seen: Observation, note: &str| Case::bytes(name, &seen.encode(), "ok", note);
    let no =
        |name: &str, bytes: &[u8], expect: &str, note: &str| Case::bytes(name, bytes, expect, note);
    let plain = shelling().encode();
    let place = |lat: i64, lon: i64| {
        let int = |n: i64| match u64::try_from(n) {
            Ok(n) => head(0, n),
            Err(_negative) => head(1, (-1 - n) as u64),
        };
        [head(4, 2), int(lat), int(lon)].concat()
    };
    let at = |place: &[u8]| least().with(2, place).encode();
    let mut swapped = least();
    swapped.0.swap(0, 1);
    let mut twice = least();
    twice.0.insert(1, twice.0[0].clone());
    let mut cases = vec![
        ok(
            "the least that can be said",
            shelling(),
            "seven fields; annotated in PROTOCOL.md",
        ),
        ok("every field", column(), "ten fields"),
        ok(
            "the longest note",
            Observation {
                note: "я".repeat(NOTE_MAX / 2),
                ..shelling()
            },
            "560 bytes",
        ),
        ok(
            "the widest numbers",
            Observation {
                off_m: u32::MAX,
                seen: 253_402_300_799,
                seen_off_s: u32::MAX,
                count: Some(u16::MAX),
                ..column()
            },
            "the last second of the year 9999",
        ),
        ok(
            "the smallest numbers",
            Observation {
                off_m: 0,
                seen: 0,
                seen_off_s: 0,
                count: Some(0),
                ..column()
            },
            "",
        ),
        ok(
            "a place in the south and west",
            Observation {
                place: lapwing_model::Place::from_degrees(-33.45, -70.66)
                    .expect("it is on earth")
                    .rounded(lapwing_model::Precision::Metres100),
                ..shelling()
            },
            "negative integers (RFC 8949 3.1, major type 1)",
        ),
        Case::bytes(
            "the corner of the earth",
            &at(&place(-900_000_000, 1_800_000_000)),
            "ok",
            "in range, but no centre of a cell: the decoder takes it, the form does not",
        ),
        ok(
            "a place finer than the form allows",
            Observation {
                place: lapwing_model::Place::from_degrees(48.0, 37.8).expect("it is on earth"),
                ..shelling()
            },
            "decodes; a desk refuses it for its form",
        ),
        ok(
            "a kind that the form does not have",
            Observation {
                kind: 63,
                ..shelling()
            },
            "",
        ),
        ok(
            "a count where the kind takes none",
            Observation {
                count: Some(3),
                ..shelling()
            },
            "",
        ),
        ok(
            "a heading where the kind takes none",
            Observation {
                kind: 6,
                heading: lapwing_model::Heading::from_sector(0),
                ..shelling()
            },
            "",
        ),
        no("nothing", &[], "encoding", ""),
        no(
            "an empty map",
            &[0xa0],
            "missing",
            "the first missing field is named",
        ),
        no(
            "a map of indefinite length",
            &[&[0xbf], &plain[1..], &[0xff]].concat(),
            "encoding",
            "RFC 8949 4.2.1",
        ),
        no("no map", &[0x87], "encoding", "an array"),
        no(
            "a map that claims more than it holds",
            &[&[0xa8], &plain[1..]].concat(),
            "encoding",
            "",
        ),
        no(
            "a map that claims 2^64 - 1 entries",
            &head(5, u64::MAX),
            "encoding",
            "nothing is reserved for them",
        ),
        no(
            "a byte too many",
            &[&plain[..], &[0]].concat(),
            "encoding",
            "trailing bytes",
        ),
        no(
            "the last byte cut off",
            &plain[..plain.len() - 1],
            "encoding",
            "",
        ),
        no(
            "fields out of order",
            &swapped.encode(),
            "encoding",
            "keys ascend (RFC 8949 4.2.1)",
        ),
        no("a field twice", &twice.encode(), "encoding", ""),
        no(
            "an integer in a longer form",
            &least().with(1, &[0x18, 2]).encode(),
            "encoding",
            "2 in two bytes",
        ),
        no(
            "a key in a longer form",
            &[&[0xa7, 0x18, 0x01], &plain[2..]].concat(),
            "encoding",
            "",
        ),
        no(
            "an integer as a tag",
            &least().with(1, &[0xc1, 2]).encode(),
            "encoding",
            "",
        ),
        no(
            "an integer as a float",
            &least().with(3, &[0xf9, 0x5e, 0x40]).encode(),
            "encoding",
            "400 as half precision",
        ),
        no(
            "a text key",
            &[&[0xa7, 0x61, 0x31], &plain[2..]].concat(),
            "encoding",
            "",
        ),
        no(
            "a key of 14",
            &least().with(14, &[0]).encode(),
            "unknown",
            "",
        ),
        no(
            "a key of 11, kept for media",
            &least().with(11, &[0]).encode(),
            "unknown",
            "",
        ),
        no("a key of 0", &least().with(0, &[0]).encode(), "unknown", ""),
        no(
            "a key beyond one byte",
            &least().with(70_000, &[0]).encode(),
            "unknown",
            "",
        ),
        no(
            "kind 0",
            &least().with(1, &[0]).encode(),
            "range",
            "1 to 63",
        ),
        no(
            "kind 64",
            &least().with(1, &[0x18, 64]).encode(),
            "range",
            "six bits of a whisper",
        ),
        no(
            "kind 256",
            &least().with(1, &[0x19, 1, 0]).encode(),
            "encoding",
            "more than the type of the field",
        ),
        no(
            "a time before 1970",
            &least().with(4, &[0x20]).encode(),
            "range",
            "",
        ),
        no(
            "a time after 9999",
            &least().with(4, &head(0, 253_402_300_800)).encode(),
            "range",
            "",
        ),
        no(
            "heading 8",
            &least().with(7, &[8]).encode(),
            "range",
            "0 to 7",
        ),
        no(
            "a way of knowing that does not exist",
            &least().with(8, &[3]).encode(),
            "range",
            "",
        ),
        no(
            "a danger that does not exist",
            &least().with(9, &[3]).encode(),
            "range",
            "",
        ),
        no(
            "a note of 561 bytes",
            &least()
                .with(10, &[head(3, 561), vec![b'x'; 561]].concat())
                .encode(),
            "range",
            "",
        ),
        no(
            "an empty note",
            &least().with(10, &[0x60]).encode(),
            "encoding",
            "an absent note has no field",
        ),
        no(
            "a note that is no UTF-8",
            &least().with(10, &[0x61, 0xff]).encode(),
            "encoding",
            "",
        ),
        no(
            "a note as bytes",
            &least().with(10, &[0x41, 0x61]).encode(),
            "encoding",
            "",
        ),
        no(
            "a place of three numbers",
            &at(&[&[0x83][..], &[0, 0, 0]].concat()),
            "encoding",
            "",
        ),
        no(
            "a latitude beyond the pole",
            &at(&place(900_000_001, 0)),
            "place-latitude",
            "",
        ),
        no(
            "a latitude beyond the other pole",
            &at(&place(-900_000_001, 0)),
            "place-latitude",
            "",
        ),
        no(
            "a longitude beyond the antimeridian",
            &at(&place(0, 1_800_000_001)),
            "place-longitude",
            "",
        ),
        no(
            "a longitude that needs 33 bits",
            &at(&place(0, 1 << 32)),
            "encoding",
            "",
        ),
    ];
    let missing = [
        (1, "kind"),
        (2, "place"),
        (3, "how far off the place is"),
        (4, "time"),
        (5, "how far off the time is"),
        (8, "how known"),
        (9, "danger"),
    ];
    for (field, what) in missing {
        cases.push(no(
            &format!("without the field {what}"),
            &least().without(field).encode(),
            "missing",
            "",
        ));
    }
    // A place with its two numbers exchanged is another place, not a refusal: said, not decided.
    cases.push(no(
        "a place whose array is of indefinite length",
        &replaced(&plain, &[0x02, 0x82], &[0x02, 0x9f]),
        "encoding",
        "",
    ));
    cases
}
