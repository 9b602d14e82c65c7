//! What couriers carry: sealed envelopes in pieces, each of which fits a QR code, and in a file for an SD card.
//!
//! A witness without a connection shows envelopes on the screen or prints them; a courier's phone scans the pieces in
//! any order, cannot read what they are of, and sends the envelopes when it can. The pieces are symbols of a fountain
//! code (RFC 6330): nearly any sixteen make an envelope, and there is no end of them, so that a camera
//! which misses some waits for no particular one.
//!
//! **In scope:** one piece as bytes ([`Piece`]), the order in which they are shown ([`Show`]), putting them together
//! ([`Collector`]), the file ([`bundle`]), photos in symbols ([`photo`]).
//! **Out of scope:** pictures (`lapwing-scan-web` reads codes, `lapwing-courier-web` draws them), opening anything
//! (`lapwing-seal`), where envelopes are kept.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod bundle;
mod collect;

pub mod photo;
mod piece;
mod show;
mod spread;

pub use bundle::{BUNDLE_MAX, Bundle, BundleError, Salvaged};
pub use collect::{Collector, DONE_MAX, HELD_MAX, Taken, UNFINISHED_MAX};
pub use photo::{PHOTO_MAX, Photo};
pub use piece::{
    CHECK_LEN, CODE_VERSION, ID_LEN, ID_MAX, NEEDED, PIECE_LEN, Piece, PieceError, SYMBOL_LEN,
    TAG_LEN, Tag, VERSION, tag_of,
};
pub use show::{PRINTED, Pieces, RUN, Show};
