//! Long messages that arrive in parts.
//!
//! A part is acknowledged when the whole of its message is on disk, or was read and is no whisper: what was acknowledged must
//! not be lost when this process dies, and parts are held in memory only. Until then a part waits a few seconds for the
//! others, which follow at once as a rule; then the carrier is told to send it again later. Its text stays here meanwhile, so
//! that the message is whole as soon as the last part came, and the later repetition is recognised and acknowledged.
//!
//! Numbers are not held: parts are found by a MAC of number and reference under a key that is drawn at every start.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use tokio::{sync::oneshot, time::Instant};
use zeroize::Zeroizing;

use crate::{Message, Part, Verdict, reading::TEXT_MAX};

/// Fourteen Cyrillic words take two parts and an errand four.
const PARTS_MAX: u8 = 16;
/// Unfinished messages at once; the one that was heard of longest ago makes room.
const OPEN_MAX: usize = 2_048;
/// An unfinished message is forgotten after this: the carrier sends its parts again.
const OPEN_KEEP: Duration = Duration::from_secs(3_600);
/// Parts whose message is on disk, for when they come again.
const DONE_MAX: usize = 16_384;

type Tag = [u8; 32];

pub(crate) struct Parts {
    key: hmac::Key,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<Tag, Open>,
    done: HashSet<Tag>,
    order: VecDeque<Tag>,
}

struct Open {
    texts: Vec<Option<Zeroizing<String>>>,
    heard: Instant,
    /// Whole, and being read.
    reading: bool,
    waiters: Vec<oneshot::Sender<Verdict>>,
}

/// What is to be done about a part.
pub(crate) enum Step {
    /// Answer this.
    Settled(Verdict),
    /// Wait for the others.
    Wait(oneshot::Receiver<Verdict>),
    /// It was the last: read the whole and [`Parts::settle`].
    Whole(Whole),
}

/// A message that is whole.
pub(crate) struct Whole {
    settling: Settling,
    text: Zeroizing<String>,
}

/// Which message is to be settled.
pub(crate) struct Settling {
    tag: Tag,
    parts: Vec<Tag>,
}

