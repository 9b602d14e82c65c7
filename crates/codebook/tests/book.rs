//! Sheets against those who listen, mishear, change words and find what was kept.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use lapwing_codebook::{
    Book, COUNT_STEPS, PLACES_MAX, ROWS, SPOKEN, Said, Sheet, SheetError, Unopened,
};
use lapwing_model::{Known, Place};
use lapwing_words::Symbol;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn places(count: usize) -> Vec<Place> {
    let place = |n: usize| Place::from_degrees(48.0 + n as f64 / 50.0, 37.5).unwrap();
    (0..count).map(place).collect()
}

fn sheet(rng: &mut ChaCha20Rng) -> Sheet {
    Sheet::generate(rng, places(PLACES_MAX), 120).unwrap()
}

fn below(rng: &mut ChaCha20Rng, limit: usize) -> usize {
    rng.next_u32() as usize % limit
}

fn anything(rng: &mut ChaCha20Rng) -> Said {
    Said {
        kind: 1 + below(rng, 63) as u8,
        count: below(rng, COUNT_STEPS.len()) as u8,
        place: 1 + below(rng, PLACES_MAX) as u8,
        hour: below(rng, 24) as u8,
        yesterday: below(rng, 2) == 1,
        known: [Known::Seen, Known::Heard, Known::Told][below(rng, 3)],
    }
}

/// Another word in its place.
fn changed(rng: &mut ChaCha20Rng, words: &mut [Symbol; SPOKEN], at: usize) {
    let by = 1 + below(rng, 2_047) as u16;
    words[at] = Symbol::new((words[at].value() + by) % 2_048).unwrap();
}

#[test]
fn every_row_says_what_was_meant_once() {
    let mut rng = rng(1);
    let mut book = Book::default();
    let sheets: Vec<Sheet> = (0..20).map(|_| sheet(&mut rng)).collect();
    for (n, sheet) in (0..).zip(&sheets) {
        book.enter(n, sheet.clone());
    }
    for row in 0..ROWS {
        for (n, sheet) in (0..).zip(&sheets) {
            let said = anything(&mut rng);
            let words = sheet.by_hand(row, said).unwrap();
            assert!(book.begins(words[0]));
            let opened = book.open(&words).unwrap();
            assert_eq!((opened.sheet, opened.row, opened.said), (n, row, said));
            assert_eq!(opened.drill, row == 0);
            let left = book.burn(n, row).unwrap().clone();
            assert!(book.open(&words).is_err(), "a row is used once");
            assert_eq!(left.by_hand(row, said), None);
            assert_eq!(book.burn(n, row), None);
        }
    }
    for n in 0..20 {
        assert_eq!(book.leave(n).unwrap().left(), 0);
    }
    assert!(
        (0..2_048)
            .filter_map(Symbol::new)
            .all(|word| !book.begins(word))
    );
}

#[test]
fn a_misheard_word_passes_once_in_two_thousand_and_the_check_word_never() {
    const TIMES: usize = 20_000;
    let mut rng = rng(2);
    let mut book = Book::default();
    let sheet = sheet(&mut rng);
    book.enter(1, sheet.clone());
    let mut passed = [0; SPOKEN];
    for _ in 0..TIMES {
        let row = below(&mut rng, ROWS);
        let words = sheet.by_hand(row, anything(&mut rng)).unwrap();
        for (at, passed) in passed.iter_mut().enumerate() {
            let mut heard = words;
            changed(&mut rng, &mut heard, at);
            *passed += usize::from(book.open(&heard).is_ok());
        }
    }
    let [first, numbers @ .., check] = passed;
    assert_eq!((first, check), (0, 0), "{passed:?}");
    // Most changes stand for nothing; those that do pass once in 2,048.
    assert!(numbers.iter().all(|&n| n <= 5), "{passed:?}");
}

/// Who changes what was said into something else that can be said, and the check by a guess: 1 in 2,048, whatever the
/// change. Held over all changes of a check, so that it is exact: of the 2,048 one is right.
#[test]
fn whoever_changes_the_words_must_guess_one_of_two_thousand_and_forty_eight() {
    let mut rng = rng(3);
    for _ in 0..50 {
        let sheet = sheet(&mut rng);
        let row = below(&mut rng, ROWS);
        let said = anything(&mut rng);
        let words = sheet.by_hand(row, said).unwrap();
        let mut book = Book::default();
        book.enter(1, sheet);
        let mut forged = words;
        // One kind further, as whoever knows the code but not the sheet can do.
        let by = if said.kind < 63 { 8 } else { 2_040 };
        forged[1] = Symbol::new((words[1].value() + by) % 2_048).unwrap();
        let right = (0..2_048)
            .filter(|&check| {
                forged[4] = Symbol::new(check).unwrap();
                book.open(&forged).is_ok_and(|opened| opened.said != said)
            })
            .count();
        assert_eq!(right, 1);
    }
}

