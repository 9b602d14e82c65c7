//! One phone: its pseudonym, the newest bulletin, the next report.

use std::sync::Arc;

use lapwing_model::{Form, FormError, Gist, Manner, Misfit, Sector};
use lapwing_seal::{
    AUTHOR_LEN, AnswerWords, BucketSecret, CellLabel, Content, FieldSeed, Frame, Invite,
    MESSAGE_MAX, REPLY_CHAINS_LEN, ReceptionPublic, Reply, ReplyChains, Report, Said, SealError,
    Statement, seal,
};
use lapwing_wire::{
    Answer, Bulletin, BulletinError, Envelope, KeyEpoch, ReceiptError, VerifyingKey, Whisper,
};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    ComposeError, Draft, Inbox, InboxError, Received, Standing, Wanted, membership::Membership,
};

/// The core of a witness's phone.
pub struct Phone {
    root: VerifyingKey,
    author: [u8; AUTHOR_LEN],
    next_sequence: u32,
    form: Arc<Form>,
    bulletin: Option<Arc<Bulletin>>,
    membership: Option<Membership>,
    inbox: Option<Inbox>,
    /// The highest number of drops seen.
    drops: u32,
}

/// Why the phone refuses.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// The root key is no Ed25519 key.
    #[error("the desk's root key is not valid")]
    RootKey,
    /// The bulletin does not hold.
    #[error(transparent)]
    Bulletin(#[from] BulletinError),
    /// Older than what the phone has seen: somebody shows an old one.
    #[error("bulletin {offered} is older than {known}, which is known")]
    Older {
        /// Its number.
        offered: u64,
        /// The highest seen.
        known: u64,
    },
    /// Its drops are older than what the phone has seen.
    #[error("drops {offered} are older than {known}, which are known")]
    OlderDrops {
        /// Their number.
        offered: u32,
        /// The highest seen.
        known: u32,
    },
    /// Past its time.
    #[error("the bulletin has expired")]
    Expired,
    /// Its form is none.
    #[error("the bulletin's form does not hold")]
    Form(#[from] FormError),
    /// No bulletin has been fetched yet.
    #[error("no bulletin is known yet")]
    NoBulletin,
    /// The bulletin has no key for this week: the phone was offline for more than a quarter
    /// of a year, or its clock is wrong.
    #[error("the bulletin has no key for week {0}")]
    NoKey(u32),
    /// The draft must be changed.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The desk does not know this phone, or has not said so yet.
    #[error("the desk does not know this phone yet")]
    NotKnown,
    /// The install's bucket secret was not given.
    #[error("the phone has no bucket")]
    NoBucket,
    /// What was kept of an enrolment is not that.
    #[error("what was kept of the enrolment is damaged")]
    Kept,
    /// The drop does not count.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The desk of this bulletin answers nobody: it publishes no drops.
    #[error("the desk publishes no drops")]
    NoDrops,
    /// Empty, or longer than a message may be.
    #[error("a message of {0} bytes cannot be sent")]
    Message(usize),
    /// What a whisper has no room for, so that the app can say what to leave out.
    #[error("a whisper has no room for all of it")]
    Misfits(Vec<Misfit>),
    /// Four billion reports have been sent.
    #[error("this pseudonym is used up")]
    UsedUp,
}

/// Why a relay's answer does not count.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Malformed or for another envelope.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

impl Phone {
    /// A phone that trusts one desk. `next_sequence` comes from where the app keeps it.
    ///
    /// # Errors
    /// `RootKey` when the bytes are no Ed25519 key.
    pub fn new(
        root_key: &[u8; 32],
        author: [u8; AUTHOR_LEN],
        next_sequence: u32,
    ) -> Result<Self, PhoneError> {
        let root = VerifyingKey::from_bytes(root_key).map_err(|_why| PhoneError::RootKey)?;
        Ok(Self {
            root,
            author,
            next_sequence,
            form: Arc::new(Form::civil_protection()),
            bulletin: None,
            membership: None,
            inbox: None,
            drops: 0,
        })
    }

    /// Takes a bulletin from a relay.
    ///
    /// # Errors
    /// When it is not the desk's, has expired, or is older than one already taken.
    pub fn accept_bulletin(&mut self, bytes: &[u8], now: i64) -> Result<&Bulletin, PhoneError> {
        let bulletin = Bulletin::verify(bytes, &self.root)?;
        if bulletin.expires <= now {
            return Err(PhoneError::Expired);
        }
        self.take(bulletin)
    }

    /// Takes back the bulletin that this phone accepted and kept, after a restart. It may be past
    /// its time: a phone can be offline for weeks, and the reception keys reach further than the
    /// rest. What is shown of it must say how old it is.
    ///
    /// # Errors
    /// When it is not the desk's, or older than one already taken.
    pub fn recall_bulletin(&mut self, bytes: &[u8]) -> Result<&Bulletin, PhoneError> {
        let bulletin = Bulletin::verify(bytes, &self.root)?;
        self.take(bulletin)
    }

    fn take(&mut self, bulletin: Bulletin) -> Result<&Bulletin, PhoneError> {
        if let Some(known) = self.bulletin.as_ref().map(|b| b.number)
            && bulletin.number < known
        {
            return Err(PhoneError::Older {
                offered: bulletin.number,
                known,
            });
        }
        let drops = bulletin.drops.map(|drops| drops.number);
        if let Some(offered) = drops.filter(|&offered| offered < self.drops) {
            let known = self.drops;
            return Err(PhoneError::OlderDrops { offered, known });
        }
        self.form = Arc::new(Form::parse(&bulletin.form)?);
        self.drops = self.drops.max(drops.unwrap_or(0));
        Ok(self.bulletin.insert(Arc::new(bulletin)))
    }

    /// Another witness's phone with the same desk and bulletin, for programs that stand for many:
    /// the bulletin is checked and held once.
    #[must_use]
    pub fn another(&self, author: [u8; AUTHOR_LEN]) -> Self {
        Self {
            root: self.root,
            author,
            next_sequence: 0,
            form: Arc::clone(&self.form),
            bulletin: self.bulletin.clone(),
            membership: None,
            inbox: None,
            drops: self.drops,
        }
    }

    /// The newest bulletin taken.
    pub fn bulletin(&self) -> Option<&Bulletin> {
        self.bulletin.as_deref()
    }

    /// The form of the newest bulletin, else the default one.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Sequence number of the next report: to be kept before the envelope is sent.
    pub fn next_sequence(&self) -> u32 {
        self.next_sequence
    }

    /// Composes and seals a report. The draft is not kept.
    ///
    /// # Errors
    /// What must be changed, or what is missing.
    pub fn report(
        &mut self,
        rng: &mut impl CryptoRng,
        draft: &Draft,
        now: i64,
    ) -> Result<Envelope, PhoneError> {
        self.sealed(rng, draft, now, None)
    }

    /// Composes and seals a report out of a record of the past, for a desk that was started to
    /// replay; live desks refuse it. `at` is when it came in originally.
    ///
    /// # Errors
    /// As [`Phone::report`].
    pub fn replayed(
        &mut self,
        rng: &mut impl CryptoRng,
        draft: &Draft,
        at: i64,
        now: i64,
    ) -> Result<Envelope, PhoneError> {
        self.sealed(rng, draft, now, Some(at))
    }

    /// Gives the phone the bucket secret of its install, and what was kept of an enrolment, if there
    /// was one.
    ///
    /// # Errors
    /// `Kept` when the bytes are not what [`Phone::kept`] gave.
    pub fn recall(&mut self, bucket: BucketSecret, kept: Option<&[u8]>) -> Result<(), PhoneError> {
        let mut inbox = Inbox::new(bucket, None);
        self.membership = None;
        if let Some(kept) = kept {
            let (chains, membership) = kept
                .split_first_chunk::<REPLY_CHAINS_LEN>()
                .ok_or(PhoneError::Kept)?;
            inbox.enrol(ReplyChains::from_bytes(chains));
            self.membership = Some(Membership::from_bytes(membership).ok_or(PhoneError::Kept)?);
        }
        self.inbox = Some(inbox);
        Ok(())
    }

    /// What is to be kept of the enrolment: after everything that was sealed, before it is sent, and
    /// after every drop that was read. `None` before there is one.
    pub fn kept(&self) -> Option<Zeroizing<Vec<u8>>> {
        let chains = self.inbox.as_ref()?.chains()?.to_bytes();
        let membership = self.membership.as_ref()?.to_bytes();
        Some(Zeroizing::new(
            [chains.as_slice(), membership.as_slice()].concat(),
        ))
    }

    /// How the phone stands with its desk; `None` when it has not asked.
    pub fn standing(&self) -> Option<Standing> {
        self.membership.as_ref().map(Membership::standing)
    }

    /// The drop for now: to be fetched on schedule, enrolled or not.
    pub fn wanted(&self, now: i64) -> Option<Wanted> {
        self.inbox.as_ref()?.wanted(self.bulletin()?, now)
    }

    /// Reads a drop that was fetched: the desk's answer to an enrolment takes effect.
    ///
    /// # Errors
    /// `Inbox`; `NoBulletin`, `NoBucket`.
    pub fn receive(&mut self, bucket: u16, drop: &[u8]) -> Result<Received, PhoneError> {
        let bulletin = self.bulletin.clone().ok_or(PhoneError::NoBulletin)?;
        let inbox = self.inbox.as_mut().ok_or(PhoneError::NoBucket)?;
        let found = inbox.receive(&bulletin, bucket, drop)?;
        let received = Received::open(found, self.membership.as_mut());
        // An answer to the invite that was asked with last: what was asked before has other chains.
        let refused = |reply: &Reply| matches!(reply.content, Content::Refused(_));
        if received.replies.iter().any(refused) {
            self.membership = None;
        }
        Ok(received)
    }

    /// Asks the desk to know this phone, by an invite. Whether it does, its reply says; until then
    /// reports go as an unknown witness's. A phone that asks again begins anew. Within the sector whispers name places.
    ///
    /// # Errors
    /// `NoBucket`, `NoDrops`; when no reception key is known.
    pub fn enrol(
        &mut self,
        rng: &mut impl CryptoRng,
        invite: Invite,
        sector: Sector,
        now: i64,
    ) -> Result<Envelope, PhoneError> {
        let (to, bucket, drops) = self.for_enrolment(now)?;
        let (membership, replies, enrolment) =
            Membership::by_invite(rng, invite, bucket, drops, sector);
        let envelope = seal(rng, &to, &Frame::Enrolment(enrolment))?;
        self.membership = Some(membership);
        self.hear(replies);
        Ok(envelope)
    }

    /// Begins all chains anew: after the phone was in other hands, or when the desk asks for it. What was sealed before
    /// should have been sent: the desk no longer knows its steps. Until the desk has answered the phone is one that asked.
    /// With another sector, of a witness who moved away, whispers name places within that from now on.
    ///
    /// # Errors
    /// `NotKnown`, `NoBucket`, `NoDrops`; when no reception key is known.
    pub fn renew(
        &mut self,
        rng: &mut impl CryptoRng,
        moved_to: Option<Sector>,
        now: i64,
    ) -> Result<Envelope, PhoneError> {
        let (to, bucket, drops) = self.for_enrolment(now)?;
        let (membership, cell) = self.known()?;
        let sector = moved_to.unwrap_or(membership.sector());
        let (replies, enrolment) = membership.renew(rng, bucket, drops, sector, cell);
        self.hear(replies);
        Ok(seal(rng, &to, &Frame::Enrolment(enrolment))?)
    }

    /// Seals a message to the coordinator.
    ///
    /// # Errors
    /// `NotKnown`, `Message`; when no reception key is known.
    pub fn message(
        &mut self,
        rng: &mut impl CryptoRng,
        text: &str,
        now: i64,
    ) -> Result<Envelope, PhoneError> {
        let text = text.trim();
        if !(1..=MESSAGE_MAX).contains(&text.len()) {
            return Err(PhoneError::Message(text.len()));
        }
        let to = self.reception(now)?;
        let (membership, cell) = self.known()?;
        let known = membership.say(cell, Said::Message(text.to_owned()));
        Ok(seal(rng, &to, &Frame::Known(known))?)
    }

    /// Seals a check-in: that the phone is there, and which replies it has; `well` only where its owner
    /// says so. To everybody but the desk it looks like cover.
    ///
    /// # Errors
    /// `NotKnown`; when no reception key is known.
    pub fn check_in(
        &mut self,
        rng: &mut impl CryptoRng,
        acks: Vec<u32>,
        well: Option<bool>,
        now: i64,
    ) -> Result<Envelope, PhoneError> {
        let to = self.reception(now)?;
        let (membership, cell) = self.known()?;
        let known = membership.check_in(cell, acks, well);
        Ok(seal(rng, &to, &Frame::Known(known))?)
    }

    /// Makes a report for practice: it goes the way of a report and never enters an incident.
    ///
    /// # Errors
    /// `NotKnown`; what must be changed; when no reception key is known.
    pub fn drill(
        &mut self,
        rng: &mut impl CryptoRng,
        draft: &Draft,
        now: i64,
    ) -> Result<Envelope, PhoneError> {
        let observation = draft.compose(&self.form, now)?;
        let to = self.reception(now)?;
        let seed = FieldSeed::generate(rng);
        let (membership, cell) = self.known()?;
        let statement = Statement {
            seed,
            observation,
            replayed_at: None,
        };
        let known = membership.say(cell, Said::Drill(statement));
        Ok(seal(rng, &to, &Frame::Known(known))?)
    }

    /// Everything of a draft that a whisper has no room for; nothing is sealed and no step is used.
    ///
    /// # Errors
    /// `NotKnown`; what must be changed.
    pub fn misfits(
        &mut self,
        draft: &Draft,
        manner: Manner,
        now: i64,
    ) -> Result<Vec<Misfit>, PhoneError> {
        match self.gist(draft, manner, now) {
            Ok(_) => Ok(Vec::new()),
            Err(PhoneError::Misfits(all)) => Ok(all),
            Err(why) => Err(why),
        }
    }

    /// Makes a whisper out of a draft, with the answer to expect. What [`Phone::kept`] says afterwards must be kept
    /// before a word of it is shown: a step is never used twice. No network and no bulletin is needed.
    ///
    /// # Errors
    /// `NotKnown`; what must be changed, and with `Misfits` everything that must be left out.
    pub fn whisper(
        &mut self,
        draft: &Draft,
        manner: Manner,
        now: i64,
    ) -> Result<(Whisper, AnswerWords), PhoneError> {
        let gist = self.gist(draft, manner, now)?;
        let (membership, _) = self.known()?;
        Ok(membership.whisper(gist))
    }

    fn gist(&mut self, draft: &Draft, manner: Manner, now: i64) -> Result<Gist, PhoneError> {
        let observation = draft.compose(&self.form, now)?;
        let form = Arc::clone(&self.form);
        let (membership, _) = self.known()?;
        let gist = Gist::of(&observation, manner, &form, membership.sector(), now);
        gist.map_err(PhoneError::Misfits)
    }

    /// Within it whispers name places: what was agreed on when the phone enrolled. `None` before that.
    pub fn sector(&self) -> Option<Sector> {
        self.membership.as_ref().map(Membership::sector)
    }

    fn known(&mut self) -> Result<(&mut Membership, CellLabel), PhoneError> {
        let membership = self.membership.as_mut().ok_or(PhoneError::NotKnown)?;
        let cell = membership.cell().ok_or(PhoneError::NotKnown)?;
        Ok((membership, cell))
    }

    /// The key to seal to, the bucket secret, and the number of the drops.
    fn for_enrolment(&self, now: i64) -> Result<(ReceptionPublic, BucketSecret, u32), PhoneError> {
        let to = self.reception(now)?;
        let bulletin = self.bulletin().ok_or(PhoneError::NoBulletin)?;
        let drops = bulletin.drops.ok_or(PhoneError::NoDrops)?;
        let inbox = self.inbox.as_ref().ok_or(PhoneError::NoBucket)?;
        Ok((to, inbox.bucket().clone(), drops.number))
    }

    fn hear(&mut self, replies: ReplyChains) {
        if let Some(inbox) = &mut self.inbox {
            inbox.enrol(replies);
        }
    }

    /// Seals cover: to everybody but the desk it looks like a report.
    ///
    /// # Errors
    /// When no reception key is known.
    pub fn cover(&self, rng: &mut impl CryptoRng, now: i64) -> Result<Envelope, PhoneError> {
        Ok(seal(rng, &self.reception(now)?, &Frame::Cover)?)
    }

    fn sealed(
        &mut self,
        rng: &mut impl CryptoRng,
        draft: &Draft,
        now: i64,
        replayed_at: Option<i64>,
    ) -> Result<Envelope, PhoneError> {
        // Records of the past keep their wrong clocks: they are what is being replayed.
        let latest = replayed_at.map_or(now, |_| i64::MAX);
        let observation = draft.compose(&self.form, latest)?;
        let to = self.reception(now)?;
        let seed = FieldSeed::generate(rng);
        if let Ok((membership, cell)) = self.known() {
            let statement = Statement {
                seed,
                observation,
                replayed_at,
            };
            let known = membership.say(cell, Said::Report(statement));
            return Ok(seal(rng, &to, &Frame::Known(known))?);
        }
        let sequence = self.next_sequence;
        let after = sequence.checked_add(1).ok_or(PhoneError::UsedUp)?;
        let report = Report {
            author: self.author,
            sequence,
            seed,
            observation,
            replayed_at,
        };
        let envelope = seal(rng, &to, &Frame::Report(report))?;
        self.next_sequence = after;
        Ok(envelope)
    }

    /// The key of this week, for programs that seal what is no phone's.
    ///
    /// # Errors
    /// `NoBulletin`, `NoKey`.
    pub fn reception(&self, now: i64) -> Result<ReceptionPublic, PhoneError> {
        let bulletin = self.bulletin.as_ref().ok_or(PhoneError::NoBulletin)?;
        // A clock that is behind must not silence a phone when a week begins: it is not earlier than the desk has signed.
        let now = now.max(bulletin.issued);
        let key = bulletin
            .key_at(now)
            .ok_or(PhoneError::NoKey(KeyEpoch::at(now).0))?;
        Ok(ReceptionPublic::parse(key.epoch, &key.public)?)
    }

    /// Whether a relay's answer is a receipt for this envelope. The relay's own key is not known
    /// to the phone yet, so its signature is left to the desk and to whoever audits the log.
    ///
    /// # Errors
    /// When the answer is malformed or for another envelope.
    pub fn check_answer(envelope: &[u8], answer: &[u8]) -> Result<(), AnswerError> {
        let answer = Answer::decode(answer)?;
        let envelope = Envelope::from_bytes(envelope).map_err(|_why| ReceiptError::Leaf)?;
        Ok(answer.check(&envelope)?)
    }
}
