//! The whispers that a text may hold.
//!
//! Fourteen words in either language, in either alphabet, alone or among others; with words mistyped, left out, sent twice or
//! changed over as far as the code mends that (`lapwing-words`). What is found are candidates: the desk's tag decides, and a
//! gateway never learns which of them it was, if any.

use lapwing_seal::FORWARDED_MAX;
use lapwing_wire::Whisper;
use lapwing_words::{DATA, Language, Symbol, Unread, WORDS, decode, slips, unpack};

/// Longer texts hold no whisper: ten parts of a message, with room.
pub(crate) const TEXT_MAX: usize = 2_000;
/// More words than the longest errand has, twice: each is looked for in both lists, which is what reading costs.
const WORDS_MAX: usize = 64;

type Heard = Vec<Option<Symbol>>;

/// Candidates, the likeliest first; none when the text is no whisper.
pub fn whispers_in(text: &str) -> Vec<Whisper> {
    let pieces = text.split(|c: char| !c.is_alphanumeric());
    let pieces = pieces.filter(|piece| !piece.is_empty());
    if text.chars().count() > TEXT_MAX || pieces.take(WORDS_MAX + 1).count() > WORDS_MAX {
        return Vec::new();
    }
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for &language in Language::ALL {
        for heard in readings(language, text, &tokens) {
            if let Some(exact) = candidates(&heard, &mut found) {
                // All four check words fit: nothing else was meant.
                return vec![exact];
            }
        }
    }
    found.truncate(FORWARDED_MAX);
    found
}

/// What may have been typed: the whole words of the list wherever they stand; and, in a text of such words alone, with what is
/// not one of them taken for the word that it begins or nearly is, or for a word that is missing.
fn readings(language: Language, text: &str, tokens: &[&str]) -> Vec<Heard> {
    let mut readings = vec![language.words_in(text).into_iter().map(Some).collect()];
    if (WORDS - 1..=WORDS + 1).contains(&tokens.len()) {
        let each = |mend: bool| {
            let heard = |token: &&str| {
                let [whole] = language.words_in(token)[..] else {
                    return mend.then(|| mended(language, token)).flatten();
                };
                Some(whole)
            };
            tokens.iter().map(heard).collect::<Heard>()
        };
        for reading in [each(true), each(false)] {
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    readings
}

fn mended(language: Language, token: &str) -> Option<Symbol> {
    match language.index(token) {
        Ok(symbol) => Some(symbol),
        Err(Unread::Unknown { near }) if near.len() == 1 => Some(near[0]),
        Err(_) => None,
    }
}

/// Adds what `heard` may have been; gives back the only one where nothing had to be mended.
fn candidates(heard: &Heard, found: &mut Vec<Whisper>) -> Option<Whisper> {
    let mut add = |data: &[Symbol; DATA]| {
        let whisper = Whisper::from_bytes(&unpack(data)).ok()?;
        if !found.contains(&whisper) {
            found.push(whisper);
        }
        Some(whisper)
    };
    if let Ok(all) = <[Option<Symbol>; WORDS]>::try_from(&heard[..])
        && let Ok(decoded) = decode(&all)
    {
        let whisper = add(&decoded.data);
        if decoded.corrected.is_empty() {
            return whisper;
        }
    }
    // A codeword that is reached by mending may be another's: what a slip explains is offered beside it.
    for offer in slips(heard) {
        add(&offer.decoded.data);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_words::{Style, encode, pack};
    use proptest::prelude::*;

    const STYLES: [Style; 5] = [
        Style::Plain,
        Style::Latin,
        Style::Errand(0),
        Style::Errand(1),
        Style::Errand(2),
    ];

    fn whisper(seed: u8) -> Whisper {
        let mut bytes = [0; 14];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = seed
                .wrapping_mul(37)
                .wrapping_add((at as u8).wrapping_mul(59));
        }
        bytes[0] &= 0x3f;
        bytes[13] &= 0xfc;
        Whisper::from_bytes(&bytes).unwrap()
    }

    fn symbols(whisper: &Whisper) -> [Symbol; WORDS] {
        encode(&pack(&whisper.to_bytes()).unwrap())
    }

    fn words(language: Language, whisper: &Whisper) -> Vec<String> {
        let plain = language.message(&symbols(whisper), Style::Plain);
        plain.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn every_style_in_every_language_is_read_as_the_only_one() {
        for seed in 0..2 {
            let whisper = whisper(seed);
            for &language in Language::ALL {
                for style in STYLES {
                    let text = language.message(&symbols(&whisper), style);
                    assert_eq!(whispers_in(&text), [whisper], "{text}");
                    assert_eq!(whispers_in(&text.to_uppercase()), [whisper], "{text}");
                }
            }
        }
    }

    #[test]
    fn what_people_mistype_is_found() {
        for seed in 0..2 {
            let whisper = whisper(seed);
            for &language in Language::ALL {
                let said = words(language, &whisper);
                let with = |change: &dyn Fn(&mut Vec<String>)| {
                    let mut said = said.clone();
                    change(&mut said);
                    whispers_in(&said.join(" "))
                };
                let contains = |what: &str, found: Vec<Whisper>| {
                    assert!(found.contains(&whisper), "{what}: {said:?} {found:?}");
                };
                contains("wrong", with(&|w| w[3] = "qqqqq".into()));
                contains(
                    "two wrong",
                    with(&|w| (w[3], w[9]) = ("щщщщ".into(), "qqq".into())),
                );
                let other = language.word(Symbol::new(77).unwrap());
                contains("another word", with(&|w| w[5] = other.into()));
                contains(
                    "four missing",
                    with(&|w| (1..5).for_each(|at| w[at] = "-".into())),
                );
                contains("left out", with(&|w| drop(w.remove(6))));
                contains("twice", with(&|w| w.insert(6, w[6].clone())));
                contains("swapped", with(&|w| w.swap(2, 3)));
                contains(
                    "cut",
                    with(&|w| {
                        w[7] = w[7].chars().take(4).collect();
                    }),
                );
                contains("a letter doubled", with(&|w| w[11].push('х')));
            }
        }
    }

    #[test]
    fn what_is_no_whisper_is_none() {
        let list: Vec<&str> = Language::English.words().take(14).collect();
        for text in [
            "",
            "Hi mum, I will be late, please wait for me at the shop",
            "Привіт, як ти? Подзвони мені, коли зможеш, будь ласка, дуже чекаю",
            &list.join(" "),
            &"zebra ".repeat(500),
            &"x".repeat(100_000),
        ] {
            assert_eq!(whispers_in(text), [], "{text:.60}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn any_text_gives_at_most_what_an_envelope_holds(text in ".{0,160}") {
            prop_assert!(whispers_in(&text).len() <= FORWARDED_MAX);
        }

        #[test]
        fn any_words_give_at_most_what_an_envelope_holds(
            numbers in prop::collection::vec(0..2_048_u16, 12..17),
        ) {
            let words: Vec<&str> = numbers
                .iter()
                .map(|&number| Language::English.word(Symbol::new(number).unwrap()))
                .collect();
            prop_assert!(whispers_in(&words.join(" ")).len() <= FORWARDED_MAX);
        }
    }
}
