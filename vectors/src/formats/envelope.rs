//! `envelope.json`: what a relay checks.

use anyhow::Result;
use lapwing_wire::{ENVELOPE_LEN, Envelope, EnvelopeError, KeyEpoch};
use serde_json::{Value, json};

use crate::world::{self, random};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const ENVELOPE: Format = Format {
    name: "envelope",
    about: "Envelope::from_bytes: the outside, all that a relay can see.",
    reasons: &["length", "suite", "version"],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(Envelope::from_bytes(&case.whole()?)
        .map(|e| value(&e))
        .map_err(|why| refusal(&why)))
}

fn value(envelope: &Envelope) -> Value {
    json!({
        "epoch": envelope.epoch().0,
        "root": hex::encode(envelope.root()),
        "digest": hex::encode(envelope.digest()),
    })
}

pub(crate) fn refusal(why: &EnvelopeError) -> Refusal {
    match why {
        EnvelopeError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        EnvelopeError::Version(version) => Refusal::with("version", json!({ "version": version })),
        EnvelopeError::Suite(suite) => Refusal::with("suite", json!({ "suite": suite })),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn cases() -> Vec<Case> {
    let case = Case::bytes;
    let whole = *world::envelope().as_bytes();
    let set = |at: usize, to: u8| {
        let mut bytes = whole;
        bytes[at] = to;
        bytes
    };
    let mut last_week = Envelope::header_for(KeyEpoch(u32::MAX), &random("root")).to_vec();
    last_week.resize(ENVELOPE_LEN, 0);
    vec![
        case("a sealed report", &whole, "ok", "annotated in PROTOCOL.md"),
        case(
            "the last week that can be named",
            &last_week,
            "ok",
            "nothing but the header is looked at here",
        ),
        case("nothing", &[], "length", ""),
        case("one byte", &[1], "length", ""),
        case("the header alone", &whole[..38], "length", ""),
        case("a byte too few", &whole[..ENVELOPE_LEN - 1], "length", ""),
        case(
            "a byte too many",
            &[&whole[..], &[0]].concat(),
            "length",
            "",
        ),
        case("two envelopes", &[whole, whole].concat(), "length", ""),
        case("version 0", &set(0, 0), "version", ""),
        case("version 2", &set(0, 2), "version", ""),
        case("version 255", &set(0, 255), "version", ""),
        case("suite 0", &set(1, 0), "suite", ""),
        case("suite 2", &set(1, 2), "suite", ""),
        case(
            "a wrong version and a wrong suite",
            &[&[9, 9], &whole[2..]].concat(),
            "version",
            "the version is looked at first",
        ),
        case(
            "a wrong version and a wrong length",
            &[9, 9],
            "length",
            "the length is looked at first",
        ),
        case("zeros", &[0; ENVELOPE_LEN], "version", ""),
    ]
}
