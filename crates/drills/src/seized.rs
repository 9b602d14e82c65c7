//! Drill 1, *relay seized*: from what a relay stores, which envelopes are cover, and which two are of
//! one witness?
//!
//! The attacker has the relay's table: the bytes of every envelope, when it came, in which order. They
//! know the formats and the algorithms. For [`cover_told`] they have been told the truth about half of
//! the witnesses and judge the envelopes of the other half; for [`linked`] it is the same with pairs.
//!
//! [`crowd()`] makes the envelopes with what phones run: their schedule and their sealing.

mod bytes;
mod crowd;
mod histogram;

use lapwing_wire::{ENVELOPE_LEN, HEADER_LEN};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

pub use crowd::{MARK, Rule, Sent, crowd};

use crate::{
    Auc,
    learn::{self, Row},
};

/// One row of a relay's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it came, seconds.
    pub time: i64,
    /// The envelope.
    pub envelope: Box<[u8; ENVELOPE_LEN]>,
}

/// What is to be found out about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Whose it is.
    pub witness: u64,
    /// Whether it says anything.
    pub real: bool,
}

/// Witnesses among whom pairs are drawn, so that no witness is on both sides of a split.
const BLOCK: u64 = 16;
const DAY: i64 = 86_400;

/// How well the attacker tells real envelopes from cover.
///
/// # Panics
/// When there are not as many truths as rows, or too few of either kind to be judged.
pub fn cover_told(table: &[Kept], truth: &[Truth]) -> Auc {
    assert_eq!(table.len(), truth.len(), "a truth for each row");
    let histogram = histogram::scores(table, truth);
    let again = bytes::seen_again(table);
    let rows: Vec<Row> = (0..table.len())
        .map(|at| {
            let mut features = bytes::of(&table[at].envelope);
            features.extend([histogram[at], again[at]]);
            times(table, at, &mut features);
            Row {
                features,
                positive: truth[at].real,
                owner: truth[at].witness,
            }
        })
        .collect();
    learn::guess(&rows)
}

/// How well the attacker tells pairs of envelopes of one witness from pairs of two. Each envelope is
/// in one pair of either sort.
///
/// # Panics
/// As [`cover_told`].
pub fn linked(table: &[Kept], truth: &[Truth], seed: u64) -> Auc {
    assert_eq!(table.len(), truth.len(), "a truth for each row");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut blocks: std::collections::BTreeMap<u64, Vec<usize>> = std::collections::BTreeMap::new();
    for (at, one) in truth.iter().enumerate() {
        blocks.entry(one.witness / BLOCK).or_default().push(at);
    }
    let mut rows = Vec::new();
    for (block, members) in &blocks {
        for &at in members {
            for same in [true, false] {
                let others: Vec<usize> = members
                    .iter()
                    .copied()
                    .filter(|&o| o != at && (truth[o].witness == truth[at].witness) == same)
                    .collect();
                if others.is_empty() {
                    continue;
                }
                let other = others[chance.next_u64() as usize % others.len()];
                rows.push(Row {
                    features: pair(table, at.min(other), at.max(other)),
                    positive: same,
                    owner: *block,
                });
            }
        }
    }
    learn::guess(&rows)
}

fn pair(table: &[Kept], first: usize, second: usize) -> Vec<f64> {
    let (a, b) = (&table[first], &table[second]);
    let mut features = bytes::shared(&a.envelope, &b.envelope);
    let apart = b.time - a.time;
    features.extend([
        apart as f64,
        apart.rem_euclid(60) as f64,
        apart.rem_euclid(3_600) as f64,
        apart.rem_euclid(DAY) as f64,
        (second - first) as f64,
    ]);
    features
}

/// When it came, and what came around it.
fn times(table: &[Kept], at: usize, out: &mut Vec<f64>) {
    let time = table[at].time;
    for every in [2, 60, 3_600, DAY, 7 * DAY] {
        out.push(time.rem_euclid(every) as f64);
    }
    for back in 1..=3 {
        let before = at.checked_sub(back).map(|n| time - table[n].time);
        out.push(before.map_or(-1.0, |gap| gap as f64));
        let after = table.get(at + back).map(|next| next.time - time);
        out.push(after.map_or(-1.0, |gap| gap as f64));
    }
    out.push((at % 2) as f64);
}

const SHARE: core::ops::Range<usize> = HEADER_LEN..HEADER_LEN + lapwing_wire::KEM_SHARE_LEN;
