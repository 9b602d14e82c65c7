//! From reports to incidents: pure, streaming.
//!
//! Implements section 8 (*Fuse*) of the design; how it works, what was rejected and what it reaches is in
//! `docs/design/0002-fusing.md`.
//!
//! In scope: matching each report to live incidents as it arrives, revising recent choices, confidence and grade;
//! the measures by which this is judged and the standard methods it is compared with.
//!
//! Out of scope: reading files and rows (`lapwing`), storing and showing incidents (`desk`), warnings (`warn`).
//! Nothing here reads a clock, does I/O or draws random numbers: the state is a function of the calls made.
//!
//! ```
//! use lapwing_fuse::{Fuse, HowKnown, Parameters, Sighting};
//!
//! let mut fuse = Fuse::new(Parameters::default());
//! let first = Sighting {
//!     report: 1, at: 1_000_060, seen: 1_000_031, seen_unc_s: 0, lat: 48.45, lon: 35.05, unc_m: 400.0, kind: 1,
//!     source: 11, heading: None, how_known: HowKnown::Seen,
//! };
//! let second = Sighting { report: 2, at: 1_000_120, seen: 1_000_057, lat: 48.452, source: 12, ..first };
//! let one = fuse.report(&first).incident.expect("an explosion starts an incident");
//! assert_eq!(fuse.report(&second).incident, Some(one));
//! assert_eq!(fuse.incident(one).expect("it is live").sources, 2);
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod batch;
mod clock;
mod confidence;
mod engine;
mod geo;
mod hash;
mod incident;
mod index;
mod kinds;
mod moment;
mod parameters;
mod quiet;
mod sighting;
mod spread;
mod store;

pub mod baselines;
pub mod measures;
pub mod synth;

pub use batch::{Labels, label_all};
pub use engine::{Change, Fuse};
pub use geo::haversine_km;
pub use incident::{Incident, Stance, Voice};
pub use kinds::{KindTable, Shape, TABLE_KINDS, TORNADO};
pub use parameters::Parameters;
pub use sighting::{HowKnown, IncidentId, Sighting, Verdict};
