//! The decoders of `lapwing-codebook`.

use lapwing_codebook::{Book, SPOKEN, Sheet};
use lapwing_words::Symbol;

/// Five words of two bytes, then a sheet as it is kept: what is read comes back, and what is opened is what the row
/// makes of it.
pub fn codebook(data: &[u8]) -> bool {
    let (numbers, state) = data.split_at(data.len().min(2 * SPOKEN));
    let Some(sheet) = Sheet::from_bytes(state) else {
        return false;
    };
    assert_eq!(sheet.to_bytes(), state);
    let words = numbers.as_chunks().0.iter();
    let words = words.filter_map(|&number| Symbol::new(u16::from_be_bytes(number)));
    let words: Vec<Symbol> = words.collect();
    let mut book = Book::default();
    book.enter(1, sheet.clone());
    if let Ok(words) = words.try_into()
        && let Ok(opened) = book.open(&words)
    {
        assert_eq!(sheet.by_hand(opened.row, opened.said), Some(words));
        book.burn(opened.sheet, opened.row).expect("it was there");
        assert!(book.open(&words).is_err());
    }
    true
}
