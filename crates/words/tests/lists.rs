//! What the word lists promise (`lists/README.md`), checked on the committed files.

use std::collections::{BTreeMap, BTreeSet};

use lapwing_words::{COUNT, Language, PREFIX, Symbol};
use sha2::Digest as _;

const UKRAINIAN: &str = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя";
const ENGLISH: &str = "abcdefghijklmnopqrstuvwxyz";

fn words(language: Language) -> Vec<&'static str> {
    language.words().collect()
}

fn letters(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|&c| c != '\'')
}

fn alphabet(language: Language) -> &'static str {
    match language {
        Language::English => ENGLISH,
        Language::Ukrainian => UKRAINIAN,
    }
}

/// As words are compared when typed, written a second time.
fn folded(word: &str) -> Vec<char> {
    letters(word)
        .map(|c| match c {
            'і' | 'ї' | 'й' => 'и',
            'є' => 'е',
            'ґ' => 'г',
            other => other,
        })
        .collect()
}

/// Levenshtein's distance, by the book.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

/// No two words have a key in common; a word may have several.
fn assert_apart(language: Language, what: &str, keys: impl Fn(&'static str) -> BTreeSet<String>) {
    let mut of: BTreeMap<String, &str> = BTreeMap::new();
    for word in language.words() {
        for key in keys(word) {
            if let Some(other) = of.insert(key.clone(), word) {
                panic!("{what}: {other} and {word} ({key})");
            }
        }
    }
}

#[test]
fn the_lists_are_those_that_were_agreed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/lists/");
    let sums = std::fs::read_to_string(format!("{folder}SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 3);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let bytes = std::fs::read(format!("{folder}{name}")).unwrap();
        assert_eq!(hex::encode(sha2::Sha256::digest(&bytes)), sum, "{name}");
    }
    // Of both lists together: whoever changes a list and its sum must mean it.
    let all: String = Language::ALL.iter().flat_map(|l| l.words()).collect();
    assert_eq!(
        hex::encode(sha2::Sha256::digest(all)),
        "8011094a8d6439c77760433d0a022a9daa5242e22c01c49278b06f4995c100d1"
    );
}

#[test]
fn each_list_has_2048_words_of_three_to_six_letters_in_the_order_of_the_alphabet() {
    for &language in Language::ALL {
        let words = words(language);
        assert_eq!(words.len(), COUNT);
        let places: Vec<Vec<usize>> = words
            .iter()
            .map(|word| {
                let found = letters(word).map(|c| alphabet(language).chars().position(|a| a == c));
                found
                    .collect::<Option<_>>()
                    .unwrap_or_else(|| panic!("{word}"))
            })
            .collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{language:?}");
        for (word, places) in words.iter().zip(&places) {
            assert!((3..=6).contains(&places.len()), "{word}");
        }
    }
}

#[test]
fn any_two_words_differ_by_two_letters_or_more_as_they_are_typed() {
    for &language in Language::ALL {
        let folds: Vec<Vec<char>> = language.words().map(folded).collect();
        let words = words(language);
        for (i, a) in folds.iter().enumerate() {
            for (j, b) in folds.iter().enumerate().skip(i + 1) {
                // Cheap first: the lengths alone may tell.
                if a.len().abs_diff(b.len()) < 2 {
                    assert!(distance(a, b) >= 2, "{} and {}", words[i], words[j]);
                }
            }
        }
    }
}

#[test]
fn distance_is_that_of_levenshtein() {
    for (a, b, n) in [
        ("", "ab", 2),
        ("кит", "кіт", 1),
        ("kitten", "sitting", 3),
        ("ab", "ba", 2),
    ] {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars(a), &chars(b)), n, "{a} {b}");
    }
}

/// Doubled sounds are one.
fn undoubled(mut sounds: Vec<char>) -> String {
    sounds.dedup();
    sounds.into_iter().collect()
}

/// Unstressed vowels, voiced and unvoiced, г ґ х, ш щ as one; no soft sign, no apostrophe.
fn ukrainian_sound(word: &str) -> String {
    undoubled(
        letters(word)
            .filter(|&c| c != 'ь')
            .map(|c| match c {
                'е' | 'є' | 'и' | 'ї' | 'й' => 'і',
                'я' => 'а',
                'ю' => 'у',
                'ґ' | 'г' => 'х',
                'щ' | 'ж' => 'ш',
                'б' => 'п',
                'д' => 'т',
                'з' => 'с',
                'в' => 'ф',
                other => other,
            })
            .collect(),
    )
}

#[test]
fn no_two_ukrainian_words_sound_alike() {
    assert_apart(Language::Ukrainian, "sound", |word| {
        BTreeSet::from([ukrainian_sound(word)])
    });
    for (a, b) in [
        ("казка", "каска"),
        ("щит", "шит"),
        ("ґанок", "ганок"),
        ("мене", "мині"),
        ("жати", "шаті"),
    ] {
        assert_eq!(ukrainian_sound(a), ukrainian_sound(b));
    }
}

