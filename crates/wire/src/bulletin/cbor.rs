//! What all parts of a bulletin are written and read with.

use lapwing_model::Place;
use minicbor::{Decoder, Encoder};

use super::BulletinError;

/// More would not fit into [`BULLETIN_MAX`](super::BULLETIN_MAX); keeps a hostile length from reserving memory.
const LIST_MAX: u64 = 4_096;

pub(super) type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

pub(super) enum ReadError {
    Cbor,
    Bulletin(BulletinError),
}

impl From<minicbor::decode::Error> for ReadError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Cbor
    }
}

impl From<BulletinError> for ReadError {
    fn from(why: BulletinError) -> Self {
        Self::Bulletin(why)
    }
}

pub(super) fn expect(found: Option<u64>, wanted: u64) -> Result<(), ReadError> {
    if found == Some(wanted) {
        Ok(())
    } else {
        Err(ReadError::Cbor)
    }
}

pub(super) fn length(found: Option<u64>) -> Result<u64, ReadError> {
    found.filter(|&n| n <= LIST_MAX).ok_or(ReadError::Cbor)
}

pub(super) fn key(d: &mut Decoder<'_>, wanted: u8) -> Result<(), ReadError> {
    if d.u8()? == wanted {
        Ok(())
    } else {
        Err(ReadError::Cbor)
    }
}

/// Whether the next member has this key; it is read only then.
pub(super) fn optional(d: &mut Decoder<'_>, wanted: u8) -> Result<bool, ReadError> {
    let there = d.probe().u8().is_ok_and(|found| found == wanted);
    if there {
        key(d, wanted)?;
    }
    Ok(there)
}

pub(super) fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], ReadError> {
    bytes.try_into().map_err(|_length| ReadError::Cbor)
}

pub(super) fn write_place(e: &mut Encoder<Vec<u8>>, place: Place) -> Written {
    e.array(2)?.i32(place.lat_e7())?.i32(place.lon_e7())?;
    Ok(())
}

pub(super) fn read_place(d: &mut Decoder<'_>) -> Result<Place, ReadError> {
    expect(d.array()?, 2)?;
    let (lat, lon) = (d.i32()?, d.i32()?);
    Place::from_e7(lat, i64::from(lon)).map_err(|_range| ReadError::Cbor)
}
