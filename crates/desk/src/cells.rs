//! Cells and their witnesses: who may join, who speaks, and what a coordinator alone may read.
//!
//! Implements *Cells are compartments* of section 7 of the design (`docs/design/0007-identity.md`).
//! What the desk needs at any hour without a coordinator (chains, buckets, replies that wait) is sealed
//! under its working key; what it keeps about a cell (who is in it, names, messages, check-ins) is
//! sealed to that cell and opens with its coordinator's passphrase only. So does what a coordinator
//! writes, also while it waits: inside of the reply it is sealed under a key that the desk derives from
//! an enrolment, seals to the cell, and forgets. Of which cell a witness is, their phone says with
//! everything that it sends.
//!
//! The registry runs ahead of the store by one transaction, like the fold: when that fails, it is read
//! again.

mod codebooks;
mod key;
#[cfg(any(test, feature = "drill"))]
pub(crate) mod loot;
mod member;
mod record;
mod standings;
mod turn;
mod whispers;
mod working;

use std::collections::{BTreeMap, BTreeSet};

use getrandom::SysRng;
use lapwing_seal::{
    By, CellLabel, CellMessage, CellPublic, Content, Enrolment, Heard, Invite, InviteRefused,
    Known, Listener, MessageKey, Moved, Reply, ReplyChains, StepId,
};
use rand_core::UnwrapErr;

use self::{codebooks::Codebooks, whispers::Whispers};
use crate::{
    drops::{Made, Recipient, Waiting},
    refusal::Refusal,
    store::{Batch, InviteRow, InviteState, Store, StoreError},
};

pub(crate) use codebooks::ByHand;
pub(crate) use key::{unwrap, wrap};
pub(crate) use member::{Alarm, Member, MemberId, Standing, author};
pub(crate) use record::{Record, about, has_codebook, has_witness, message_key};
pub(crate) use standings::MemberStandings;
pub(crate) use turn::Invited;
pub(crate) use whispers::MemberNotes;
pub(crate) use working::WorkingKey;

/// Number of a cell, from 1.
pub(crate) type CellId = u32;

/// Phones whose enrolment was refused and who are yet to read why. More push the oldest out: a flood
/// of made-up invites costs this much and no more.
const REFUSED_MAX: usize = 1_000;
/// Since when a reply waits is kept by the day: the journal says at which second which cell's coordinator
/// wrote.
const DAY_S: i64 = 86_400;
/// Of so many numbers of drops one has every chain written again.
const CHAINS_WRITTEN: u32 = 168;
/// A row that no recipient is left for is a damaged store.
const REPLY_ROW: &str = "reply";

/// Everything about cells that the desk works with.
pub(crate) struct Cells {
    working: WorkingKey,
    cells: BTreeMap<CellId, CellPublic>,
    labels: BTreeMap<CellLabel, CellId>,
    members: BTreeMap<MemberId, Member>,
    /// By what a witness may say next or has said lately: whose it may be.
    said: BTreeSet<(StepId, MemberId)>,
    renewals: BTreeSet<(StepId, MemberId)>,
    whispers: Whispers,
    codebooks: Codebooks,
    /// Replies that are not acknowledged, by witness and id.
    waiting: BTreeMap<(MemberId, u32), Waiting>,
    /// Phones that were refused, oldest first.
    refused: BTreeSet<(i64, MemberId)>,
}

/// What became of an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enrolled {
    /// A new witness of a cell.
    Joined,
    /// A witness whom the desk knew begins anew.
    Renewed,
    /// Not taken; the phone will read why.
    Refused(InviteRefused),
    /// A renewal by nobody whom the desk knows.
    Unknown,
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// This witness, at a step that was not used before.
    Member(MemberId),
    /// A witness, at a step that came already.
    Again,
    /// Nobody whom the desk knows.
    Unknown,
}

