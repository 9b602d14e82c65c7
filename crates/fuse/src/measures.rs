//! How well labels agree with the truth: B-cubed, pairs, and the counting of independent sources.
//!
//! Definitions are those of the project's evaluation data: a label per report, equal label = same incident. All
//! measures are exact counts in double precision and do not depend on the order of reports.

use std::collections::BTreeMap;

use serde::Serialize;

/// Precision, recall and their harmonic mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Precision, 0..=1.
    pub p: f64,
    /// Recall, 0..=1.
    pub r: f64,
    /// Harmonic mean of both, 0 if both are 0.
    pub f1: f64,
}

impl Agreement {
    fn of(p: f64, r: f64) -> Self {
        Self {
            p,
            r,
            f1: if p + r > 0.0 {
                2.0 * p * r / (p + r)
            } else {
                0.0
            },
        }
    }
}

/// How well the number of independent sources of each incident is recovered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SourceCounts {
    /// Share of true incidents whose largest part has exactly the true number of sources.
    pub exact: f64,
    /// Share within one of it.
    pub within1: f64,
    /// Mean absolute error in sources.
    pub mae: f64,
    /// Of the clusters with two sources or more, the share whose dominant true incident has two or more.
    pub corrob_precision: f64,
    /// Of the true incidents with two sources or more, the share whose largest part has two or more.
    pub corrob_recall: f64,
}

/// Counts of reports by (true, found) label.
type Cells = BTreeMap<(u64, u64), u64>;

fn cells(truth: &[u64], found: &[u64]) -> Cells {
    let mut cells = Cells::new();
    for (&t, &f) in truth.iter().zip(found) {
        *cells.entry((t, f)).or_insert(0) += 1;
    }
    cells
}

fn margins(cells: &Cells) -> (BTreeMap<u64, u64>, BTreeMap<u64, u64>) {
    let (mut by_truth, mut by_found) = (BTreeMap::new(), BTreeMap::new());
    for (&(t, f), &n) in cells {
        *by_truth.entry(t).or_insert(0) += n;
        *by_found.entry(f).or_insert(0) += n;
    }
    (by_truth, by_found)
}

/// Agreement over pairs of reports put into one incident. Slices longer than the other are cut to the shorter.
#[must_use]
pub fn pairs(truth: &[u64], found: &[u64]) -> Agreement {
    let cells = cells(truth, found);
    let (by_truth, by_found) = margins(&cells);
    let pairs = |counts: &mut dyn Iterator<Item = &u64>| -> f64 {
        counts.map(|&n| n as f64 * (n as f64 - 1.0) / 2.0).sum()
    };
    let both = pairs(&mut cells.values());
    let (true_pairs, found_pairs) = (pairs(&mut by_truth.values()), pairs(&mut by_found.values()));
    let share = |of: f64| if of > 0.0 { both / of } else { 1.0 };
    Agreement::of(share(found_pairs), share(true_pairs))
}

/// B-cubed agreement: averaged over reports, so that large incidents do not decide alone. 1 for no reports.
#[must_use]
pub fn b_cubed(truth: &[u64], found: &[u64]) -> Agreement {
    let cells = cells(truth, found);
    let (by_truth, by_found) = margins(&cells);
    let total: u64 = cells.values().sum();
    if total == 0 {
        return Agreement::of(1.0, 1.0);
    }
    let (mut p, mut r) = (0.0, 0.0);
    for ((t, f), &n) in &cells {
        let n = n as f64;
        p += n * n / by_found[f] as f64;
        r += n * n / by_truth[t] as f64;
    }
    Agreement::of(p / total as f64, r / total as f64)
}

/// Counting of independent sources. Where two parts of an incident are equally large, the one with the smaller
/// label stands for it, and likewise for clusters.
#[must_use]
pub fn source_counts(truth: &[u64], found: &[u64], source: &[u64]) -> SourceCounts {
    let cells = cells(truth, found);
    let true_n = distinct(truth, source);
    let found_n = distinct(found, source);
    let best = dominant(cells.iter().map(|(&(t, f), &n)| (t, f, n)));
    let dominant_truth = dominant(cells.iter().map(|(&(t, f), &n)| (f, t, n)));
    let (mut exact, mut within1, mut mae) = (0.0, 0.0, 0.0);
    let (mut need, mut got) = (0.0, 0.0);
    for (t, &n) in &true_n {
        let counted = found_n[&best[t]];
        let error = counted.abs_diff(n);
        exact += f64::from(error == 0);
        within1 += f64::from(error <= 1);
        mae += error as f64;
        need += f64::from(n >= 2);
        got += f64::from(n >= 2 && counted >= 2);
    }
    let (mut claims, mut right) = (0.0, 0.0);
    for (f, &n) in &found_n {
        claims += f64::from(n >= 2);
        right += f64::from(n >= 2 && true_n[&dominant_truth[f]] >= 2);
    }
    let total = true_n.len().max(1) as f64;
    SourceCounts {
        exact: exact / total,
        within1: within1 / total,
        mae: mae / total,
        corrob_precision: right / f64::max(1.0, claims),
        corrob_recall: if need > 0.0 { got / need } else { 1.0 },
    }
}

