//! Whose a whisper may be: a table from rolling ids to the witnesses and steps that have them.
//!
//! With 22 bits an id is often several people's; each candidate is tried, and the tag decides. An entry takes twelve
//! bytes and a half more for the tree: a hundred thousand witnesses of 32 steps take some 60 MB, and finding the
//! candidates of an id grows with the logarithm of that.

use std::collections::BTreeSet;

use lapwing_wire::WhisperId;

use crate::{WhisperListener, WhisperMoved};

/// Candidates that are tried for one whisper at most. With a hundred thousand witnesses an id has one or two.
pub const CANDIDATES_MAX: usize = 64;

/// Steps of witnesses by their ids. Witnesses are numbered by whoever keeps their listeners.
#[derive(Default)]
pub struct WhisperIndex {
    steps: BTreeSet<(WhisperId, u32, u32)>,
}

impl WhisperIndex {
    /// Lists a witness at all their steps.
    pub fn enter(&mut self, witness: u32, listener: &WhisperListener) {
        let steps = listener.steps().into_iter();
        self.steps
            .extend(steps.map(|(step, id)| (id, witness, step)));
    }

    /// Forgets a witness.
    pub fn leave(&mut self, witness: u32, listener: &WhisperListener) {
        for (step, id) in listener.steps() {
            self.steps.remove(&(id, witness, step));
        }
    }

    /// After a witness's listener moved on.
    pub fn moved(&mut self, witness: u32, moved: &WhisperMoved) {
        for &(step, id) in &moved.removed {
            self.steps.remove(&(id, witness, step));
        }
        let added = moved.added.iter();
        self.steps
            .extend(added.map(|&(step, id)| (id, witness, step)));
    }

    /// Witness and step of everybody who may have said this, at most [`CANDIDATES_MAX`].
    pub fn candidates(&self, id: WhisperId) -> impl Iterator<Item = (u32, u32)> {
        let all = self.steps.range((id, 0, 0)..=(id, u32::MAX, u32::MAX));
        all.map(|&(_, witness, step)| (witness, step))
            .take(CANDIDATES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RootSecret, WhisperSpeaker};
    use lapwing_wire::WhisperKind;

    fn root(n: u32) -> RootSecret {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        RootSecret::from_bytes(bytes)
    }

    #[test]
    fn a_witness_is_found_among_many_wherever_their_chain_is() {
        let mut desk: Vec<_> = (0..300).map(|n| WhisperListener::new(&root(n))).collect();
        let mut index = WhisperIndex::default();
        for (n, listener) in (0..).zip(&desk) {
            index.enter(n, listener);
        }
        let mut phone = WhisperSpeaker::new(&root(77));
        for lost in [0, 31, 3, 0, 30] {
            for _ in 0..lost {
                phone.say(WhisperKind::Report, 1);
            }
            let (whisper, answer) = phone.say(WhisperKind::Report, 2);
            let mut found = Vec::new();
            for (witness, step) in index.candidates(whisper.id) {
                let heard = desk[witness as usize].open(step, &whisper);
                found.extend(heard.map(|heard| (witness, step, heard.answer)));
            }
            let [(77, step, heard)] = found[..] else {
                panic!("found {found:?}");
            };
            assert_eq!(heard, answer);
            let moved = desk[77].accept(step);
            index.moved(77, &moved);
            let again = index
                .candidates(whisper.id)
                .any(|(n, step)| desk[n as usize].open(step, &whisper).is_some());
            assert!(!again, "a whisper said twice is heard once");
        }
        for (n, listener) in (0..).zip(&desk) {
            index.leave(n, listener);
        }
        assert!(index.steps.is_empty(), "nobody is left behind");
    }

    #[test]
    fn no_more_candidates_are_tried_than_stated() {
        let mut index = WhisperIndex::default();
        let listener = WhisperListener::new(&root(1));
        for n in 0..100 {
            index.enter(n, &listener);
        }
        let (_, id) = listener.steps()[0];
        assert_eq!(index.candidates(id).count(), CANDIDATES_MAX);
    }
}