impl Cells {
    /// Reads what the store has.
    pub(crate) fn load(store: &Store) -> Result<Self, StoreError> {
        let working = WorkingKey::new(&store.working_key());
        let mut cells = Self {
            working,
            cells: BTreeMap::new(),
            labels: BTreeMap::new(),
            members: BTreeMap::new(),
            said: BTreeSet::new(),
            renewals: BTreeSet::new(),
            whispers: Whispers::default(),
            codebooks: Codebooks::default(),
            waiting: BTreeMap::new(),
            refused: BTreeSet::new(),
        };
        for (id, public) in store.cells()? {
            let public = CellPublic::parse(&public).map_err(|_why| StoreError::Row("cell"))?;
            cells.know(id, public);
        }
        for (id, sealed) in store.members()? {
            let member = cells
                .working
                .open(&member::about(id), &sealed)
                .and_then(|bytes| Member::from_bytes(&bytes))
                .ok_or(StoreError::Row("member"))?;
            cells.put(id, member);
        }
        for (id, sealed) in store.codebooks()? {
            cells.know_codebook(id, &sealed)?;
        }
        for (id, number, sealed) in store.replies()? {
            let waiting = cells
                .working
                .open(&about_reply(id, number), &sealed)
                .and_then(|bytes| waiting_from_bytes(number, &bytes))
                .ok_or(StoreError::Row(REPLY_ROW))?;
            cells.waiting.insert((id, number), waiting);
        }
        let refused = cells
            .members
            .iter()
            .filter(|(_, member)| !member.is_known());
        let since = |id| cells.waiting.get(&(id, 1)).map_or(i64::MIN, |w| w.since);
        cells.refused = refused.map(|(&id, _)| (since(id), id)).collect();
        Ok(cells)
    }

    fn know(&mut self, id: CellId, public: CellPublic) {
        self.labels.insert(public.label(), id);
        self.cells.insert(id, public);
    }

    /// Whether there is such a cell.
    pub(crate) fn has(&self, cell: CellId) -> bool {
        self.cells.contains_key(&cell)
    }

    /// The cell of which a phone says that it is.
    pub(crate) fn labelled(&self, label: CellLabel) -> Option<CellId> {
        self.labels.get(&label).copied()
    }

    /// A witness, or a phone that was refused.
    pub(crate) fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// Makes a cell of a key pair whose secret half is wrapped already.
    pub(crate) fn found(
        &mut self,
        batch: &Batch<'_>,
        public: &[u8],
        wrapped: &[u8],
        now: i64,
    ) -> Result<CellId, Refusal> {
        let parsed = CellPublic::parse(public).map_err(|_why| Refusal::BadRequest("key"))?;
        let id = self.cells.last_key_value().map_or(0, |(id, _)| *id) + 1;
        batch.cell(id, public, wrapped, now)?;
        self.know(id, parsed);
        Ok(id)
    }

    /// Makes an invite to a cell. The secret is given once and kept nowhere.
    pub(crate) fn invite(
        &mut self,
        batch: &Batch<'_>,
        cell: CellId,
        label: &str,
        duress_of: Option<MemberId>,
        (now, expires): (i64, i64),
    ) -> Result<Invite, StoreError> {
        let invite = Invite::generate(&mut UnwrapErr(SysRng));
        batch.invite(&InviteRow {
            hash: invite.hash(),
            cell,
            expires,
            state: InviteState::Open,
            duress: duress_of.is_some(),
        })?;
        let record = Record::Invited {
            invite: hex::encode(invite.hash()),
            label: label.to_owned(),
            at: now,
            expires,
            duress_of,
        };
        self.record(batch, cell, &record)?;
        Ok(invite)
    }

    /// Withdraws an invite of this cell that nobody has used.
    pub(crate) fn revoke(
        &mut self,
        batch: &Batch<'_>,
        cell: CellId,
        hash: &[u8; 32],
    ) -> Result<(), Refusal> {
        let mut row = batch
            .invite_of(hash)?
            .filter(|row| row.cell == cell)
            .ok_or(Refusal::NotFound)?;
        if row.state == InviteState::Open {
            row.state = InviteState::Revoked;
            batch.invite(&row)?;
        }
        Ok(())
    }

    /// Takes an enrolment, or lets the phone know why not.
    pub(crate) fn enrol(
        &mut self,
        batch: &Batch<'_>,
        enrolment: &Enrolment,
        now: i64,
    ) -> Result<Enrolled, StoreError> {
        let invite = match &enrolment.by {
            By::Invite(invite) => invite,
            By::Renewal { id, cell, .. } => {
                return self.renew(batch, enrolment, (id, *cell), now);
            }
        };
        let hash = invite.hash();
        let row = batch.invite_of(&hash)?;
        let why = match &row {
            None => Some(InviteRefused::Unknown),
            Some(row) => match row.state {
                InviteState::Used => Some(InviteRefused::Used),
                InviteState::Revoked => Some(InviteRefused::Revoked),
                InviteState::Open if row.expires <= now => Some(InviteRefused::Expired),
                InviteState::Open => None,
            },
        };
        let id = self.free_id()?;
        let Some(mut row) = row.filter(|_| why.is_none()) else {
            let why = why.unwrap_or(InviteRefused::Unknown);
            self.refuse(batch, id, enrolment, why, now)?;
            return Ok(Enrolled::Refused(why));
        };
        row.state = InviteState::Used;
        batch.invite(&row)?;
        let standing = if row.duress {
            Standing::Duress
        } else {
            Standing::Witness
        };
        self.keep(batch, id, Member::new(enrolment, standing))?;
        let invite = hex::encode(hash);
        let joined = Record::Joined {
            member: id,
            invite,
            at: now,
            key: key_of(enrolment),
        };
        self.record(batch, row.cell, &joined)?;
        let public = self.cells.get(&row.cell).ok_or(StoreError::Row("cell"))?;
        let cell = public.label();
        let key = MessageKey::of(&enrolment.root);
        self.say(batch, id, &key, &CellMessage::Welcome { cell }, now)?;
        Ok(Enrolled::Joined)
    }

