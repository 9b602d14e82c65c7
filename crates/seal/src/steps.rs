//! The ratchet by which a desk knows that the same witness speaks, and nobody else can tell.
//!
//! At each step of the chain for MACs (`chain`) lies a rolling id and a key:
//!
//! ```text
//! id      = secret(`id`)[..8]
//! mac     = HMAC-SHA256(secret(`mac`), inner type 1 · inner body)[..16]
//! ```
//!
//! [`Speaker`] is the phone's end: it uses each step once and forgets it. [`Listener`] is the desk's:
//! it knows the ids of the next [`WINDOW`] steps by which to look the witness up, keeps the keys of
//! steps that were skipped until [`WINDOW`] more have passed, and knows a step that comes twice.
//!
//! Whoever can check such a MAC could have made it: a desk's records prove to nobody else that a
//! witness said something.

use std::collections::VecDeque;

use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ChainKey;

/// Length of a rolling id: among 100,000 witnesses with 64 ids each, two are the same at one desk in a million; the
/// MAC then tells.
pub const STEP_ID_LEN: usize = 8;
/// Length of a MAC: one forgery in 2^128 tries.
pub const MAC_LEN: usize = 16;
/// Steps ahead that a desk recognises, and steps behind whose keys it keeps.
pub const WINDOW: u32 = 32;

const STATE_VERSION: u8 = 1;
const STATE_HEAD: usize = 1 + 4 + 32 + 1;
const PAST_LEN: usize = STEP_ID_LEN + 1 + 32;

/// A rolling id: says nothing to whoever does not hold the chain.
pub type StepId = [u8; STEP_ID_LEN];

/// The key of one step: makes or checks one MAC.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct StepKey([u8; 32]);

impl StepKey {
    /// The MAC of a message in parts.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; MAC_LEN] {
        let mut out = [0; MAC_LEN];
        out.copy_from_slice(&self.keyed(parts).finalize().into_bytes()[..MAC_LEN]);
        out
    }

    /// Whether a MAC is that of a message in parts, in constant time.
    pub fn is_of(&self, mac: &[u8; MAC_LEN], parts: &[&[u8]]) -> bool {
        self.keyed(parts).verify_truncated_left(mac).is_ok()
    }

    fn keyed(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

fn id_of(chain: &ChainKey) -> StepId {
    let mut id = [0; STEP_ID_LEN];
    id.copy_from_slice(&chain.secret(b"id")[..STEP_ID_LEN]);
    id
}

/// The phone's end of the chain.
#[derive(Clone, PartialEq, Eq)]
pub struct Speaker {
    chain: ChainKey,
}

impl Speaker {
    /// At the step of a chain key: a new chain, or one that was kept.
    pub fn new(chain: ChainKey) -> Self {
        Self { chain }
    }

    /// Takes the next step. The chain key after it must be kept before what it authenticates is sent:
    /// a step is never used twice.
    pub fn take(&mut self) -> (StepId, StepKey) {
        let step = (id_of(&self.chain), StepKey(self.chain.secret(b"mac")));
        self.chain.step();
        step
    }

    /// What is to be kept.
    pub fn chain(&self) -> &ChainKey {
        &self.chain
    }
}

/// The desk's end of the chain.
#[derive(Clone, PartialEq, Eq)]
pub struct Listener {
    /// At step `at`: the next one that is expected.
    chain: ChainKey,
    at: u32,
    /// Steps before `at`, oldest first: the key of one that has not come yet.
    past: VecDeque<(StepId, Option<StepKey>)>,
}

/// What a rolling id is to a listener.
#[derive(Clone, PartialEq, Eq)]
pub enum Heard {
    /// Expected: this key checks its MAC; then [`Listener::accept`].
    Step(StepKey),
    /// Came already.
    Again,
    /// Not of this chain, or too far ahead or behind.
    Unknown,
}

/// What changed in the set of ids by which a witness is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Known from now on.
    pub added: Vec<StepId>,
    /// Not known any more.
    pub removed: Vec<StepId>,
}

impl Listener {
    /// At the beginning of a chain.
    pub fn new(chain: ChainKey) -> Self {
        Self {
            chain,
            at: 0,
            past: VecDeque::new(),
        }
    }

