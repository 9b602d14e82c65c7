//! Scores pairs of an issuance and a pass, and counts how often a true one stands out.

use std::collections::HashMap;

use lapwing_issuer::Signer;
use openssl::{
    bn::{BigNum, BigNumContext},
    error::ErrorStack,
};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use sha2::{Digest as _, Sha256};

use crate::{Issued, Linkage, LinkageError};

/// What an attacker looks at, of a pair.
const FEATURES: [&str; 8] = [
    "the key",
    "size of the factor",
    "low end of the factor",
    "ones in the factor",
    "nonce like the low end of the factor",
    "nonce like the blinded message",
    "nonce like the hash of the blinded message",
    "authenticator like the blind signature",
];
type Scores = [f64; FEATURES.len()];

/// 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_964;

/// Learns on one half which feature tells most, and in which direction; counts on the other.
pub(crate) fn attack(
    issued: &[Issued],
    keys: &[Signer; 2],
    rng: &mut ChaCha20Rng,
) -> Result<Linkage, LinkageError> {
    let mut arithmetic = Arithmetic::new(keys)?;
    let half = issued.len() / 2;
    let (learn, test) = issued.split_at(half);
    let learnt = compare(learn, &mut arithmetic, rng)?;
    let (best, sign) = (0..FEATURES.len())
        .map(|feature| {
            let (auc, _) = auc(learnt.iter().map(|pair| wins(pair, feature)));
            (feature, auc - 0.5)
        })
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
        .map_or((0, 1.0), |(feature, lean)| (feature, lean.signum()));
    let tested = compare(test, &mut arithmetic, rng)?;
    let (auc, half_width) = auc(tested.iter().map(|pair| {
        let won = wins(pair, best);
        if sign < 0.0 { 1.0 - won } else { won }
    }));
    Ok(Linkage {
        auc,
        low: auc - half_width,
        high: auc + half_width,
        comparisons: tested.len(),
        feature: FEATURES[best],
    })
}

/// For each pass the scores of its true issuance and of another's, drawn at random.
fn compare(
    issued: &[Issued],
    arithmetic: &mut Arithmetic,
    rng: &mut ChaCha20Rng,
) -> Result<Vec<(Scores, Scores)>, ErrorStack> {
    let others = (issued.len() - 1) as u64;
    let mut pairs = Vec::with_capacity(issued.len());
    for (at, shown) in issued.iter().enumerate() {
        let step = 1 + (rng.next_u64() % others) as usize;
        let other = &issued[(at + step) % issued.len()];
        pairs.push((
            arithmetic.scores(shown, shown)?,
            arithmetic.scores(other, shown)?,
        ));
    }
    Ok(pairs)
}

/// 1 when the true pair scores higher, 0 when lower, a half when alike.
fn wins((truth, other): &(Scores, Scores), feature: usize) -> f64 {
    match truth[feature].total_cmp(&other[feature]) {
        core::cmp::Ordering::Greater => 1.0,
        core::cmp::Ordering::Equal => 0.5,
        core::cmp::Ordering::Less => 0.0,
    }
}

/// The mean of independent comparisons and half the width of its 95 % interval.
///
/// The width is Wald's, with half a win and half a loss added (Agresti and Coull): twenty wins out of twenty are no
/// certainty.
fn auc(wins: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = wins.clone().count() as f64;
    let mean = wins.sum::<f64>() / n;
    let near = (mean * n + 0.5) / (n + 1.0);
    (mean, Z * (near * (1.0 - near) / n).sqrt())
}

/// Numbers modulo the keys.
struct Arithmetic {
    context: BigNumContext,
    moduli: HashMap<[u8; 32], BigNum>,
}

impl Arithmetic {
    fn new(keys: &[Signer; 2]) -> Result<Self, ErrorStack> {
        let mut moduli = HashMap::new();
        for key in keys {
            let modulus = BigNum::from_slice(key.public().modulus())?;
            moduli.insert(key.public().id(), modulus);
        }
        Ok(Self {
            context: BigNumContext::new()?,
            moduli,
        })
    }

    /// What a pass looks like if it came from this issuance.
    fn scores(&mut self, from: &Issued, shown: &Issued) -> Result<Scores, ErrorStack> {
        let factor = self.factor(from, shown)?;
        let low = &factor[224..];
        let mut low_first: [u8; 32] = [0; 32];
        for (out, byte) in low_first.iter_mut().zip(low.iter().rev()) {
            *out = *byte;
        }
        let nonce = &shown.pass.nonce;
        Ok([
            f64::from(u8::from(from.key_id == shown.pass.key_id)),
            size(&factor),
            number(&low[24..]),
            ones(&factor),
            alike(nonce, &low_first),
            alike(nonce, &from.blinded[..32]),
            alike(nonce, &Sha256::digest(from.blinded)),
            alike(&shown.pass.authenticator, &from.signed),
        ])
    }

    /// The only blinding factor that leads from this message to this pass: blind signature over authenticator.
    fn factor(&mut self, from: &Issued, shown: &Issued) -> Result<[u8; 256], ErrorStack> {
        let modulus = &self.moduli[&from.key_id];
        let mut out = [0; 256];
        let signed = BigNum::from_slice(&from.signed)?;
        let authenticator = BigNum::from_slice(&shown.pass.authenticator)?;
        let (mut inverse, mut factor) = (BigNum::new()?, BigNum::new()?);
        inverse.mod_inverse(&authenticator, modulus, &mut self.context)?;
        factor.mod_mul(&signed, &inverse, modulus, &mut self.context)?;
        out.copy_from_slice(&factor.to_vec_padded(256)?);
        Ok(out)
    }
}

/// The logarithm of a number.
fn size(bytes: &[u8]) -> f64 {
    let at = bytes.iter().position(|&byte| byte != 0);
    let Some(at) = at else { return 0.0 };
    let rest = &bytes[at..];
    let top = number(&rest[..rest.len().min(8)]);
    top.log2() + (rest.len().saturating_sub(8) * 8) as f64
}

fn number(bytes: &[u8]) -> f64 {
    bytes
        .iter()
        .fold(0.0, |sum, &byte| sum * 256.0 + f64::from(byte))
}

fn ones(bytes: &[u8]) -> f64 {
    bytes.iter().map(|byte| f64::from(byte.count_ones())).sum()
}

/// How many bits are the same.
fn alike(a: &[u8], b: &[u8]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from((a ^ b).count_zeros()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_narrows_with_comparisons_and_is_never_nothing() {
        let (mean, width) = auc([1.0, 0.0].into_iter().cycle().take(10_000));
        assert!((mean - 0.5).abs() < 1e-9 && (width - 0.0098).abs() < 1e-4);
        let (mean, width) = auc(std::iter::repeat_n(1.0, 100));
        assert!(mean > 0.99 && width > 0.01);
    }
}