    /// A number that nobody has. Drawn, because the journal says in which order phones joined, and the
    /// records in which order cells got witnesses.
    fn free_id(&self) -> Result<MemberId, StoreError> {
        loop {
            let id = getrandom::u32().map_err(|_why| StoreError::Randomness)?;
            if id != 0 && !self.members.contains_key(&id) && !self.has_codebook(id) {
                return Ok(id);
            }
        }
    }

    fn refuse(
        &mut self,
        batch: &Batch<'_>,
        id: MemberId,
        enrolment: &Enrolment,
        why: InviteRefused,
        now: i64,
    ) -> Result<(), StoreError> {
        while self.refused.len() >= REFUSED_MAX
            && let Some((_, oldest)) = self.refused.first().copied()
        {
            self.remove(batch, oldest)?;
        }
        self.keep(batch, id, Member::new(enrolment, Standing::Refused))?;
        self.reply(batch, id, Content::Refused(why), now)?;
        self.refused.insert((day(now), id));
        Ok(())
    }

    fn renew(
        &mut self,
        batch: &Batch<'_>,
        enrolment: &Enrolment,
        (step, label): (&StepId, CellLabel),
        now: i64,
    ) -> Result<Enrolled, StoreError> {
        let by = |(id, member): (MemberId, &Member)| match member.renewal.hear(step) {
            Heard::Step(key) if enrolment.is_by(&key) => Some(id),
            _ => None,
        };
        let Some(id) = self.candidates(&self.renewals, step).find_map(by) else {
            return Ok(Enrolled::Unknown);
        };
        let known = self.take_out(id).expect("a candidate is a member");
        self.keep(batch, id, Member::renewed(enrolment, &known))?;
        if let Some(cell) = self.labelled(label) {
            let renewed = Record::Renewed {
                member: id,
                at: now,
                key: key_of(enrolment),
            };
            self.record(batch, cell, &renewed)?;
            // Until this has come the phone says nothing under its new chains.
            let key = MessageKey::of(&enrolment.root);
            self.say(batch, id, &key, &CellMessage::Welcome { cell: label }, now)?;
        }
        Ok(Enrolled::Renewed)
    }

    /// Ends what the desk has with a witness's phone: what it sends from now on is nobody's.
    pub(crate) fn cut_off(
        &mut self,
        batch: &Batch<'_>,
        cell: CellId,
        member: MemberId,
        now: i64,
    ) -> Result<(), Refusal> {
        match self.members.get(&member).map(|who| who.standing) {
            Some(Standing::Witness) => {}
            // Its reports would be anybody's then, and would be fused.
            Some(Standing::Duress) => {
                return Err(Refusal::BadRequest("the witness: this is a decoy"));
            }
            Some(Standing::Refused) | None => return Err(Refusal::NotFound),
        }
        self.remove(batch, member)?;
        self.record(batch, cell, &Record::CutOff { member, at: now })?;
        Ok(())
    }

    /// Whose word it is. Looks only.
    pub(crate) fn speaker(&self, known: &Known) -> Speaker {
        let mut again = false;
        for (id, member) in self.candidates(&self.said, &known.id) {
            match member.said.hear(&known.id) {
                Heard::Step(key) if known.is_by(&key) => return Speaker::Member(id),
                Heard::Again => again = true,
                Heard::Step(_) | Heard::Unknown => {}
            }
        }
        if again {
            Speaker::Again
        } else {
            Speaker::Unknown
        }
    }

