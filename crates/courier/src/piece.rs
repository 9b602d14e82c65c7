//! One piece of an envelope, as it stands in a QR code.
//!
//! ```text
//! offset  length
//!      0       1  version: 0xc1
//!      1       8  tag of the envelope: the first bytes of its SHA-256
//!      9       3  number of the symbol (RFC 6330: encoding symbol id)
//!     12     128  symbol: one of sixteen source symbols, or of the repair symbols after them
//!    140       4  check: the first bytes of SHA-256 over all before
//! ```
//!
//! The object is always one envelope of 2,048 bytes in one source block of sixteen symbols, so that the parameters of the
//! code (RFC 6330 3.3) are constant and are not sent.
//!
//! **Why 128 bytes.** They divide an envelope without a rest, and with what goes before and after they fit version 8 of
//! a QR code at error correction M (152 bytes, 49 modules a side), where version 15, the largest that is meant to be
//! scanned, holds 412 (77 modules). Of codes of the same size before the same camera, turned, blurred, dim and small,
//! three of four are read at version 8 and two of five at version 12 (`docs/design/0016-couriers.md`); more
//! codes cost only time.
//!
//! 0xc1 stands in no UTF-8 text: no code that holds a text, an invite say, is ever taken for a piece.

use lapwing_wire::{ENVELOPE_LEN, Envelope};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::spread;

/// First byte of every piece of the only version.
pub const VERSION: u8 = 0xc1;
/// Length of a tag.
pub const TAG_LEN: usize = 8;
/// Length of a symbol's number.
pub const ID_LEN: usize = 3;
/// Length of a symbol.
pub const SYMBOL_LEN: usize = 128;
/// Length of the check at the end.
pub const CHECK_LEN: usize = 4;
/// Length of a piece.
pub const PIECE_LEN: usize = 1 + TAG_LEN + ID_LEN + SYMBOL_LEN + CHECK_LEN;
/// How many pieces an envelope takes at least.
pub const NEEDED: usize = ENVELOPE_LEN / SYMBOL_LEN;
/// The highest number of a symbol.
pub const ID_MAX: u32 = spread::SYMBOLS - 1;
/// Version of the QR code that a piece is drawn as, at error correction M.
pub const CODE_VERSION: i16 = 8;

const TAG_AT: usize = 1;
const ID_AT: usize = TAG_AT + TAG_LEN;
const SYMBOL_AT: usize = ID_AT + ID_LEN;
const CHECK_AT: usize = SYMBOL_AT + SYMBOL_LEN;

/// By which the pieces of one envelope are known.
pub type Tag = [u8; TAG_LEN];

/// The tag of an envelope.
pub fn tag_of(envelope: &Envelope) -> Tag {
    let digest = envelope.digest();
    *digest.first_chunk().expect("a digest has 32 bytes")
}

/// One symbol of an envelope, and of which.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// Of which envelope.
    pub tag: Tag,
    /// Which symbol: at most [`ID_MAX`].
    pub(crate) id: u32,
    /// The symbol.
    pub symbol: [u8; SYMBOL_LEN],
}

/// Why bytes are no piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PieceError {
    /// Another length.
    #[error("a piece has {PIECE_LEN} bytes, these are {0}")]
    Length(usize),
    /// Another version, or no piece at all.
    #[error("version {0} of pieces is not known here")]
    Version(u8),
    /// Misread.
    #[error("the check at the end is another: the code was misread")]
    Check,
}

