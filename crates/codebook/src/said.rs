//! What a report by hand says: three numbers, each the sum of two that are printed on the sheet.
//!
//! ```text
//! what  = 8 · kind of the form + step of the count
//! where = place of the sheet, from 1
//! when  = 8 · hour + how it is known, and which day
//! ```

use lapwing_model::{Danger, Form, Known, Observation, Place};
use thiserror::Error;

/// How many, by step: nothing said, then what is taken for 1, 2 to 4, 5 to 15, 16 to 50, and more.
pub const COUNT_STEPS: [Option<u16>; 6] = [None, Some(1), Some(3), Some(10), Some(30), Some(100)];
/// Places of a sheet at most.
pub const PLACES_MAX: usize = 48;
/// Hours of a day.
pub const HOURS: usize = 24;
/// Ways of knowing on two days: seen, heard and told today, then yesterday.
pub const WAYS: usize = 6;
/// What is left of a number for the second thing that it says.
pub const UNIT: u16 = 8;

/// Six bits of a kind.
pub(crate) const KINDS: usize = 64;
/// A place is said by a name: how far off that may be, in metres.
const OFF_M: u32 = 2_000;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// A report by hand. A value without identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Code of the kind in the form, 1 to 63.
    pub kind: u8,
    /// How many: a step of [`COUNT_STEPS`].
    pub count: u8,
    /// Where: number of a place on the sheet, from 1.
    pub place: u8,
    /// When: the hour by the clock of the sheet, 0 to 23.
    pub hour: u8,
    /// Whether it was the day before.
    pub yesterday: bool,
    /// How the witness knows.
    pub known: Known,
}

/// Why a report by hand is no observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SaidError {
    /// The form has no such kind (any more).
    #[error("the form has no kind {0}")]
    Kind(u8),
    /// The sheet has no such place.
    #[error("the sheet has no place {0}")]
    Place(u8),
}

impl Said {
    /// What is looked up on the sheet; `None` when something is out of range.
    pub(crate) fn entries(self) -> Option<Entries> {
        let known = match self.known {
            Known::Seen => 0,
            Known::Heard => 1,
            Known::Told => 2,
        };
        let entries = Entries {
            kind: usize::from(self.kind),
            count: usize::from(self.count),
            place: usize::from(self.place),
            hour: usize::from(self.hour),
            way: known + if self.yesterday { WAYS / 2 } else { 0 },
        };
        entries.valid().then_some(entries)
    }

    pub(crate) fn of(entries: Entries) -> Self {
        let known = [Known::Seen, Known::Heard, Known::Told];
        Self {
            kind: entries.kind as u8,
            count: entries.count as u8,
            place: entries.place as u8,
            hour: entries.hour as u8,
            yesterday: entries.way >= known.len(),
            known: known[entries.way % known.len()],
        }
    }

    /// The observation, heard at `heard` (seconds since 1970 UTC): the last such hour by a clock so many minutes ahead
    /// of UTC that is not more than an hour ahead; yesterday's is a day before that. A count that the kind does not
    /// take is left out.
    ///
    /// # Errors
    /// When form or sheet know nothing of it.
    pub fn observation(
        self,
        form: &Form,
        places: &[Place],
        clock_min: i16,
        heard: i64,
    ) -> Result<Observation, SaidError> {
        let kind = form.kind(self.kind).ok_or(SaidError::Kind(self.kind))?;
        let index = usize::from(self.place).checked_sub(1);
        let place = index.and_then(|index| places.get(index));
        let place = place.ok_or(SaidError::Place(self.place))?;
        let count = COUNT_STEPS.get(usize::from(self.count)).copied().flatten();
        Ok(Observation {
            kind: self.kind,
            place: place.rounded(kind.precision),
            off_m: OFF_M,
            seen: self.seen(clock_min, heard),
            seen_off_s: HOUR_S as u32 / 2,
            count: count.filter(|_| kind.count.is_some()),
            heading: None,
            known: self.known,
            danger: Danger::None,
            note: String::new(),
        })
    }

    /// The middle of the hour.
    fn seen(self, clock_min: i16, heard: i64) -> i64 {
        let local = heard + 60 * i64::from(clock_min);
        let hour = i64::from(self.hour) * HOUR_S;
        let latest = local + HOUR_S;
        let today = latest - (latest - hour).rem_euclid(DAY_S);
        let day = if self.yesterday { DAY_S } else { 0 };
        today - day - 60 * i64::from(clock_min) + HOUR_S / 2
    }
}

