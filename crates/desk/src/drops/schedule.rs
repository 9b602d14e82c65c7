//! When drops are made anew, under which number, and how the present ones are kept.
//!
//! They are kept whole, in the transaction of the bulletin that lists them: a bulletin that goes out
//! again for a warning carries the same bytes, and after a crash no number comes twice.

use lapwing_seal::REPLY_ADVANCE_MAX;
use lapwing_wire::{BUCKETS_MAX, DROP_LEN, DROP_PERIOD_S, Drop, Drops};

/// How often drops are made anew, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropPlan {
    period_s: u32,
    buckets: u16,
}

impl DropPlan {
    /// A plan, if a bulletin may state it: 60 to 86,400 seconds, 1 to 256 buckets.
    pub fn new(period_s: u32, buckets: u16) -> Option<Self> {
        let allowed = DROP_PERIOD_S.contains(&period_s) && (1..=BUCKETS_MAX).contains(&buckets);
        allowed.then_some(Self { period_s, buckets })
    }

    /// Time between two numbers, seconds.
    pub fn period_s(self) -> u32 {
        self.period_s
    }

    /// How many there are.
    pub fn buckets(self) -> u16 {
        self.buckets
    }
}

/// Every hour, sixteen.
impl Default for DropPlan {
    fn default() -> Self {
        Self {
            period_s: 3_600,
            buckets: 16,
        }
    }
}

/// Number and time of drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) number: u32,
    /// When they became due, by the desk's clock.
    pub(crate) at: i64,
}

/// The drops in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Current {
    pub(crate) round: Round,
    pub(crate) period_s: u32,
    pub(crate) drops: Vec<Drop>,
}

const HEAD: usize = 4 + 8 + 4;

impl Current {
    /// What a bulletin says of them.
    pub(crate) fn listed(&self) -> Drops {
        Drops {
            number: self.round.number,
            period_s: self.period_s,
            buckets: u16::try_from(self.drops.len()).expect("at most 256 are made"),
        }
    }

    /// From when on others must be in force.
    pub(crate) fn due(&self) -> i64 {
        self.round.at + i64::from(self.period_s)
    }

    /// `number 4 · time 8 · period 4`, then the drops.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.drops.len() * DROP_LEN);
        bytes.extend_from_slice(&self.round.number.to_be_bytes());
        bytes.extend_from_slice(&self.round.at.to_be_bytes());
        bytes.extend_from_slice(&self.period_s.to_be_bytes());
        for drop in &self.drops {
            bytes.extend_from_slice(drop.as_bytes());
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (period_s, rest) = rest.split_first_chunk()?;
        let (drops, []) = rest.as_chunks::<DROP_LEN>() else {
            return None;
        };
        Some(Self {
            round: Round {
                number: u32::from_be_bytes(*number),
                at: i64::from_be_bytes(*at),
            },
            period_s: u32::from_be_bytes(*period_s),
            drops: drops
                .iter()
                .map(|bytes| Drop::from_bytes(bytes).ok())
                .collect::<Option<_>>()?,
        })
    }
}

/// The drops that hold at `now`: the present ones, or the round in which others must be made.
///
/// The number grows by one a period, also while the desk is down, so that a store that comes back
/// from a backup does not use a number again that it has forgotten; `starting` adds one, since the
/// period in which it comes back may have had its drops already. `above` is a number that a relay
/// has and this desk does not remember.
pub(crate) fn in_force(
    present: Option<Current>,
    plan: DropPlan,
    now: i64,
    starting: bool,
    above: u32,
) -> Result<Current, Round> {
    let first = Round {
        number: above.saturating_add(1),
        at: now,
    };
    let present = present.ok_or(first)?;
    let number = present.round.number;
    if above >= number {
        return Err(first);
    }
    let period = i64::from(present.period_s);
    let passed = (now - present.round.at).div_euclid(period);
    let changed =
        present.period_s != plan.period_s || present.drops.len() != usize::from(plan.buckets);
    // A second's step back of the clock is nothing; after more than a period the time was wrong.
    if passed == 0 && !changed || passed == -1 {
        return Ok(present);
    }
    // A clock that shows another decade must not carry the number beyond what phones can follow.
    let most = REPLY_ADVANCE_MAX / 2;
    let grown = u32::try_from(passed.clamp(1, i64::from(most))).unwrap_or(most);
    let on_time = passed > 0 && !changed && passed <= i64::from(most);
    Err(Round {
        number: number.saturating_add(grown + u32::from(starting)),
        at: if on_time {
            present.round.at + passed * period
        } else {
            now
        },
    })
}

