//! What people type.

use std::collections::BTreeMap;

use lapwing_words::{Language, PREFIX, Symbol, Unread};

use Language::{English, Ukrainian};

fn found(language: Language, text: &str) -> &'static str {
    match language.index(text) {
        Ok(symbol) => language.word(symbol),
        Err(why) => panic!("{text}: {why:?}"),
    }
}

fn said(language: Language, symbols: &[Symbol]) -> Vec<&'static str> {
    symbols
        .iter()
        .map(|&symbol| language.word(symbol))
        .collect()
}

/// Letters that are read as one.
const POOR: &[(&str, &str)] = &[("і", "и"), ("ї", "и"), ("й", "и"), ("є", "е"), ("ґ", "г")];

/// A word as a keyboard that lacks letters has it.
fn without(word: &str, changes: &[(&str, &str)]) -> String {
    changes
        .iter()
        .fold(word.to_owned(), |word, (from, to)| word.replace(from, to))
}

#[test]
fn capitals_spaces_and_stops_do_not_matter() {
    for &language in Language::ALL {
        for word in language.words() {
            assert_eq!(found(language, &word.to_uppercase()), word);
            assert_eq!(found(language, &format!(" {word}, ")), word);
            assert_eq!(found(language, &format!("«{word}».")), word);
        }
    }
}

#[test]
fn any_apostrophe_will_do_and_none_will() {
    let with: Vec<&str> = Ukrainian.words().filter(|w| w.contains('\'')).collect();
    assert!(with.len() > 10, "{with:?}");
    for word in with {
        for sign in ["’", "ʼ", "`", "‘", "′", "", "ъ"] {
            assert_eq!(found(Ukrainian, &word.replace('\'', sign)), word);
        }
    }
}

#[test]
fn letters_that_a_keyboard_lacks_are_read_from_their_neighbours() {
    let keyboards: [&[(&str, &str)]; 4] = [
        &[("ї", "і"), ("й", "и"), ("ґ", "г")],
        &[("і", "и"), ("ї", "и"), ("є", "е")],
        &[("и", "ы"), ("є", "э")],
        // As some systems write them: a letter and an accent.
        &[("й", "и\u{306}"), ("ї", "і\u{308}")],
    ];
    for word in Ukrainian.words() {
        for keyboard in keyboards {
            assert_eq!(found(Ukrainian, &without(word, keyboard)), word);
        }
    }
}

#[test]
fn letters_of_the_other_alphabet_that_look_the_same_are_read() {
    let small = [
        ("а", "a"),
        ("с", "c"),
        ("е", "e"),
        ("і", "i"),
        ("к", "k"),
        ("м", "m"),
        ("о", "o"),
        ("р", "p"),
        ("т", "t"),
        ("х", "x"),
        ("у", "y"),
        ("ь", "b"),
    ];
    let capital = [
        ("А", "A"),
        ("В", "B"),
        ("С", "C"),
        ("Е", "E"),
        ("Н", "H"),
        ("І", "I"),
        ("К", "K"),
        ("М", "M"),
        ("О", "O"),
        ("Р", "P"),
        ("Т", "T"),
        ("Х", "X"),
        ("У", "Y"),
        ("Ї", "Ï"),
    ];
    for word in Ukrainian.words() {
        assert_eq!(found(Ukrainian, &without(word, &small)), word);
        assert_eq!(
            found(Ukrainian, &without(&word.to_uppercase(), &capital)),
            word
        );
    }
    let turned = |pairs: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        pairs
            .iter()
            .map(|&(cyrillic, latin)| (latin, cyrillic))
            .collect()
    };
    for word in English.words() {
        assert_eq!(found(English, &without(word, &turned(&small))), word);
        assert_eq!(
            found(English, &without(&word.to_uppercase(), &turned(&capital))),
            word
        );
    }
}

#[test]
fn a_beginning_of_four_letters_stands_for_the_only_word_that_has_it() {
    for &language in Language::ALL {
        let mut of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for word in language.words() {
            let plain = word.replace('\'', "");
            if let Some((end, _)) = plain.char_indices().nth(PREFIX) {
                of.entry(plain[..end].to_owned()).or_default().push(word);
            }
        }
        let mut ambiguous = 0;
        for (start, words) in of {
            match language.index(&start) {
                Ok(symbol) => {
                    let word = language.word(symbol);
                    // Or it is a word itself, as keyboards that lack letters have it.
                    let poor = |text: &str| without(&text.replace('\'', ""), POOR);
                    assert!(
                        words == [word] || poor(word) == poor(&start),
                        "{start}: {word}, {words:?}"
                    );
                }
                Err(Unread::Ambiguous { candidates }) => {
                    ambiguous += 1;
                    let candidates = said(language, &candidates);
                    assert!(candidates.len() > 1, "{start}");
                    assert!(
                        words.iter().all(|word| candidates.contains(word)),
                        "{start}"
                    );
                }
                Err(other) => panic!("{start}: {other:?}"),
            }
        }
        assert!(ambiguous < 80, "{language:?}: {ambiguous}");
    }
}

#[test]
fn three_letters_are_completed_and_never_stand_for_a_longer_word() {
    let completions = said(Ukrainian, &Ukrainian.completions("Ябл"));
    assert_eq!(completions, ["яблуко", "яблуня"]);
    let Err(Unread::Ambiguous { candidates }) = Ukrainian.index("ябл") else {
        panic!("three letters were taken");
    };
    assert_eq!(said(Ukrainian, &candidates), ["яблуко", "яблуня"]);
    assert_eq!(found(Ukrainian, "яблук"), "яблуко");
    assert!(Ukrainian.completions("").is_empty());
}

#[test]
fn a_word_with_one_letter_wrong_is_not_taken_and_the_right_one_is_named() {
    for (language, typed, meant) in [
        (Ukrainian, "яблукко", "яблуко"),
        (Ukrainian, "иблуко", "яблуко"),
        (Ukrainian, "ябуко", "яблуко"),
        (English, "zeora", "zebra"),
        (English, "zebraa", "zebra"),
    ] {
        let Err(Unread::Unknown { near }) = language.index(typed) else {
            panic!("{typed} was taken");
        };
        assert!(said(language, &near).contains(&meant), "{typed}: {near:?}");
    }
}

#[test]
fn what_is_no_word_is_refused_without_a_guess() {
    for text in [
        "",
        " ",
        "'",
        "-",
        "тринадцять",
        "zzzz",
        "яблуко яблуко",
        "\u{1f34e}",
    ] {
        for &language in Language::ALL {
            assert_eq!(
                language.index(text),
                Err(Unread::Unknown { near: Vec::new() }),
                "{text}"
            );
        }
    }
}
