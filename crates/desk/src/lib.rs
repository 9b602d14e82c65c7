//! The desk: pull, open, journal, fuse, decide, publish.
//!
//! Implements sections 7 and 8 of the design: the only place where reports are open. It calls out
//! to relays; nothing calls in but a browser on the same machine. Everything it shows is a fold
//! over its journal (`docs/design/0003-journal.md`).
//!
//! **In scope:** the encrypted store, the reception keys, pulling, the journal and its fold, the
//! rules by which kinds warn by themselves, publishing, the HTTP of `docs/HTTP.md`.
//! **Out of scope:** what an envelope is (`lapwing-wire`, `lapwing-seal`), how reports become
//! incidents (`lapwing-fuse`), how a CAP document is written (`lapwing-warn`), arguments and
//! printing (`lapwing`).
//!
//! ```no_run
//! # use std::{sync::Arc, error::Error};
//! use lapwing_desk::{ClockMode, Desk, DeskConfig, DropPlan, Gazetteer, KeySource, RelayUrl, SystemClock};
//! use lapwing_model::{Form, Place, Region};
//! # async fn start() -> Result<(), Box<dyn Error>> {
//! let desk = Desk::open_or_init(DeskConfig {
//!     data_dir: "desk".into(),
//!     key: KeySource::File { path: "desk.key".into(), create: true },
//!     mode: ClockMode::Live,
//!     relays: vec![RelayUrl::parse("https://relay.example")?],
//!     region: Region {
//!         south_west: Place::from_degrees(44.0, 22.0)?,
//!         north_east: Place::from_degrees(52.5, 40.3)?,
//!     },
//!     form: Form::civil_protection(),
//!     gazetteer: Gazetteer::default(),
//!     web_dir: None,
//!     pmtiles: None,
//!     drops: DropPlan::default(),
//!     clock: Arc::new(SystemClock),
//! })?;
//! let bound = lapwing_http::bind("127.0.0.1:0".parse()?).await?;
//! println!("{}", desk.sign_in_address(bound.address));
//! desk.run(bound, async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod api;
mod cells;
mod clock;
mod closing;
mod desk;
#[cfg(any(test, feature = "drill"))]
pub mod drill;
pub mod drops;
mod entry;
mod fold;
mod gazetteer;
mod hearing;
mod herald;
mod hub;
mod intake;
mod issuer;
mod judge;
mod line;
mod opening;
mod passes;
mod publication;
mod publish;
mod pull;
mod reception;
mod refusal;
mod relays;
mod rules;
mod standing;
mod store;
mod turn;
mod writer;

pub use api::types;
pub use clock::{Clock, SystemClock};
pub use desk::{ByHand, ClockMode, Desk, DeskConfig, DeskError, Issuer, Rebuilt, StepError};
pub use drops::DropPlan;
pub use gazetteer::{Gazetteer, GazetteerError};
pub use line::{Line, LineError};
pub use relays::{RelayUrl, RelayUrlError};
pub use store::{KeySource, StoreError};
