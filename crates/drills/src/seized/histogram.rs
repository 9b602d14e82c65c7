//! Histograms of every byte of an envelope, real against cover.

use lapwing_wire::ENVELOPE_LEN;

use super::{Kept, Truth};
use crate::learn::{is_taught, mixed};

/// How often each value was at each place.
struct Counts {
    by_place: Vec<[u32; 256]>,
    rows: u32,
}

/// Log-likelihood of each envelope being real, places taken as independent. The envelopes of which
/// the truth is known are scored by the counts of half of them that they are not in, so that the
/// learner that gets these scores sees how good they are on what was not counted.
pub(super) fn scores(table: &[Kept], truth: &[Truth]) -> Vec<f64> {
    let fold = |witness: u64| (mixed(witness) >> 1) as usize % 2;
    let mut counts = [
        [Counts::new(), Counts::new()],
        [Counts::new(), Counts::new()],
    ];
    for (kept, one) in table.iter().zip(truth) {
        if is_taught(one.witness) {
            counts[fold(one.witness)][usize::from(one.real)].add(&kept.envelope);
        }
    }
    table
        .iter()
        .zip(truth)
        .map(|(kept, one)| {
            let by = |fold: usize| {
                let [cover, real] = &counts[fold];
                real.likelihood(&kept.envelope) - cover.likelihood(&kept.envelope)
            };
            if is_taught(one.witness) {
                by(1 - fold(one.witness))
            } else {
                (by(0) + by(1)) / 2.0
            }
        })
        .collect()
}

impl Counts {
    fn new() -> Self {
        Self {
            by_place: vec![[0; 256]; ENVELOPE_LEN],
            rows: 0,
        }
    }

    fn add(&mut self, envelope: &[u8; ENVELOPE_LEN]) {
        self.rows += 1;
        for (counts, &byte) in self.by_place.iter_mut().zip(envelope) {
            counts[usize::from(byte)] += 1;
        }
    }

    /// Every value is taken to have been seen once more, so that none is impossible.
    fn likelihood(&self, envelope: &[u8; ENVELOPE_LEN]) -> f64 {
        let all = f64::from(self.rows + 256).ln();
        self.by_place
            .iter()
            .zip(envelope)
            .map(|(counts, &byte)| f64::from(counts[usize::from(byte)] + 1).ln() - all)
            .sum()
    }
}