impl Parts {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            state: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, message: Message, part: Part) -> Step {
        let Part {
            reference,
            total,
            number,
        } = part;
        if !(1..=PARTS_MAX).contains(&total)
            || !(1..=total).contains(&number)
            || message.text.len() > 4 * TEXT_MAX
        {
            return Step::Settled(Verdict::NoWhisper);
        }
        let of = |number: u8, text: &str| self.tag(&message.from, reference, total, number, text);
        let tag = of(0, "");
        let slot = usize::from(number) - 1;
        let mut state = self.state();
        if state.done.contains(&of(number, &message.text)) {
            return Step::Settled(Verdict::Kept);
        }
        state.make_room(&tag);
        let open = state.open.entry(tag).or_insert_with(|| Open::new(total));
        open.heard = Instant::now();
        let held = &open.texts[slot];
        if held.as_ref() != Some(&message.text) {
            if open.reading {
                return Step::Settled(Verdict::Waits);
            }
            if held.is_some() {
                // References come again: this is another message, and who waits for the old one waits in vain.
                open.waiters.clear();
            }
            open.texts[slot] = Some(message.text.clone());
        }
        let whole = open.texts.iter().all(Option::is_some);
        if !whole || open.reading {
            let (waiter, waiting) = oneshot::channel();
            open.waiters.retain(|waiter| !waiter.is_closed());
            open.waiters.push(waiter);
            return Step::Wait(waiting);
        }
        open.reading = true;
        let mut text = Zeroizing::new(String::new());
        let mut parts = Vec::with_capacity(open.texts.len());
        for (number, part) in (1..).zip(open.texts.iter().flatten()) {
            text.push_str(part);
            parts.push(of(number, part));
        }
        let settling = Settling { tag, parts };
        Step::Whole(Whole { settling, text })
    }

    /// Tells those that wait. What could not be kept stays, and is tried again when any of its parts comes again. So does
    /// what was no whisper: an old part under the same reference may have been among it.
    pub(crate) fn settle(&self, settling: &Settling, verdict: Verdict) {
        let Settling { tag, parts } = settling;
        let mut state = self.state();
        let Some(open) = state.open.get_mut(tag) else {
            return;
        };
        open.reading = false;
        for waiter in open.waiters.drain(..) {
            let _ = waiter.send(verdict);
        }
        if verdict == Verdict::Kept {
            state.open.remove(tag);
            for part in parts {
                state.finish(*part);
            }
        }
    }

    fn tag(&self, from: &str, reference: u64, total: u8, number: u8, text: &str) -> Tag {
        let mut mac = hmac::Context::with_key(&self.key);
        mac.update(&reference.to_be_bytes());
        mac.update(&[total, number]);
        // Neither has the byte 0xff, which is no UTF-8.
        mac.update(from.as_bytes());
        mac.update(&[0xff]);
        mac.update(text.as_bytes());
        let mut tag = [0; 32];
        tag.copy_from_slice(mac.sign().as_ref());
        tag
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Whole {
    pub(crate) fn apart(self) -> (Settling, Zeroizing<String>) {
        (self.settling, self.text)
    }
}

impl Open {
    fn new(total: u8) -> Self {
        Self {
            texts: vec![None; usize::from(total)],
            heard: Instant::now(),
            reading: false,
            waiters: Vec::new(),
        }
    }
}

impl State {
    fn make_room(&mut self, tag: &Tag) {
        let now = Instant::now();
        self.open
            .retain(|_, open| open.reading || now - open.heard < OPEN_KEEP);
        if self.open.len() < OPEN_MAX || self.open.contains_key(tag) {
            return;
        }
        let idle = self.open.iter().filter(|(_, open)| !open.reading);
        if let Some(oldest) = idle.min_by_key(|(_, open)| open.heard).map(|(tag, _)| *tag) {
            self.open.remove(&oldest);
        }
    }

    fn finish(&mut self, part: Tag) {
        if self.done.insert(part) {
            self.order.push_back(part);
        }
        while self.order.len() > DONE_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.done.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(from: &str, text: &str) -> Message {
        Message {
            from: Zeroizing::new(from.into()),
            text: Zeroizing::new(text.into()),
            part: None,
        }
    }

    fn part(reference: u64, number: u8) -> Part {
        Part {
            reference,
            total: 2,
            number,
        }
    }

    fn parts() -> Parts {
        Parts::new(&[7; 32])
    }

    fn whole(step: Step) -> Whole {
        match step {
            Step::Whole(whole) => whole,
            Step::Wait(_) => panic!("it waits"),
            Step::Settled(verdict) => panic!("{verdict:?}"),
        }
    }

    fn waiting(step: Step) -> oneshot::Receiver<Verdict> {
        match step {
            Step::Wait(waiting) => waiting,
            Step::Whole(_) => panic!("it is whole"),
            Step::Settled(verdict) => panic!("{verdict:?}"),
        }
    }

    fn settled(step: Step) -> Verdict {
        match step {
            Step::Settled(verdict) => verdict,
            Step::Whole(_) => panic!("it is whole"),
            Step::Wait(_) => panic!("it waits"),
        }
    }

    #[test]
    fn parts_in_any_order_are_the_whole_and_all_are_told() {
        let parts = parts();
        let mut second = waiting(parts.add(message("a", "nd"), part(1, 2)));
        let (settling, text) = whole(parts.add(message("a", "fou"), part(1, 1))).apart();
        assert_eq!(*text, "found");
        assert!(second.try_recv().is_err());
        parts.settle(&settling, Verdict::Kept);
        assert_eq!(second.try_recv(), Ok(Verdict::Kept));
        // The carrier repeats them: they are acknowledged and nothing is read again.
        for (number, text) in [(1, "fou"), (2, "nd")] {
            let again = parts.add(message("a", text), part(1, number));
            assert_eq!(settled(again), Verdict::Kept);
        }
    }

    #[test]
    fn neither_another_number_nor_another_reference_completes_a_message() {
        let parts = parts();
        let _first = waiting(parts.add(message("a", "fou"), part(1, 1)));
        waiting(parts.add(message("b", "nd"), part(1, 2)));
        waiting(parts.add(message("a", "nd"), part(2, 2)));
        whole(parts.add(message("a", "nd"), part(1, 2)));
    }

    #[test]
    fn what_could_not_be_kept_is_tried_again_when_any_part_comes_again() {
        let parts = parts();
        let mut first = waiting(parts.add(message("a", "fou"), part(1, 1)));
        let (settling, _) = whole(parts.add(message("a", "nd"), part(1, 2))).apart();
        parts.settle(&settling, Verdict::Full);
        assert_eq!(first.try_recv(), Ok(Verdict::Full));
        let (settling, text) = whole(parts.add(message("a", "fou"), part(1, 1))).apart();
        assert_eq!(*text, "found");
        parts.settle(&settling, Verdict::Kept);
    }

    #[test]
    fn a_reference_that_comes_again_begins_another_message() {
        let parts = parts();
        let mut old = waiting(parts.add(message("a", "old"), part(1, 1)));
        // Not acknowledged: it was in no whole.
        let mut new = waiting(parts.add(message("a", "ne"), part(1, 1)));
        assert_eq!(old.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        let (settling, text) = whole(parts.add(message("a", "w"), part(1, 2))).apart();
        assert_eq!(*text, "new");
        parts.settle(&settling, Verdict::Kept);
        assert_eq!(new.try_recv(), Ok(Verdict::Kept));
        // The same text in another message is not taken for a repetition of a part that is not there.
        waiting(parts.add(message("a", "other"), part(1, 1)));
    }

    #[test]
    fn an_old_part_among_a_new_message_does_not_cost_it() {
        let parts = parts();
        drop(waiting(parts.add(message("a", "old"), part(1, 1))));
        let (settling, text) = whole(parts.add(message("a", "w"), part(1, 2))).apart();
        assert_eq!(*text, "oldw");
        parts.settle(&settling, Verdict::NoWhisper);
        let (_, text) = whole(parts.add(message("a", "ne"), part(1, 1))).apart();
        assert_eq!(*text, "new");
    }

    #[test]
    fn while_it_is_read_a_repetition_waits_and_another_message_is_put_off() {
        let parts = parts();
        drop(waiting(parts.add(message("a", "fou"), part(1, 1))));
        let (settling, _) = whole(parts.add(message("a", "nd"), part(1, 2))).apart();
        let mut again = waiting(parts.add(message("a", "nd"), part(1, 2)));
        let other = parts.add(message("a", "other"), part(1, 2));
        assert_eq!(settled(other), Verdict::Waits);
        parts.settle(&settling, Verdict::Kept);
        assert_eq!(again.try_recv(), Ok(Verdict::Kept));
    }

    #[test]
    fn numbers_out_of_range_are_no_whisper() {
        let parts = parts();
        for (total, number) in [(0, 0), (0, 1), (2, 0), (2, 3), (17, 1), (255, 255)] {
            let part = Part {
                reference: 1,
                total,
                number,
            };
            let step = parts.add(message("a", "x"), part);
            assert_eq!(settled(step), Verdict::NoWhisper, "{number} of {total}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_is_bounded_in_count_and_time() {
        let parts = parts();
        for n in 0..3_000_u32 {
            let from = n.to_string();
            drop(waiting(parts.add(message(&from, "fou"), part(1, 1))));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(parts.state().open.len(), OPEN_MAX);
        waiting(parts.add(message("0", "nd"), part(1, 2)));
        whole(parts.add(message("2999", "nd"), part(1, 2)));
        tokio::time::advance(OPEN_KEEP).await;
        drop(waiting(parts.add(message("x", "fou"), part(1, 1))));
        // What is being read stays.
        assert_eq!(parts.state().open.len(), 2);
    }
}