fn distinct(label: &[u64], source: &[u64]) -> BTreeMap<u64, u64> {
    let mut seen: Vec<(u64, u64)> = label.iter().copied().zip(source.iter().copied()).collect();
    seen.sort_unstable();
    seen.dedup();
    let mut counts = BTreeMap::new();
    for (l, _) in seen {
        *counts.entry(l).or_insert(0) += 1;
    }
    counts
}

/// For each first label the second one that most reports share with it.
fn dominant(cells: impl Iterator<Item = (u64, u64, u64)>) -> BTreeMap<u64, u64> {
    let mut best: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (a, b, n) in cells {
        let entry = best.entry(a).or_insert((b, n));
        if n > entry.1 || n == entry.1 && b < entry.0 {
            *entry = (b, n);
        }
    }
    best.into_iter().map(|(a, (b, _))| (a, b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [u64; 6] = [1, 1, 1, 2, 2, 3];
    const FOUND: [u64; 6] = [7, 7, 8, 8, 8, 9];

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn pairs_match_a_count_by_hand() {
        // True pairs: 3 + 1. Found pairs: 1 + 3. In both: (1,2) and (4,5).
        let a = pairs(&TRUTH, &FOUND);
        assert!(near(a.p, 0.5) && near(a.r, 0.5) && near(a.f1, 0.5));
    }

    #[test]
    fn b_cubed_matches_a_count_by_hand() {
        // Precision by report: 1, 1, 1/3, 2/3, 2/3, 1. Recall: 2/3, 2/3, 1/3, 1, 1, 1.
        let a = b_cubed(&TRUTH, &FOUND);
        assert!(near(a.p, (4.0 + 2.0 / 3.0) / 6.0), "{}", a.p);
        assert!(near(a.r, (4.0 + 2.0 / 3.0) / 6.0), "{}", a.r);
    }

    #[test]
    fn sources_match_a_count_by_hand() {
        // Incident 1 has sources a b c, 2 has d d, 3 has e. Found 7: a b; 8: c d; 9: e.
        let s = source_counts(&TRUTH, &FOUND, &[1, 2, 3, 4, 4, 5]);
        // Incident 1 -> 7: 2 of 3. Incident 2 -> 8: 2 of 1. Incident 3 -> 9: 1 of 1.
        assert!(near(s.exact, 1.0 / 3.0) && near(s.within1, 1.0) && near(s.mae, 2.0 / 3.0));
        // Claims: 7 (dominated by 1, three sources: right) and 8 (dominated by 2, one source: wrong).
        assert!(near(s.corrob_precision, 0.5) && near(s.corrob_recall, 1.0));
    }

    #[test]
    fn agreement_with_oneself_is_full_and_with_nothing_is_defined() {
        assert!(near(pairs(&TRUTH, &TRUTH).f1, 1.0) && near(b_cubed(&TRUTH, &TRUTH).f1, 1.0));
        assert!(near(pairs(&[], &[]).f1, 1.0) && near(b_cubed(&[], &[]).f1, 1.0));
        let s = source_counts(&[], &[], &[]);
        assert!(near(s.exact, 0.0) && near(s.corrob_recall, 1.0));
    }

    #[test]
    fn labels_may_be_renamed_and_reports_reordered() {
        let renamed: Vec<u64> = FOUND.iter().map(|f| f * 1_000 + 3).collect();
        assert_eq!(b_cubed(&TRUTH, &FOUND), b_cubed(&TRUTH, &renamed));
        let back = |x: &[u64]| x.iter().rev().copied().collect::<Vec<_>>();
        assert_eq!(pairs(&TRUTH, &FOUND), pairs(&back(&TRUTH), &back(&FOUND)));
    }
}
