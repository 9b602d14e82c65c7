//! Closing an epoch: the journal takes what is kept of it, and the key of its ties is deleted.
//!
//! Live are the present epoch and the one before. When a third begins, the oldest is folded for the
//! last time, up to its end; what the fold then shows is journalled without who is who ([`Remains`],
//! [`Closing`]), and everything after is folded again from there. So the running desk is what a
//! rebuild gives, because it is the same code over the same entries.
//!
//! The order makes it safe to die anywhere: closing entries, the cut ties and the derived tables are
//! one transaction, the key goes after its commit, and the next start deletes a key whose epoch the
//! journal says is closed.

use std::collections::{BTreeMap, HashMap};

use lapwing_wire::KeyEpoch;

use crate::{
    api::types::Verdict,
    entry::{Entry, Seq},
    fold::{Case, Closing, Effects, Ended, Fold, KEPT_S, KeptIncident, KeptView, Parts, Remains},
    standing::{Standings, Tally},
    store::{Batch, Epoch, Journal, Store, StoreError},
    turn::write_effects,
};

/// What every entry is before.
pub(crate) const END: Seq = Seq::MAX;

/// The state from which the journal is folded, and the first entry to fold.
pub(crate) fn begin(journal: &Journal<'_>) -> Result<(Fold, Seq), StoreError> {
    let Some((seq, closing)) = journal.last_closing()? else {
        return Ok((Fold::new(), 0));
    };
    let mut parts = Vec::new();
    let mut after = seq - Seq::from(closing.parts) - 1;
    while let Some((at, part)) = journal.next_remains(after)? {
        parts.push(part);
        after = at;
    }
    let fold = Fold::after(&closing, &parts).ok_or(StoreError::Entry(seq))?;
    Ok((fold, closing.first))
}

/// Folds the journal: from the last closing, or from its beginning.
pub(crate) fn fold(journal: &Journal<'_>) -> Result<Fold, StoreError> {
    let (mut fold, first) = begin(journal)?;
    journal.each(first..END, |line| {
        fold.apply(&line);
        Ok(())
    })?;
    Ok(fold)
}

/// Writes the derived tables from nothing: what was kept at every closing, then what the fold has
/// from there on.
pub(crate) fn write_all(
    batch: &mut Batch<'_>,
    fold: &Fold,
    effects: &Effects,
) -> Result<(), StoreError> {
    batch.clear_derived()?;
    let mut after = 0;
    while let Some((seq, part)) = batch.journal().next_remains(after)? {
        write_remains(batch, &part)?;
        after = seq;
    }
    write_effects(batch, fold, effects)
}

fn write_remains(batch: &mut Batch<'_>, part: &Remains) -> Result<(), StoreError> {
    for row in part.incident_rows() {
        batch.incident(&row)?;
    }
    for (report, incident) in &part.labels {
        batch.label(*report, incident.cast_signed())?;
    }
    for row in part.warning_rows() {
        batch.warning(&row)?;
    }
    Ok(())
}

/// The last epoch that is over for good at `now`.
fn over(now: i64) -> Option<Epoch> {
    KeyEpoch::at(now).0.checked_sub(2)
}

/// Closes every epoch that is over at `now` and still has a key; gives the fold from there on, or
/// `None` when there was nothing to close.
pub(crate) fn close(
    store: &mut Store,
    now: i64,
    standings: &mut dyn Standings,
) -> Result<Option<Fold>, StoreError> {
    let Some(up_to) = over(now) else {
        return Ok(None);
    };
    let closed = store.journal().last_closing()?.map(|(_, c)| c.epoch);
    if let Some(closed) = closed {
        // Its closing is committed, and whatever came between has left the key.
        store.forget_epochs(closed)?;
    }
    if store.ring().epochs().iter().all(|epoch| *epoch > up_to) {
        return Ok(None);
    }
    let mut batch = store.batch()?;
    let fold = journal_closing(&mut batch, now, up_to, standings)?;
    batch.commit()?;
    store.forget_epochs(up_to)?;
    tracing::info!(epoch = up_to, "an epoch was closed and its ties forgotten");
    Ok(Some(fold))
}

