//! `drop.json`.

use anyhow::Result;
use lapwing_wire::{DROP_LEN, Drop, DropError, SLOT_LEN};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Case, Format, Refusal, Verdict};

pub(crate) const DROP: Format = Format {
    name: "drop",
    about: "Drop::from_bytes: the outside of a drop. Any 32,768 bytes are one; the hint of the first slot and the hash of all are what was read.",
    reasons: &["length"],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let read = Drop::from_bytes(&case.whole()?);
    Ok(read
        .map(|drop| {
            json!({
                "slots": drop.slots().len(),
                "first_hint": drop.slots().next().map(|slot| hex::encode(slot.hint)),
                "sha256": hex::encode(Sha256::digest(drop.as_bytes())),
            })
        })
        .map_err(|why| match why {
            DropError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
            _ => panic!("a new reason needs a name and a vector"),
        }))
}

fn cases() -> Vec<Case> {
    let mut drop = vec![0; DROP_LEN];
    drop[..8].copy_from_slice(b"\x01\x23\x45\x67\x89\xab\xcd\xef");
    drop[8..16].fill(0x5a);
    let mut longer = drop.clone();
    longer.push(0);
    let case =
        |name: &str, bytes: &[u8], expect: &str, note: &str| Case::bytes(name, bytes, expect, note);
    vec![
        case("a drop", &drop, "ok", "annotated in PROTOCOL.md"),
        case(
            "zeros",
            &[0; DROP_LEN],
            "ok",
            "no desk makes it, and it is one",
        ),
        case("nothing", &[], "length", ""),
        case("one slot", &drop[..SLOT_LEN], "length", ""),
        case("a slot too few", &drop[..DROP_LEN - SLOT_LEN], "length", ""),
        case("a byte too few", &drop[..DROP_LEN - 1], "length", ""),
        case("a byte too many", &longer, "length", ""),
        case("two drops", &[&drop[..], &drop].concat(), "length", ""),
    ]
}
