//! What the plaintext of an envelope holds.
//!
//! ```text
//! type 1 · length 2 · body · zeros up to 874 bytes
//! ```
//!
//! | type | body |
//! | --- | --- |
//! | 0 cover | none |
//! | 1 report of an unknown witness | CBOR map: 1 author (16 bytes) · 2 sequence · 3 seed of the field salts (32 bytes) · 4 observation (its encoding, as bytes) · 5 time of a replayed report, absent in live ones |
//! | 2 enrolment | see [`Enrolment`] |
//! | 6 whisper | see [`Forwarded`] |
//! | 7 from an enrolled witness | see [`Known`] |
//!
//! 3 message, 4 check-in, 5 media symbol, 8 report and 9 drill come inside of 7 only. All CBOR is deterministic (RFC 8949 4.2): one value, one encoding.

mod enrolment;
mod forwarded;
mod known;
mod media;

use lapwing_model::{Observation, ObservationError};
use lapwing_wire::PLAINTEXT_LEN;
use minicbor::{Decoder, Encoder};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{FieldSeed, SEED_LEN};

pub use enrolment::{By, Enrolment};
pub use forwarded::{Bearer, FORWARDED_MAX, Forwarded};
pub use known::{ACKS_MAX, CheckIn, Known, MESSAGE_MAX, Said, Statement};
pub use media::{MEDIA_NAME_LEN, MEDIA_SYMBOL_LEN, MediaSymbol, report_name};

/// Length of an author's pseudonym: random, known to the phone and the desk only.
pub const AUTHOR_LEN: usize = 16;

const FRAME_HEAD: usize = 3;
const COVER: u8 = 0;
const REPORT: u8 = 1;
const ENROLMENT: u8 = 2;
const WHISPER: u8 = 6;
const KNOWN: u8 = 7;

/// What one envelope says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// Nothing: sent so that sending says nothing.
    Cover,
    /// A phone asks to join a cell, or to begin its chains anew.
    Enrolment(Enrolment),
    /// A whisper that somebody else heard or read.
    Whisper(Forwarded),
    /// From a witness whom the desk knows.
    Known(Known),
    /// An observation of a witness whom the desk does not know.
    Report(Report),
}

/// An observation on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// Pseudonym of the author.
    pub author: [u8; AUTHOR_LEN],
    /// Counts the author's reports, so that one sealed twice counts once.
    pub sequence: u32,
    /// Seed of the salts of its fields.
    pub seed: FieldSeed,
    /// What was seen.
    pub observation: Observation,
    /// When it came in originally, if it is replayed from a record; a live desk refuses it.
    pub replayed_at: Option<i64>,
}

/// Says nothing of what was seen: a frame may end up in an error message.
impl core::fmt::Debug for Report {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Report").finish_non_exhaustive()
    }
}

/// Why a plaintext is no frame.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The body is longer than an envelope holds.
    #[error("a body of {0} bytes does not fit into an envelope")]
    TooLong(usize),
    /// A stated length beyond the plaintext.
    #[error("the stated length of {0} bytes is beyond the plaintext")]
    Length(usize),
    /// Something other than zeros after the body.
    #[error("the padding is not zero")]
    Padding,
    /// A type that this version does not know.
    #[error("type {0} of frames is not known here")]
    Type(u8),
    /// The body is not deterministically encoded.
    #[error("the body is not deterministically encoded")]
    Encoding,
    /// The observation is none.
    #[error("the observation does not hold")]
    Observation(#[from] ObservationError),
}

const VEC: &str = "writing to a vector cannot fail";

impl Frame {
    /// The fields over which the header's root is taken: those of the observation, if there is one.
    pub(crate) fn fields(&self) -> Option<(&FieldSeed, &Observation)> {
        match self {
            Self::Report(report) => Some((&report.seed, &report.observation)),
            Self::Known(known) => match &known.said {
                Said::Report(statement) | Said::Drill(statement) => {
                    Some((&statement.seed, &statement.observation))
                }
                Said::CheckIn(_) | Said::Media(_) | Said::Message(_) => None,
            },
            Self::Cover | Self::Enrolment(_) | Self::Whisper(_) => None,
        }
    }

