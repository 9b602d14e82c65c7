//! What a desk keeps about a cell, sealed so that only the cell's coordinator reads it.
//!
//! ```text
//! record = X-Wing ciphertext 1,120 · HPKE-sealed content · tag 16
//! ```
//!
//! HPKE (RFC 9180) base mode, single shot, the suite of envelopes, with an `info` of its own. The
//! associated data names what the record is and where it lies, so that records cannot be swapped.

use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::XWing, single_shot_open, single_shot_seal_with_rng,
};
use lapwing_wire::{KEM_SHARE_LEN, RECEPTION_PUBLIC_LEN, TAG_LEN};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::SealError;

const INFO: &[u8] = b"lapwing cell v1";

/// Length of a cell's public key.
pub const CELL_PUBLIC_LEN: usize = RECEPTION_PUBLIC_LEN;
/// By how much a record is longer than its content.
pub const CELL_OVERHEAD: usize = KEM_SHARE_LEN + TAG_LEN;

/// Length of a label.
pub const CELL_LABEL_LEN: usize = 8;

/// By which a phone says of which cell it is, so that no desk needs to keep it:
/// SHA-256(`lapwing cell label v1\n` · public key)[..8].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellLabel([u8; CELL_LABEL_LEN]);

impl CellLabel {
    /// One that was kept, or from the inside of an envelope.
    pub const fn from_bytes(bytes: [u8; CELL_LABEL_LEN]) -> Self {
        Self(bytes)
    }

    /// For keeping, and for the inside of an envelope.
    pub const fn as_bytes(&self) -> &[u8; CELL_LABEL_LEN] {
        &self.0
    }
}

/// What anybody at the desk may hold: seals, and opens nothing.
#[derive(Clone)]
pub struct CellPublic(<XWing as hpke::Kem>::PublicKey);

/// What the coordinator alone can bring forth: opens what was sealed to the cell.
pub struct CellSecret {
    seed: Zeroizing<[u8; 32]>,
    key: <XWing as hpke::Kem>::PrivateKey,
}

impl CellPublic {
    /// Reads a public key.
    ///
    /// # Errors
    /// `Key` when the bytes are no X-Wing public key.
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        <XWing as hpke::Kem>::PublicKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_why| SealError::Key)
    }

    /// The cell's label.
    pub fn label(&self) -> CellLabel {
        let mut public = [0; CELL_PUBLIC_LEN];
        self.0.write_exact(&mut public);
        let hash: [u8; 32] = Sha256::new_with_prefix(b"lapwing cell label v1\n")
            .chain_update(public)
            .finalize()
            .into();
        let (label, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
        CellLabel(*label)
    }

    /// Seals content to the cell.
    ///
    /// # Errors
    /// `Key` when the key cannot be used.
    pub fn seal(
        &self,
        rng: &mut impl CryptoRng,
        about: &[u8],
        content: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let (share, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &self.0,
            INFO,
            content,
            about,
            rng,
        )
        .map_err(|_why| SealError::Key)?;
        let mut record = share.to_bytes().to_vec();
        record.extend_from_slice(&sealed);
        Ok(record)
    }
}

impl CellSecret {
    /// Draws the secret of a new cell.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let secret = Self::from_seed(&seed);
        seed.zeroize();
        secret
    }

    /// From the seed that the coordinator's passphrase unwraps.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            seed: Zeroizing::new(*seed),
            key: <XWing as hpke::Kem>::PrivateKey::from_bytes(seed)
                .expect("any 32 bytes are an X-Wing secret key"),
        }
    }

    /// For wrapping under the coordinator's passphrase.
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public half.
    pub fn public_bytes(&self) -> Box<[u8; CELL_PUBLIC_LEN]> {
        let mut out = Box::new([0; CELL_PUBLIC_LEN]);
        XWing::sk_to_pk(&self.key).write_exact(out.as_mut_slice());
        out
    }

    /// Opens a record; `None` when it is of another cell, about something else, or was changed.
    pub fn open(&self, about: &[u8], record: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (share, sealed) = record.split_at_checked(KEM_SHARE_LEN)?;
        let share = <XWing as hpke::Kem>::EncappedKey::from_bytes(share).ok()?;
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.key,
            &share,
            INFO,
            sealed,
            about,
        )
        .ok()
        .map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    #[test]
    fn a_record_opens_for_its_cell_and_its_place_only() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let (ours, theirs) = (
            CellSecret::generate(&mut rng),
            CellSecret::generate(&mut rng),
        );
        let public = CellPublic::parse(ours.public_bytes().as_slice()).unwrap();
        let record = public
            .seal(&mut rng, b"message 7", "ґанок".as_bytes())
            .unwrap();
        assert_eq!(record.len(), "ґанок".len() + CELL_OVERHEAD);
        let opened = ours.open(b"message 7", &record).unwrap();
        assert_eq!(opened.as_slice(), "ґанок".as_bytes());
        assert!(ours.open(b"message 8", &record).is_none());
        assert!(theirs.open(b"message 7", &record).is_none());
        for at in [0, 1_119, 1_120, record.len() - 1] {
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert!(ours.open(b"message 7", &changed).is_none(), "{at}");
        }
        for cut in 0..record.len() {
            assert!(ours.open(b"message 7", &record[..cut]).is_none());
        }
        let again = CellSecret::from_seed(ours.seed());
        assert!(again.open(b"message 7", &record).is_some());
    }

    #[test]
    fn the_same_content_sealed_twice_has_nothing_in_common() {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let public = CellPublic::parse(CellSecret::generate(&mut rng).public_bytes().as_slice());
        let public = public.unwrap();
        let mut seal = || public.seal(&mut rng, b"", &[0; 64]).unwrap();
        let (a, b) = (seal(), seal());
        assert!(a.windows(8).all(|w| !b.windows(8).any(|v| v == w)));
    }

    #[test]
    fn a_label_is_the_beginning_of_the_hash_of_the_public_key() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let public = CellSecret::generate(&mut rng).public_bytes();
        let text = [b"lapwing cell label v1\n".as_slice(), public.as_slice()].concat();
        let label = CellPublic::parse(public.as_slice()).unwrap().label();
        assert_eq!(label.as_bytes(), &Sha256::digest(text)[..8]);
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert!(CellPublic::parse(&[0; CELL_PUBLIC_LEN - 1]).is_err());
        assert!(CellPublic::parse(&[0xff; CELL_PUBLIC_LEN]).is_err());
    }
}
