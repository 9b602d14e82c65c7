//! One function per decoder of what comes from outside, to be fed with anything.
//!
//! Each holds its decoder to what the design (section 5) promises: no panic, one value has one encoding, nothing
//! trailing. It answers whether the input was accepted, so that a corpus which the decoder refuses as a whole is
//! noticed. [`TARGETS`] lists them all; `tests/smoke.rs` runs each over its corpus and seeded mutations of it in every
//! ordinary test run, and `cargo xtask fuzz NAME` runs one under libFuzzer, guided by coverage.
//!
//! A new decoder takes: a function here with its line in [`TARGETS`], `fuzz_targets/NAME.rs`, samples in
//! `corpus/NAME/` (written by `cargo run -p lapwing-fuzz --example corpus`).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod codebook;
mod courier;
mod model;
mod pass;
mod seal;
mod vault;
mod warn;
mod wire;
mod words;

pub use codebook::codebook;
pub use courier::{bundle, piece};
pub use model::{form, observation};
pub use pass::{invite_passes, pass, pass_request, wallet};
pub use seal::{EPOCH, cell_message, drop, frame, opening, reception_key, reply, secret};
pub use vault::{vault_content, vault_image};
pub use warn::cap;
pub use wire::{
    answer, bulletin, envelope, publication, pull_signature, pulled, receipt, release, root_key,
    whisper,
};
pub use words::words;

/// A decoder under test; answers whether the input was accepted.
pub type Target = fn(&[u8]) -> bool;

/// Every target by the name of its file in `fuzz_targets` and of its folder in `corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("answer", answer),
    ("bulletin", bulletin),
    ("bundle", bundle),
    ("cap", cap),
    ("cell_message", cell_message),
    ("codebook", codebook),
    ("drop", drop),
    ("envelope", envelope),
    ("form", form),
    ("frame", frame),
    ("invite_passes", invite_passes),
    ("observation", observation),
    ("opening", opening),
    ("pass", pass),
    ("pass_request", pass_request),
    ("piece", piece),
    ("publication", publication),
    ("pull_signature", pull_signature),
    ("pulled", pulled),
    ("receipt", receipt),
    ("reception_key", reception_key),
    ("release", release),
    ("reply", reply),
    ("wallet", wallet),
    ("whisper", whisper),
    ("words", words),
    ("vault_content", vault_content),
    ("vault_image", vault_image),
];
