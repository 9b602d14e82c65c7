//! The streaming engine: what is kept, how a report comes in, how incidents close.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::{Clock, Residuals};
use crate::geo::{Plane, sane_lat, sane_lon};
use crate::hash::FastMap;
use crate::incident::Incident;
use crate::index::{Entry, Index};
use crate::kinds::Shape;
use crate::parameters::Parameters;
use crate::sighting::{IncidentId, Sighting, Verdict};
use crate::store::{LiveIncident, LiveReport, NONE, PlaceSums};

/// What one call changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Change {
    /// The incident the report was put into on arrival, which may have become part of another one in the same call
    /// (then it is in `gone`); `None` where there was no report to put (a verdict, the
    /// passing of time) or where a quiet report found nothing to speak against.
    pub incident: Option<IncidentId>,
    /// Live incidents whose view may differ from before, in order, without repeats.
    pub touched: Vec<IncidentId>,
    /// Incidents that ceased to be, with the one that took over most of their reports.
    pub gone: Vec<(IncidentId, IncidentId)>,
    /// Reports that changed their incident after arrival, with the new one, in order of the changes.
    pub moved: Vec<(u64, IncidentId)>,
    /// Incidents that closed; the engine has forgotten them.
    pub closed: Vec<Incident>,
}

/// The engine. Its state is a function of the parameters and of the calls made, in order.
pub struct Fuse {
    pub(crate) p: Parameters,
    pub(crate) residuals: Residuals,
    pub(crate) reports: Vec<LiveReport>,
    free_reports: Vec<u32>,
    pub(crate) incidents: Vec<LiveIncident>,
    free_incidents: Vec<u32>,
    pub(crate) cells: Vec<u64>,
    pub(crate) moments: Index,
    /// Reports of what spreads, by layer (see `spread`).
    pub(crate) spreads: FastMap<u16, Index>,
    by_report: FastMap<u64, u32>,
    by_source: FastMap<u64, Vec<u32>>,
    by_id: FastMap<u64, u32>,
    /// When to look whether incidents close: unix minutes to slots.
    due: BTreeMap<i64, Vec<(u32, IncidentId)>>,
    next_id: u64,
    pub(crate) now: i64,
}

/// Reports by one source that are remembered while they are live.
const RECENT_BY_SOURCE: usize = 16;

impl Fuse {
    /// An engine that has seen nothing.
    #[must_use]
    pub fn new(parameters: Parameters) -> Self {
        let residuals = Residuals::new(&parameters);
        Self {
            residuals,
            moments: Index::new(6.0),
            spreads: FastMap::default(),
            p: parameters,
            reports: Vec::new(),
            free_reports: Vec::new(),
            incidents: Vec::new(),
            free_incidents: Vec::new(),
            cells: Vec::new(),
            by_report: FastMap::default(),
            by_source: FastMap::default(),
            by_id: FastMap::default(),
            due: BTreeMap::new(),
            next_id: 1,
            now: i64::MIN / 4,
        }
    }

    /// An engine that has seen nothing and numbers its first incident `first`: it goes on after another one without
    /// ever using a number again.
    #[must_use]
    pub fn numbering_from(parameters: Parameters, first: u64) -> Self {
        Self {
            next_id: first,
            ..Self::new(parameters)
        }
    }

