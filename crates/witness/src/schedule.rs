//! When a phone sends and fetches: the same whether it has something to send or not.
//!
//! A *tick* asks for the bulletin, then for the drop of the bucket, then sends one envelope: the
//! oldest real one that waits, else cover. There is one tick at every opening and then one after
//! gaps that are drawn anew each time; nothing that waits moves any of them. `docs/design/0013-cover.md`
//! has the argument, and what an urgent report gives away.
//!
//! The caller keeps two rules that this module cannot: cover is sealed at **every** tick before the
//! first request, used or not (so that the time it takes says nothing), and what fails is tried
//! again at the next tick, not before.
//!
//! Times are milliseconds since 1970 UTC.

use rand_core::Rng;
use thiserror::Error;

/// Mean gap between two ticks while the app is open, unless the app's configuration says otherwise:
/// five minutes. So long a report waits, and so often 65 kB are fetched.
pub const TICK_MEAN_MS: u32 = 300_000;
/// An opening so soon after the last tick belongs to the same visit and is no tick of its own,
/// milliseconds: as long as a mean gap, which is the most that [`Rhythm::new`] allows. Pages of a
/// portal are opened one after another.
pub const VISIT_MS: u32 = TICK_MEAN_MS;
/// What a mean gap may be: a second to a day.
pub const TICK_MEANS_MS: core::ops::RangeInclusive<u32> = 1_000..=86_400_000;

/// No gap is longer than so many times its scale. One in 55 exponential ones would be.
const CAP: f64 = 4.0;

/// Mean gap and length of a visit; the same for every install of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    mean_ms: u32,
    visit_ms: u32,
}

/// Why a rhythm cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RhythmError {
    /// Outside [`TICK_MEANS_MS`].
    #[error("a mean gap of {0} ms is not allowed")]
    Mean(u32),
    /// A visit longer than the mean gap would silence most ticks.
    #[error("a visit of {0} ms is longer than the mean gap")]
    Visit(u32),
}

/// One of the three requests of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `GET /v1/bulletin`, used or not.
    Bulletin,
    /// `GET /v1/drops/BUCKET`, used or not.
    Drop,
    /// `POST /v1/envelopes`.
    Envelope,
}

/// Every tick makes these, in this order.
pub const REQUESTS: [Request; 3] = [Request::Bulletin, Request::Drop, Request::Envelope];

/// Which envelope leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// The oldest real one that waits.
    Real,
    /// Cover, sealed at this tick.
    Cover,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Which envelope leaves.
    pub send: Outgoing,
    /// The requests, in order.
    pub requests: [Request; 3],
    /// When the next tick is due.
    pub next_at: i64,
}

/// The ticks of one app while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    rhythm: Rhythm,
    next_at: i64,
}

impl Rhythm {
    /// From an app's configuration.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn new(mean_ms: u32, visit_ms: u32) -> Result<Self, RhythmError> {
        if !TICK_MEANS_MS.contains(&mean_ms) {
            return Err(RhythmError::Mean(mean_ms));
        }
        if visit_ms > mean_ms {
            return Err(RhythmError::Visit(visit_ms));
        }
        Ok(Self { mean_ms, visit_ms })
    }

    /// A gap: exponential, cut off at [`CAP`] times its scale, with the configured mean.
    fn gap(self, rng: &mut impl Rng) -> i64 {
        // 53 bits, so in 0 to 1 without 1.
        let uniform = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let within = -(-CAP).exp_m1();
        // Mean of the cut exponential of scale 1.
        let mean = 1.0 - CAP * (1.0 - within) / within;
        let gap = -(-uniform * within).ln_1p() / mean;
        ((gap * f64::from(self.mean_ms)).round() as i64).max(1)
    }
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            mean_ms: TICK_MEAN_MS,
            visit_ms: VISIT_MS,
        }
    }
}

impl Schedule {
    /// The app was opened; `last` is when this install last ticked, if it knows. A tick is due at
    /// once, unless this is the same visit still: then after a gap. (Gaps are memoryless, so one that
    /// is drawn anew is as long as the rest of the one before.)
    pub fn at_opening(rhythm: Rhythm, rng: &mut impl Rng, now: i64, last: Option<i64>) -> Self {
        let gap = rhythm.gap(rng);
        let visit = 0..i64::from(rhythm.visit_ms);
        let same_visit = last
            .and_then(|last| now.checked_sub(last))
            .is_some_and(|since| visit.contains(&since));
        Self {
            rhythm,
            next_at: if same_visit {
                now.saturating_add(gap)
            } else {
                now
            },
        }
    }

    /// When the next tick is due.
    pub const fn next_at(&self) -> i64 {
        self.next_at
    }

    /// A tick. `waiting` says whether a real envelope waits; it decides which envelope leaves and
    /// nothing else.
    pub fn tick(&mut self, rng: &mut impl Rng, now: i64, waiting: bool) -> Action {
        self.next_at = now.saturating_add(self.rhythm.gap(rng));
        Action {
            send: if waiting {
                Outgoing::Real
            } else {
                Outgoing::Cover
            },
            requests: REQUESTS,
            next_at: self.next_at,
        }
    }

