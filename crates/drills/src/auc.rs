//! How well scores tell two classes apart.

use std::collections::BTreeMap;

/// Area under the ROC curve: how often a positive scores above a negative. One half is chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auc {
    /// The estimate.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What an attacker says of one thing, and what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The higher, the likelier positive.
    pub score: f64,
    /// The class.
    pub positive: bool,
    /// Whose it is: what one person does is alike, so that a thousand rows of ten people weigh like
    /// ten and not like a thousand.
    pub owner: u64,
    /// Only those of one group are compared with each other.
    pub group: u64,
}

/// 97.5 % point of the normal law.
const Z: f64 = 1.959_964;

impl Auc {
    /// From scores of positives and negatives, compared within their groups. The interval is that of
    /// DeLong, DeLong and Clarke-Pearson (1988) with rows added up by owner (Obuchowski 1997).
    ///
    /// # Panics
    /// When no group has both classes, or all rows are of one owner.
    pub fn of(scored: &[Scored]) -> Self {
        let mut groups: BTreeMap<u64, Vec<&Scored>> = BTreeMap::new();
        for one in scored {
            groups.entry(one.group).or_default().push(one);
        }
        // For each row how many pairs it is in, and how many of them go its way for a positive or
        // against it for a negative: either way, pairs in which the positive is above.
        let mut owners: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        let (mut won, mut pairs) = (0.0, 0.0);
        for group in groups.values() {
            let side = |wanted: bool| -> Vec<f64> {
                let of_side = group.iter().filter(|one| one.positive == wanted);
                let mut scores: Vec<f64> = of_side.map(|one| one.score).collect();
                scores.sort_unstable_by(f64::total_cmp);
                scores
            };
            let (positives, negatives) = (side(true), side(false));
            for one in group {
                let others = if one.positive { &negatives } else { &positives };
                let below = half_counted_below(others, one.score);
                let all = others.len() as f64;
                let wins = if one.positive { below } else { all - below };
                let sum = owners.entry(one.owner).or_default();
                *sum = (sum.0 + wins, sum.1 + all);
                if one.positive {
                    won += wins;
                    pairs += all;
                }
            }
        }
        assert!(pairs > 0.0, "some group has both classes");
        assert!(owners.len() > 1, "there are owners to compare");
        let value = won / pairs;
        let squares: f64 = owners
            .values()
            .map(|(wins, all)| ((wins - value * all) / pairs).powi(2))
            .sum();
        let n = owners.len() as f64;
        let half = Z * (squares * n / (n - 1.0)).sqrt();
        Self {
            value,
            low: value - half,
            high: value + half,
        }
    }

    /// Whether the whole interval lies within so much of chance.
    pub fn is_chance(&self, within: f64) -> bool {
        self.low >= 0.5 - within && self.high <= 0.5 + within
    }
}

/// How many of a sorted list are below, those that are equal counting half.
fn half_counted_below(sorted: &[f64], score: f64) -> f64 {
    let less = sorted.partition_point(|other| *other < score);
    let not_more = sorted.partition_point(|other| *other <= score);
    (less + not_more) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(all: &[(f64, bool, u64, u64)]) -> Vec<Scored> {
        all.iter()
            .map(|&(score, positive, owner, group)| Scored {
                score,
                positive,
                owner,
                group,
            })
            .collect()
    }

    #[test]
    fn a_small_case_is_as_counted_by_hand() {
        // Pairs won: 3 above 1 and 2, 2 above 1 and even with 2: 3.5 of 4.
        let rows = scored(&[
            (1.0, false, 1, 0),
            (2.0, false, 2, 0),
            (2.0, true, 3, 0),
            (3.0, true, 4, 0),
        ]);
        let auc = Auc::of(&rows);
        assert!((auc.value - 0.875).abs() < 1e-12);
        // Each row is in two pairs and wins a quarter of a pair more or less than 1.75: four times
        // 1/256 of the square of all pairs, for four owners by 4/3.
        let variance = 4.0 * (0.25f64 / 4.0).powi(2) * 4.0 / 3.0;
        assert!((auc.high - auc.value - Z * variance.sqrt()).abs() < 1e-12);
        // Rows of one owner go together: the two negatives, a quarter less and one more, are none.
        let together = scored(&[
            (1.0, false, 1, 0),
            (2.0, false, 1, 0),
            (2.0, true, 3, 0),
            (3.0, true, 4, 0),
        ]);
        let variance = 2.0 * (0.25f64 / 4.0).powi(2) * 3.0 / 2.0;
        let half = Z * variance.sqrt();
        assert!((Auc::of(&together).high - 0.875 - half).abs() < 1e-12);
    }

    #[test]
    fn only_those_of_one_group_are_compared() {
        // In either group the positive is above; across them it would not be.
        let rows = scored(&[
            (1.0, false, 1, 0),
            (2.0, true, 2, 0),
            (3.0, false, 3, 1),
            (4.0, true, 4, 1),
            (9.0, false, 5, 2),
        ]);
        assert!((Auc::of(&rows).value - 1.0).abs() < 1e-12);
    }

    #[test]
    fn order_turned_round_turns_the_value_round() {
        let positive = [true, false, true, false, false];
        let scores = [0.3, 0.1, 0.9, 0.4, 0.3];
        let value = |sign: f64| {
            let rows: Vec<Scored> = (0..)
                .zip(scores.iter().zip(positive))
                .map(|(owner, (score, positive))| Scored {
                    score: sign * score,
                    positive,
                    owner,
                    group: 0,
                })
                .collect();
            Auc::of(&rows).value
        };
        assert!((value(1.0) + value(-1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_interval_covers_what_rows_of_one_owner_have_in_common() {
        // Two hundred owners of fifty rows each, whose rows score by the owner alone: the value
        // spreads as if there were two hundred rows.
        let mut rng = <rand_chacha::ChaCha8Rng as rand_core::SeedableRng>::from_seed([6; 32]);
        let mut uniform =
            move || (rand_core::Rng::next_u64(&mut rng) >> 11) as f64 / (1u64 << 53) as f64;
        let mut outside = 0;
        for _ in 0..200 {
            let mut rows = Vec::new();
            for owner in 0..200 {
                let (score, positive) = (uniform(), uniform() < 0.5);
                rows.extend((0..50).map(|_| Scored {
                    score,
                    positive,
                    owner,
                    group: 0,
                }));
            }
            let auc = Auc::of(&rows);
            outside += u32::from(auc.low > 0.5 || auc.high < 0.5);
        }
        // One in twenty is ten; binomial, five standard deviations.
        assert!((1..=26).contains(&outside), "{outside} of 200");
    }
}
