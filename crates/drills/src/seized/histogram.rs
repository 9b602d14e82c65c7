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
    let tells = counts.map(|[cover, real]| real.against(&cover));
    table
        .iter()
        .zip(truth)
        .map(|(kept, one)| {
            let by = |fold: usize| {
                let values = tells[fold].iter().zip(kept.envelope.iter());
                values.map(|(of, &byte)| of[usize::from(byte)]).sum::<f64>()
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

    /// What each value at each place adds to the log-likelihood of these against the others. Every value
    /// is taken to have been seen once more, so that none is impossible.
    fn against(&self, others: &Self) -> Vec<[f64; 256]> {
        let all = f64::from(others.rows + 256) / f64::from(self.rows + 256);
        let places = self.by_place.iter().zip(&others.by_place);
        places
            .map(|(own, other)| {
                std::array::from_fn(|value| {
                    let likelier = f64::from(own[value] + 1) / f64::from(other[value] + 1);
                    (likelier * all).ln()
                })
            })
            .collect()
    }
}
