//! What lies inside an envelope: sealing for phones, opening for the desk.
//!
//! Implements *Envelope* and *Frames inside* of section 5 of the design: HPKE (RFC 9180) base mode,
//! single shot, with X-Wing as KEM (draft-connolly-cfrg-xwing-kem, KEM id 0x647a of
//! draft-ietf-hpke-pq), HKDF-SHA256 and ChaCha20-Poly1305; one key encapsulation an envelope, no
//! trial decryption.
//!
//! **In scope:** [`Frame`] and its one encoding, the salted root over the fields of a report,
//! [`seal`] and [`open`]; what phone and desk share after enrolment ([`RootSecret`], [`Speaker`],
//! [`Listener`], [`Invite`]), [`Reply`] and the chains that seal and find it ([`ReplyChains`];
//! `docs/design/0007-identity.md`); what a desk seals to a cell ([`CellPublic`]); whispers
//! ([`WhisperSpeaker`], [`WhisperListener`], [`WhisperIndex`]; `docs/design/0014-whispers.md`).
//! **Out of scope:** the outside of an envelope (`lapwing-wire`, all that a relay may name), when to
//! send what (`lapwing-witness`). No I/O, no clock; randomness is a parameter.
//!
//! With the feature `native` (off by default: phones and their browsers build without it) [`open`]
//! runs on AWS-LC, five to seven times as fast. Both ways are held to the same vectors, and to the same
//! verdict on anything else.
//!
//! ```
//! use lapwing_seal::{Frame, ReceptionSecret, open, seal};
//! use lapwing_wire::KeyEpoch;
//! # use rand_core::SeedableRng;
//! # let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
//! let secret = ReceptionSecret::generate(&mut rng, KeyEpoch(2_969));
//! let envelope = seal(&mut rng, &secret.public(), &Frame::Cover)?;
//! assert_eq!(envelope.as_bytes().len(), 2_048);
//! assert_eq!(open(&envelope, &secret)?, Frame::Cover);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cell;
mod chain;
mod envelope;
mod fields;
mod frame;
mod invite;
mod message;
#[cfg(feature = "native")]
mod native;
mod reply;
mod reply_chains;
mod steps;
mod whisper;
mod whisper_index;

pub use cell::{CELL_LABEL_LEN, CELL_OVERHEAD, CELL_PUBLIC_LEN, CellLabel, CellPublic, CellSecret};
pub use chain::{CHAIN_KEY_LEN, ChainKey, Purpose, RootSecret};
pub use envelope::{
    OpenError, ReceptionPublic, ReceptionSecret, SealError, open, open_portable, seal,
};
pub use fields::{FieldSeed, SEED_LEN, root};
pub use frame::{
    ACKS_MAX, AUTHOR_LEN, Bearer, By, CheckIn, Enrolment, FORWARDED_MAX, Forwarded, Frame,
    FrameError, Known, MEDIA_NAME_LEN, MEDIA_SYMBOL_LEN, MESSAGE_MAX, MediaSymbol, Report, Said,
    Statement, report_name,
};
pub use invite::{INVITE_LEN, INVITE_SECRET_LEN, Invite};
pub use message::{
    CELL_MESSAGE_LEN, CellMessage, MessageKey, REPLY_TEXT_MAX, SEALED_MESSAGE_LEN, SealedMessage,
};
pub use reply::{Content, InviteRefused, REPLY_PLAINTEXT_LEN, Reply, ReplyError};
pub use reply_chains::{
    BUCKET_EPOCH_S, BUCKET_SECRET_LEN, BucketSecret, Found, Hints, REPLIES_A_DROP,
    REPLY_ADVANCE_MAX, REPLY_CHAINS_LEN, REPLY_WINDOW, ReplyChains, ReplyChainsError,
};
pub use steps::{Heard, Listener, MAC_LEN, Moved, STEP_ID_LEN, Speaker, StepId, StepKey, WINDOW};
pub use whisper::{
    ANSWER_BITS, AnswerWords, Overheard, WHISPER_CHAINS_LEN, WhisperListener, WhisperMoved,
    WhisperSpeaker, WhisperStep,
};
pub use whisper_index::{CANDIDATES_MAX, WhisperIndex};
