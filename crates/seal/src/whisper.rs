//! The ratchet of whispers: what a phone seals into 110 bits, and by which chains its desk opens them.
//!
//! At each step lie a rolling id, a key and an answer, each from a chain of its own ([`Purpose`]):
//!
//! ```text
//! id     = first 22 bits of secret(`id`) of the chain of ids
//! key    = secret(`whisper`) of the chain of keys
//! answer = first 22 bits of secret(`answer`) of the chain of answers: two words of eleven
//! tag    = HMAC-SHA256(key, 0x01 · kind 1 · id 4 · gist 8)[..4]
//! sealed = gist xor the first 54 bits of HMAC-SHA256(key, 0x02 · tag)
//! ```
//!
//! That is a synthetic IV as in RFC 5297 with HMAC for both of its functions: a step used twice by mistake shows
//! whether the same was said twice, and nothing else. Thirty-two bits of tag are few: who does not hold the chain is
//! right once in four thousand million tries a candidate, which is why a desk counts failures.
//!
//! [`WhisperSpeaker`] is the phone's end: it uses each step once and forgets it. [`WhisperListener`] is the desk's.

use std::collections::VecDeque;

use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
use lapwing_wire::{WHISPER_ID_BITS, Whisper, WhisperId, WhisperKind};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{CHAIN_KEY_LEN, ChainKey, Purpose, RootSecret, WINDOW};

/// Length of the three chain keys together, as a phone keeps them.
pub const WHISPER_CHAINS_LEN: usize = 3 * CHAIN_KEY_LEN;
/// Bits of an answer: two words.
pub const ANSWER_BITS: u32 = 22;

const GIST_BITS: u32 = lapwing_model::GIST_BITS;
const STATE_VERSION: u8 = 1;
const STATE_HEAD: usize = 1 + 4 + WHISPER_CHAINS_LEN + 1;
const PAST_LEN: usize = 4 + 1 + CHAIN_KEY_LEN + 4;

/// Two words by which the desk shows that it opened a whisper, 22 bits: only this desk and this phone know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerWords(u32);

impl AnswerWords {
    /// Both words' places in their list, eleven bits each.
    pub const fn words(self) -> [u16; 2] {
        [(self.0 >> 11) as u16, (self.0 & 0x7ff) as u16]
    }
}

/// The key of one step.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
struct WhisperKey([u8; CHAIN_KEY_LEN]);

impl WhisperKey {
    fn hmac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn tag(&self, kind: WhisperKind, id: WhisperId, gist: u64) -> [u8; 4] {
        let id = id.number().to_be_bytes();
        let long = self.hmac(&[&[1, kind.number()], &id, &gist.to_be_bytes()]);
        [long[0], long[1], long[2], long[3]]
    }

    fn stream(&self, tag: [u8; 4]) -> u64 {
        let long = self.hmac(&[&[2], &tag]);
        let (first, _) = long.split_first_chunk().expect("32 bytes have 8");
        u64::from_be_bytes(*first) >> (64 - GIST_BITS)
    }

    fn seal(&self, kind: WhisperKind, id: WhisperId, gist: u64) -> Whisper {
        let tag = self.tag(kind, id, gist);
        Whisper::new(kind, id, gist ^ self.stream(tag), tag).expect("both are 54 bits")
    }

    fn open(&self, whisper: &Whisper) -> Option<u64> {
        let gist = whisper.sealed() ^ self.stream(whisper.tag);
        let tag = self.tag(whisper.kind, whisper.id, gist);
        // In constant time, as far as four bytes matter.
        (u32::from_ne_bytes(tag) ^ u32::from_ne_bytes(whisper.tag) == 0).then_some(gist)
    }
}

/// The three chains, which move together.
#[derive(Clone, PartialEq, Eq)]
struct Chains {
    id: ChainKey,
    key: ChainKey,
    answer: ChainKey,
}

fn first_22(secret: [u8; 32]) -> u32 {
    u32::from_be_bytes([secret[0], secret[1], secret[2], secret[3]]) >> (32 - WHISPER_ID_BITS)
}

