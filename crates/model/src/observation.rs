//! What was seen, as a value and as one byte string.

use minicbor::{Decoder, Encoder};
use thiserror::Error;

use crate::{Form, Place, PlaceError};

/// Longest note, in bytes of UTF-8 (280 Cyrillic letters).
pub const NOTE_MAX: usize = 560;

/// Fields are numbered below this; the salted root in an envelope's header has this many leaves.
pub const FIELD_SLOTS: usize = 16;

/// What was seen: a value without identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Code of the kind in the form, 1 to 63.
    pub kind: u8,
    /// Where, rounded to the precision of the kind.
    pub place: Place,
    /// How far off the place may be, in metres.
    pub off_m: u32,
    /// When it was seen, in seconds since 1970 UTC.
    pub seen: i64,
    /// How far off that time may be, in seconds.
    pub seen_off_s: u32,
    /// How many, where the kind asks.
    pub count: Option<u16>,
    /// Which way it moved, where the kind asks.
    pub heading: Option<Heading>,
    /// How the witness knows.
    pub known: Known,
    /// How much danger the witness is in.
    pub danger: Danger,
    /// Free text of at most [`NOTE_MAX`] bytes.
    pub note: String,
}

/// One of eight directions of 45 degrees; 0 is north, 2 is east.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading(u8);

impl Heading {
    /// From a sector 0 to 7.
    pub const fn from_sector(sector: u8) -> Option<Self> {
        if sector < 8 { Some(Self(sector)) } else { None }
    }

    /// Sector 0 to 7.
    pub const fn sector(self) -> u8 {
        self.0
    }

    /// Middle of the sector, in degrees clockwise from north.
    pub fn degrees(self) -> f64 {
        f64::from(self.0) * 45.0
    }
}

/// How the witness knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// With their own eyes.
    Seen,
    /// With their own ears.
    Heard,
    /// From somebody else.
    Told,
}

/// How much danger the witness is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// None that they know of.
    None,
    /// Some.
    Some,
    /// Now: needs help.
    Acute,
}

/// Why bytes are not an observation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ObservationError {
    /// Not the deterministic encoding of anything: truncated, unsorted, a longer form than
    /// needed, of another type, or followed by more bytes.
    #[error("not a deterministically encoded observation")]
    Encoding,
    /// A field that must be there is not.
    #[error("field {0} is missing")]
    Missing(u8),
    /// A field that this version does not know.
    #[error("field {0} is unknown")]
    Unknown(u64),
    /// A value outside the range of its field.
    #[error("field {0} is out of range")]
    Range(u8),
    /// The place is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// Why an observation does not fit its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unfit {
    /// The form has no such kind.
    #[error("the form has no kind {0}")]
    Kind(u8),
    /// The place says more than the kind's purpose needs.
    #[error("the place is finer than the {0} m that this kind allows")]
    TooFine(u32),
    /// The kind takes no count.
    #[error("this kind takes no count")]
    Count,
    /// The kind takes no heading.
    #[error("this kind takes no heading")]
    Heading,
}

/// Numbers of the fields, in the encoding and among the leaves of the salted root.
/// 11 is kept for media references, 12 for a place code.
mod field {
    pub(super) const KIND: u8 = 1;
    pub(super) const PLACE: u8 = 2;
    pub(super) const OFF_M: u8 = 3;
    pub(super) const SEEN: u8 = 4;
    pub(super) const SEEN_OFF_S: u8 = 5;
    pub(super) const COUNT: u8 = 6;
    pub(super) const HEADING: u8 = 7;
    pub(super) const KNOWN: u8 = 8;
    pub(super) const DANGER: u8 = 9;
    pub(super) const NOTE: u8 = 10;
}

/// Times beyond the year 9999 are refused so that every time can be printed.
const SEEN_MAX: i64 = 253_402_300_799;

type Cbor = Encoder<Vec<u8>>;

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn value(write: impl FnOnce(&mut Cbor) -> Written) -> Option<Vec<u8>> {
    let mut e = Encoder::new(Vec::new());
    write(&mut e).expect(VEC);
    Some(e.into_writer())
}

/// Writing into a `Vec` cannot fail.
const VEC: &str = "writing to a vector cannot fail";

