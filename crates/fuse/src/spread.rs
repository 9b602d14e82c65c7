//! Things that last, spread or move: reports are chained to the nearest reports of the same kind.
//!
//! A report continues an incident when the squares of distance over reach and of time over duration add up to at
//! most one. A report that continues two incidents joins them if it is close to both. This is single linkage (DBSCAN with two
//! points) done as reports come in, with a guard against chaining; a moving thing stays one incident as long as its reports follow each other closely.

use crate::engine::{Change, Fuse};
use crate::geo::Plane;
use crate::index::{Entry, Index};
use crate::sighting::IncidentId;
use crate::store::NONE;

/// Two incidents become one only over a report that is within half the reach of the farther one: chains of chance
/// neighbours are what single linkage suffers from most. Square of a share of the reach.
const BRIDGE: f64 = 0.25;

/// Reports per cell that are compared with new ones; in a cell with more, the oldest step back.
pub(crate) const PER_CELL: usize = 64;

impl Fuse {
    pub(crate) fn place_spread(
        &mut self,
        slot: u32,
        reach_km: f64,
        lasts_s: u32,
        change: &mut Change,
    ) -> IncidentId {
        let r = self.reports[slot as usize];
        // A statement wider than this would tie together what has nothing to do with each other.
        let widest_km = reach_km.max(2.0);
        let stated_km = |unc_m: f32| (f64::from(unc_m.max(0.0)) / 1000.0).min(widest_km);
        let layer = self.layer(r.s.kind);
        let cell_km = reach_km.clamp(1.0, 200.0);
        let index = self
            .spreads
            .entry(layer)
            .or_insert_with(|| Index::new(cell_km));
        let plane = Plane::about(r.s.lat, r.s.lon);
        let duration = f64::from(lasts_s.max(1));
        let unc = stated_km(r.s.unc_m);
        let reports = &self.reports;
        let mut found: Vec<(f64, u32)> = Vec::new();
        index.around(
            r.s.lat,
            r.s.lon,
            reach_km.hypot(unc).hypot(widest_km),
            |e| {
                let (x, y) = plane.xy(e.lat, e.lon);
                let other = &reports[e.slot as usize];
                let reach = reach_km.hypot(unc).hypot(stated_km(other.s.unc_m));
                let t = (e.time - r.s.seen) as f64 / duration;
                let d2 = (x * x + y * y) / (reach * reach) + t * t;
                if d2 <= 1.0 {
                    found.push((d2, other.incident));
                }
            },
        );
        let ids = |i: u32| self.incidents[i as usize].id;
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(ids(a.1).cmp(&ids(b.1))));
        let at = match found.first() {
            Some(&(_, at)) => {
                let earlier = self.by_same_source(slot).iter().copied().find(|&e| {
                    let other = &self.reports[e as usize];
                    e != slot && other.incident == at && other.root == e
                });
                self.join(slot, at, earlier.unwrap_or(slot));
                at
            }
            None => self.open(slot),
        };
        let index = self
            .spreads
            .entry(layer)
            .or_insert_with(|| Index::new(cell_km));
        let cell = index.cell(r.s.lat, r.s.lon);
        index.insert_bounded(
            cell,
            Entry {
                slot,
                time: r.s.seen,
                lat: r.s.lat,
                lon: r.s.lon,
            },
            PER_CELL,
        );
        let on_arrival = self.incidents[at as usize].id;
        let mut into = at;
        let mut others: Vec<u32> = found
            .iter()
            .filter(|f| f.1 == at || f.0 <= BRIDGE)
            .map(|f| f.1)
            .collect();
        others.sort_unstable_by_key(|&i| self.incidents[i as usize].id);
        others.dedup();
        if self.p.revise_s > 0 && others.len() > 1 {
            into = others[0];
            for &from in &others[1..] {
                self.chain(from, into, change);
            }
        }
        change.touched.push(self.incidents[into as usize].id);
        on_arrival
    }

    /// All of one incident's reports join another one.
    fn chain(&mut self, from: u32, into: u32, change: &mut Change) {
        let members = std::mem::take(&mut self.incidents[from as usize].members);
        let id = self.incidents[into as usize].id;
        for m in members {
            let root = self.reports[m as usize].root;
            self.reports[m as usize].incident = NONE;
            let earlier = if root == m {
                self.by_same_source(m).iter().copied().find(|&e| {
                    let other = &self.reports[e as usize];
                    other.incident == into && other.root == e
                })
            } else {
                // Its root has gone before it and may itself have become a repeat.
                Some(self.reports[root as usize].root)
            };
            self.join(m, into, earlier.unwrap_or(m));
            change.moved.push((self.reports[m as usize].s.report, id));
        }
        self.dissolve(from, into, change);
    }

    /// Reports of one layer are compared with each other: each known kind by itself, all others together.
    fn layer(&self, kind: u8) -> u16 {
        if self.p.kinds.knows(kind) {
            u16::from(kind)
        } else {
            256
        }
    }

    pub(crate) fn leave_spread(&mut self, members: &[u32]) {
        for &m in members {
            let s = self.reports[m as usize].s;
            let layer = self.layer(s.kind);
            if let Some(index) = self.spreads.get_mut(&layer) {
                let cell = index.cell(s.lat, s.lon);
                index.remove(cell, m);
            }
        }
    }
}
