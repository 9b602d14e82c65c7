//! The two word lists.

use crate::bits::Symbol;

/// Words of a list: one for each value of eleven bits.
pub const COUNT: usize = 2_048;

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[cfg(feature = "english")]
    English,
    /// Ukrainian.
    #[cfg(feature = "ukrainian")]
    Ukrainian,
}

impl Language {
    /// All that were built in.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "english")]
        Self::English,
        #[cfg(feature = "ukrainian")]
        Self::Ukrainian,
    ];

    /// By its ISO 639-1 code, `en` or `uk`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|l| l.code() == code)
    }

    /// Its ISO 639-1 code.
    pub const fn code(self) -> &'static str {
        match self {
            #[cfg(feature = "english")]
            Self::English => "en",
            #[cfg(feature = "ukrainian")]
            Self::Ukrainian => "uk",
        }
    }

    /// The words in order of their symbols, which is that of the alphabet.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let list = match self {
            #[cfg(feature = "english")]
            Self::English => include_str!("../lists/en.txt"),
            #[cfg(feature = "ukrainian")]
            Self::Ukrainian => include_str!("../lists/uk.txt"),
        };
        list.lines()
    }

    /// The word of a symbol.
    pub fn word(self, symbol: Symbol) -> &'static str {
        self.words()
            .nth(usize::from(symbol.value()))
            .expect("a list has a word for every symbol")
    }
}
