//! What the desk works with of one witness: their chains and their bucket. No name, no cell.

use lapwing_model::Sector;
use lapwing_seal::{
    BUCKET_SECRET_LEN, BucketSecret, Enrolment, Listener, Purpose, REPLY_CHAINS_LEN, ReplyChains,
    WhisperListener,
};
use sha2::{Digest as _, Sha256};

/// Number of a witness, not zero. Stays within the desk.
pub(crate) type MemberId = u32;

const VERSION: u8 = 3;
const HEAD: usize = 1 + 1 + 4 + 4 + 4 + 4 + 8 + 8 + BUCKET_SECRET_LEN + REPLY_CHAINS_LEN + 2 + 2;

/// What a phone is to the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is yet to read why it was refused.
    Refused = 0,
    /// A witness.
    Witness = 1,
    /// What a witness shows who is forced to open their phone.
    Duress = 2,
}

/// A witness, or a phone that was refused and is yet to read why.
pub(crate) struct Member {
    pub(crate) standing: Standing,
    pub(crate) said: Listener,
    pub(crate) renewal: Listener,
    pub(crate) whispers: WhisperListener,
    /// Within it whispers name places.
    pub(crate) sector: Sector,
    pub(crate) bucket: BucketSecret,
    pub(crate) chains: ReplyChains,
    /// Id of the next reply.
    pub(crate) next_reply: u32,
    /// How often the witness was heard, over all chains.
    pub(crate) heard: u32,
    /// How often they practised.
    pub(crate) drills: u32,
    /// The last whisper that was said under duress. It does not tell of which cell they are: their coordinator sees it
    /// here.
    pub(crate) alarm: Option<Alarm>,
}

/// A whisper that was said under duress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    /// When it was heard, not 0.
    pub(crate) at: i64,
    /// What it said: 54 bits.
    pub(crate) gist: u64,
}

impl Member {
    /// From an enrolment, with all chains at their beginning.
    pub(super) fn new(enrolment: &Enrolment, standing: Standing) -> Self {
        let chain = |purpose| Listener::new(enrolment.root.chain(purpose));
        Self {
            standing,
            said: chain(Purpose::Mac),
            renewal: chain(Purpose::Renewal),
            whispers: WhisperListener::new(&enrolment.root),
            sector: enrolment.sector,
            bucket: enrolment.bucket.clone(),
            chains: ReplyChains::new(&enrolment.root, enrolment.drops),
            next_reply: 1,
            heard: 0,
            drills: 0,
            alarm: None,
        }
    }

    /// The same witness with new chains. Replies keep their ids: what waits is acknowledged as before.
    pub(super) fn renewed(enrolment: &Enrolment, before: &Self) -> Self {
        Self {
            next_reply: before.next_reply,
            heard: before.heard,
            drills: before.drills,
            alarm: before.alarm,
            ..Self::new(enrolment, before.standing)
        }
    }

    /// Whether the desk hears it: a witness, or what they show when they are forced to.
    pub(crate) fn is_known(&self) -> bool {
        self.standing != Standing::Refused
    }

    /// For the working key only: version 1 · standing 1 · next reply 4 · heard 4 · sector 4 · drills 4 · time of an
    /// alarm 8, 0 for none · its gist 8 · bucket secret 32 · reply chains 68 · lengths of the next two 2 and 2 · what was
    /// said · whispers · renewals.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let said = self.said.to_bytes();
        let whispers = self.whispers.to_bytes();
        let alarm = self.alarm.unwrap_or(Alarm { at: 0, gist: 0 });
        let mut out = vec![VERSION];
        out.push(self.standing as u8);
        out.extend_from_slice(&self.next_reply.to_be_bytes());
        out.extend_from_slice(&self.heard.to_be_bytes());
        out.extend_from_slice(&self.sector.number().to_be_bytes());
        out.extend_from_slice(&self.drills.to_be_bytes());
        out.extend_from_slice(&alarm.at.to_be_bytes());
        out.extend_from_slice(&alarm.gist.to_be_bytes());
        out.extend_from_slice(self.bucket.as_bytes());
        out.extend_from_slice(self.chains.to_bytes().as_slice());
        for part in [&said, &whispers] {
            let length = u16::try_from(part.len()).expect("a window of steps is below 64 KiB");
            out.extend_from_slice(&length.to_be_bytes());
        }
        out.extend_from_slice(&said);
        out.extend_from_slice(&whispers);
        out.extend_from_slice(&self.renewal.to_bytes());
        out
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let (version, head) = head.split_first()?;
        let (standing, head) = head.split_first()?;
        let (next_reply, head) = head.split_first_chunk()?;
        let (heard, head) = head.split_first_chunk()?;
        let (sector, head) = head.split_first_chunk()?;
        let (drills, head) = head.split_first_chunk()?;
        let (at, head) = head.split_first_chunk()?;
        let (gist, head) = head.split_first_chunk()?;
        let (bucket, head) = head.split_first_chunk()?;
        let (chains, head) = head.split_first_chunk()?;
        let [said, whispers] = [[head[0], head[1]], [head[2], head[3]]].map(u16::from_be_bytes);
        let (said, rest) = rest.split_at_checked(usize::from(said))?;
        let (whispers, renewal) = rest.split_at_checked(usize::from(whispers))?;
        let alarm = Alarm {
            at: i64::from_be_bytes(*at),
            gist: u64::from_be_bytes(*gist),
        };
        let standing = match standing {
            0 => Standing::Refused,
            1 => Standing::Witness,
            2 => Standing::Duress,
            _ => return None,
        };
        if *version != VERSION {
            return None;
        }
        Some(Self {
            standing,
            said: Listener::from_bytes(said)?,
            renewal: Listener::from_bytes(renewal)?,
            whispers: WhisperListener::from_bytes(whispers)?,
            sector: Sector::from_number(u32::from_be_bytes(*sector))?,
            bucket: BucketSecret::from_bytes(*bucket),
            chains: ReplyChains::from_bytes(chains),
            next_reply: u32::from_be_bytes(*next_reply),
            heard: u32::from_be_bytes(*heard),
            drills: u32::from_be_bytes(*drills),
            alarm: (alarm.at != 0).then_some(alarm),
        })
    }
}

/// What a member's row is about.
pub(super) fn about(id: MemberId) -> Vec<u8> {
    [b"member\n".as_slice(), &id.to_be_bytes()].concat()
}

/// The author of a member's reports, from which the fusing's tags are made.
pub(crate) fn author(id: MemberId) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::new_with_prefix(b"lapwing member\n")
        .chain_update(id.to_be_bytes())
        .finalize()
        .into();
    let mut author = [0; 16];
    author.copy_from_slice(&hash[..16]);
    author
}
