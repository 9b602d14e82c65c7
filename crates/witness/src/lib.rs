//! What a phone runs: compose, seal, read the bulletin.
//!
//! Implements the phone's side of sections 3 and 5 of the design: rounding **before** sealing, the
//! choice of the reception key by date, the rule that a bulletin's number only grows, and the
//! [`schedule`] by which every install sends and fetches.
//!
//! **In scope:** [`Phone`], [`Draft`] to observation, checking a relay's answer.
//! **Out of scope:** storage, timers and HTTP (the app around it), the vault (a later issue: until
//! then the app keeps the pseudonym itself). No I/O, no clock, no randomness of its own.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod compose;
mod phone;
pub mod schedule;

pub use compose::{ComposeError, Draft};
pub use phone::{AnswerError, Phone, PhoneError};
