//! What a person types of an invite: eight words, or the digits of its code.

use thiserror::Error;

use crate::{
    bits::{Symbol, decode_words},
    language::Language,
    typed::Unread,
};

/// Words of an invite: 88 bits, 11 a word.
pub const INVITE_WORDS: usize = 8;
const LEN: usize = 11;

/// What the QR code of an invite holds before its digits.
pub const INVITE_SCHEME: &str = "LAPWING:";

/// Why what was typed is not the length or the letters of an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InviteUnread {
    /// Neither all its words nor the digits of a code.
    #[error("an invite is eight words, not {0}")]
    Words(usize),
    /// Digits, but not the 22 of a code.
    #[error("the code of an invite is 22 digits from 0 to 9 and a to f")]
    Digits,
    /// The word at this place (from 0) is in no list.
    #[error("word {} is in neither list of words", .0 + 1)]
    Unknown(usize),
    /// The word at this place (from 0) begins more than one.
    #[error("word {} can be more than one: write it out", .0 + 1)]
    Ambiguous(usize),
}

/// Reads eight words, in either language, or the digits of a code, in groups or not, with [`INVITE_SCHEME`] before them
/// or not. Whether the eleven bytes are an invite, their check says (`lapwing-seal`).
///
/// # Errors
/// What is to be mended.
pub fn read_invite(text: &str) -> Result<[u8; LEN], InviteUnread> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [code] => digits(code),
        groups if groups.iter().all(|group| is_hex(group)) => digits(&groups.concat()),
        words => said(words),
    }
}

fn is_hex(group: &str) -> bool {
    group.len() <= 4 && group.bytes().all(|b| b.is_ascii_hexdigit())
}

fn digits(code: &str) -> Result<[u8; LEN], InviteUnread> {
    let code = match code.split_at_checked(INVITE_SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(INVITE_SCHEME) => rest,
        _ => code,
    };
    let values: Option<Vec<u8>> = code.chars().map(|c| Some(c.to_digit(16)? as u8)).collect();
    let values = values.filter(|values| values.len() == 2 * LEN);
    let values = values.ok_or(InviteUnread::Digits)?;
    let mut bytes = [0; LEN];
    for (byte, pair) in bytes.iter_mut().zip(values.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    }
    Ok(bytes)
}

fn said(words: &[&str]) -> Result<[u8; LEN], InviteUnread> {
    if words.len() != INVITE_WORDS {
        return Err(InviteUnread::Words(words.len()));
    }
    let mut unread = None;
    for language in Language::ALL {
        let symbols: Result<Vec<Symbol>, (usize, Unread)> = words
            .iter()
            .enumerate()
            .map(|(at, word)| language.index(word).map_err(|why| (at, why)))
            .collect();
        match symbols {
            Ok(symbols) => {
                let bytes = decode_words(&symbols);
                return Ok(bytes.try_into().expect("eight words are eleven bytes"));
            }
            // The language in which more of it can be read is the one that was meant.
            Err((at, why)) => {
                if unread.as_ref().is_none_or(|(before, _)| *before < at) {
                    unread = Some((at, why));
                }
            }
        }
    }
    Err(match unread {
        Some((at, Unread::Ambiguous { .. })) => InviteUnread::Ambiguous(at),
        Some((at, _)) => InviteUnread::Unknown(at),
        None => InviteUnread::Unknown(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::encode_words;

    const BYTES: [u8; LEN] = [0, 1, 2, 0x7f, 0x80, 0xff, 6, 7, 8, 9, 0xab];

    #[test]
    fn words_of_both_languages_and_digits_in_groups_are_read() {
        let code = hex::encode(BYTES);
        let groups: Vec<&str> = (0..code.len())
            .step_by(4)
            .map(|at| code.get(at..code.len().min(at + 4)).unwrap())
            .collect();
        let mut typed = vec![
            code.clone(),
            code.to_uppercase(),
            format!("LAPWING:{code}"),
            format!(" lapwing:{code}\n"),
            groups.join(" "),
        ];
        for language in Language::ALL {
            let words: Vec<_> = encode_words(&BYTES)
                .unwrap()
                .into_iter()
                .map(|symbol| language.word(symbol).to_uppercase())
                .collect();
            typed.push(words.join("  "));
        }
        for text in typed {
            assert_eq!(read_invite(&text), Ok(BYTES), "{text}");
        }
    }

    #[test]
    fn what_is_no_invite_is_refused_with_what_to_mend() {
        let good: Vec<&str> = Language::ALL[0].words().take(8).collect();
        let with = |at: usize, word| {
            let mut words = good.clone();
            words[at] = word;
            words.join(" ")
        };
        // Two letters begin many words.
        let short = good[3].get(..2).unwrap();
        for (text, why) in [
            (String::new(), InviteUnread::Digits),
            ("слово".to_owned(), InviteUnread::Digits),
            ("a b c".to_owned(), InviteUnread::Digits),
            ("00".repeat(12), InviteUnread::Digits),
            ("xxxx yyyy zzzz".to_owned(), InviteUnread::Words(3)),
            (with(0, "qqqq"), InviteUnread::Unknown(0)),
            (with(7, "qqqq"), InviteUnread::Unknown(7)),
            (with(3, short), InviteUnread::Ambiguous(3)),
        ] {
            assert_eq!(read_invite(&text), Err(why), "{text}");
        }
    }
}
