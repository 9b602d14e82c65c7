//! `pass.json`, `pass-key.json`, `pass-request.json`: what surrounds the signatures. Those are in `published/`.

use anyhow::Result;
use lapwing_wire::{
    IssuanceError, PASS_BATCH, Pass, PassError, PassKey, PassRequest, challenge_digest,
};
use serde_json::{Value, json};

use crate::world::{pass_key, random};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const PASS: Format = Format {
    name: "pass",
    about: "Pass::from_authorization: the value of `Authorization` (RFC 9577 2.2). The signature is not looked at.",
    reasons: &["challenge", "credentials", "length", "type"],
    context: || json!({ "challenge": hex::encode(challenge_digest()) }),
    cases: passes,
    decide: decide_pass,
};

pub(crate) const PASS_KEY: Format = Format {
    name: "pass-key",
    about: "PassKey::from_spki: a SubjectPublicKeyInfo as RFC 9578 6.5 writes it. `id` is the key's name in passes.",
    reasons: &["key"],
    context: || Value::Null,
    cases: keys,
    decide: decide_key,
};

pub(crate) const PASS_REQUEST: Format = Format {
    name: "pass-request",
    about: "PassRequest::decode: 32 of TokenRequest (RFC 9578 6.1), one after the other.",
    reasons: &["keys", "length", "type"],
    context: || Value::Null,
    cases: requests,
    decide: decide_request,
};

fn decide_pass(_: &Value, case: &Case) -> Result<Verdict> {
    let text = String::from_utf8(case.whole()?)?;
    Ok(match Pass::from_authorization(&text) {
        Ok(pass) => Ok(json!({
            "nonce": hex::encode(pass.nonce),
            "key_id": hex::encode(pass.key_id),
            "nullifier": hex::encode(pass.nullifier()),
        })),
        Err(PassError::Credentials) => Err(Refusal::plain("credentials")),
        Err(PassError::Length(bytes)) => Err(Refusal::with("length", json!({ "bytes": bytes }))),
        Err(PassError::Type(kind)) => Err(Refusal::with("type", json!({ "type": kind }))),
        Err(PassError::Challenge) => Err(Refusal::plain("challenge")),
        Err(_) => panic!("a new reason needs a name and a vector"),
    })
}

fn decide_key(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(match PassKey::from_spki(&case.whole()?) {
        Ok(key) => Ok(json!({ "id": hex::encode(key.id()) })),
        Err(_why) => Err(Refusal::plain("key")),
    })
}

fn decide_request(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(match PassRequest::decode(&case.whole()?) {
        Ok(request) => Ok(json!({ "key_hint": request.key_hint, "passes": request.blinded.len() })),
        Err(IssuanceError::Length { expected, actual }) => Err(Refusal::with(
            "length",
            json!({ "expected": expected, "actual": actual }),
        )),
        Err(IssuanceError::Type(kind)) => Err(Refusal::with("type", json!({ "type": kind }))),
        Err(IssuanceError::Keys) => Err(Refusal::plain("keys")),
        Err(_) => panic!("a new reason needs a name and a vector"),
    })
}

fn pass() -> Pass {
    let mut nonce: [u8; 32] = random("pass nonce");
    // So that the type is the first three characters of the token.
    nonce[0] &= 0x3f;
    Pass {
        nonce,
        challenge: challenge_digest(),
        key_id: pass_key("issuer").id(),
        authenticator: random("authenticator"),
    }
}

