//! A file of vectors and what is in it.

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A trailing run of one byte shorter than this is written out.
const FILL_FROM: usize = 32;

/// The vectors of one format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Name of the format and of the file.
    pub format: String,
    /// What is decided, and by which rule.
    pub about: String,
    /// Keys, times and other things that all cases need.
    pub context: Value,
    /// Names under which this decoder refuses.
    pub reasons: Vec<String>,
    /// The vectors.
    pub cases: Vec<Case>,
}

/// One input and what becomes of it.
///
/// The input is `hex` followed by `fill`, or `text` in UTF-8 followed by `fill`, or the members of
/// `input` where it is no byte string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence.
    pub name: String,
    /// Bytes of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
    /// Bytes of the input, where they are meant to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What follows these bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Fill>,
    /// Input that is no byte string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// `ok`, or the name of the refusal.
    pub expect: String,
    /// What was read; for a refusal its numbers.
    pub value: Value,
    /// Why the case is here.
    pub note: String,
}

/// A byte so many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// The byte.
    pub byte: u8,
    /// How often.
    pub times: usize,
}

/// What a decoder says: the value that it read, or why not.
pub type Verdict = Result<Value, Refusal>;

/// A refusal by its stable name.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The name.
    pub reason: &'static str,
    /// The numbers in it, an empty object if it has none.
    pub value: Value,
}

impl Refusal {
    /// A refusal without numbers.
    pub fn plain(reason: &'static str) -> Self {
        Self::with(reason, json!({}))
    }

    /// A refusal with numbers.
    pub fn with(reason: &'static str, value: Value) -> Self {
        Self { reason, value }
    }
}

impl File {
    /// How many cases are accepted.
    pub fn accepted(&self) -> usize {
        self.cases.iter().filter(|case| case.expect == "ok").count()
    }
}

impl Case {
    pub(crate) fn bytes(name: &str, bytes: &[u8], expect: &str, note: &str) -> Self {
        let (head, fill) = split(bytes);
        Self {
            hex: Some(hex::encode(head)),
            fill,
            ..Self::bare(name, expect, note)
        }
    }

    pub(crate) fn text(name: &str, bytes: &[u8], expect: &str, note: &str) -> Self {
        let (head, fill) = split(bytes);
        match String::from_utf8(head.to_vec()) {
            Ok(text) => Self {
                text: Some(text),
                fill,
                ..Self::bare(name, expect, note)
            },
            Err(_binary) => Self::bytes(name, bytes, expect, note),
        }
    }

    pub(crate) fn input(name: &str, input: Value, expect: &str, note: &str) -> Self {
        Self {
            input: Some(input),
            ..Self::bare(name, expect, note)
        }
    }

    fn bare(name: &str, expect: &str, note: &str) -> Self {
        Self {
            name: name.to_owned(),
            hex: None,
            text: None,
            fill: None,
            input: None,
            expect: expect.to_owned(),
            value: Value::Null,
            note: note.to_owned(),
        }
    }

    /// The input as bytes.
    ///
    /// # Errors
    /// When the case has none, or they are no hexadecimal digits.
    pub fn whole(&self) -> Result<Vec<u8>> {
        let mut bytes = match (&self.hex, &self.text) {
            (Some(digits), None) => hex::decode(digits).context("no hexadecimal digits")?,
            (None, Some(text)) => text.clone().into_bytes(),
            _ => bail!("{}: one of hex and text is needed", self.name),
        };
        if let Some(fill) = self.fill {
            bytes.resize(bytes.len() + fill.times, fill.byte);
        }
        Ok(bytes)
    }

    /// The input's members.
    ///
    /// # Errors
    /// When the case has none.
    pub fn members(&self) -> Result<&Map<String, Value>> {
        self.input
            .as_ref()
            .and_then(Value::as_object)
            .with_context(|| format!("{}: the input has no members", self.name))
    }
}

/// Padding would drown the bytes that matter.
fn split(bytes: &[u8]) -> (&[u8], Option<Fill>) {
    let Some(&byte) = bytes.last() else {
        return (bytes, None);
    };
    let times = bytes.iter().rev().take_while(|&&b| b == byte).count();
    if times < FILL_FROM {
        return (bytes, None);
    }
    (&bytes[..bytes.len() - times], Some(Fill { byte, times }))
}