impl Piece {
    /// Reads a piece; that its symbol is one of the envelope's is known only once the envelope is whole.
    ///
    /// # Errors
    /// When length, version or check are another.
    pub fn decode(bytes: &[u8]) -> Result<Self, PieceError> {
        let whole: &[u8; PIECE_LEN] = bytes
            .try_into()
            .map_err(|_length| PieceError::Length(bytes.len()))?;
        if whole[0] != VERSION {
            return Err(PieceError::Version(whole[0]));
        }
        let (body, check) = whole.split_at(CHECK_AT);
        if check_of(body) != check {
            return Err(PieceError::Check);
        }
        let mut piece = Self {
            tag: [0; TAG_LEN],
            id: 0,
            symbol: [0; SYMBOL_LEN],
        };
        piece.tag.copy_from_slice(&body[TAG_AT..ID_AT]);
        piece.symbol.copy_from_slice(&body[SYMBOL_AT..]);
        piece.id = body[ID_AT..SYMBOL_AT]
            .iter()
            .fold(0, |id, &byte| id << 8 | u32::from(byte));
        Ok(piece)
    }

    /// Its bytes.
    pub fn encode(&self) -> [u8; PIECE_LEN] {
        let mut bytes = [0; PIECE_LEN];
        bytes[0] = VERSION;
        bytes[TAG_AT..ID_AT].copy_from_slice(&self.tag);
        bytes[ID_AT..SYMBOL_AT].copy_from_slice(&self.id.to_be_bytes()[4 - ID_LEN..]);
        bytes[SYMBOL_AT..CHECK_AT].copy_from_slice(&self.symbol);
        let (body, check) = bytes.split_at_mut(CHECK_AT);
        check.copy_from_slice(&check_of(body));
        bytes
    }

    /// Which symbol it is.
    pub fn id(&self) -> u32 {
        self.id
    }
}

fn check_of(body: &[u8]) -> [u8; CHECK_LEN] {
    let digest: [u8; 32] = Sha256::digest(body).into();
    *digest.first_chunk().expect("a digest has 32 bytes")
}

/// Prints nothing of the content.
impl core::fmt::Debug for Piece {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Piece").field("id", &self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece() -> Piece {
        Piece {
            tag: [7; TAG_LEN],
            id: 0x01_02_03,
            symbol: [9; SYMBOL_LEN],
        }
    }

    #[test]
    fn a_piece_fits_its_code_and_sixteen_are_an_envelope() {
        /// Bytes that version 8 holds at error correction M (ISO/IEC 18004, table 7).
        const ROOM: usize = 152;
        assert_eq!(PIECE_LEN, 144);
        const { assert!(PIECE_LEN <= ROOM && CODE_VERSION <= 15) };
        assert_eq!(NEEDED * SYMBOL_LEN, ENVELOPE_LEN);
        assert_eq!(NEEDED, 16);
        assert_eq!(ID_MAX, 0xff_ff_ff);
        assert!(core::str::from_utf8(&[VERSION]).is_err());
    }

    #[test]
    fn a_piece_lies_as_it_is_described() {
        let bytes = piece().encode();
        assert_eq!(bytes[0], 0xc1);
        assert_eq!(bytes[1..9], [7; 8]);
        assert_eq!(bytes[9..12], [1, 2, 3]);
        assert_eq!(bytes[12..140], [9; 128]);
        assert_eq!(Piece::decode(&bytes), Ok(piece()));
    }

    #[test]
    fn every_changed_byte_and_every_other_length_is_refused() {
        let bytes = piece().encode();
        for at in 0..PIECE_LEN {
            let mut other = bytes;
            other[at] ^= 1;
            let why = if at == 0 {
                PieceError::Version(0xc0)
            } else {
                PieceError::Check
            };
            assert_eq!(Piece::decode(&other), Err(why), "{at}");
            assert_eq!(Piece::decode(&bytes[..at]), Err(PieceError::Length(at)));
        }
        let long = [&bytes[..], &[0]].concat();
        assert_eq!(Piece::decode(&long), Err(PieceError::Length(145)));
    }

    proptest! {
        #[test]
        fn a_piece_reads_back(tag: Tag, id in 0..=ID_MAX, fill: u8) {
            let piece = Piece { tag, id, symbol: [fill; SYMBOL_LEN] };
            prop_assert_eq!(Piece::decode(&piece.encode()), Ok(piece));
        }
    }
}
