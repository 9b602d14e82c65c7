//! What was typed during a call, read.

use lapwing_codebook::SPOKEN;
use lapwing_wire::Whisper;
use lapwing_words::{Decoded, Language, Offer, Slip, Symbol, Unread, WORDS, decode, slips, unpack};

use crate::api::types::{CallCode, CallPlace, CallPlaceState, CallSlip, CallSlipKind};

/// With fewer words nothing can be made out.
const LEAST: usize = lapwing_words::DATA;
/// Words that are offered in place of one that is none.
const OFFERS: usize = 6;

/// What the words so far are.
pub(super) struct Reading {
    pub(super) places: Vec<CallPlace>,
    pub(super) code: CallCode,
    /// What may have been said, the likeliest first.
    pub(super) whispers: Vec<Whisper>,
    /// The words as they were heard.
    heard: Vec<Option<Symbol>>,
    /// The fourteen words that each of them would be, and the slip that it would explain.
    readings: Vec<(Decoded, Option<Slip>)>,
}

/// Reads what was typed: an empty text or `_` is a word that was not understood, a question mark behind a word doubts it.
pub(super) fn read(language: Language, typed: &[String]) -> Reading {
    let mut heard = Vec::with_capacity(typed.len());
    let mut doubted = Vec::new();
    let mut places = Vec::with_capacity(typed.len());
    for (at, text) in typed.iter().enumerate() {
        let (symbol, place) = read_one(language, text);
        if text.trim_end().ends_with('?') {
            doubted.push(at);
        }
        heard.push(symbol);
        places.push(place);
    }
    let mut readings: Vec<(Decoded, Option<Slip>)> = Vec::new();
    let mut offer = |decoded: Decoded, slip| {
        if readings
            .iter()
            .all(|(known, _)| known.words != decoded.words)
        {
            readings.push((decoded, slip));
        }
    };
    let known = heard.iter().flatten().count();
    let mut whole = false;
    if known >= LEAST {
        for sure in [false, true] {
            let doubtful = |at: usize| sure && doubted.contains(&at);
            if let Some(words) = filled(&heard, doubtful)
                && let Ok(decoded) = decode(&words)
            {
                whole = true;
                offer(decoded, None);
            }
        }
        for Offer { slip, decoded } in slips(&heard) {
            offer(decoded, Some(slip));
        }
    }
    let code = match readings.first() {
        _ if known < LEAST => CallCode::Short,
        Some((decoded, None)) if decoded.corrected.is_empty() => CallCode::Whole,
        Some((_, None)) => CallCode::Mended,
        // What is yet to come may make it whole.
        _ if typed.len() < WORDS && !whole => CallCode::Short,
        _ => CallCode::Beyond,
    };
    let whispers = readings.iter().map(|(decoded, _)| unpack(&decoded.data));
    let whispers = whispers.map(|bytes| Whisper::from_bytes(&bytes).ok());
    let (readings, whispers) = readings
        .iter()
        .cloned()
        .zip(whispers)
        .filter_map(|(reading, whisper)| Some((reading, whisper?)))
        .unzip();
    Reading {
        places,
        code,
        whispers,
        heard,
        readings,
    }
}

impl Reading {
    /// Five words, all of them understood: maybe a report by a codebook sheet.
    pub(super) fn by_hand(&self) -> Option<[Symbol; SPOKEN]> {
        let words: Option<Vec<Symbol>> = self.heard.iter().copied().collect();
        words?.try_into().ok()
    }

    /// The fourteen words of one of its whispers, the first where none is known to be right, and the slip that it
    /// explains.
    pub(super) fn mended(
        &self,
        language: Language,
        right: Option<&Whisper>,
    ) -> (Option<Vec<String>>, Option<CallSlip>) {
        let at = match right {
            Some(right) => self.whispers.iter().position(|whisper| whisper == right),
            None if self.code == CallCode::Short => None,
            None => (!self.readings.is_empty()).then_some(0),
        };
        let Some((decoded, slip)) = at.map(|at| &self.readings[at]) else {
            return (None, None);
        };
        let words = decoded.words.map(|symbol| language.word(symbol).to_owned());
        let slip = slip.map(|slip| {
            let (kind, at) = match slip {
                Slip::LeftOut(at) => (CallSlipKind::LeftOut, at),
                Slip::SaidTwice(at) => (CallSlipKind::SaidTwice, at),
                Slip::Swapped(at) => (CallSlipKind::Swapped, at),
            };
            CallSlip { kind, at }
        });
        (Some(words.to_vec()), slip)
    }
}

fn read_one(language: Language, text: &str) -> (Option<Symbol>, CallPlace) {
    let place = |word: Option<Symbol>, state, offers: &[Symbol]| {
        let name = |symbol: &Symbol| language.word(*symbol).to_owned();
        CallPlace {
            word: word.as_ref().map(name),
            state,
            offers: offers.iter().take(OFFERS).map(name).collect(),
        }
    };
    let bare = text.trim().trim_end_matches('?');
    if bare.is_empty() || bare == "_" {
        return (None, place(None, CallPlaceState::Missing, &[]));
    }
    match language.index(bare) {
        Ok(symbol) => (Some(symbol), place(Some(symbol), CallPlaceState::Said, &[])),
        Err(Unread::Ambiguous { candidates }) => {
            (None, place(None, CallPlaceState::More, &candidates))
        }
        Err(Unread::Unknown { near }) => (None, place(None, CallPlaceState::Unknown, &near)),
        Err(_) => (None, place(None, CallPlaceState::Unknown, &[])),
    }
}

/// Fourteen places, those yet to come empty; `None` with more words than that.
fn filled(
    heard: &[Option<Symbol>],
    doubtful: impl Fn(usize) -> bool,
) -> Option<[Option<Symbol>; WORDS]> {
    let mut words = [None; WORDS];
    for (at, symbol) in heard.iter().enumerate() {
        *words.get_mut(at)? = symbol.filter(|_| !doubtful(at));
    }
    Some(words)
}
