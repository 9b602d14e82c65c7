//! Putting envelopes together from pieces that come in any order, of any number of envelopes.

use std::collections::VecDeque;

use lapwing_wire::{ENVELOPE_LEN, Envelope};

use crate::piece::{NEEDED, Piece, PieceError, SYMBOL_LEN, Tag, tag_of};
use crate::spread::gather;

/// How many envelopes may be unfinished: twice an outbox. The one whose last piece came longest ago makes way.
pub const UNFINISHED_MAX: usize = 32;
/// How many pieces of an unfinished envelope are held. Sixteen are too few once in some two hundred times, and
/// seventeen once in some tens of thousands; if twenty make no envelope, they are not of one.
pub const HELD_MAX: usize = NEEDED + 4;
/// How many finished ones are remembered, so that a loop that goes on does not begin them again.
pub const DONE_MAX: usize = 1_024;

/// Pieces so far. All that it holds is parts of sealed envelopes.
#[derive(Default)]
pub struct Collector {
    /// Newest last.
    unfinished: VecDeque<Unfinished>,
    /// Newest last.
    done: VecDeque<Tag>,
}

struct Unfinished {
    tag: Tag,
    held: Vec<(u32, [u8; SYMBOL_LEN])>,
}

/// What became of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Taken {
    /// It is new, and the envelope is not whole.
    New {
        /// Of which envelope.
        tag: Tag,
        /// How many pieces of it are here; [`NEEDED`] may be too few.
        have: usize,
    },
    /// It was there before.
    Again {
        /// Of which envelope.
        tag: Tag,
        /// How many pieces of it are here.
        have: usize,
    },
    /// Its envelope is whole since before.
    Done(Tag),
    /// Its envelope is whole now.
    Whole(Envelope),
    /// Enough pieces make no envelope of this tag: one of them was not of it. All are dropped.
    Spoilt(Tag),
}

impl Collector {
    /// Takes what a code held.
    ///
    /// # Errors
    /// When the bytes are no piece.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Taken, PieceError> {
        let piece = Piece::decode(bytes)?;
        let tag = piece.tag;
        if self.done.contains(&tag) {
            return Ok(Taken::Done(tag));
        }
        let mut one = self.unfinished(tag);
        if one.held.iter().any(|&(id, _)| id == piece.id()) {
            let have = one.held.len();
            self.unfinished.push_back(one);
            return Ok(Taken::Again { tag, have });
        }
        one.held.push((piece.id(), piece.symbol));
        let have = one.held.len();
        Ok(match one.whole() {
            Some(Some(envelope)) => {
                self.finished(tag);
                Taken::Whole(envelope)
            }
            None if have < HELD_MAX => {
                self.unfinished.push_back(one);
                Taken::New { tag, have }
            }
            _ => Taken::Spoilt(tag),
        })
    }

    /// An envelope that is here already, whichever way it came: its pieces are not gathered.
    pub fn know(&mut self, envelope: &Envelope) {
        let tag = tag_of(envelope);
        self.unfinished.retain(|one| one.tag != tag);
        if !self.done.contains(&tag) {
            self.finished(tag);
        }
    }

    /// How many envelopes are begun and not whole.
    pub fn begun(&self) -> usize {
        self.unfinished.len()
    }

    /// Takes the unfinished one of a tag out of the list, or begins one.
    fn unfinished(&mut self, tag: Tag) -> Unfinished {
        let at = self.unfinished.iter().position(|one| one.tag == tag);
        if let Some(one) = at.and_then(|at| self.unfinished.remove(at)) {
            return one;
        }
        if self.unfinished.len() == UNFINISHED_MAX {
            self.unfinished.pop_front();
        }
        let held = Vec::new();
        Unfinished { tag, held }
    }

    fn finished(&mut self, tag: Tag) {
        if self.done.len() == DONE_MAX {
            self.done.pop_front();
        }
        self.done.push_back(tag);
    }
}

impl Unfinished {
    /// The envelope, if the pieces are enough for one; inside, if it is the one of the tag.
    fn whole(&self) -> Option<Option<Envelope>> {
        if self.held.len() < NEEDED {
            return None;
        }
        let symbols = self.held.iter().map(|(id, symbol)| (*id, &symbol[..]));
        let bytes = gather(symbols, ENVELOPE_LEN, SYMBOL_LEN as u16)?;
        let envelope = Envelope::from_bytes(&bytes).ok();
        Some(envelope.filter(|envelope| tag_of(envelope) == self.tag))
    }
}
