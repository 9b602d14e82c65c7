//! Words as a text message: plain, in Latin letters so that one part holds them, or as an errand.
//!
//! An errand reads like what people write to each other about school, a quiz or a game, with the words in their order
//! among others that are no words of the list. It fools somebody who reads over a shoulder. It does not fool a program
//! that knows the code, and every screen that offers it says so.
//!
//! Latin letters follow the resolution of the Cabinet of Ministers of Ukraine no. 55 of 2010, by which passports are
//! written; read, y, i and j are one letter, as are h and g.

#[cfg(feature = "ukrainian")]
use std::sync::OnceLock;

use crate::bits::Symbol;
use crate::code::WORDS;
use crate::language::Language;

/// Septets of a text message of one part (3GPP TS 23.038), and of each part of several.
const SEPTETS: [usize; 2] = [160, 153];
/// Characters of UCS-2 in a text message of one part, and in each part of several.
const CHARACTERS: [usize; 2] = [70, 67];

/// How a message looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The words and spaces between.
    Plain,
    /// The words in Latin letters: one part, where Cyrillic takes two.
    Latin,
    /// As an errand; by number, beginning again after the last.
    Errand(u8),
}

/// Text before the words, between them and behind them: none of it holds a word of the list, and the English ones are in the
/// default alphabet of text messages.
struct Errand {
    before: &'static str,
    /// So many words, then this; again until there are no more.
    groups: &'static [(usize, &'static str)],
    after: &'static str,
}

#[cfg(feature = "english")]
const ENGLISH: &[Errand] = &[
    Errand {
        before: "Spellings for Friday's dictation: ",
        groups: &[(7, ". Then these: "), (7, "")],
        after: ". Go over them with him!",
    },
    Errand {
        before: "Got these for the crossword, 1-5: ",
        groups: &[(5, "; 6-10: "), (5, "; 11-14: "), (4, "")],
        after: ". Can't do 15.",
    },
    Errand {
        before: "Cards for the kids' charades - ",
        groups: &[(4, " / "), (5, " / "), (5, "")],
        after: ". Cut them out, scissors are in the drawer.",
    },
];

#[cfg(feature = "ukrainian")]
const UKRAINIAN: &[Errand] = &[
    Errand {
        before: "Слова на диктант, повторити з малим: ",
        groups: &[(7, ". І ще оці: "), (7, "")],
        after: ". Перевір його ввечері!",
    },
    Errand {
        before: "Відгадала у кросворді, 1–5: ",
        groups: &[(5, "; 6–10: "), (5, "; 11–14: "), (4, "")],
        after: ". Решту не знаю.",
    },
    Errand {
        before: "Картки для «Крокодила» — ",
        groups: &[(4, " / "), (5, " / "), (5, "")],
        after: ". Поріж і склади, будь ласка.",
    },
];

impl Language {
    fn errands(self) -> &'static [Errand] {
        match self {
            #[cfg(feature = "english")]
            Self::English => ENGLISH,
            #[cfg(feature = "ukrainian")]
            Self::Ukrainian => UKRAINIAN,
        }
    }

    /// Fourteen words as a text message.
    pub fn message(self, words: &[Symbol; WORDS], style: Style) -> String {
        let words = words.map(|symbol| self.word(symbol));
        match style {
            Style::Plain => words.join(" "),
            Style::Latin => words.map(in_latin).join(" "),
            Style::Errand(number) => {
                let errands = self.errands();
                let errand = &errands[usize::from(number) % errands.len()];
                let mut text = errand.before.to_owned();
                let mut rest = &words[..];
                for &(count, between) in errand.groups {
                    let (group, behind) = rest.split_at(count);
                    text.push_str(&group.join(", "));
                    text.push_str(between);
                    rest = behind;
                }
                text.push_str(errand.after);
                text
            }
        }
    }

    /// The words that are in a text message, in their order, in either alphabet; all else is passed over. Only whole words
    /// count, and what was mistyped is missing: [`crate::slips`] finds where one is.
    pub fn words_in(self, text: &str) -> Vec<Symbol> {
        let apart = |c: char| !(c.is_alphanumeric() || "'’ʼ`".contains(c));
        text.split(apart)
            .filter_map(|word| self.whole(word))
            .collect()
    }

    fn whole(self, text: &str) -> Option<Symbol> {
        let typed = self.fold(text);
        if typed.is_empty() {
            return None;
        }
        let found = self.folded_as(&typed);
        #[cfg(feature = "ukrainian")]
        if self == Self::Ukrainian && text.is_ascii() {
            static LATIN: OnceLock<Vec<String>> = OnceLock::new();
            let keys =
                LATIN.get_or_init(|| self.words().map(|w| latin_key(&in_latin(w))).collect());
            let key = latin_key(text);
            let mut latin = (0..).map(Symbol::low).zip(keys);
            return latin
                .find(|(_, word)| **word == key)
                .map_or(found, |(symbol, _)| Some(symbol));
        }
        found
    }
}

/// How many parts of a text message a text takes.
pub fn sms_parts(text: &str) -> usize {
    let (length, [one, several]) = match text.chars().map(septets).sum() {
        Some(septets) => (septets, SEPTETS),
        None => (text.encode_utf16().count(), CHARACTERS),
    };
    if length <= one {
        1
    } else {
        length.div_ceil(several)
    }
}

/// Septets of a character in the default alphabet of text messages, as far as words and errands need it: without the
/// accented and Greek letters, which no list has.
fn septets(c: char) -> Option<usize> {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '\n' | '\r' => Some(1),
        '@' | '!' | '"' | '#' | '%' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | '-' | '.'
        | '/' | ':' | ';' | '<' | '=' | '>' | '?' | '_' => Some(1),
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => Some(2),
        _ => None,
    }
}

