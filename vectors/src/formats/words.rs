//! `words.json`.

use anyhow::{Context as _, Result};
use lapwing_words::{
    CodeError, Language, PackError, Symbol, Unread, decode, decode_words, encode, encode_words,
    pack, unpack,
};
use serde_json::{Value, json};

use super::member;
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const WORDS: Format = Format {
    name: "words",
    about: "encode and decode 110 bits (`hex`, `words`, `_` for a missing word), read one word (`text`), and words without check symbols (`plain`).",
    reasons: &[
        "ambiguous",
        "count",
        "length",
        "missing",
        "spare",
        "unknown",
        "wrong",
    ],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let input = Value::Object(case.members()?.clone());
    let language = Language::from_code(member(&input, "lang")?).context("a language")?;
    if let Some(text) = input["text"].as_str() {
        return Ok(language
            .index(text)
            .map(|s| json!({ "symbol": s.value(), "word": language.word(s) }))
            .map_err(|why| unread(language, &why)));
    }
    if let Some(digits) = input["plain"].as_str() {
        return Ok(encode_words(&hex::decode(digits)?)
            .map(|symbols| {
                assert_eq!(hex::encode(decode_words(&symbols)), digits);
                json!({ "words": spoken(language, &symbols) })
            })
            .map_err(unpacked));
    }
    if let Some(digits) = input["hex"].as_str() {
        let Ok(bytes) = hex::decode(digits)?.try_into() else {
            return Ok(Err(unpacked(PackError::Length(digits.len() / 2))));
        };
        return Ok(pack(&bytes)
            .map(|data| json!({ "words": spoken(language, &encode(&data)) }))
            .map_err(unpacked));
    }
    let words = member(&input, "words")?;
    let mut heard = Vec::new();
    for word in words.split(' ') {
        heard.push(match word {
            "_" => None,
            word => match language.index(word) {
                Ok(symbol) => Some(symbol),
                Err(why) => return Ok(Err(unread(language, &why))),
            },
        });
    }
    let count = heard.len();
    let Ok(heard) = heard.try_into() else {
        return Ok(Err(Refusal::with("count", json!({ "words": count }))));
    };
    Ok(match decode(&heard) {
        Ok(decoded) => {
            Ok(json!({ "hex": hex::encode(unpack(&decoded.data)), "corrected": decoded.corrected }))
        }
        Err(CodeError::Missing(n)) => Err(Refusal::with("missing", json!({ "words": n }))),
        Err(CodeError::Wrong(n)) => Err(Refusal::with("wrong", json!({ "missing": n }))),
        Err(_) => panic!("a new reason needs a name and a vector"),
    })
}

fn spoken(language: Language, symbols: &[Symbol]) -> String {
    let words: Vec<&str> = symbols.iter().map(|&s| language.word(s)).collect();
    words.join(" ")
}

