//! What attackers learn with: boosted trees of depth two over plain numbers, judged on rows that they
//! have not seen.
//!
//! Gradient boosting with Newton steps on the logistic loss, features cut into at most 32 bins of
//! equal count. Small enough to read, strong enough for what differs in one or two numbers.

use crate::{Auc, Scored};

/// One thing to be judged: its numbers, its class, and whose it is (rows of one owner are never on
/// both sides of a split).
#[derive(Clone, Debug)]
pub struct Row {
    /// Numbers, as many in every row.
    pub features: Vec<f64>,
    /// The class.
    pub positive: bool,
    /// Whose it is.
    pub owner: u64,
}

const BINS: usize = 32;
const ROUNDS: usize = 80;
const RATE: f64 = 0.1;
/// Keeps leaves with few rows small.
const RIDGE: f64 = 20.0;

/// A model of one half of the owners judges the other half: since nothing of what is judged was
/// learned from, the interval is what it says. (Cross-validation would use the rows better, and state
/// an interval of half the true width.)
///
/// # Panics
/// When a half lacks one of the classes, or rows differ in length.
pub fn guess(rows: &[Row]) -> Auc {
    guess_within(rows, |_| 0)
}

/// The same, where only rows of one group are compared; `group` gets the number of a row.
///
/// # Panics
/// As [`guess`].
pub fn guess_within(rows: &[Row], group: impl Fn(usize) -> u64) -> Auc {
    let taught: Vec<&Row> = rows.iter().filter(|row| is_taught(row.owner)).collect();
    let judged = (0..).zip(rows).filter(|(_, row)| !is_taught(row.owner));
    judge(
        &Model::teach(&taught),
        judged.map(|(at, row)| (row, group(at))),
    )
}

/// The same, where other rows have taught.
///
/// # Panics
/// When there are not both classes, or rows differ in length.
pub fn guess_taught(by: &[Row], judged: &[Row]) -> Auc {
    let taught: Vec<&Row> = by.iter().collect();
    judge(&Model::teach(&taught), judged.iter().map(|row| (row, 0)))
}

fn judge<'a>(model: &Model, rows: impl Iterator<Item = (&'a Row, u64)>) -> Auc {
    let scored: Vec<Scored> = rows
        .map(|(row, group)| Scored {
            score: model.score(&row.features),
            positive: row.positive,
            owner: row.owner,
            group,
        })
        .collect();
    Auc::of(&scored)
}

/// Whether an owner's rows teach the attacker; the others are judged. Spread by a mix of bits
/// (splitmix64), so that numbering owners in order means nothing.
pub fn is_taught(owner: u64) -> bool {
    mixed(owner).is_multiple_of(2)
}

pub(crate) fn mixed(owner: u64) -> u64 {
    let mut x = owner.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

struct Model {
    /// Upper edges of the bins of each feature.
    edges: Vec<Vec<f64>>,
    trees: Vec<Tree>,
}

/// A cut, and on either side another cut with its two leaves.
struct Tree {
    top: Cut,
    below: [(Cut, [f64; 2]); 2],
}

#[derive(Clone, Copy)]
struct Cut {
    feature: usize,
    /// Bins up to this one go left.
    bin: u8,
}

/// Sums of first and second derivatives.
#[derive(Clone, Copy, Default)]
struct Sums {
    slope: f64,
    bend: f64,
}

impl Model {
    fn teach(rows: &[&Row]) -> Self {
        let width = rows.first().map_or(0, |row| row.features.len());
        let edges: Vec<Vec<f64>> = (0..width).map(|feature| edges(rows, feature)).collect();
        // One column after the other: that is how the sums run.
        let columns: Vec<Vec<u8>> = edges
            .iter()
            .enumerate()
            .map(|(feature, edges)| {
                rows.iter()
                    .map(|row| bin(edges, row.features[feature]))
                    .collect()
            })
            .collect();
        let mut scores = vec![0.0f64; rows.len()];
        let mut trees = Vec::new();
        for _ in 0..ROUNDS {
            let steps: Vec<Sums> = rows
                .iter()
                .zip(&scores)
                .map(|(row, score)| {
                    let chance = 1.0 / (1.0 + (-score).exp());
                    Sums {
                        slope: f64::from(u8::from(row.positive)) - chance,
                        bend: chance * (1.0 - chance),
                    }
                })
                .collect();
            let all: Vec<usize> = (0..rows.len()).collect();
            let Some((top, _)) = best_cut(&columns, &steps, &all) else {
                break;
            };
            let sides = split(&columns, top, &all);
            let below = sides.map(|side| {
                let cut = best_cut(&columns, &steps, &side);
                let (cut, leaves) = cut.unwrap_or((top, [leaf(&steps, &side); 2]));
                let ends = split(&columns, cut, &side);
                for (end, leaf) in ends.iter().zip(leaves) {
                    for &row in end {
                        scores[row] += leaf;
                    }
                }
                (cut, leaves)
            });
            trees.push(Tree { top, below });
        }
        Self { edges, trees }
    }

    fn score(&self, features: &[f64]) -> f64 {
        let bins: Vec<u8> = self
            .edges
            .iter()
            .zip(features)
            .map(|(edges, &value)| bin(edges, value))
            .collect();
        let right = |cut: Cut| usize::from(bins[cut.feature] > cut.bin);
        self.trees
            .iter()
            .map(|tree| {
                let (cut, leaves) = tree.below[right(tree.top)];
                leaves[right(cut)]
            })
            .sum()
    }
}

fn edges(rows: &[&Row], feature: usize) -> Vec<f64> {
    let mut values: Vec<f64> = rows.iter().map(|row| row.features[feature]).collect();
    values.sort_unstable_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..BINS).map(|n| values[n * values.len() / BINS]).collect();
    edges.dedup();
    edges
}

