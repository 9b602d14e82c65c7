//! Can whoever watches a bucket tell whether anybody in it gets replies? Measured on drops as they
//! are made, and on two broken ways of making them, which the same attacker must catch.
//!
//! The attacker sees the drops of one bucket at consecutive numbers and counts what could differ:
//! how far the frequencies of bytes are from even, what of one number comes back at the next, hints
//! that come twice, runs of zeros. On one half of the samples they learn which count tells most and
//! which way; on the other half they are measured.

use lapwing_seal::{BucketSecret, Content, Reply, ReplyChains, RootSecret};
use lapwing_wire::{Drop, HINT_LEN, SLOT_LEN, SLOTS};
use rand_core::CryptoRng;

use super::{Recipient, Waiting, make};

/// How the drops of the drill are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Variant {
    /// By [`make`].
    AsBuilt,
    /// A reply keeps its hint at the next number.
    HintsReused,
    /// Empty slots are zero.
    EmptyZero,
}

/// How well the attacker tells: the area under the curve of hits against false alarms, 0.5 for
/// guessing and 1 for certainty, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auc {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Samples it is measured on, of each kind.
    pub samples: usize,
}

/// Consecutive numbers in a sample.
const NUMBERS: u32 = 3;
const START: u32 = 497_000;
const NOW: i64 = 1_790_000_000;
/// Witnesses with news in a busy bucket, and replies for each.
const BUSY: (u64, u32) = (6, 8);
const FEATURES: usize = 4;

type Features = [f64; FEATURES];

/// Lets the attacker tell busy buckets from quiet ones, `samples` of each (half of them to learn).
pub fn news_told(rng: &mut impl CryptoRng, samples: usize, variant: Variant) -> Auc {
    let mut seen: [Vec<Features>; 2] = Default::default();
    for _ in 0..samples.max(4) {
        for (busy, seen) in [false, true].into_iter().zip(&mut seen) {
            seen.push(features(&watched(rng, busy, variant)));
        }
    }
    let [quiet, busy] = &seen;
    let half = quiet.len() / 2;
    let column = |of: &[Features], n: usize| of.iter().map(|f| f[n]).collect::<Vec<_>>();
    let (mut best, mut sign, mut edge) = (0, 1.0, -1.0);
    for n in 0..FEATURES {
        let learned = area(&column(&quiet[..half], n), &column(&busy[..half], n)) - 0.5;
        if learned.abs() > edge {
            (best, sign, edge) = (n, if learned < 0.0 { -1.0 } else { 1.0 }, learned.abs());
        }
    }
    let told = |of: &[Features]| -> Vec<f64> {
        let half = of[half..].iter();
        half.map(|f| sign * f[best]).collect()
    };
    interval(&told(quiet), &told(busy))
}

