//! What one epoch's secret does: it makes tags of authors, and seals what ties reports to each other.
//!
//! ```text
//! tag    = HMAC-SHA256(HKDF(secret, "lapwing tag v1"), author 16)[..8]
//! nonce  = HMAC-SHA256(HKDF(secret, "lapwing nonce v1"), purpose · number 8 · plaintext)[..24]
//! sealed = nonce 24 · XChaCha20-Poly1305(HKDF(secret, "lapwing seal v1"), nonce,
//!                                        associated data purpose · number 8, plaintext)
//! ```
//!
//! Sealing is deterministic, so that what is derived again compares. The nonce comes from the
//! plaintext and not from the number alone: a number is used again after a transaction that failed
//! and whenever an incident changes, and under one nonce two plaintexts would show their difference
//! to whoever finds both, without the key.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use hkdf::{
    Hkdf,
    hmac::{Hmac, Mac as _},
};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::key::Key;

/// A week by which authors have tags.
pub(crate) type Epoch = u32;

/// What is sealed; each with associated data of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Tags of the author of a report, by its sequence number.
    Tie,
    /// Who is who in an incident, by its number.
    Voices,
}

const NONCE_LEN: usize = 24;

/// The keys of one epoch.
pub(crate) struct EpochKey {
    tag: Key,
    nonce: Key,
    seal: Key,
}

impl EpochKey {
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        let derive = |label: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            hkdf.expand(label, key.as_mut_slice())
                .expect("32 bytes are within the limit of HKDF");
            key
        };
        Self {
            tag: derive(b"lapwing tag v1"),
            nonce: derive(b"lapwing nonce v1"),
            seal: derive(b"lapwing seal v1"),
        }
    }

    /// What the fusing sees in place of an author.
    pub(crate) fn tag(&self, author: &[u8; 16]) -> u64 {
        let mac = hmac(&self.tag, &[author]);
        u64::from_be_bytes(mac[..8].try_into().expect("the MAC has 32 bytes"))
    }

    pub(super) fn seal(&self, purpose: Purpose, number: i64, plaintext: &[u8]) -> Vec<u8> {
        let about = about(purpose, number);
        let mac = hmac(&self.nonce, &[&about, plaintext]);
        let mut nonce = XNonce::default();
        nonce.copy_from_slice(&mac[..NONCE_LEN]);
        let payload = Payload {
            msg: plaintext,
            aad: &about,
        };
        let sealed = XChaCha20Poly1305::new((&*self.seal).into())
            .encrypt(&nonce, payload)
            .expect("what is sealed is short");
        [nonce.as_slice(), &sealed].concat()
    }

    pub(super) fn open(&self, purpose: Purpose, number: i64, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let payload = Payload {
            msg: sealed,
            aad: &about(purpose, number),
        };
        XChaCha20Poly1305::new((&*self.seal).into())
            .decrypt(nonce.into(), payload)
            .ok()
    }
}

fn about(purpose: Purpose, number: i64) -> [u8; 25] {
    let mut about = [0; 25];
    about[..17].copy_from_slice(match purpose {
        Purpose::Tie => b"lapwing tie v1\n\0\0",
        Purpose::Voices => b"lapwing voices v1",
    });
    about[17..].copy_from_slice(&number.to_be_bytes());
    about
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The epochs' keys that are there now, shared with whoever reads.
#[derive(Clone, Default)]
pub(crate) struct Ring(Arc<RwLock<BTreeMap<Epoch, Arc<EpochKey>>>>);

impl Ring {
    /// The keys of an epoch, unless they were forgotten or never made.
    pub(crate) fn get(&self, epoch: Epoch) -> Option<Arc<EpochKey>> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ring.get(&epoch).map(Arc::clone)
    }

    /// Epochs whose keys are there.
    pub(crate) fn epochs(&self) -> Vec<Epoch> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ring.keys().copied().collect()
    }

    /// Takes these and no others.
    pub(super) fn replace<'a>(&self, secrets: impl Iterator<Item = (Epoch, &'a Key)>) {
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *ring);
        *ring = secrets
            .map(|(epoch, secret)| {
                let keys = before.get(&epoch).map(Arc::clone);
                (
                    epoch,
                    keys.unwrap_or_else(|| Arc::new(EpochKey::new(secret))),
                )
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_the_specification() {
        // Computed with Python's hmac from the formula above.
        let key = EpochKey::new(&[1; 32]);
        assert_eq!(key.tag(&[2; 16]), 0x7c16_61cd_1337_a16a);
        assert_ne!(key.tag(&[3; 16]), key.tag(&[2; 16]));
        assert_ne!(EpochKey::new(&[2; 32]).tag(&[2; 16]), key.tag(&[2; 16]));
    }

    #[test]
    fn sealing_is_the_same_again_and_opens_for_nothing_else() {
        let key = EpochKey::new(&[1; 32]);
        let sealed = key.seal(Purpose::Tie, 7, b"who");
        assert_eq!(sealed, key.seal(Purpose::Tie, 7, b"who"));
        assert_eq!(key.open(Purpose::Tie, 7, &sealed).unwrap(), b"who");
        // Another text under the same number has another nonce.
        assert_ne!(sealed[..24], key.seal(Purpose::Tie, 7, b"whom")[..24]);
        assert_eq!(key.open(Purpose::Tie, 8, &sealed), None);
        assert_eq!(key.open(Purpose::Voices, 7, &sealed), None);
        assert_eq!(EpochKey::new(&[2; 32]).open(Purpose::Tie, 7, &sealed), None);
        for n in 0..sealed.len() {
            assert_eq!(key.open(Purpose::Tie, 7, &sealed[..n]), None);
            let mut other = sealed.clone();
            other[n] ^= 1;
            assert_eq!(key.open(Purpose::Tie, 7, &other), None, "{n}");
        }
    }
}
