//! Sealing what the desk works with at any hour.
//!
//! ```text
//! sealed = nonce 24 · XChaCha20-Poly1305(content) · tag 16
//! ```
//!
//! The key is derived from the desk's and lies in no file; a random nonce of 24 bytes never comes twice.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

const NONCE_LEN: usize = 24;

/// Seals and opens what lies in the desk's tables.
pub(crate) struct WorkingKey(XChaCha20Poly1305);

impl WorkingKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals content; `about` names the row, so that rows cannot be swapped.
    pub(crate) fn seal(&self, about: &[u8], content: &[u8]) -> Vec<u8> {
        let mut out = vec![0; NONCE_LEN];
        getrandom::fill(&mut out).expect("the machine gives randomness, as it did at the start");
        let nonce = XNonce::try_from(out.as_slice()).expect("24 bytes");
        let payload = Payload {
            msg: content,
            aad: about,
        };
        let sealed = self.0.encrypt(&nonce, payload);
        out.extend_from_slice(&sealed.expect("a row is far below the limit of the cipher"));
        out
    }

    /// Opens a row; `None` when it is another's or was changed.
    pub(crate) fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let payload = Payload {
            msg: sealed,
            aad: about,
        };
        let nonce = XNonce::try_from(nonce).ok()?;
        self.0.decrypt(&nonce, payload).ok().map(Zeroizing::new)
    }
}
