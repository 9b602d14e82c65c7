//! When phones of a crowd send, and which of their envelopes say something.

use lapwing_witness::schedule::{Outgoing, Rhythm, Schedule};
use rand_core::Rng;

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: i64 = 86_400_000;
/// Days before the week of which nothing is kept. Who opens the app least does so once a day in the
/// mean, and what waits leaves with one of the next ticks: after two weeks nobody's outbox shows any
/// more that it began empty.
const WARM_DAYS: i64 = 14;

/// When people report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// At any moment at which their app is open, as likely at one as at another.
    Steady,
    /// They open the app to report, a minute before; and at eight every evening something happens that
    /// nearly all of them report.
    Opening,
}

/// One tick of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    /// When its envelope comes to the relay, milliseconds from the beginning of the week.
    pub(super) at: i64,
    /// Whether that says anything.
    pub(super) real: bool,
}

/// The ticks of one phone in a week.
pub(super) fn week(rng: &mut impl Rng, habit: Habit) -> Vec<Tick> {
    let sittings = sittings(rng, habit);
    let put = put(rng, habit, &sittings);
    let mut put = put.into_iter().peekable();
    let (mut waiting, mut last) = (0_u32, None);
    let mut ticks = Vec::new();
    for sitting in sittings {
        let mut schedule = Schedule::at_opening(Rhythm::default(), rng, sitting.from, last);
        loop {
            let at = schedule.next_at();
            if at >= sitting.to {
                break;
            }
            while put.next_if(|&put| put <= at).is_some() {
                waiting += 1;
            }
            let real = schedule.tick(rng, at, waiting > 0).send == Outgoing::Real;
            waiting -= u32::from(real);
            last = Some(at);
            if sitting.from >= 0 {
                // The requests before it, and the way.
                let late = 200.0 + exponential(rng, 800.0);
                ticks.push(Tick {
                    at: at + late as i64,
                    real,
                });
            }
        }
    }
    ticks
}

struct Sitting {
    from: i64,
    to: i64,
    /// Something happens at this hour.
    rush: bool,
}

/// In order, not overlapping, from [`WARM_DAYS`] before the week.
fn sittings(rng: &mut impl Rng, habit: Habit) -> Vec<Sitting> {
    let opens = 1.0 + exponential(rng, 3.0);
    let sits = 5.0 * MINUTE + exponential(rng, 40.0 * MINUTE);
    let mut all = Vec::new();
    for day in -WARM_DAYS..7 {
        let mut sit = |rng: &mut _, of_day: f64, rush| {
            let from = day * DAY + of_day as i64;
            let to = from + (30_000.0 + exponential(rng, sits)) as i64;
            all.push(Sitting { from, to, rush });
        };
        // Poisson, by exponential gaps. People are awake from six to eleven.
        let mut spent = exponential(rng, 1.0 / opens);
        while spent < 1.0 {
            let of_day = (6.0 + 17.0 * uniform(rng)) * HOUR;
            sit(rng, of_day, false);
            spent += exponential(rng, 1.0 / opens);
        }
        if habit == Habit::Opening && uniform(rng) < 0.9 {
            let of_day = 20.0 * HOUR + exponential(rng, 10.0 * MINUTE);
            sit(rng, of_day, true);
        }
    }
    all.sort_unstable_by_key(|sitting| sitting.from);
    all.dedup_by(|later, earlier| {
        let meet = later.from <= earlier.to;
        if meet {
            earlier.to = earlier.to.max(later.to);
            earlier.rush |= later.rush;
        }
        meet
    });
    all
}

/// When reports are put in, in order.
fn put(rng: &mut impl Rng, habit: Habit, sittings: &[Sitting]) -> Vec<i64> {
    let mut put = Vec::new();
    for sitting in sittings {
        match habit {
            Habit::Steady => {
                let mean = 40.0 * MINUTE;
                let mut at = sitting.from as f64 + exponential(rng, mean);
                while at < sitting.to as f64 {
                    put.push(at as i64);
                    at += exponential(rng, mean);
                }
            }
            Habit::Opening => {
                let likely = if sitting.rush { 0.9 } else { 0.5 };
                let at = sitting.from + (20_000.0 + exponential(rng, MINUTE)) as i64;
                if uniform(rng) < likely && at < sitting.to {
                    put.push(at);
                }
            }
        }
    }
    put
}

fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

fn exponential(rng: &mut impl Rng, mean: f64) -> f64 {
    -mean * (1.0 - uniform(rng)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng as _;

    fn share(ticks: &[Tick], of: impl Fn(&Tick) -> bool) -> f64 {
        let some: Vec<&Tick> = ticks.iter().filter(|tick| of(tick)).collect();
        let real = some.iter().filter(|tick| tick.real).count() as f64;
        real / some.len() as f64
    }

    fn crowd(habit: Habit) -> Vec<Tick> {
        (0..400)
            .flat_map(|seed| week(&mut ChaCha8Rng::seed_from_u64(seed), habit))
            .collect()
    }

    #[test]
    fn a_steady_crowd_reports_as_much_at_every_hour_and_a_rush_is_seen() {
        let steady = crowd(Habit::Steady);
        let hour = |tick: &Tick| tick.at.rem_euclid(DAY) / 3_600_000;
        let early = share(&steady, |tick| hour(tick) < 12);
        let late = share(&steady, |tick| hour(tick) >= 12);
        assert!(steady.len() > 40_000, "{}", steady.len());
        assert!((early / late - 1.0).abs() < 0.1, "{early} and {late}");
        let first = share(&steady, |tick| tick.at < DAY);
        let last = share(&steady, |tick| tick.at >= 6 * DAY);
        assert!((first / last - 1.0).abs() < 0.15, "{first} and {last}");

        let opening = crowd(Habit::Opening);
        let rush = share(&opening, |tick| hour(tick) == 20);
        let other = share(&opening, |tick| hour(tick) != 20);
        assert!(rush > 1.5 * other, "{rush} and {other}");
    }
}