fn unread(language: Language, why: &Unread) -> Refusal {
    match why {
        Unread::Unknown { near } => {
            Refusal::with("unknown", json!({ "near": spoken(language, near) }))
        }
        Unread::Ambiguous { candidates } => Refusal::with(
            "ambiguous",
            json!({ "candidates": spoken(language, candidates) }),
        ),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn unpacked(why: PackError) -> Refusal {
    match why {
        PackError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        PackError::Spare(bits) => Refusal::with("spare", json!({ "bits": bits })),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn cases() -> Vec<Case> {
    const HEX: &str = "00112233445566778899aabbccfc";
    let mut cases = Vec::new();
    for language in [Language::Ukrainian, Language::English] {
        let lang = language.code();
        let mut add = |name: &str, what: &str, value: &str, expect: &str| {
            let input = json!({ "lang": lang, what: value });
            cases.push(Case::input(&format!("{lang}: {name}"), input, expect, ""));
        };
        let bytes = hex::decode(HEX).expect("digits");
        let data = pack(&bytes.try_into().expect("14 bytes")).expect("110 bits");
        let said: Vec<&str> = encode(&data).iter().map(|&s| language.word(s)).collect();
        let changed = |changes: &[(usize, &'static str)]| {
            let mut words = said.clone();
            for &(at, word) in changes {
                words[at] = word;
            }
            words.join(" ")
        };
        let other = language.word(Symbol::new(1_500).expect("a symbol"));
        let gaps = |n: usize| (0..n).map(|at| (at, "_")).collect::<Vec<_>>();
        add("a report said", "hex", HEX, "ok");
        add("no bit set", "hex", &"00".repeat(14), "ok");
        add(
            "a spare bit set",
            "hex",
            &format!("{}01", "00".repeat(13)),
            "spare",
        );
        add("a byte short", "hex", &"00".repeat(13), "length");
        add("a byte long", "hex", &"00".repeat(15), "length");
        add("an invite", "plain", &"a5".repeat(11), "ok");
        add(
            "twelve bytes are no words",
            "plain",
            &"00".repeat(12),
            "length",
        );
        add("a word with bits left over", "plain", "001f", "spare");
        add("heard well", "words", &said.join(" "), "ok");
        add(
            "heard in capitals",
            "words",
            &said.join(" ").to_uppercase(),
            "ok",
        );
        add(
            "two wrong",
            "words",
            &changed(&[(2, other), (13, other)]),
            "ok",
        );
        add("four missing", "words", &changed(&gaps(4)), "ok");
        add(
            "two missing and one wrong",
            "words",
            &changed(&[(0, "_"), (1, "_"), (9, other)]),
            "ok",
        );
        add(
            "three wrong",
            "words",
            &changed(&[(2, other), (7, other), (13, other)]),
            "wrong",
        );
        add(
            "three missing and one wrong",
            "words",
            &changed(&[(0, "_"), (1, "_"), (2, "_"), (9, other)]),
            "wrong",
        );
        add("five missing", "words", &changed(&gaps(5)), "missing");
        add("all missing", "words", &changed(&gaps(14)), "missing");
        add("a word left out", "words", &said[1..].join(" "), "count");
        add(
            "a word said twice",
            "words",
            &format!("{} {}", said.join(" "), said[13]),
            "count",
        );
        add(
            "no word among them",
            "words",
            &changed(&[(3, "qqqq")]),
            "unknown",
        );
        add("nothing", "text", "", "unknown");
        add("no word", "text", "qqqqqq", "unknown");
        add("a number", "text", "1234", "unknown");
        add("two words", "text", &said[..2].join("  "), "unknown");
        add(
            "a word and a letter",
            "text",
            &format!("{}q", said[0]),
            "unknown",
        );
        add(
            "one letter",
            "text",
            if lang == "uk" { "щ" } else { "q" },
            "ambiguous",
        );
        add(
            "two letters",
            "text",
            if lang == "uk" { "як" } else { "ze" },
            "ambiguous",
        );
        add(
            "three letters of one word",
            "text",
            if lang == "uk" { "ябл" } else { "zeb" },
            "ambiguous",
        );
        add("a stop behind it", "text", &format!("{},", said[0]), "ok");
        add(
            "letters of the other alphabet",
            "text",
            if lang == "uk" { "oкo" } else { "zеbrа" },
            if lang == "uk" { "unknown" } else { "ok" },
        );
    }
    for (name, text, expect) in [
        ("uk: an apostrophe left out", "мяч", "ok"),
        ("uk: a curly apostrophe", "м’яч", "ok"),
        ("uk: a Russian keyboard", "ыжак", "ok"),
        ("uk: short i without its mark", "музеи", "ok"),
        ("uk: Latin capitals", "MICTO", "ok"),
    ] {
        cases.push(Case::input(
            name,
            json!({ "lang": "uk", "text": text }),
            expect,
            "",
        ));
    }
    cases
}
