//! A slip of one position: a word left out, a word said twice, two neighbours changed over.
//!
//! Each of them makes many words wrong at once, beyond what the code mends, and is what callers do. All places where it
//! may have happened are tried. Whoever hears is asked, and the tag decides: some three in ten thousand calls of fifteen
//! wrong words would also be offered something.

use crate::bits::Symbol;
use crate::code::{Decoded, WORDS, decode};

/// What may have happened, with the position (from 0) among the words as they should have been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// This word was not said, and those behind it moved up.
    LeftOut(usize),
    /// This word was said twice, or another slipped in behind it, and those behind moved down.
    SaidTwice(usize),
    /// This word and the next changed places.
    Swapped(usize),
}

/// A slip that would make a codeword of what was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What happened.
    pub slip: Slip,
    /// What was meant; its corrections are counted after the slip is undone.
    pub decoded: Decoded,
}

/// Which slips would explain what was heard: 13 words, 14 or 15. Each report is offered once, the fewest corrections
/// first.
pub fn slips(heard: &[Option<Symbol>]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut offer = |slip, words: Vec<Option<Symbol>>| {
        let words: [Option<Symbol>; WORDS] =
            words.try_into().expect("a slip is undone to 14 words");
        if let Ok(decoded) = decode(&words) {
            offers.push(Offer { slip, decoded });
        }
    };
    let without = |at: usize| [&heard[..at], &heard[at + 1..]].concat();
    let with_gap = |mut words: Vec<Option<Symbol>>, at: usize| {
        words.insert(at, None);
        words
    };
    if heard.len() == WORDS - 1 {
        for at in 0..WORDS {
            offer(Slip::LeftOut(at), with_gap(heard.to_vec(), at));
        }
    } else if heard.len() == WORDS + 1 {
        // From the end: of two that are the same the second is one too many.
        for at in (0..=WORDS).rev() {
            offer(Slip::SaidTwice(at.saturating_sub(1)), without(at));
        }
    } else if heard.len() == WORDS {
        for at in 0..WORDS - 1 {
            let mut words = heard.to_vec();
            words.swap(at, at + 1);
            if words != heard {
                offer(Slip::Swapped(at), words);
            }
        }
        // Fourteen places were filled in all the same: one was left empty at the wrong end, or the last did not fit.
        for gap in (0..WORDS).filter(|&p| heard[p].is_none()) {
            for at in (0..WORDS).filter(|&p| p != gap) {
                offer(Slip::LeftOut(at), with_gap(without(gap), at));
            }
        }
        for at in (1..WORDS).filter(|&p| heard[p].is_some() && heard[p] == heard[p - 1]) {
            offer(Slip::SaidTwice(at - 1), with_gap(without(at), WORDS - 1));
        }
    }
    offers.sort_by_key(|offer| offer.decoded.corrected.len());
    let mut seen = Vec::new();
    offers.retain(|offer| {
        let new = !seen.contains(&offer.decoded.words);
        seen.push(offer.decoded.words);
        new
    });
    offers
}