/// A pronunciation of CMUdict as a telephone leaves it.
fn heard(said: &str) -> String {
    said.split(' ')
        .map(
            |phone| match phone.trim_end_matches(|c: char| c.is_ascii_digit()) {
                "IY" | "IH" => 'i',
                "EH" | "AE" => 'e',
                "EY" => 'E',
                "AA" | "AO" | "AH" => 'o',
                "OW" => 'O',
                "UH" | "UW" => 'u',
                "ER" => 'R',
                "AY" => 'A',
                "AW" => 'W',
                "OY" => 'Y',
                "B" | "P" => 'p',
                "D" | "T" => 't',
                "G" | "K" => 'k',
                "V" | "F" | "DH" | "TH" => 'f',
                "Z" | "S" => 's',
                "ZH" | "SH" => 'x',
                "CH" | "JH" => 'c',
                "M" | "N" | "NG" => 'n',
                "L" => 'l',
                "R" => 'r',
                "W" => 'w',
                "Y" => 'y',
                "HH" => 'h',
                other => panic!("{other} is no phone"),
            },
        )
        .collect()
}

#[test]
fn no_two_english_words_sound_alike_in_any_way_that_they_are_said() {
    let said = include_str!("../lists/en-said.txt");
    let said: BTreeMap<&str, Vec<&str>> = said
        .lines()
        .map(|line| {
            let mut columns = line.split('\t');
            (columns.next().unwrap(), columns.collect())
        })
        .collect();
    assert!(said.values().all(|ways| !ways.is_empty()));
    assert_apart(Language::English, "sound", |word| {
        said[word].iter().map(|way| heard(way)).collect()
    });
    // Two that a bad line makes one, and two that it does not.
    assert_eq!(heard("F L AW1 ER0"), heard("V L AW1 ER0"));
    assert_ne!(heard("F L AW1 ER0"), heard("F L AA1 R"));
}

/// What the forms of a word share, roughly.
fn stem(language: Language, word: &str) -> Vec<char> {
    let mut stem = folded(word);
    match language {
        Language::Ukrainian => {
            if stem.ends_with(&['т', 'и']) {
                stem.truncate(stem.len() - 2);
            } else {
                while stem.last().is_some_and(|c| "аеиоуяюь".contains(*c)) {
                    stem.pop();
                }
            }
        }
        Language::English => {
            for ending in ["ing", "ed", "er", "est", "es", "ly", "s", "y", "e"] {
                let ending: Vec<char> = ending.chars().collect();
                if stem.ends_with(&ending) && stem.len() - ending.len() >= 3 {
                    stem.truncate(stem.len() - ending.len());
                    break;
                }
            }
        }
    }
    stem
}

#[test]
fn no_word_is_a_form_of_another() {
    for &language in Language::ALL {
        let words = words(language);
        let folds: Vec<Vec<char>> = words.iter().map(|word| folded(word)).collect();
        for (i, word) in words.iter().enumerate() {
            let stem = stem(language, word);
            for (j, other) in folds.iter().enumerate() {
                let is_form = stem.len() >= 4 && other.starts_with(&stem);
                assert!(i == j || !is_form, "{word} and {}", words[j]);
            }
        }
        assert_apart(language, "stem", |word| {
            BTreeSet::from([stem(language, word).into_iter().collect()])
        });
    }
}

#[test]
fn no_word_begins_with_a_stem_of_the_stop_list() {
    for &language in Language::ALL {
        let file = format!(
            "{}/lists/stop-{}.txt",
            env!("CARGO_MANIFEST_DIR"),
            language.code()
        );
        let file = std::fs::read_to_string(file).unwrap();
        let items: Vec<&str> = file
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .collect();
        assert!(items.len() > 200, "the stop list is read");
        for word in language.words() {
            for item in &items {
                let stopped = match item.strip_prefix('=') {
                    Some(whole) => word == whole,
                    None => word.starts_with(item),
                };
                assert!(!stopped, "{word}: {item}");
            }
        }
    }
}

#[test]
fn four_letters_tell_nearly_all_words_apart() {
    let beginnings = |language: Language| {
        let starts: BTreeSet<Vec<char>> = language
            .words()
            .map(|word| folded(word).into_iter().take(PREFIX).collect())
            .collect();
        starts.len()
    };
    assert_eq!(beginnings(Language::English), 2_040);
    assert_eq!(beginnings(Language::Ukrainian), 1_979);
}

#[test]
fn every_word_is_found_at_its_place() {
    for &language in Language::ALL {
        for (place, word) in language.words().enumerate() {
            let symbol = Symbol::new(place as u16).unwrap();
            assert_eq!(language.word(symbol), word);
            assert_eq!(language.index(word), Ok(symbol));
        }
        assert_eq!(Language::from_code(language.code()), Some(language));
    }
    assert_eq!(Language::from_code("ru"), None);
}
