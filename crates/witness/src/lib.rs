//! What a phone runs: compose, seal, read the bulletin.
//!
//! Implements the phone's side of sections 3 and 5 of the design: rounding **before** sealing, the
//! choice of the reception key by date, the rule that a bulletin's number only grows, and the
//! [`schedule`] by which every install sends and fetches.
//!
//! **In scope:** [`Phone`], [`Draft`] to observation, checking a relay's answer; enrolment and what a
//! known witness says; the [`Inbox`], by which a phone knows its drop and reads it.
//! **Out of scope:** storage, timers and HTTP (the app around it), the vault (a later issue: until
//! then the app keeps the pseudonym itself). No I/O, no clock, no randomness of its own.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod compose;
mod inbox;
mod membership;
mod phone;
mod received;
pub mod schedule;

pub use compose::{ComposeError, Draft};
pub use inbox::{Inbox, InboxError, Wanted};
pub use membership::Standing;
pub use phone::{AnswerError, Phone, PhoneError};
pub use received::{Message, Received};