fn passes() -> Vec<Case> {
    let case = |name: &str, text: &str, expect: &str, note: &str| {
        Case::text(name, text.as_bytes(), expect, note)
    };
    let good = pass().authorization();
    let token = good
        .strip_prefix("PrivateToken token=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .expect("it is written so");
    let foreign = Pass {
        challenge: [0; 32],
        ..pass()
    };
    // AAI is 0x0002 and two bits of the nonce, which are zero.
    let typed = |start: &str| good.replacen("\"AAI", &format!("\"{start}"), 1);
    vec![
        case("a pass", &good, "ok", ""),
        case(
            "as a token",
            &format!("PrivateToken token={token}"),
            "ok",
            "no padding, so that no quotes are needed",
        ),
        case(
            "other letters, more blanks, more parameters",
            &format!("privatetoken  realm=\"a \\\" b\" ,\tTOKEN = \"{token}\""),
            "ok",
            "RFC 9110 11.4; unknown parameters are ignored",
        ),
        case("nothing", "", "credentials", ""),
        case("a scheme alone", "PrivateToken", "credentials", ""),
        case(
            "another scheme",
            &good.replacen("PrivateToken", "Bearer", 1),
            "credentials",
            "",
        ),
        case(
            "no parameter of that name",
            &good.replacen("token=", "tokens=", 1),
            "credentials",
            "",
        ),
        case(
            "the token twice",
            &format!("{good}, token=\"{token}\""),
            "credentials",
            "",
        ),
        case(
            "a quote that does not end",
            &good[..good.len() - 1],
            "credentials",
            "",
        ),
        case("a comma at the end", &format!("{good},"), "credentials", ""),
        case(
            "a word at the end",
            &format!("{good} more"),
            "credentials",
            "",
        ),
        case(
            "no base64url",
            &good.replacen("AAI", "+AI", 1),
            "credentials",
            "base64url has - and _",
        ),
        case(
            "an escape in it",
            &good.replacen("AAI", "A\\AI", 1),
            "credentials",
            "",
        ),
        case(
            "too long",
            &format!(
                "PrivateToken x=\"{}\", token=\"{token}\"",
                "x".repeat(2_000)
            ),
            "credentials",
            "more than 2,048 characters are not read",
        ),
        case(
            "three bytes too few",
            &format!("PrivateToken token=\"{}\"", &token[4..]),
            "length",
            "",
        ),
        case(
            "three bytes too many",
            &format!("PrivateToken token=\"{token}AAAA\""),
            "length",
            "",
        ),
        case("type 1", &typed("AAE"), "type", "VOPRF over P-384"),
        case("type 3", &typed("AAM"), "type", ""),
        case(
            "another challenge",
            &foreign.authorization(),
            "challenge",
            "a pass of another service by the same issuer",
        ),
    ]
}

fn keys() -> Vec<Case> {
    let case = Case::bytes;
    let good = pass_key("issuer").spki();
    let set = |at: usize, to: &[u8]| {
        let mut bytes = good;
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    vec![
        case("a key", &good, "ok", ""),
        case("nothing", &[], "key", ""),
        case("cut off", &good[..341], "key", ""),
        case("a byte too many", &[&good[..], &[0]].concat(), "key", ""),
        case("another length", &set(2, &[0x01, 0x51]), "key", ""),
        case(
            "rsaEncryption",
            &set(16, &[0x01]),
            "key",
            "1.2.840.113549.1.1.1 and not 1.2.840.113549.1.1.10",
        ),
        case("SHA-256", &set(33, &[0x01]), "key", ""),
        case("SHA-256 in the mask", &set(61, &[0x01]), "key", ""),
        case("a salt of 32 bytes", &set(66, &[32]), "key", ""),
        case("a modulus of 2,047 bits", &set(81, &[0x7f]), "key", ""),
        case("an even modulus", &set(336, &[good[336] & 0xfe]), "key", ""),
        case("exponent 65,539", &set(341, &[0x03]), "key", ""),
    ]
}

fn requests() -> Vec<Case> {
    let case = Case::bytes;
    let mut blinded = Box::new([[0; 256]; PASS_BATCH]);
    // Runs of one byte, so that the file stays small; the last ends in one that is written as such.
    for (n, part) in blinded.iter_mut().enumerate() {
        part.fill(n as u8);
    }
    let good = PassRequest {
        key_hint: 8,
        blinded,
    }
    .encode();
    let set = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        bytes
    };
    vec![
        case("a request", &good, "ok", ""),
        case("nothing", &[], "length", ""),
        case("one part", &good[..259], "length", "all ask for 32"),
        case("31 parts", &good[..31 * 259], "length", ""),
        case("a byte too many", &[&good[..], &[0]].concat(), "length", ""),
        case("type 1 in the first part", &set(1, 1), "type", ""),
        case("type 1 in the last part", &set(31 * 259 + 1, 1), "type", ""),
        case(
            "two keys",
            &set(31 * 259 + 2, 9),
            "keys",
            "which of them would have told parts apart",
        ),
    ]
}
