//! Every byte that crosses between zones, without the means to open any of it.
//!
//! Implements the outer half of section 5 of the design and the formats of `docs/HTTP.md`:
//! the [`Envelope`] as a relay sees it, [`Receipt`] and [`Answer`], the [`Record`] of a pull, the
//! signed [`Bulletin`], the [`Publication`] that carries it, the desk's signature on a pull
//! ([`pull`], RFC 9421), and the signed list of an app's files ([`Release`]).
//!
//! **In scope:** layout, strict parsing, signatures over public things.
//! **Out of scope:** sealing and opening (`lapwing-seal`), which this crate cannot name, so that a
//! relay built on it cannot either. No I/O, no clock, no randomness.
//!
//! All integers are big-endian; all times are seconds since 1970 UTC.
//!
//! ```
//! use lapwing_wire::{Envelope, EnvelopeError};
//! assert_eq!(Envelope::from_bytes(b"too short").unwrap_err(), EnvelopeError::Length(9));
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bulletin;
mod envelope;
mod epoch;
mod publication;
pub mod pull;
mod receipt;
mod record;
mod release;

pub use bulletin::{
    BULLETIN_MAX, Bulletin, BulletinError, BulletinWarning, ListedFile, RECEPTION_PUBLIC_LEN,
    ReceptionKey, WarningState, WarningText,
};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use envelope::{
    ENVELOPE_LEN, Envelope, EnvelopeError, HEADER_LEN, KEM_SHARE_LEN, PLAINTEXT_LEN, ROOT_LEN,
    SUITE, TAG_LEN, VERSION,
};
pub use epoch::{KeyEpoch, RECEPTION_KEEP_S, RECEPTION_WEEKS, WEEK_S};
pub use publication::{PUBLICATION_MAX, Publication, PublicationError};
pub use receipt::{
    ANSWER_LEN, Answer, RECEIPT_LEN, Receipt, ReceiptError, SALT_LEN, leaf_hash, log_origin,
};
pub use record::{RECORD_LEN, Record, RecordError, records};
pub use release::{RELEASE_MAX, Release, ReleaseError, ReleaseFile, VERSION_MAX};