    /// A report that must not wait: an explicit act of the person. It makes the requests of a whole
    /// tick, and the schedule goes on as if nothing had been.
    pub const fn urgent(&self) -> Action {
        Action {
            send: Outgoing::Real,
            requests: REQUESTS,
            next_at: self.next_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    const NOW: i64 = 1_790_000_000_000;

    fn rng(seed: u8) -> ChaCha20Rng {
        ChaCha20Rng::from_seed([seed; 32])
    }

    /// What a network sees of a sitting: times and requests.
    fn seen(seed: u8, waiting: &[bool]) -> Vec<(i64, [Request; 3])> {
        let mut rng = rng(seed);
        let mut schedule = Schedule::at_opening(Rhythm::default(), &mut rng, NOW, None);
        waiting
            .iter()
            .map(|&waiting| {
                let at = schedule.next_at();
                (at, schedule.tick(&mut rng, at, waiting).requests)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn what_waits_moves_no_tick_and_no_request(
            seed: u8,
            waiting in proptest::collection::vec(any::<bool>(), 0..200),
        ) {
            let never = vec![false; waiting.len()];
            prop_assert_eq!(seen(seed, &waiting), seen(seed, &never));
        }

        #[test]
        fn no_clock_makes_it_fail(now: i64, last: Option<i64>, mean_ms in TICK_MEANS_MS, seed: u8) {
            let mut rng = rng(seed);
            let rhythm = Rhythm::new(mean_ms, mean_ms).unwrap();
            let mut schedule = Schedule::at_opening(rhythm, &mut rng, now, last);
            prop_assert!(schedule.next_at() >= now);
            prop_assert!(schedule.tick(&mut rng, now, true).next_at >= now);
        }
    }

    #[test]
    fn a_real_envelope_leaves_in_place_of_cover_and_an_urgent_one_beside_the_schedule() {
        let mut rng = rng(1);
        let mut schedule = Schedule::at_opening(Rhythm::default(), &mut rng, NOW, None);
        assert_eq!(schedule.next_at(), NOW, "a tick at the opening");
        let cover = schedule.tick(&mut rng, NOW, false);
        assert_eq!(cover.send, Outgoing::Cover);
        let before = schedule;
        let urgent = schedule.urgent();
        assert_eq!((urgent.send, urgent.requests), (Outgoing::Real, REQUESTS));
        assert_eq!(urgent.next_at, cover.next_at);
        assert_eq!(schedule, before);
        let real = schedule.tick(&mut rng, cover.next_at, true);
        assert_eq!(real.send, Outgoing::Real);
    }

    #[test]
    fn a_page_opened_within_a_visit_is_no_tick_of_its_own() {
        let opened = |last| {
            let schedule = Schedule::at_opening(Rhythm::default(), &mut rng(1), NOW, last);
            schedule.next_at() == NOW
        };
        assert!(opened(None));
        assert!(opened(Some(NOW - i64::from(VISIT_MS))));
        assert!(!opened(Some(NOW - i64::from(VISIT_MS) + 1)));
        assert!(!opened(Some(NOW)));
        assert!(opened(Some(NOW + 1)), "a clock that went back");
        assert!(opened(Some(i64::MIN)));
    }

    #[test]
    fn gaps_follow_the_cut_exponential_law_with_the_configured_mean() {
        const N: usize = 40_000;
        let mut rng = rng(3);
        let rhythm = Rhythm::default();
        let mean_ms = f64::from(TICK_MEAN_MS);
        let mut gaps: Vec<f64> = (0..N)
            .map(|_| rhythm.gap(&mut rng) as f64 / mean_ms)
            .collect();
        gaps.sort_unstable_by(f64::total_cmp);
        // Standard deviation of the law is below 1, so five of them around the mean:
        let mean = gaps.iter().sum::<f64>() / N as f64;
        assert!((mean - 1.0).abs() < 5.0 / (N as f64).sqrt(), "{mean}");
        // Kolmogorov and Smirnov at one in a thousand.
        let scale = 1.0 / (1.0 - 4.0 * (-4f64).exp() / (1.0 - (-4f64).exp()));
        let law = |gap: f64| (1.0 - (-gap / scale).exp()) / (1.0 - (-4f64).exp());
        let farthest = gaps
            .iter()
            .enumerate()
            .map(|(n, &gap)| (law(gap) - (n as f64 + 0.5) / N as f64).abs())
            .fold(0.0, f64::max);
        assert!(farthest < 1.95 / (N as f64).sqrt(), "{farthest}");
        // A gap is whole milliseconds.
        assert!(gaps[N - 1] <= 4.0 * scale + 1.0 / mean_ms);
        // Memoryless as long as the cap is far: whoever has waited a quarter of the mean waits as
        // long again as somebody who just began.
        let later = |from: f64, more: f64| {
            let still = gaps.iter().filter(|&&gap| gap > from).count() as f64;
            gaps.iter().filter(|&&gap| gap > from + more).count() as f64 / still
        };
        assert!((later(0.25, 0.5) - later(0.0, 0.5)).abs() < 0.02);
    }

    #[test]
    fn rhythms_that_cannot_be_kept_are_refused() {
        assert_eq!(Rhythm::new(999, 0), Err(RhythmError::Mean(999)));
        assert_eq!(
            Rhythm::new(86_400_001, 0),
            Err(RhythmError::Mean(86_400_001))
        );
        assert_eq!(Rhythm::new(1_000, 1_001), Err(RhythmError::Visit(1_001)));
        assert_eq!(Rhythm::new(TICK_MEAN_MS, VISIT_MS), Ok(Rhythm::default()));
    }
}
