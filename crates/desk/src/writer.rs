//! The one thread that changes anything: it owns the store's connection and the fold.
//!
//! Each command is one transaction: entries, what is derived from them, and the cursor. The fold
//! runs ahead of the commit by exactly one transaction; when that one fails, the state is unknown
//! and is folded again from the journal before anything else is done.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
};

use ed25519_dalek::SigningKey;
use lapwing_codebook::{SPOKEN, Sheet};
use lapwing_model::{Place, Region};
use lapwing_seal::{Bearer, MessageKey};
use lapwing_wire::{IssuerKey, Whisper};
use lapwing_words::Symbol;
use tokio::sync::{
    Notify,
    mpsc::{self, error::TrySendError},
    oneshot,
};

use crate::{
    api::types::{ClockMode, Incident, PublishRequest, Verdict, Warning},
    cells::{CellId, Cells, Invited, MemberId, MemberNotes},
    clock::Clock,
    closing,
    drops::DropPlan,
    entry::{BulletinMade, Entry},
    fold::{Case, Chain, Effects, Fold},
    hearing::{self, HeardByHand, HeardWhisper},
    herald::Herald,
    hub::{Changes, Hub, ShownWarning},
    intake, issuer,
    opening::{Opened, Secrets},
    passes,
    publication::{self, Signed},
    publish::Above,
    reception,
    refusal::Refusal,
    standing::Standings,
    store::{Store, StoreError},
    turn::{Turn, write_effects},
};

/// Commands that may wait; a pull waits for its answer anyway.
const QUEUE: usize = 64;

type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

enum Command {
    CellCodebook {
        cell: CellId,
        label: String,
        places: Vec<Place>,
        clock_min: i16,
        reply: Reply<(MemberId, Sheet)>,
    },
    CellCodebookEnd {
        cell: CellId,
        sheet: MemberId,
        reply: Reply<()>,
    },
    Codebooks {
        ids: Vec<MemberId>,
        reply: Reply<Vec<(MemberId, usize)>>,
    },
    HearByHand {
        words: [Symbol; SPOKEN],
        reply: Reply<Option<HeardByHand>>,
    },
    CellCutOff {
        cell: CellId,
        member: MemberId,
        reply: Reply<()>,
    },
    CellFound {
        public: Vec<u8>,
        wrapped: Vec<u8>,
        name: String,
        reply: Reply<CellId>,
    },
    CellInvite {
        cell: CellId,
        label: String,
        holds_s: i64,
        duress_of: Option<MemberId>,
        reply: Reply<Invited>,
    },
    CellRevoke {
        cell: CellId,
        invite: [u8; 32],
        reply: Reply<()>,
    },
    CellWrite {
        cell: CellId,
        member: MemberId,
        key: MessageKey,
        text: String,
        reply: Reply<()>,
    },
    Bulletin {
        above: Arc<Above>,
        reply: Reply<Signed>,
    },
    Cancel {
        id: String,
        reply: Reply<Warning>,
    },
    Decide {
        incident: u64,
        verdict: Verdict,
        version: u64,
        reply: Reply<Arc<Incident>>,
    },
    Hear {
        readings: Vec<Whisper>,
        tries: usize,
        reply: Reply<(usize, Option<HeardWhisper>)>,
    },
    Members {
        ids: Vec<MemberId>,
        reply: Reply<Vec<MemberNotes>>,
    },
    Delivered {
        relay: String,
        number: u64,
    },
    Take {
        relay: String,
        after: i64,
        opened: Vec<Opened>,
        reply: Reply<()>,
    },
    PassKeys {
        keys: Vec<IssuerKey>,
        reply: Reply<bool>,
    },
    PassRequest {
        reply: Reply<Option<Vec<u8>>>,
    },
    PassResponse {
        response: Vec<u8>,
        reply: Reply<bool>,
    },
    Stop,
    TimePassed {
        reply: Reply<()>,
    },
    Update {
        id: String,
        request: PublishRequest,
        reply: Reply<Warning>,
    },
    Warn {
        request: PublishRequest,
        reply: Reply<Warning>,
    },
}

