//! By what a witness's replies are sealed and found: two chains that move one step a drop number,
//! and the bucket in which they lie (`docs/design/0007-identity.md`, *Replies*).
//!
//! ```text
//! hint(n, i) = secret(`hint` · i)[..8]   of the chain Hint at number n, i = 0..7
//! key(n, i)  = secret(`key` · i)         of the chain Reply at number n
//! bucket     = u64(HMAC-SHA256(bucket secret, `lapwing bucket v1\n` · 28-day epoch 4)[..8]) mod count
//! ```

use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
use lapwing_wire::{HINT_LEN, SLOT_LEN, WEEK_S};
use rand_core::CryptoRng;
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    CHAIN_KEY_LEN, ChainKey, Purpose, Reply, RootSecret,
    reply::{open_slot, seal_slot},
};

/// Most replies to one witness in one drop.
pub const REPLIES_A_DROP: usize = 8;
/// How many numbers a phone looks for, the newest included.
pub const REPLY_WINDOW: u32 = 35;
/// How far chains move at once: 366 days of hourly numbers, some 17,600 HMACs. Whoever claims more
/// does not get the work.
pub const REPLY_ADVANCE_MAX: u32 = 366 * 24;
/// Length of chains that are kept: `number 4 · hint chain 32 · reply chain 32`.
pub const REPLY_CHAINS_LEN: usize = 4 + 2 * CHAIN_KEY_LEN;
/// Length of a bucket secret.
pub const BUCKET_SECRET_LEN: usize = 32;
/// For so long an install keeps its bucket, seconds: 28 days.
pub const BUCKET_EPOCH_S: i64 = 4 * WEEK_S;

/// The chains of one witness, at one number. Desk and phone hold the same, each at its own place.
#[derive(PartialEq, Eq)]
pub struct ReplyChains {
    hint: ChainKey,
    reply: ChainKey,
    at: u32,
}

/// Why chains do not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyChainsError {
    /// They have moved beyond: what was is gone.
    #[error("the chains are at {at}, beyond {asked}")]
    Past {
        /// Where they are.
        at: u32,
        /// The number asked for.
        asked: u32,
    },
    /// Farther than [`REPLY_ADVANCE_MAX`]: the phone must renew.
    #[error("from {at} the chains do not go as far as {asked}")]
    TooFar {
        /// Where they are.
        at: u32,
        /// The number asked for.
        asked: u32,
    },
    /// More than [`REPLIES_A_DROP`].
    #[error("{0} replies do not go into one drop")]
    TooMany(usize),
}

/// What a phone found in a drop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// By number and index, so in the order in which the desk put them. The same reply comes again
    /// at every number until it is acknowledged.
    pub replies: Vec<Reply>,
    /// Slots with a hint of this phone that do not open: chance (once in 10^15 drops), or somebody
    /// who copied a hint.
    pub unopened: usize,
}

/// Hints of one witness over some numbers, to be compared with those of slots.
#[derive(Clone)]
pub struct Hints(Vec<([u8; HINT_LEN], u32, u8)>);

impl ReplyChains {
    /// The chains of an enrolment, at the number that stands in it.
    pub fn new(root: &RootSecret, number: u32) -> Self {
        Self {
            hint: root.chain(Purpose::Hint),
            reply: root.chain(Purpose::Reply),
            at: number,
        }
    }

    /// Chains that were kept.
    pub fn from_bytes(bytes: &[u8; REPLY_CHAINS_LEN]) -> Self {
        let key = |from: usize| {
            let mut key = [0; CHAIN_KEY_LEN];
            key.copy_from_slice(&bytes[from..from + CHAIN_KEY_LEN]);
            ChainKey::from_bytes(key)
        };
        Self {
            hint: key(4),
            reply: key(4 + CHAIN_KEY_LEN),
            at: u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        }
    }

