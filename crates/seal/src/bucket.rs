//! Which drop an install fetches.
//!
//! ```text
//! bucket = u64(HMAC-SHA256(bucket secret, `lapwing bucket v1\n` · 28-day epoch 4)[..8]) mod count
//! ```
//!
//! Every install has a secret, a visitor of a page that emits cover as well as a witness, and only
//! the desk of an enrolled one knows it (`docs/design/0007-identity.md`).

use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
use lapwing_wire::WEEK_S;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::BUCKET_SECRET_LEN;

/// For so long an install keeps its bucket, seconds: 28 days.
pub const BUCKET_EPOCH_S: i64 = 4 * WEEK_S;

/// What an install keeps to know its bucket, whether it is used or not.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct BucketSecret([u8; BUCKET_SECRET_LEN]);

impl BucketSecret {
    /// Draws one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; BUCKET_SECRET_LEN];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// One that was kept, or from the inside of an enrolment.
    pub const fn from_bytes(bytes: [u8; BUCKET_SECRET_LEN]) -> Self {
        Self(bytes)
    }

    /// For keeping, and for the inside of an enrolment.
    pub const fn as_bytes(&self) -> &[u8; BUCKET_SECRET_LEN] {
        &self.0
    }

    /// The bucket at a time, of so many (`count` is at least 1, as bulletins have it).
    pub fn bucket(&self, unix: i64, count: u16) -> u16 {
        let epoch = unix.div_euclid(BUCKET_EPOCH_S).max(0);
        let epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"lapwing bucket v1\n");
        mac.update(&epoch.to_be_bytes());
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        let (first, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
        let rest = u64::from_be_bytes(*first) % u64::from(count.max(1));
        u16::try_from(rest).expect("the rest is below the count")
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for BucketSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("BucketSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    #[test]
    fn a_bucket_is_that_of_the_formula() {
        // Computed with Python's hmac and hashlib from the formula above.
        let secret = BucketSecret::from_bytes([5; BUCKET_SECRET_LEN]);
        let at = 740 * 28 * 86_400;
        assert_eq!(
            [16, 255, 256].map(|count| secret.bucket(at, count)),
            [3, 52, 51]
        );
    }

    #[test]
    fn a_bucket_stays_for_28_days_and_all_are_used_alike() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let secret = BucketSecret::generate(&mut rng);
        let start = 740 * BUCKET_EPOCH_S;
        let bucket = |at| secret.bucket(at, 256);
        assert_eq!(bucket(start), bucket(start + BUCKET_EPOCH_S - 1));
        let over_years: std::collections::HashSet<u16> = (0..60)
            .map(|n| bucket(start + n * BUCKET_EPOCH_S))
            .collect();
        assert!(over_years.len() > 40, "it moves");
        let mut used = [0; 16];
        for _ in 0..16_000 {
            used[usize::from(BucketSecret::generate(&mut rng).bucket(start, 16))] += 1;
        }
        // Six standard deviations around a thousand.
        assert!(used.iter().all(|n| (816..1_184).contains(n)), "{used:?}");
        assert_eq!(secret.bucket(i64::MIN, 0), 0);
        assert_eq!(secret.bucket(i64::MAX, 1), 0);
    }

    #[test]
    fn debugging_prints_no_secret() {
        let shown = format!("{:?}", BucketSecret::from_bytes([5; BUCKET_SECRET_LEN]));
        assert_eq!(shown, "BucketSecret(..)");
    }
}