/// What the rest of the desk holds of the writer.
#[derive(Clone)]
pub(crate) struct WriterHandle(mpsc::Sender<Command>);

impl WriterHandle {
    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.0
            .send(command(reply))
            .await
            .map_err(|_gone| Refusal::Stopping)?;
        answer.await.map_err(|_gone| Refusal::Stopping)?
    }

    /// Journals what was pulled from a relay, with the cursor behind it.
    pub(crate) async fn take(
        &self,
        relay: &str,
        after: i64,
        opened: Vec<Opened>,
    ) -> Result<(), Refusal> {
        let relay = relay.to_owned();
        self.ask(|reply| Command::Take {
            relay,
            after,
            opened,
            reply,
        })
        .await
    }

    /// An analyst's verdict on an incident of which they saw `version`.
    pub(crate) async fn decide(
        &self,
        incident: u64,
        verdict: Verdict,
        version: u64,
    ) -> Result<Arc<Incident>, Refusal> {
        self.ask(|reply| Command::Decide {
            incident,
            verdict,
            version,
            reply,
        })
        .await
    }

    /// Warns of an incident.
    pub(crate) async fn warn(&self, request: PublishRequest) -> Result<Warning, Refusal> {
        self.ask(|reply| Command::Warn { request, reply }).await
    }

    /// Puts another message in the place of a warning's last.
    pub(crate) async fn update(
        &self,
        id: String,
        request: PublishRequest,
    ) -> Result<Warning, Refusal> {
        self.ask(|reply| Command::Update { id, request, reply })
            .await
    }

    /// Calls a warning off.
    pub(crate) async fn cancel(&self, id: String) -> Result<Warning, Refusal> {
        self.ask(|reply| Command::Cancel { id, reply }).await
    }

    /// Makes a cell of a key pair whose secret half is wrapped already.
    pub(crate) async fn cell_found(
        &self,
        public: Vec<u8>,
        wrapped: Vec<u8>,
        name: String,
    ) -> Result<CellId, Refusal> {
        self.ask(|reply| Command::CellFound {
            public,
            wrapped,
            name,
            reply,
        })
        .await
    }

    /// Makes an invite.
    pub(crate) async fn cell_invite(
        &self,
        cell: CellId,
        label: String,
        holds_s: i64,
        duress_of: Option<MemberId>,
    ) -> Result<Invited, Refusal> {
        self.ask(|reply| Command::CellInvite {
            cell,
            label,
            holds_s,
            duress_of,
            reply,
        })
        .await
    }

    /// Withdraws an invite.
    pub(crate) async fn cell_revoke(&self, cell: CellId, invite: [u8; 32]) -> Result<(), Refusal> {
        self.ask(|reply| Command::CellRevoke {
            cell,
            invite,
            reply,
        })
        .await
    }

    /// Cuts off the phone of a witness whom the cell's records name.
    pub(crate) async fn cell_cut_off(&self, cell: CellId, member: MemberId) -> Result<(), Refusal> {
        self.ask(|reply| Command::CellCutOff {
            cell,
            member,
            reply,
        })
        .await
    }

    /// Writes to a witness of a cell, under the key that the cell's records name for them.
    pub(crate) async fn cell_write(
        &self,
        cell: CellId,
        member: MemberId,
        key: MessageKey,
        text: String,
    ) -> Result<(), Refusal> {
        self.ask(|reply| Command::CellWrite {
            cell,
            member,
            key,
            text,
            reply,
        })
        .await
    }

    /// Makes a codebook sheet.
    pub(crate) async fn cell_codebook(
        &self,
        cell: CellId,
        label: String,
        places: Vec<Place>,
        clock_min: i16,
    ) -> Result<(MemberId, Sheet), Refusal> {
        self.ask(|reply| Command::CellCodebook {
            cell,
            label,
            places,
            clock_min,
            reply,
        })
        .await
    }

    /// Cancels a codebook sheet that the cell's records name.
    pub(crate) async fn cell_codebook_end(
        &self,
        cell: CellId,
        sheet: MemberId,
    ) -> Result<(), Refusal> {
        self.ask(|reply| Command::CellCodebookEnd { cell, sheet, reply })
            .await
    }

    /// How many rows for reports are left of codebook sheets; cancelled ones are left out.
    pub(crate) async fn codebooks(
        &self,
        ids: Vec<MemberId>,
    ) -> Result<Vec<(MemberId, usize)>, Refusal> {
        self.ask(|reply| Command::Codebooks { ids, reply }).await
    }

    /// Finds out whether five words are a report by a codebook sheet, and journals it.
    pub(crate) async fn hear_by_hand(
        &self,
        words: [Symbol; SPOKEN],
    ) -> Result<Option<HeardByHand>, Refusal> {
        self.ask(|reply| Command::HearByHand { words, reply }).await
    }

    /// Finds out whose whisper was heard over a call, and journals it. Of `tries` what is left comes back.
    pub(crate) async fn hear(
        &self,
        readings: Vec<Whisper>,
        tries: usize,
    ) -> Result<(usize, Option<HeardWhisper>), Refusal> {
        self.ask(|reply| Command::Hear {
            readings,
            tries,
            reply,
        })
        .await
    }

    /// What the desk notes of witnesses outside of their cell's records.
    pub(crate) async fn members(&self, ids: Vec<MemberId>) -> Result<Vec<MemberNotes>, Refusal> {
        self.ask(|reply| Command::Members { ids, reply }).await
    }

    /// Signs a bulletin with a number greater than `above` and all before, with the drops in force.
    pub(crate) async fn bulletin(&self, above: Arc<Above>) -> Result<Signed, Refusal> {
        self.ask(|reply| Command::Bulletin { above, reply }).await
    }

    /// Pins keys that an issuer shows; whether there were new ones.
    pub(crate) async fn pass_keys(&self, keys: Vec<IssuerKey>) -> Result<bool, Refusal> {
        self.ask(|reply| Command::PassKeys { keys, reply }).await
    }

    /// The request for passes of the desk's own, if it needs some.
    pub(crate) async fn pass_request(&self) -> Result<Option<Vec<u8>>, Refusal> {
        self.ask(|reply| Command::PassRequest { reply }).await
    }

    /// Takes the issuer's response; `false`: it is none to what was asked.
    pub(crate) async fn pass_response(&self, response: Vec<u8>) -> Result<bool, Refusal> {
        self.ask(|reply| Command::PassResponse { response, reply })
            .await
    }

    /// Lets time do its part: keys, expiry, closing.
    pub(crate) async fn time_passed(&self) -> Result<(), Refusal> {
        self.ask(|reply| Command::TimePassed { reply }).await
    }

    /// Ends the writer's thread after what was asked before. Handles may outlive it: a connection
    /// that a page keeps open must not keep the folder locked.
    pub(crate) async fn stop(&self) {
        // A thread that is gone has stopped.
        let _ = self.0.send(Command::Stop).await;
    }

    /// Notes that a relay has a bulletin.
    pub(crate) async fn delivered(&self, relay: &str, number: u64) {
        let relay = relay.to_owned();
        // Lost when the desk is stopping: then it is delivered again after the next start.
        let _ = self.0.send(Command::Delivered { relay, number }).await;
    }
}

