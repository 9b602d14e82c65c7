//! Which incident of a moment a report belongs to: likelihoods, the choice on arrival, and its revision.
//!
//! A report either repeats an earlier one of its author, or is one more account of a live incident, or is the first
//! of a new one. Each has a density over place, time and kind; the largest wins. New incidents are weighed by the
//! rate at which incidents begin here and now: a low floor everywhere plus an echo of every incident nearby, so
//! that the rate follows the density of events by itself.

use crate::engine::{Change, Fuse};
use crate::geo::Plane;
use crate::sighting::IncidentId;
use crate::store::{LiveReport, NONE};

/// One incident that a report may belong to.
#[derive(Debug, Clone, Copy)]
struct Choice {
    incident: u32,
    score: f64,
    /// The report that this one repeats, or [`NONE`].
    root: u32,
}

/// All that a report may belong to.
struct Choices {
    list: Vec<Choice>,
    /// Score of a new incident.
    fresh: f64,
}

/// Incidents whose moment is further than this from the stated time are not looked at, seconds.
const TIME_GATE_S: i64 = 1_300;
/// Neighbours looked at in a revision.
const NEIGHBOURS: usize = 6;
/// Rounds of revision that one report may set off.
const ROUNDS: usize = 3;
/// A report is moved only for odds better than this (natural logarithm), so that labels do not flicker.
const HYSTERESIS: f64 = 0.2;
/// Reports that were surer than this of their incident are not looked at again (natural logarithm of odds).
const SURE: f32 = 4.0;
/// Reports looked at again in one round, the latest first.
const LOOKS: usize = 32;
/// In an incident with more accounts than this, none is looked at again: so many agree on place and moment, and the
/// work would grow with their square.
const CROWD: u32 = 200;

impl Fuse {
    pub(crate) fn place_moment(&mut self, slot: u32, change: &mut Change) -> IncidentId {
        let choices = self.choices(slot, NONE);
        let best = choices
            .list
            .first()
            .copied()
            .filter(|c| c.score >= choices.fresh);
        let at = match best {
            Some(c) => {
                self.join(slot, c.incident, if c.root == NONE { slot } else { c.root });
                c.incident
            }
            None => self.open(slot),
        };
        let second = if best.is_some() {
            choices.list.get(1)
        } else {
            choices.list.first()
        };
        let second = second.map_or(f64::NEG_INFINITY, |c| c.score);
        let (own, other) = match best {
            Some(c) => (c.score, second.max(choices.fresh)),
            None => (choices.fresh, second),
        };
        let r = &mut self.reports[slot as usize];
        r.own = own as f32;
        r.margin = (own - other) as f32;
        let id = self.incidents[at as usize].id;
        change.touched.push(id);
        if best.is_none_or(|c| c.root == NONE) && self.p.revise_s > 0 {
            self.revise(at, &choices, change);
        }
        id
    }

    /// Scores of all that a report may belong to, best first. `without` is the incident that the report has been
    /// taken out of, if that left it empty.
    fn choices(&self, slot: u32, without: u32) -> Choices {
        let r = &self.reports[slot as usize];
        let p = &self.p;
        let reach2 = p.echo_km * p.echo_km;
        let gate_km = (3.0 + 4.0 * r.sigma_km).min(p.echo_km);
        let plane = Plane::about(r.s.lat, r.s.lon);
        let recent = self.by_same_source(slot);
        let mut list: Vec<Choice> = Vec::with_capacity(16);
        let mut echo = 0.0;
        let mut near = |entry: &crate::index::Entry| {
            let dt = (entry.time - r.s.seen).abs();
            let hour_off = (dt - 3_600).abs() < TIME_GATE_S;
            if dt as f64 > p.echo_s && dt > TIME_GATE_S && !hour_off || entry.slot == without {
                return;
            }
            let (x, y) = plane.xy(entry.lat, entry.lon);
            let d2 = x * x + y * y;
            if d2 >= reach2 {
                return;
            }
            let u = dt as f64 / p.echo_s;
            if u < 1.0 {
                let k = 1.0 - d2 / reach2;
                echo += k * k * (1.0 - u);
            }
            if (dt < TIME_GATE_S || hour_off) && d2 < gate_km * gate_km {
                list.push(Choice {
                    incident: entry.slot,
                    score: 0.0,
                    root: NONE,
                });
            }
        };
        self.moments.around(r.s.lat, r.s.lon, p.echo_km, &mut near);
        // The kernel's integral over the disc and over time.
        let rate = p.fresh_per_km2_h / 3_600.0
            + p.echo * echo * 3.0 / (std::f64::consts::PI * reach2) / p.echo_s;
        let fresh = rate.ln() + self.crowd_first() + self.kind_score(r, p.kinds.prior());
        for c in &mut list {
            c.score = self.account_score(r, slot, c.incident, recent);
        }
        for &earlier in recent {
            let e = &self.reports[earlier as usize];
            if earlier == slot
                || e.incident == NONE
                || e.incident == without
                || e.s.at > r.s.at
                || e.root == slot
            {
                continue;
            }
            if self.incidents[e.incident as usize].clock.is_none() {
                continue;
            }
            let score = self.repeat_score(r, e);
            match list.iter_mut().find(|c| c.incident == e.incident) {
                Some(c) if c.score < score => {
                    *c = Choice {
                        incident: e.incident,
                        score,
                        root: e.root,
                    }
                }
                Some(_) => {}
                None => list.push(Choice {
                    incident: e.incident,
                    score,
                    root: e.root,
                }),
            }
        }
        list.sort_by(|a, b| {
            let id = |c: &Choice| self.incidents[c.incident as usize].id;
            b.score.total_cmp(&a.score).then(id(a).cmp(&id(b)))
        });
        Choices { list, fresh }
    }

