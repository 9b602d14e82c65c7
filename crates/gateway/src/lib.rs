//! From text messages to envelopes.
//!
//! Implements *whisper (forwarded by a gateway)* of section 5 of the design: a carrier ([`smpp`]) or a provider ([`webhook`])
//! hands over a message; the words in it are read ([`whispers_in`]) and what they may say is sealed to the desk at once,
//! put into a queue on disk ([`Queue`]), acknowledged, and forwarded to a relay ([`forward()`]). Decisions and what was
//! rejected: `docs/design/0015-gateways.md`.
//!
//! **In scope:** reading messages of any number of parts, keeping what they hold until a relay's receipt is there, SMPP 3.4,
//! the common shapes of webhooks.
//! **Out of scope:** whose a whisper is and whether it is genuine (the desk alone can tell), answering anybody, the way to the
//! relay ([`Relay`]: the program's), sending messages.
//!
//! No key that opens anything is here, no number is written anywhere, and what is no whisper is counted and forgotten.
//! Logs hold neither numbers nor texts.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod alphabet;
mod desk;
mod forward;
mod intake;
mod parts;
mod queue;
mod reading;
pub mod smpp;
pub mod webhook;

use std::sync::Arc;

pub use alphabet::DefaultAlphabet;
pub use desk::{Desk, DeskError};
pub use forward::{Forwarding, Relay, Trouble, forward};
pub use intake::{Counts, Holding, Intake, Message, Part, Verdict};
pub use queue::{QUEUE_MAX, Queue, QueueError, Waiting};
pub use reading::whispers_in;

/// Seconds since 1970 UTC, from wherever the program takes them.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