/// What the writer needs besides the store.
pub(crate) struct Office {
    pub(crate) hub: Arc<Hub>,
    pub(crate) herald: Herald,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) root: SigningKey,
    pub(crate) region: Region,
    pub(crate) secrets: Secrets,
    /// Address of the issuer of passes.
    pub(crate) issuer: Option<String>,
    /// Who keeps levels when epochs close.
    pub(crate) standings: Box<dyn Standings>,
    /// Rung when a bulletin has become old.
    pub(crate) publish: Arc<Notify>,
    pub(crate) drops: DropPlan,
}

struct Writer {
    store: Store,
    fold: Fold,
    cells: Cells,
    office: Office,
    /// Whether fold and cells may be ahead of the store.
    unknown: bool,
    /// Whether no bulletin has been made since the start.
    starting: bool,
}

/// Starts the writer's thread. It ends when told to, or when its ending is dropped.
pub(crate) fn start(
    store: Store,
    fold: Fold,
    cells: Cells,
    office: Office,
) -> (WriterHandle, Ending) {
    let (sender, mut commands) = mpsc::channel(QUEUE);
    let mut writer = Writer {
        store,
        fold,
        cells,
        office,
        unknown: false,
        starting: true,
    };
    // Before anybody can ask: a page never sees a desk without its incidents.
    writer.show_all();
    let thread = thread::Builder::new()
        .name("desk-writer".into())
        .spawn(move || {
            while let Some(command) = commands.blocking_recv() {
                if matches!(command, Command::Stop) {
                    break;
                }
                writer.obey(command);
            }
        })
        .expect("the process may start threads");
    let handle = WriterHandle(sender);
    let ending = Ending {
        writer: handle.clone(),
        thread: Some(thread),
    };
    (handle, ending)
}

