//! Where the fold starts once an epoch is closed: what is kept of everything before.
//!
//! At the boundary every incident ends where it is. One that has reports on both sides is divided
//! there: what came before keeps its number, what came after is folded afresh under another. Counts
//! stay, who is who does not.

use std::collections::BTreeMap;

use lapwing_fuse::{Fuse, Parameters};
use serde::{Deserialize, Serialize};

use super::{Case, Chain, Counts, Fold, KeptView};
use crate::{
    entry::Seq,
    store::{Epoch, IncidentRow, Voice, WarningRow},
};

/// The last of the entries by which epochs are closed: the state at the boundary, but for incidents
/// and warnings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closing {
    /// This epoch is closed and all before.
    pub(crate) epoch: Epoch,
    /// The first entry of the epochs that stay live: the fold goes on with it.
    pub(crate) first: Seq,
    /// How many entries of remains stand right before this one.
    pub(crate) parts: u32,
    /// Time of the last entry before the boundary.
    pub(crate) now: i64,
    /// Number of the next incident.
    pub(crate) next_incident: u64,
    /// Number of the last bulletin.
    pub(crate) bulletin: u64,
    /// What became of envelopes.
    pub(crate) counts: Counts,
}

/// What is kept of the epochs that one closing closes, or a part of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remains {
    pub(crate) incidents: Vec<KeptIncident>,
    /// Reports and the incident that each is in.
    pub(crate) labels: Vec<(Seq, u64)>,
    /// Warnings that are in memory.
    pub(crate) chains: Vec<Chain>,
    /// Warnings that were over long before.
    pub(crate) warnings: Vec<WarningRow>,
}

/// An incident without who is who.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptIncident {
    pub(crate) id: u64,
    pub(crate) last_report: i64,
    /// The view as the derived tables keep it.
    pub(crate) view: String,
    /// Its reports, and whether each speaks against it.
    pub(crate) reports: Vec<(Seq, bool)>,
    /// Version at which the verdict last changed, where it is still in memory.
    pub(crate) decided: Option<u64>,
}

/// A part is written when it is about this large: far below what SQLite takes in one row, and little
/// memory to read.
const PART_MAX: usize = 4 << 20;

/// A fold that was ended.
pub(crate) struct Ended {
    /// All incidents that changed since it began or are in memory, with who is who.
    pub(crate) cases: Vec<Case>,
    /// What is kept, in parts of bounded size.
    pub(crate) remains: Vec<Remains>,
    /// The rest of the state; epoch and first entry are for the caller to say.
    pub(crate) closing: Closing,
}

impl KeptIncident {
    /// As the derived tables keep it.
    fn row(&self) -> IncidentRow {
        IncidentRow {
            id: self.id.cast_signed(),
            last_report: self.last_report,
            closed: true,
            view: self.view.clone(),
            voices: self.voices().collect(),
            epoch: 0,
        }
    }

    fn voices(&self) -> impl Iterator<Item = Voice> {
        self.reports.iter().map(|&(report, against)| Voice {
            report,
            against,
            who: None,
        })
    }
}

impl Remains {
    /// Rows for the derived tables.
    pub(crate) fn incident_rows(&self) -> impl Iterator<Item = IncidentRow> {
        self.incidents.iter().map(KeptIncident::row)
    }

    /// Rows for the derived tables.
    pub(crate) fn warning_rows(&self) -> impl Iterator<Item = WarningRow> {
        let chains = self.chains.iter().map(Chain::row);
        self.warnings.iter().cloned().chain(chains)
    }
}

/// Puts things into parts of bounded size.
#[derive(Default)]
pub(crate) struct Parts {
    done: Vec<Remains>,
    open: Remains,
    size: usize,
}

impl Parts {
    /// Adds something whose JSON has about `size` bytes.
    fn add(&mut self, size: usize, put: impl FnOnce(&mut Remains)) {
        if self.size + size > PART_MAX && self.size > 0 {
            self.done.push(std::mem::take(&mut self.open));
            self.size = 0;
        }
        self.size += size;
        put(&mut self.open);
    }

    pub(crate) fn incident(&mut self, incident: KeptIncident) {
        let size = incident.view.len() * 5 / 4 + incident.reports.len() * 20 + 80;
        self.add(size, |part| part.incidents.push(incident));
    }

    pub(crate) fn label(&mut self, report: Seq, incident: u64) {
        self.add(24, |part| part.labels.push((report, incident)));
    }

    pub(crate) fn chain(&mut self, chain: Chain) {
        let texts = |m: &crate::entry::Issued| m.cap.len() * 5 / 4 + 4_096;
        let size = chain.messages.iter().map(texts).sum();
        self.add(size, |part| part.chains.push(chain));
    }

    pub(crate) fn warning(&mut self, row: WarningRow) {
        self.add(row.view.len() * 5 / 4 + 120, |part| part.warnings.push(row));
    }

    pub(crate) fn finish(mut self) -> Vec<Remains> {
        self.done.push(self.open);
        self.done
    }
}

impl Fold {
    /// Ends every incident where it is, and says what is kept.
    pub(crate) fn end(mut self) -> Ended {
        for fused in self.fuse.incidents() {
            self.close(&fused);
        }
        let next_incident = self.fuse.next_number();
        self.fuse = Fuse::new(Parameters::default());
        let effects = self.effects();

        let mut parts = Parts::default();
        let in_memory: BTreeMap<u64, &Case> = self.cases.iter().map(|(id, c)| (*id, c)).collect();
        let all = || effects.parting.iter().chain(in_memory.values().copied());
        for case in all() {
            let row = case.row();
            parts.incident(KeptIncident {
                id: case.incident.id,
                last_report: row.last_report,
                view: row.view,
                reports: row.voices.iter().map(|v| (v.report, v.against)).collect(),
                decided: in_memory
                    .contains_key(&case.incident.id)
                    .then_some(case.decided),
            });
        }
        for (report, incident) in &effects.labels {
            parts.label(*report, *incident);
        }
        for chain in self.warnings.values() {
            parts.chain(chain.clone());
        }
        for chain in &effects.parting_warnings {
            parts.warning(chain.row());
        }
        let remains = parts.finish();
        Ended {
            cases: all().cloned().collect(),
            closing: Closing {
                epoch: 0,
                first: 0,
                parts: u32::try_from(remains.len()).unwrap_or(u32::MAX),
                now: self.now,
                next_incident,
                bulletin: self.bulletin,
                counts: self.counts,
            },
            remains,
        }
    }

    /// The state right after a boundary; `None` when an incident's view cannot be read.
    pub(crate) fn after(closing: &Closing, remains: &[Remains]) -> Option<Self> {
        let mut fold = Self::new();
        fold.now = closing.now;
        fold.fuse = Fuse::numbering_from(Parameters::default(), closing.next_incident);
        fold.bulletin = closing.bulletin;
        fold.counts = closing.counts.clone();
        for part in remains {
            for kept in &part.incidents {
                let Some(decided) = kept.decided else {
                    continue;
                };
                let view: KeptView = serde_json::from_str(&kept.view).ok()?;
                fold.closed.insert((kept.last_report, kept.id));
                let case = Case::kept(view, kept.voices().collect(), decided);
                fold.cases.insert(kept.id, case);
            }
            for chain in &part.chains {
                let id = chain.messages.first()?.chain.clone();
                fold.warnings.insert(id, chain.clone());
            }
        }
        debug_assert!(fold.closed.len() == fold.cases.len());
        Some(fold)
    }
}
