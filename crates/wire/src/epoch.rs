//! The weeks by which reception keys are named.

/// Length of a key epoch, in seconds.
pub const WEEK_S: i64 = 7 * 86_400;

/// How many weekly keys a bulletin carries: this week's and the next twelve, for phones that are
/// offline for a quarter of a year.
pub const RECEPTION_WEEKS: u32 = 13;

/// How long after its week a reception secret is kept, in seconds: 35 days.
pub const RECEPTION_KEEP_S: i64 = 35 * 86_400;

/// A week, counted from 1970-01-01 (a Thursday).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyEpoch(pub u32);

impl KeyEpoch {
    /// The week of a time; times before 1970 belong to the first, times beyond the last to the last.
    pub fn at(unix: i64) -> Self {
        let week = unix.div_euclid(WEEK_S).max(0);
        Self(u32::try_from(week).unwrap_or(u32::MAX))
    }

    /// First second of the week.
    pub fn starts(self) -> i64 {
        i64::from(self.0) * WEEK_S
    }

    /// First second after the week.
    pub fn ends(self) -> i64 {
        self.starts() + WEEK_S
    }

    /// From when on the secret of this week must be gone.
    pub fn forgotten(self) -> i64 {
        self.ends() + RECEPTION_KEEP_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_thursday_and_its_secret_goes_five_weeks_later() {
        let epoch = KeyEpoch::at(1_790_000_000);
        assert!(epoch.starts() <= 1_790_000_000 && 1_790_000_000 < epoch.ends());
        assert_eq!(KeyEpoch::at(epoch.ends()), KeyEpoch(epoch.0 + 1));
        assert_eq!(epoch.forgotten() - epoch.ends(), 3_024_000);
        assert_eq!(KeyEpoch::at(i64::MIN), KeyEpoch(0));
        assert_eq!(KeyEpoch::at(i64::MAX), KeyEpoch(u32::MAX));
    }
}