fn bin(edges: &[f64], value: f64) -> u8 {
    let at = edges.partition_point(|&edge| edge < value);
    u8::try_from(at).expect("there are at most 32 bins")
}

fn leaf(steps: &[Sums], rows: &[usize]) -> f64 {
    let mut sums = Sums::default();
    for &row in rows {
        sums.slope += steps[row].slope;
        sums.bend += steps[row].bend;
    }
    sums.leaf()
}

impl Sums {
    fn leaf(self) -> f64 {
        RATE * self.slope / (self.bend + RIDGE)
    }

    fn gain(self) -> f64 {
        self.slope * self.slope / (self.bend + RIDGE)
    }
}

fn split(columns: &[Vec<u8>], cut: Cut, rows: &[usize]) -> [Vec<usize>; 2] {
    let column = &columns[cut.feature];
    let (left, right) = rows.iter().partition(|&&row| column[row] <= cut.bin);
    [left, right]
}

/// The cut that gains most, with the leaves of its sides; none when no feature varies.
fn best_cut(columns: &[Vec<u8>], steps: &[Sums], rows: &[usize]) -> Option<(Cut, [f64; 2])> {
    let mut best: Option<(f64, Cut, [f64; 2])> = None;
    for (feature, column) in columns.iter().enumerate() {
        let mut bins = [Sums::default(); BINS];
        for &row in rows {
            let sums = &mut bins[usize::from(column[row])];
            sums.slope += steps[row].slope;
            sums.bend += steps[row].bend;
        }
        let whole = bins.iter().fold(Sums::default(), |a, b| a.with(*b));
        let mut left = Sums::default();
        for (at, sums) in bins.iter().enumerate().take(BINS - 1) {
            left = left.with(*sums);
            let right = Sums {
                slope: whole.slope - left.slope,
                bend: whole.bend - left.bend,
            };
            if left.bend < 1.0 || right.bend < 1.0 {
                continue;
            }
            let gain = left.gain() + right.gain();
            if best.is_none_or(|(most, _, _)| gain > most) {
                let bin = u8::try_from(at).expect("there are 32 bins");
                best = Some((gain, Cut { feature, bin }, [left.leaf(), right.leaf()]));
            }
        }
    }
    best.map(|(_, cut, leaves)| (cut, leaves))
}

impl Sums {
    fn with(self, other: Self) -> Self {
        Self {
            slope: self.slope + other.slope,
            bend: self.bend + other.bend,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng as _, SeedableRng as _};

    fn rows(told: impl Fn(f64, f64, bool) -> [f64; 2]) -> Vec<Row> {
        let mut rng = ChaCha8Rng::from_seed([4; 32]);
        let mut uniform = move || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        (0..4_000)
            .map(|owner| {
                let positive = uniform() < 0.5;
                let [a, b] = told(uniform(), uniform(), positive);
                Row {
                    features: vec![a, b, 7.0],
                    positive,
                    owner,
                }
            })
            .collect()
    }

    #[test]
    fn noise_is_not_learned() {
        let auc = guess(&rows(|a, b, _| [a, b]));
        assert!(auc.low < 0.5 && auc.high > 0.5, "{auc:?}");
    }

    #[test]
    fn a_shift_in_one_number_is() {
        // Uniforms shifted by a fifth: the best possible AUC is 1 - 0.8² / 2 = 0.68.
        let auc = guess(&rows(|a, b, is| [if is { a + 0.2 } else { a }, b]));
        assert!((0.64..0.70).contains(&auc.value), "{auc:?}");
    }

    #[test]
    fn what_shows_only_in_two_numbers_together_is() {
        // Either number alone is uniform for both classes.
        let auc = guess(&rows(|a, b, is| {
            let b = if is == (a > 0.5) {
                0.5 + b / 2.0
            } else {
                b / 2.0
            };
            [a, b]
        }));
        assert!(auc.low > 0.95, "{auc:?}");
    }
}
