//! Whether the desk takes a report, and as of when.

use lapwing_model::{Form, Observation, Unfit};

use crate::api::types::ClockMode;

/// A live desk takes a time at most this far ahead: a phone with the wrong hour, time zone or day is
/// normal, and its report must not be lost for that. The fusing weighs what such a time is worth.
const AHEAD_S: i64 = 26 * 3_600;
/// And at most this old: beyond it, the secret of its week would be gone.
pub(crate) const BEHIND_S: i64 = 40 * 86_400;
/// Times beyond the year 9999 cannot be printed.
const TIME_MAX: i64 = 253_402_300_799;

/// When the report came in, or the stable name of why it is not taken.
///
/// A live desk's `now` is the machine's clock; a replay's is the time of its last entry, which a
/// replayed report may move.
pub(crate) fn judge(
    observation: &Observation,
    replayed_at: Option<i64>,
    form: &Form,
    mode: ClockMode,
    now: i64,
) -> Result<i64, &'static str> {
    let seen = observation.seen;
    let received = match (mode, replayed_at) {
        (ClockMode::Live, Some(_)) => return Err("replayed"),
        (ClockMode::Replay, Some(at)) if !(0..=TIME_MAX).contains(&at) => return Err("time"),
        // Records of the past keep their wrong clocks: they are what is being replayed.
        (ClockMode::Replay, Some(at)) => at.max(now),
        (_, None) if seen > now.saturating_add(AHEAD_S) => return Err("future"),
        (_, None) if seen < now.saturating_sub(BEHIND_S) => return Err("too-old"),
        (_, None) => now,
    };
    observation.fits(form).map_err(|why| match why {
        Unfit::Kind(_) => "kind",
        Unfit::TooFine(_) => "too-fine",
        Unfit::Count => "count",
        Unfit::Heading => "heading",
        _ => "form",
    })?;
    Ok(received)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_model::{Danger, Heading, Known, Observation, Place, Precision};
    use lapwing_seal::{FieldSeed, Report};

    const NOW: i64 = 1_790_000_000;

    fn report() -> Report {
        Report {
            author: [1; 16],
            sequence: 1,
            seed: FieldSeed::from_bytes([0; 32]),
            observation: Observation {
                kind: 1,
                place: Place::from_degrees(48.0, 37.0)
                    .unwrap()
                    .rounded(Precision::Metres100),
                off_m: 100,
                seen: NOW - 60,
                seen_off_s: 0,
                count: None,
                heading: None,
                known: Known::Seen,
                danger: Danger::None,
                note: String::new(),
            },
            replayed_at: None,
        }
    }

    fn judged(mode: ClockMode, change: impl FnOnce(&mut Report)) -> Result<i64, &'static str> {
        let mut report = report();
        change(&mut report);
        let form = Form::civil_protection();
        judge(&report.observation, report.replayed_at, &form, mode, NOW)
    }

    #[test]
    fn a_live_desk_takes_the_present_alone() {
        use ClockMode::Live;
        assert_eq!(judged(Live, |_| {}), Ok(NOW));
        assert_eq!(judged(Live, |r| r.replayed_at = Some(NOW)), Err("replayed"));
        assert_eq!(
            judged(Live, |r| r.observation.seen = NOW + AHEAD_S),
            Ok(NOW)
        );
        assert_eq!(
            judged(Live, |r| r.observation.seen = NOW + AHEAD_S + 1),
            Err("future")
        );
        assert_eq!(
            judged(Live, |r| r.observation.seen = NOW - 3_456_000),
            Ok(NOW)
        );
        assert_eq!(
            judged(Live, |r| r.observation.seen = NOW - 3_456_001),
            Err("too-old")
        );
    }

    #[test]
    fn a_replay_takes_its_time_from_the_reports_and_never_goes_back() {
        use ClockMode::Replay;
        assert_eq!(
            judged(Replay, |r| r.replayed_at = Some(NOW + 90)),
            Ok(NOW + 90)
        );
        assert_eq!(judged(Replay, |r| r.replayed_at = Some(NOW - 90)), Ok(NOW));
        assert_eq!(judged(Replay, |r| r.replayed_at = Some(-1)), Err("time"));
        let hour_ahead = |r: &mut Report| {
            r.replayed_at = Some(NOW);
            r.observation.seen = NOW + 3_600;
        };
        assert_eq!(judged(Replay, hour_ahead), Ok(NOW));
    }

    #[test]
    fn what_the_form_does_not_allow_is_refused_by_name() {
        use ClockMode::Live;
        let fine = Place::from_degrees(48.000001, 37.0).unwrap();
        assert_eq!(
            judged(Live, |r| r.observation.place = fine),
            Err("too-fine")
        );
        assert_eq!(judged(Live, |r| r.observation.kind = 63), Err("kind"));
        assert_eq!(
            judged(Live, |r| r.observation.count = Some(2)),
            Err("count")
        );
        let north = Heading::from_sector(0);
        assert_eq!(
            judged(Live, |r| r.observation.heading = north),
            Err("heading")
        );
    }
}
