//! What a phone keeps once it has asked to be known.

use lapwing_model::{Gist, Sector};
use lapwing_seal::{
    AnswerWords, BucketSecret, By, CELL_LABEL_LEN, CHAIN_KEY_LEN, CellLabel, CellMessage, ChainKey,
    CheckIn, Enrolment, Invite, Known, MessageKey, Purpose, ReplyChains, RootSecret, Said,
    SealedMessage, Speaker, WHISPER_CHAINS_LEN, WhisperSpeaker,
};
use lapwing_wire::{Whisper, WhisperKind};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const VERSION: u8 = 3;
/// Version 1 · standing 1 · label of the cell, zeros until it is known 8 · chain of what is said 32 · chain of renewals 32 ·
/// chains of whispers 96 · number of the sector 4 · keys of messages, newest first, 32 each.
const HEAD: usize = 1 + 1 + CELL_LABEL_LEN + 32 + 32 + WHISPER_CHAINS_LEN + 4;
/// Of the last enrolments, so many keys of messages are kept: what was written before a renewal may come for 30 days
/// after it.
const MESSAGE_KEYS: usize = 4;

/// How a phone stands with its desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has asked and has no answer yet. Until then it reports as an unknown witness: an enrolment
    /// that comes late, or never, must not take reports with it.
    Asked,
    /// The desk knows it.
    Known,
}

/// The chains of an enrolment by which the phone speaks; those by which it hears are the
/// [`Inbox`](crate::Inbox)'s.
pub(crate) struct Membership {
    /// The cell, once the desk has answered.
    cell: Option<CellLabel>,
    speaker: Speaker,
    renewals: Speaker,
    whispers: WhisperSpeaker,
    /// Within it whispers name places.
    sector: Sector,
    /// Newest first; at least one.
    messages: Vec<MessageKey>,
}

impl Membership {
    /// Asks to join by an invite.
    pub(crate) fn by_invite(
        rng: &mut impl CryptoRng,
        invite: Invite,
        bucket: BucketSecret,
        drops: u32,
        sector: Sector,
    ) -> (Self, ReplyChains, Enrolment) {
        let root = RootSecret::generate(rng);
        let membership = Self::of(&root, sector);
        let replies = ReplyChains::new(&root, drops);
        let enrolment = Enrolment {
            root,
            bucket,
            drops,
            sector,
            by: By::Invite(invite),
        };
        (membership, replies, enrolment)
    }

    /// Begins anew: what anybody has copied from this phone before serves no more. It is asked for as at the first time:
    /// what is said under the new chains may overtake the renewal on its way, and would be nobody's.
    pub(crate) fn renew(
        &mut self,
        rng: &mut impl CryptoRng,
        bucket: BucketSecret,
        drops: u32,
        sector: Sector,
        cell: CellLabel,
    ) -> (ReplyChains, Enrolment) {
        let root = RootSecret::generate(rng);
        let (id, key) = self.renewals.take();
        let before = core::mem::take(&mut self.messages);
        *self = Self::of(&root, sector);
        self.messages.extend(before);
        self.messages.truncate(MESSAGE_KEYS);
        let replies = ReplyChains::new(&root, drops);
        let enrolment = Enrolment::renewal(root, bucket, drops, sector, cell, (id, &key));
        (replies, enrolment)
    }

    fn of(root: &RootSecret, sector: Sector) -> Self {
        Self {
            cell: None,
            speaker: Speaker::new(root.chain(Purpose::Mac)),
            renewals: Speaker::new(root.chain(Purpose::Renewal)),
            whispers: WhisperSpeaker::new(root),
            sector,
            messages: vec![MessageKey::of(root)],
        }
    }

    /// What the cell says in the reply with this id, if it is to this phone.
    pub(crate) fn open(&self, id: u32, sealed: &SealedMessage) -> Option<CellMessage> {
        self.messages
            .iter()
            .find_map(|key| key.open(id, sealed).ok())
    }

    /// How the phone stands.
    pub(crate) fn standing(&self) -> Standing {
        match self.cell {
            Some(_) => Standing::Known,
            None => Standing::Asked,
        }
    }

    /// The cell, once the desk has answered.
    pub(crate) fn cell(&self) -> Option<CellLabel> {
        self.cell
    }

    /// Within it whispers name places.
    pub(crate) fn sector(&self) -> Sector {
        self.sector
    }

    /// The desk has answered.
    pub(crate) fn welcome(&mut self, cell: CellLabel) {
        self.cell = Some(cell);
    }

    /// Says something at the next step. The membership must be kept before it is sent: a step is never
    /// used twice.
    pub(crate) fn say(&mut self, cell: CellLabel, said: Said) -> Known {
        let (id, key) = self.speaker.take();
        Known::say((id, &key), cell, said)
    }

    /// Seals a gist at the next step of the whispers. The membership must be kept before a word of it is shown.
    pub(crate) fn whisper(&mut self, gist: Gist) -> (Whisper, AnswerWords) {
        self.whispers.say(WhisperKind::Report, gist.to_bits())
    }

