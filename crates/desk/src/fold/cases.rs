//! Incidents: what the engine says of them, with what the desk decided.

use std::{collections::HashMap, sync::Arc};

use lapwing_fuse::{Change, IncidentId, Stance};
use lapwing_wire::KeyEpoch;
use serde::{Deserialize, Serialize};

use super::{Fold, KEPT_S};
use crate::{
    api::types::{Decision, Incident, KindShare, Verdict},
    entry::Seq,
    store::{Epoch, IncidentRow, Voice, Who},
};

/// An incident with everything that is kept about it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// As the pages have it.
    pub(crate) incident: Arc<Incident>,
    /// Its reports.
    pub(crate) voices: Arc<[Voice]>,
    /// What was decided, oldest first.
    pub(crate) history: Vec<Decision>,
    /// Version at which the verdict last changed.
    pub(crate) decided: u64,
    /// Whether nothing but whispers speaks for it: then no rule warns of it.
    pub(crate) whispers_only: bool,
    version: u64,
    verdict: Verdict,
    /// The first epoch from which a report is among its reports.
    epoch: Epoch,
}

/// What the `view` of a row holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptView {
    pub(crate) incident: Incident,
    pub(crate) history: Vec<Decision>,
}

impl Case {
    fn new(id: u64) -> Self {
        Self {
            incident: Arc::new(Incident {
                id,
                kind: 0,
                kinds: Vec::new(),
                lat: 0.0,
                lon: 0.0,
                radius_m: 0.0,
                first_seen: 0,
                last_seen: 0,
                last_report: 0,
                sources: 0,
                reports: 0,
                confidence: 0.0,
                grade: String::new(),
                verdict: Verdict::Open,
                version: 0,
                warning: None,
                closed: false,
            }),
            voices: Arc::new([]),
            history: Vec::new(),
            decided: 0,
            whispers_only: false,
            version: 0,
            verdict: Verdict::Open,
            epoch: 0,
        }
    }

    /// One that was closed before the fold began.
    pub(super) fn kept(view: KeptView, voices: Arc<[Voice]>, decided: u64) -> Self {
        Self {
            version: view.incident.version,
            verdict: view.incident.verdict,
            incident: Arc::new(view.incident),
            voices,
            history: view.history,
            decided,
            whispers_only: false,
            epoch: 0,
        }
    }

    /// A report by which the incident is found again.
    pub(crate) fn anchor(&self) -> Seq {
        let own = self.voices.iter().find(|voice| !voice.against);
        own.or(self.voices.first()).map_or(0, |voice| voice.report)
    }

    /// As the derived tables keep it.
    pub(crate) fn row(&self) -> IncidentRow {
        let view = KeptView {
            incident: Incident::clone(&self.incident),
            history: self.history.clone(),
        };
        IncidentRow {
            id: self.incident.id.cast_signed(),
            last_report: self.incident.last_report,
            closed: self.incident.closed,
            view: serde_json::to_string(&view).expect("views have finite numbers"),
            voices: self.voices.to_vec(),
            epoch: self.epoch,
        }
    }
}

impl Fold {
    /// Takes what the engine says has changed.
    pub(super) fn take(&mut self, at: i64, change: Change) {
        for (report, IncidentId(incident)) in change.moved {
            self.effects.labels.insert(report.cast_signed(), incident);
        }
        for (IncidentId(gone), IncidentId(into)) in change.gone {
            self.merge(at, gone, into);
        }
        for IncidentId(id) in change.touched {
            self.touch(id);
        }
        for fused in change.closed {
            self.close(&fused);
        }
    }

    /// Notes that an incident differs from before.
    pub(super) fn touch(&mut self, id: u64) {
        self.cases
            .entry(id)
            .or_insert_with(|| Case::new(id))
            .version += 1;
        self.effects.changed.insert(id);
    }

    fn merge(&mut self, at: i64, gone: u64, into: u64) {
        self.effects.changed.remove(&gone);
        self.effects.gone.insert(gone);
        let before = self.cases.remove(&gone);
        self.warnings_follow(gone, into);
        let heir = self.cases.entry(into).or_insert_with(|| Case::new(into));
        if let Some(before) = before {
            if heir.verdict == Verdict::Open && before.verdict != Verdict::Open {
                heir.verdict = before.verdict;
                heir.decided = heir.version + 1;
            }
            heir.history.extend(before.history);
            heir.history.push(Decision {
                at,
                what: "merged".into(),
            });
            heir.history.sort_by_key(|decision| decision.at);
        }
        self.touch(into);
    }

    pub(super) fn close(&mut self, fused: &lapwing_fuse::Incident) {
        let id = fused.id.0;
        self.touch(id);
        self.show(fused, true);
        self.effects.changed.insert(id);
        self.closed.insert((fused.last_at, id));
        for voice in &fused.reports {
            // A quiet report may still speak against another incident; its tag goes with that one,
            // or with the next incident that closes and names it.
            self.tags.remove(&voice.report.cast_signed());
            self.whispered.remove(&voice.report.cast_signed());
        }
    }

