//! What a relay answers: a signed promise that an envelope is in its log.
//!
//! ```text
//! receipt (137)  version = 1 · log origin 32 · leaf hash 32 · time 8 · Ed25519 signature 64
//! answer  (169)  receipt 137 · salt 32
//! ```
//!
//! The signature is over `lapwing receipt v1\n` and the 73 bytes before it. There is no index, since
//! the log is sequenced later; the salt is outside, so that a receipt without it names no envelope.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::Envelope;

/// Length of the salt of a leaf.
pub const SALT_LEN: usize = 32;
/// Length of a receipt.
pub const RECEIPT_LEN: usize = SIGNED_LEN + 64;
/// Length of a relay's answer: receipt and salt.
pub const ANSWER_LEN: usize = RECEIPT_LEN + SALT_LEN;

const SIGNED_LEN: usize = 1 + 32 + 32 + 8;
const CONTEXT: &[u8] = b"lapwing receipt v1\n";
const RECEIPT_VERSION: u8 = 1;

/// The relay's promise that a leaf is in its log, or will be within the delay that it states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which log: [`log_origin`] of its key.
    pub origin: [u8; 32],
    /// Salted hash of the envelope.
    pub leaf: [u8; 32],
    /// When the envelope was stored.
    pub time: i64,
    /// By the log's key.
    pub signature: [u8; 64],
}

/// A receipt with the salt that ties it to an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The promise.
    pub receipt: Receipt,
    /// Drawn by the relay for this envelope.
    pub salt: [u8; SALT_LEN],
}

/// Why bytes are not a valid receipt or answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Another length.
    #[error("{expected} bytes expected, not {actual}")]
    Length {
        /// What it must be.
        expected: usize,
        /// What it is.
        actual: usize,
    },
    /// Another version.
    #[error("version {0} of receipts is not known here")]
    Version(u8),
    /// A time before 1970 or after the year 292 billion.
    #[error("the time of the receipt is out of range")]
    Time,
    /// It is for another log.
    #[error("the receipt is of another log")]
    Origin,
    /// Not signed by the log.
    #[error("the receipt is not signed by this log")]
    Signature,
    /// It is for another envelope.
    #[error("the receipt is for another envelope")]
    Leaf,
}

/// The leaf of an envelope in the log: SHA-256(0x00 · salt · envelope). The first byte separates
/// leaves from inner nodes (RFC 9162 2.1.1).
pub fn leaf_hash(salt: &[u8; SALT_LEN], envelope: &Envelope) -> [u8; 32] {
    Sha256::new()
        .chain_update([0])
        .chain_update(salt)
        .chain_update(envelope.as_bytes())
        .finalize()
        .into()
}

/// The name of a log in receipts.
pub fn log_origin(key: &VerifyingKey) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"lapwing log v1\n")
        .chain_update(key.as_bytes())
        .finalize()
        .into()
}

impl Receipt {
    /// Signs the promise. Ed25519 is deterministic, so a retry gets the same bytes.
    pub fn sign(key: &SigningKey, leaf: [u8; 32], time: i64) -> Self {
        let mut receipt = Self {
            origin: log_origin(&key.verifying_key()),
            leaf,
            time,
            signature: [0; 64],
        };
        receipt.signature = key.sign(&receipt.signed()).to_bytes();
        receipt
    }

