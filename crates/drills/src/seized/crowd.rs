//! Phones for a week, and what leaves them.

use lapwing_model::{Danger, Known as Knowledge, Observation, Place, Precision, Sector};
use lapwing_seal::{
    BucketSecret, By, CELL_LABEL_LEN, CellLabel, CheckIn, Enrolment, FieldSeed, Frame, Invite,
    Known, Purpose, ReceptionPublic, ReceptionSecret, Report, RootSecret, Said, SealError, Speaker,
    Statement, seal,
};
use lapwing_wire::{Envelope, HEADER_LEN, KeyEpoch};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::{
    SHARE, Truth,
    week::{Habit, week},
};

/// In every note, so that it can be searched for.
pub const MARK: &[u8; 16] = b"drill: who knows";

const EPOCH: KeyEpoch = KeyEpoch(2_958);
/// Villages that everybody reports from: few, so that an unsalted root would come again.
const PLACES: u64 = 12;
const SHARE_LEN: usize = SHARE.end - SHARE.start;

/// How envelopes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As built.
    Kept,
    /// Control: cover has random bytes where the share of the key encapsulation would be.
    CoverUnsealed,
    /// Control: the zeros after a frame are not sealed.
    PaddingOpen,
    /// Control: the root over the fields is not salted.
    RootUnsalted,
    /// Control: real envelopes are stored at whole minutes.
    RealOnTheMinute,
    /// Control: a pseudonym stands in the place of the root.
    Pseudonym,
    /// Control: a phone draws its X25519 share once.
    ShareReused,
}

/// One envelope that left a phone.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When it came to the relay, seconds.
    pub at: i64,
    /// The envelope.
    pub envelope: Envelope,
    /// What is to be found out.
    pub truth: Truth,
}

/// The envelopes of a week, in the order in which they come.
///
/// # Errors
/// When sealing fails.
pub fn crowd(seed: u64, witnesses: u64, habit: Habit, rule: Rule) -> Result<Vec<Sent>, SealError> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let desk = ReceptionSecret::generate(&mut rng, EPOCH).public();
    let mut sent = Vec::new();
    for witness in 0..witnesses {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        let mut phone = Phone::new(witness, ChaCha20Rng::from_seed(key));
        for tick in week(&mut phone.rng, habit) {
            let at = EPOCH.starts() + tick.at.div_euclid(1_000);
            sent.push(phone.send(&desk, rule, tick.real, at)?);
        }
    }
    sent.sort_by_key(|one| one.at);
    Ok(sent)
}

struct Phone {
    witness: u64,
    rng: ChaCha20Rng,
    author: [u8; 16],
    sequence: u32,
    root: [u8; 32],
    /// Of those whom the desk knows.
    speaker: Option<Speaker>,
    enrolled: bool,
    share: Option<[u8; 32]>,
}

impl Phone {
    fn new(witness: u64, mut rng: ChaCha20Rng) -> Self {
        let (mut author, mut root) = ([0; 16], [0; 32]);
        rng.fill_bytes(&mut author);
        rng.fill_bytes(&mut root);
        let known = rng.next_u32().is_multiple_of(2);
        Self {
            witness,
            rng,
            author,
            sequence: 0,
            root,
            speaker: known.then(|| Speaker::new(RootSecret::from_bytes(root).chain(Purpose::Mac))),
            enrolled: false,
            share: None,
        }
    }

    fn send(
        &mut self,
        desk: &ReceptionPublic,
        rule: Rule,
        real: bool,
        at: i64,
    ) -> Result<Sent, SealError> {
        let frame = if real {
            self.says(rule, at)
        } else {
            Frame::Cover
        };
        let envelope = seal(&mut self.rng, desk, &frame)?;
        let mut bytes = *envelope.as_bytes();
        match rule {
            Rule::CoverUnsealed if !real => {
                self.rng.fill_bytes(&mut bytes[SHARE]);
                // The top bit of an abscissa is never set; somebody who does this may know so much.
                bytes[HEADER_LEN + SHARE_LEN - 1] &= 0x7f;
            }
            Rule::PaddingOpen => {
                let plain = frame.encode()?;
                let end = 3 + usize::from(u16::from_be_bytes([plain[1], plain[2]]));
                bytes[SHARE.end + end..SHARE.end + plain.len()].fill(0);
            }
            Rule::Pseudonym => bytes[6..22].copy_from_slice(&self.author),
            Rule::ShareReused => {
                let own = &mut bytes[SHARE.end - 32..SHARE.end];
                match &self.share {
                    Some(first) => own.copy_from_slice(first),
                    None => self.share = own.try_into().ok(),
                }
            }
            _ => {}
        }
        let envelope = Envelope::from_bytes(&bytes).expect("version and suite were not touched");
        let minute = rule == Rule::RealOnTheMinute && real;
        Ok(Sent {
            at: if minute { at - at.rem_euclid(60) } else { at },
            envelope,
            truth: Truth {
                witness: self.witness,
                real,
            },
        })
    }

    /// Whatever a phone can say, short and long.
    fn says(&mut self, rule: Rule, at: i64) -> Frame {
        let seed = match rule {
            Rule::RootUnsalted => FieldSeed::from_bytes([0; 32]),
            _ => FieldSeed::generate(&mut self.rng),
        };
        let observation = self.sees(at);
        let turn = self.rng.next_u32() % 4;
        let check_in = CheckIn {
            acks: (0..self.rng.next_u32() % 3).collect(),
            well: None,
        };
        let Some(speaker) = &mut self.speaker else {
            self.sequence += 1;
            return Frame::Report(Report {
                author: self.author,
                sequence: self.sequence,
                seed,
                observation,
                replayed_at: None,
            });
        };
        if !core::mem::replace(&mut self.enrolled, true) {
            let mut invite = [0; 10];
            self.rng.fill_bytes(&mut invite);
            return Frame::Enrolment(Enrolment {
                root: RootSecret::from_bytes(self.root),
                bucket: BucketSecret::from_bytes(self.root),
                drops: 497_000,
                sector: Sector::from_number(200_000).expect("a sector"),
                by: By::Invite(Invite::from_secret(invite)),
            });
        }
        let (id, key) = speaker.take();
        let said = match turn {
            0 => Said::CheckIn(check_in),
            1 => Said::Message(String::from_utf8_lossy(MARK).into_owned()),
            _ => Said::Report(Statement {
                seed,
                observation,
                replayed_at: None,
            }),
        };
        let mut cell = [0; CELL_LABEL_LEN];
        cell.copy_from_slice(&self.root[..CELL_LABEL_LEN]);
        Frame::Known(Known::say((id, &key), CellLabel::from_bytes(cell), said))
    }

    /// One of a few villages on a day, bare or with a note.
    fn sees(&mut self, at: i64) -> Observation {
        let village = (self.rng.next_u64() % PLACES) as f64;
        let place = Place::from_degrees(46.0 + village / 20.0, 30.0 + village / 10.0)
            .expect("the villages are on Earth");
        let mut note = String::new();
        if self.rng.next_u32().is_multiple_of(2) {
            for _ in 0..=self.rng.next_u32() % 30 {
                note += &String::from_utf8_lossy(MARK);
            }
        }
        Observation {
            kind: 1,
            place: place.rounded(Precision::Metres100),
            off_m: 300,
            seen: at - at.rem_euclid(86_400),
            seen_off_s: 0,
            count: None,
            heading: None,
            known: Knowledge::Seen,
            danger: Danger::None,
            note,
        }
    }
}