    /// The plaintext of an envelope.
    ///
    /// # Errors
    /// `TooLong` when the body does not fit.
    pub fn encode(&self) -> Result<Zeroizing<[u8; PLAINTEXT_LEN]>, FrameError> {
        let (kind, body) = match self {
            Self::Cover => (COVER, Zeroizing::default()),
            Self::Enrolment(enrolment) => (ENROLMENT, enrolment.encode()),
            Self::Whisper(forwarded) => (WHISPER, forwarded.encode()),
            Self::Known(known) => (KNOWN, known.encode()),
            Self::Report(report) => (REPORT, report.encode()),
        };
        let mut out = Zeroizing::new([0; PLAINTEXT_LEN]);
        let end = FRAME_HEAD + body.len();
        out[0] = kind;
        out.get_mut(FRAME_HEAD..end)
            .ok_or(FrameError::TooLong(body.len()))?
            .copy_from_slice(&body);
        let length = u16::try_from(body.len()).map_err(|_big| FrameError::TooLong(body.len()))?;
        out[1..FRAME_HEAD].copy_from_slice(&length.to_be_bytes());
        Ok(out)
    }

    /// Reads a plaintext. Total.
    ///
    /// # Errors
    /// When it is not exactly one frame in its only encoding.
    pub fn decode(plaintext: &[u8; PLAINTEXT_LEN]) -> Result<Self, FrameError> {
        let length = usize::from(u16::from_be_bytes([plaintext[1], plaintext[2]]));
        let (body, padding) = plaintext[FRAME_HEAD..]
            .split_at_checked(length)
            .ok_or(FrameError::Length(length))?;
        if padding.iter().any(|&b| b != 0) {
            return Err(FrameError::Padding);
        }
        match plaintext[0] {
            COVER if body.is_empty() => Ok(Self::Cover),
            COVER => Err(FrameError::Encoding),
            REPORT => Report::decode(body).map(Self::Report),
            ENROLMENT => Enrolment::decode(body).map(Self::Enrolment),
            WHISPER => Forwarded::decode(body).map(Self::Whisper),
            KNOWN => Known::decode(body).map(Self::Known),
            other => Err(FrameError::Type(other)),
        }
    }
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Report {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        written(|e| self.write(e))
    }

    fn write(&self, e: &mut Encoder<Vec<u8>>) -> Written {
        e.map(4 + u64::from(self.replayed_at.is_some()))?;
        e.u8(1)?.bytes(&self.author)?.u8(2)?.u32(self.sequence)?;
        e.u8(3)?
            .bytes(self.seed.as_bytes())?
            .u8(4)?
            .bytes(&self.observation.encode())?;
        if let Some(at) = self.replayed_at {
            e.u8(5)?.i64(at)?;
        }
        Ok(())
    }

