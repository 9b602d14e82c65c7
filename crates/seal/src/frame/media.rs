//! One symbol of a photo.
//!
//! ```text
//! report 16 · photo 16 · length 2 · number of the symbol 3 · symbol 800
//! ```
//!
//! The symbol fills what an envelope has left, so that a photo takes as few envelopes as can be; which bytes it is, RFC
//! 6330 says (`lapwing-courier`, `photo.rs`).

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::FrameError;
use crate::FieldSeed;

/// Length of the name of a photo, and of that of the report it belongs to.
pub const MEDIA_NAME_LEN: usize = 16;
/// Length of a symbol.
pub const MEDIA_SYMBOL_LEN: usize = 800;

const LENGTH_LEN: usize = 2;
const ID_LEN: usize = 3;
const HEAD_LEN: usize = 2 * MEDIA_NAME_LEN + LENGTH_LEN + ID_LEN;
pub(super) const BODY_LEN: usize = HEAD_LEN + MEDIA_SYMBOL_LEN;

/// One of the symbols of which any enough make a photo.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaSymbol {
    /// Which report it belongs to: the first bytes of SHA-256 over the seed of its fields ([`report_name`]).
    pub report: [u8; MEDIA_NAME_LEN],
    /// Which photo: the first bytes of its SHA-256.
    pub photo: [u8; MEDIA_NAME_LEN],
    /// Length of the photo, at least 1.
    pub length: u16,
    /// Which symbol, in 24 bits.
    pub id: u32,
    /// Its bytes.
    pub symbol: Box<[u8; MEDIA_SYMBOL_LEN]>,
}

/// By which photos name the report with these salts.
pub fn report_name(seed: &FieldSeed) -> [u8; MEDIA_NAME_LEN] {
    let digest: [u8; 32] = Sha256::digest(seed.as_bytes()).into();
    *digest.first_chunk().expect("a digest has 32 bytes")
}

impl MediaSymbol {
    /// The number is cut to its 24 bits.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(BODY_LEN));
        out.extend_from_slice(&self.report);
        out.extend_from_slice(&self.photo);
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&self.id.to_be_bytes()[4 - ID_LEN..]);
        out.extend_from_slice(self.symbol.as_slice());
        out
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, FrameError> {
        let whole: &[u8; BODY_LEN] = body
            .try_into()
            .map_err(|_length| FrameError::Length(body.len()))?;
        let (head, symbol) = whole.split_at(HEAD_LEN);
        let (names, numbers) = head.split_at(2 * MEDIA_NAME_LEN);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |n, &byte| n << 8 | u32::from(byte));
        let mut read = Self {
            report: [0; MEDIA_NAME_LEN],
            photo: [0; MEDIA_NAME_LEN],
            length: number(&numbers[..LENGTH_LEN]) as u16,
            id: number(&numbers[LENGTH_LEN..]),
            symbol: Box::new([0; MEDIA_SYMBOL_LEN]),
        };
        if read.length == 0 {
            return Err(FrameError::Encoding);
        }
        read.report.copy_from_slice(&names[..MEDIA_NAME_LEN]);
        read.photo.copy_from_slice(&names[MEDIA_NAME_LEN..]);
        read.symbol.copy_from_slice(symbol);
        Ok(read)
    }
}
