//! From what a person put in to an observation.

use lapwing_model::{
    Danger, Form, Heading, Known, NOTE_MAX, Observation, Place, PlaceError, Unfit,
};
use thiserror::Error;

/// Farther into the future a time cannot be a slip of the clock.
const FUTURE_S: i64 = 600;

/// What a person put in, before rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Code of the kind.
    pub kind: u8,
    /// Latitude in decimal degrees, as exactly as it was given.
    pub lat: f64,
    /// Longitude in decimal degrees.
    pub lon: f64,
    /// How far off the place may be, in metres.
    pub off_m: u32,
    /// When it was seen, in seconds since 1970 UTC.
    pub seen: i64,
    /// How far off that time may be, in seconds.
    pub seen_off_s: u32,
    /// How many.
    pub count: Option<u16>,
    /// Sector 0 (north) to 7.
    pub heading: Option<u8>,
    /// How they know.
    pub known: Known,
    /// How much danger they are in.
    pub danger: Danger,
    /// Free text.
    pub note: String,
}

/// Why a draft is no observation, so that the app can say what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// The place is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The direction is none of the eight.
    #[error("sector {0} is no direction")]
    Heading(u8),
    /// The note is too long.
    #[error("the note has {0} bytes, 560 fit")]
    Note(usize),
    /// The time lies in the future.
    #[error("the time lies in the future")]
    Future,
    /// The form does not allow it.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

impl Draft {
    /// The observation, its place rounded to what the kind's purpose needs.
    ///
    /// # Errors
    /// What must be changed first.
    pub fn compose(&self, form: &Form, now: i64) -> Result<Observation, ComposeError> {
        let kind = form.kind(self.kind).ok_or(Unfit::Kind(self.kind))?;
        if self.note.len() > NOTE_MAX {
            return Err(ComposeError::Note(self.note.len()));
        }
        if self.seen > now.saturating_add(FUTURE_S) {
            return Err(ComposeError::Future);
        }
        let heading = self
            .heading
            .map(|sector| Heading::from_sector(sector).ok_or(ComposeError::Heading(sector)))
            .transpose()?;
        let observation = Observation {
            kind: self.kind,
            place: Place::from_degrees(self.lat, self.lon)?.rounded(kind.precision),
            off_m: self.off_m,
            seen: self.seen,
            seen_off_s: self.seen_off_s,
            count: self.count,
            heading,
            known: self.known,
            danger: self.danger,
            note: self.note.clone(),
        };
        observation.fits(form)?;
        Ok(observation)
    }
}