fn id_of(chain: &ChainKey) -> WhisperId {
    WhisperId::new(first_22(chain.secret(b"id"))).expect("22 bits")
}

fn answer_of(chain: &ChainKey) -> AnswerWords {
    AnswerWords(first_22(chain.secret(b"answer")))
}

impl Chains {
    fn new(root: &RootSecret) -> Self {
        Self {
            id: root.chain(Purpose::WhisperId),
            key: root.chain(Purpose::WhisperKey),
            answer: root.chain(Purpose::Answer),
        }
    }

    fn id(&self) -> WhisperId {
        id_of(&self.id)
    }

    fn key(&self) -> WhisperKey {
        WhisperKey(self.key.secret(b"whisper"))
    }

    fn answer(&self) -> AnswerWords {
        answer_of(&self.answer)
    }

    fn step(&mut self) {
        self.id.step();
        self.key.step();
        self.answer.step();
    }

    fn to_bytes(&self) -> [u8; WHISPER_CHAINS_LEN] {
        let mut out = [0; WHISPER_CHAINS_LEN];
        for (part, chain) in
            out.chunks_exact_mut(CHAIN_KEY_LEN)
                .zip([&self.id, &self.key, &self.answer])
        {
            part.copy_from_slice(chain.as_bytes());
        }
        out
    }

    fn from_bytes(bytes: &[u8; WHISPER_CHAINS_LEN]) -> Self {
        let (chains, _) = bytes.as_chunks();
        let chain = |n: usize| ChainKey::from_bytes(chains[n]);
        Self {
            id: chain(0),
            key: chain(1),
            answer: chain(2),
        }
    }
}

/// The phone's end of the chains.
#[derive(Clone, PartialEq, Eq)]
pub struct WhisperSpeaker(Chains);

impl WhisperSpeaker {
    /// At the beginning, of the root of an enrolment.
    pub fn new(root: &RootSecret) -> Self {
        Self(Chains::new(root))
    }

    /// Seals a gist of 54 bits at the next step, with the answer to expect. What [`WhisperSpeaker::to_bytes`] says
    /// afterwards must be kept before the whisper is said: a step is never used twice.
    ///
    /// # Panics
    /// When there are more than 54 bits.
    pub fn say(&mut self, kind: WhisperKind, gist: u64) -> (Whisper, AnswerWords) {
        assert!(gist >> GIST_BITS == 0, "a gist has 54 bits");
        let said = (self.0.key().seal(kind, self.0.id(), gist), self.0.answer());
        self.0.step();
        said
    }

    /// What is to be kept: the keys of the chains of ids, keys and answers.
    pub fn to_bytes(&self) -> [u8; WHISPER_CHAINS_LEN] {
        self.0.to_bytes()
    }

    /// What was kept.
    pub fn from_bytes(bytes: &[u8; WHISPER_CHAINS_LEN]) -> Self {
        Self(Chains::from_bytes(bytes))
    }
}

/// A step that has not come though a later one did.
#[derive(Clone, PartialEq, Eq)]
struct Awaited {
    key: WhisperKey,
    answer: AnswerWords,
}

/// The desk's end of the chains: recognises the next [`WINDOW`] steps, and those of the last [`WINDOW`] that were
/// skipped.
#[derive(Clone, PartialEq, Eq)]
pub struct WhisperListener {
    /// At step `at`: the next one that is expected.
    chains: Chains,
    at: u32,
    /// Steps before `at`, oldest first.
    past: VecDeque<(WhisperId, Option<Awaited>)>,
}

/// An id by which a witness is to be found, and the number of its step.
pub type WhisperStep = (u32, WhisperId);

/// A whisper that one of a witness's steps opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overheard {
    /// 54 bits.
    pub gist: u64,
    /// What to answer.
    pub answer: AnswerWords,
}

/// What changed in the set of ids by which a witness is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhisperMoved {
    /// Known from now on.
    pub added: Vec<WhisperStep>,
    /// Not known any more.
    pub removed: Vec<WhisperStep>,
}

