//! One transaction in the making: entries, each folded as soon as it is appended.

use getrandom::SysRng;
use rand_core::UnwrapErr;

use crate::{
    api::types::{ClockMode, Incident, PublishRequest, Verdict},
    cells::Cells,
    drops::{self, Current},
    entry::{Decided, Entry, Issued, Seq},
    fold::{Case, Chain, ChainState, Effects, Fold},
    herald::Sending,
    refusal::Refusal,
    rules,
    store::{Batch, Line, StoreError},
    writer::Office,
};

/// Where the drops in force are kept.
const DROPS: &str = "drops";

/// A transaction, the fold that runs ahead of it, and what the desk works with.
pub(crate) struct Turn<'a> {
    pub(crate) batch: Batch<'a>,
    pub(crate) fold: &'a mut Fold,
    pub(crate) cells: &'a mut Cells,
    pub(crate) office: &'a Office,
    appended: bool,
}

impl<'a> Turn<'a> {
    /// Begins; nothing is appended yet.
    pub(crate) fn new(
        batch: Batch<'a>,
        fold: &'a mut Fold,
        cells: &'a mut Cells,
        office: &'a Office,
    ) -> Self {
        Self {
            batch,
            fold,
            cells,
            office,
            appended: false,
        }
    }

    /// Whether the fold is ahead of the journal.
    pub(crate) fn has_appended(&self) -> bool {
        self.appended
    }

    /// Time for the next entry.
    pub(crate) fn now(&self) -> i64 {
        match self.office.herald.mode {
            ClockMode::Live => self.office.clock.now(),
            ClockMode::Replay => self.fold.now(),
        }
    }

    /// Appends an entry to the journal, tied to its author if it has one, and folds it.
    pub(crate) fn append(
        &mut self,
        at: i64,
        entry: Entry,
        author: Option<[u8; 16]>,
    ) -> Result<Seq, StoreError> {
        self.appended = true;
        let (seq, at) = self.batch.append(at, &entry)?;
        let tags = author
            .map(|author| self.batch.tie(seq, at, &author))
            .transpose()?;
        self.fold.apply(&Line {
            seq,
            at,
            entry,
            tags,
        });
        Ok(seq)
    }

    /// The drops in force: the present ones, or others when their time has passed.
    pub(crate) fn drops(&mut self, starting: bool, above: u32) -> Result<Current, StoreError> {
        let (batch, plan) = (&self.batch, self.office.drops);
        let now = self.office.clock.now();
        let present = batch
            .setting(DROPS)?
            .map(|bytes| Current::from_bytes(&bytes).ok_or(StoreError::Row(DROPS)))
            .transpose()?;
        let round = match drops::in_force(present, plan, now, starting, above) {
            Ok(present) => return Ok(present),
            Err(round) => round,
        };
        let mut recipients = self.cells.recipients();
        let rng = &mut UnwrapErr(SysRng);
        let mut made = drops::make(rng, round.number, plan.buckets(), now, &mut recipients);
        if !made.stranded.is_empty() {
            let witnesses = made.stranded.len();
            tracing::warn!(witnesses, "replies could not be sealed");
        }
        let current = plan.made(round, std::mem::take(&mut made.drops));
        self.cells.drops_made(batch, recipients, &made)?;
        batch.set(DROPS, &current.to_bytes())?;
        Ok(current)
    }

    /// An analyst's verdict on an incident of which they saw `version`.
    pub(crate) fn decide(
        &mut self,
        incident: u64,
        verdict: Verdict,
        version: u64,
    ) -> Result<(), Refusal> {
        let case = self.case(incident)?;
        if version < case.decided {
            return Err(Refusal::Changed(Box::new(Incident::clone(&case.incident))));
        }
        let report = case.anchor();
        let decided = Decided {
            incident,
            report,
            verdict,
        };
        self.append(self.now(), Entry::Verdict(decided), None)?;
        Ok(())
    }