/// Ends the thread that writes, and waits for it, at the latest when dropped: SQLCipher takes itself down when the
/// process ends, and a store that is being closed at that moment crashes it.
pub(crate) struct Ending {
    writer: WriterHandle,
    thread: Option<thread::JoinHandle<()>>,
}

impl Ending {
    pub(crate) async fn end(mut self) {
        self.writer.stop().await;
        let Some(thread) = self.thread.take() else {
            return;
        };
        // It does no more than finish what it is at.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        // With a full queue it would go on for as long as others ask.
        if !matches!(
            self.writer.0.try_send(Command::Stop),
            Err(TrySendError::Full(_))
        ) {
            let _ = thread.join();
        }
    }
}

/// Folds the journal from the last closing. Where the derived tables do not show the same, they are written again:
/// a later version of the fusing sees the same reports with other eyes.
pub(crate) fn fold_journal(store: &mut Store) -> Result<Fold, StoreError> {
    let mut fold = closing::fold(&store.journal())?;
    let effects = fold.effects();
    if !store.holds(fold.cases().map(Case::row))? {
        tracing::info!("the derived tables are written again");
        let mut batch = store.batch()?;
        closing::write_all(&mut batch, &fold, &effects)?;
        batch.commit()?;
    }
    Ok(fold)
}