impl WhisperListener {
    /// At the beginning, of the root of an enrolment.
    pub fn new(root: &RootSecret) -> Self {
        Self {
            chains: Chains::new(root),
            at: 0,
            past: VecDeque::new(),
        }
    }

    /// Number of the next step that is expected.
    pub fn at(&self) -> u32 {
        self.at
    }

    /// Every step at which the witness is to be found: skipped ones, and the next.
    pub fn steps(&self) -> Vec<WhisperStep> {
        let oldest = self.oldest();
        let past = (oldest..).zip(&self.past);
        let past = past.filter(|(_, (_, awaited))| awaited.is_some());
        past.map(|(step, (id, _))| (step, *id))
            .chain(self.ahead())
            .collect()
    }

    /// Opens a whisper at a step, one of [`WhisperListener::steps`]; `None` when it is not this witness's, or came
    /// already. Changes nothing: [`WhisperListener::accept`] does.
    pub fn open(&self, step: u32, whisper: &Whisper) -> Option<Overheard> {
        if let Some(back) = self.at.checked_sub(step).filter(|&back| back > 0) {
            let place = self.past.len().checked_sub(back as usize)?;
            let Awaited { key, answer } = self.past.get(place)?.1.as_ref()?;
            let answer = *answer;
            return key.open(whisper).map(|gist| Overheard { gist, answer });
        }
        if step - self.at >= WINDOW {
            return None;
        }
        let at = |chain: &ChainKey| {
            let mut chain = chain.clone();
            for _ in self.at..step {
                chain.step();
            }
            chain
        };
        let gist = WhisperKey(at(&self.chains.key).secret(b"whisper")).open(whisper)?;
        let answer = answer_of(&at(&self.chains.answer));
        Some(Overheard { gist, answer })
    }

    /// Moves on after a step was opened. Does nothing for a step that is not expected.
    pub fn accept(&mut self, step: u32) -> WhisperMoved {
        let mut moved = WhisperMoved::default();
        if let Some(back) = self.at.checked_sub(step).filter(|&back| back > 0) {
            let place = self.past.len().checked_sub(back as usize);
            if let Some((id, awaited)) = place.and_then(|place| self.past.get_mut(place))
                && awaited.take().is_some()
            {
                moved.removed.push((step, *id));
            }
            return moved;
        }
        if step - self.at >= WINDOW {
            return moved;
        }
        let known_to = self.at + WINDOW;
        while self.at <= step {
            let id = self.chains.id();
            let awaited = (self.at != step).then(|| Awaited {
                key: self.chains.key(),
                answer: self.chains.answer(),
            });
            if awaited.is_none() {
                moved.removed.push((step, id));
            }
            self.past.push_back((id, awaited));
            self.chains.step();
            self.at += 1;
        }
        while self.past.len() > WINDOW as usize {
            let oldest = self.oldest();
            if let Some((id, Some(_))) = self.past.pop_front() {
                moved.removed.push((oldest, id));
            }
        }
        moved.added = self.ahead().filter(|(step, _)| *step >= known_to).collect();
        moved
    }

    fn oldest(&self) -> u32 {
        self.at - u32::try_from(self.past.len()).expect("at most the window")
    }

    fn ahead(&self) -> impl Iterator<Item = WhisperStep> {
        let mut chain = self.chains.id.clone();
        (self.at..self.at + WINDOW).map(move |step| {
            let id = id_of(&chain);
            chain.step();
            (step, id)
        })
    }

