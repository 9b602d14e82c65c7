//! The formats, one a file.

mod bulletin;
mod cell_message;
mod codebook;
mod courier;
mod drop;
mod envelope;
mod form;
mod frame;
mod observation;
mod opening;
mod pass;
mod publication;
mod pull;
mod receipt;
mod reception_key;
mod record;
mod release;
mod reply;
mod rounding;
mod seal;
mod vault;
mod whisper;
mod words;

use anyhow::{Context as _, Result, ensure};
use lapwing_wire::VerifyingKey;
use serde_json::Value;

use crate::{Case, File, Verdict};

/// A format: how its file is made and who decides its cases.
pub struct Format {
    /// Name of the file.
    pub name: &'static str,
    /// What is decided, and by which rule.
    pub about: &'static str,
    /// Names under which its decoder refuses.
    pub reasons: &'static [&'static str],
    context: fn() -> Value,
    cases: fn() -> Vec<Case>,
    decide: fn(&Value, &Case) -> Result<Verdict>,
}

/// All formats, by name.
pub const FORMATS: &[Format] = &[
    receipt::ANSWER,
    bulletin::BULLETIN,
    courier::BUNDLE,
    cell_message::CELL_MESSAGE,
    codebook::CODEBOOK,
    drop::DROP,
    envelope::ENVELOPE,
    form::FORM_FILE,
    frame::FRAME,
    observation::OBSERVATION,
    opening::OPENING,
    pass::PASS,
    pass::PASS_KEY,
    pass::PASS_REQUEST,
    courier::PIECE,
    publication::PUBLICATION,
    pull::PULL,
    receipt::RECEIPT,
    reception_key::RECEPTION_KEY,
    record::RECORD,
    release::RELEASE,
    reply::REPLY,
    rounding::ROUNDING,
    seal::SEAL,
    cell_message::SEALED_MESSAGE,
    reply::SLOT,
    whisper::WHISPER,
    words::WORDS,
    vault::VAULT_CONTENT,
    vault::VAULT_IMAGE,
];

impl Format {
    /// Makes the file: the same in every run.
    ///
    /// # Errors
    /// When a decoder decides otherwise than the case says: a vector must not follow a fault.
    pub fn file(&self) -> Result<File> {
        let context = (self.context)();
        let mut cases = (self.cases)();
        for case in &mut cases {
            let (expect, value) = outcome(self.decide(&context, case)?);
            ensure!(
                expect == case.expect,
                "{}, {}: {expect} and not {}",
                self.name,
                case.name,
                case.expect
            );
            case.value = value;
        }
        Ok(File {
            format: self.name.to_owned(),
            about: self.about.to_owned(),
            context,
            reasons: self.reasons.iter().map(|&r| r.to_owned()).collect(),
            cases,
        })
    }

    /// What the decoder says to a case.
    ///
    /// # Errors
    /// When the case is not of the shape that this format needs.
    pub fn decide(&self, context: &Value, case: &Case) -> Result<Verdict> {
        (self.decide)(context, case)
    }
}

/// A verdict as a case states it.
fn outcome(verdict: Verdict) -> (&'static str, Value) {
    match verdict {
        Ok(value) => ("ok", value),
        Err(refusal) => (refusal.reason, refusal.value),
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value[name]
        .as_str()
        .with_context(|| format!("{name} is missing or no text"))
}

fn number(value: &Value, name: &str) -> Result<i64> {
    value[name]
        .as_i64()
        .with_context(|| format!("{name} is missing or no integer"))
}

fn real(value: &Value, name: &str) -> Result<f64> {
    value[name]
        .as_f64()
        .with_context(|| format!("{name} is missing or no number"))
}

fn array<const N: usize>(digits: &str) -> Result<[u8; N]> {
    hex::decode(digits)?
        .try_into()
        .ok()
        .with_context(|| format!("{N} bytes are expected"))
}

fn public_key(context: &Value, name: &str) -> Result<VerifyingKey> {
    VerifyingKey::from_bytes(&array(member(context, name)?)?).context("no Ed25519 key")
}
