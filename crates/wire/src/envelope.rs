//! The sealed unit of the internet path, from outside.
//!
//! ```text
//! offset  length
//!      0       1  version = 1
//!      1       1  suite = 1: HPKE base mode, X-Wing, HKDF-SHA256, ChaCha20-Poly1305
//!      2       4  key epoch: week of the reception key
//!      6      32  root over the individually salted fields of the content; random in cover
//!     38   1,120  KEM share (X-Wing ciphertext)
//!  1,158     890  sealed plaintext: 874 and a tag of 16
//! ```
//!
//! The first 38 bytes are the associated data of the seal.

use core::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::KeyEpoch;

/// Every envelope has this length: content, cover and enrolment look alike.
pub const ENVELOPE_LEN: usize = 2_048;
/// The only version.
pub const VERSION: u8 = 1;
/// The only suite.
pub const SUITE: u8 = 1;
/// Length of the root over salted fields: one SHA-256.
pub const ROOT_LEN: usize = 32;
/// Version, suite, key epoch, root.
pub const HEADER_LEN: usize = 1 + 1 + 4 + ROOT_LEN;
/// X-Wing ciphertext: ML-KEM-768 (1,088) and X25519 (32).
pub const KEM_SHARE_LEN: usize = 1_088 + 32;
/// Poly1305.
pub const TAG_LEN: usize = 16;
/// What is left for the plaintext, which is always padded to this length.
pub const PLAINTEXT_LEN: usize = ENVELOPE_LEN - HEADER_LEN - KEM_SHARE_LEN - TAG_LEN;

const EPOCH_AT: usize = 2;
const ROOT_AT: usize = 6;
const SHARE_AT: usize = HEADER_LEN;
const SEALED_AT: usize = HEADER_LEN + KEM_SHARE_LEN;

/// One sealed envelope: 2,048 bytes of a known version and suite.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope(Box<[u8; ENVELOPE_LEN]>);

/// Why bytes are not an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Another length.
    #[error("an envelope has 2048 bytes, not {0}")]
    Length(usize),
    /// Another version.
    #[error("version {0} of envelopes is not known here")]
    Version(u8),
    /// Another suite.
    #[error("suite {0} of envelopes is not known here")]
    Suite(u8),
}

impl Envelope {
    /// Reads an envelope; does not and cannot check the seal.
    ///
    /// # Errors
    /// When length, version or suite are not those of an envelope.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let array: &[u8; ENVELOPE_LEN] = bytes
            .try_into()
            .map_err(|_length| EnvelopeError::Length(bytes.len()))?;
        if array[0] != VERSION {
            return Err(EnvelopeError::Version(array[0]));
        }
        if array[1] != SUITE {
            return Err(EnvelopeError::Suite(array[1]));
        }
        Ok(Self(Box::new(*array)))
    }

    /// Puts an envelope together from its parts.
    pub fn from_parts(
        header: &[u8; HEADER_LEN],
        share: &[u8; KEM_SHARE_LEN],
        sealed: &[u8; PLAINTEXT_LEN + TAG_LEN],
    ) -> Result<Self, EnvelopeError> {
        let mut bytes = [0; ENVELOPE_LEN];
        bytes[..SHARE_AT].copy_from_slice(header);
        bytes[SHARE_AT..SEALED_AT].copy_from_slice(share);
        bytes[SEALED_AT..].copy_from_slice(sealed);
        Self::from_bytes(&bytes)
    }

    /// The header of an envelope of this version and suite.
    pub fn header_for(epoch: KeyEpoch, root: &[u8; ROOT_LEN]) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        header[0] = VERSION;
        header[1] = SUITE;
        header[EPOCH_AT..ROOT_AT].copy_from_slice(&epoch.0.to_be_bytes());
        header[ROOT_AT..].copy_from_slice(root);
        header
    }

    /// All 2,048 bytes.
    pub fn as_bytes(&self) -> &[u8; ENVELOPE_LEN] {
        &self.0
    }

    /// Week of the reception key it is sealed to.
    pub fn epoch(&self) -> KeyEpoch {
        KeyEpoch(u32::from_be_bytes(self.part(EPOCH_AT)))
    }

    /// Root over the salted fields of the content; random in cover.
    pub fn root(&self) -> [u8; ROOT_LEN] {
        self.part(ROOT_AT)
    }

    /// Associated data of the seal.
    pub fn header(&self) -> [u8; HEADER_LEN] {
        self.part(0)
    }

    /// X-Wing ciphertext.
    pub fn share(&self) -> &[u8] {
        &self.0[SHARE_AT..SEALED_AT]
    }

    /// Sealed plaintext with its tag.
    pub fn sealed(&self) -> &[u8] {
        &self.0[SEALED_AT..]
    }

    /// SHA-256 of all bytes, by which copies are recognised.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }

    fn part<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut part = [0; N];
        part.copy_from_slice(&self.0[at..at + N]);
        part
    }
}

/// Prints nothing of the content: an envelope may end up in an error message.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn envelope() -> Vec<u8> {
        let header = Envelope::header_for(KeyEpoch(2_959), &[7; ROOT_LEN]);
        let mut bytes = header.to_vec();
        bytes.resize(ENVELOPE_LEN, 0xab);
        bytes
    }

    #[test]
    fn about_870_bytes_are_left_for_the_plaintext() {
        assert_eq!(HEADER_LEN, 38);
        assert_eq!(PLAINTEXT_LEN, 874);
        assert_eq!(SEALED_AT + PLAINTEXT_LEN + TAG_LEN, ENVELOPE_LEN);
    }

    #[test]
    fn every_other_length_is_refused() {
        let whole = envelope();
        assert!(Envelope::from_bytes(&whole).is_ok());
        for n in 0..ENVELOPE_LEN {
            assert_eq!(
                Envelope::from_bytes(&whole[..n]).unwrap_err(),
                EnvelopeError::Length(n)
            );
        }
        let long = [whole, vec![0]].concat();
        assert_eq!(
            Envelope::from_bytes(&long).unwrap_err(),
            EnvelopeError::Length(2_049)
        );
    }

    #[test]
    fn other_versions_and_suites_are_refused() {
        let mut bytes = envelope();
        bytes[0] = 2;
        assert_eq!(
            Envelope::from_bytes(&bytes).unwrap_err(),
            EnvelopeError::Version(2)
        );
        bytes[0] = 1;
        bytes[1] = 9;
        assert_eq!(
            Envelope::from_bytes(&bytes).unwrap_err(),
            EnvelopeError::Suite(9)
        );
    }

    #[test]
    fn the_header_reads_back() {
        let e = Envelope::from_bytes(&envelope()).unwrap();
        assert_eq!((e.epoch(), e.root()), (KeyEpoch(2_959), [7; ROOT_LEN]));
        assert_eq!(e.share().len(), KEM_SHARE_LEN);
        assert_eq!(format!("{e:?}"), "Envelope { .. }");
    }

    proptest! {
        #[test]
        fn parts_put_together_are_the_whole(epoch: u32, root: [u8; 32], fill: u8) {
            let header = Envelope::header_for(KeyEpoch(epoch), &root);
            let e = Envelope::from_parts(&header, &[fill; KEM_SHARE_LEN], &[fill; 890]).unwrap();
            prop_assert_eq!(Envelope::from_bytes(e.as_bytes()).unwrap(), e.clone());
            prop_assert_eq!(e.header(), header);
        }
    }
}
