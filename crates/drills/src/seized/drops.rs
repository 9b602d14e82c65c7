//! Which envelope does a drop answer?
//!
//! The desk answers every real envelope of a crowd, with drops as a desk makes them. The attacker has
//! the relay's table and all drops that it ever published, and has been told about half of the
//! witnesses in which bucket their answers came.

use std::collections::HashMap;

use lapwing_desk::drops::{Recipient, Waiting, make};
use lapwing_seal::{
    BucketSecret, CellMessage, Content, MessageKey, Reply, ReplyChains, RootSecret,
};
use lapwing_wire::{DROP_LEN, Drop, ENVELOPE_LEN, HINT_LEN, SLOT_LEN, SLOTS};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::{Kept, SHARE, Truth, bytes};
use crate::{
    Auc,
    learn::{self, Row},
};

/// How drops are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// As built.
    AsBuilt,
    /// Control: an answer's hint is taken from the envelope that it answers.
    HintOfEnvelope,
    /// Control: a bucket without news keeps the drop that it had.
    OnlyNews,
}

/// A drop number each hour, as a desk has it by default.
const PERIOD_S: i64 = 3_600;
/// The number in force when the week begins.
const FIRST: u32 = 497_000;
/// For so many numbers an answer waits to be acknowledged and is sealed afresh.
const WAITS: u32 = 6;

/// How well the attacker tells the bucket in which an envelope is answered from another bucket, by the
/// two drops that follow.
///
/// # Panics
/// When there are too few real envelopes to be judged.
pub fn answer_matched(
    seed: u64,
    table: &[Kept],
    truth: &[Truth],
    buckets: u16,
    published: Published,
) -> Auc {
    assert_eq!(table.len(), truth.len(), "a truth for each row");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let begins = table.first().map_or(0, |kept| kept.time);
    let number = |time: i64| FIRST + 1 + ((time - begins) / PERIOD_S) as u32;
    let mut desk = Desk::new(&mut rng, truth, begins, buckets);
    let mut asked: HashMap<u32, Vec<usize>> = HashMap::new();
    for at in (0..table.len()).filter(|&at| truth[at].real) {
        asked.entry(number(table[at].time)).or_default().push(at);
    }
    let last = table.last().map_or(FIRST, |kept| number(kept.time)) + 1;
    let mut before: Option<Vec<Read>> = None;
    let mut rows = Vec::new();
    for now in FIRST..=last {
        let news = asked.get(&now).map_or(&[][..], Vec::as_slice);
        let drops = desk.publish(&mut rng, now, table, truth, news, published);
        let read: Vec<Read> = drops.iter().map(Read::of).collect();
        if let Some(before) = &before {
            let recent = asked
                .get(&(now - 1))
                .into_iter()
                .flatten()
                .map(|&at| (at, 1));
            for (at, age) in news.iter().map(|&at| (at, 0)).chain(recent) {
                let own = desk.bucket[&truth[at].witness];
                let other = (own + 1 + rng.next_u64() as usize % (read.len() - 1)) % read.len();
                for bucket in [own, other] {
                    let mut features = matching(&table[at].envelope, &read[bucket]);
                    features.push(again(&before[bucket], &read[bucket]));
                    features.push(f64::from(age));
                    rows.push(Row {
                        features,
                        positive: bucket == own,
                        owner: truth[at].witness,
                    });
                }
            }
        }
        before = Some(read);
    }
    learn::guess(&rows)
}

/// What a desk has of its witnesses.
struct Desk {
    recipients: Vec<Recipient>,
    keys: Vec<MessageKey>,
    /// Of each witness.
    place: HashMap<u64, usize>,
    bucket: HashMap<u64, usize>,
    /// When each reply has been acknowledged, by place and id.
    until: HashMap<(usize, u32), u32>,
    drops: Vec<Drop>,
    buckets: u16,
    at: i64,
    ids: u32,
}

impl Desk {
    fn new(rng: &mut ChaCha20Rng, truth: &[Truth], at: i64, buckets: u16) -> Self {
        let mut desk = Self {
            recipients: Vec::new(),
            keys: Vec::new(),
            place: HashMap::new(),
            bucket: HashMap::new(),
            until: HashMap::new(),
            drops: Vec::new(),
            buckets,
            at,
            ids: 0,
        };
        for Truth { witness, .. } in truth {
            if desk.place.contains_key(witness) {
                continue;
            }
            let mut root = [0; 32];
            rng.fill_bytes(&mut root);
            let bucket = BucketSecret::from_bytes(root);
            desk.place.insert(*witness, desk.recipients.len());
            desk.bucket
                .insert(*witness, usize::from(bucket.bucket(at, buckets)));
            desk.keys
                .push(MessageKey::of(&RootSecret::from_bytes(root)));
            desk.recipients.push(Recipient {
                witness: *witness,
                known: true,
                bucket,
                chains: ReplyChains::new(&RootSecret::from_bytes(root), FIRST),
                replies: Vec::new(),
            });
        }
        desk
    }

