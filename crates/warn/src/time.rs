//! Times as CAP writes them.

use std::fmt;

/// A moment, in whole seconds since 1970-01-01T00:00:00 UTC, within the years
/// 0001 to 9999, so that four digits always hold the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(i64);

/// The moment lies outside the years 0001 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time is outside the years 0001 to 9999")]
pub struct TimeRange;

const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00 UTC: 719,162 days before 1970.
const FIRST: i64 = -719_162 * DAY;
/// 9999-12-31T23:59:59 UTC: the second before day 2,932,897.
const LAST: i64 = 2_932_897 * DAY - 1;

impl Time {
    /// From Unix seconds.
    ///
    /// # Errors
    /// [`TimeRange`] outside the years 0001 to 9999.
    pub fn from_unix(seconds: i64) -> Result<Self, TimeRange> {
        if (FIRST..=LAST).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(TimeRange)
        }
    }

    /// As Unix seconds.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// As RFC 3339 with `Z`, for Atom: there `-00:00` would mean that the
    /// local offset is unknown (RFC 3339, 4.3).
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        format!("{}Z", self.local())
    }

    /// Reads the form that the CAP schema gives for every time:
    /// `YYYY-MM-DDThh:mm:ss` and a numeric offset of at most 14 hours, without
    /// `Z` and without fractions (CAP 1.2, 3.3.2).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let b: &[u8; 25] = text.as_bytes().try_into().ok()?;
        let number = |from: usize, to: usize| {
            b[from..to].iter().try_fold(0_i64, |n, d| {
                d.is_ascii_digit().then(|| n * 10 + i64::from(d - b'0'))
            })
        };
        let marks = [
            (4, b'-'),
            (7, b'-'),
            (10, b'T'),
            (13, b':'),
            (16, b':'),
            (22, b':'),
        ];
        if marks.iter().any(|&(at, mark)| b[at] != mark) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let sign = match b[19] {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (off_hour, off_minute) = (number(20, 22)?, number(23, 25)?);
        // XML Schema 1.0 part 2, 3.2.7: 24:00:00 is the end of the day.
        let end_of_day = hour == 24 && minute == 0 && second == 0;
        let in_range = year >= 1
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day)
            && (hour <= 23 || end_of_day)
            && minute <= 59
            && second <= 59
            && off_minute <= 59
            && off_hour * 60 + off_minute <= 14 * 60;
        if !in_range {
            return None;
        }
        let local = days_from_civil(year, month, day) * DAY + hour * 3_600 + minute * 60 + second;
        Self::from_unix(local - sign * (off_hour * 3_600 + off_minute * 60)).ok()
    }

    fn local(self) -> String {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let rest = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// As CAP writes it: UTC must be `-00:00`, never `Z` (CAP 1.2, 3.3.2).
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-00:00", self.local())
    }
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in
/// March here, so that the leap day is the last of its year; 400 years are
/// 146,097 days, and 719,468 days lie between 0000-03-01 and 1970-01-01.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn utc_is_written_as_minus_zero() {
        let time = Time::from_unix(1_665_378_000).unwrap();
        assert_eq!(time.to_string(), "2022-10-10T05:00:00-00:00");
        assert_eq!(time.to_rfc3339(), "2022-10-10T05:00:00Z");
    }

    #[test]
    fn offsets_are_taken_off() {
        let utc = Time::from_unix(1_665_378_000);
        for text in [
            "2022-10-10T08:00:00+03:00",
            "2022-10-10T05:00:00-00:00",
            "2022-10-10T05:00:00+00:00",
            "2022-10-09T24:00:00-05:00",
        ] {
            assert_eq!(Time::parse(text), utc.ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_the_standard_refuses() {
        for text in [
            "",
            "2022-10-10T05:00:00Z",
            "2022-10-10T05:00:00",
            "2022-10-10T05:00:00.5-00:00",
            "2022-10-10 05:00:00-00:00",
            "2022-10-10T05:00:00,00:00",
            "2022-02-29T05:00:00-00:00",
            "2022-13-01T05:00:00-00:00",
            "2022-10-10T25:00:00-00:00",
            "2022-10-10T24:00:01-00:00",
            "2022-10-10T05:60:00-00:00",
            "2022-10-10T05:00:60-00:00",
            "2022-10-10T05:00:00+14:01",
            "0000-10-10T05:00:00-00:00",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T24:00:00-00:00",
            "2022-10-10T05:00:00-0é:0",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_bounds_are_the_first_and_last_second() {
        assert_eq!(
            Time::from_unix(FIRST).unwrap().to_string(),
            "0001-01-01T00:00:00-00:00"
        );
        assert_eq!(
            Time::from_unix(LAST).unwrap().to_string(),
            "9999-12-31T23:59:59-00:00"
        );
        assert_eq!(Time::from_unix(FIRST - 1), Err(TimeRange));
        assert_eq!(Time::from_unix(LAST + 1), Err(TimeRange));
    }

    proptest! {
        #[test]
        fn agrees_with_a_calendar_written_elsewhere(seconds in FIRST..=LAST) {
            let time = Time::from_unix(seconds).unwrap();
            prop_assert_eq!(Time::parse(&time.to_string()), Some(time));
            // That calendar keeps a day's distance from the end of year 9999.
            if seconds < LAST - 2 * DAY {
                let other = jiff::Timestamp::from_second(seconds).unwrap();
                prop_assert_eq!(time.to_rfc3339(), other.to_string());
            }
        }
    }
}
