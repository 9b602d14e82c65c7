//! The secret that a phone and its desk share after enrolment, and the chains that grow from it.
//!
//! ```text
//! chain key 0 of a purpose = HKDF-SHA256(root, info = "lapwing chain v1\n" · label)   (RFC 5869)
//! step secret n            = HMAC-SHA256(chain key n, 0x01 · label of the use)
//! chain key n + 1          = HMAC-SHA256(chain key n, 0x00)
//! ```
//!
//! Chain keys only move forward: who finds one can compute what comes, nothing of what was. The root
//! is erased as soon as its chains are there.

use hkdf::{
    Hkdf,
    hmac::{Hmac, KeyInit as _, Mac as _},
};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Length of a root secret, of chain keys and of step secrets.
pub const CHAIN_KEY_LEN: usize = 32;

/// The secret of an enrolment. Drawn by the phone; erased on both sides once the chains are there.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RootSecret([u8; CHAIN_KEY_LEN]);

/// One chain: moves forward only.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ChainKey([u8; CHAIN_KEY_LEN]);

/// What a chain is for. Every purpose has a label of its own, so that no key serves two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Words by which the desk answers a call.
    Answer,
    /// Hints, by which a witness finds its replies in a drop.
    Hint,
    /// Rolling ids and MACs of what the witness sends by envelope.
    Mac,
    /// What the cell's coordinator writes, which the desk cannot read while it waits.
    Message,
    /// Renewing everything else after too many steps were lost.
    Renewal,
    /// Keys of replies.
    Reply,
    /// Rolling ids of whispers.
    WhisperId,
    /// Keys of whispers.
    WhisperKey,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Answer => b"answer",
            Self::Hint => b"hint",
            Self::Mac => b"mac",
            Self::Message => b"message",
            Self::Renewal => b"renewal",
            Self::Reply => b"reply",
            Self::WhisperId => b"whisper id",
            Self::WhisperKey => b"whisper key",
        }
    }
}

impl RootSecret {
    /// Draws one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; CHAIN_KEY_LEN];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// From the inside of an enrolment.
    pub const fn from_bytes(bytes: [u8; CHAIN_KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// For the inside of an enrolment.
    pub const fn as_bytes(&self) -> &[u8; CHAIN_KEY_LEN] {
        &self.0
    }

    /// The beginning of a chain.
    pub fn chain(&self, purpose: Purpose) -> ChainKey {
        let mut key = [0; CHAIN_KEY_LEN];
        Hkdf::<Sha256>::new(None, &self.0)
            .expand_multi_info(&[b"lapwing chain v1\n", purpose.label()], &mut key)
            .expect("32 bytes are within the limit of HKDF");
        ChainKey(key)
    }
}

impl ChainKey {
    /// A chain key that was kept.
    pub const fn from_bytes(bytes: [u8; CHAIN_KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// For keeping, where nobody else reads it.
    pub const fn as_bytes(&self) -> &[u8; CHAIN_KEY_LEN] {
        &self.0
    }

    /// The secret of this step for one use; `label` names the use within the chain.
    pub fn secret(&self, label: &[u8]) -> [u8; CHAIN_KEY_LEN] {
        self.hmac(&[&[1], label])
    }

    /// Moves on. What was derived before cannot be derived again.
    pub fn step(&mut self) {
        let next = self.hmac(&[&[0]]);
        self.0.zeroize();
        self.0 = next;
    }

    /// HMAC-SHA256 under this chain key of parts put together.
    fn hmac(&self, parts: &[&[u8]]) -> [u8; CHAIN_KEY_LEN] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RootSecret(..)")
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ChainKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const ALL: [Purpose; 8] = [
        Purpose::Answer,
        Purpose::Hint,
        Purpose::Mac,
        Purpose::Message,
        Purpose::Renewal,
        Purpose::Reply,
        Purpose::WhisperId,
        Purpose::WhisperKey,
    ];

    #[test]
    fn every_purpose_step_and_use_has_a_secret_of_its_own() {
        let root = RootSecret::from_bytes([7; 32]);
        let mut seen = HashSet::new();
        for purpose in ALL {
            let mut chain = root.chain(purpose);
            for _ in 0..8 {
                assert!(seen.insert(*chain.as_bytes()));
                assert!(seen.insert(chain.secret(b"id")));
                assert!(seen.insert(chain.secret(b"mac")));
                chain.step();
            }
        }
    }

    #[test]
    fn both_sides_walk_the_same_chain() {
        let mut phone = RootSecret::from_bytes([9; 32]).chain(Purpose::Mac);
        let mut desk = RootSecret::from_bytes([9; 32]).chain(Purpose::Mac);
        for _ in 0..100 {
            phone.step();
            desk.step();
        }
        assert_eq!(phone.secret(b"id"), desk.secret(b"id"));
        let kept = ChainKey::from_bytes(*desk.as_bytes());
        assert_eq!(kept, phone);
    }

    #[test]
    fn the_derivation_is_that_of_the_specifications() {
        // Computed with Python's hmac and hashlib from the formulas above.
        let chain = RootSecret::from_bytes([7; 32]).chain(Purpose::Mac);
        assert_eq!(
            hex::encode(chain.as_bytes()),
            "0bb68e684643f21ad636a4e1dbb1b7c1b5f0ee1935d2615d5688112697f94a9c"
        );
        assert_eq!(
            hex::encode(chain.secret(b"id")),
            "54e057957fe699e2b3a849ac31faf1b32b17c457e3b01620ac916dd2bbc22e30"
        );
        let mut next = chain;
        next.step();
        assert_eq!(
            hex::encode(next.as_bytes()),
            "69fab1207ad67c1350b2c56f686e532c434db2ec9c0c4b3d2ceed81060921378"
        );
    }

    #[test]
    fn debugging_prints_no_secret() {
        let root = RootSecret::from_bytes([7; 32]);
        let shown = format!("{root:?} {:?}", root.chain(Purpose::Hint));
        assert_eq!(shown, "RootSecret(..) ChainKey(..)");
    }
}