/// The drops of one bucket at consecutive numbers. A quiet bucket has as many witnesses.
fn watched(rng: &mut impl CryptoRng, busy: bool, variant: Variant) -> Vec<Drop> {
    let mut secret = || {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let roots: Vec<[u8; 32]> = (0..BUSY.0).map(|_| secret()).collect();
    let chains = |root: &[u8; 32]| ReplyChains::new(&RootSecret::from_bytes(*root), START);
    let reply = |id| Waiting {
        reply: Reply {
            id,
            content: Content::Received { count: id, last: 9 },
        },
        since: NOW,
        shown: false,
    };
    let mut recipients: Vec<Recipient> = (0..)
        .zip(&roots)
        .map(|(witness, root)| Recipient {
            witness,
            known: true,
            bucket: BucketSecret::from_bytes(*root),
            chains: chains(root),
            replies: (0..BUSY.1).filter(|_| busy).map(reply).collect(),
        })
        .collect();
    let mut drops = Vec::new();
    for number in START..START + NUMBERS {
        let made = make(rng, number, 1, NOW, &mut recipients);
        drops.extend(made.drops.into_iter().map(|drop| match variant {
            Variant::AsBuilt => drop,
            broken => spoilt(&drop, broken, number, &roots, chains),
        }));
    }
    drops
}

/// What a faulty desk would have made of a drop.
fn spoilt(
    drop: &Drop,
    variant: Variant,
    number: u32,
    roots: &[[u8; 32]],
    chains: impl Fn(&[u8; 32]) -> ReplyChains,
) -> Drop {
    let hints: Vec<_> = roots
        .iter()
        .map(|root| chains(root).hints(number).expect("the number is near"))
        .collect();
    let mut slots = [[0; SLOT_LEN]; SLOTS];
    let whole = drop.as_bytes().as_chunks::<SLOT_LEN>().0;
    for ((slot, spoilt), seen) in whole.iter().zip(&mut slots).zip(drop.slots()) {
        let whose = hints
            .iter()
            .enumerate()
            .find_map(|(who, hints)| Some((who, hints.place(seen.hint)?)));
        match (variant, whose) {
            (Variant::EmptyZero, None) => {}
            (Variant::HintsReused, Some((who, (_, index)))) => {
                *spoilt = *slot;
                let root = &roots[who];
                spoilt[..HINT_LEN].copy_from_slice(&root[..HINT_LEN]);
                spoilt[HINT_LEN - 1] = index;
            }
            _ => *spoilt = *slot,
        }
    }
    Drop::from_slots(&slots)
}

fn features(drops: &[Drop]) -> Features {
    let mut counts = [0_u32; 256];
    let mut zeros = 0_u32;
    for drop in drops {
        for &byte in drop.as_bytes() {
            counts[usize::from(byte)] += 1;
        }
        let eights = drop.as_bytes().as_chunks::<8>().0;
        zeros += eights.iter().map(|e| u32::from(*e == [0; 8])).sum::<u32>();
    }
    let total: u32 = counts.iter().sum();
    let even = f64::from(total) / 256.0;
    let chi_square = counts
        .iter()
        .map(|&n| (f64::from(n) - even).powi(2) / even)
        .sum();
    let sorted = |drop: &Drop| {
        let mut eights = drop.as_bytes().as_chunks::<8>().0.to_vec();
        eights.sort_unstable();
        eights
    };
    let each: Vec<_> = drops.iter().map(sorted).collect();
    let again = each.windows(2).map(|two| {
        let found = two[1].iter().filter(|e| two[0].binary_search(e).is_ok());
        found.count()
    });
    let twice = drops.iter().map(|drop| {
        let mut hints: Vec<_> = drop.slots().map(|slot| slot.hint).collect();
        hints.sort_unstable();
        hints.windows(2).filter(|two| two[0] == two[1]).count()
    });
    [
        chi_square,
        again.sum::<usize>() as f64,
        twice.sum::<usize>() as f64,
        f64::from(zeros),
    ]
}

/// How often a busy one counts more than a quiet one; ties are half.
fn area(quiet: &[f64], busy: &[f64]) -> f64 {
    let ranks: f64 = busy.iter().map(|b| share_below(quiet, *b)).sum();
    ranks / busy.len() as f64
}

fn share_below(of: &[f64], value: f64) -> f64 {
    let score: f64 = of
        .iter()
        .map(|o| match o.total_cmp(&value) {
            core::cmp::Ordering::Less => 1.0,
            core::cmp::Ordering::Equal => 0.5,
            core::cmp::Ordering::Greater => 0.0,
        })
        .sum();
    score / of.len() as f64
}

/// The area with its 95 % interval by DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988).
fn interval(quiet: &[f64], busy: &[f64]) -> Auc {
    let value = area(quiet, busy);
    let spread = |parts: Vec<f64>| {
        let n = parts.len() as f64;
        parts.iter().map(|p| (p - value).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n
    };
    let of_busy = busy.iter().map(|b| share_below(quiet, *b)).collect();
    let of_quiet = quiet.iter().map(|q| 1.0 - share_below(busy, *q)).collect();
    let error = 1.96 * (spread(of_busy) + spread(of_quiet)).sqrt();
    Auc {
        value,
        low: (value - error).max(0.0),
        high: (value + error).min(1.0),
        samples: quiet.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    fn told(samples: usize, variant: Variant) -> Auc {
        news_told(&mut ChaCha20Rng::from_seed([11; 32]), samples, variant)
    }

    #[test]
    fn a_busy_bucket_looks_like_a_quiet_one() {
        let auc = told(400, Variant::AsBuilt);
        assert_eq!(auc.samples, 200);
        assert!(auc.low <= 0.5 && 0.5 <= auc.high, "{auc:?}");
        assert!(auc.high - auc.low < 0.13, "{auc:?}");
    }

    #[test]
    fn drops_made_wrongly_are_told_apart() {
        for variant in [Variant::HintsReused, Variant::EmptyZero] {
            let auc = told(40, variant);
            assert!(auc.low > 0.95, "{variant:?}: {auc:?}");
        }
    }

    #[test]
    fn the_interval_is_that_of_delong() {
        // By hand: the shares below are 1, 1 and 0.5 of busy, so the area is 5/6.
        let auc = interval(&[1.0, 2.0], &[3.0, 4.0, 1.5]);
        assert!((auc.value - 5.0 / 6.0).abs() < 1e-12);
        let busy = ((1.0_f64 / 6.0).powi(2) * 2.0 + (1.0_f64 / 3.0).powi(2)) / 2.0 / 3.0;
        let quiet = ((1.0_f64 / 6.0).powi(2) * 2.0) / 1.0 / 2.0;
        let error = 1.96 * (busy + quiet).sqrt();
        assert!((auc.low - (5.0 / 6.0 - error)).abs() < 1e-12);
        assert!((auc.high - 1.0).abs() < 1e-12);
    }
}