impl Writer {
    fn obey(&mut self, command: Command) {
        // Whoever asked may have gone: then nobody reads the answer.
        match command {
            Command::Bulletin { above, reply } => drop(reply.send(self.bulletin(&above))),
            Command::Cancel { id, reply } => {
                let done = self.turn(|turn| turn.cancel(&id));
                drop(reply.send(self.warning(done)));
            }
            Command::CellCodebook {
                cell,
                label,
                places,
                clock_min,
                reply,
            } => {
                let made = self.turn(|turn| turn.cell_codebook(cell, label, places, clock_min));
                drop(reply.send(made));
            }
            Command::CellCodebookEnd { cell, sheet, reply } => {
                let ended = self.turn(|turn| turn.cell_codebook_end(cell, sheet));
                self.erase(ended.is_ok());
                drop(reply.send(ended));
            }
            Command::Codebooks { ids, reply } => {
                let left = |&id: &MemberId| Some((id, self.cells.codebook(id)?.left()));
                let left = ids.iter().filter_map(left).collect();
                drop(reply.send(Ok(left)));
            }
            Command::HearByHand { words, reply } => {
                // What is nobody's needs no transaction: most first words of whispers are.
                let heard = if self.cells.begins_codebook(words[0]) {
                    let heard = self.turn(|turn| Ok(hearing::hear_by_hand(turn, &words)?));
                    self.erase(matches!(heard, Ok(Some(_))));
                    heard
                } else {
                    Ok(None)
                };
                drop(reply.send(heard));
            }
            Command::CellCutOff {
                cell,
                member,
                reply,
            } => drop(reply.send(self.turn(|turn| turn.cell_cut_off(cell, member)))),
            Command::CellFound {
                public,
                wrapped,
                name,
                reply,
            } => drop(reply.send(self.turn(|turn| turn.cell_found(&public, &wrapped, name)))),
            Command::CellInvite {
                cell,
                label,
                holds_s,
                duress_of,
                reply,
            } => {
                let made = self.turn(|turn| turn.cell_invite(cell, label, holds_s, duress_of));
                drop(reply.send(made));
            }
            Command::CellRevoke {
                cell,
                invite,
                reply,
            } => drop(reply.send(self.turn(|turn| turn.cell_revoke(cell, &invite)))),
            Command::CellWrite {
                cell,
                member,
                key,
                text,
                reply,
            } => drop(reply.send(self.turn(|turn| turn.cell_write(cell, member, &key, &text)))),
            Command::Decide {
                incident,
                verdict,
                version,
                reply,
            } => {
                drop(reply.send(self.decide(incident, verdict, version)));
            }
            Command::Hear {
                readings,
                mut tries,
                reply,
            } => {
                let heard = self.turn(|turn| {
                    let now = turn.now();
                    Ok(hearing::hear(
                        turn,
                        &readings,
                        now,
                        Bearer::Call,
                        &mut tries,
                    )?)
                });
                drop(reply.send(heard.map(|heard| (tries, heard))));
            }
            Command::Members { ids, reply } => {
                let notes = ids.iter().filter_map(|&id| self.cells.notes(id));
                drop(reply.send(Ok(notes.collect())));
            }
            Command::Delivered { relay, number } => {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                let noted = self.turn(|turn| Ok(turn.batch.delivered(&relay, number)?));
                if let Err(why) = noted {
                    tracing::warn!(%why, "a delivery was not noted and will be made again");
                }
            }
            Command::Take {
                relay,
                after,
                opened,
                reply,
            } => {
                drop(reply.send(self.turn(|turn| {
                    intake::take(turn, opened)?;
                    Ok(turn.batch.cursor(&relay, after)?)
                })));
            }
            Command::PassKeys { keys, reply } => {
                let now = self.office.clock.now();
                let pinned = issuer::pin(&mut self.store, &keys, now);
                drop(reply.send(pinned.map_err(Refusal::from)));
            }
            Command::PassRequest { reply } => {
                let now = self.office.clock.now();
                let request = issuer::pinned(&self.store)
                    .and_then(|keys| passes::request(&mut self.store, &keys, now));
                drop(reply.send(request.map_err(Refusal::from)));
            }
            Command::PassResponse { response, reply } => {
                let taken = passes::receive(&mut self.store, &response);
                drop(reply.send(taken.map_err(Refusal::from)));
            }
            // The loop that calls this ends on it.
            Command::Stop => {}
            Command::TimePassed { reply } => drop(reply.send(self.time_passed())),
            Command::Update { id, request, reply } => {
                let done = self.turn(|turn| turn.update(&id, &request));
                drop(reply.send(self.warning(done)));
            }
            Command::Warn { request, reply } => {
                let done = self.turn(|turn| turn.warn(&request));
                drop(reply.send(self.warning(done)));
            }
        }
    }

    /// One transaction: all of it is durable and shown, or nothing of it happened.
    fn turn<T>(
        &mut self,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if self.unknown {
            self.recover()?;
        }
        let (value, effects) = {
            let batch = self.store.batch()?;
            let mut turn = Turn::new(batch, &mut self.fold, &mut self.cells, &self.office);
            let done = work(&mut turn);
            // A refusal before the first entry leaves the fold as it was; from then on it is ahead
            // of the journal until the commit. Cells may be ahead wherever the store failed.
            self.unknown = turn.has_appended() || matches!(done, Err(Refusal::Store(_)));
            let value = done?;
            self.unknown = true;
            turn.apply_rules()?;
            let effects = turn.fold.effects();
            write_effects(&mut turn.batch, turn.fold, &effects)?;
            turn.batch.commit()?;
            (value, effects)
        };
        self.unknown = false;
        self.show(effects);
        Ok(value)
    }

    /// Takes what a transaction deleted out of the database's log too. Where that fails the next one does it: what was
    /// done stays done.
    fn erase(&mut self, deleted: bool) {
        if deleted && let Err(why) = self.store.checkpoint() {
            tracing::warn!(%why, "a used row is still in the log of the database");
        }
    }

    /// Folds the journal again after a transaction of which nobody knows whether it happened.
    fn recover(&mut self) -> Result<(), StoreError> {
        self.store.reread_head()?;
        self.fold = fold_journal(&mut self.store)?;
        self.cells = Cells::load(&self.store)?;
        self.unknown = false;
        self.show_all();
        Ok(())
    }

