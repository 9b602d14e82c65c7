//! A person with a phone: the real core, with the little that an app puts around it (an outbox, what is kept over a
//! restart, the conversation).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lapwing_model::{Danger, Form, Known, Observation};
use lapwing_seal::{BucketSecret, Content, Invite, InviteRefused};
use lapwing_wire::Envelope;
use lapwing_witness::{
    Draft, Phone, Standing,
    schedule::{Outgoing, Rhythm, Schedule},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::{relay::below, world::sector};

/// Between two ticks, in the mean; and how long a visit is. Milliseconds.
const MEAN_MS: u32 = 3_600_000;
const VISIT_MS: u32 = 600_000;
/// As the app has it: after so many drops it is said again that a reply came.
const AGAIN: u32 = 3;
/// A mine: what lasts for weeks, so that a late report is still about the same thing.
const KIND: u8 = 7;

/// Something that a person means to do, in their order.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Ask to join by the invite with this number.
    Join(usize),
    /// Report what is at a spot.
    Report(usize),
    /// Write to the coordinator.
    Write,
    /// Begin all chains anew.
    Renew,
}

/// How many there are.
pub(crate) const SPOTS: usize = 3;

/// Where there is something to be seen: far from each other.
pub(crate) fn spot(n: usize) -> (f64, f64) {
    (47.0 + 0.5 * n as f64, 35.5)
}

/// What was said, to be looked for at the desk.
#[derive(Default)]
pub(crate) struct Said {
    /// Notes of reports, with their spots.
    pub(crate) reports: BTreeMap<String, usize>,
    pub(crate) messages: Vec<String>,
    pub(crate) enrolments: usize,
}

pub(crate) struct Person {
    pub(crate) n: usize,
    pub(crate) phone: Phone,
    root: [u8; 32],
    bucket: BucketSecret,
    rng: ChaCha20Rng,
    pub(crate) schedule: Schedule,
    ticked: Option<i64>,
    /// Closed until then, by what really is.
    pub(crate) away_until: i64,
    pub(crate) outbox: Vec<Vec<u8>>,
    pub(crate) deeds: VecDeque<Deed>,
    pub(crate) said: Said,
    /// The invite that they asked with.
    pub(crate) asked: Option<usize>,
    pub(crate) refused: Option<InviteRefused>,
    /// Steps of the ratchet that were used since everything had arrived.
    pub(crate) steps: u32,
    /// The conversation: what came, by its number.
    pub(crate) talk: BTreeMap<u32, String>,
    seen: BTreeSet<u32>,
    told: u32,
    kept: Kept,
}

/// What is on the phone's disk.
#[derive(Default)]
struct Kept {
    bulletin: Option<Vec<u8>>,
    enrolment: Option<Vec<u8>>,
    next_sequence: u32,
}

