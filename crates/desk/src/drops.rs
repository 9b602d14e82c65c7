//! Making the drops of one number: all buckets at once, with fresh bytes everywhere.
//!
//! Implements *Drop* of section 5 of the design (`docs/design/0011-drops.md`). Pure: what waits, a
//! number and randomness go in, drops come out.
//!
//! Who gets a slot, when more waits than fits: half of a drop belongs to replies that were never in
//! one, oldest first; the rest is drawn by lot among those that were and are not acknowledged. Each
//! half takes what the other leaves. The lot, because a phone that comes by every other hour would
//! never meet a reply whose turn is always in the hours between. In both halves every witness gets
//! one slot before any gets two, so that nobody's long queue holds up another's.
//!
//! Phones that were refused get what witnesses leave: anybody can make up invites, a thousand for the bucket of one
//! witness, and their answers would fill its drops for days.

pub mod drill;
mod schedule;

pub use schedule::DropPlan;
pub(crate) use schedule::{Current, in_force};

use lapwing_seal::{BucketSecret, REPLIES_A_DROP, Reply, ReplyChains, ReplyChainsError};
use lapwing_wire::{Drop, SLOT_LEN, SLOTS};
use rand_core::CryptoRng;

/// For so long an unacknowledged reply is sealed afresh at every number, seconds: 30 days.
pub const REPLY_KEEP_S: i64 = 30 * 86_400;

/// A witness, and what waits for them.
#[derive(Debug)]
pub struct Recipient {
    /// By which the caller knows them; nothing of it goes into a drop.
    pub witness: u64,
    /// Whether it is a witness, and not a phone that is told why it was refused.
    pub known: bool,
    /// From their enrolment.
    pub bucket: BucketSecret,
    /// Moved beyond the number by [`make`], to be kept together with the drops.
    pub chains: ReplyChains,
    /// What they have not acknowledged, oldest first.
    pub replies: Vec<Waiting>,
}

/// A reply that waits to be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it says.
    pub reply: Reply,
    /// Since when, by the desk's clock; the desk keeps it by the day.
    pub since: i64,
    /// Whether it has been in a drop.
    pub shown: bool,
}

/// The drops of a number, and what became of the replies.
#[derive(Debug)]
pub struct Made {
    /// One a bucket, in order.
    pub drops: Vec<Drop>,
    /// Witness and id of each reply in them: to be marked as shown.
    pub shown: Vec<(u64, u32)>,
    /// Witness and id of each reply that waited for 30 days: to be given up, and the coordinator
    /// told.
    pub expired: Vec<(u64, u32)>,
    /// Witnesses whose replies could not be sealed, and why: enrolled for a number to come.
    pub stranded: Vec<(u64, ReplyChainsError)>,
}

/// Makes the drops of `number`. `recipients` is everybody, also those for whom nothing waits: their
/// chains move, so that what was said under them is gone from the desk.
pub fn make(
    rng: &mut impl CryptoRng,
    number: u32,
    buckets: u16,
    now: i64,
    recipients: &mut [Recipient],
) -> Made {
    let buckets = buckets.max(1);
    let mut made = Made {
        drops: Vec::with_capacity(usize::from(buckets)),
        shown: Vec::new(),
        expired: Vec::new(),
        stranded: Vec::new(),
    };
    let mut present: Vec<Vec<&mut Recipient>> = (0..buckets).map(|_| Vec::new()).collect();
    for recipient in recipients {
        let bucket = recipient.bucket.bucket(now, buckets);
        present[usize::from(bucket)].push(recipient);
    }
    for mut present in present {
        let chosen = choose(rng, now, &present);
        let mut slots = Vec::new();
        for (recipient, chosen) in present.iter_mut().zip(chosen) {
            let witness = recipient.witness;
            let old = recipient.replies.iter().filter(|w| expired(w, now));
            made.expired.extend(old.map(|w| (witness, w.reply.id)));
            let replies = chosen.iter().map(|&at| &recipient.replies[at].reply);
            let replies: Vec<&Reply> = replies.collect();
            match recipient.chains.seal(number, &replies) {
                Ok(sealed) => {
                    slots.extend(sealed);
                    made.shown.extend(replies.iter().map(|r| (witness, r.id)));
                }
                Err(why) => made.stranded.push((witness, why)),
            }
        }
        made.drops.push(drop_of(rng, &slots));
    }
    made
}