    fn decide(
        &mut self,
        id: u64,
        verdict: Verdict,
        version: u64,
    ) -> Result<Arc<Incident>, Refusal> {
        self.turn(|turn| turn.decide(id, verdict, version))?;
        let case = self.fold.case(id).ok_or(Refusal::NotFound)?;
        Ok(Arc::clone(&case.incident))
    }

    fn warning(&self, chain: Result<String, Refusal>) -> Result<Warning, Refusal> {
        let chain = self.fold.warnings().get(&chain?).ok_or(Refusal::NotFound)?;
        Ok(chain.view())
    }

    fn bulletin(&mut self, above: &Above) -> Result<Signed, Refusal> {
        let starting = self.starting;
        let (number, drops) = self.turn(|turn| {
            let number = turn
                .fold
                .bulletin()
                .max(above.bulletin.load(Ordering::Relaxed))
                + 1;
            let at = turn.now();
            turn.append(at, Entry::Bulletin(BulletinMade { number }), None)?;
            let drops = turn.drops(starting, above.drops.load(Ordering::Relaxed))?;
            Ok((number, drops))
        })?;
        self.starting = false;
        let secrets = self.office.secrets.present();
        let now = self.office.clock.now();
        let passes = issuer::published(&self.store, self.office.issuer.as_deref(), now)?;
        Ok(publication::sign(
            &self.office,
            &self.fold,
            &secrets,
            &drops,
            passes,
            number,
            now,
        ))
    }

    fn time_passed(&mut self) -> Result<(), Refusal> {
        const TICK_S: i64 = 60;
        let now = self.office.clock.now();
        if let Some(secrets) = reception::roll(&mut self.store, now)? {
            self.office.secrets.replace(secrets);
            self.office.publish.notify_one();
        }
        let live = self.office.herald.mode == ClockMode::Live;
        self.close_epochs(if live { now } else { self.fold.now() })?;
        if live && self.fold.ages() && now >= self.store.head().at + TICK_S {
            self.turn(|turn| Ok(turn.append(now, Entry::Tick, None).map(drop)?))?;
        }
        Ok(())
    }

    /// Forgets who is who in epochs that are over.
    fn close_epochs(&mut self, now: i64) -> Result<(), StoreError> {
        if self.unknown {
            self.recover()?;
        }
        // A closing that fails may have happened.
        self.unknown = true;
        let closed = closing::close(&mut self.store, now, &mut *self.office.standings)?;
        if let Some(fold) = closed {
            self.fold = fold;
            self.show_all();
        }
        self.unknown = false;
        Ok(())
    }

    fn show(&self, mut effects: Effects) {
        if !effects.warnings.is_empty() {
            self.office.publish.notify_one();
        }
        effects.warnings.append(&mut effects.carried);
        let shown = |id: String| {
            let chain = self.fold.warnings().get(&id)?;
            Some((id, shown(chain)))
        };
        self.office.hub.show(Changes {
            cases: effects
                .changed
                .iter()
                .filter_map(|id| self.fold.case(*id).cloned())
                .collect(),
            gone: effects.gone,
            forgotten: effects.forgotten,
            warnings: effects.warnings.into_iter().filter_map(shown).collect(),
            warnings_forgotten: effects.warnings_forgotten,
            counters: effects.counted.then(|| self.fold.counts().view()),
            entry_at: self.fold.now(),
        });
    }

    fn show_all(&self) {
        self.office.hub.replace(Changes {
            cases: self.fold.cases().cloned().collect(),
            warnings: self
                .fold
                .warnings()
                .iter()
                .map(|(id, chain)| (id.clone(), shown(chain)))
                .collect(),
            counters: Some(self.fold.counts().view()),
            entry_at: self.fold.now(),
            ..Changes::default()
        });
    }
}

fn shown(chain: &Chain) -> ShownWarning {
    ShownWarning {
        view: chain.view(),
        bulletin: chain.bulletin,
    }
}

#[cfg(test)]
pub(crate) mod tests;
