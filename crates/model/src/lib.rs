//! Observation, form, place and time: plain values and their encoding.
//!
//! Implements sections 3 and 5 (*Observation*) of the design: what a person may say, how exactly
//! they may say it, and the one byte string that stands for it (RFC 8949 4.2 deterministic CBOR
//! with integer keys).
//!
//! **In scope:** values, their limits, rounding of places to the precision of their kind, encoding.
//! **Out of scope:** who said it and how it travels (`lapwing-seal`), what is believed
//! (`lapwing-fuse`). No cryptography, no I/O, no clock, no randomness.
//!
//! ```
//! use lapwing_model::{Form, Observation, Place, Known, Danger};
//! let form = Form::civil_protection();
//! let kind = form.kind_named("shelling").expect("the form has it");
//! let seen = Observation {
//!     kind: kind.code,
//!     place: Place::from_degrees(48.0159, 37.8028)?.rounded(kind.precision),
//!     off_m: 400,
//!     seen: 1_790_000_000,
//!     seen_off_s: 300,
//!     count: None,
//!     heading: None,
//!     known: Known::Heard,
//!     danger: Danger::None,
//!     note: String::new(),
//! };
//! assert_eq!(Observation::decode(&seen.encode())?, seen);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod form;
mod gist;
mod observation;
mod place;
mod sector;

pub use form::{CapDefaults, CountOf, Form, FormError, Kind, Phrase, Texts, Warns};
pub use gist::{COUNTS, GIST_BITS, Gist, GistError, Manner, Misfit, SLOTS_AHEAD, SLOTS_BACK};
pub use observation::{
    Danger, FIELD_SLOTS, Heading, Known, NOTE_MAX, Observation, ObservationError, Unfit,
};
pub use place::{Place, PlaceError, Precision, Region};
pub use sector::{SECTOR_BITS, SECTOR_CELLS, Sector, SectorCell};
