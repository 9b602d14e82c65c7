//! When it happened, given what people say about when.
//!
//! A stated time is the true time plus a residual. Most reports are stamped when the form is opened, a little
//! after the event; a third are rounded by their author to five or ten minutes; a few clocks are an hour wrong;
//! a few are wrong in other ways. The density of the residual is tabulated once per class of stated time. What is
//! believed of an incident's moment is a table over bins of [`BIN_S`] seconds: exact for this mixture, additive
//! when reports join, and 640 bytes.

use crate::parameters::Parameters;

/// Bins in an incident's clock.
pub(crate) const BINS: usize = 80;
/// Seconds per bin.
pub(crate) const BIN_S: i64 = 20;
/// Bins before the first stated time. Stated times are late rather than early, so most bins lie before.
const BINS_BEFORE: i64 = 48;
/// Reach of the residual tables, seconds on either side: one hour and the width of a clock.
const REACH_S: i64 = 5_400;
const STEP_S: i64 = 4;
const ENTRIES: usize = (2 * REACH_S / STEP_S) as usize + 1;
/// Spread of a stamp about the moment it should show (clock error, reading), seconds.
const STAMP_JITTER_S: f64 = 15.0;
/// Share of stated times that are wrong in some other way.
const ASTRAY: f64 = 0.0003;
/// Density of those: anywhere within three hours.
const ASTRAY_DENSITY: f64 = 1.0 / 10_800.0;

/// Factor for moments after a report's arrival: only a wrong clock at the desk explains them.
const TOO_EARLY: f32 = 1e-3;

/// Classes of stated times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u8);

/// Densities of the residual (stated minus true time), per second.
pub(crate) struct Residuals {
    tables: Vec<Vec<f32>>,
}

/// Uncertainties in seconds for which a table is kept; a stated one is served by the next larger.
const WIDTHS_S: [u32; 6] = [60, 180, 450, 900, 1_800, 3_600];

impl Residuals {
    pub(crate) fn new(p: &Parameters) -> Self {
        // Tabulated once: the wide classes below average it a hundred times over.
        let steps = 4 * REACH_S / STEP_S;
        let base: Vec<f64> = (-steps..=steps)
            .map(|i| stamped_density((i * STEP_S) as f64, p.stamp_mean_s))
            .collect();
        let stamped = |r: f64| {
            let at = (r / STEP_S as f64).round() as i64 + steps;
            usize::try_from(at)
                .ok()
                .and_then(|at| base.get(at))
                .copied()
                .unwrap_or(0.0)
        };
        let flat = |r: f64, half: f64| if r.abs() <= half { 0.5 / half } else { 0.0 };
        // A rounded time is off by up to half its step, and by what its author remembers wrongly.
        let rounded = |r: f64, half: f64| {
            (-2..=2)
                .map(|i| flat(r - f64::from(i) * 25.0, half))
                .sum::<f64>()
                / 5.0
        };
        let sharp: [&dyn Fn(f64) -> f64; 3] = [
            &stamped,
            // Multiples of five minutes, not of ten: nearly always rounded, to five.
            &|r| 0.08 * stamped(r) + 0.92 * rounded(r, 150.0),
            // Multiples of ten minutes: rounded to ten or to five.
            &|r| 0.03 * stamped(r) + 0.65 * rounded(r, 300.0) + 0.32 * rounded(r, 150.0),
        ];
        let mut tables: Vec<Vec<f32>> = sharp.iter().map(|f| table(p, f)).collect();
        for w in WIDTHS_S {
            let spread = |r: f64| {
                let w = f64::from(w);
                (-8..=8)
                    .map(|i| stamped(r - f64::from(i) / 8.0 * w))
                    .sum::<f64>()
                    / 17.0
            };
            let soft = |r: f64| {
                (-3..=3)
                    .map(|i| spread(r - f64::from(i) * f64::from(w) / 48.0))
                    .sum::<f64>()
                    / 7.0
            };
            tables.push(table(p, &soft));
        }
        Self { tables }
    }

    /// The class of a stated time.
    pub(crate) fn class(seen: i64, unc_s: u32) -> Class {
        if unc_s > 30 {
            let at = WIDTHS_S
                .iter()
                .position(|&w| unc_s <= w)
                .unwrap_or(WIDTHS_S.len() - 1);
            return Class(3 + at as u8);
        }
        Class(if seen.rem_euclid(600) == 0 {
            2
        } else if seen.rem_euclid(300) == 0 {
            1
        } else {
            0
        })
    }

    fn entry(residual: i64) -> usize {
        ((residual.clamp(-REACH_S, REACH_S) + REACH_S) / STEP_S) as usize
    }
}

fn stamped_density(r: f64, mean: f64) -> f64 {
    // Exponential delay with a jitter: averaged over five points of the jitter.
    const NODES: [(f64, f64); 5] = [
        (-2.0, 0.06),
        (-1.0, 0.24),
        (0.0, 0.40),
        (1.0, 0.24),
        (2.0, 0.06),
    ];
    NODES
        .iter()
        .map(|&(z, w)| {
            let d = r - z * STAMP_JITTER_S;
            if d < 0.0 {
                0.0
            } else {
                w * (-d / mean).exp() / mean
            }
        })
        .sum()
}

