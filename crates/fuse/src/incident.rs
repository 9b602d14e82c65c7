//! What the desk sees of an incident: a plain value computed on demand.

use serde::Serialize;

use crate::confidence;
use crate::engine::Fuse;
use crate::sighting::{HowKnown, IncidentId, Verdict};

/// Whether a report speaks for an incident or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    /// It describes the same.
    For,
    /// Its kind contradicts the leading kind, or it says that it is quiet.
    Against,
}

/// One report's part in an incident.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Voice {
    /// The report's number.
    pub report: u64,
    /// For or against.
    pub stance: Stance,
    /// How much it counts, 0..=1: nothing for a repeat, less for what was heard or told, times any discount.
    pub weight: f32,
    /// The earlier report by the same person that this one repeats.
    pub repeat_of: Option<u64>,
}

/// What is believed to have happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// Latitude of the most likely place, degrees.
    pub lat: f64,
    /// Longitude of the most likely place, degrees.
    pub lon: f64,
    /// Radius about it that holds the true place (of what spreads: the reports) with 68 %, metres.
    pub radius_m: f32,
    /// The leading kind.
    pub kind: u8,
    /// Kinds by probability (of what spreads: by share of reports), most likely first, those above 1 %.
    pub kinds: Vec<(u8, f32)>,
    /// Most likely moment, or the first stated time of what lasts, unix seconds.
    pub when: i64,
    /// Earliest stated time, unix seconds.
    pub first_seen: i64,
    /// Latest stated time, unix seconds.
    pub last_seen: i64,
    /// Arrival of the first report, unix seconds.
    pub first_at: i64,
    /// Arrival of the latest report, unix seconds.
    pub last_at: i64,
    /// Different people who report it, for or against by kind, quiet ones not counted.
    pub sources: u32,
    /// The same for those in favour, after weights and discounts.
    pub independent: f32,
    /// Every report with its part, in order of arrival; quiet ones last.
    pub reports: Vec<Voice>,
    /// Probability that the incident is real, 0..=1; see the design note on fusing for its calibration.
    pub confidence: f32,
    /// Admiralty grade: a letter for how the authors know, a digit for how credible the incident is.
    pub grade: String,
    /// The analyst's verdict.
    pub verdict: Verdict,
}

/// A kind that the leading one is reported as less often than this contradicts it.
const CONTRADICTS: f32 = 0.03;