impl Observation {
    /// The encoding of each field by its number, `None` where the field is absent.
    ///
    /// These are the leaves that a case file opens one by one.
    pub fn fields(&self) -> [Option<Vec<u8>>; FIELD_SLOTS] {
        let mut f: [Option<Vec<u8>>; FIELD_SLOTS] = Default::default();
        let mut set = |n: u8, v: Option<Vec<u8>>| f[usize::from(n)] = v;
        set(field::KIND, value(|e| e.u8(self.kind).map(drop)));
        set(
            field::PLACE,
            value(|e| {
                e.array(2)?
                    .i32(self.place.lat_e7())?
                    .i32(self.place.lon_e7())
                    .map(drop)
            }),
        );
        set(field::OFF_M, value(|e| e.u32(self.off_m).map(drop)));
        set(field::SEEN, value(|e| e.i64(self.seen).map(drop)));
        set(
            field::SEEN_OFF_S,
            value(|e| e.u32(self.seen_off_s).map(drop)),
        );
        if let Some(count) = self.count {
            set(field::COUNT, value(|e| e.u16(count).map(drop)));
        }
        if let Some(heading) = self.heading {
            set(field::HEADING, value(|e| e.u8(heading.0).map(drop)));
        }
        set(field::KNOWN, value(|e| e.u8(self.known as u8).map(drop)));
        set(field::DANGER, value(|e| e.u8(self.danger as u8).map(drop)));
        if !self.note.is_empty() {
            set(field::NOTE, value(|e| e.str(&self.note).map(drop)));
        }
        f
    }

    /// The one encoding of this observation: a CBOR map with ascending integer keys.
    pub fn encode(&self) -> Vec<u8> {
        let fields = self.fields();
        let mut e = Encoder::new(Vec::with_capacity(64 + self.note.len()));
        e.map(fields.iter().flatten().count() as u64).expect(VEC);
        for (number, bytes) in fields.iter().enumerate() {
            if let Some(bytes) = bytes {
                e.u8(number as u8).expect(VEC);
                e.writer_mut().extend_from_slice(bytes);
            }
        }
        e.into_writer()
    }

