//! `receipt.json` and `answer.json`.

use anyhow::{Context as _, Result};
use lapwing_wire::{Answer, Envelope, Receipt, ReceiptError, leaf_hash};
use serde_json::{Value, json};

use super::{member, public_key};
use crate::world::{self, NOW, log_key, malleated, random, stranger_key};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const RECEIPT: Format = Format {
    name: "receipt",
    about: "Receipt::decode, then Receipt::verify with the log's key `log_key`.",
    reasons: &["length", "origin", "signature", "time", "version"],
    context: || json!({ "log_key": hex::encode(log_key().verifying_key().as_bytes()) }),
    cases: receipts,
    decide: decide_receipt,
};

pub(crate) const ANSWER: Format = Format {
    name: "answer",
    about: "Answer::decode, then Answer::check with `envelope`: what a phone checks. The signature is not looked at.",
    reasons: &["leaf", "length", "time", "version"],
    context: || json!({ "envelope": hex::encode(world::envelope().as_bytes()) }),
    cases: answers,
    decide: decide_answer,
};

fn decide_receipt(context: &Value, case: &Case) -> Result<Verdict> {
    let key = public_key(context, "log_key")?;
    Ok(Receipt::decode(&case.whole()?)
        .and_then(|receipt| receipt.verify(&key).map(|()| value(&receipt)))
        .map_err(|why| refusal(&why)))
}

fn decide_answer(context: &Value, case: &Case) -> Result<Verdict> {
    let envelope =
        Envelope::from_bytes(&hex::decode(member(context, "envelope")?)?).context("an envelope")?;
    Ok(Answer::decode(&case.whole()?)
        .and_then(|answer| answer.check(&envelope).map(|()| answer))
        .map(
            |answer| json!({ "receipt": value(&answer.receipt), "salt": hex::encode(answer.salt) }),
        )
        .map_err(|why| refusal(&why)))
}

fn value(receipt: &Receipt) -> Value {
    json!({
        "origin": hex::encode(receipt.origin),
        "leaf": hex::encode(receipt.leaf),
        "time": receipt.time,
    })
}

fn refusal(why: &ReceiptError) -> Refusal {
    match why {
        ReceiptError::Length { expected, actual } => {
            Refusal::with("length", json!({ "expected": expected, "actual": actual }))
        }
        ReceiptError::Version(version) => Refusal::with("version", json!({ "version": version })),
        ReceiptError::Time => Refusal::plain("time"),
        ReceiptError::Origin => Refusal::plain("origin"),
        ReceiptError::Signature => Refusal::plain("signature"),
        ReceiptError::Leaf => Refusal::plain("leaf"),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn salt() -> [u8; 32] {
    random("salt")
}

fn signed() -> Receipt {
    Receipt::sign(&log_key(), leaf_hash(&salt(), &world::envelope()), NOW)
}

fn set<const N: usize>(bytes: [u8; N], at: usize, to: &[u8]) -> [u8; N] {
    let mut bytes = bytes;
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

fn receipts() -> Vec<Case> {
    let case = Case::bytes;
    let good = signed();
    let bytes = good.encode();
    let foreign = Receipt::sign(&stranger_key(), good.leaf, NOW);
    let posing = Receipt {
        origin: good.origin,
        ..foreign.clone()
    };
    let bent = Receipt {
        signature: malleated(&good.signature),
        ..good.clone()
    };
    vec![
        case("a receipt", &bytes, "ok", "annotated in PROTOCOL.md"),
        case(
            "a receipt of 1970",
            &Receipt::sign(&log_key(), good.leaf, 0).encode(),
            "ok",
            "",
        ),
        case(
            "a receipt of the last second",
            &Receipt::sign(&log_key(), good.leaf, i64::MAX).encode(),
            "ok",
            "",
        ),
        case("nothing", &[], "length", ""),
        case("a byte too few", &bytes[..136], "length", ""),
        case(
            "a byte too many",
            &[&bytes[..], &[0]].concat(),
            "length",
            "",
        ),
        case(
            "an answer",
            &[&bytes[..], &salt()].concat(),
            "length",
            "receipt and salt",
        ),
        case("version 0", &set(bytes, 0, &[0]), "version", ""),
        case("version 2", &set(bytes, 0, &[2]), "version", ""),
        case(
            "a time of 64 bits",
            &set(bytes, 65, &[0x80]),
            "time",
            "before 1970, were it signed",
        ),
        case(
            "another log's",
            &foreign.encode(),
            "origin",
            "and well signed there",
        ),
        case(
            "a changed origin",
            &set(bytes, 1, &[bytes[1] ^ 1]),
            "origin",
            "",
        ),
        case(
            "another log's under this log's name",
            &posing.encode(),
            "signature",
            "",
        ),
        case(
            "a changed leaf",
            &set(bytes, 33, &[bytes[33] ^ 1]),
            "signature",
            "",
        ),
        case(
            "a changed time",
            &set(bytes, 72, &[bytes[72] ^ 1]),
            "signature",
            "",
        ),
        case(
            "a changed signature",
            &set(bytes, 136, &[bytes[136] ^ 0x20]),
            "signature",
            "",
        ),
        case(
            "a signature of zeros",
            &set(bytes, 73, &[0; 64]),
            "signature",
            "",
        ),
        case(
            "a signature with the group's order added",
            &bent.encode(),
            "signature",
            "RFC 8032 5.1.7: S must be below L, else one receipt has two forms",
        ),
    ]
}

fn answers() -> Vec<Case> {
    let case = Case::bytes;
    let good = Answer {
        receipt: signed(),
        salt: salt(),
    };
    let bytes = good.encode();
    let other = world::sealed("another envelope", &lapwing_seal::Frame::Cover);
    let of_other = Receipt::sign(&log_key(), leaf_hash(&salt(), &other), NOW);
    let unsalted = Receipt::sign(&log_key(), leaf_hash(&[0; 32], &world::envelope()), NOW);
    vec![
        case("an answer", &bytes, "ok", ""),
        case(
            "an answer with a changed signature",
            &set(bytes, 136, &[bytes[136] ^ 0x20]),
            "ok",
            "a phone does not know the log's key",
        ),
        case("nothing", &[], "length", ""),
        case("a byte too few", &bytes[..168], "length", ""),
        case(
            "a byte too many",
            &[&bytes[..], &[0]].concat(),
            "length",
            "",
        ),
        case("the receipt without the salt", &bytes[..137], "length", ""),
        case(
            "the envelope sent back",
            world::envelope().as_bytes(),
            "length",
            "",
        ),
        case("version 2", &set(bytes, 0, &[2]), "version", ""),
        case("a time of 64 bits", &set(bytes, 65, &[0x80]), "time", ""),
        case(
            "for another envelope",
            &Answer {
                receipt: of_other,
                salt: salt(),
            }
            .encode(),
            "leaf",
            "",
        ),
        case(
            "a changed salt",
            &set(bytes, 137, &[bytes[137] ^ 1]),
            "leaf",
            "",
        ),
        case("a salt of zeros", &set(bytes, 137, &[0; 32]), "leaf", ""),
        case(
            "a leaf under another salt",
            &Answer {
                receipt: unsalted,
                salt: salt(),
            }
            .encode(),
            "leaf",
            "",
        ),
        case(
            "a changed leaf",
            &set(bytes, 33, &[bytes[33] ^ 1]),
            "leaf",
            "",
        ),
        case("a leaf of zeros", &set(bytes, 33, &[0; 32]), "leaf", ""),
    ]
}