    /// For keeping, where nobody else reads it: version 1 · next step 4 · chain keys 96 · count 1 · for each past step
    /// id 4 · whether it is still awaited 1 · its key or zeros 32 · its answer or zeros 4.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(STATE_HEAD + self.past.len() * PAST_LEN);
        out.push(STATE_VERSION);
        out.extend_from_slice(&self.at.to_be_bytes());
        out.extend_from_slice(&self.chains.to_bytes());
        out.push(u8::try_from(self.past.len()).expect("at most the window"));
        for (id, awaited) in &self.past {
            out.extend_from_slice(&id.number().to_be_bytes());
            out.push(u8::from(awaited.is_some()));
            let key = awaited.as_ref().map_or(&[0; 32], |awaited| &awaited.key.0);
            out.extend_from_slice(key);
            let answer = awaited.as_ref().map_or(0, |awaited| awaited.answer.0);
            out.extend_from_slice(&answer.to_be_bytes());
        }
        out
    }

    /// Reads what was kept; `None` when it is not exactly that. Total.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, past) = bytes.split_first_chunk::<STATE_HEAD>()?;
        let (past, rest) = past.as_chunks::<PAST_LEN>();
        let (chains, _) = head[5..].split_first_chunk()?;
        let at = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let count = usize::from(head[STATE_HEAD - 1]);
        if head[0] != STATE_VERSION
            || !rest.is_empty()
            || past.len() != count
            || count > WINDOW as usize
            || (count as u32) > at
            || at > u32::MAX - 2 * WINDOW
        {
            return None;
        }
        Some(Self {
            chains: Chains::from_bytes(chains),
            at,
            past: past.iter().map(past_step).collect::<Option<_>>()?,
        })
    }
}

