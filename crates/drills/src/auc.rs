//! How well scores tell two classes apart.

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

/// 97.5 % point of the normal law.
const Z: f64 = 1.959_964;

impl Auc {
    /// From scores of positives and negatives (DeLong, DeLong and Clarke-Pearson 1988). Both must
    /// have two members or more.
    ///
    /// # Panics
    /// When they have not.
    pub fn of(scores: &[f64], positive: &[bool]) -> Self {
        let (value, variance) = estimate(scores, positive);
        let half = Z * variance.sqrt();
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

fn estimate(scores: &[f64], positive: &[bool]) -> (f64, f64) {
    assert_eq!(scores.len(), positive.len(), "a score for each");
    let side = |wanted: bool| -> Vec<f64> {
        scores
            .iter()
            .zip(positive)
            .filter(|&(_, &is)| is == wanted)
            .map(|(&score, _)| score)
            .collect()
    };
    let (above, below) = (side(true), side(false));
    assert!(
        above.len() > 1 && below.len() > 1,
        "both classes have members"
    );
    let placed = |ones: &[f64], others: &[f64]| -> Vec<f64> {
        let mut sorted = others.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        ones.iter()
            .map(|score| {
                let less = sorted.partition_point(|other| other < score);
                let not_more = sorted.partition_point(|other| other <= score);
                (less + not_more) as f64 / 2.0 / sorted.len() as f64
            })
            .collect()
    };
    let of_above = placed(&above, &below);
    let of_below = placed(&below, &above);
    let value = mean(&of_above);
    let variance =
        spread(&of_above) / of_above.len() as f64 + spread(&of_below) / of_below.len() as f64;
    (value, variance)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn spread(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_case_is_as_counted_by_hand() {
        // Pairs won: 3 above 1 and 2, 2 above 1 and even with 2: 3.5 of 4.
        let auc = Auc::of(&[1.0, 2.0, 2.0, 3.0], &[false, false, true, true]);
        assert!((auc.value - 0.875).abs() < 1e-12);
        // Each side's placements are 0.75 and 1: variance 1/32 on either, half of it for each.
        assert!((auc.high - auc.value - Z * (1.0f64 / 32.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn order_turned_round_turns_the_value_round() {
        let positive = [true, false, true, false, false];
        let scores = [0.3, 0.1, 0.9, 0.4, 0.3];
        let turned = scores.map(|score| -score);
        let sum = Auc::of(&scores, &positive).value + Auc::of(&turned, &positive).value;
        assert!((sum - 1.0).abs() < 1e-12);
    }
}
