//! What people type in place of a word.
//!
//! Capitals, any apostrophe or none, the letters of the other alphabet that look the same, і for ї, и for й, г for ґ (and
//! ы, э, ё of a Russian keyboard), and the first four letters where these begin one word only. No two words of a list
//! become the same by it, or come nearer to each other than two letters; the tests check that.

use std::sync::OnceLock;

use crate::bits::Symbol;
use crate::language::Language;

/// So many letters stand for a word if they begin only this one.
pub const PREFIX: usize = 4;

/// Why a text is no word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unread {
    /// Nothing begins so.
    #[error("not a word of the list")]
    Unknown {
        /// Words that differ by one letter more, less or other, or by two that changed places.
        near: Vec<Symbol>,
    },
    /// It begins several words, or is too short to stand for the one that it begins.
    #[error("{} words of the list begin so", candidates.len())]
    Ambiguous {
        /// These.
        candidates: Vec<Symbol>,
    },
}

impl Language {
    /// The symbol of what was typed.
    ///
    /// # Errors
    /// When it is no word and begins not exactly one; with what may have been meant.
    pub fn index(self, text: &str) -> Result<Symbol, Unread> {
        let typed = self.fold(text);
        if let Some(symbol) = self.folded_as(&typed) {
            return Ok(symbol);
        }
        let mut candidates = self.beginning(&typed);
        match candidates.len() {
            0 => Err(Unread::Unknown {
                near: self.near(&typed),
            }),
            1 if typed.len() >= PREFIX => Ok(candidates.remove(0)),
            _ => Err(Unread::Ambiguous { candidates }),
        }
    }

    /// Words that begin with what was typed, for completing it.
    pub fn completions(self, text: &str) -> Vec<Symbol> {
        self.beginning(&self.fold(text))
    }

    fn beginning(self, typed: &[char]) -> Vec<Symbol> {
        if typed.is_empty() {
            return Vec::new();
        }
        let begins = self.folded().filter(|(_, word)| word.starts_with(typed));
        begins.map(|(symbol, _)| symbol).collect()
    }

    fn near(self, typed: &[char]) -> Vec<Symbol> {
        let near = self.folded().filter(|(_, word)| one_off(word, typed));
        near.map(|(symbol, _)| symbol).collect()
    }

    /// The word that is compared as these letters.
    pub(crate) fn folded_as(self, typed: &[char]) -> Option<Symbol> {
        let found = self.folded().find(|(_, word)| *word == typed);
        found.map(|(symbol, _)| symbol)
    }

    /// The list as it is compared: folded once, since a text is compared with all of it for each of its words.
    fn folded(self) -> impl Iterator<Item = (Symbol, &'static [char])> {
        #[cfg(feature = "english")]
        static ENGLISH: OnceLock<Vec<Vec<char>>> = OnceLock::new();
        #[cfg(feature = "ukrainian")]
        static UKRAINIAN: OnceLock<Vec<Vec<char>>> = OnceLock::new();
        let once = match self {
            #[cfg(feature = "english")]
            Self::English => &ENGLISH,
            #[cfg(feature = "ukrainian")]
            Self::Ukrainian => &UKRAINIAN,
        };
        let list = once.get_or_init(|| self.words().map(|word| self.fold(word)).collect());
        (0..).map(Symbol::low).zip(list.iter().map(Vec::as_slice))
    }

    /// The letters that are compared.
    pub(crate) fn fold(self, text: &str) -> Vec<char> {
        // What a keyboard or an editor puts around a word.
        text.trim_matches(|c: char| c.is_whitespace() || ".,;:!?\"«»()".contains(c))
            .chars()
            .filter(|&c| !is_mark(c))
            .filter_map(|c| match self {
                #[cfg(feature = "english")]
                Self::English => Some(latin(c)),
                #[cfg(feature = "ukrainian")]
                Self::Ukrainian => cyrillic(c),
            })
            .collect()
    }
}

/// Apostrophes, combining accents (й and ї arrive as two characters from some systems), what cannot be seen.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\'' | '’' | '‘' | 'ʼ' | '`' | '´' | '′' | '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}'
    )
}

#[cfg(feature = "ukrainian")]
fn cyrillic(c: char) -> Option<char> {
    // Capitals first: some look like another letter than their small ones.
    let c = match c {
        'B' => 'в',
        'H' => 'н',
        _ => lower(c),
    };
    Some(match c {
        'a' => 'а',
        'b' => 'ь',
        'c' => 'с',
        'e' | 'є' | 'э' | 'ё' => 'е',
        'i' | 'ï' | 'і' | 'ї' | 'й' | 'ы' => 'и',
        'k' => 'к',
        'm' => 'м',
        'o' => 'о',
        'p' => 'р',
        't' => 'т',
        'x' => 'х',
        'y' => 'у',
        'ґ' => 'г',
        // The apostrophe of a Russian keyboard.
        'ъ' => return None,
        other => other,
    })
}

#[cfg(feature = "english")]
fn latin(c: char) -> char {
    let c = match c {
        'В' => 'b',
        'Н' => 'h',
        _ => lower(c),
    };
    match c {
        'а' => 'a',
        'с' => 'c',
        'е' => 'e',
        'і' | 'ї' => 'i',
        'ј' => 'j',
        'к' => 'k',
        'м' => 'm',
        'о' => 'o',
        'р' => 'p',
        'ѕ' => 's',
        'т' => 't',
        'х' => 'x',
        'у' => 'y',
        'ь' => 'b',
        other => other,
    }
}

/// None of the letters of either alphabet becomes several when small.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// One letter more, less or other, or two neighbours changed over.
fn one_off(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    match long.len() - short.len() {
        0 => {
            let (s, l) = (&short[same..], &long[same..]);
            s.is_empty()
                || s[1..] == l[1..]
                || s.len() > 1 && s[0] == l[1] && s[1] == l[0] && s[2..] == l[2..]
        }
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}
