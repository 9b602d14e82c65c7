//! Every byte that crosses between zones, without the means to open any of it.
//!
//! Implements the outer half of section 5 of the design and the formats of `docs/HTTP.md`:
//! the [`Envelope`] as a relay sees it, [`Receipt`] and [`Answer`], the [`Record`] of a pull, the
//! signed [`Bulletin`], the [`Drop`] of sealed replies, the [`Publication`] that carries both, the desk's
//! signature on a pull ([`pull`], RFC 9421), a [`Pass`] and what is said to its issuer
//! ([`PassRequest`], RFC 9577 and 9578), the signed list of an app's files ([`Release`]), and the
//! [`Whisper`] of calls and text messages.
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
mod drop;
mod envelope;
mod epoch;
mod invite_passes;
mod issuance;
mod pass;
mod publication;
pub mod pull;
mod receipt;
mod record;
mod release;
mod whisper;

pub use bulletin::{
    BULLETIN_MAX, Bulletin, BulletinError, BulletinWarning, ISSUER_KEYS_MAX, ISSUER_URL_MAX,
    ListedFile, PassIssuer, RECEPTION_PUBLIC_LEN, ReceptionKey, WarningState, WarningText,
};
pub use drop::{
    BUCKETS_MAX, DROP_LEN, DROP_PERIOD_S, Drop, DropError, Drops, HINT_LEN, SLOT_LEN,
    SLOT_SEALED_LEN, SLOTS, Slot,
};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use envelope::{
    ENVELOPE_LEN, Envelope, EnvelopeError, HEADER_LEN, KEM_SHARE_LEN, PLAINTEXT_LEN, ROOT_LEN,
    SUITE, TAG_LEN, VERSION,
};
pub use epoch::{KeyEpoch, RECEPTION_KEEP_S, RECEPTION_WEEKS, WEEK_S};
pub use invite_passes::{INVITE_PASSES, INVITE_PASSES_LEN, invite_passes, read_invite_passes};
pub use issuance::{
    Blinded, IssuanceError, PASS_BATCH, PASS_REQUEST_LEN, PASS_RESPONSE_LEN, PassRequest,
    PassResponse, TOKEN_REQUEST_LEN, token_request,
};
pub use pass::{
    IssuerKey, PASS_EPOCH_S, PASS_INPUT_LEN, PASS_KEY_LEN, PASS_LEN, PASS_MODULUS_LEN, PASS_TYPE,
    Pass, PassEpoch, PassError, PassKey, PassKeyError, challenge, challenge_digest, pass_input,
    www_authenticate,
};
pub use publication::{PUBLICATION_MAX, Publication, PublicationError};
pub use receipt::{
    ANSWER_LEN, Answer, RECEIPT_LEN, Receipt, ReceiptError, SALT_LEN, leaf_hash, log_origin,
};
pub use record::{RECORD_LEN, Record, RecordError, records};
pub use release::{RELEASE_MAX, Release, ReleaseError, ReleaseFile, VERSION_MAX};
pub use whisper::{
    WHISPER_BITS, WHISPER_ID_BITS, WHISPER_LEN, Whisper, WhisperError, WhisperId, WhisperKind,
};
