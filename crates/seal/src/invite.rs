//! An invite: the single-use secret that lets a phone join a cell.
//!
//! ```text
//! secret 10 · check 1 = first byte of SHA-256("lapwing invite v1\n" · secret)
//! ```
//!
//! 88 bits: eight words of 11, or a QR code. The check finds most slips of the tongue on the phone,
//! before anything is sent; that an invite is one, only the desk knows.

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Length of the secret: 80 bits. It can be tried at the desk only, once an envelope.
pub const INVITE_SECRET_LEN: usize = 10;
/// With the byte of check.
pub const INVITE_LEN: usize = INVITE_SECRET_LEN + 1;

/// The secret of an invite.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Invite([u8; INVITE_SECRET_LEN]);

impl Invite {
    /// Draws one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = [0; INVITE_SECRET_LEN];
        rng.fill_bytes(&mut secret);
        Self(secret)
    }

    /// From the inside of an enrolment.
    pub const fn from_secret(secret: [u8; INVITE_SECRET_LEN]) -> Self {
        Self(secret)
    }

    /// For the inside of an enrolment.
    pub const fn secret(&self) -> &[u8; INVITE_SECRET_LEN] {
        &self.0
    }

    /// With its check, for words or a QR code.
    pub fn with_check(&self) -> [u8; INVITE_LEN] {
        let mut out = [0; INVITE_LEN];
        out[..INVITE_SECRET_LEN].copy_from_slice(&self.0);
        out[INVITE_SECRET_LEN] = self.digest()[0];
        out
    }

    /// Reads what a person typed or a camera saw; `None` when the check is not that of the secret.
    pub fn from_checked(bytes: &[u8; INVITE_LEN]) -> Option<Self> {
        let mut secret = [0; INVITE_SECRET_LEN];
        secret.copy_from_slice(&bytes[..INVITE_SECRET_LEN]);
        let invite = Self(secret);
        (invite.with_check() == *bytes).then_some(invite)
    }

    /// By which a desk knows it again. A desk's database names no invite that could still be used.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"lapwing invite hash v1\n")
            .chain_update(self.0)
            .finalize()
            .into()
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"lapwing invite v1\n")
            .chain_update(self.0)
            .finalize()
            .into()
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for Invite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Invite(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checked_invite_reads_back() {
        let invite = Invite::from_secret([3; INVITE_SECRET_LEN]);
        assert_eq!(Invite::from_checked(&invite.with_check()), Some(invite));
    }

    #[test]
    fn all_but_one_in_256_wrong_invites_are_found_by_their_check() {
        let right = Invite::from_secret([3; INVITE_SECRET_LEN]).with_check();
        let (mut wrong, mut found) = (0, 0);
        for at in 0..INVITE_LEN {
            for by in 1..=255 {
                let mut typed = right;
                typed[at] ^= by;
                wrong += 1;
                found += u32::from(Invite::from_checked(&typed).is_none());
            }
        }
        assert!(wrong - found < wrong / 100, "{found} of {wrong}");
    }
}