    /// For keeping, where nobody else reads it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; REPLY_CHAINS_LEN]> {
        let mut bytes = Zeroizing::new([0; REPLY_CHAINS_LEN]);
        bytes[..4].copy_from_slice(&self.at.to_be_bytes());
        bytes[4..4 + CHAIN_KEY_LEN].copy_from_slice(self.hint.as_bytes());
        bytes[4 + CHAIN_KEY_LEN..].copy_from_slice(self.reply.as_bytes());
        bytes
    }

    /// The earliest number that they still serve.
    pub const fn at(&self) -> u32 {
        self.at
    }

    /// Moves on to a number; what was before is gone. Does nothing when they are there.
    ///
    /// # Errors
    /// `Past` and `TooFar`; the chains are then as before.
    pub fn advance_to(&mut self, number: u32) -> Result<(), ReplyChainsError> {
        let steps = self.steps_to(number)?;
        for _ in 0..steps {
            self.hint.step();
            self.reply.step();
        }
        self.at = number;
        Ok(())
    }

    fn steps_to(&self, asked: u32) -> Result<u32, ReplyChainsError> {
        let at = self.at;
        match asked.checked_sub(at) {
            None => Err(ReplyChainsError::Past { at, asked }),
            Some(steps) if steps > REPLY_ADVANCE_MAX => Err(ReplyChainsError::TooFar { at, asked }),
            Some(steps) => Ok(steps),
        }
    }

    /// The desk's side: seals what a witness gets in the drops of a number, and moves beyond that
    /// number, so that no key can seal twice. With no replies it only moves.
    ///
    /// # Errors
    /// As [`ReplyChains::advance_to`]; `TooMany`. The chains are then as before.
    pub fn seal(
        &mut self,
        number: u32,
        replies: &[&Reply],
    ) -> Result<Vec<[u8; SLOT_LEN]>, ReplyChainsError> {
        if replies.len() > REPLIES_A_DROP {
            return Err(ReplyChainsError::TooMany(replies.len()));
        }
        let beyond = number.checked_add(1).ok_or(ReplyChainsError::TooFar {
            at: self.at,
            asked: number,
        })?;
        self.steps_to(number)?;
        self.advance_to(number)?;
        let slots = replies
            .iter()
            .zip(0u8..)
            .map(|(reply, index)| {
                seal_slot(
                    &key(&self.reply, index),
                    &hint(&self.hint, index),
                    &reply.encode(),
                )
            })
            .collect();
        self.advance_to(beyond)?;
        Ok(slots)
    }

    /// The phone's side: what of a drop of this number is its own. By comparing hints, of this
    /// number and of the 34 before; nothing is decrypted but what is found. The chains stay.
    ///
    /// # Errors
    /// As [`ReplyChains::advance_to`].
    pub fn find(&self, number: u32, drop: &lapwing_wire::Drop) -> Result<Found, ReplyChainsError> {
        let hints = self.hints(number)?;
        let mut matches: Vec<_> = drop
            .slots()
            .filter_map(|slot| Some((hints.place(slot.hint)?, slot)))
            .collect();
        matches.sort_by_key(|(place, _)| *place);
        let mut found = Found::default();
        let mut chain = self.reply.clone();
        let mut at = self.at;
        for ((number, index), slot) in matches {
            while at < number {
                chain.step();
                at += 1;
            }
            match open_slot(&key(&chain, index), slot) {
                Ok(reply) => found.replies.push(reply),
                Err(_not_ours) => found.unopened += 1,
            }
        }
        Ok(found)
    }

    /// The hints of the window that ends with this number: up to 35 numbers by 8.
    ///
    /// # Errors
    /// As [`ReplyChains::advance_to`].
    pub fn hints(&self, number: u32) -> Result<Hints, ReplyChainsError> {
        self.steps_to(number)?;
        let from = window_start(number).max(self.at);
        let mut chain = self.hint.clone();
        for _ in self.at..from {
            chain.step();
        }
        let mut hints = Vec::with_capacity(REPLY_WINDOW as usize * REPLIES_A_DROP);
        for n in from..=number {
            hints.extend((0..REPLIES_A_DROP as u8).map(|i| (hint(&chain, i), n, i)));
            chain.step();
        }
        hints.sort_unstable();
        Ok(Hints(hints))
    }

    /// The phone's side: a bulletin has shown this number. Moves to the oldest of the 35 numbers
    /// that end with it, so that a drop which was fetched but not read can still be read.
    ///
    /// # Errors
    /// `TooFar`.
    pub fn keep_window(&mut self, number: u32) -> Result<(), ReplyChainsError> {
        self.advance_to(window_start(number).max(self.at))
    }
}

const fn window_start(number: u32) -> u32 {
    number.saturating_sub(REPLY_WINDOW - 1)
}

impl Hints {
    /// Number and index of a hint, if it is among them.
    pub fn place(&self, hint: &[u8; HINT_LEN]) -> Option<(u32, u8)> {
        let at = self
            .0
            .binary_search_by_key(hint, |(hint, _, _)| *hint)
            .ok()?;
        let (_, number, index) = self.0[at];
        Some((number, index))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

fn hint(chain: &ChainKey, index: u8) -> [u8; HINT_LEN] {
    let secret = Zeroizing::new(chain.secret(&[b'h', b'i', b'n', b't', index]));
    let mut hint = [0; HINT_LEN];
    hint.copy_from_slice(&secret[..HINT_LEN]);
    hint
}

fn key(chain: &ChainKey, index: u8) -> Zeroizing<[u8; CHAIN_KEY_LEN]> {
    Zeroizing::new(chain.secret(&[b'k', b'e', b'y', index]))
}

/// Says where they are and no secret.
impl core::fmt::Debug for ReplyChains {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ReplyChains(at {})", self.at)
    }
}

/// Says nothing.
impl core::fmt::Debug for Hints {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Hints(..)")
    }
}

/// What an install keeps to know its bucket, whether it is used or not.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct BucketSecret([u8; BUCKET_SECRET_LEN]);

impl BucketSecret {
    /// Draws one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; BUCKET_SECRET_LEN];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// One that was kept, or from the inside of an enrolment.
    pub const fn from_bytes(bytes: [u8; BUCKET_SECRET_LEN]) -> Self {
        Self(bytes)
    }

    /// For keeping, and for the inside of an enrolment.
    pub const fn as_bytes(&self) -> &[u8; BUCKET_SECRET_LEN] {
        &self.0
    }

    /// The bucket at a time, of so many (`count` is at least 1, as bulletins have it).
    pub fn bucket(&self, unix: i64, count: u16) -> u16 {
        let epoch = unix.div_euclid(BUCKET_EPOCH_S).max(0);
        let epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"lapwing bucket v1\n");
        mac.update(&epoch.to_be_bytes());
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        let (first, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
        let rest = u64::from_be_bytes(*first) % u64::from(count.max(1));
        u16::try_from(rest).expect("the rest is below the count")
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for BucketSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("BucketSecret(..)")
    }
}

#[cfg(test)]
mod tests;
