//! From a passphrase to what opens a slot.
//!
//! ```text
//! secret     = Argon2id(passphrase, salt of the install; 64 MiB, 3 passes, 1 lane), 32 bytes      (RFC 9106)
//! scalar j   = HKDF-Expand(secret, "lapwing vault scalar v1\n" · j), 64 bytes, mod the group order (RFC 5869)
//! sealing    = HKDF-Expand(secret, "lapwing vault sealing v1\n"), 32 bytes
//! ```
//!
//! The scalars find and unwrap a slot, the sealing secret opens what lies inside. Neither tells of the other: who
//! some day computes the scalars from an image (a quantum computer can) still has no content.

use argon2::{Algorithm, Argon2, Version};
use curve25519_dalek::Scalar;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::layout::{KEYS, SALT_LEN};

/// Cost of a passphrase: parameters of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Params {
    /// Of version 1 of the image. The only ones: a file that asks for less would make a passphrase cheap to guess, one
    /// that asks for more would stop the app.
    pub const V1: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
}

/// What Argon2id makes of a passphrase.
pub type Secret = Zeroizing<[u8; 32]>;

/// Derives the secret of a passphrase. Slow, and takes the memory that `params` says: for a worker that ends after it.
///
/// The passphrase is what the app has normalised (Unicode NFKC): equal passphrases must be equal bytes.
///
/// # Panics
/// When `params` are none of Argon2's.
pub fn derive(passphrase: &[u8], salt: &[u8; SALT_LEN], params: Params) -> Secret {
    let params = argon2::Params::new(params.memory_kib, params.passes, params.lanes, Some(32))
        .expect("the parameters are within those of Argon2");
    let mut secret = Secret::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, &mut *secret)
        .expect("salt and output have lengths that Argon2 takes");
    secret
}

/// Opens one slot.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SlotKey {
    pub(crate) scalars: [Scalar; KEYS],
    pub(crate) sealing: [u8; 32],
}

impl SlotKey {
    /// From what [`derive()`] gave.
    pub fn new(secret: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::from_prk(secret).expect("32 bytes are as long as the hash");
        let mut scalars = [Scalar::ZERO; KEYS];
        for (number, scalar) in (0_u8..).zip(&mut scalars) {
            let mut wide = Zeroizing::new([0; 64]);
            hkdf.expand_multi_info(&[b"lapwing vault scalar v1\n", &[number]], &mut *wide)
                .expect("64 bytes are within the limit of HKDF");
            *scalar = Scalar::from_bytes_mod_order_wide(&wide);
        }
        let mut sealing = [0; 32];
        hkdf.expand(b"lapwing vault sealing v1\n", &mut sealing)
            .expect("32 bytes are within the limit of HKDF");
        Self { scalars, sealing }
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for SlotKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SlotKey(..)")
    }
}
