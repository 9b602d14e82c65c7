//! Attackers of our own, to measure what they learn.
//!
//! A drill gives an attacker, as strong as we can make it, what a searcher would have, and measures
//! how much better than chance it guesses ([`Auc`], with its 95 % interval). Every drill has
//! controls: variants that are broken on purpose and that the attacker must catch, so that a drill
//! can fail.
//!
//! **In scope:** [`seized`] (drill 1 of `docs/THREATS.md`: what a relay's table tells), [`tapped`]
//! (drill 4: who reported, from the traffic of an app?), the [`learn`]ing that attackers share.
//! **Out of scope:** running them for the table (the program `lapwing-drills` beside this library,
//! `cargo xtask drill`). No I/O, no clock; randomness from a seed, so that a drill can be repeated.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod auc;
pub mod learn;
pub mod seized;
pub mod tapped;

pub use auc::{Auc, Scored};