    /// Reads the encoding. Total: any bytes give a value or a reason.
    ///
    /// Does not check the observation against a form; see [`Observation::fits`].
    ///
    /// # Errors
    /// When the bytes are not exactly one observation in its only encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, ObservationError> {
        let seen = Self::decode_lenient(bytes)?;
        // One value, one encoding (RFC 8949 4.2): whatever encodes differently is refused.
        if seen.encode() == bytes {
            Ok(seen)
        } else {
            Err(ObservationError::Encoding)
        }
    }

    fn decode_lenient(bytes: &[u8]) -> Result<Self, ObservationError> {
        use ObservationError as E;
        let bad = |_: minicbor::decode::Error| E::Encoding;
        let mut d = Decoder::new(bytes);
        let n = d.map().map_err(bad)?.ok_or(E::Encoding)?;
        if n > FIELD_SLOTS as u64 {
            return Err(E::Encoding);
        }
        let (mut kind, mut place, mut off_m, mut seen) = (None, None, None, None);
        let (mut seen_off_s, mut count, mut heading) = (None, None, None);
        let (mut known, mut danger, mut note) = (None, None, String::new());
        for _ in 0..n {
            let key = d.u64().map_err(bad)?;
            match u8::try_from(key).map_err(|_big| E::Unknown(key))? {
                field::KIND => kind = Some(d.u8().map_err(bad)?),
                field::PLACE => {
                    if d.array().map_err(bad)? != Some(2) {
                        return Err(E::Encoding);
                    }
                    let (lat, lon) = (d.i32().map_err(bad)?, d.i32().map_err(bad)?);
                    place = Some(Place::from_e7(lat, i64::from(lon))?);
                }
                field::OFF_M => off_m = Some(d.u32().map_err(bad)?),
                field::SEEN => seen = Some(d.i64().map_err(bad)?),
                field::SEEN_OFF_S => seen_off_s = Some(d.u32().map_err(bad)?),
                field::COUNT => count = Some(d.u16().map_err(bad)?),
                field::HEADING => {
                    let sector = d.u8().map_err(bad)?;
                    heading = Some(Heading::from_sector(sector).ok_or(E::Range(field::HEADING))?);
                }
                field::KNOWN => {
                    known = Some(match d.u8().map_err(bad)? {
                        0 => Known::Seen,
                        1 => Known::Heard,
                        2 => Known::Told,
                        _ => return Err(E::Range(field::KNOWN)),
                    });
                }
                field::DANGER => {
                    danger = Some(match d.u8().map_err(bad)? {
                        0 => Danger::None,
                        1 => Danger::Some,
                        2 => Danger::Acute,
                        _ => return Err(E::Range(field::DANGER)),
                    });
                }
                field::NOTE => note = d.str().map_err(bad)?.to_owned(),
                _ => return Err(E::Unknown(key)),
            }
        }
        let kind = kind.ok_or(E::Missing(field::KIND))?;
        let seen = seen.ok_or(E::Missing(field::SEEN))?;
        if !(1..=63).contains(&kind) {
            return Err(E::Range(field::KIND));
        }
        if !(0..=SEEN_MAX).contains(&seen) {
            return Err(E::Range(field::SEEN));
        }
        if note.len() > NOTE_MAX {
            return Err(E::Range(field::NOTE));
        }
        Ok(Self {
            kind,
            place: place.ok_or(E::Missing(field::PLACE))?,
            off_m: off_m.ok_or(E::Missing(field::OFF_M))?,
            seen,
            seen_off_s: seen_off_s.ok_or(E::Missing(field::SEEN_OFF_S))?,
            count,
            heading,
            known: known.ok_or(E::Missing(field::KNOWN))?,
            danger: danger.ok_or(E::Missing(field::DANGER))?,
            note,
        })
    }

    /// Whether `form` has this kind and allows everything that is said, the place above all.
    ///
    /// # Errors
    /// The first thing that the form does not allow.
    pub fn fits(&self, form: &Form) -> Result<(), Unfit> {
        let kind = form.kind(self.kind).ok_or(Unfit::Kind(self.kind))?;
        if !self.place.is_rounded(kind.precision) {
            return Err(Unfit::TooFine(kind.precision.metres()));
        }
        if self.count.is_some() && kind.count.is_none() {
            return Err(Unfit::Count);
        }
        if self.heading.is_some() && !kind.heading {
            return Err(Unfit::Heading);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Precision;
    use proptest::prelude::*;

    fn shelling() -> Observation {
        Observation {
            kind: 2,
            place: Place::from_degrees(48.0159, 37.8028)
                .unwrap()
                .rounded(Precision::Metres100),
            off_m: 400,
            seen: 1_790_000_000,
            seen_off_s: 60,
            count: None,
            heading: None,
            known: Known::Heard,
            danger: Danger::None,
            note: String::new(),
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = Observation {
            note: "біля школи".into(),
            ..shelling()
        }
        .encode();
        for n in 0..bytes.len() {
            assert!(Observation::decode(&bytes[..n]).is_err(), "{n}");
        }
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = shelling().encode();
        bytes.push(0);
        assert_eq!(Observation::decode(&bytes), Err(ObservationError::Encoding));
    }

    #[test]
    fn a_longer_integer_form_is_refused() {
        let bytes = shelling().encode();
        // map(7), key 1, value 2 → the same value 2 in two bytes.
        assert_eq!(&bytes[..3], &[0xa7, 0x01, 0x02]);
        let mut long = vec![0xa7, 0x01, 0x18, 0x02];
        long.extend_from_slice(&bytes[3..]);
        assert_eq!(Observation::decode(&long), Err(ObservationError::Encoding));
    }

    #[test]
    fn an_unknown_field_is_named() {
        let bytes = shelling().encode();
        let mut more = vec![0xa8];
        more.extend_from_slice(&bytes[1..]);
        more.extend_from_slice(&[0x0e, 0x00]);
        assert_eq!(
            Observation::decode(&more),
            Err(ObservationError::Unknown(14))
        );
    }

    #[test]
    fn a_note_of_561_bytes_is_refused() {
        let bytes = Observation {
            note: "x".repeat(561),
            ..shelling()
        }
        .encode();
        assert_eq!(
            Observation::decode(&bytes),
            Err(ObservationError::Range(10))
        );
    }

    #[test]
    fn a_place_finer_than_its_kind_does_not_fit() {
        let form = Form::civil_protection();
        let fine = Observation {
            place: Place::from_degrees(48.0, 37.0).unwrap(),
            ..shelling()
        };
        assert_eq!(shelling().fits(&form), Ok(()));
        assert_eq!(fine.fits(&form), Err(Unfit::TooFine(100)));
        assert_eq!(
            Observation {
                kind: 63,
                ..shelling()
            }
            .fits(&form),
            Err(Unfit::Kind(63))
        );
        let counted = Observation {
            count: Some(3),
            ..shelling()
        };
        assert_eq!(counted.fits(&form), Err(Unfit::Count));
    }

    prop_compose! {
        fn any_observation()(
            kind in 1..=63u8, lat in -90.0..=90.0f64, lon in -180.0..=180.0f64, off_m: u32,
            seen in 0..=SEEN_MAX, seen_off_s: u32, count: Option<u16>,
            heading in proptest::option::of(0..8u8), known in 0..3u8, danger in 0..3u8,
            note in "\\PC{0,100}",
        ) -> Observation {
            Observation {
                kind, place: Place::from_degrees(lat, lon).unwrap(), off_m, seen, seen_off_s, count,
                heading: heading.and_then(Heading::from_sector),
                known: [Known::Seen, Known::Heard, Known::Told][usize::from(known)],
                danger: [Danger::None, Danger::Some, Danger::Acute][usize::from(danger)],
                note,
            }
        }
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(seen in any_observation()) {
            prop_assert_eq!(Observation::decode(&seen.encode()).unwrap(), seen);
        }

        #[test]
        fn any_bytes_give_a_value_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(seen) = Observation::decode(&bytes) {
                prop_assert_eq!(seen.encode(), bytes);
            }
        }
    }
}