fn past_step(entry: &[u8; PAST_LEN]) -> Option<(WhisperId, Option<Awaited>)> {
    let number =
        |at: usize| u32::from_be_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
    let id = WhisperId::new(number(0))?;
    let mut key = WhisperKey([0; CHAIN_KEY_LEN]);
    key.0.copy_from_slice(&entry[5..5 + CHAIN_KEY_LEN]);
    let answer = number(PAST_LEN - 4);
    match entry[4] {
        0 if entry[5..].iter().all(|&byte| byte == 0) => Some((id, None)),
        1 if answer >> ANSWER_BITS == 0 => Some((
            id,
            Some(Awaited {
                key,
                answer: AnswerWords(answer),
            }),
        )),
        _ => None,
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for WhisperSpeaker {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("WhisperSpeaker(..)")
    }
}

/// Says nothing: a secret may end up in an error message.
impl core::fmt::Debug for WhisperListener {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "WhisperListener(at {}, ..)", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const REPORT: WhisperKind = WhisperKind::Report;

    fn pair() -> (WhisperSpeaker, WhisperListener) {
        let root = RootSecret::from_bytes([5; 32]);
        (WhisperSpeaker::new(&root), WhisperListener::new(&root))
    }

    /// Opens at whichever step does, and moves on.
    fn hears(desk: &mut WhisperListener, whisper: &Whisper) -> Option<Overheard> {
        let steps = desk.steps();
        let fits = steps.into_iter().filter(|(_, id)| *id == whisper.id);
        let found = fits.filter_map(|(step, _)| Some((step, desk.open(step, whisper)?)));
        let (step, heard) = found.collect::<Vec<_>>().pop()?;
        desk.accept(step);
        Some(heard)
    }

    #[test]
    fn what_is_said_in_order_is_heard_once_each_with_its_answer() {
        let (mut phone, mut desk) = pair();
        for n in 0..100 {
            let (whisper, answer) = phone.say(REPORT, n << 40 | n);
            let heard = Overheard {
                gist: n << 40 | n,
                answer,
            };
            assert_eq!(hears(&mut desk, &whisper), Some(heard));
            assert_eq!(hears(&mut desk, &whisper), None);
            assert_eq!(u64::from(desk.at()), n + 1);
        }
    }

    #[test]
    fn thirty_one_may_be_lost_between_two_and_thirty_two_may_not() {
        for (lost, heard) in [(31, true), (32, false)] {
            let (mut phone, mut desk) = pair();
            for _ in 0..lost {
                phone.say(REPORT, 1);
            }
            let (whisper, _) = phone.say(REPORT, 2);
            assert_eq!(hears(&mut desk, &whisper).is_some(), heard, "{lost}");
        }
    }

    #[test]
    fn one_changed_bit_anywhere_is_refused() {
        let (mut phone, desk) = pair();
        let (whisper, _) = phone.say(REPORT, 0x2a_aaaa_aaaa_aaaa);
        assert!(desk.open(0, &whisper).is_some());
        let bytes = whisper.to_bytes();
        for bit in 0..110 {
            let mut changed = bytes;
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            if let Ok(changed) = Whisper::from_bytes(&changed) {
                assert_eq!(desk.open(0, &changed), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn no_step_but_its_own_and_nobody_else_opens_it() {
        let (mut phone, desk) = pair();
        let (whisper, _) = phone.say(REPORT, 77);
        for step in 1..100 {
            assert_eq!(desk.open(step, &whisper), None);
        }
        let other = WhisperListener::new(&RootSecret::from_bytes([6; 32]));
        for step in 0..100 {
            assert_eq!(other.open(step, &whisper), None);
        }
    }

    #[test]
    fn a_phone_goes_on_from_what_it_kept() {
        let (mut phone, _) = pair();
        phone.say(REPORT, 1);
        let mut kept = WhisperSpeaker::from_bytes(&phone.to_bytes());
        assert_eq!(kept.say(REPORT, 2), phone.say(REPORT, 2));
    }

    #[test]
    fn the_derivation_is_that_of_the_formulas() {
        // Computed with Python's hmac and hashlib from the formulas above, root 32 times 5, gist 77.
        let (mut phone, _) = pair();
        phone.say(REPORT, 1);
        let (whisper, answer) = phone.say(REPORT, 77);
        assert_eq!(
            hex::encode(whisper.to_bytes()),
            "24058c91c63abf85592606a49440"
        );
        assert_eq!(answer.words(), [1670, 1355]);
    }

    #[test]
    fn a_state_kept_says_nothing_of_steps_that_have_passed() {
        let (mut phone, mut desk) = pair();
        let past = desk.chains.key();
        hears(&mut desk, &phone.say(REPORT, 1).0);
        phone.say(REPORT, 2);
        hears(&mut desk, &phone.say(REPORT, 3).0);
        let kept = desk.to_bytes();
        assert!(!kept.windows(32).any(|w| w == past.0));
        assert_eq!(WhisperListener::from_bytes(&kept), Some(desk));
        for cut in 0..kept.len() {
            assert_eq!(WhisperListener::from_bytes(&kept[..cut]), None);
        }
        assert_eq!(WhisperListener::from_bytes(&[kept, vec![0]].concat()), None);
    }

    #[test]
    fn debugging_prints_no_secret() {
        let (phone, desk) = pair();
        assert_eq!(
            format!("{phone:?} {desk:?}"),
            "WhisperSpeaker(..) WhisperListener(at 0, ..)"
        );
    }

    proptest! {
        #[test]
        fn any_order_within_the_window_is_heard_whole(
            order in Just((0..32usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let (mut phone, mut desk) = pair();
            let said: Vec<_> = (0..32).map(|n| phone.say(REPORT, n)).collect();
            for n in order {
                let heard = hears(&mut desk, &said[n].0);
                prop_assert_eq!(heard.map(|heard| heard.gist), Some(n as u64));
                prop_assert_eq!(hears(&mut desk, &said[n].0), None);
            }
            prop_assert_eq!(desk.at(), 32);
        }

        #[test]
        fn the_set_of_steps_is_always_what_the_moves_say(
            sent in proptest::collection::vec(0..4_u8, 1..200),
        ) {
            let (mut phone, mut desk) = pair();
            let mut known: HashSet<WhisperStep> = desk.steps().into_iter().collect();
            let mut said = 0;
            let mut accept = |desk: &mut WhisperListener, step| {
                let moved = desk.accept(step);
                for gone in &moved.removed { assert!(known.remove(gone)); }
                for new in moved.added { assert!(known.insert(new)); }
                assert_eq!(known, desk.steps().into_iter().collect());
            };
            for what in sent {
                phone.say(REPORT, 0);
                match what {
                    0 => {}
                    1 => accept(&mut desk, said / 2),
                    _ => accept(&mut desk, said),
                }
                said += 1;
            }
        }

        #[test]
        fn any_bytes_give_a_state_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(state) = WhisperListener::from_bytes(&bytes) {
                prop_assert_eq!(state.to_bytes(), bytes);
            }
        }
    }
}
