//! The phone's side of passes: blind, finalise, keep.
//!
//! Implements the client of RFC 9578 6 (token type 0x0002) with RSABSSA-SHA384-PSS-Deterministic of RFC 9474. The
//! formats are those of `lapwing-wire`. A crate of its own because its arithmetic would add a third to what a phone
//! loads first: an app loads this when it fetches passes, and spends them without it.
//!
//! **In scope:** [`Blinder`] (blind, finalise and verify under one key), [`Batch`] (a request that can be made again),
//! [`Wallet`] (a request under way and the passes that are left).
//! **Out of scope:** signing, for which `lapwing-issuer` uses a library that works in constant time; no RSA secret is
//! ever here. Which key to trust: only those of the desk's bulletin are, which is why [`Wallet::request`] asks for an
//! [`lapwing_wire::IssuerKey`]. No I/O, no clock, no randomness of its own.
//!
//! An issuer learns nothing of a pass from issuing it: for every blinded message and every pass under a key there is
//! exactly one blinding factor that leads from the one to the other (RFC 9474 7.1).
//!
//! For WebAssembly the graph holds `getrandom`, which nothing here calls: the app's module must be built with
//! `--cfg getrandom_backend="custom"` and a backend that refuses.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod batch;
mod blinder;
mod wallet;

pub use batch::Batch;
pub use blinder::{Blinder, Blinding, PassCryptoError};
pub use wallet::{WALLET_LEN_MAX, WALLET_MAX, Wallet, WalletError};
