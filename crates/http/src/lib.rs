//! What all of Lapwing's servers share: problem documents and the accept loop.
//!
//! **In scope:** refusals in the form of RFC 9457 ([`Problem`]), listening with or without TLS,
//! limits against slow and many connections and large bodies, shutting down ([`serve()`]).
//! **Out of scope:** routes, which belong to `lapwing-relay` and `lapwing-desk`.
//!
//! The accept loop drops the peer's address before anything else sees the connection: no service,
//! log line or error of these servers can hold one.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod body;
mod patience;
mod problem;
mod serve;

pub use body::read_body;
pub use problem::Problem;
pub use serve::{Bound, ServeError, TlsFiles, bind, serve};