    /// The number of the next incident.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next_id
    }

    /// The settings.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.p
    }

    /// Takes in a report. The clock moves to its arrival; one that arrives before the clock counts as arriving now
    /// for closing, and its own arrival time is kept. A live report's number again changes nothing.
    pub fn report(&mut self, sighting: &Sighting) -> Change {
        let mut change = Change::default();
        let s = sane(sighting);
        self.close_until(s.at, &mut change);
        if let Some(&slot) = self.by_report.get(&s.report) {
            let incident = self.reports[slot as usize].incident;
            change.incident = (incident != NONE).then(|| self.incidents[incident as usize].id);
            return change;
        }
        if self.p.quiet_kind == Some(s.kind) {
            self.quiet(s, &mut change);
            return change;
        }
        let slot = self.hold(s);
        let incident = match self.p.kinds.shape(s.kind) {
            Shape::Moment => self.place_moment(slot, &mut change),
            Shape::Spread { reach_km, lasts_s } => {
                self.place_spread(slot, f64::from(reach_km), lasts_s, &mut change)
            }
        };
        change.incident = Some(incident);
        self.finish(&mut change);
        change
    }

    /// Moves the clock and closes incidents that have had no report for long. Time never moves back.
    pub fn advance(&mut self, now: i64) -> Change {
        let mut change = Change::default();
        self.close_until(now, &mut change);
        change
    }

    /// Records an analyst's verdict; `None` if there is no such live incident.
    pub fn verdict(&mut self, incident: IncidentId, verdict: Verdict) -> Option<Change> {
        let slot = *self.by_id.get(&incident.0)?;
        self.incidents[slot as usize].verdict = verdict;
        Some(Change {
            touched: vec![incident],
            ..Change::default()
        })
    }

    /// Says how much a live report may count, 0..=1: the hook for discounts that need knowledge from outside (a
    /// shared cell, courier, photo or phrase). `None` if the report is not live. The incident it is in does not
    /// change, only what is believed of it.
    pub fn discount(&mut self, report: u64, weight: f32) -> Option<Change> {
        let r = &mut self.reports[*self.by_report.get(&report)? as usize];
        r.discount = if weight.is_finite() {
            weight.clamp(0.0, 1.0)
        } else {
            1.0
        };
        let touched = vec![self.incidents[r.incident as usize].id];
        Some(Change {
            touched,
            ..Change::default()
        })
    }

    /// The live incident with this number.
    #[must_use]
    pub fn incident(&self, id: IncidentId) -> Option<Incident> {
        self.by_id.get(&id.0).map(|&slot| self.view(slot))
    }

    /// All live incidents, in order of their numbers.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        let mut slots: Vec<u32> = self.by_id.values().copied().collect();
        slots.sort_unstable_by_key(|&s| self.incidents[s as usize].id);
        slots.into_iter().map(|s| self.view(s)).collect()
    }

    /// The incident that holds a live report.
    #[must_use]
    pub fn incident_of(&self, report: u64) -> Option<IncidentId> {
        let r = &self.reports[*self.by_report.get(&report)? as usize];
        (r.incident != NONE).then(|| self.incidents[r.incident as usize].id)
    }

    /// Numbers of live incidents and live reports: what memory grows with.
    #[must_use]
    pub fn live(&self) -> (usize, usize) {
        (self.by_id.len(), self.by_report.len())
    }

    /// Keeps a report that belongs to no incident yet.
    pub(crate) fn hold(&mut self, s: Sighting) -> u32 {
        let class = Residuals::class(s.seen, s.seen_unc_s);
        let sigma_km = self.p.place_sigma_km(s.kind, s.unc_m);
        let held = LiveReport {
            s,
            sigma_km,
            class,
            incident: NONE,
            root: NONE,
            margin: 0.0,
            own: 0.0,
            discount: 1.0,
        };
        let slot = if let Some(slot) = self.free_reports.pop() {
            self.reports[slot as usize] = held;
            slot
        } else {
            self.reports.push(held);
            (self.reports.len() - 1) as u32
        };
        self.reports[slot as usize].root = slot;
        self.by_report.insert(s.report, slot);
        let recent = self.by_source.entry(s.source).or_default();
        if recent.len() >= RECENT_BY_SOURCE {
            recent.remove(0);
        }
        recent.push(slot);
        slot
    }

    /// Live reports by the author of `slot` other than itself, latest last.
    pub(crate) fn by_same_source(&self, slot: u32) -> &[u32] {
        let source = self.reports[slot as usize].s.source;
        self.by_source.get(&source).map_or(&[], Vec::as_slice)
    }

    /// Opens an incident with this report as its first.
    pub(crate) fn open(&mut self, slot: u32) -> u32 {
        let r = self.reports[slot as usize];
        let id = IncidentId(self.next_id);
        self.next_id += 1;
        let moment = self.p.kinds.shape(r.s.kind) == Shape::Moment;
        let mut incident = LiveIncident {
            id,
            plane: Plane::about(r.s.lat, r.s.lon),
            members: vec![slot],
            primaries: 1,
            place: PlaceSums::default(),
            clock: moment.then(|| Box::new(Clock::about(r.s.seen))),
            truth: [0.0; crate::kinds::TABLE_KINDS],
            first_at: r.s.at,
            last_at: r.s.at,
            first_seen: r.s.seen,
            last_seen: r.s.seen,
            verdict: Verdict::Open,
            quiet: Vec::new(),
            live: true,
        };
        incident.truth.copy_from_slice(self.p.kinds.prior());
        incident.weigh(&r, &self.residuals);
        incident.add_kind(&self.p.kinds, r.s.kind);
        let at = if let Some(at) = self.free_incidents.pop() {
            self.incidents[at as usize] = incident;
            at
        } else {
            self.incidents.push(incident);
            self.cells.push(0);
            (self.incidents.len() - 1) as u32
        };
        self.reports[slot as usize].incident = at;
        self.by_id.insert(id.0, at);
        if moment {
            let cell = self.moments.cell(r.s.lat, r.s.lon);
            self.cells[at as usize] = cell;
            self.moments.insert(
                cell,
                Entry {
                    slot: at,
                    time: r.s.seen,
                    lat: r.s.lat,
                    lon: r.s.lon,
                },
            );
        }
        self.schedule(at);
        at
    }

    /// Puts a report, a repeat of `root` or a first one, into an incident.
    pub(crate) fn join(&mut self, slot: u32, at: u32, root: u32) {
        let r = &mut self.reports[slot as usize];
        r.incident = at;
        r.root = root;
        let r = *r;
        let incident = &mut self.incidents[at as usize];
        incident.members.push(slot);
        incident.first_at = incident.first_at.min(r.s.at);
        incident.last_at = incident.last_at.max(r.s.at);
        incident.first_seen = incident.first_seen.min(r.s.seen);
        incident.last_seen = incident.last_seen.max(r.s.seen);
        if root == slot {
            incident.primaries += 1;
            incident.weigh(&r, &self.residuals);
            incident.add_kind(&self.p.kinds, r.s.kind);
            self.reindex(at);
        }
    }

    /// Brings the index entry of an incident up to date.
    pub(crate) fn reindex(&mut self, at: u32) {
        let incident = &self.incidents[at as usize];
        let Some(clock) = &incident.clock else { return };
        let (lat, lon) = incident.position();
        let cell = self.moments.cell(lat, lon);
        let entry = Entry {
            slot: at,
            time: clock.mean(),
            lat,
            lon,
        };
        self.moments.update(self.cells[at as usize], cell, entry);
        self.cells[at as usize] = cell;
    }

    /// Recomputes times of first and last report from the members.
    pub(crate) fn respan(&mut self, at: u32) {
        let incident = &mut self.incidents[at as usize];
        let reports = &self.reports;
        let times = |f: fn(&Sighting) -> i64| {
            incident
                .members
                .iter()
                .map(move |&m| f(&reports[m as usize].s))
        };
        let span = (
            times(|s| s.at).min().unwrap_or(incident.first_at),
            times(|s| s.at).max().unwrap_or(incident.last_at),
            times(|s| s.seen).min().unwrap_or(incident.first_seen),
            times(|s| s.seen).max().unwrap_or(incident.last_seen),
        );
        (
            incident.first_at,
            incident.last_at,
            incident.first_seen,
            incident.last_seen,
        ) = span;
    }

    /// Ends an incident whose reports have all gone to `into`.
    pub(crate) fn dissolve(&mut self, at: u32, into: u32, change: &mut Change) {
        let incident = &mut self.incidents[at as usize];
        let id = incident.id;
        incident.live = false;
        incident.members = Vec::new();
        let quiet = std::mem::take(&mut incident.quiet);
        let verdict = incident.verdict;
        let moment = incident.clock.take().is_some();
        let heir = &mut self.incidents[into as usize];
        for q in quiet {
            if heir.quiet.iter().all(|known| known.report != q.report) {
                heir.quiet.push(q);
            }
        }
        if heir.verdict == Verdict::Open {
            heir.verdict = verdict;
        }
        change.gone.push((id, heir.id));
        self.by_id.remove(&id.0);
        if moment {
            self.moments.remove(self.cells[at as usize], at);
        }
        self.free_incidents.push(at);
    }

    fn keep_s(&self, at: u32) -> i64 {
        let incident = &self.incidents[at as usize];
        if incident.clock.is_some() {
            return self.p.keep_s;
        }
        let kind = incident
            .members
            .first()
            .map_or(0, |&m| self.reports[m as usize].s.kind);
        match self.p.kinds.shape(kind) {
            Shape::Moment => self.p.keep_s,
            Shape::Spread { lasts_s, .. } => i64::from(lasts_s).max(self.p.keep_s),
        }
    }

    fn schedule(&mut self, at: u32) {
        let incident = &self.incidents[at as usize];
        // Late reports must still find what they belong to, so the arrival counts, not the stated time.
        let due = incident
            .last_at
            .max(self.now)
            .saturating_add(self.keep_s(at))
            .div_euclid(60)
            + 1;
        self.due.entry(due).or_default().push((at, incident.id));
    }

    fn close_until(&mut self, now: i64, change: &mut Change) {
        self.now = self.now.max(now);
        let minute = self.now.div_euclid(60);
        while let Some(entry) = self.due.first_entry() {
            if *entry.key() > minute {
                break;
            }
            for (at, id) in entry.remove() {
                let incident = &self.incidents[at as usize];
                if !incident.live || incident.id != id {
                    continue;
                }
                if incident.last_at.saturating_add(self.keep_s(at)) > self.now {
                    let due = incident
                        .last_at
                        .saturating_add(self.keep_s(at))
                        .div_euclid(60)
                        + 1;
                    self.due
                        .entry(due.max(minute + 1))
                        .or_default()
                        .push((at, id));
                } else {
                    change.closed.push(self.view(at));
                    self.close(at);
                }
            }
        }
    }

    fn close(&mut self, at: u32) {
        let incident = &mut self.incidents[at as usize];
        incident.live = false;
        let members = std::mem::take(&mut incident.members);
        incident.quiet = Vec::new();
        self.by_id.remove(&incident.id.0);
        if incident.clock.take().is_some() {
            self.moments.remove(self.cells[at as usize], at);
        } else {
            self.leave_spread(&members);
        }
        self.free_incidents.push(at);
        for slot in members {
            self.forget(slot);
        }
    }

    /// Forgets a report that no live incident holds.
    pub(crate) fn forget(&mut self, slot: u32) {
        let s = self.reports[slot as usize].s;
        self.reports[slot as usize].incident = NONE;
        self.by_report.remove(&s.report);
        if let Some(recent) = self.by_source.get_mut(&s.source) {
            recent.retain(|&r| r != slot);
            if recent.is_empty() {
                self.by_source.remove(&s.source);
            }
        }
        self.free_reports.push(slot);
    }

    pub(crate) fn finish(&self, change: &mut Change) {
        change.touched.sort_unstable();
        change.touched.dedup();
        change.touched.retain(|id| self.by_id.contains_key(&id.0));
    }
}

fn sane(s: &Sighting) -> Sighting {
    // Far beyond any date, and far from the ends of the integers, so that differences cannot overflow.
    const FAR: i64 = 1 << 50;
    Sighting {
        at: s.at.clamp(-FAR, FAR),
        seen: s.seen.clamp(-FAR, FAR),
        lat: sane_lat(s.lat),
        lon: sane_lon(s.lon),
        heading: s.heading.filter(|h| *h < 8),
        ..*s
    }
}