    /// Warns of an incident; gives the identifier of the chain.
    pub(crate) fn warn(&mut self, request: &PublishRequest) -> Result<String, Refusal> {
        let case = self.case(request.incident)?;
        if case.incident.warning.is_some() {
            return Err(Refusal::Changed(Box::new(Incident::clone(&case.incident))));
        }
        let sending = self.sending(false, case.anchor());
        let issued = self.office.herald.warn(&case.incident, request, sending)?;
        Ok(self.issue(issued)?)
    }

    /// Puts another message in the place of a warning's last.
    pub(crate) fn update(&mut self, id: &str, request: &PublishRequest) -> Result<String, Refusal> {
        let chain = self.chain(id)?;
        if chain.incident != request.incident {
            return Err(Refusal::BadRequest("incident"));
        }
        let case = self.case(chain.incident)?;
        let sending = self.sending(false, case.anchor());
        let issued = self
            .office
            .herald
            .update(&case.incident, request, sending, chain)?;
        Ok(self.issue(issued)?)
    }

    /// Calls a warning off.
    pub(crate) fn cancel(&mut self, id: &str) -> Result<String, Refusal> {
        let chain = self.chain(id)?;
        let case = self.fold.case(chain.incident);
        let verdict = case.map_or(Verdict::Open, |case| case.incident.verdict);
        let report = case.map_or(chain.latest().report, Case::anchor);
        let sending = self.sending(false, report);
        let issued = self.office.herald.cancel(verdict, sending, chain)?;
        Ok(self.issue(issued)?)
    }

    /// Lets the rules look at what changed.
    pub(crate) fn apply_rules(&mut self) -> Result<(), StoreError> {
        for id in self.fold.settled_changes() {
            let Some(case) = self.fold.case(id) else {
                continue;
            };
            // The code of fourteen words is short: whoever guesses it must move nobody.
            if case.whispers_only {
                continue;
            }
            let herald = &self.office.herald;
            let warnings = self.fold.warnings().values();
            if !rules::fires(&case.incident, &herald.form, self.now(), warnings) {
                continue;
            }
            let request = PublishRequest {
                incident: id,
                texts: None,
                severity: None,
                expires_s: None,
            };
            let sending = self.sending(true, case.anchor());
            match herald.warn(&case.incident, &request, sending) {
                Ok(issued) => drop(self.issue(issued)?),
                Err(why) => tracing::error!(%why, "a rule fired and no warning could be made"),
            }
        }
        Ok(())
    }

    fn issue(&mut self, issued: Issued) -> Result<String, StoreError> {
        let chain = issued.chain.clone();
        self.append(issued.at, Entry::Warning(Box::new(issued)), None)?;
        Ok(chain)
    }

    fn sending(&self, by_rule: bool, report: Seq) -> Sending {
        Sending {
            id: format!("{}-{}", self.office.herald.sender, self.batch.next_seq()),
            at: self.now(),
            sent: self.office.clock.now(),
            by_rule,
            report,
        }
    }

    fn case(&self, id: u64) -> Result<&Case, Refusal> {
        self.fold.case(id).ok_or(Refusal::NotFound)
    }

    fn chain(&self, id: &str) -> Result<&Chain, Refusal> {
        let has = |chain: &&Chain| chain.messages.iter().any(|message| message.id == id);
        let chain = self
            .fold
            .warnings()
            .values()
            .find(has)
            .ok_or(Refusal::NotFound)?;
        if chain.state == ChainState::Active {
            Ok(chain)
        } else {
            Err(Refusal::WarningOver)
        }
    }
}

/// Writes what an entry or many changed into the derived tables.
pub(crate) fn write_effects(
    batch: &mut Batch<'_>,
    fold: &Fold,
    effects: &Effects,
) -> Result<(), StoreError> {
    for id in &effects.gone {
        batch.incident_gone(id.cast_signed())?;
    }
    let live = effects.changed.iter().filter_map(|id| fold.case(*id));
    for case in live.chain(&effects.parting) {
        batch.incident(&case.row())?;
    }
    for (report, incident) in &effects.labels {
        batch.label(*report, incident.cast_signed())?;
    }
    let live = effects
        .warnings
        .iter()
        .filter_map(|id| fold.warnings().get(id));
    for chain in live.chain(&effects.parting_warnings) {
        batch.warning(&chain.row())?;
    }
    Ok(())
}
