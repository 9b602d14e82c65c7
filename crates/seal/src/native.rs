//! Unsealing with the assembly of AWS-LC: what [`crate::open`] does at a desk.
//!
//! The same construction as `hpke` and `x-wing` below the portable way, put together from faster
//! parts, with two differences that nobody outside can see: the secret is expanded once and not for
//! every envelope, and what depends on the secret alone of the key schedule is kept.
//!
//! ```text
//! SHAKE-256(seed, 96)  = d · z (ML-KEM-768) · scalar (X25519)       X-Wing, section 5.2
//! share                = ML-KEM ciphertext 1,088 · X25519 point 32
//! shared secret        = SHA3-256(ss_M · ss_X · point · own point · `\.//^\`)      X-Wing, 5.3
//! key, nonce           = key schedule of RFC 9180 5.1, base mode
//! plaintext            = ChaCha20-Poly1305, associated data: the header
//! ```

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::digest::{self, SHA3_256};
use aws_lc_rs::kem::{DecapsulationKey, ML_KEM_768};
use hkdf::Hkdf;
use lapwing_wire::{Envelope, KEM_SHARE_LEN, PLAINTEXT_LEN, RECEPTION_PUBLIC_LEN};
use ml_kem::{FromSeed as _, MlKem768, Seed};
use sha2::Sha256;
use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};
use zeroize::{Zeroize as _, Zeroizing};

use crate::envelope::INFO;

const POINT_LEN: usize = 32;
const SECRET_LEN: usize = 32;
/// Of X-Wing, so that its secrets are of no other combination of the two.
const LABEL: &[u8] = br"\.//^\";
/// `HPKE` · KEM 0x647a (X-Wing) · KDF 1 (HKDF-SHA256) · AEAD 3 (ChaCha20-Poly1305).
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const MODE_BASE: u8 = 0;
/// Mode and two hashes.
const CONTEXT_LEN: usize = 1 + 32 + 32;

type Prk = Hkdf<Sha256>;

/// A reception secret, expanded.
pub(crate) struct Unsealer {
    ml_kem: DecapsulationKey,
    x25519: PrivateKey,
    own_point: [u8; POINT_LEN],
    context: [u8; CONTEXT_LEN],
}

impl Unsealer {
    /// Expands the seed of a secret with this public half.
    pub(crate) fn new(seed: &[u8; 32], public: &[u8; RECEPTION_PUBLIC_LEN]) -> Self {
        let mut expanded = Zeroizing::new([0; 96]);
        let mut shake = Shake256::default();
        shake.update(seed);
        shake.finalize_xof().read(expanded.as_mut_slice());
        let (ml_kem_seed, scalar) = expanded.split_at(64);
        let ml_kem = ml_kem(ml_kem_seed);
        let x25519 = PrivateKey::from_private_key(&X25519, scalar)
            .expect("any 32 bytes are a scalar of X25519");
        let mut own_point = [0; POINT_LEN];
        own_point.copy_from_slice(&public[RECEPTION_PUBLIC_LEN - POINT_LEN..]);
        Self {
            ml_kem,
            x25519,
            own_point,
            context: context(INFO),
        }
    }

