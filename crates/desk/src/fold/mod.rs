//! What the desk believes, as a function of its journal.
//!
//! The same code runs when an entry is written, when the desk starts and when it rebuilds. It reads
//! no clock: time is that of the entries, so that the same journal always ends in the same state.
//! What the rules decide is not decided here but read back from the journal like everything else.

mod cases;
mod closing;
mod counts;
mod warnings;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use lapwing_fuse::{Fuse, HowKnown, IncidentId, Parameters, Sighting};
use lapwing_model::Known;
use lapwing_wire::KeyEpoch;
use sha2::{Digest as _, Sha256};

use crate::{
    api::types::Verdict,
    entry::{Came, Entry, Received, Seq},
    store::{Epoch, Line, Tags},
};

pub(crate) use cases::{Case, KeptView};
pub(crate) use closing::{Closing, Ended, KeptIncident, Parts, Remains};
pub(crate) use counts::Counts;
pub(crate) use warnings::{Chain, ChainState};

/// How long closed incidents and ended warnings stay in memory, by the desk's clock, seconds.
/// Older ones are in the derived tables.
pub(crate) const KEPT_S: i64 = 7 * 86_400;

/// The state.
pub(crate) struct Fold {
    now: i64,
    fuse: Fuse,
    /// Live reports: in place of its author what the fusing sees, and the epoch.
    tags: HashMap<Seq, (u64, Epoch)>,
    /// Live reports that were whispered.
    whispered: HashSet<Seq>,
    /// Tags that were seen, and what stands for each. An author who is known by the tag of one epoch
    /// keeps it in the next, so that nobody is two people at the boundary.
    canonical: HashMap<u64, u64>,
    /// Live incidents and those that closed lately.
    cases: HashMap<u64, Case>,
    /// Closed incidents in memory, by the time of their last report.
    closed: BTreeSet<(i64, u64)>,
    warnings: BTreeMap<String, Chain>,
    counts: Counts,
    bulletin: u64,
    effects: Effects,
}

/// What changed since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Incidents that are new or changed.
    pub(crate) changed: BTreeSet<u64>,
    /// Incidents that became part of another.
    pub(crate) gone: BTreeSet<u64>,
    /// Reports and the incident that each is in now.
    pub(crate) labels: BTreeMap<Seq, u64>,
    /// Chains of warnings that are new or changed.
    pub(crate) warnings: BTreeSet<String>,
    /// Chains whose latest message got into a bulletin.
    pub(crate) carried: BTreeSet<String>,
    /// Incidents that changed and then left memory.
    pub(crate) parting: Vec<Case>,
    /// Incidents that left memory.
    pub(crate) forgotten: Vec<u64>,
    /// Warnings that changed and then left memory.
    pub(crate) parting_warnings: Vec<Chain>,
    /// Warnings that left memory.
    pub(crate) warnings_forgotten: Vec<String>,
    /// Whether a counter changed.
    pub(crate) counted: bool,
}

impl Fold {
    /// The state before the first entry.
    pub(crate) fn new() -> Self {
        Self {
            now: 0,
            fuse: Fuse::new(Parameters::default()),
            tags: HashMap::new(),
            whispered: HashSet::new(),
            canonical: HashMap::new(),
            cases: HashMap::new(),
            closed: BTreeSet::new(),
            warnings: BTreeMap::new(),
            counts: Counts::default(),
            bulletin: 0,
            effects: Effects::default(),
        }
    }

    /// Takes the next entry.
    pub(crate) fn apply(&mut self, line: &Line) {
        let Line {
            seq,
            at,
            entry,
            tags,
        } = line;
        self.pass_time(*at);
        match entry {
            Entry::Bulletin(made) => self.bulletin_made(made.number),
            Entry::Report(report) => self.report(*seq, *at, report, tags.as_ref()),
            Entry::Verdict(decided) => {
                let incident = self.resolve(decided.incident, decided.report);
                self.decide(*at, incident, decided.verdict);
            }
            Entry::Warning(issued) => self.issue(issued),
            // A closing is where a fold starts; one that began before it is not changed by it.
            Entry::Cell(_)
            | Entry::CheckIn
            | Entry::Closing(_)
            | Entry::Cover
            | Entry::Drill(_)
            | Entry::Duplicate(_)
            | Entry::Enrolment(_)
            | Entry::Message
            | Entry::Quarantined
            | Entry::Refused(_)
            | Entry::Remains(_)
            | Entry::Tick => {}
        }
        self.effects.counted |= self.counts.count(entry);
    }

    fn pass_time(&mut self, at: i64) {
        if at <= self.now {
            return;
        }
        self.now = at;
        let change = self.fuse.advance(at);
        self.take(at, change);
        self.expire_warnings(at);
        self.forget_old(at);
    }