    /// Logarithm of the chance that an incident gets its first account, in the units of [`Fuse::crowd_next`].
    fn crowd_first(&self) -> f64 {
        let (a, b) = (self.p.crowd_shape, self.p.crowd_rate);
        (a / (b + 1.0)).ln() + a * (b / (b + 1.0)).ln()
    }

    /// Logarithm of the chance of one more account after `n`.
    fn crowd_next(&self, n: u32) -> f64 {
        ((self.p.crowd_shape + f64::from(n)) / (self.p.crowd_rate + 1.0)).ln()
    }

    fn kind_score(&self, r: &LiveReport, truth: &[f32]) -> f64 {
        if !self.p.kinds.knows(r.s.kind) {
            return 0.0;
        }
        let sum: f32 = truth
            .iter()
            .zip(self.p.kinds.likelihoods(r.s.kind))
            .map(|(t, l)| t * l)
            .sum();
        f64::from(sum.max(1e-9)).ln()
    }

    /// Score of a report as one more account of an incident; `recent` are the live reports of its author.
    fn account_score(&self, r: &LiveReport, slot: u32, at: u32, recent: &[u32]) -> f64 {
        let incident = &self.incidents[at as usize];
        let (x, y) = incident.plane.xy(r.s.lat, r.s.lon);
        let (mx, my, variance) = incident.place.mean();
        let v = variance + r.sigma_km * r.sigma_km;
        let d2 = (x - mx).powi(2) + (y - my).powi(2);
        let place = plane_density(d2, v, self.p.place_tail);
        let Some(clock) = &incident.clock else {
            return f64::NEG_INFINITY;
        };
        let time = clock.density(&self.residuals, r.class, r.s.seen, r.s.at);
        let score = self.crowd_next(incident.primaries)
            + (place * time).ln()
            + self.kind_score(r, &incident.truth);
        let again = recent.iter().any(|&e| {
            let other = &self.reports[e as usize];
            e != slot && other.incident == at && other.root != slot
        });
        if again {
            score + self.p.again.ln()
        } else {
            score
        }
    }

    /// Score of a report as a repeat of an earlier one by the same person.
    fn repeat_score(&self, r: &LiveReport, e: &LiveReport) -> f64 {
        let p = &self.p;
        let (x, y) = Plane::about(e.s.lat, e.s.lon).xy(r.s.lat, r.s.lon);
        let grid = p
            .kinds
            .grid_sigma_km(r.s.kind)
            .hypot(p.kinds.grid_sigma_km(e.s.kind));
        let place = plane_density(
            x * x + y * y,
            p.repeat_km * p.repeat_km + grid * grid,
            p.place_tail,
        );
        let sigma = p
            .repeat_s
            .hypot(f64::from(r.s.seen_unc_s))
            .hypot(f64::from(e.s.seen_unc_s));
        let z = (r.s.seen - e.s.seen) as f64 / sigma;
        let time = (-0.5 * z * z).exp() / (sigma * 2.507) + 1e-9;
        let kind: f64 = if r.s.kind == e.s.kind { 0.94 } else { 0.02 };
        p.repeat_share.ln() + (place * time * kind).ln()
    }

