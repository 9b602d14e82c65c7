//! The sealed unit of calls, text messages and paper: 110 bits, spoken as fourteen words.
//!
//! ```text
//! kind 2 · rolling id 22 · sealed gist 54 · tag 32 · zero 2      (14 bytes)
//! ```
//!
//! Most significant bit first. The tag is both what the sealing starts from and what proves that this witness made it
//! (a synthetic initialisation vector, as in RFC 5297); it covers kind, id and gist. To everybody without the witness's
//! chains all but the kind is random.

use thiserror::Error;

/// Length of a whisper in bytes.
pub const WHISPER_LEN: usize = WHISPER_BITS.div_ceil(8) as usize;
/// Bits of a whisper: ten words of eleven.
pub const WHISPER_BITS: u32 = KIND_BITS + WHISPER_ID_BITS + SEALED_BITS + TAG_BITS;
/// Bits of a rolling id.
pub const WHISPER_ID_BITS: u32 = 22;

const KIND_BITS: u32 = 2;
const SEALED_BITS: u32 = 54;
const TAG_BITS: u32 = 32;
const SPARE_BITS: u32 = WHISPER_LEN as u32 * 8 - WHISPER_BITS;

/// A rolling id, 22 bits: says nothing to whoever does not hold the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WhisperId(u32);

impl WhisperId {
    /// From its number, if that is below 2^22.
    pub const fn new(number: u32) -> Option<Self> {
        if number >> WHISPER_ID_BITS == 0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// What a whisper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhisperKind {
    /// An observation.
    Report,
}

impl WhisperKind {
    /// Its number, two bits.
    pub const fn number(self) -> u8 {
        match self {
            Self::Report => 0,
        }
    }
}

/// A whisper as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whisper {
    /// What it is.
    pub kind: WhisperKind,
    /// Whose it may be.
    pub id: WhisperId,
    sealed: u64,
    /// What sealing started from, and proof of who made it.
    pub tag: [u8; 4],
}

/// Why bytes are no whisper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WhisperError {
    /// One of the last two bits is set.
    #[error("the last {SPARE_BITS} bits must be zero")]
    Spare,
    /// A kind that this version does not know.
    #[error("whispers of kind {0} are not known here")]
    Kind(u8),
}

impl Whisper {
    /// Of its parts; `None` when there are more than 54 sealed bits.
    pub const fn new(kind: WhisperKind, id: WhisperId, sealed: u64, tag: [u8; 4]) -> Option<Self> {
        if sealed >> SEALED_BITS != 0 {
            return None;
        }
        Some(Self {
            kind,
            id,
            sealed,
            tag,
        })
    }

    /// The sealed gist, 54 bits.
    pub const fn sealed(&self) -> u64 {
        self.sealed
    }

    /// The fourteen bytes.
    pub fn to_bytes(&self) -> [u8; WHISPER_LEN] {
        let parts = [
            (KIND_BITS, u128::from(self.kind.number())),
            (WHISPER_ID_BITS, u128::from(self.id.0)),
            (SEALED_BITS, u128::from(self.sealed)),
            (TAG_BITS, u128::from(u32::from_be_bytes(self.tag))),
            (SPARE_BITS, 0),
        ];
        let bits = parts
            .iter()
            .fold(0_u128, |bits, (width, value)| bits << width | value);
        let mut out = [0; WHISPER_LEN];
        out.copy_from_slice(&bits.to_be_bytes()[16 - WHISPER_LEN..]);
        out
    }

    /// Reads fourteen bytes. Total.
    ///
    /// # Errors
    /// When a spare bit is set or the kind is unknown.
    pub fn from_bytes(bytes: &[u8; WHISPER_LEN]) -> Result<Self, WhisperError> {
        let mut bits = bytes
            .iter()
            .fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
        let mut take = |width: u32| {
            let low = bits & ((1 << width) - 1);
            bits >>= width;
            low
        };
        if take(SPARE_BITS) != 0 {
            return Err(WhisperError::Spare);
        }
        let tag = (take(TAG_BITS) as u32).to_be_bytes();
        let sealed = take(SEALED_BITS) as u64;
        let id = WhisperId(take(WHISPER_ID_BITS) as u32);
        let kind = match take(KIND_BITS) as u8 {
            0 => WhisperKind::Report,
            other => return Err(WhisperError::Kind(other)),
        };
        Ok(Self {
            kind,
            id,
            sealed,
            tag,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_hundred_and_ten_bits_are_ten_words_of_eleven() {
        assert_eq!(WHISPER_BITS, 110);
        assert_eq!(WHISPER_LEN, 14);
        assert_eq!(SPARE_BITS, 2);
    }

    #[test]
    fn every_part_is_where_it_should_be() {
        let whisper = Whisper::new(
            WhisperKind::Report,
            WhisperId::new(0x3f_ffff).unwrap(),
            0,
            [0, 0, 0, 1],
        )
        .unwrap();
        assert_eq!(
            hex::encode(whisper.to_bytes()),
            "3fffff0000000000000000000004"
        );
    }

    #[test]
    fn more_bits_than_there_is_room_for_are_refused() {
        assert_eq!(WhisperId::new(1 << 22), None);
        let id = WhisperId::new(0).unwrap();
        assert_eq!(Whisper::new(WhisperKind::Report, id, 1 << 54, [0; 4]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_one_whisper_or_refused(bytes in any::<[u8; WHISPER_LEN]>()) {
            match Whisper::from_bytes(&bytes) {
                Ok(whisper) => prop_assert_eq!(whisper.to_bytes(), bytes),
                Err(WhisperError::Spare) => prop_assert!(bytes[13] & 3 != 0),
                Err(WhisperError::Kind(kind)) => prop_assert_eq!(kind, bytes[0] >> 6),
            }
        }
    }
}