fn journal_closing(
    batch: &mut Batch<'_>,
    now: i64,
    up_to: Epoch,
    standings: &mut dyn Standings,
) -> Result<Fold, StoreError> {
    let (mut fold, from) = begin(&batch.journal())?;
    let boundary = KeyEpoch(up_to + 1).starts();
    let first = batch.journal().first_at(from, boundary)?;
    let first = first.unwrap_or(batch.next_seq());
    let mut authors: HashMap<Seq, u64> = HashMap::new();
    batch.journal().each(from..first, |line| {
        if let Some(tags) = &line.tags {
            authors.insert(line.seq, tags.own);
        }
        fold.apply(&line);
        Ok(())
    })?;
    let ended = fold.end();
    let closing = Closing {
        epoch: up_to,
        first,
        ..ended.closing
    };
    for part in &ended.remains {
        batch.append(now, &Entry::Remains(Box::new(part.clone())))?;
    }
    batch.append(now, &Entry::Closing(Box::new(closing)))?;

    let mut fold = self::fold(&batch.journal())?;
    let effects = fold.effects();
    let verdicts = verdicts(&ended.cases, &fold, &effects);
    let tally = Tally::of(&ended.cases, &verdicts, &authors);
    standings.close(batch, up_to, &tally)?;
    batch.untie(up_to)?;
    write_all(batch, &fold, &effects)?;
    Ok(fold)
}

/// Goes on without keys that are lost: every tie is cut, and of all incidents is kept what the
/// derived tables show, with the counts that were right when the keys were there. Gives the number of
/// epochs whose ties were cut.
pub(crate) fn recover(store: &mut Store) -> Result<usize, StoreError> {
    let now = store.head().at;
    let mut batch = store.batch()?;
    let tied = batch.tied_epochs()?;
    if tied.iter().all(|epoch| batch.ring().get(*epoch).is_some()) {
        return Ok(0);
    }
    let journal = batch.journal().without_ties();
    let before = journal.last_closing()?.map(|(_, closing)| closing);
    // Without ties this counts people wrong. Only what depends on no person is taken from it.
    let (mut fold, first) = begin(&journal)?;
    journal.each(first..END, |line| {
        fold.apply(&line);
        Ok(())
    })?;
    let ended = fold.end();
    let since = before.map_or(i64::MIN, |closing| closing.now - KEPT_S);
    let (parts, next_incident) = shown(&batch, &ended, since, first)?;
    let closing = Closing {
        epoch: over(now).unwrap_or(0),
        first: batch.next_seq(),
        parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
        next_incident,
        ..ended.closing
    };
    for part in parts {
        batch.append(now, &Entry::Remains(Box::new(part)))?;
    }
    batch.append(now, &Entry::Closing(Box::new(closing)))?;
    batch.untie(Epoch::MAX)?;
    let mut fold = self::fold(&batch.journal())?;
    let effects = fold.effects();
    write_all(&mut batch, &fold, &effects)?;
    batch.commit()?;
    Ok(tied.len())
}

/// What the derived tables show, as remains, and the number after that of every incident.
fn shown(
    batch: &Batch<'_>,
    ended: &Ended,
    since: i64,
    first: Seq,
) -> Result<(Vec<Remains>, u64), StoreError> {
    let mut parts = Parts::default();
    let mut next = ended.closing.next_incident;
    for row in batch.shown_incidents(since)? {
        let unreadable = |_why| StoreError::Row("incident");
        let mut view: KeptView = serde_json::from_str(&row.view).map_err(unreadable)?;
        view.incident.closed = true;
        next = next.max(view.incident.id + 1);
        let in_memory = row.last_report >= ended.closing.now - KEPT_S;
        parts.incident(KeptIncident {
            id: view.incident.id,
            last_report: row.last_report,
            reports: row.voices.iter().map(|v| (v.report, v.against)).collect(),
            decided: in_memory.then_some(view.incident.version),
            view: serde_json::to_string(&view).map_err(unreadable)?,
        });
    }
    for (report, incident) in batch.shown_labels(first)? {
        parts.label(report, incident.cast_unsigned());
    }
    for part in &ended.remains {
        for chain in &part.chains {
            let mut chain = chain.clone();
            if let Some(incident) = batch.shown_with(&chain.latest().chain)? {
                chain.incident = incident.cast_unsigned();
            }
            parts.chain(chain);
        }
        for row in &part.warnings {
            parts.warning(row.clone());
        }
    }
    Ok((parts.finish(), next))
}

/// What is decided by now about incidents of before the boundary.
fn verdicts(ended: &[Case], fold: &Fold, effects: &Effects) -> BTreeMap<u64, Verdict> {
    let mut verdicts: BTreeMap<u64, Verdict> = ended
        .iter()
        .map(|case| (case.incident.id, case.incident.verdict))
        .collect();
    for case in effects.parting.iter().chain(fold.cases()) {
        if let Some(verdict) = verdicts.get_mut(&case.incident.id) {
            *verdict = case.incident.verdict;
        }
    }
    verdicts
}
