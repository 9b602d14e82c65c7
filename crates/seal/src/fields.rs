//! The root over individually salted fields, by which a case file opens some fields of a report and
//! leaves the others closed.
//!
//! Sixteen leaves, one a field number. Leaf `n` is
//! SHA-256(0x00 · n · present · salt(n) · value), where `present` is 1 or 0 and an absent value is
//! empty; inner nodes are SHA-256(0x01 · left · right), four levels. The salts are 16 bytes each of
//! HKDF-Expand(seed, `lapwing field salts v1`), so that an opened field tells nothing of its
//! neighbours: without its salt a leaf cannot be guessed, and absent fields look like present ones.

use hkdf::Hkdf;
use lapwing_model::{FIELD_SLOTS, Observation};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Length of the seed of the salts.
pub const SEED_LEN: usize = 32;

const FIELD_SALT_LEN: usize = 16;

/// From this come the salts of all fields of one report; it lies inside the seal.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct FieldSeed([u8; SEED_LEN]);

impl core::fmt::Debug for FieldSeed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FieldSeed(..)")
    }
}

impl FieldSeed {
    /// Draws a seed.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; SEED_LEN];
        rng.fill_bytes(&mut seed);
        Self(seed)
    }

    /// From bytes inside an opened envelope.
    pub const fn from_bytes(bytes: [u8; SEED_LEN]) -> Self {
        Self(bytes)
    }

    /// For the inside of an envelope.
    pub const fn as_bytes(&self) -> &[u8; SEED_LEN] {
        &self.0
    }

    /// All salts at once: one expansion is a quarter of the hashing of sixteen.
    fn salts(&self) -> [u8; FIELD_SLOTS * FIELD_SALT_LEN] {
        let mut salts = [0; FIELD_SLOTS * FIELD_SALT_LEN];
        Hkdf::<Sha256>::from_prk(&self.0)
            .expect("the seed has the length of a hash")
            .expand(b"lapwing field salts v1", &mut salts)
            .expect("256 bytes are within the limit of HKDF");
        salts
    }
}

/// The root over the fields of an observation, for the header of its envelope.
pub fn root(seed: &FieldSeed, observation: &Observation) -> [u8; 32] {
    let salts = seed.salts();
    let mut level: [[u8; 32]; FIELD_SLOTS] = [[0; 32]; FIELD_SLOTS];
    for (n, field) in observation.fields().iter().enumerate() {
        level[n] = Sha256::new()
            .chain_update([0, n as u8, u8::from(field.is_some())])
            .chain_update(&salts[n * FIELD_SALT_LEN..][..FIELD_SALT_LEN])
            .chain_update(field.as_deref().unwrap_or_default())
            .finalize()
            .into();
    }
    let mut width = FIELD_SLOTS;
    while width > 1 {
        for n in 0..width / 2 {
            level[n] = Sha256::new()
                .chain_update([1])
                .chain_update(level[2 * n])
                .chain_update(level[2 * n + 1])
                .finalize()
                .into();
        }
        width /= 2;
    }
    level[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::tests::report;

    #[test]
    fn the_root_depends_on_seed_and_every_field() {
        let seed = FieldSeed::from_bytes([1; 32]);
        let seen = report().observation;
        let base = root(&seed, &seen);
        assert_eq!(base, root(&seed, &seen));
        assert_ne!(base, root(&FieldSeed::from_bytes([2; 32]), &seen));
        let changed = [
            Observation {
                kind: 3,
                ..seen.clone()
            },
            Observation {
                off_m: 1,
                ..seen.clone()
            },
            Observation {
                seen: 1,
                ..seen.clone()
            },
            Observation {
                seen_off_s: 1,
                ..seen.clone()
            },
            Observation {
                count: Some(0),
                ..seen.clone()
            },
            Observation {
                note: "інше".into(),
                ..seen.clone()
            },
        ];
        for other in changed {
            assert_ne!(base, root(&seed, &other));
        }
    }

    #[test]
    fn an_inner_node_can_be_recomputed_by_hand() {
        let seed = FieldSeed::from_bytes([1; 32]);
        let seen = report().observation;
        let salts = seed.salts();
        let leaf = |n: usize| -> [u8; 32] {
            let fields = seen.fields();
            let value = fields[n].clone();
            let mut bytes = vec![0, n as u8, u8::from(value.is_some())];
            bytes.extend_from_slice(&salts[n * 16..n * 16 + 16]);
            bytes.extend_from_slice(&value.unwrap_or_default());
            Sha256::digest(&bytes).into()
        };
        fn node(leaf: &dyn Fn(usize) -> [u8; 32], from: usize, width: usize) -> [u8; 32] {
            if width == 1 {
                return leaf(from);
            }
            let (left, right) = (
                node(leaf, from, width / 2),
                node(leaf, from + width / 2, width / 2),
            );
            Sha256::digest([&[1], left.as_slice(), &right].concat()).into()
        }
        assert_eq!(root(&seed, &seen), node(&leaf, 0, 16));
    }
}