    /// That the phone is there, and which replies it has.
    pub(crate) fn check_in(
        &mut self,
        cell: CellLabel,
        mut acks: Vec<u32>,
        well: Option<bool>,
    ) -> Known {
        acks.sort_unstable();
        acks.dedup();
        acks.truncate(lapwing_seal::ACKS_MAX);
        self.say(cell, Said::CheckIn(CheckIn { acks, well }))
    }

    /// For keeping in the vault.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let length = HEAD + MESSAGE_KEYS * CHAIN_KEY_LEN;
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        out.push(VERSION);
        out.push(u8::from(self.cell.is_some()));
        let none = CellLabel::from_bytes([0; CELL_LABEL_LEN]);
        out.extend_from_slice(self.cell.unwrap_or(none).as_bytes());
        out.extend_from_slice(self.speaker.chain().as_bytes());
        out.extend_from_slice(self.renewals.chain().as_bytes());
        out.extend_from_slice(&self.whispers.to_bytes());
        out.extend_from_slice(&self.sector.number().to_be_bytes());
        for key in &self.messages {
            out.extend_from_slice(key.as_bytes());
        }
        out
    }

    /// Takes back what was kept; `None` when it is not exactly that. Total.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (standing, rest) = rest.split_first()?;
        let (cell, rest) = rest.split_first_chunk()?;
        let (speaker, rest) = rest.split_first_chunk()?;
        let (renewals, rest) = rest.split_first_chunk()?;
        let (whispers, rest) = rest.split_first_chunk()?;
        let (sector, rest) = rest.split_first_chunk()?;
        let sector = Sector::from_number(u32::from_be_bytes(*sector))?;
        let (messages, rest) = rest.as_chunks();
        let cell = match standing {
            0 if *cell == [0; CELL_LABEL_LEN] => None,
            1 => Some(CellLabel::from_bytes(*cell)),
            _ => return None,
        };
        let counted = (1..=MESSAGE_KEYS).contains(&messages.len()) && rest.is_empty();
        (*version == VERSION && counted).then(|| Self {
            cell,
            speaker: Speaker::new(ChainKey::from_bytes(*speaker)),
            renewals: Speaker::new(ChainKey::from_bytes(*renewals)),
            whispers: WhisperSpeaker::from_bytes(whispers),
            sector,
            messages: messages
                .iter()
                .map(|key| MessageKey::from_bytes(*key))
                .collect(),
        })
    }
}

/// Says how it stands and no secret.
impl core::fmt::Debug for Membership {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Membership({:?})", self.standing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    const CELL: CellLabel = CellLabel::from_bytes([4; CELL_LABEL_LEN]);

    fn sector() -> Sector {
        Sector::from_number(200_000).unwrap()
    }

    #[test]
    fn what_was_kept_reads_back_at_every_length_but_its_own_it_does_not() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let bucket = BucketSecret::generate(&mut rng);
        let invite = Invite::generate(&mut rng);
        let (mut membership, _, _) = Membership::by_invite(&mut rng, invite, bucket, 9, sector());
        let asked = membership.to_bytes();
        let again = Membership::from_bytes(&asked).unwrap();
        assert_eq!(again.standing(), Standing::Asked);
        membership.welcome(CELL);
        membership.say(CELL, Said::Message("x".into()));
        let kept = membership.to_bytes();
        let again = Membership::from_bytes(&kept).unwrap();
        assert_eq!(again.to_bytes(), kept);
        assert_eq!(again.cell(), Some(CELL));
        for cut in 0..kept.len() {
            assert!(Membership::from_bytes(&kept[..cut]).is_none(), "{cut}");
        }
        for more in [1, 31, 4 * CHAIN_KEY_LEN] {
            let long = [kept.as_slice(), &vec![0; more]].concat();
            assert!(Membership::from_bytes(&long).is_none(), "{more}");
        }
        for (at, wrong) in [(0, 2), (0, 4), (1, 2), (HEAD - 4, 0xff)] {
            let mut bytes = kept.to_vec();
            bytes[at] = wrong;
            assert!(Membership::from_bytes(&bytes).is_none());
        }
    }

    #[test]
    fn what_was_written_before_three_renewals_still_opens_and_before_four_not() {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let bucket = BucketSecret::generate(&mut rng);
        let invite = Invite::generate(&mut rng);
        let (mut membership, _, enrolment) =
            Membership::by_invite(&mut rng, invite, bucket.clone(), 9, sector());
        let message = CellMessage::Text {
            at: 1,
            text: "як ви?".into(),
        };
        let key = MessageKey::of(&enrolment.root);
        let sealed = key.seal(&mut rng, 7, &message).unwrap();
        for _ in 0..3 {
            membership.renew(&mut rng, bucket.clone(), 9, sector(), CELL);
            assert_eq!(membership.standing(), Standing::Asked);
            let kept = Membership::from_bytes(&membership.to_bytes()).unwrap();
            assert_eq!(kept.open(7, &sealed), Some(message.clone()));
            assert_eq!(kept.open(8, &sealed), None);
        }
        membership.renew(&mut rng, bucket, 9, sector(), CELL);
        assert_eq!(membership.open(7, &sealed), None);
    }
}