fn expired(waiting: &Waiting, now: i64) -> bool {
    waiting.since < now.saturating_sub(REPLY_KEEP_S)
}

/// Which replies of each of a bucket's recipients get a slot: places in their lists, ascending.
fn choose(rng: &mut impl CryptoRng, now: i64, present: &[&mut Recipient]) -> Vec<Vec<usize>> {
    let mut chosen: Vec<Vec<usize>> = vec![Vec::new(); present.len()];
    let mut free = SLOTS;
    for known in [true, false] {
        let queue = |shown: bool| {
            let each = present.iter().map(|recipient| {
                let replies = recipient.replies.iter().enumerate();
                replies
                    .filter(|(_, w)| {
                        recipient.known == known && w.shown == shown && !expired(w, now)
                    })
                    .map(|(at, w)| (at, w.since))
                    .take(REPLIES_A_DROP)
                    .collect::<Vec<_>>()
            });
            each.collect::<Vec<_>>()
        };
        let (fresh, again) = (queue(false), queue(true));
        // In which order they take their turn: by age for what is new, by lot for the rest.
        let mut by_age: Vec<usize> = (0..present.len()).collect();
        shuffle(rng, &mut by_age);
        by_age.sort_by_key(|&who| fresh[who].first().map(|&(_, since)| since));
        let mut by_lot: Vec<usize> = (0..present.len()).collect();
        shuffle(rng, &mut by_lot);

        let waiting: usize = again.iter().map(Vec::len).sum();
        let kept = waiting.min(free / 2);
        take_turns(&by_age, &fresh, free - kept, &mut free, &mut chosen);
        take_turns(&by_lot, &again, free, &mut free, &mut chosen);
        // What a recipient's limit left over.
        take_turns(&by_age, &fresh, free, &mut free, &mut chosen);
    }
    for places in &mut chosen {
        places.sort_unstable();
    }
    chosen
}

/// Gives at most `most` slots away: one to each in `order`, then a second to each, and so on.
fn take_turns(
    order: &[usize],
    queues: &[Vec<(usize, i64)>],
    most: usize,
    free: &mut usize,
    chosen: &mut [Vec<usize>],
) {
    let mut left = most.min(*free);
    for round in 0..REPLIES_A_DROP {
        for &who in order {
            let Some(&(place, _)) = queues[who].get(round) else {
                continue;
            };
            let mine = &mut chosen[who];
            if left > 0 && mine.len() < REPLIES_A_DROP && !mine.contains(&place) {
                mine.push(place);
                left -= 1;
                *free -= 1;
            }
        }
    }
}

/// A drop of these slots among random ones, in random order.
fn drop_of(rng: &mut impl CryptoRng, sealed: &[[u8; SLOT_LEN]]) -> Drop {
    let mut slots = [[0; SLOT_LEN]; SLOTS];
    let (used, empty) = slots.split_at_mut(sealed.len());
    used.copy_from_slice(sealed);
    empty.iter_mut().for_each(|slot| rng.fill_bytes(slot));
    shuffle(rng, &mut slots);
    Drop::from_slots(&slots)
}

/// Fisher and Yates. The rest of 64 bits is uneven by less than 2^-50 for any list that fits here.
fn shuffle<T>(rng: &mut impl CryptoRng, list: &mut [T]) {
    for last in (1..list.len()).rev() {
        let other = rng.next_u64() % (last as u64 + 1);
        list.swap(last, other as usize);
    }
}

#[cfg(test)]
mod tests;
