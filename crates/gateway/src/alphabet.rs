//! From the bytes of a short message to text.
//!
//! Coding schemes are those of SMPP 3.4 (5.2.19) and, where a carrier hands on what the network had, those of
//! 3GPP TS 23.038 (4). Septets come as SMPP has them: one an octet.

use encoding_rs::{Encoding, ISO_8859_5, UTF_16BE, WINDOWS_1252};
use zeroize::Zeroizing;

/// What a carrier means by coding scheme 0, "the default of the message centre".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultAlphabet {
    /// The default alphabet of text messages, one septet an octet.
    #[default]
    Gsm7,
    /// ISO 8859-1, as some message centres have it.
    Latin1,
}

/// 3GPP TS 23.038 6.2.1; septet 27 begins one of [`EXTENSION`].
const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// 3GPP TS 23.038 6.2.1.1.
const EXTENSION: [(u8, char); 9] = [
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

const ESCAPE: u8 = 0x1b;

/// The text; `None` for codings that hold none (binary), or that no word of a list could be in.
pub(crate) fn text(
    coding: u8,
    bytes: &[u8],
    default: DefaultAlphabet,
) -> Option<Zeroizing<String>> {
    let with = |encoding: &'static Encoding| {
        let (text, _replaced) = encoding.decode_without_bom_handling(bytes);
        Some(Zeroizing::new(text.into_owned()))
    };
    match coding {
        0 if default == DefaultAlphabet::Latin1 => with(WINDOWS_1252),
        0 => Some(gsm7(bytes)),
        1 | 3 => with(WINDOWS_1252),
        6 => with(ISO_8859_5),
        8 => with(UTF_16BE),
        // General data coding (00xx, and 01xx: deleted when read): bits 3 and 2 name the alphabet. Compressed is not text.
        0x10..=0x1f | 0x40..=0x5f => alphabet(coding >> 2 & 3, bytes),
        // A message waits: stored as septets, or as UCS-2.
        0xd0..=0xdf => Some(gsm7(bytes)),
        0xe0..=0xef => with(UTF_16BE),
        // Message class: bit 2 is set for binary.
        0xf0..=0xff => alphabet(coding >> 2 & 1, bytes),
        _ => None,
    }
}

fn alphabet(number: u8, bytes: &[u8]) -> Option<Zeroizing<String>> {
    match number {
        0 => Some(gsm7(bytes)),
        2 => text(8, bytes, DefaultAlphabet::Gsm7),
        _ => None,
    }
}

fn gsm7(bytes: &[u8]) -> Zeroizing<String> {
    let table: Vec<char> = GSM7.chars().collect();
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    let mut escaped = false;
    for &septet in bytes {
        if escaped {
            // A character that is not in the table is shown as the plain one (6.2.1.1).
            let found = EXTENSION.iter().find(|(code, _)| *code == septet);
            text.push(found.map_or_else(|| plain(&table, septet), |(_, c)| *c));
            escaped = false;
        } else if septet == ESCAPE {
            escaped = true;
        } else {
            text.push(plain(&table, septet));
        }
    }
    text
}

fn plain(table: &[char], septet: u8) -> char {
    table
        .get(usize::from(septet))
        .copied()
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(coding: u8, bytes: &[u8]) -> Option<String> {
        text(coding, bytes, DefaultAlphabet::Gsm7).map(|text| text.to_string())
    }

    #[test]
    fn the_default_alphabet_has_128_places_and_words_keep_their_letters() {
        assert_eq!(GSM7.chars().count(), 128);
        let letters: Vec<u8> = (b'a'..=b'z')
            .chain(b'A'..=b'Z')
            .chain(b'0'..=b'9')
            .collect();
        let same = String::from_utf8(letters.clone()).unwrap();
        assert_eq!(read(0, &letters).unwrap(), same);
        assert_eq!(
            read(0, b"\x00 \x11 \x1b\x65 \x1b\x61 \xff").unwrap(),
            "@ _ € a \u{fffd}"
        );
    }

    #[test]
    fn each_coding_is_read_as_its_own() {
        let cyrillic = "Їжак, м’ята";
        let ucs2: Vec<u8> = cyrillic.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for coding in [0x08, 0x18, 0x19, 0x58, 0xe0] {
            assert_eq!(read(coding, &ucs2).unwrap(), cyrillic, "{coding:#x}");
        }
        assert_eq!(read(6, b"\xb1\xb2\xd0\xa7").unwrap(), "БВаЇ");
        assert_eq!(read(3, b"caf\xe9").unwrap(), "café");
        assert_eq!(
            text(0, b"\xe9", DefaultAlphabet::Latin1).unwrap().as_str(),
            "é"
        );
        for coding in [0x00, 0x01, 0x10, 0x11, 0x50, 0xd0, 0xf0, 0xf1] {
            assert_eq!(read(coding, b"zebra").unwrap(), "zebra", "{coding:#x}");
        }
        for coding in [0x02, 0x04, 0x05, 0x14, 0x1c, 0x20, 0xc0, 0xf4] {
            assert_eq!(read(coding, b"zebra"), None, "{coding:#x}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_text_or_none(coding: u8, bytes in any::<Vec<u8>>()) {
            read(coding, &bytes);
        }
    }
}