    /// Looks again at reports about which an arrival may have changed the odds, and at pairs of incidents that may
    /// be one.
    fn revise(&mut self, first: u32, choices: &Choices, change: &mut Change) {
        let mut near: Vec<u32> = choices
            .list
            .iter()
            .map(|c| c.incident)
            .filter(|&i| i != first)
            .collect();
        near.truncate(NEIGHBOURS);
        let mut changed = first;
        for _ in 0..ROUNDS {
            let mut next = None;
            let mut look: Vec<u32> = Vec::new();
            for &m in self.incidents[changed as usize]
                .members
                .iter()
                .rev()
                .take(LOOKS)
            {
                let r = &self.reports[m as usize];
                if r.root == m && r.margin < SURE && self.recent(r) {
                    look.push(m);
                }
            }
            for &n in &near {
                if !self.incidents[n as usize].live || n == changed {
                    continue;
                }
                for &m in self.incidents[n as usize].members.iter().rev().take(LOOKS) {
                    let r = &self.reports[m as usize];
                    if r.root == m && self.recent(r) {
                        let score = self.account_score(r, m, changed, self.by_same_source(m));
                        if score > f64::from(r.own) - 1.0 {
                            look.push(m);
                        }
                    }
                }
            }
            look.truncate(LOOKS);
            for m in look {
                if let Some(to) = self.reconsider(m, change) {
                    next = Some(to);
                }
            }
            if self.incidents[changed as usize].live
                && let Some(to) = self.merge_best(changed, &near, change)
            {
                next = Some(to);
            }
            match next {
                Some(to) if self.incidents[to as usize].live => {
                    if !near.contains(&changed) {
                        near.push(changed);
                    }
                    changed = to;
                }
                _ => break,
            }
        }
    }

    fn recent(&self, r: &LiveReport) -> bool {
        r.s.at.saturating_add(self.p.revise_s) >= self.now
    }

    /// Gives a report its best incident, given all others; says where it went if it moved.
    fn reconsider(&mut self, m: u32, change: &mut Change) -> Option<u32> {
        let r = self.reports[m as usize];
        let from = r.incident;
        if r.root != m || from == NONE || self.incidents[from as usize].primaries > CROWD {
            return None;
        }
        let alone = self.incidents[from as usize].primaries == 1;
        let kept = self.incidents[from as usize].clone();
        if !alone {
            let incident = &mut self.incidents[from as usize];
            incident.settle(&self.reports, &self.residuals, &self.p.kinds, m);
        }
        self.reports[m as usize].incident = NONE;
        let choices = self.choices(m, if alone { from } else { NONE });
        self.reports[m as usize].incident = from;
        let stay = if alone {
            choices.fresh
        } else {
            choices
                .list
                .iter()
                .find(|c| c.incident == from && c.root == NONE)
                .map_or(-50.0, |c| c.score)
        };
        let better = choices
            .list
            .iter()
            .find(|c| c.incident != from && c.root == NONE)
            .copied();
        let to_fresh = !alone && better.is_none_or(|b| b.score < choices.fresh);
        let other = if to_fresh {
            choices.fresh
        } else {
            better.map_or(f64::NEG_INFINITY, |b| b.score)
        };
        let moves = other > stay + HYSTERESIS;
        let r = &mut self.reports[m as usize];
        r.own = stay.max(other) as f32;
        r.margin = (stay - other).abs() as f32;
        if !moves {
            r.margin = (stay - other).max(0.0) as f32;
            r.own = stay as f32;
            if !alone {
                self.incidents[from as usize] = kept;
            }
            return None;
        }
        let to = if to_fresh {
            NONE
        } else {
            better.map_or(NONE, |b| b.incident)
        };
        Some(self.transfer(m, to, change))
    }

    /// Moves a first report and its repeats; its weight has already been taken out unless it was alone.
    fn transfer(&mut self, m: u32, to: u32, change: &mut Change) -> u32 {
        let from = self.reports[m as usize].incident;
        let mut followers = Vec::new();
        let reports = &self.reports;
        self.incidents[from as usize].members.retain(|&x| {
            let follows = reports[x as usize].root == m;
            if follows && x != m {
                followers.push(x);
            }
            !follows
        });
        let to = if to == NONE {
            self.open(m)
        } else {
            self.join(m, to, m);
            to
        };
        for &f in &followers {
            self.join(f, to, m);
        }
        let id = self.incidents[to as usize].id;
        change.moved.push((self.reports[m as usize].s.report, id));
        for f in followers {
            change.moved.push((self.reports[f as usize].s.report, id));
        }
        change.touched.push(id);
        if self.incidents[from as usize].members.is_empty() {
            self.dissolve(from, to, change);
        } else {
            self.respan(from);
            self.reindex(from);
            change.touched.push(self.incidents[from as usize].id);
        }
        to
    }