    /// Brings a changed incident up to date.
    pub(super) fn refresh(&mut self, id: u64) {
        if let Some(fused) = self.fuse.incident(IncidentId(id)) {
            self.show(&fused, false);
        } else if let Some(case) = self.cases.get_mut(&id) {
            // Closed: only what the desk itself decides can still change.
            let mut incident = Incident::clone(&case.incident);
            incident.version = case.version;
            incident.verdict = case.verdict;
            incident.warning = self.warning_of(id);
            if let Some(case) = self.cases.get_mut(&id) {
                case.incident = Arc::new(incident);
            }
        }
    }

    fn show(&mut self, fused: &lapwing_fuse::Incident, closed: bool) {
        let id = fused.id.0;
        let (voices, epoch) = self.voices(fused);
        let whispered = |voice: &Voice| voice.against || self.whispered.contains(&voice.report);
        let whispers_only = voices.iter().all(whispered);
        let warning = self.warning_of(id);
        let case = self.cases.entry(id).or_insert_with(|| Case::new(id));
        case.voices = voices.into();
        case.epoch = epoch;
        case.whispers_only = whispers_only;
        case.verdict = match fused.verdict {
            lapwing_fuse::Verdict::Open => Verdict::Open,
            lapwing_fuse::Verdict::Confirmed => Verdict::Confirmed,
            lapwing_fuse::Verdict::Disputed => Verdict::Disputed,
        };
        case.incident = Arc::new(Incident {
            id,
            kind: fused.kind,
            kinds: fused
                .kinds
                .iter()
                .map(|&(kind, share)| KindShare {
                    kind,
                    share: rounded(f64::from(share), 1e4),
                })
                .collect(),
            lat: rounded(fused.lat, 1e6),
            lon: rounded(fused.lon, 1e6),
            radius_m: rounded(f64::from(fused.radius_m), 1.0),
            first_seen: fused.first_seen,
            last_seen: fused.last_seen,
            last_report: fused.last_at,
            sources: fused.sources,
            reports: u32::try_from(fused.reports.len()).unwrap_or(u32::MAX),
            confidence: rounded(f64::from(fused.confidence), 1e4),
            grade: fused.grade.clone(),
            verdict: case.verdict,
            version: case.version,
            warning,
            closed,
        });
    }

    fn voices(&self, fused: &lapwing_fuse::Incident) -> (Vec<Voice>, Epoch) {
        let mut people: HashMap<u64, u32> = HashMap::new();
        let mut first = KeyEpoch::at(fused.first_at).0;
        let mut voice = |voice: &lapwing_fuse::Voice| {
            let report: Seq = voice.report.cast_signed();
            let tag = match self.tags.get(&report) {
                Some(&(tag, epoch)) => {
                    first = first.min(epoch);
                    tag
                }
                // A report without a tag is of a person of its own, like one without a tie.
                None => voice.report,
            };
            let next = u32::try_from(people.len() + 1).unwrap_or(u32::MAX);
            Voice {
                report,
                against: voice.stance == Stance::Against,
                who: Some(Who {
                    person: *people.entry(tag).or_insert(next),
                    repeat: voice.repeat_of.is_some(),
                    weight: voice.weight,
                }),
            }
        };
        let voices = fused.reports.iter().map(&mut voice).collect();
        (voices, first)
    }

    /// Notes what an analyst decided.
    pub(super) fn decided(&mut self, at: i64, id: u64, verdict: Verdict) {
        if !self.cases.contains_key(&id) {
            return;
        }
        self.touch(id);
        if let Some(case) = self.cases.get_mut(&id) {
            case.verdict = verdict;
            // The engine's own notice of the verdict makes one more version of a live incident:
            // whoever saw any version before this one saw another verdict.
            case.decided = case.version;
            let what = match verdict {
                Verdict::Open => "open",
                Verdict::Confirmed => "confirmed",
                Verdict::Disputed => "disputed",
            };
            case.history.push(Decision {
                at,
                what: what.into(),
            });
        }
    }

    /// Adds to what was decided about an incident.
    pub(super) fn note(&mut self, id: u64, at: i64, what: &str) {
        if self.cases.contains_key(&id) {
            self.touch(id);
        }
        if let Some(case) = self.cases.get_mut(&id) {
            case.history.push(Decision {
                at,
                what: what.into(),
            });
        }
    }

    /// Lets go of incidents that closed long ago; they stay in the derived tables.
    pub(super) fn forget_old(&mut self, now: i64) {
        while let Some(&(last, id)) = self.closed.first()
            && last < now - KEPT_S
        {
            self.closed.pop_first();
            let unwritten = self.effects.changed.remove(&id);
            if unwritten {
                self.refresh(id);
            }
            if let Some(case) = self.cases.remove(&id) {
                self.effects.parting.extend(unwritten.then_some(case));
            }
            self.effects.forgotten.push(id);
        }
    }
}

/// To the digits that mean something, so that views stay small.
fn rounded(x: f64, per_unit: f64) -> f64 {
    if x.is_finite() {
        (x * per_unit).round() / per_unit
    } else {
        0.0
    }
}