    fn report(&mut self, seq: Seq, at: i64, report: &Received, tags: Option<&Tags>) {
        let seen = &report.observation;
        let tag = self.tag(seq, tags);
        self.tags.insert(seq, (tag, KeyEpoch::at(at).0));
        if matches!(report.came, Came::Whisper { .. }) {
            self.whispered.insert(seq);
        }
        let change = self.fuse.report(&Sighting {
            report: seq.unsigned_abs(),
            at,
            seen: seen.seen,
            seen_unc_s: seen.seen_off_s,
            lat: seen.place.lat(),
            lon: seen.place.lon(),
            unc_m: seen.off_m as f32,
            kind: seen.kind,
            source: tag,
            heading: seen.heading.map(lapwing_model::Heading::sector),
            how_known: match seen.known {
                Known::Seen => HowKnown::Seen,
                Known::Heard => HowKnown::Heard,
                Known::Told => HowKnown::Told,
            },
        });
        match change.incident {
            Some(IncidentId(incident)) => {
                self.effects.labels.insert(seq, incident);
            }
            // A quiet report is no incident's own; its tag is needed only by those it speaks against.
            None if change.touched.is_empty() => {
                self.tags.remove(&seq);
                self.whispered.remove(&seq);
            }
            None => {}
        }
        self.take(at, change);
    }

    /// What the fusing sees in place of the author. A report without a tie is of a person of its own.
    fn tag(&mut self, seq: Seq, tags: Option<&Tags>) -> u64 {
        let Some(tags) = tags else {
            let hash = Sha256::new_with_prefix(b"lapwing report without a tie\n");
            let digest: [u8; 32] = hash.chain_update(seq.to_be_bytes()).finalize().into();
            return u64::from_be_bytes(digest[..8].try_into().expect("the digest has 32 bytes"));
        };
        let seen = |tag: u64| self.canonical.get(&tag).copied();
        let tag = seen(tags.own)
            .or_else(|| seen(tags.previous?))
            .unwrap_or(tags.own);
        self.canonical.insert(tags.own, tag);
        tag
    }

    /// Time of the last entry: the clock of a replay.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// What became of envelopes.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Number of the last bulletin.
    pub(crate) fn bulletin(&self) -> u64 {
        self.bulletin
    }

    /// An incident that is live or closed lately. Values may be old until [`Fold::settle`].
    pub(crate) fn case(&self, id: u64) -> Option<&Case> {
        self.cases.get(&id)
    }

    /// The incident that a report is in, if that is live.
    pub(crate) fn incident_of(&self, report: Seq) -> Option<u64> {
        let IncidentId(id) = self.fuse.incident_of(report.unsigned_abs())?;
        Some(id)
    }

    /// All incidents in memory.
    pub(crate) fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// Warnings in memory, by identifier of their first message.
    pub(crate) fn warnings(&self) -> &BTreeMap<String, Chain> {
        &self.warnings
    }

    /// Whether the passing of time alone can change anything.
    pub(crate) fn ages(&self) -> bool {
        self.fuse.live().0 > 0
            || self
                .warnings
                .values()
                .any(|w| w.state == ChainState::Active)
    }

    /// Brings the values of changed incidents up to date.
    fn settle(&mut self) {
        let changed: Vec<u64> = self.effects.changed.iter().copied().collect();
        for id in changed {
            self.refresh(id);
        }
    }

    /// Incidents that changed since the last [`Fold::effects`], with their values up to date.
    pub(crate) fn settled_changes(&mut self) -> Vec<u64> {
        self.settle();
        self.effects.changed.iter().copied().collect()
    }

    /// What changed since the last call. Settles.
    pub(crate) fn effects(&mut self) -> Effects {
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// The incident that a decision is about: the one that holds `report` now. The number stands
    /// where the report is no longer in memory.
    fn resolve(&self, incident: u64, report: Seq) -> u64 {
        let holds = |case: &Case| case.voices.iter().any(|voice| voice.report == report);
        if let Some(IncidentId(live)) = self.fuse.incident_of(report.unsigned_abs()) {
            return live;
        }
        if self.cases.get(&incident).is_some_and(holds) {
            return incident;
        }
        let closed = self.closed.iter().map(|(_, id)| *id);
        closed
            .into_iter()
            .find(|id| self.cases.get(id).is_some_and(holds))
            .unwrap_or(incident)
    }

    fn decide(&mut self, at: i64, incident: u64, verdict: Verdict) {
        let fused = match verdict {
            Verdict::Open => lapwing_fuse::Verdict::Open,
            Verdict::Confirmed => lapwing_fuse::Verdict::Confirmed,
            Verdict::Disputed => lapwing_fuse::Verdict::Disputed,
        };
        let change = self.fuse.verdict(IncidentId(incident), fused);
        self.decided(at, incident, verdict);
        if let Some(change) = change {
            self.take(at, change);
        }
    }
}