    /// Logarithm of the odds that two incidents are one.
    fn one_score(&self, a: u32, b: u32) -> f64 {
        let (ia, ib) = (&self.incidents[a as usize], &self.incidents[b as usize]);
        let (Some(ca), Some(cb)) = (&ia.clock, &ib.clock) else {
            return f64::NEG_INFINITY;
        };
        let (lat_a, lon_a) = ia.position();
        let (lat_b, lon_b) = ib.position();
        let (x, y) = Plane::about(lat_a, lon_a).xy(lat_b, lon_b);
        let v = ia.place.mean().2 + ib.place.mean().2;
        let place = plane_density(x * x + y * y, v, 0.0).max(1e-30);
        let time = ca.agreement(cb);
        let kind: f64 = ia
            .truth
            .iter()
            .zip(&ib.truth)
            .zip(self.p.kinds.prior())
            .filter(|(_, prior)| **prior > 0.0)
            .map(|((ta, tb), prior)| f64::from(ta * tb / prior))
            .sum();
        let crowd = |n: u32| {
            let mut sum = self.crowd_first();
            for k in 1..n.min(256) {
                sum += self.crowd_next(k);
            }
            sum
        };
        let together =
            crowd(ia.primaries + ib.primaries) - crowd(ia.primaries) - crowd(ib.primaries);
        let evidence = together + (place * time * kind.max(1e-12)).ln();
        // The rate is at least its floor: most pairs need no look at the neighbourhood.
        if evidence < (self.p.fresh_per_km2_h / 3_600.0).ln() {
            return f64::NEG_INFINITY;
        }
        let again = ib
            .members
            .iter()
            .filter(|&&m| {
                let s = self.reports[m as usize].s.source;
                self.reports[m as usize].root == m
                    && ia
                        .members
                        .iter()
                        .any(|&k| self.reports[k as usize].s.source == s)
            })
            .count();
        evidence + again as f64 * self.p.again.ln() - self.rate_at(b, lat_a, lon_a, ca.mean()).ln()
    }

    /// Rate of new incidents per square kilometre and second at a place and time, not counting `b`.
    fn rate_at(&self, b: u32, lat: f64, lon: f64, time: i64) -> f64 {
        let p = &self.p;
        let reach2 = p.echo_km * p.echo_km;
        let plane = Plane::about(lat, lon);
        let mut echo = 0.0;
        self.moments.around(lat, lon, p.echo_km, |e| {
            let u = (e.time - time).abs() as f64 / p.echo_s;
            let (x, y) = plane.xy(e.lat, e.lon);
            let d2 = x * x + y * y;
            if e.slot != b && u < 1.0 && d2 < reach2 {
                let k = 1.0 - d2 / reach2;
                echo += k * k * (1.0 - u);
            }
        });
        p.fresh_per_km2_h / 3_600.0
            + p.echo * echo * 3.0 / (std::f64::consts::PI * reach2) / p.echo_s
    }

    /// Joins an incident with the neighbour that is most likely the same one, if that is more likely than not.
    fn merge_best(&mut self, at: u32, near: &[u32], change: &mut Change) -> Option<u32> {
        let mut best: Option<(f64, u32)> = None;
        for &n in near {
            if n == at || !self.incidents[n as usize].live {
                continue;
            }
            let score = self.one_score(at, n);
            if score > HYSTERESIS && best.is_none_or(|(s, _)| score > s) {
                best = Some((score, n));
            }
        }
        let (_, other) = best?;
        // The older number survives: people may have seen it.
        let (into, from) = if self.incidents[at as usize].id < self.incidents[other as usize].id {
            (at, other)
        } else {
            (other, at)
        };
        if !self.incidents[from as usize]
            .members
            .iter()
            .all(|&m| self.recent(&self.reports[m as usize]))
        {
            return None;
        }
        let members = self.incidents[from as usize].members.clone();
        for &m in &members {
            let root = self.reports[m as usize].root;
            self.join(m, into, root);
            change.moved.push((
                self.reports[m as usize].s.report,
                self.incidents[into as usize].id,
            ));
        }
        self.dissolve(from, into, change);
        change.touched.push(self.incidents[into as usize].id);
        Some(into)
    }
}

/// Density per square kilometre at a squared distance, for a variance per axis: a Gaussian of which a share is
/// three times wider.
fn plane_density(d2: f64, variance: f64, tail: f64) -> f64 {
    let core = (-0.5 * d2 / variance).exp() / (std::f64::consts::TAU * variance);
    let wide = variance * 9.0;
    let far = (-0.5 * d2 / wide).exp() / (std::f64::consts::TAU * wide);
    ((1.0 - tail) * core + tail * far).max(1e-30)
}
