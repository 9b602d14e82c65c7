//! `reception-key.json`.

use anyhow::{Context as _, Result};
use lapwing_seal::{ReceptionPublic, SealError};
use lapwing_wire::RECEPTION_PUBLIC_LEN;
use serde_json::{Value, json};

use crate::world::{WEEK, random, secret};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const RECEPTION_KEY: Format = Format {
    name: "reception-key",
    about: "ReceptionPublic::parse: an X-Wing public key, ML-KEM-768 (1,184 bytes) and X25519 (32).",
    reasons: &["key"],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let bytes = case.whole()?;
    let bytes: &[u8; RECEPTION_PUBLIC_LEN] = bytes
        .as_slice()
        .try_into()
        .context("a key has 1,216 bytes")?;
    Ok(match ReceptionPublic::parse(WEEK, bytes) {
        Ok(_) => Ok(json!({})),
        Err(SealError::Key) => Err(Refusal::plain("key")),
        Err(_) => panic!("a new reason needs a name and a vector"),
    })
}

fn cases() -> Vec<Case> {
    let good = *secret(WEEK).public_bytes();
    let set = |at: usize, to: &[u8]| {
        let mut bytes = good;
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let mut random_key = random::<RECEPTION_PUBLIC_LEN>("no key");
    random_key[..3].fill(0xff);
    // Coefficients are twelve bits each, little-endian: 3,329 is 0xd01.
    let case =
        |name: &str, bytes: &[u8], expect: &str, note: &str| Case::bytes(name, bytes, expect, note);
    vec![
        case("a reception key", &good, "ok", ""),
        case(
            "the largest coefficient",
            &set(0, &[0x00, good[1] & 0xf0 | 0x0d]),
            "ok",
            "3,328",
        ),
        case(
            "an X25519 part of zeros",
            &set(1_184, &[0; 32]),
            "ok",
            "X-Wing does not look at it: the other half still holds",
        ),
        case(
            "the smallest coefficient too large",
            &set(0, &[0x01, good[1] & 0xf0 | 0x0d]),
            "key",
            "3,329: FIPS 203 7.2, modulus check",
        ),
        case(
            "the last coefficient too large",
            &set(1_150, &[good[1_150] | 0xf0, 0xff]),
            "key",
            "4,095",
        ),
        case("ones", &[0xff; RECEPTION_PUBLIC_LEN], "key", ""),
        case("noise", &random_key, "key", ""),
    ]
}
