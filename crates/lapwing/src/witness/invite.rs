//! What a person types of an invite.

use anyhow::{Context as _, bail};
use lapwing_seal::{INVITE_LEN, Invite};
use lapwing_words::{Language, Symbol, Unread, decode_words};

/// Words of an invite: 88 bits, 11 a word.
const WORDS: usize = 8;

/// Reads eight words, in either language, or the digits of a code, with `LAPWING:` before them or not.
pub(super) fn read(text: &str) -> anyhow::Result<Invite> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bytes = match words.as_slice() {
        [] => bail!("an invite is eight words, or the 22 digits of its code"),
        [code] => digits(code)?,
        groups if groups.iter().all(|group| is_hex(group)) => digits(&groups.concat())?,
        words => said(words)?,
    };
    Invite::from_checked(&bytes)
        .context("this is no invite: a word or digit is wrong, or two have changed places")
}

fn is_hex(group: &str) -> bool {
    group.len() <= 4 && group.bytes().all(|b| b.is_ascii_hexdigit()) && !group.is_empty()
}

fn digits(code: &str) -> anyhow::Result<[u8; INVITE_LEN]> {
    let code = code.strip_prefix("LAPWING:").unwrap_or(code);
    hex::decode(code)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .context("the code of an invite is 22 digits from 0 to 9 and a to f")
}

fn said(words: &[&str]) -> anyhow::Result<[u8; INVITE_LEN]> {
    if words.len() != WORDS {
        bail!("an invite is eight words, not {}", words.len());
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
                return decode_words(&symbols)
                    .try_into()
                    .map_err(|_length| anyhow::anyhow!("an invite is eight words"));
            }
            // The language in which more of it can be read is the one that was meant.
            Err((at, why)) => {
                if unread.as_ref().is_none_or(|(before, _)| *before < at) {
                    unread = Some((at, why));
                }
            }
        }
    }
    let (at, why) = unread.unwrap_or((0, Unread::Unknown { near: Vec::new() }));
    match why {
        Unread::Ambiguous { .. } => bail!("word {} can be more than one: write it out", at + 1),
        _ => bail!("word {} is in neither list of words", at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_words::encode_words;

    #[test]
    fn words_of_both_languages_and_digits_in_groups_are_read() {
        let invite = Invite::from_secret([7; 10]);
        let checked = invite.with_check();
        let code = hex::encode(checked);
        let groups: Vec<&str> = (0..code.len())
            .step_by(4)
            .map(|at| code.get(at..code.len().min(at + 4)).unwrap())
            .collect();
        let mut typed = vec![code.clone(), format!("LAPWING:{code}"), groups.join(" ")];
        for language in Language::ALL {
            let words: Vec<_> = encode_words(&checked)
                .unwrap()
                .into_iter()
                .map(|symbol| language.word(symbol).to_uppercase())
                .collect();
            typed.push(words.join("  "));
        }
        for text in typed {
            assert_eq!(read(&text).unwrap(), invite, "{text}");
        }
    }

    #[test]
    fn what_is_no_invite_is_refused_with_what_to_mend() {
        let code = hex::encode(Invite::from_secret([7; 10]).with_check());
        let swapped = code.replacen("07", "08", 1);
        for (text, why) in [
            ("", "eight words"),
            ("слово", "22 digits"),
            ("a b c", "22 digits"),
            ("xxxx yyyy zzzz", "eight words, not 3"),
            ("q1 q2 q3 q4 q5 q6 q7 q8", "word 1 is in neither"),
            (&swapped, "no invite"),
        ] {
            let refused = read(text).unwrap_err().to_string();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