/// Where on the sheet a report's parts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entries {
    pub(crate) kind: usize,
    pub(crate) count: usize,
    pub(crate) place: usize,
    pub(crate) hour: usize,
    pub(crate) way: usize,
}

impl Entries {
    fn valid(self) -> bool {
        (1..KINDS).contains(&self.kind)
            && self.count < COUNT_STEPS.len()
            && (1..=PLACES_MAX).contains(&self.place)
            && self.hour < HOURS
            && self.way < WAYS
    }

    /// The three numbers.
    pub(crate) fn numbers(self) -> [u16; 3] {
        let unit = usize::from(UNIT);
        let numbers = [
            unit * self.kind + self.count,
            self.place,
            unit * self.hour + self.way,
        ];
        numbers.map(|number| number as u16)
    }

    /// What three numbers say; `None` when they stand for nothing.
    pub(crate) fn of(numbers: [u16; 3]) -> Option<Self> {
        let [what, place, when] = numbers.map(usize::from);
        let unit = usize::from(UNIT);
        let entries = Self {
            kind: what / unit,
            count: what % unit,
            place,
            hour: when / unit,
            way: when % unit,
        };
        entries.valid().then_some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOON: i64 = 1_796_040_000 - 1_796_040_000 % DAY_S + 12 * HOUR_S;

    fn said() -> Said {
        Said {
            kind: 9,
            count: 3,
            place: 2,
            hour: 9,
            yesterday: false,
            known: Known::Heard,
        }
    }

    fn places() -> Vec<Place> {
        [(48.5, 37.9), (48.01, 37.8)]
            .map(|(lat, lon)| Place::from_degrees(lat, lon).unwrap())
            .to_vec()
    }

    #[test]
    fn what_is_said_by_hand_is_an_observation_of_the_form() {
        let form = Form::civil_protection();
        let heard = said().observation(&form, &places(), 120, NOON).unwrap();
        assert_eq!(heard.fits(&form), Ok(()));
        assert_eq!(
            (heard.kind, heard.count, heard.known),
            (9, Some(10), Known::Heard)
        );
        // Nine by a clock that is two hours ahead is seven.
        assert_eq!(heard.seen, NOON - 5 * HOUR_S + HOUR_S / 2);
        let kind = form.kind(9).unwrap();
        assert_eq!(heard.place, places()[1].rounded(kind.precision));
    }

    #[test]
    fn an_hour_is_the_last_one_and_yesterdays_a_day_before() {
        let seen = |hour, yesterday| {
            Said {
                hour,
                yesterday,
                ..said()
            }
            .seen(0, NOON)
        };
        assert_eq!(seen(12, false), NOON + HOUR_S / 2);
        assert_eq!(
            seen(13, false),
            NOON + HOUR_S * 3 / 2,
            "a clock may be an hour ahead"
        );
        assert_eq!(
            seen(14, false),
            NOON - 22 * HOUR_S + HOUR_S / 2,
            "said after midnight of the day"
        );
        assert_eq!(seen(11, true), NOON - 25 * HOUR_S + HOUR_S / 2);
    }

    #[test]
    fn what_form_or_sheet_do_not_have_is_refused_and_a_count_too_many_left_out() {
        let form = Form::civil_protection();
        let of = |said: Said| said.observation(&form, &places(), 0, NOON);
        assert_eq!(of(Said { kind: 63, ..said() }), Err(SaidError::Kind(63)));
        for place in [0, 3, 255] {
            assert_eq!(of(Said { place, ..said() }), Err(SaidError::Place(place)));
        }
        let none = form
            .kinds()
            .iter()
            .find(|kind| kind.count.is_none())
            .unwrap();
        assert_eq!(
            of(Said {
                kind: none.code,
                ..said()
            })
            .unwrap()
            .count,
            None
        );
    }

    proptest! {
        #[test]
        fn three_numbers_are_one_report_or_none(numbers in prop::array::uniform3(0..2_048_u16)) {
            if let Some(entries) = Entries::of(numbers) {
                prop_assert_eq!(entries.numbers(), numbers);
                prop_assert_eq!(Said::of(entries).entries(), Some(entries));
            }
        }
    }
}
