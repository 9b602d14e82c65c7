//! "It is quiet here": a report that starts nothing and speaks against what is said to happen nearby.

use crate::engine::{Change, Fuse};
use crate::geo::Plane;
use crate::kinds::Shape;
use crate::sighting::Sighting;

/// A quiet report, as an incident keeps it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuietWord {
    pub(crate) report: u64,
    pub(crate) source: u64,
}

/// An explosion that nobody hears this long after the moment is no contradiction, seconds.
const STILL_AUDIBLE_S: i64 = 900;
/// Clocks differ: a quiet report counts against a moment up to this long after it, seconds.
const CLOCKS_DIFFER_S: i64 = 300;

impl Fuse {
    /// Notes a quiet report with every live moment in earshot; the nearest one is the report's incident.
    pub(crate) fn quiet(&mut self, s: Sighting, change: &mut Change) {
        let earshot_km = match self.p.kinds.shape(s.kind) {
            Shape::Spread { reach_km, .. } => f64::from(reach_km),
            Shape::Moment => 1.5,
        };
        let plane = Plane::about(s.lat, s.lon);
        let mut near: Vec<(f64, u32)> = Vec::new();
        self.moments.around(s.lat, s.lon, earshot_km, |e| {
            let (x, y) = plane.xy(e.lat, e.lon);
            let d2 = x * x + y * y;
            let age = s.seen - e.time;
            if d2 <= earshot_km * earshot_km && (-CLOCKS_DIFFER_S..=STILL_AUDIBLE_S).contains(&age)
            {
                near.push((d2, e.slot));
            }
        });
        near.sort_by(|a, b| {
            let id = |i: u32| self.incidents[i as usize].id;
            a.0.total_cmp(&b.0).then(id(a.1).cmp(&id(b.1)))
        });
        for &(_, at) in &near {
            let incident = &mut self.incidents[at as usize];
            change.touched.push(incident.id);
            if incident.quiet.iter().all(|q| q.report != s.report) {
                incident.quiet.push(QuietWord {
                    report: s.report,
                    source: s.source,
                });
            }
        }
        change.incident = near.first().map(|&(_, at)| self.incidents[at as usize].id);
        self.finish(change);
    }
}
