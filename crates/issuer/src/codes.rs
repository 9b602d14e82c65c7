//! Eligibility by a shared secret: codes that an organisation hands out.

use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Checking, Eligibility, Eligible, Ineligible};

/// Shorter codes could be guessed: nothing here slows guessing down, since whoever asks has no address.
const LENGTH_MIN: usize = 16;
const LENGTH_MAX: usize = 128;

/// Codes and how many batches each entitles to in an epoch.
pub struct Codes(Vec<([u8; 32], u32)>);

/// Why a file is no list of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodesError {
    /// Not a code and a number.
    #[error("line {0} is not a code and a number of batches")]
    Line(usize),
    /// Too short to be a secret, too long, or of other characters.
    #[error("the code in line {0} needs 16 to 128 letters, digits or hyphens")]
    Code(usize),
    /// There twice.
    #[error("the code in line {0} is there twice")]
    Twice(usize),
    /// Empty.
    #[error("there is no code")]
    None,
}

impl Codes {
    /// Reads a list: a code and a number of batches a line; empty lines and those with `#` do not count.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, CodesError> {
        let mut codes: Vec<([u8; 32], u32)> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let (at, line) = (at + 1, line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.split_whitespace();
            let (Some(code), Some(batches), None) = (words.next(), words.next(), words.next())
            else {
                return Err(CodesError::Line(at));
            };
            let batches = batches.parse().map_err(|_why| CodesError::Line(at))?;
            let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !plain || !(LENGTH_MIN..=LENGTH_MAX).contains(&code.len()) {
                return Err(CodesError::Code(at));
            }
            let hash = hash(code);
            if codes.iter().any(|(other, _)| *other == hash) {
                return Err(CodesError::Twice(at));
            }
            codes.push((hash, batches));
        }
        if codes.is_empty() {
            return Err(CodesError::None);
        }
        Ok(Self(codes))
    }

    /// Compares with all of them, in a time that does not depend on which it is or how much of one is right.
    fn find(&self, code: &str) -> Option<([u8; 32], u32)> {
        let given = hash(code);
        let mut batches = 0_u32;
        let mut found = subtle::Choice::from(0);
        for (known, allowed) in &self.0 {
            let same = known.ct_eq(&given);
            batches.conditional_assign(allowed, same);
            found |= same;
        }
        bool::from(found).then_some((given, batches))
    }
}

impl Eligibility for Codes {
    fn check<'a>(&'a self, credential: &'a str, _request: &'a [u8; 32], _now: i64) -> Checking<'a> {
        let checked = match self.find(credential) {
            Some((hash, batches)) => Ok(Eligible {
                identity: Zeroizing::new([b"code\n", &hash[..]].concat()),
                batches,
            }),
            None => Err(Ineligible::Unknown),
        };
        Box::pin(async move { checked })
    }
}

fn hash(code: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"lapwing issuer code v1\n")
        .chain_update(code)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_entitles_to_its_number_of_batches_and_no_other_does() {
        let codes = Codes::parse("# Kherson\nheron-4711-tundra-9 4\n\n  stork-0815-meadow-2  1\n");
        let codes = codes.unwrap();
        assert_eq!(codes.find("heron-4711-tundra-9").unwrap().1, 4);
        assert_eq!(codes.find("stork-0815-meadow-2").unwrap().1, 1);
        for wrong in [
            "",
            "heron-4711-tundra-",
            "heron-4711-tundra-99",
            "HERON-4711-TUNDRA-9",
        ] {
            assert!(codes.find(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_list_that_is_wrong_says_where() {
        let error = |text| Codes::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(error(""), CodesError::None);
        assert_eq!(error("# only\n"), CodesError::None);
        assert_eq!(error("\nheron-4711-tundra-9"), CodesError::Line(2));
        assert_eq!(error("heron-4711-tundra-9 many"), CodesError::Line(1));
        assert_eq!(error("heron-4711-tundra-9 1 2"), CodesError::Line(1));
        assert_eq!(error("short 1"), CodesError::Code(1));
        assert_eq!(error("heron_4711_tundra_9 1"), CodesError::Code(1));
        let twice = "heron-4711-tundra-9 1\nheron-4711-tundra-9 2";
        assert_eq!(error(twice), CodesError::Twice(2));
    }
}