#[test]
fn a_change_that_passed_on_one_sheet_passes_on_another_by_chance_only() {
    // The difference that makes a forged check right is a secret of the sheet: over sheets it is spread evenly.
    const SHEETS: usize = 4_000;
    let mut rng = rng(4);
    let said = anything(&mut rng);
    let other = Said {
        hour: (said.hour + 1) % 24,
        ..said
    };
    let mut low = 0;
    for _ in 0..SHEETS {
        let sheet = sheet(&mut rng);
        let [a, b] = [said, other].map(|said| sheet.by_hand(1, said).unwrap()[4].value());
        low += usize::from((b + 2_048 - a) % 2_048 < 512);
    }
    assert!((850..1_150).contains(&low), "{low} of {SHEETS}");
}

#[test]
fn what_is_said_is_spread_evenly_over_the_words() {
    let said = anything(&mut rng(5));
    let mut rng = rng(6);
    let mut high = [0; SPOKEN];
    for _ in 0..2_000 {
        let words = sheet(&mut rng).by_hand(4, said).unwrap();
        for (high, word) in high.iter_mut().zip(words) {
            *high += usize::from(word.value() >= 1_024);
        }
    }
    assert!(high.iter().all(|n| (880..1_120).contains(n)), "{high:?}");
}

#[test]
fn words_by_nobody_are_refused_with_what_to_ask() {
    let mut rng = rng(7);
    let mut book = Book::default();
    let sheet = sheet(&mut rng);
    let words = sheet.by_hand(1, anything(&mut rng)).unwrap();
    assert_eq!(book.open(&words), Err(Unopened::Row));
    book.enter(1, sheet);
    let mut wrong = words;
    changed(&mut rng, &mut wrong, 4);
    assert_eq!(book.open(&wrong), Err(Unopened::Check));
    assert!(book.open(&words).is_ok());
    book.leave(1);
    assert_eq!(book.open(&words), Err(Unopened::Row));
}

#[test]
fn a_sheet_says_only_what_is_printed_on_it() {
    let sheet = Sheet::generate(&mut rng(8), places(2), 0).unwrap();
    let said = Said {
        place: 2,
        ..anything(&mut rng(9))
    };
    assert!(sheet.by_hand(1, said).is_some());
    for wrong in [
        Said { place: 0, ..said },
        Said { place: 3, ..said },
        Said { kind: 0, ..said },
        Said { kind: 64, ..said },
        Said { count: 6, ..said },
        Said { hour: 24, ..said },
    ] {
        assert_eq!(sheet.by_hand(1, wrong), None, "{wrong:?}");
    }
    assert_eq!(sheet.by_hand(ROWS, said), None);
    for (count, clock, why) in [
        (0, 0, SheetError::Places(0)),
        (PLACES_MAX + 1, 0, SheetError::Places(PLACES_MAX + 1)),
        (1, 841, SheetError::Clock(841)),
        (1, -841, SheetError::Clock(-841)),
    ] {
        let made = Sheet::generate(&mut rng(8), places(count), clock);
        assert_eq!(made, Err(why));
    }
}

#[test]
fn what_is_kept_comes_back_and_holds_nothing_of_burnt_rows() {
    let mut rng = rng(10);
    let mut book = Book::default();
    book.enter(1, sheet(&mut rng));
    for row in [0, 4, 10] {
        let before = book.sheet(1).unwrap().to_bytes();
        let after = book.burn(1, row).unwrap().to_bytes();
        assert_eq!(before.len() - after.len(), 12);
        assert_eq!(Sheet::from_bytes(&after).as_ref(), book.sheet(1));
        for cut in 0..after.len() {
            assert_eq!(Sheet::from_bytes(&after[..cut]), None);
        }
        assert_eq!(Sheet::from_bytes(&[after, vec![0]].concat()), None);
    }
    assert_eq!(format!("{:?}", book.sheet(1).unwrap()), "Sheet(8 left, ..)");
}

proptest! {
    #[test]
    fn any_bytes_are_one_sheet_or_none(
        at in 0..900_usize, byte in any::<u8>(), count in 1..PLACES_MAX, seed in any::<u8>(),
    ) {
        let mut bytes = Sheet::generate(&mut rng(seed), places(count), -300).unwrap().to_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Some(sheet) = Sheet::from_bytes(&bytes) {
            prop_assert_eq!(sheet.to_bytes(), bytes);
        }
    }
}
