//! The settings of the engine, each with a meaning of its own.

use serde::{Deserialize, Serialize};

use crate::kinds::KindTable;

/// Settings of [`crate::Fuse`]. The defaults suit the *civil protection* form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// What is known about kinds.
    pub kinds: KindTable,
    /// The kind that says "it is quiet here now": it starts no incident and counts against those nearby.
    pub quiet_kind: Option<u8>,
    /// Best standard deviation per axis of a stated place, kilometres: a pin on a small map is no better.
    pub place_floor_km: f64,
    /// Standard deviation per axis of a place, as a share of the stated uncertainty.
    pub place_scale: f64,
    /// Worst standard deviation per axis, kilometres, to which large statements are shrunk (people in doubt
    /// state more than they need).
    pub place_ceiling_km: f64,
    /// Stated uncertainty that stands for none, metres.
    pub default_unc_m: f32,
    /// Share of places that are three times further off than they say.
    pub place_tail: f64,
    /// Mean time from the moment to the stated time, seconds, where the form stamps the time.
    pub stamp_mean_s: f64,
    /// Share of clocks that are an hour wrong.
    pub clock_wrong: f64,
    /// New incidents per square kilometre and hour where nothing has happened lately.
    pub fresh_per_km2_h: f64,
    /// New incidents that one incident brings in its neighbourhood: this is how the rate follows salvoes,
    /// cities under fire and quiet country.
    pub echo: f64,
    /// Distance at which the echo has died away, kilometres.
    pub echo_km: f64,
    /// Time from the incident, before or after, at which the echo has died away, seconds.
    pub echo_s: f64,
    /// Shape of the distribution of people who report one incident (gamma): small means that most incidents have
    /// one reporter and a few have many.
    pub crowd_shape: f64,
    /// Inverse scale of the same distribution.
    pub crowd_rate: f64,
    /// Reports by one person about one incident that are not repeats, per repeat-free report.
    pub again: f64,
    /// Share of reports that their author repeats.
    pub repeat_share: f64,
    /// Standard deviation per axis between a report and its repeat, kilometres.
    pub repeat_km: f64,
    /// Standard deviation between the stated times of a report and its repeat, seconds.
    pub repeat_s: f64,
    /// Reports are moved to a better incident for this long after their arrival, seconds.
    pub revise_s: i64,
    /// An incident of a moment closes after this long without a report, seconds.
    pub keep_s: i64,
    /// Probability that an incident with one independent source is real.
    pub one_source: f64,
    /// Probability that an incident with two independent sources is real.
    pub two_sources: f64,
    /// No number of sources makes an incident surer than this without an analyst: groups can agree on a lie.
    pub sure_at_most: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            kinds: KindTable::civil_protection(),
            quiet_kind: Some(24),
            place_floor_km: 0.32,
            place_scale: 0.73,
            place_ceiling_km: 2.3,
            default_unc_m: 800.0,
            place_tail: 0.02,
            stamp_mean_s: 95.0,
            clock_wrong: 0.015,
            fresh_per_km2_h: 3e-3,
            echo: 2.9,
            echo_km: 12.0,
            echo_s: 1_500.0,
            crowd_shape: 0.7,
            crowd_rate: 0.85,
            again: 0.005,
            repeat_share: 0.12,
            repeat_km: 0.1,
            repeat_s: 70.0,
            revise_s: 3_600,
            keep_s: 3 * 3_600,
            one_source: 0.75,
            two_sources: 0.97,
            sure_at_most: 0.985,
        }
    }
}

impl Parameters {
    /// Settings for a file of reports: the defaults if the *civil protection* form has all the kinds, else those
    /// of [`KindTable::storms`], without a quiet kind. A kind that only the file knows says nothing about itself,
    /// so one table must serve, and the coarse one loses least.
    #[must_use]
    pub fn for_kinds(kinds: impl IntoIterator<Item = u8>) -> Self {
        let defaults = Self::default();
        if kinds.into_iter().all(|k| defaults.kinds.knows(k)) {
            defaults
        } else {
            Self {
                kinds: KindTable::storms(),
                quiet_kind: None,
                ..defaults
            }
        }
    }

    /// Standard deviation per axis, kilometres, of a report's place.
    pub(crate) fn place_sigma_km(&self, kind: u8, unc_m: f32) -> f64 {
        let stated = if unc_m.is_finite() && unc_m > 0.0 {
            unc_m
        } else {
            self.default_unc_m
        };
        let sigma = (f64::from(stated) / 1000.0 * self.place_scale)
            .clamp(self.place_floor_km, self.place_ceiling_km);
        sigma.hypot(self.kinds.grid_sigma_km(kind))
    }
}