impl DropPlan {
    /// The drops of a round.
    pub(crate) fn made(self, round: Round, drops: Vec<Drop>) -> Current {
        Current {
            round,
            period_s: self.period_s,
            drops,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;
    const HOUR: i64 = 3_600;

    fn present() -> Current {
        let drop = |n| Drop::from_bytes(&[n; DROP_LEN]).unwrap();
        let round = Round {
            number: 100,
            at: NOW,
        };
        DropPlan::new(3_600, 2)
            .unwrap()
            .made(round, vec![drop(1), drop(2)])
    }

    fn at(now: i64, starting: bool, above: u32) -> Option<(u32, i64)> {
        let plan = DropPlan::new(3_600, 2).unwrap();
        match in_force(Some(present()), plan, now, starting, above) {
            Ok(still) => {
                assert_eq!(still, present());
                None
            }
            Err(round) => Some((round.number, round.at - NOW)),
        }
    }

    #[test]
    fn the_number_grows_by_one_a_period_without_drifting() {
        assert_eq!(at(NOW, false, 0), None);
        assert_eq!(at(NOW + HOUR - 1, true, 0), None);
        assert_eq!(at(NOW + HOUR, false, 0), Some((101, HOUR)));
        assert_eq!(at(NOW + HOUR + 59, false, 0), Some((101, HOUR)));
        assert_eq!(at(NOW + 5 * HOUR + 7, false, 0), Some((105, 5 * HOUR)));
    }

    #[test]
    fn a_desk_that_comes_back_leaves_the_number_of_this_period_out() {
        assert_eq!(at(NOW + HOUR, true, 0), Some((102, HOUR)));
        assert_eq!(at(NOW + 9 * HOUR, true, 0), Some((110, 9 * HOUR)));
    }

    #[test]
    fn a_number_that_a_relay_has_is_passed_over() {
        assert_eq!(at(NOW + 1, false, 99), None);
        assert_eq!(at(NOW + 1, false, 100), Some((101, 1)));
        assert_eq!(at(NOW + 1, false, 250), Some((251, 1)));
        for above in [0, 7] {
            let first = in_force(None, DropPlan::default(), NOW, true, above);
            assert_eq!(first.unwrap_err().number, above + 1);
        }
    }

    #[test]
    fn clocks_that_jump_neither_stop_drops_nor_lose_the_phones() {
        assert_eq!(at(NOW - 1, false, 0), None);
        assert_eq!(at(NOW - HOUR, false, 0), None);
        assert_eq!(at(NOW - HOUR - 1, false, 0), Some((101, -HOUR - 1)));
        let decade = 87_600 * HOUR;
        let most = REPLY_ADVANCE_MAX / 2;
        assert_eq!(at(NOW + decade, false, 0), Some((100 + most, decade)));
    }

    #[test]
    fn another_plan_holds_at_once() {
        for plan in [DropPlan::new(60, 2), DropPlan::new(3_600, 3)] {
            let other = in_force(Some(present()), plan.unwrap(), NOW + 9, false, 0);
            let (number, at) = (101, NOW + 9);
            assert_eq!(other, Err(Round { number, at }));
        }
        for (period_s, buckets) in [(59, 1), (86_401, 1), (60, 0), (60, 257)] {
            assert_eq!(DropPlan::new(period_s, buckets), None);
        }
    }

    #[test]
    fn what_is_kept_reads_back_and_fragments_do_not() {
        let bytes = present().to_bytes();
        assert_eq!(Current::from_bytes(&bytes), Some(present()));
        for cut in [0, 3, 11, HEAD - 1, HEAD + 1, bytes.len() - 1] {
            assert_eq!(Current::from_bytes(&bytes[..cut]), None, "{cut}");
        }
    }
}
