//! What goes into the engine and the identities that come out of it.

use serde::{Deserialize, Serialize};

/// How the author knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HowKnown {
    /// The author saw it.
    Seen,
    /// The author heard it happen.
    Heard,
    /// Somebody told the author.
    Told,
}

/// One report, reduced to what fusing needs.
///
/// Any value is accepted: positions that are not finite count as 0 degrees, latitudes are clamped to the poles,
/// longitudes are taken modulo 360.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// The report's number, unique; the same number again changes nothing.
    pub report: u64,
    /// Arrival, unix seconds.
    pub at: i64,
    /// The time that the report states, unix seconds.
    pub seen: i64,
    /// How far off the stated time may be, in seconds; 0 where the report does not say.
    pub seen_unc_s: u32,
    /// Latitude, WGS 84 degrees.
    pub lat: f64,
    /// Longitude, WGS 84 degrees.
    pub lon: f64,
    /// How far off the stated place may be, in metres; 0 (or not finite) where the report does not say.
    pub unc_m: f32,
    /// Kind, a code of the form.
    pub kind: u8,
    /// Opaque tag of one person; an equal tag is the same person.
    pub source: u64,
    /// Heading of what moves, in sectors of 45 degrees from north (0..8).
    pub heading: Option<u8>,
    /// How the author knows.
    pub how_known: HowKnown,
}

/// Number of an incident; never used again for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IncidentId(pub u64);

/// An analyst's word on an incident.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing decided.
    #[default]
    Open,
    /// It happened.
    Confirmed,
    /// It is doubted.
    Disputed,
}
