//! The words of invites and whispers, for browsers: `lapwing-words` through wasm-bindgen, and nothing besides.
//!
//! A module of its own, since the two lists are a good part of what a phone must load otherwise, and are needed by
//! whoever types an invite or says a report over a call. What is refused is thrown as a string with a stable short name.
//!
//! **In scope:** conversion of values, names of refusals.
//! **Out of scope:** every decision (`lapwing-words`); whether what was read is an invite (`lapwing-seal`, by its check).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use lapwing_words::{
    BYTES, InviteUnread, Language, Style, Symbol, encode, pack, read_invite, sms_parts,
};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

/// The code (22 hex digits) of an invite as it was typed: eight words, or digits.
///
/// # Errors
/// `invite-words`, `invite-digits`, `invite-unknown-N`, `invite-more-N` (word N could be more than one).
#[wasm_bindgen]
pub fn invite(typed: &str) -> Result<String, JsValue> {
    let bytes = read_invite(typed).map_err(|why| JsValue::from_str(&code_of(why)))?;
    Ok(hex::encode(bytes))
}

/// Messages that read like an errand.
const ERRANDS: u8 = 3;

/// The words of a whisper (28 hex digits) and of its answer (places of two words), and how they look as a text message,
/// as JSON: `{"words":[14 words],"answer":[2 words],"texts":[{"style":"plain","text":"…","parts":2}]}`; styles are
/// `plain`, `latin` (where that is another) and `errand`, more than once.
///
/// # Errors
/// `language`, `bits`, `answer`.
#[wasm_bindgen]
pub fn whisper(bits: &str, answer: &[u16], language: &str) -> Result<String, JsValue> {
    let wrong = |what| JsValue::from_str(what);
    let language = Language::from_code(language).ok_or_else(|| wrong("language"))?;
    let mut bytes = [0; BYTES];
    hex::decode_to_slice(bits, &mut bytes).map_err(|_why| wrong("bits"))?;
    let words = encode(&pack(&bytes).map_err(|_why| wrong("bits"))?);
    let answer = answer.iter().map(|&place| Symbol::new(place));
    let answer = answer
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| wrong("answer"))?;
    let plain = language.message(&words, Style::Plain);
    let latin = language.message(&words, Style::Latin);
    let text =
        |style, text: String| json!({ "style": style, "parts": sms_parts(&text), "text": text });
    let mut texts = Vec::new();
    if latin != plain {
        texts.push(text("latin", latin));
    }
    texts.push(text("plain", plain));
    texts.extend((0..ERRANDS).map(|n| text("errand", language.message(&words, Style::Errand(n)))));
    let name = |symbol: &Symbol| language.word(*symbol);
    let shown = json!({
        "words": words.iter().map(name).collect::<Value>(),
        "answer": answer.iter().map(name).collect::<Value>(),
        "texts": texts,
    });
    Ok(shown.to_string())
}

/// The name of what is wrong; a word's place follows, counted from 1. The app's words depend on these.
pub fn code_of(why: InviteUnread) -> String {
    match why {
        InviteUnread::Unknown(at) => format!("invite-unknown-{}", at + 1),
        InviteUnread::Ambiguous(at) => format!("invite-more-{}", at + 1),
        InviteUnread::Words(_) => "invite-words".to_owned(),
        _ => "invite-digits".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whisper_is_shown_in_words_and_as_texts_that_read_back() {
        let bits = "24058c91c63abf85592606a49440";
        for (code, language, texts) in
            [("uk", Language::Ukrainian, 5), ("en", Language::English, 4)]
        {
            let shown: Value =
                serde_json::from_str(&whisper(bits, &[1670, 1355], code).unwrap()).unwrap();
            let all = shown["texts"].as_array().unwrap();
            assert_eq!(all.len(), texts);
            assert!(all[0]["parts"] == 1, "the first fits one part");
            let words: Vec<Value> = shown["words"].as_array().unwrap().clone();
            assert_eq!(words.len(), 14);
            assert_eq!(
                shown["answer"][0],
                language.word(Symbol::new(1670).unwrap())
            );
            for text in all {
                let read = language.words_in(text["text"].as_str().unwrap());
                let read: Vec<Value> = read.iter().map(|s| language.word(*s).into()).collect();
                assert_eq!(read, words, "{}", text["style"]);
            }
        }
    }

    #[test]
    fn a_code_is_read_to_its_digits_and_a_wrong_word_is_named_by_its_place() {
        let code = "000102030405060708090a";
        assert_eq!(invite(&format!("LAPWING:{code}")), Ok(code.to_owned()));
        for (why, name) in [
            (InviteUnread::Words(7), "invite-words"),
            (InviteUnread::Digits, "invite-digits"),
            (InviteUnread::Unknown(0), "invite-unknown-1"),
            (InviteUnread::Ambiguous(7), "invite-more-8"),
        ] {
            assert_eq!(code_of(why), name);
        }
    }
}
