//! Drill 4, *network tapped*: from what crosses the network of an app in an epoch, did its person
//! report?
//!
//! The attacker knows of each request kind, sizes, beginning and end, and when the app was open: more
//! than TLS shows. Captures come from real apps or from [`simulate()`], which runs the phone's own
//! [`lapwing_witness::schedule`].

mod features;
mod simulate;

pub use simulate::{Rule, simulate, simulate_sittings};

pub use lapwing_witness::schedule::Request as Kind;

use crate::{
    Auc,
    learn::{self, Row},
};

/// One request as it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When it began, milliseconds since the epoch of the capture began.
    pub at: i64,
    /// When the last byte of its answer had come, or it was given up: what follows sooner or later
    /// shows how long the phone was busy with itself.
    pub until: i64,
    /// Which request.
    pub kind: Kind,
    /// Bytes of its body.
    pub up: u32,
    /// Bytes of the answer; 0 when there was none.
    pub down: u32,
}

/// A time during which the app was open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// Opened.
    pub from: i64,
    /// Closed.
    pub to: i64,
}

/// What was seen of one app in one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Which app: captures of one app are never on both sides of a split.
    pub app: u64,
    /// In order, not overlapping.
    pub sittings: Vec<Sitting>,
    /// In order.
    pub requests: Vec<Seen>,
    /// What is to be guessed.
    pub reported: bool,
}

/// How well the attacker guesses who reported.
///
/// # Panics
/// When there are too few captures of either kind to be judged.
pub fn guess(captures: &[Capture]) -> Auc {
    learn::guess(&rows(captures))
}

/// How well an attacker who was taught by some captures guesses who of others reported, those being
/// others' apps.
///
/// # Panics
/// As [`guess`].
pub fn guess_taught(by: &[Capture], judged: &[Capture]) -> Auc {
    learn::guess_taught(&rows(by), &rows(judged))
}

fn rows(captures: &[Capture]) -> Vec<Row> {
    captures
        .iter()
        .map(|capture| Row {
            features: features::of(capture),
            positive: capture.reported,
            owner: capture.app,
        })
        .collect()
}