    /// Whether the log with this key made the promise.
    ///
    /// # Errors
    /// `Origin` when it is another log's, `Signature` when it is nobody's.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), ReceiptError> {
        if self.origin != log_origin(key) {
            return Err(ReceiptError::Origin);
        }
        key.verify_strict(&self.signed(), &Signature::from_bytes(&self.signature))
            .map_err(|_why| ReceiptError::Signature)
    }

    /// The bytes of the receipt.
    pub fn encode(&self) -> [u8; RECEIPT_LEN] {
        let mut out = [0; RECEIPT_LEN];
        out[..SIGNED_LEN].copy_from_slice(&self.signed()[CONTEXT.len()..]);
        out[SIGNED_LEN..].copy_from_slice(&self.signature);
        out
    }

    /// Reads a receipt; does not check its signature.
    ///
    /// # Errors
    /// When the bytes are no receipt.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let b: &[u8; RECEIPT_LEN] = bytes.try_into().map_err(|_length| ReceiptError::Length {
            expected: RECEIPT_LEN,
            actual: bytes.len(),
        })?;
        if b[0] != RECEIPT_VERSION {
            return Err(ReceiptError::Version(b[0]));
        }
        let time = u64::from_be_bytes(part(b, 65));
        Ok(Self {
            origin: part(b, 1),
            leaf: part(b, 33),
            time: i64::try_from(time).map_err(|_big| ReceiptError::Time)?,
            signature: part(b, SIGNED_LEN),
        })
    }

    fn signed(&self) -> [u8; CONTEXT.len() + SIGNED_LEN] {
        let mut out = [0; CONTEXT.len() + SIGNED_LEN];
        let (context, body) = out.split_at_mut(CONTEXT.len());
        context.copy_from_slice(CONTEXT);
        body[0] = RECEIPT_VERSION;
        body[1..33].copy_from_slice(&self.origin);
        body[33..65].copy_from_slice(&self.leaf);
        body[65..].copy_from_slice(&self.time.max(0).to_be_bytes());
        out
    }
}

impl Answer {
    /// The bytes of the answer.
    pub fn encode(&self) -> [u8; ANSWER_LEN] {
        let mut out = [0; ANSWER_LEN];
        out[..RECEIPT_LEN].copy_from_slice(&self.receipt.encode());
        out[RECEIPT_LEN..].copy_from_slice(&self.salt);
        out
    }

    /// Reads an answer; checks neither its signature nor what envelope it is for.
    ///
    /// # Errors
    /// When the bytes are no answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let b: &[u8; ANSWER_LEN] = bytes.try_into().map_err(|_length| ReceiptError::Length {
            expected: ANSWER_LEN,
            actual: bytes.len(),
        })?;
        Ok(Self {
            receipt: Receipt::decode(&b[..RECEIPT_LEN])?,
            salt: part(b, RECEIPT_LEN),
        })
    }

    /// Whether the promise is for this envelope.
    ///
    /// # Errors
    /// `Leaf` when it is for another.
    pub fn check(&self, envelope: &Envelope) -> Result<(), ReceiptError> {
        if self.receipt.leaf == leaf_hash(&self.salt, envelope) {
            Ok(())
        } else {
            Err(ReceiptError::Leaf)
        }
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ENVELOPE_LEN, KeyEpoch};

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    fn envelope(fill: u8) -> Envelope {
        let mut bytes = Envelope::header_for(KeyEpoch(1), &[0; 32]).to_vec();
        bytes.resize(ENVELOPE_LEN, fill);
        Envelope::from_bytes(&bytes).unwrap()
    }

    fn answer() -> Answer {
        let salt = [9; SALT_LEN];
        let leaf = leaf_hash(&salt, &envelope(1));
        Answer {
            receipt: Receipt::sign(&key(), leaf, 1_790_000_000),
            salt,
        }
    }

    #[test]
    fn an_answer_reads_back_and_holds() {
        let a = Answer::decode(&answer().encode()).unwrap();
        assert_eq!(a, answer());
        a.receipt.verify(&key().verifying_key()).unwrap();
        a.check(&envelope(1)).unwrap();
        assert_eq!(a.check(&envelope(2)), Err(ReceiptError::Leaf));
    }

    #[test]
    fn every_flipped_bit_of_a_receipt_is_noticed() {
        let good = answer().receipt.encode();
        for at in 0..RECEIPT_LEN {
            let mut bad = good;
            bad[at] ^= 0x10;
            let held = Receipt::decode(&bad).and_then(|r| r.verify(&key().verifying_key()));
            assert!(held.is_err(), "byte {at}");
        }
    }

    #[test]
    fn every_other_length_is_refused() {
        let good = answer().encode();
        for n in 0..ANSWER_LEN {
            assert!(Answer::decode(&good[..n]).is_err(), "{n}");
        }
        assert!(Answer::decode(&[good.as_slice(), &[0]].concat()).is_err());
        assert!(Receipt::decode(&good).is_err());
    }

    #[test]
    fn another_log_is_named_as_such() {
        let other = SigningKey::from_bytes(&[4; 32]).verifying_key();
        assert_eq!(answer().receipt.verify(&other), Err(ReceiptError::Origin));
    }
}