    /// Uses the step up: from now on it is one that came already. Gives how often the witness was
    /// heard, this time included.
    pub(crate) fn accept(
        &mut self,
        batch: &Batch<'_>,
        id: MemberId,
        step: &StepId,
    ) -> Result<u32, StoreError> {
        let member = self.members.get_mut(&id).ok_or(StoreError::Row("member"))?;
        member.heard = member.heard.saturating_add(1);
        let heard = member.heard;
        let Moved { added, removed } = member.said.accept(step);
        for gone in removed {
            self.said.remove(&(gone, id));
        }
        self.said.extend(added.into_iter().map(|new| (new, id)));
        self.write(batch, id)?;
        Ok(heard)
    }

    /// Keeps a record for the coordinator of a cell.
    pub(crate) fn record(
        &self,
        batch: &Batch<'_>,
        cell: CellId,
        record: &Record,
    ) -> Result<(), StoreError> {
        let public = self.cells.get(&cell).ok_or(StoreError::Row("cell"))?;
        let number = batch.next_record()?;
        let sealed = public
            .seal(
                &mut UnwrapErr(SysRng),
                &about(cell, number),
                &record.encode(),
            )
            .map_err(|_why| StoreError::Row("cell"))?;
        batch.record(number, cell, &sealed)
    }

    /// Queues what a coordinator says, under the witness's key of messages; gives the reply's id.
    pub(crate) fn say(
        &mut self,
        batch: &Batch<'_>,
        id: MemberId,
        key: &MessageKey,
        message: &CellMessage,
        now: i64,
    ) -> Result<u32, StoreError> {
        let member = self.members.get(&id).ok_or(StoreError::Row("member"))?;
        let sealed = key
            .seal(&mut UnwrapErr(SysRng), member.next_reply, message)
            .map_err(|_why| StoreError::Row(REPLY_ROW))?;
        self.reply(batch, id, Content::FromCell(sealed), now)
    }

    /// Queues a reply; gives its id.
    pub(crate) fn reply(
        &mut self,
        batch: &Batch<'_>,
        id: MemberId,
        content: Content,
        now: i64,
    ) -> Result<u32, StoreError> {
        let member = self.members.get_mut(&id).ok_or(StoreError::Row("member"))?;
        let number = member.next_reply;
        member.next_reply += 1;
        self.write(batch, id)?;
        let waiting = Waiting {
            reply: Reply {
                id: number,
                content,
            },
            since: day(now),
            shown: false,
        };
        self.write_reply(batch, id, &waiting)?;
        self.waiting.insert((id, number), waiting);
        Ok(number)
    }

    /// Takes acknowledged replies out of the queue; gives those that were in it.
    pub(crate) fn acknowledge(
        &mut self,
        batch: &Batch<'_>,
        id: MemberId,
        acks: &[u32],
    ) -> Result<Vec<u32>, StoreError> {
        let mut came = Vec::new();
        for &number in acks {
            if self.waiting.remove(&(id, number)).is_some() {
                batch.reply_gone(id, number)?;
                came.push(number);
            }
        }
        Ok(came)
    }

    /// Everybody for whom drops are made, with what waits for them.
    pub(crate) fn recipients(&self) -> Vec<Recipient> {
        let recipient = |(&id, member): (&MemberId, &Member)| {
            let waiting = self.waiting.range((id, 0)..=(id, u32::MAX));
            Recipient {
                witness: u64::from(id),
                known: member.is_known(),
                bucket: member.bucket.clone(),
                chains: ReplyChains::from_bytes(&member.chains.to_bytes()),
                replies: waiting.map(|(_, waiting)| waiting.clone()).collect(),
            }
        };
        self.members.iter().map(recipient).collect()
    }

    /// Keeps what became of chains and replies when drops were made. A chain that sealed nothing is
    /// written again once in [`CHAINS_WRITTEN`] numbers: until then the row holds an older key of it,
    /// which serves as well.
    pub(crate) fn drops_made(
        &mut self,
        batch: &Batch<'_>,
        recipients: Vec<Recipient>,
        made: &Made,
    ) -> Result<(), StoreError> {
        let shown: BTreeSet<(u64, u32)> = made.shown.iter().copied().collect();
        for recipient in recipients {
            let Ok(id) = MemberId::try_from(recipient.witness) else {
                continue;
            };
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            let due = recipient.chains.at() % CHAINS_WRITTEN == id % CHAINS_WRITTEN;
            member.chains = recipient.chains;
            let mut sealed = false;
            for mut waiting in recipient.replies {
                let number = waiting.reply.id;
                if shown.contains(&(recipient.witness, number)) {
                    sealed = true;
                    if !waiting.shown {
                        waiting.shown = true;
                        self.write_reply(batch, id, &waiting)?;
                        self.waiting.insert((id, number), waiting);
                    }
                }
            }
            if sealed || due {
                self.write(batch, id)?;
            }
        }
        for &(witness, number) in &made.expired {
            let Ok(id) = MemberId::try_from(witness) else {
                continue;
            };
            self.acknowledge(batch, id, &[number])?;
            // There is nothing else to say to a phone that was refused. That a coordinator's message was
            // given up, its records tell by their time.
            if self
                .members
                .get(&id)
                .is_some_and(|member| !member.is_known())
            {
                self.remove(batch, id)?;
            }
        }
        Ok(())
    }

