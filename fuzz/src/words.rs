//! The decoder of `lapwing-words`.

use lapwing_words::{Language, decode, encode, slips};

/// Any text, word by word in each language: what is mended is a report, and near to what was heard.
pub fn words(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let mut accepted = false;
    for &language in Language::ALL {
        let mut heard = Vec::new();
        // More than a slip beyond fourteen is refused by its number.
        for typed in text.split_whitespace().take(16) {
            let symbol = language.index(typed).ok();
            if let Some(symbol) = symbol {
                assert_eq!(language.index(language.word(symbol)), Ok(symbol));
            }
            heard.push(symbol);
        }
        for offer in slips(&heard) {
            assert_eq!(encode(&offer.decoded.data), offer.decoded.words);
        }
        if let Some(decoded) = heard.try_into().ok().and_then(|heard| decode(&heard).ok()) {
            assert_eq!(encode(&decoded.data), decoded.words);
            assert!(decoded.corrected.len() <= 4);
            accepted = true;
        }
    }
    accepted
}