impl Fuse {
    pub(crate) fn view(&self, at: u32) -> Incident {
        let incident = &self.incidents[at as usize];
        let (lat, lon) = incident.position();
        let kinds = self.kind_shares(at);
        let kind = kinds.first().map_or(0, |k| k.0);
        let likelihood = |reported: u8| {
            if self.p.kinds.knows(kind) && self.p.kinds.knows(reported) && incident.clock.is_some()
            {
                self.p.kinds.likelihoods(reported)[usize::from(kind)]
            } else {
                1.0
            }
        };
        let mut reports = Vec::with_capacity(incident.members.len() + incident.quiet.len());
        let mut sources: Vec<u64> = Vec::with_capacity(incident.members.len());
        // The strongest word of each person in favour, so that nobody counts twice.
        let mut favour: Vec<(u64, f32)> = Vec::new();
        let mut against: Vec<u64> = Vec::new();
        let mut best_known = None::<HowKnown>;
        let mut seen_by = 0;
        for &m in &incident.members {
            let r = &self.reports[m as usize];
            let repeat = r.root != m;
            let stance = if likelihood(r.s.kind) < CONTRADICTS {
                Stance::Against
            } else {
                Stance::For
            };
            let weight = if repeat {
                0.0
            } else {
                confidence::first_hand(r.s.how_known) * r.discount
            };
            sources.push(r.s.source);
            if stance == Stance::For && !repeat {
                best_known = Some(best_known.map_or(r.s.how_known, |b| b.min(r.s.how_known)));
                seen_by += u32::from(r.s.how_known == HowKnown::Seen);
                favour.push((r.s.source, weight));
            } else if stance == Stance::Against && !repeat {
                against.push(r.s.source);
            }
            let repeat_of = repeat.then(|| self.reports[r.root as usize].s.report);
            reports.push(Voice {
                report: r.s.report,
                stance,
                weight,
                repeat_of,
            });
        }
        sources.sort_unstable();
        sources.dedup();
        for q in &incident.quiet {
            // Who reports the incident and later says that it is quiet has seen it end.
            let weight = if sources.contains(&q.source) {
                0.0
            } else {
                1.0
            };
            if weight > 0.0 {
                against.push(q.source);
            }
            reports.push(Voice {
                report: q.report,
                stance: Stance::Against,
                weight,
                repeat_of: None,
            });
        }
        favour.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        favour.dedup_by_key(|f| f.0);
        against.sort_unstable();
        against.dedup();
        against.retain(|s| favour.binary_search_by_key(s, |f| f.0).is_err());
        let independent: f32 = favour.iter().map(|f| f.1).sum();
        let confidence =
            confidence::confidence(&self.p, independent, against.len(), incident.verdict);
        Incident {
            id: incident.id,
            lat,
            lon,
            radius_m: self.radius_m(at),
            kind,
            kinds,
            when: incident
                .clock
                .as_ref()
                .map_or(incident.first_seen, |c| c.mean()),
            first_seen: incident.first_seen,
            last_seen: incident.last_seen,
            first_at: incident.first_at,
            last_at: incident.last_at,
            sources: sources.len() as u32,
            independent,
            grade: confidence::grade(best_known, seen_by, confidence, independent),
            reports,
            confidence,
            verdict: incident.verdict,
        }
    }

    fn kind_shares(&self, at: u32) -> Vec<(u8, f32)> {
        let incident = &self.incidents[at as usize];
        let mut shares: Vec<(u8, f32)> = Vec::new();
        if incident.clock.is_some() && incident.members.iter().any(|&m| self.knows_kind_of(m)) {
            shares.extend(
                incident
                    .truth
                    .iter()
                    .enumerate()
                    .map(|(k, &p)| (k as u8, p)),
            );
        } else {
            let first_ones = incident
                .members
                .iter()
                .map(|&m| (m, &self.reports[m as usize]));
            let mut total = 0.0;
            for (_, r) in first_ones.filter(|(m, r)| r.root == *m) {
                total += 1.0;
                match shares.iter_mut().find(|s| s.0 == r.s.kind) {
                    Some(s) => s.1 += 1.0,
                    None => shares.push((r.s.kind, 1.0)),
                }
            }
            for s in &mut shares {
                s.1 /= total;
            }
        }
        shares.retain(|s| s.1 > 0.01);
        shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        shares
    }

    fn knows_kind_of(&self, m: u32) -> bool {
        self.p.kinds.knows(self.reports[m as usize].s.kind)
    }

    fn radius_m(&self, at: u32) -> f32 {
        // 68 % of a round Gaussian lies within sqrt(-2 ln 0.32) = 1.51 standard deviations per axis.
        const WITHIN_68: f64 = 1.51;
        let incident = &self.incidents[at as usize];
        let (mx, my, variance) = incident.place.mean();
        if incident.clock.is_some() {
            return (WITHIN_68 * variance.sqrt() * 1000.0) as f32;
        }
        let mut distances: Vec<f64> = incident
            .members
            .iter()
            .map(|&m| {
                let s = &self.reports[m as usize].s;
                let (x, y) = incident.plane.xy(s.lat, s.lon);
                (x - mx).hypot(y - my)
            })
            .collect();
        distances.sort_by(f64::total_cmp);
        let at_68 = distances
            .get(distances.len() * 68 / 100)
            .copied()
            .unwrap_or(0.0);
        (at_68.max(WITHIN_68 * variance.sqrt()) * 1000.0) as f32
    }
}
