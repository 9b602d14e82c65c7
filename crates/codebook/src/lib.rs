//! A sheet of paper by which somebody without a phone of their own reports in five words.
//!
//! A desk makes a [`Sheet`] and prints it ([`Sheet::page`]): the list of words, ten rows of a one-time pad, and the numbers of
//! what can be said. With a pencil three numbers are added to those of a row, modulo 2,048, and each sum is a word. A
//! last word checks them. The desk finds the row by the first word and opens the rest ([`Book`]).
//!
//! **What it is worth** (`docs/design/0017-codebook.md`). Who listens learns nothing of what is said, and of two calls
//! not that one person made them, as long as every row is used once. Who changes the words on their way, knowing all
//! but the sheet, is accepted once in 2,048 times: the check adds up a random share of each thing said, and the row's
//! number hides the sum. One word that is misheard passes as seldom; the first or the last alone never makes another
//! report. Who holds the sheet can forge with the rows that are left, and shows whose it is; rows that were cut off
//! and burnt, and erased here, protect what was said before.
//!
//! **In scope:** the sheet, its printed page, both sides of the code. **Out of scope:** who has which sheet, counting
//! failures (`lapwing-desk`). No I/O, no clock; randomness is a parameter.
//!
//! ```
//! use lapwing_codebook::{Book, Said, Sheet};
//! use lapwing_model::{Known, Place};
//! # use rand_core::SeedableRng;
//! # let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
//! let town = Place::from_degrees(48.02, 37.81)?;
//! let sheet = Sheet::generate(&mut rng, vec![town], 120)?;
//! let said = Said { kind: 9, count: 2, place: 1, hour: 14, yesterday: false, known: Known::Seen };
//! let words = sheet.by_hand(3, said).expect("the row was not used");
//! let mut book = Book::default();
//! book.enter(7, sheet);
//! let opened = book.open(&words)?;
//! assert_eq!((opened.sheet, opened.said), (7, said));
//! book.burn(opened.sheet, opened.row);
//! assert!(book.open(&words).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod book;
mod page;
mod said;
mod sheet;

pub use book::{Book, CANDIDATES_MAX, Opened, Unopened};
pub use said::{COUNT_STEPS, HOURS, PLACES_MAX, Said, SaidError, UNIT, WAYS};
pub use sheet::{ROWS, SPOKEN, Sheet, SheetError};