    /// The plaintext of an envelope, or nothing if the seal does not hold.
    pub(crate) fn unseal(&self, envelope: &Envelope) -> Option<Zeroizing<[u8; PLAINTEXT_LEN]>> {
        let shared = self.decapsulate(envelope.share().try_into().ok()?)?;
        let (key, nonce) = schedule(&shared, &self.context);
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).ok()?;
        let mut sealed = Zeroizing::new(envelope.sealed().to_vec());
        let aad = Aad::from(envelope.header());
        let opened = LessSafeKey::new(key)
            .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .ok()?;
        let mut plaintext = Zeroizing::new([0; PLAINTEXT_LEN]);
        plaintext.copy_from_slice(opened);
        Some(plaintext)
    }

    /// X-Wing: one ML-KEM decapsulation and one X25519.
    fn decapsulate(&self, share: &[u8; KEM_SHARE_LEN]) -> Option<Zeroizing<[u8; SECRET_LEN]>> {
        let (ciphertext, point) = share.split_at(KEM_SHARE_LEN - POINT_LEN);
        // A ciphertext that was not made for this secret gives another shared secret, no error
        // (implicit rejection, FIPS 203 6.3).
        let ss_m = self.ml_kem.decapsulate(ciphertext.into()).ok()?;
        let mut ss_x = Zeroizing::new([0; POINT_LEN]);
        // AWS-LC refuses points of low order. X-Wing counts on the other half instead, and takes
        // the zero that X25519 gives for them, which is what `ss_x` holds then.
        let _low_order = agree(
            &self.x25519,
            UnparsedPublicKey::new(&X25519, point),
            (),
            |ss| {
                ss_x.copy_from_slice(ss);
                Ok(())
            },
        );
        let mut hash = digest::Context::new(&SHA3_256);
        for part in [
            ss_m.as_ref(),
            ss_x.as_slice(),
            point,
            &self.own_point,
            LABEL,
        ] {
            hash.update(part);
        }
        let mut shared = Zeroizing::new([0; SECRET_LEN]);
        shared.copy_from_slice(hash.finish().as_ref());
        Some(shared)
    }
}

/// The secret of ML-KEM from its seed of 64 bytes.
#[expect(
    deprecated,
    reason = "AWS-LC takes a secret in its long form only, and nothing else writes that form"
)]
fn ml_kem(seed: &[u8]) -> DecapsulationKey {
    use ml_kem::ExpandedKeyEncoding as _;
    let mut seed = Seed::try_from(seed).expect("the seed of ML-KEM has 64 bytes");
    let (secret, _) = MlKem768::from_seed(&seed);
    seed.zeroize();
    let mut long = secret.to_expanded_bytes();
    let parsed = DecapsulationKey::new(&ML_KEM_768, &long)
        .expect("an expanded secret has the length of FIPS 203");
    long.zeroize();
    parsed
}

/// `key_schedule_context` of RFC 9180 5.1, in base mode: the same for all envelopes.
fn context(info: &[u8]) -> [u8; CONTEXT_LEN] {
    let mut out = [MODE_BASE; CONTEXT_LEN];
    out[1..33].copy_from_slice(&extract(&[], b"psk_id_hash", &[]).0);
    out[33..].copy_from_slice(&extract(&[], b"info_hash", info).0);
    out
}

/// Key and nonce of the only message under this shared secret.
fn schedule(
    shared: &[u8; SECRET_LEN],
    context: &[u8; CONTEXT_LEN],
) -> (Zeroizing<[u8; 32]>, [u8; NONCE_LEN]) {
    let (mut prk, secret) = extract(shared, b"secret", &[]);
    prk.zeroize();
    let mut key = Zeroizing::new([0; 32]);
    expand(&secret, b"key", context, key.as_mut_slice());
    // Exclusive or with the number of the message (RFC 9180 5.2), which is zero.
    let mut nonce = [0; NONCE_LEN];
    expand(&secret, b"base_nonce", context, &mut nonce);
    (key, nonce)
}

/// `LabeledExtract` of RFC 9180 4.
fn extract(salt: &[u8], label: &[u8], ikm: &[u8]) -> ([u8; 32], Prk) {
    let labelled = [b"HPKE-v1", SUITE, label, ikm].concat();
    let (prk, expandable) = Prk::extract(Some(salt), &labelled);
    (prk.into(), expandable)
}

/// `LabeledExpand` of RFC 9180 4.
fn expand(prk: &Prk, label: &[u8], info: &[u8], out: &mut [u8]) {
    let length = u16::try_from(out.len()).expect("keys and nonces are short");
    let parts = [
        &length.to_be_bytes(),
        b"HPKE-v1".as_slice(),
        SUITE,
        label,
        info,
    ];
    prk.expand_multi_info(&parts, out)
        .expect("keys and nonces are within the limit of HKDF");
}

#[cfg(test)]
mod tests;
