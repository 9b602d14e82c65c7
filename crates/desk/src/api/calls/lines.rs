//! Calls that are going on, and what was tried during each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use lapwing_codebook::SPOKEN;
use lapwing_seal::CANDIDATES_MAX;
use lapwing_wire::{WHISPER_LEN, Whisper};

use crate::{api::types::CallReport, refusal::Refusal, store::StoreError};

/// Nobody speaks for longer, seconds.
const CALL_S: i64 = 3_600;
/// Calls in ten minutes, over the whole desk: more than people can take, and little for a program that guesses.
const CALLS: usize = 120;
const CALLS_S: i64 = 600;

/// Calls by their names.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    calls: BTreeMap<String, Call>,
    begun: Vec<i64>,
}

struct Call {
    begun: i64,
    /// Candidates that may still be tried: at most 64 a call.
    tries: usize,
    tried: BTreeSet<[u8; WHISPER_LEN]>,
    /// Fives of words that were tried by codebook sheets.
    tried_by_hand: BTreeSet<[u16; SPOKEN]>,
    heard: Option<CallReport>,
}

/// What is to be done about the words of a call.
pub(super) enum Next {
    /// The report was heard.
    Heard(Box<CallReport>),
    /// These readings are to be tried, with so many tries.
    Try(Vec<Whisper>, usize),
}

impl Lines {
    /// Begins a call; gives its name.
    pub(super) fn begin(&self, now: i64) -> Result<String, Refusal> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(|_why| StoreError::Randomness)?;
        let name = hex::encode(name);
        self.with(|state| {
            state.calls.retain(|_, call| now - call.begun < CALL_S);
            state.begun.retain(|&at| now - at < CALLS_S);
            if state.begun.len() >= CALLS {
                return Err(Refusal::Busy);
            }
            state.begun.push(now);
            let call = Call {
                begun: now,
                tries: CANDIDATES_MAX,
                tried: BTreeSet::new(),
                tried_by_hand: BTreeSet::new(),
                heard: None,
            };
            state.calls.insert(name.clone(), call);
            Ok(name)
        })
    }

    /// What is new among these readings. Each is given out once.
    pub(super) fn next(&self, name: &str, readings: Vec<Whisper>) -> Result<Next, Refusal> {
        self.with(|state| {
            let call = state.calls.get_mut(name).ok_or(Refusal::NotFound)?;
            if let Some(heard) = &call.heard {
                return Ok(Next::Heard(Box::new(heard.clone())));
            }
            let mut new = readings;
            new.retain(|reading| call.tried.insert(reading.to_bytes()));
            Ok(Next::Try(new, call.tries))
        })
    }

    /// Whether these five words are to be tried: not twice a call, not once it is heard, and no more of them than whispers.
    pub(super) fn is_new(&self, name: &str, words: [u16; SPOKEN]) -> Result<bool, Refusal> {
        self.with(|state| {
            let call = state.calls.get_mut(name).ok_or(Refusal::NotFound)?;
            let wanted = call.heard.is_none() && call.tried_by_hand.len() < CANDIDATES_MAX;
            Ok(wanted && call.tried_by_hand.insert(words))
        })
    }

    /// These could not be tried: the store did not answer, and what is typed next must try them again.
    pub(super) fn untried(&self, name: &str, readings: &[Whisper]) {
        self.with(|state| {
            if let Some(call) = state.calls.get_mut(name) {
                for reading in readings {
                    call.tried.remove(&reading.to_bytes());
                }
            }
        });
    }

    /// The same of five words.
    pub(super) fn untried_by_hand(&self, name: &str, words: [u16; SPOKEN]) {
        self.with(|state| {
            if let Some(call) = state.calls.get_mut(name) {
                call.tried_by_hand.remove(&words);
            }
        });
    }

    /// Keeps a report that was heard.
    pub(super) fn heard(&self, name: &str, heard: Option<CallReport>) {
        self.done(name, usize::MAX, heard);
    }

    /// Keeps what became of a try.
    pub(super) fn done(&self, name: &str, tries: usize, heard: Option<CallReport>) {
        self.with(|state| {
            if let Some(call) = state.calls.get_mut(name) {
                call.tries = call.tries.min(tries);
                call.heard = call.heard.take().or(heard);
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_wire::{WhisperId, WhisperKind};

    fn whisper(n: u32) -> Whisper {
        let id = WhisperId::new(n).unwrap();
        Whisper::new(WhisperKind::Report, id, 5, [1; 4]).unwrap()
    }

    fn given(next: Next) -> (Vec<Whisper>, usize) {
        match next {
            Next::Try(readings, tries) => (readings, tries),
            Next::Heard(_) => panic!("nothing was heard"),
        }
    }

    #[test]
    fn each_reading_is_tried_once_and_again_when_it_could_not_be() {
        let lines = Lines::default();
        let call = lines.begin(0).unwrap();
        let all = || vec![whisper(1), whisper(2)];
        assert_eq!(given(lines.next(&call, all()).unwrap()), (all(), 64));
        assert_eq!(given(lines.next(&call, all()).unwrap()).0, []);
        lines.untried(&call, &[whisper(2)]);
        assert_eq!(given(lines.next(&call, all()).unwrap()).0, [whisper(2)]);
        lines.done(&call, 60, None);
        assert_eq!(given(lines.next(&call, all()).unwrap()), (vec![], 60));
        assert!(lines.is_new(&call, [1; SPOKEN]).unwrap());
        assert!(!lines.is_new(&call, [1; SPOKEN]).unwrap());
        lines.untried_by_hand(&call, [1; SPOKEN]);
        assert!(lines.is_new(&call, [1; SPOKEN]).unwrap());
        assert!(matches!(lines.next("none", all()), Err(Refusal::NotFound)));
    }

    #[test]
    fn no_more_calls_begin_than_people_can_take_and_none_lasts_for_ever() {
        let lines = Lines::default();
        let first = lines.begin(0).unwrap();
        for _ in 1..CALLS {
            lines.begin(1).unwrap();
        }
        assert!(matches!(lines.begin(CALLS_S - 1), Err(Refusal::Busy)));
        lines.begin(CALLS_S + 1).unwrap();
        assert!(lines.next(&first, vec![]).is_ok());
        lines.begin(CALL_S).unwrap();
        assert!(matches!(lines.next(&first, vec![]), Err(Refusal::NotFound)));
    }
}