/// A word in Latin letters, as in passports; words that are Latin already stay as they are.
fn in_latin(word: &str) -> String {
    let mut text = String::new();
    for (at, c) in word.chars().enumerate() {
        let first = at == 0;
        let letters = match c {
            'а' => "a",
            'б' => "b",
            'в' => "v",
            'г' => "h",
            'ґ' => "g",
            'д' => "d",
            'е' => "e",
            'є' => ["ie", "ye"][usize::from(first)],
            'ж' => "zh",
            'з' => "z",
            'и' => "y",
            'і' => "i",
            'ї' => ["i", "yi"][usize::from(first)],
            'й' => ["i", "y"][usize::from(first)],
            'к' => "k",
            'л' => "l",
            'м' => "m",
            'н' => "n",
            'о' => "o",
            'п' => "p",
            'р' => "r",
            'с' => "s",
            'т' => "t",
            'у' => "u",
            'ф' => "f",
            'х' => "kh",
            'ц' => "ts",
            'ч' => "ch",
            'ш' => "sh",
            'щ' => "shch",
            'ю' => ["iu", "yu"][usize::from(first)],
            'я' => ["ia", "ya"][usize::from(first)],
            'ь' | '\'' | '’' => "",
            other => {
                text.push(other);
                continue;
            }
        };
        text.push_str(letters);
    }
    text
}

/// What is compared of a word in Latin letters.
#[cfg(feature = "ukrainian")]
fn latin_key(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_ascii_alphanumeric());
    letters
        .map(|c| match c.to_ascii_lowercase() {
            'y' | 'j' => 'i',
            'g' => 'h',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{encode, pack};

    fn spoken(bytes: [u8; 14]) -> [Symbol; WORDS] {
        let mut bytes = bytes;
        bytes[13] &= 0xfc;
        encode(&pack(&bytes).unwrap())
    }

    #[test]
    fn no_two_words_are_one_in_latin_letters() {
        let mut keys: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for word in Language::Ukrainian.words() {
            let latin = in_latin(word);
            assert!(latin.is_ascii(), "{word} {latin}");
            keys.entry(latin_key(&latin)).or_default().push(word);
        }
        let shared: Vec<_> = keys.values().filter(|words| words.len() > 1).collect();
        assert!(shared.is_empty(), "{shared:?}");
    }

    #[test]
    fn every_word_is_found_alone_in_each_alphabet() {
        for &language in Language::ALL {
            for (symbol, word) in (0..).map(Symbol::low).zip(language.words()) {
                for text in [word.to_owned(), word.to_uppercase(), in_latin(word)] {
                    assert_eq!(language.words_in(&text), [symbol], "{word} as {text}");
                }
            }
        }
    }

    #[test]
    fn errands_hold_no_word_of_the_list_and_room_for_fourteen() {
        for &language in Language::ALL {
            for errand in language.errands() {
                let between = errand.groups.iter().map(|(_, text)| *text);
                for text in between.chain([errand.before, errand.after]) {
                    assert_eq!(language.words_in(text), [], "{text}");
                }
                let count: usize = errand.groups.iter().map(|(count, _)| count).sum();
                assert_eq!(count, WORDS);
            }
        }
    }

    #[test]
    fn what_was_mistyped_or_is_no_word_is_passed_over() {
        for (language, text) in [
            (Language::English, "zebra, qqqq — Zebras 12 zeb"),
            (Language::Ukrainian, "яблуня, щщщщ — яблунь 12 ябл"),
        ] {
            assert_eq!(language.words_in(text).len(), 1, "{text}");
        }
        assert_eq!(Language::Ukrainian.words_in(" ,.; '’ "), []);
    }

    #[test]
    fn parts_are_counted_as_networks_do() {
        for (text, parts) in [
            ("", 1),
            (&*"a".repeat(160), 1),
            (&*"a".repeat(161), 2),
            (&*"a".repeat(306), 2),
            (&*"a".repeat(307), 3),
            (&*"[".repeat(80), 1),
            (&*"[".repeat(81), 2),
            (&*"я".repeat(70), 1),
            (&*"я".repeat(71), 2),
            (&*"я".repeat(135), 3),
        ] {
            assert_eq!(sms_parts(text), parts, "{} of {text:.1}", text.len());
        }
    }

    #[test]
    fn the_longest_whisper_in_latin_letters_is_one_part() {
        for &language in Language::ALL {
            let longest = language.words().map(|word| in_latin(word).len()).max();
            // Fourteen of the longest would not all be spoken at once; the sum of any fourteen is what counts.
            let mut lengths: Vec<usize> =
                language.words().map(|word| in_latin(word).len()).collect();
            lengths.sort_unstable();
            let most: usize = lengths.iter().rev().take(WORDS).sum();
            assert!(most + WORDS - 1 <= SEPTETS[0], "{longest:?} {most}");
        }
    }

    proptest! {
        // Each reads a hundred words against the whole list.
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_message_of_any_style_is_read_again(bytes in any::<[u8; 14]>(), number in any::<u8>()) {
            let words = spoken(bytes);
            for &language in Language::ALL {
                for style in [Style::Plain, Style::Latin, Style::Errand(number)] {
                    let text = language.message(&words, style);
                    prop_assert_eq!(&language.words_in(&text)[..], &words, "{}", text);
                    if style == Style::Latin {
                        prop_assert_eq!(sms_parts(&text), 1);
                    }
                }
            }
        }

        #[test]
        fn any_text_is_read(text in ".*") {
            for &language in Language::ALL {
                language.words_in(&text);
            }
        }
    }
}