fn table(p: &Parameters, f: &dyn Fn(f64) -> f64) -> Vec<f32> {
    (0..ENTRIES)
        .map(|i| {
            let r = (i as i64 * STEP_S - REACH_S) as f64;
            let right = f(r);
            let hour = 0.5 * (f(r - 3_600.0) + f(r + 3_600.0));
            ((1.0 - p.clock_wrong - ASTRAY) * right
                + p.clock_wrong * hour
                + ASTRAY * ASTRAY_DENSITY) as f32
        })
        .collect()
}

/// What is believed of an incident's moment.
#[derive(Clone)]
pub(crate) struct Clock {
    /// Unix seconds of the middle of bin 0.
    start: i64,
    /// The distribution over bins; sums to one.
    share: [f32; BINS],
}

impl Clock {
    /// A clock that covers the moments that a first stated time allows.
    pub(crate) fn about(seen: i64) -> Self {
        let start = seen
            .div_euclid(BIN_S)
            .saturating_sub(BINS_BEFORE)
            .saturating_mul(BIN_S);
        Self {
            start,
            share: [1.0 / BINS as f32; BINS],
        }
    }

    /// The first entry and the number of bins that have passed at `at`: nothing is reported before it happens.
    fn passed(&self, at: i64) -> usize {
        ((at.saturating_add(2 * BIN_S) - self.start).div_euclid(BIN_S) + 1).clamp(0, BINS as i64)
            as usize
    }

    /// Density of a stated time, given all reports so far, per second.
    pub(crate) fn density(&self, residuals: &Residuals, class: Class, seen: i64, at: i64) -> f64 {
        let table = &residuals.tables[usize::from(class.0)];
        let passed = self.passed(at);
        let first = seen.saturating_sub(self.start);
        let mut sum = 0.0f32;
        if (-REACH_S + BINS as i64 * BIN_S..=REACH_S).contains(&first) {
            let top = Residuals::entry(first);
            for (i, share) in self.share[..passed].iter().enumerate() {
                sum += share * table[top - i * (BIN_S / STEP_S) as usize];
            }
        } else {
            for (i, share) in self.share[..passed].iter().enumerate() {
                sum += share * table[Residuals::entry(first.saturating_sub(i as i64 * BIN_S))];
            }
        }
        f64::from(sum.max(1e-12))
    }

    /// Takes in a report.
    pub(crate) fn add(&mut self, residuals: &Residuals, class: Class, seen: i64, at: i64) {
        let table = &residuals.tables[usize::from(class.0)];
        let passed = self.passed(at);
        let first = seen.saturating_sub(self.start);
        let mut sum = 0.0f32;
        for (i, share) in self.share.iter_mut().enumerate() {
            let mut d = table[Residuals::entry(first.saturating_sub(i as i64 * BIN_S))];
            if i >= passed {
                d *= TOO_EARLY;
            }
            *share *= d;
            sum += *share;
        }
        let scale = 1.0 / sum;
        for share in &mut self.share {
            // The floor keeps a bin that is out of the question from becoming a number too small to compute with.
            *share = (*share * scale).max(1e-24);
        }
    }

    /// Forgets all reports, keeping the span of time.
    pub(crate) fn reset(&mut self) {
        self.share = [1.0 / BINS as f32; BINS];
    }

    /// Density that two incidents share one moment, per second.
    pub(crate) fn agreement(&self, other: &Self) -> f64 {
        let shift = (other.start - self.start) / BIN_S;
        let mut sum = 0.0f32;
        for (i, share) in self.share.iter().enumerate() {
            let j = i as i64 - shift;
            if (0..BINS as i64).contains(&j) {
                sum += share * other.share[j as usize];
            }
        }
        f64::from(sum.max(1e-12)) / BIN_S as f64
    }

    /// Mean of the moment, unix seconds.
    pub(crate) fn mean(&self) -> i64 {
        let m: f32 = self
            .share
            .iter()
            .enumerate()
            .map(|(i, s)| i as f32 * s)
            .sum();
        self.start.saturating_add((m * BIN_S as f32) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residual_tables_are_densities() {
        let r = Residuals::new(&Parameters::default());
        for t in &r.tables {
            let total: f32 = t.iter().sum::<f32>() * STEP_S as f32;
            assert!((total - 1.0).abs() < 0.03, "{total}");
        }
    }

    #[test]
    fn three_stamped_reports_put_the_moment_just_before_the_first() {
        let r = Residuals::new(&Parameters::default());
        let mut c = Clock::about(10_061);
        for seen in [10_061, 10_101, 10_181] {
            c.add(&r, Residuals::class(seen, 0), seen, seen + 60);
        }
        let mean = c.mean();
        assert!((9_990..10_060).contains(&mean), "{mean}");
    }

    #[test]
    fn nothing_is_reported_before_it_happens() {
        let r = Residuals::new(&Parameters::default());
        // Rounded up to the full ten minutes, but sent two minutes before.
        let mut c = Clock::about(12_000);
        c.add(&r, Residuals::class(12_000, 0), 12_000, 11_880);
        assert!(c.mean() < 11_880, "{}", c.mean());
    }

    #[test]
    fn two_clocks_agree_best_when_their_reports_do() {
        let r = Residuals::new(&Parameters::default());
        let clock = |seen: i64| {
            let mut c = Clock::about(seen);
            c.add(&r, Residuals::class(seen, 0), seen, seen + 60);
            c
        };
        let (a, b, c) = (clock(10_061), clock(10_101), clock(10_721));
        assert!(a.agreement(&b) > 10.0 * a.agreement(&c));
    }
}
