//! Vectors of Lapwing's own formats, shared by everything that reads them: what each decoder takes,
//! what it refuses, and under which stable name.
//!
//! Implements *annotated vectors, most of them rejections* of section 5 of the design. `v1/*.json`
//! holds one file a format; `docs/PROTOCOL.md` shows the bytes of one accepted case of each field by
//! field. `cargo run -p lapwing-vectors` writes the files, the same bytes each time; the tests read
//! them back without the generator and hold every decoder to them. The web tests read the same files
//! through the core that is built for browsers.
//!
//! **In scope:** making, writing and reading the files, the stable names of refusals.
//! **Out of scope:** vectors of the specifications below us (`published/`, read by `lapwing-seal`).
//!
//! ```
//! let file = lapwing_vectors::read("envelope")?;
//! assert_eq!(file.format, "envelope");
//! assert!(file.cases.iter().any(|case| case.expect == "version"));
//! # Ok::<(), anyhow::Error>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod case;
mod cbor;
mod files;
mod formats;
mod world;

pub use case::{Case, File, Fill, Refusal, Verdict};
pub use files::{folder, read, text};
pub use formats::{FORMATS, Format};