impl Person {
    pub(crate) fn new(
        n: usize,
        root: [u8; 32],
        seed: u64,
        now: i64,
        deeds: impl IntoIterator<Item = Deed>,
    ) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let bucket = BucketSecret::generate(&mut rng);
        let rhythm = Rhythm::new(MEAN_MS, VISIT_MS).unwrap();
        let mut person = Self {
            n,
            phone: Phone::new(&root, author(n), 0).unwrap(),
            root,
            bucket,
            schedule: Schedule::at_opening(rhythm, &mut rng, now * 1_000, None),
            rng,
            ticked: None,
            away_until: now,
            outbox: Vec::new(),
            deeds: deeds.into_iter().collect(),
            said: Said::default(),
            asked: None,
            refused: None,
            steps: 0,
            talk: BTreeMap::new(),
            seen: BTreeSet::new(),
            told: 0,
            kept: Kept::default(),
        };
        person.restart();
        person
    }

    /// The phone dies, and starts from what it kept.
    pub(crate) fn restart(&mut self) {
        let Kept {
            bulletin,
            enrolment,
            next_sequence,
        } = &self.kept;
        self.phone = Phone::new(&self.root, author(self.n), *next_sequence).unwrap();
        if let Some(bulletin) = bulletin {
            self.phone.recall_bulletin(bulletin).unwrap();
        }
        let kept = enrolment.as_deref();
        self.phone.recall(self.bucket.clone(), kept).unwrap();
    }

    /// The app is opened.
    pub(crate) fn opens(&mut self, now: i64) {
        let rhythm = Rhythm::new(MEAN_MS, VISIT_MS).unwrap();
        self.schedule = Schedule::at_opening(rhythm, &mut self.rng, now * 1_000, self.ticked);
    }

    /// Does the next thing on the list, if that can be done now.
    pub(crate) fn acts(&mut self, now: i64, invites: &[Invite]) {
        // Nobody who waits for an answer goes on before it has come, and nothing is put behind a full outbox.
        if self.phone.bulletin().is_none() || self.asks() || self.outbox.len() >= 12 {
            return;
        }
        let Some(deed) = self.deeds.front().cloned() else {
            return;
        };
        let known = self.phone.standing() == Some(Standing::Known);
        let sealed = match deed {
            Deed::Join(invite) => {
                self.said.enrolments += 1;
                self.asked = Some(invite);
                Some(
                    self.phone
                        .enrol(&mut self.rng, invites[invite].clone(), sector(), now),
                )
            }
            Deed::Report(spot) => {
                let note = format!("p{} r{}", self.n, self.said.reports.len());
                let draft = draft(spot, note.clone(), now);
                let sealed = self.phone.report(&mut self.rng, &draft, now);
                self.said.reports.insert(note, spot);
                Some(sealed)
            }
            // Whom the desk does not know has nobody to write to.
            Deed::Write | Deed::Renew if !known => None,
            Deed::Write => {
                let text = format!("p{} w{}", self.n, self.said.messages.len());
                let sealed = self.phone.message(&mut self.rng, &text, now);
                self.said.messages.push(text);
                Some(sealed)
            }
            // Not before everything that was sealed under the old chains has left.
            Deed::Renew if !self.outbox.is_empty() => return,
            Deed::Renew => {
                self.said.enrolments += 1;
                Some(self.phone.renew(&mut self.rng, None, now))
            }
        };
        self.deeds.pop_front();
        if let Some(sealed) = sealed {
            self.puts(&sealed.unwrap());
        }
    }

    /// Whether an invite of theirs waits for its answer.
    pub(crate) fn asks(&self) -> bool {
        self.phone.standing() == Some(Standing::Asked)
    }

    /// A tick begins: cover is sealed, used or not, and what leaves is chosen.
    pub(crate) fn ticks(&mut self, now: i64) -> Option<Vec<u8>> {
        let cover = self.phone.cover(&mut self.rng, now).ok();
        let waiting = !self.outbox.is_empty();
        let action = self.schedule.tick(&mut self.rng, now * 1_000, waiting);
        self.ticked = Some(now * 1_000);
        match action.send {
            // In any order: places of the outbox tell none.
            Outgoing::Real => {
                let which = below(&mut self.rng, self.outbox.len());
                Some(self.outbox[which].clone())
            }
            Outgoing::Cover => cover.map(|cover| cover.as_bytes().to_vec()),
        }
    }

    /// A relay answered with something.
    pub(crate) fn answered(&mut self, envelope: &[u8], answer: &[u8]) {
        if Phone::check_answer(envelope, answer).is_ok() {
            self.outbox.retain(|waiting| waiting != envelope);
        }
    }

    /// A relay showed a bulletin, or what it calls one.
    pub(crate) fn bulletin(&mut self, bytes: &[u8], now: i64) {
        let before = self.phone.bulletin().map(|b| b.number);
        if self.phone.accept_bulletin(bytes, now).is_ok() {
            let number = self.phone.bulletin().map(|b| b.number);
            assert!(number >= before, "a bulletin's number went back");
            self.kept.bulletin = Some(bytes.to_vec());
        }
    }

    /// A relay showed a drop, or what it calls one.
    pub(crate) fn drop(&mut self, bucket: u16, bytes: &[u8], now: i64) {
        let Ok(received) = self.phone.receive(bucket, bytes) else {
            return;
        };
        assert_eq!(received.unopened, 0, "a hint of somebody else's");
        let number = self.phone.bulletin().unwrap().drops.unwrap().number;
        let mut ids = Vec::new();
        let mut news = Vec::new();
        let replies = received.replies.iter().map(|reply| reply.id);
        let messages = received.messages.iter().map(|message| message.id);
        for id in received.welcome.into_iter().chain(replies).chain(messages) {
            ids.push(id);
            if self.seen.insert(id) {
                news.push(id);
            }
        }
        for message in received.messages {
            let known = self.talk.insert(message.id, message.text.clone());
            assert!(known.is_none_or(|known| known == message.text));
        }
        for reply in received.replies {
            if let Content::Refused(why) = reply.content {
                self.refused = Some(why);
            }
        }
        self.keep();
        let acks = if number >= self.told + AGAIN {
            ids
        } else {
            news
        };
        let known = self.phone.standing() == Some(Standing::Known);
        if acks.is_empty() || !known || self.outbox.len() >= 16 {
            return;
        }
        self.told = number;
        let check_in = self.phone.check_in(&mut self.rng, acks, None, now).unwrap();
        self.puts(&check_in);
    }

    /// Kept first, then in the outbox.
    fn puts(&mut self, envelope: &Envelope) {
        self.keep();
        self.steps += 1;
        self.outbox.push(envelope.as_bytes().to_vec());
    }

    fn keep(&mut self) {
        self.kept.enrolment = self.phone.kept().map(|kept| kept.to_vec());
        self.kept.next_sequence = self.phone.next_sequence();
    }

    pub(crate) fn chance(&mut self, n: usize) -> usize {
        below(&mut self.rng, n)
    }

    /// The number of this phone's bucket, to be crowded by somebody.
    pub(crate) fn bucket(&self, now: i64, buckets: u16) -> u16 {
        self.bucket.bucket(now, buckets)
    }
}

/// The pseudonym of a person.
pub(crate) fn author(n: usize) -> [u8; 16] {
    [n as u8 + 1; 16]
}

/// What somebody sees at a spot, as it goes into a report.
pub(crate) fn observation(at: usize, note: String, now: i64) -> Observation {
    let form = Form::civil_protection();
    draft(at, note, now).compose(&form, now).unwrap()
}

fn draft(at: usize, note: String, now: i64) -> Draft {
    let (lat, lon) = spot(at);
    Draft {
        kind: KIND,
        lat,
        lon,
        off_m: 20,
        seen: now,
        seen_off_s: 0,
        count: None,
        heading: None,
        known: Known::Seen,
        danger: Danger::None,
        note,
    }
}
