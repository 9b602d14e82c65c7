//! The pieces of envelopes in the order in which they are shown or printed.

use lapwing_wire::Envelope;

use crate::piece::{ID_MAX, NEEDED, Piece, SYMBOL_LEN, Tag, tag_of};
use crate::spread::Source;

/// How many pieces of an envelope follow one another before those of the next: half as many again as are needed, so
/// that a camera which misses three in ten has it in one go most of the time.
pub const RUN: u32 = (NEEDED + NEEDED / 2) as u32;

/// How many pieces are printed: any three codes may be unreadable.
pub const PRINTED: u32 = NEEDED as u32 + 4;

/// All pieces of one envelope.
#[derive(Clone)]
pub struct Pieces {
    tag: Tag,
    source: Source,
}

impl Pieces {
    /// Prepares them.
    pub fn of(envelope: &Envelope) -> Self {
        Self {
            tag: tag_of(envelope),
            source: Source::new(envelope.as_bytes(), SYMBOL_LEN as u16),
        }
    }

    /// One of them; beyond [`ID_MAX`] they begin again.
    pub fn piece(&self, id: u32) -> Piece {
        let id = id & ID_MAX;
        let symbol = self.source.symbol(id);
        Piece {
            tag: self.tag,
            id,
            symbol: symbol.try_into().expect("a symbol has its length"),
        }
    }
}

/// An endless loop: of each envelope in turn a run of pieces, each time those that follow the ones of the time before.
///
/// Envelope after envelope, not a piece of each: a courier who must go after half of the time has half of the envelopes
/// whole, and not halves of all.
pub struct Show {
    envelopes: Vec<Pieces>,
    /// Of how many pieces so far.
    at: u64,
}

impl Show {
    /// A loop over these.
    pub fn new(envelopes: &[Envelope]) -> Self {
        Self {
            envelopes: envelopes.iter().map(Pieces::of).collect(),
            at: 0,
        }
    }

    /// How many envelopes it shows.
    pub fn envelopes(&self) -> usize {
        self.envelopes.len()
    }
}

/// Which envelope, counted from 0, and the piece. Ends at once if there are none, else never.
impl Iterator for Show {
    type Item = (usize, Piece);

    fn next(&mut self) -> Option<Self::Item> {
        let count = self.envelopes.len() as u64;
        let (run, within) = (self.at / u64::from(RUN), self.at % u64::from(RUN));
        let which = run.checked_rem(count)? as usize;
        let id = (run / count * u64::from(RUN) + within) & u64::from(ID_MAX);
        self.at += 1;
        Some((which, self.envelopes[which].piece(id as u32)))
    }
}
