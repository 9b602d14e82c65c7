//! Live reports and incidents: two slabs with free lists, and the small sums that an incident keeps.

use crate::clock::{Class, Clock, Residuals};
use crate::geo::Plane;
use crate::kinds::{KindTable, TABLE_KINDS};
use crate::quiet::QuietWord;
use crate::sighting::{IncidentId, Sighting, Verdict};

/// A number for "none" in the slabs.
pub(crate) const NONE: u32 = u32::MAX;

/// A report that is still live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveReport {
    pub(crate) s: Sighting,
    pub(crate) sigma_km: f64,
    pub(crate) class: Class,
    /// The incident's slot, or [`NONE`] for a free entry.
    pub(crate) incident: u32,
    /// The first report that this one repeats, or itself.
    pub(crate) root: u32,
    /// Logarithm of the odds of its incident over the next best, when last looked at.
    pub(crate) margin: f32,
    /// How much it may count, set from outside.
    pub(crate) discount: f32,
    /// Score within its incident when last looked at.
    pub(crate) own: f32,
}

/// A live incident.
#[derive(Clone)]
pub(crate) struct LiveIncident {
    pub(crate) id: IncidentId,
    pub(crate) plane: Plane,
    /// Slots of all reports, repeats included, in order of arrival.
    pub(crate) members: Vec<u32>,
    /// Reports that are no repeats.
    pub(crate) primaries: u32,
    pub(crate) place: PlaceSums,
    pub(crate) clock: Option<Box<Clock>>,
    pub(crate) truth: [f32; TABLE_KINDS],
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    pub(crate) verdict: Verdict,
    /// Quiet reports that speak against it.
    pub(crate) quiet: Vec<QuietWord>,
    pub(crate) live: bool,
}

/// What places add up to, in the plane of the incident: weights in 1/km².
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PlaceSums {
    pub(crate) w: f64,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl PlaceSums {
    pub(crate) fn add(&mut self, x: f64, y: f64, sigma: f64) {
        let w = 1.0 / (sigma * sigma);
        self.w += w;
        self.x += w * x;
        self.y += w * y;
    }

    /// Mean and variance per axis; nothing is known without a report.
    pub(crate) fn mean(&self) -> (f64, f64, f64) {
        let w = self.w.max(1e-9);
        (self.x / w, self.y / w, 1.0 / w)
    }
}

impl LiveIncident {
    /// Position of the mean.
    pub(crate) fn position(&self) -> (f64, f64) {
        let (x, y, _) = self.place.mean();
        self.plane.position(x, y)
    }

    pub(crate) fn add_kind(&mut self, kinds: &KindTable, kind: u8) {
        if !kinds.knows(kind) {
            return;
        }
        let mut sum = 0.0;
        for (p, likelihood) in self.truth.iter_mut().zip(kinds.likelihoods(kind)) {
            *p *= likelihood;
            sum += *p;
        }
        if sum > 0.0 {
            for p in &mut self.truth {
                *p /= sum;
            }
        }
    }

    /// Takes in the place and time of a report; its kind is settled apart.
    pub(crate) fn weigh(&mut self, r: &LiveReport, residuals: &Residuals) {
        let (x, y) = self.plane.xy(r.s.lat, r.s.lon);
        self.place.add(x, y, r.sigma_km);
        if let Some(clock) = &mut self.clock {
            clock.add(residuals, r.class, r.s.seen, r.s.at);
        }
    }

    /// Recomputes place, time and kind from the members, leaving one out.
    pub(crate) fn settle(
        &mut self,
        held: &[LiveReport],
        residuals: &Residuals,
        kinds: &KindTable,
        without: u32,
    ) {
        self.place = PlaceSums::default();
        if let Some(clock) = &mut self.clock {
            clock.reset();
        }
        self.truth.copy_from_slice(kinds.prior());
        self.primaries = 0;
        for i in 0..self.members.len() {
            let m = self.members[i];
            let r = &held[m as usize];
            if m != without && r.root == m {
                self.primaries += 1;
                self.weigh(r, residuals);
                self.add_kind(kinds, r.s.kind);
            }
        }
    }
}