    fn candidates<'a>(
        &'a self,
        steps: &'a BTreeSet<(StepId, MemberId)>,
        step: &StepId,
    ) -> impl Iterator<Item = (MemberId, &'a Member)> + 'a {
        steps
            .range((*step, 0)..=(*step, MemberId::MAX))
            .filter_map(|(_, id)| Some((*id, self.members.get(id)?)))
    }

    /// Into memory.
    fn put(&mut self, id: MemberId, member: Member) {
        let ids = |listener: &Listener| listener.ids().into_iter().map(move |step| (step, id));
        if member.is_known() {
            self.said.extend(ids(&member.said));
            self.renewals.extend(ids(&member.renewal));
            self.whispers.enter(id, &member.whispers);
        }
        self.members.insert(id, member);
    }

    /// Into memory and store.
    fn keep(&mut self, batch: &Batch<'_>, id: MemberId, member: Member) -> Result<(), StoreError> {
        self.put(id, member);
        self.write(batch, id)
    }

    /// Out of memory.
    fn take_out(&mut self, id: MemberId) -> Option<Member> {
        let member = self.members.remove(&id)?;
        for step in member.said.ids() {
            self.said.remove(&(step, id));
        }
        for step in member.renewal.ids() {
            self.renewals.remove(&(step, id));
        }
        self.whispers.leave(id, &member.whispers);
        self.refused.retain(|(_, refused)| *refused != id);
        Some(member)
    }

    /// Out of memory and store, with all that waits.
    fn remove(&mut self, batch: &Batch<'_>, id: MemberId) -> Result<(), StoreError> {
        self.take_out(id);
        let numbers: Vec<u32> = self
            .waiting
            .range((id, 0)..=(id, u32::MAX))
            .map(|((_, number), _)| *number)
            .collect();
        self.acknowledge(batch, id, &numbers)?;
        batch.member_gone(id)
    }

    fn write(&self, batch: &Batch<'_>, id: MemberId) -> Result<(), StoreError> {
        let member = self.members.get(&id).ok_or(StoreError::Row("member"))?;
        let sealed = self.working.seal(&member::about(id), &member.to_bytes());
        batch.member(id, &sealed)
    }

    fn write_reply(
        &self,
        batch: &Batch<'_>,
        id: MemberId,
        waiting: &Waiting,
    ) -> Result<(), StoreError> {
        let number = waiting.reply.id;
        let bytes = waiting_to_bytes(waiting);
        batch.reply(
            id,
            number,
            &self.working.seal(&about_reply(id, number), &bytes),
        )
    }
}

/// The end of the day of this time.
fn day(at: i64) -> i64 {
    (at.div_euclid(DAY_S) + 1) * DAY_S
}

/// The key of messages of an enrolment, for the record that tells the cell of it.
fn key_of(enrolment: &Enrolment) -> String {
    hex::encode(MessageKey::of(&enrolment.root).as_bytes())
}

/// A reply that waits, for the working key: since 8 · shown 1 · plaintext of its slot.
fn waiting_to_bytes(waiting: &Waiting) -> Vec<u8> {
    let mut out = waiting.since.to_be_bytes().to_vec();
    out.push(u8::from(waiting.shown));
    out.extend_from_slice(waiting.reply.encode().as_slice());
    out
}

fn waiting_from_bytes(number: u32, bytes: &[u8]) -> Option<Waiting> {
    let (since, rest) = bytes.split_first_chunk()?;
    let (&shown, plaintext) = rest.split_first()?;
    let reply = Reply::decode(plaintext.try_into().ok()?).ok()?;
    (reply.id == number && shown <= 1).then(|| Waiting {
        reply,
        since: i64::from_be_bytes(*since),
        shown: shown == 1,
    })
}

fn about_reply(id: MemberId, number: u32) -> Vec<u8> {
    [
        b"reply\n".as_slice(),
        &id.to_be_bytes(),
        &number.to_be_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests;