    /// Number of the next step that is expected.
    pub fn at(&self) -> u32 {
        self.at
    }

    /// Every id by which the witness is to be found: those that may come, and those that came lately.
    pub fn ids(&self) -> Vec<StepId> {
        let past = self.past.iter().map(|(id, _)| *id);
        past.chain(self.ahead().map(|(id, _)| id)).collect()
    }

    /// What an id is to this witness.
    pub fn hear(&self, id: &StepId) -> Heard {
        if let Some((_, key)) = self.past.iter().find(|(past, _)| past == id) {
            return key.clone().map_or(Heard::Again, Heard::Step);
        }
        self.ahead()
            .find(|(ahead, _)| ahead == id)
            .map_or(Heard::Unknown, |(_, key)| Heard::Step(key))
    }

    /// Moves on after the MAC of `id` was found to be right. Does nothing for an id that is not
    /// expected.
    pub fn accept(&mut self, id: &StepId) -> Moved {
        let mut moved = Moved::default();
        if let Some((_, key)) = self.past.iter_mut().find(|(past, _)| past == id) {
            *key = None;
            return moved;
        }
        let Some(skipped) = self.ahead().position(|(ahead, _)| ahead == *id) else {
            return moved;
        };
        let known_to = self.at + WINDOW;
        for n in 0..=skipped {
            let came = n == skipped;
            let key = (!came).then(|| StepKey(self.chain.secret(b"mac")));
            self.past.push_back((id_of(&self.chain), key));
            self.chain.step();
            self.at += 1;
        }
        while self.past.len() > WINDOW as usize {
            moved
                .removed
                .extend(self.past.pop_front().map(|(id, _)| id));
        }
        let new = self.at + WINDOW - known_to;
        moved.added =
            self.ahead().map(|(id, _)| id).collect::<Vec<_>>()[(WINDOW - new) as usize..].to_vec();
        moved
    }

    fn ahead(&self) -> impl Iterator<Item = (StepId, StepKey)> {
        let mut chain = self.chain.clone();
        (0..WINDOW).map(move |_| {
            let step = (id_of(&chain), StepKey(chain.secret(b"mac")));
            chain.step();
            step
        })
    }

    /// For keeping, where nobody else reads it: version 1 · next step 4 · chain key 32 · count 1 ·
    /// for each past step id 8 · whether it is still awaited 1 · its key or zeros 32.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(STATE_HEAD + self.past.len() * PAST_LEN);
        out.push(STATE_VERSION);
        out.extend_from_slice(&self.at.to_be_bytes());
        out.extend_from_slice(self.chain.as_bytes());
        out.push(u8::try_from(self.past.len()).expect("at most the window"));
        for (id, key) in &self.past {
            out.extend_from_slice(id);
            out.push(u8::from(key.is_some()));
            out.extend_from_slice(key.as_ref().map_or(&[0; 32], |key| &key.0));
        }
        out
    }

    /// Reads what was kept; `None` when it is not exactly that. Total.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, past) = bytes.split_at_checked(STATE_HEAD)?;
        let (past, rest) = past.as_chunks::<PAST_LEN>();
        let count = usize::from(head[STATE_HEAD - 1]);
        if head[0] != STATE_VERSION
            || !rest.is_empty()
            || past.len() != count
            || count > WINDOW as usize
        {
            return None;
        }
        let mut chain = [0; 32];
        chain.copy_from_slice(&head[5..37]);
        let one = |entry: &[u8; PAST_LEN]| {
            let mut id = [0; STEP_ID_LEN];
            id.copy_from_slice(&entry[..STEP_ID_LEN]);
            let mut key = [0; 32];
            key.copy_from_slice(&entry[STEP_ID_LEN + 1..]);
            match entry[STEP_ID_LEN] {
                0 if key == [0; 32] => Some((id, None)),
                1 => Some((id, Some(StepKey(key)))),
                _ => None,
            }
        };
        Some(Self {
            chain: ChainKey::from_bytes(chain),
            at: u32::from_be_bytes([head[1], head[2], head[3], head[4]]),
            past: past.iter().map(one).collect::<Option<_>>()?,
        })
    }
}

