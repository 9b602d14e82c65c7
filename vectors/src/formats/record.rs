//! `record.json`.

use anyhow::Result;
use lapwing_seal::Frame;
use lapwing_wire::{RECORD_LEN, Record, RecordError, records};
use serde_json::{Value, json};

use super::envelope;
use crate::world::{self, NOW, random, sealed};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const RECORD: Format = Format {
    name: "record",
    about: "records: the body of an answer to a pull.",
    reasons: &["envelope", "length", "order", "time"],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(records(&case.whole()?)
        .map(|all| Value::Array(all.iter().map(value).collect()))
        .map_err(|why| refusal(&why)))
}

fn value(record: &Record) -> Value {
    json!({
        "index": record.index,
        "time": record.time,
        "salt": hex::encode(record.salt),
        "digest": hex::encode(record.envelope.digest()),
    })
}

fn refusal(why: &RecordError) -> Refusal {
    match why {
        RecordError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        RecordError::Order(index) => Refusal::with("order", json!({ "index": index })),
        RecordError::Time(index) => Refusal::with("time", json!({ "index": index })),
        RecordError::Envelope { index, source } => {
            let inner = envelope::refusal(source);
            Refusal::with(
                "envelope",
                json!({ "index": index, "reason": inner.reason, "value": inner.value }),
            )
        }
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn cases() -> Vec<Case> {
    let case = Case::bytes;
    let record = |index: u64| {
        let envelope = if index == 3 {
            world::envelope()
        } else {
            sealed("cover", &Frame::Cover)
        };
        let mut out = Vec::new();
        Record {
            index,
            time: NOW,
            salt: random(&format!("salt {index}")),
            envelope,
        }
        .encode_into(&mut out);
        out
    };
    let set = |at: usize, to: u8| {
        let mut bytes = record(3);
        bytes[at] = to;
        bytes
    };
    let two = |a: u64, b: u64| [record(a), record(b)].concat();
    vec![
        case("no records", &[], "ok", "nothing new"),
        case("one record", &record(3), "ok", "annotated in PROTOCOL.md"),
        case(
            "two records with a gap",
            &two(3, 9),
            "ok",
            "indices grow, not by one",
        ),
        case("the last index", &record(u64::MAX), "ok", ""),
        case("one byte", &[0], "length", ""),
        case("a byte too few", &record(3)[..RECORD_LEN - 1], "length", ""),
        case(
            "a byte too many",
            &[record(3), vec![0]].concat(),
            "length",
            "",
        ),
        case(
            "an envelope alone",
            world::envelope().as_bytes(),
            "length",
            "",
        ),
        case("the same index twice", &two(3, 3), "order", ""),
        case("indices going down", &two(9, 3), "order", ""),
        case("a time of 64 bits", &set(8, 0x80), "time", ""),
        case("an envelope of version 0", &set(48, 0), "envelope", ""),
        case("an envelope of suite 2", &set(49, 2), "envelope", ""),
        case("zeros", &[0; RECORD_LEN], "envelope", ""),
        case(
            "a good record before a bad one",
            &[record(2), set(48, 7)].concat(),
            "envelope",
            "none is taken",
        ),
    ]
}
