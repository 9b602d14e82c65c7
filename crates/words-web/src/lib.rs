//! Reading the words of an invite, for browsers: `lapwing-words` through wasm-bindgen, and nothing besides.
//!
//! A module of its own, since the two lists are a good part of what a phone must load otherwise, and are needed once, by
//! whoever types an invite. What is refused is thrown as a string with a stable short name.
//!
//! **In scope:** conversion of values, names of refusals.
//! **Out of scope:** every decision (`lapwing-words`); whether what was read is an invite (`lapwing-seal`, by its check).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use lapwing_words::{InviteUnread, read_invite};
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