    /// The drops of a number, with answers to what came before it.
    fn publish(
        &mut self,
        rng: &mut ChaCha20Rng,
        now: u32,
        table: &[Kept],
        truth: &[Truth],
        news: &[usize],
        published: Published,
    ) -> Vec<Drop> {
        for (place, recipient) in self.recipients.iter_mut().enumerate() {
            let until = &self.until;
            recipient
                .replies
                .retain(|waiting| until[&(place, waiting.reply.id)] > now);
        }
        for &at in news {
            let place = self.place[&truth[at].witness];
            self.until.insert((place, self.ids), now + WAITS);
            let text = CellMessage::Text {
                at: table[at].time,
                text: "we have it, thank you, stay away from the road".into(),
            };
            let sealed = self.keys[place]
                .seal(rng, self.ids, &text)
                .expect("the text is short");
            self.recipients[place].replies.push(Waiting {
                reply: Reply {
                    id: self.ids,
                    content: Content::FromCell(sealed),
                },
                since: table[at].time,
                shown: false,
            });
            self.ids += 1;
        }
        // The bucket is the same for 28 days.
        let made = make(rng, now, self.buckets, self.at, &mut self.recipients);
        for (witness, id) in made.shown {
            let replies = &mut self.recipients[self.place[&witness]].replies;
            for waiting in replies.iter_mut().filter(|w| w.reply.id == id) {
                waiting.shown = true;
            }
        }
        let mut drops = made.drops;
        match published {
            Published::AsBuilt => {}
            Published::HintOfEnvelope => {
                for &at in news {
                    let drop = &mut drops[self.bucket[&truth[at].witness]];
                    let mut slots = [[0; SLOT_LEN]; SLOTS];
                    slots.copy_from_slice(drop.as_bytes().as_chunks::<SLOT_LEN>().0);
                    let slot = &mut slots[rng.next_u64() as usize % SLOTS];
                    slot[..HINT_LEN].copy_from_slice(&table[at].envelope[6..6 + HINT_LEN]);
                    *drop = Drop::from_slots(&slots);
                }
            }
            Published::OnlyNews => {
                let told: Vec<usize> = news
                    .iter()
                    .map(|&at| self.bucket[&truth[at].witness])
                    .collect();
                for (bucket, old) in self.drops.drain(..).enumerate() {
                    if !told.contains(&bucket) {
                        drops[bucket] = old;
                    }
                }
            }
        }
        self.drops.clone_from(&drops);
        drops
    }
}

/// A drop as the attacker keeps it.
struct Read {
    hints: Vec<[u8; HINT_LEN]>,
    /// Every eighth eight bytes on, sorted.
    words: Vec<[u8; 8]>,
    /// All windows of four bytes, sorted.
    windows: Vec<u32>,
    counts: [u32; 256],
    numbers: [f64; 3],
}

impl Read {
    fn of(drop: &Drop) -> Self {
        let all: &[u8; DROP_LEN] = drop.as_bytes();
        let mut words = all.as_chunks::<8>().0.to_vec();
        words.sort_unstable();
        let mut counts = [0; 256];
        for &byte in all {
            counts[usize::from(byte)] += 1;
        }
        Self {
            hints: drop.slots().map(|slot| *slot.hint).collect(),
            words,
            windows: bytes::windows(all),
            counts,
            numbers: [
                bytes::uneven(all, 256),
                all.iter().map(|byte| f64::from(byte.count_ones())).sum(),
                all.iter().map(|&byte| f64::from(byte)).sum(),
            ],
        }
    }
}

/// Numbers of an envelope and a drop.
fn matching(envelope: &[u8; ENVELOPE_LEN], drop: &Read) -> Vec<f64> {
    let mut out = drop.numbers.to_vec();
    let windows = bytes::windows(&envelope[6..]);
    let common = windows
        .iter()
        .filter(|window| drop.windows.binary_search(window).is_ok());
    out.push(common.count() as f64);
    // What a hint might have been made from: root, share, point, sealed, tag.
    for from in [
        6,
        14,
        22,
        30,
        SHARE.start,
        SHARE.end - 32,
        SHARE.end,
        ENVELOPE_LEN - HINT_LEN,
    ] {
        let part = u64::from_be_bytes(
            envelope[from..from + HINT_LEN]
                .try_into()
                .expect("a hint has eight bytes"),
        );
        let apart = |hint: &[u8; HINT_LEN]| (u64::from_be_bytes(*hint) ^ part).count_ones();
        let nearest = (0..)
            .zip(&drop.hints)
            .map(|(slot, hint)| (apart(hint), slot));
        let (apart, slot): (u32, u32) = nearest.min().unwrap_or_default();
        out.extend([f64::from(apart), f64::from(slot)]);
    }
    // Whether bytes that are frequent in one are in the other.
    let even = DROP_LEN as f64 / 256.0;
    let alike = envelope[6..]
        .iter()
        .map(|&byte| f64::from(drop.counts[usize::from(byte)]) / even - 1.0);
    out.push(alike.sum());
    out
}

/// How many words a bucket's drop has in common with the one before.
fn again(before: &Read, now: &Read) -> f64 {
    let same = |word: &&[u8; 8]| before.words.binary_search(word).is_ok();
    now.words.iter().filter(same).count() as f64
}
