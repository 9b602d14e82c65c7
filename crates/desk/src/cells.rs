//! Cells and their witnesses: who may join, who speaks, and what a coordinator alone may read.
//!
//! Implements *Cells are compartments* of section 7 of the design (`docs/design/0007-identity.md`).
//! What the desk needs at any hour without a coordinator (chains, buckets, the number of a cell, replies
//! that wait) is sealed under its working key; what it keeps about a cell (names, messages, check-ins)
//! is sealed to that cell and opens with its coordinator's passphrase only.
//!
//! The registry runs ahead of the store by one transaction, like the fold: when that fails, it is read
//! again.

mod key;
mod member;
mod record;
mod standings;
mod turn;
mod working;

use std::collections::{BTreeMap, BTreeSet};

use getrandom::SysRng;
use lapwing_seal::{
    By, CellPublic, Content, Enrolment, Heard, Invite, InviteRefused, Known, Listener, Moved,
    Reply, ReplyChains, StepId,
};
use rand_core::UnwrapErr;

use crate::{
    drops::{Made, Recipient, Waiting},
    refusal::Refusal,
    store::{Batch, InviteRow, InviteState, Store, StoreError},
};

pub(crate) use key::{unwrap, wrap};
pub(crate) use member::{Member, MemberId, author};
pub(crate) use record::{Record, about};
pub(crate) use standings::MemberStandings;
pub(crate) use turn::Invited;
pub(crate) use working::WorkingKey;

/// Number of a cell, from 1.
pub(crate) type CellId = u32;

/// Phones whose enrolment was refused and who are yet to read why. More push the oldest out: a flood
/// of made-up invites costs this much and no more.
const REFUSED_MAX: usize = 1_000;
/// Of so many numbers of drops one has every chain written again.
const CHAINS_WRITTEN: u32 = 168;
/// A row that no recipient is left for is a damaged store.
const REPLY_ROW: &str = "reply";

/// Everything about cells that the desk works with.
pub(crate) struct Cells {
    working: WorkingKey,
    cells: BTreeMap<CellId, CellPublic>,
    members: BTreeMap<MemberId, Member>,
    /// By what a witness may say next or has said lately: whose it may be.
    said: BTreeSet<(StepId, MemberId)>,
    renewals: BTreeSet<(StepId, MemberId)>,
    /// Replies that are not acknowledged, by witness and id.
    waiting: BTreeMap<(MemberId, u32), Waiting>,
    /// Phones that were refused, oldest first.
    refused: BTreeSet<MemberId>,
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
            members: BTreeMap::new(),
            said: BTreeSet::new(),
            renewals: BTreeSet::new(),
            waiting: BTreeMap::new(),
            refused: BTreeSet::new(),
        };
        for (id, public) in store.cells()? {
            let public = CellPublic::parse(&public).map_err(|_why| StoreError::Row("cell"))?;
            cells.cells.insert(id, public);
        }
        for (id, sealed) in store.members()? {
            let member = cells
                .working
                .open(&member::about(id), &sealed)
                .and_then(|bytes| Member::from_bytes(&bytes))
                .ok_or(StoreError::Row("member"))?;
            cells.put(id, member);
        }
        for (id, number, sealed) in store.replies()? {
            let waiting = cells
                .working
                .open(&about_reply(id, number), &sealed)
                .and_then(|bytes| waiting_from_bytes(number, &bytes))
                .ok_or(StoreError::Row(REPLY_ROW))?;
            cells.waiting.insert((id, number), waiting);
        }
        Ok(cells)
    }

    /// Whether there is such a cell.
    pub(crate) fn has(&self, cell: CellId) -> bool {
        self.cells.contains_key(&cell)
    }

    /// A witness.
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
        self.cells.insert(id, parsed);
        Ok(id)
    }

    /// Makes an invite to a cell. The secret is given once and kept nowhere.
    pub(crate) fn invite(
        &mut self,
        batch: &Batch<'_>,
        cell: CellId,
        label: &str,
        now: i64,
        expires: i64,
    ) -> Result<Invite, StoreError> {
        let invite = Invite::generate(&mut UnwrapErr(SysRng));
        batch.invite(&InviteRow {
            hash: invite.hash(),
            cell,
            expires,
            state: InviteState::Open,
        })?;
        let record = Record::Invited {
            invite: hex::encode(invite.hash()),
            label: label.to_owned(),
            at: now,
            expires,
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
            By::Renewal { id, .. } => return self.renew(batch, enrolment, id, now),
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
        let id = self.members.last_key_value().map_or(0, |(id, _)| *id) + 1;
        let Some(mut row) = row.filter(|_| why.is_none()) else {
            let why = why.unwrap_or(InviteRefused::Unknown);
            self.refuse(batch, id, enrolment, why, now)?;
            return Ok(Enrolled::Refused(why));
        };
        row.state = InviteState::Used;
        batch.invite(&row)?;
        self.keep(batch, id, Member::new(enrolment, Some(row.cell)))?;
        let invite = hex::encode(hash);
        let joined = Record::Joined {
            member: id,
            invite,
            at: now,
        };
        self.record(batch, row.cell, &joined)?;
        self.reply(batch, id, Content::Enrolled, now)?;
        Ok(Enrolled::Joined)
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
            && let Some(oldest) = self.refused.first().copied()
        {
            self.remove(batch, oldest)?;
        }
        self.keep(batch, id, Member::new(enrolment, None))?;
        self.reply(batch, id, Content::Refused(why), now)?;
        Ok(())
    }

    fn renew(
        &mut self,
        batch: &Batch<'_>,
        enrolment: &Enrolment,
        step: &StepId,
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
        let cell = known.cell;
        self.keep(batch, id, Member::renewed(enrolment, &known))?;
        if let Some(cell) = cell {
            self.record(
                batch,
                cell,
                &Record::Renewed {
                    member: id,
                    at: now,
                },
            )?;
        }
        Ok(Enrolled::Renewed)
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
            since: now,
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
        now: i64,
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
            self.give_up(batch, id, number, now)?;
        }
        Ok(())
    }

    /// A reply that nobody acknowledged in time.
    fn give_up(
        &mut self,
        batch: &Batch<'_>,
        id: MemberId,
        number: u32,
        now: i64,
    ) -> Result<(), StoreError> {
        self.acknowledge(batch, id, &[number])?;
        match self.members.get(&id).map(|member| member.cell) {
            Some(Some(cell)) => {
                let lost = Record::Lost {
                    member: id,
                    at: now,
                    reply: number,
                };
                self.record(batch, cell, &lost)
            }
            // There is nothing else to say to a phone that was refused.
            Some(None) => self.remove(batch, id),
            None => Ok(()),
        }
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
        if member.cell.is_some() {
            self.said.extend(ids(&member.said));
            self.renewals.extend(ids(&member.renewal));
        } else {
            self.refused.insert(id);
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
        self.refused.remove(&id);
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
        let bytes = waiting_to_bytes(waiting)?;
        batch.reply(
            id,
            number,
            &self.working.seal(&about_reply(id, number), &bytes),
        )
    }
}

/// A reply that waits, for the working key: since 8 · shown 1 · plaintext of its slot.
fn waiting_to_bytes(waiting: &Waiting) -> Result<Vec<u8>, StoreError> {
    let plaintext = waiting
        .reply
        .encode()
        .map_err(|_why| StoreError::Row(REPLY_ROW))?;
    let mut out = waiting.since.to_be_bytes().to_vec();
    out.push(u8::from(waiting.shown));
    out.extend_from_slice(plaintext.as_slice());
    Ok(out)
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