    fn decode(body: &[u8]) -> Result<Self, FrameError> {
        only(body, Self::read, Self::encode)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, FrameError> {
        let n = map(d, 4..=5)?;
        key(d, 1)?;
        let author = array::<AUTHOR_LEN>(d.bytes().map_err(bad)?)?;
        key(d, 2)?;
        let sequence = d.u32().map_err(bad)?;
        key(d, 3)?;
        let seed = FieldSeed::from_bytes(array::<SEED_LEN>(d.bytes().map_err(bad)?)?);
        key(d, 4)?;
        let observation = Observation::decode(d.bytes().map_err(bad)?)?;
        let replayed_at = if n == 5 {
            key(d, 5)?;
            Some(d.i64().map_err(bad)?)
        } else {
            None
        };
        Ok(Self {
            author,
            sequence,
            seed,
            observation,
            replayed_at,
        })
    }
}

/// One value, one encoding: what is read is written again and compared, which also refuses trailing
/// bytes.
fn only<T>(
    body: &[u8],
    read: impl FnOnce(&mut Decoder<'_>) -> Result<T, FrameError>,
    encode: impl FnOnce(&T) -> Zeroizing<Vec<u8>>,
) -> Result<T, FrameError> {
    let value = read(&mut Decoder::new(body))?;
    if *encode(&value) == body {
        Ok(value)
    } else {
        Err(FrameError::Encoding)
    }
}

fn bad(_: minicbor::decode::Error) -> FrameError {
    FrameError::Encoding
}

fn map(d: &mut Decoder<'_>, members: core::ops::RangeInclusive<u64>) -> Result<u64, FrameError> {
    d.map()
        .map_err(bad)?
        .filter(|n| members.contains(n))
        .ok_or(FrameError::Encoding)
}

fn key(d: &mut Decoder<'_>, wanted: u8) -> Result<(), FrameError> {
    match d.u8() {
        Ok(found) if found == wanted => Ok(()),
        _ => Err(FrameError::Encoding),
    }
}

/// Writes to memory, which cannot fail.
fn written(write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Zeroizing<Vec<u8>> {
    let mut e = Encoder::new(Vec::with_capacity(PLAINTEXT_LEN));
    write(&mut e).expect(VEC);
    Zeroizing::new(e.into_writer())
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], FrameError> {
    bytes.try_into().map_err(|_length| FrameError::Encoding)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use lapwing_model::{Danger, Known, NOTE_MAX, Place, Precision};
    use proptest::prelude::*;

    pub(crate) fn report() -> Report {
        Report {
            author: [7; AUTHOR_LEN],
            sequence: 3,
            seed: FieldSeed::from_bytes([8; SEED_LEN]),
            observation: Observation {
                kind: 2,
                place: Place::from_degrees(48.0, 37.8)
                    .unwrap()
                    .rounded(Precision::Metres100),
                off_m: 300,
                seen: 1_790_000_000,
                seen_off_s: 60,
                count: None,
                heading: None,
                known: Known::Heard,
                danger: Danger::None,
                note: "біля школи".into(),
            },
            replayed_at: None,
        }
    }

    #[test]
    fn the_longest_report_fits() {
        let mut longest = report();
        longest.sequence = u32::MAX;
        longest.replayed_at = Some(i64::MAX);
        longest.observation.note = "x".repeat(NOTE_MAX);
        longest.observation.count = Some(u16::MAX);
        longest.observation.off_m = u32::MAX;
        longest.observation.seen_off_s = u32::MAX;
        longest.observation.heading = lapwing_model::Heading::from_sector(7);
        let frame = Frame::Report(longest);
        assert_eq!(Frame::decode(&frame.encode().unwrap()).unwrap(), frame);
    }

    #[test]
    fn padding_must_be_zero_and_length_must_fit() {
        let mut bytes = Frame::Cover.encode().unwrap();
        bytes[PLAINTEXT_LEN - 1] = 1;
        assert_eq!(Frame::decode(&bytes), Err(FrameError::Padding));
        bytes[1] = 0xff;
        assert_eq!(Frame::decode(&bytes), Err(FrameError::Length(0xff00)));
    }

    #[test]
    fn types_kept_for_later_are_refused_by_number() {
        let mut bytes = Frame::Cover.encode().unwrap();
        for kind in (3..=255).filter(|&kind| kind != KNOWN && kind != WHISPER) {
            bytes[0] = kind;
            assert_eq!(Frame::decode(&bytes), Err(FrameError::Type(kind)));
        }
    }

    #[test]
    fn debugging_prints_nothing_of_the_content() {
        assert_eq!(
            format!("{:?}", Frame::Report(report())),
            "Report(Report { .. })"
        );
    }

    proptest! {
        #[test]
        fn any_plaintext_gives_a_value_or_a_reason(
            kind in 0..9u8, body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut bytes = [0; PLAINTEXT_LEN];
            bytes[0] = kind;
            bytes[1..3].copy_from_slice(&(body.len() as u16).to_be_bytes());
            bytes[3..3 + body.len()].copy_from_slice(&body);
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(*frame.encode().unwrap(), bytes);
            }
        }

        #[test]
        fn a_report_with_any_byte_changed_is_another_or_none(at in 0..150usize, by in 1..=255u8) {
            let frame = Frame::Report(report());
            let mut bytes = frame.encode().unwrap();
            bytes[at] ^= by;
            if let Ok(other) = Frame::decode(&bytes) {
                prop_assert_ne!(other, frame);
            }
        }
    }
}
