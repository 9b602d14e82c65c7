//! Everyday words in place of bits: two lists and the code that mends what is misheard.
//!
//! Implements *Whisper* of section 5 of the design as far as it is spoken: 110 bits are ten [`Symbol`]s of 11 bits, a
//! Reed-Solomon code over GF(2^11) makes them fourteen, and each is a word of a [`Language`]. Any two wrong words, any
//! four missing ones and the mixes between are mended ([`decode`]); a word left out or said twice and two neighbours
//! changed over are found ([`slips`]). Invites (`docs/design/0007-identity.md`) are words without a code
//! ([`encode_words`], [`read_invite`]), since they carry a check of their own.
//!
//! As a text message they are plain, in Latin letters or an errand ([`Style`], [`Language::words_in`]).
//!
//! **In scope:** the lists, reading what people type, bits to symbols and back, the code, text messages.
//! **Out of scope:** what the bits mean and whether they are genuine (`lapwing-seal`): a mended report is a codeword,
//! not an accepted report. Some 20 in a million triples of wrong words land on another codeword, and four missing words
//! leave nothing to check with. No cryptography, no I/O, no clock, no randomness.
//!
//! ```
//! use lapwing_words::{Language, WORDS, decode, encode, pack, unpack};
//! let said = encode(&pack(&[0; 14])?).map(|symbol| Language::Ukrainian.word(symbol));
//! let mut heard = [None; WORDS];
//! for (slot, word) in heard.iter_mut().zip(said).skip(3) {
//!     *slot = Some(Language::Ukrainian.index(&word.to_uppercase())?);
//! }
//! assert_eq!(unpack(&decode(&heard)?.data), [0; 14]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bits;
mod code;
mod field;
mod invite;
mod language;
mod message;
mod slip;
mod typed;

pub use bits::{BYTES, PackError, Symbol, decode_words, encode_words, pack, unpack};
pub use code::{CHECK, CodeError, DATA, Decoded, GENERATOR, WORDS, decode, encode};
pub use field::POLYNOMIAL;
pub use invite::{INVITE_SCHEME, INVITE_WORDS, InviteUnread, read_invite};
pub use language::{COUNT, Language};
pub use message::{Style, sms_parts};
pub use slip::{Offer, Slip, slips};
pub use typed::{PREFIX, Unread};