/// Says nothing: a key may end up in an error message.
impl core::fmt::Debug for Heard {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Step(_) => "Step(..)",
            Self::Again => "Again",
            Self::Unknown => "Unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Purpose, RootSecret};
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn pair() -> (Speaker, Listener) {
        let chain = || RootSecret::from_bytes([5; 32]).chain(Purpose::Mac);
        (Speaker::new(chain()), Listener::new(chain()))
    }

    fn says(listener: &mut Listener, (id, key): &(StepId, StepKey)) -> Heard {
        let heard = listener.hear(id);
        if let Heard::Step(checking) = &heard {
            assert!(checking.is_of(&key.mac(&[b"a", b"b"]), &[b"ab"]));
            assert!(!checking.is_of(&key.mac(&[b"a"]), &[b"ab"]));
            listener.accept(id);
        }
        heard
    }

    #[test]
    fn steps_in_order_are_heard_once_each() {
        let (mut phone, mut desk) = pair();
        for n in 0..100 {
            let step = phone.take();
            assert!(matches!(says(&mut desk, &step), Heard::Step(_)));
            assert_eq!(says(&mut desk, &step), Heard::Again);
            assert_eq!(desk.at(), n + 1);
        }
    }

    #[test]
    fn thirty_one_may_be_lost_between_two_and_thirty_two_may_not() {
        for (lost, expected) in [(31, true), (32, false)] {
            let (mut phone, mut desk) = pair();
            for _ in 0..lost {
                phone.take();
            }
            assert_eq!(says(&mut desk, &phone.take()) != Heard::Unknown, expected);
        }
    }

    #[test]
    fn a_late_step_is_heard_until_thirty_two_have_come_after_it() {
        for (after, expected) in [(31, true), (32, false)] {
            let (mut phone, mut desk) = pair();
            let late = phone.take();
            for _ in 0..after {
                says(&mut desk, &phone.take());
            }
            assert_eq!(
                says(&mut desk, &late) != Heard::Unknown,
                expected,
                "{after}"
            );
        }
    }

    #[test]
    fn a_state_kept_says_nothing_of_steps_that_have_passed() {
        let (mut phone, mut desk) = pair();
        let first = phone.take();
        says(&mut desk, &first);
        let kept = desk.to_bytes();
        assert!(!kept.windows(32).any(|w| w == first.1.0));
        assert!(Listener::from_bytes(&kept).is_some_and(|read| read == desk));
        for cut in 0..kept.len() {
            assert!(Listener::from_bytes(&kept[..cut]).is_none());
        }
        assert!(Listener::from_bytes(&[kept, vec![0]].concat()).is_none());
    }

    proptest! {
        #[test]
        fn any_order_within_the_window_is_heard_whole(
            order in Just((0..32usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let (mut phone, mut desk) = pair();
            let steps: Vec<_> = (0..32).map(|_| phone.take()).collect();
            for n in order {
                prop_assert!(matches!(says(&mut desk, &steps[n]), Heard::Step(_)));
                prop_assert_eq!(says(&mut desk, &steps[n]), Heard::Again);
            }
            prop_assert_eq!(desk.at(), 32);
        }

        #[test]
        fn the_set_of_ids_is_always_what_the_moves_say(
            sent in proptest::collection::vec(any::<bool>(), 1..200),
        ) {
            let (mut phone, mut desk) = pair();
            let mut known: HashSet<StepId> = desk.ids().into_iter().collect();
            for arrives in sent {
                let (id, _) = phone.take();
                if arrives {
                    let moved = desk.accept(&id);
                    for gone in &moved.removed { prop_assert!(known.remove(gone)); }
                    for new in moved.added { prop_assert!(known.insert(new)); }
                    prop_assert_eq!(&known, &desk.ids().into_iter().collect());
                }
            }
        }

        #[test]
        fn any_bytes_give_a_state_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(state) = Listener::from_bytes(&bytes) {
                prop_assert_eq!(state.to_bytes(), bytes);
            }
        }
    }
}
