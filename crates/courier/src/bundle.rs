//! Envelopes in a file, for an SD card.
//!
//! ```text
//! offset  length
//!      0       4  magic: 91 62 6c 6b
//!      4       1  version = 1
//!      5       1  zero
//!      6       2  count, 1 to 1,024
//!      8   2,056  for each: tag 8, envelope 2,048
//!     -32     32  SHA-256 of all before
//! ```
//!
//! The tag of each is that of its pieces ([`tag_of`]), so that what a damaged card still holds is known
//! to be whole one by one: bad blocks change bytes and do not move them.

use lapwing_wire::{ENVELOPE_LEN, Envelope};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::piece::{TAG_LEN, tag_of};

/// Most envelopes in a file: two megabytes.
pub const BUNDLE_MAX: usize = 1_024;
/// First bytes of every bundle.
pub const MAGIC: [u8; 4] = *b"\x91blk";
/// The only version.
pub const VERSION: u8 = 1;
/// Length of what comes before the envelopes.
pub const HEAD_LEN: usize = MAGIC.len() + 1 + 1 + 2;
/// Length of an envelope with its tag.
pub const ENTRY_LEN: usize = TAG_LEN + ENVELOPE_LEN;
/// Length of the digest at the end.
pub const SUM_LEN: usize = 32;
/// Length of the longest file that is looked at.
pub const BUNDLE_LEN_MAX: usize = length_of(BUNDLE_MAX);

const fn length_of(count: usize) -> usize {
    HEAD_LEN + count * ENTRY_LEN + SUM_LEN
}

/// Between 1 and [`BUNDLE_MAX`] envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle(Vec<Envelope>);

/// Why bytes are no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Too short for a head, or not the length for the count.
    #[error("{0} bytes are not the length of a bundle")]
    Length(usize),
    /// No bundle.
    #[error("the file does not begin as a bundle does")]
    Magic,
    /// Another version.
    #[error("version {0} of bundles is not known here")]
    Version(u8),
    /// The byte that is kept is not zero.
    #[error("a byte that is kept for later is used")]
    Spare,
    /// None, or too many.
    #[error("a bundle holds 1 to {BUNDLE_MAX} envelopes, not {0}")]
    Count(usize),
    /// The digest at the end is another.
    #[error("the digest at the end is another: the file is damaged")]
    Sum,
    /// A tag is not that of its envelope.
    #[error("envelope {0} is not the one of its tag")]
    Tag(usize),
    /// Not an envelope.
    #[error("entry {0} is no envelope")]
    Envelope(usize),
}

/// What a damaged file still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// Those that are whole, each once.
    pub envelopes: Vec<Envelope>,
    /// How many entries are not.
    pub lost: usize,
}

impl Bundle {
    /// Puts one together.
    ///
    /// # Errors
    /// [`BundleError::Count`].
    pub fn new(envelopes: Vec<Envelope>) -> Result<Self, BundleError> {
        match envelopes.len() {
            1..=BUNDLE_MAX => Ok(Self(envelopes)),
            count => Err(BundleError::Count(count)),
        }
    }

    /// The envelopes.
    pub fn envelopes(&self) -> &[Envelope] {
        &self.0
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(length_of(self.0.len()));
        out.extend(MAGIC);
        out.extend([VERSION, 0]);
        let count = u16::try_from(self.0.len()).expect("a bundle is bounded");
        out.extend(count.to_be_bytes());
        for envelope in &self.0 {
            out.extend(tag_of(envelope));
            out.extend(envelope.as_bytes());
        }
        let sum = Sha256::digest(&out);
        out.extend(sum);
        out
    }

    /// Reads a bundle of which every byte is as it was written.
    ///
    /// # Errors
    /// With the first thing that is not so.
    pub fn decode(bytes: &[u8]) -> Result<Self, BundleError> {
        let count = count_of(bytes)?;
        if bytes.len() != length_of(count) {
            return Err(BundleError::Length(bytes.len()));
        }
        let (body, sum) = bytes.split_at(bytes.len() - SUM_LEN);
        if Sha256::digest(body)[..] != *sum {
            return Err(BundleError::Sum);
        }
        let entries = body[HEAD_LEN..].chunks_exact(ENTRY_LEN).enumerate();
        entries
            .map(|(at, entry)| envelope_of(at, entry))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Reads what is whole of a file that may be damaged: each envelope that has its tag counts, whatever is wrong
    /// with the rest.
    ///
    /// # Errors
    /// When not one is whole: with the first thing that is wrong.
    pub fn salvage(bytes: &[u8]) -> Result<Salvaged, BundleError> {
        let why = match Self::decode(bytes) {
            Ok(Self(envelopes)) => {
                return Ok(Salvaged {
                    envelopes: each_once(envelopes),
                    lost: 0,
                });
            }
            Err(why) => why,
        };
        let entries = bytes
            .get(HEAD_LEN..)
            .unwrap_or_default()
            .chunks_exact(ENTRY_LEN);
        let there = entries.len().min(BUNDLE_MAX);
        let whole: Vec<_> = entries
            .take(BUNDLE_MAX)
            .enumerate()
            .filter_map(|(at, entry)| envelope_of(at, entry).ok())
            .collect();
        if whole.is_empty() {
            return Err(why);
        }
        // The count may be what is damaged.
        let lost = count_of(bytes).unwrap_or(there).max(there) - whole.len();
        Ok(Salvaged {
            envelopes: each_once(whole),
            lost,
        })
    }
}

fn count_of(bytes: &[u8]) -> Result<usize, BundleError> {
    let Some((head, _)) = bytes.split_first_chunk::<HEAD_LEN>() else {
        return Err(BundleError::Length(bytes.len()));
    };
    let [magic @ .., version, spare, high, low] = *head;
    if magic != MAGIC {
        return Err(BundleError::Magic);
    }
    if version != VERSION {
        return Err(BundleError::Version(version));
    }
    if spare != 0 {
        return Err(BundleError::Spare);
    }
    match usize::from(u16::from_be_bytes([high, low])) {
        count @ 1..=BUNDLE_MAX => Ok(count),
        count => Err(BundleError::Count(count)),
    }
}

fn envelope_of(at: usize, entry: &[u8]) -> Result<Envelope, BundleError> {
    let (tag, bytes) = entry.split_at(TAG_LEN);
    let envelope = Envelope::from_bytes(bytes).map_err(|_why| BundleError::Envelope(at))?;
    if tag_of(&envelope) != tag {
        return Err(BundleError::Tag(at));
    }
    Ok(envelope)
}

fn each_once(envelopes: Vec<Envelope>) -> Vec<Envelope> {
    let mut seen = std::collections::BTreeSet::new();
    envelopes
        .into_iter()
        .filter(|envelope| seen.insert(tag_of(envelope)))
        .collect()
}
