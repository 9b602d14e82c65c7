//! Places on WGS 84 and the grids they are rounded to.

use thiserror::Error;

/// A point on WGS 84, in units of 1e-7 degree (about 11 mm of latitude).
///
/// Integers, so that a rounded place has exactly one encoding on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    lat_e7: i32,
    lon_e7: i32,
}

/// Why numbers are not a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// Not a number, or outside -90..=90.
    #[error("latitude is not within -90 to 90 degrees")]
    Latitude,
    /// Not a number, or outside -180..=180.
    #[error("longitude is not within -180 to 180 degrees")]
    Longitude,
}

/// How exactly the purpose of a kind needs its place (design section 3).
///
/// Only these three exist: finer would serve aiming, other steps would make grids that
/// can be intersected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// 10 m: mines and what else must be stepped around.
    Metres10,
    /// 100 m: what happened to people and houses.
    Metres100,
    /// 1 km: whatever moves, and whatever bears arms.
    Metres1000,
}

impl Precision {
    /// Edge of a grid cell, in metres.
    pub const fn metres(self) -> u32 {
        match self {
            Self::Metres10 => 10,
            Self::Metres100 => 100,
            Self::Metres1000 => 1_000,
        }
    }

    /// The precision with this edge, if there is one.
    pub const fn from_metres(metres: u32) -> Option<Self> {
        match metres {
            10 => Some(Self::Metres10),
            100 => Some(Self::Metres100),
            1_000 => Some(Self::Metres1000),
            _ => None,
        }
    }

    /// Height of a cell in 1e-7 degree: edge / 111,320 m per degree, to the nearest unit.
    const fn lat_step(self) -> i32 {
        match self {
            Self::Metres10 => 898,
            Self::Metres100 => 8_983,
            Self::Metres1000 => 89_831,
        }
    }
}

const E7: f64 = 1e7;
const MAX_LAT: i32 = 900_000_000;
const MAX_LON: i32 = 1_800_000_000;

impl Place {
    /// From decimal degrees.
    ///
    /// # Errors
    /// When a number is not finite or out of range.
    pub fn from_degrees(lat: f64, lon: f64) -> Result<Self, PlaceError> {
        if !lat.is_finite() || lat.abs() > 90.0 {
            return Err(PlaceError::Latitude);
        }
        if !lon.is_finite() || lon.abs() > 180.0 {
            return Err(PlaceError::Longitude);
        }
        Self::from_e7(
            libm::round(lat * E7) as i32,
            i64::from(libm::round(lon * E7) as i32),
        )
    }

    /// From units of 1e-7 degree.
    ///
    /// # Errors
    /// When a number is out of range.
    pub fn from_e7(lat_e7: i32, lon_e7: i64) -> Result<Self, PlaceError> {
        if !(-MAX_LAT..=MAX_LAT).contains(&lat_e7) {
            return Err(PlaceError::Latitude);
        }
        match i32::try_from(lon_e7) {
            Ok(lon) if (-MAX_LON..=MAX_LON).contains(&lon) => Ok(Self {
                lat_e7,
                lon_e7: lon,
            }),
            _ => Err(PlaceError::Longitude),
        }
    }

    /// Latitude in decimal degrees.
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / E7
    }

    /// Longitude in decimal degrees.
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / E7
    }

    /// Latitude in 1e-7 degree.
    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    /// Longitude in 1e-7 degree.
    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    /// The centre of the grid cell of `precision` that holds this place.
    ///
    /// Rows have equal height; within a band of one whole degree of latitude all cells have the
    /// same width, so that the cell of a centre is the cell itself and rounding twice changes
    /// nothing.
    #[must_use]
    pub fn rounded(self, precision: Precision) -> Self {
        let step = precision.lat_step();
        let lat = centre(self.lat_e7, step, MAX_LAT);
        let lon = centre(self.lon_e7, lon_step(lat, step), MAX_LON);
        Self {
            lat_e7: lat,
            lon_e7: lon,
        }
    }

    /// Row and column of the grid cell of `precision` that holds this place, counted from latitude and longitude 0.
    pub(crate) fn cell(self, precision: Precision) -> (i32, i32) {
        let step = precision.lat_step();
        let lat = centre(self.lat_e7, step, MAX_LAT);
        let lon = lon_step(lat, step);
        (
            lat.div_euclid(step),
            centre(self.lon_e7, lon, MAX_LON).div_euclid(lon),
        )
    }

    /// The centre of a cell by row and column; `None` where there is no such cell.
    pub(crate) fn of_cell(precision: Precision, row: i32, column: i32) -> Option<Self> {
        let step = precision.lat_step();
        let middle = |index: i32, step: i32| index.checked_mul(step)?.checked_add(step / 2);
        let lat = middle(row, step)?;
        let lon = middle(column, lon_step(lat, step))?;
        Self::from_e7(lat, i64::from(lon)).ok()
    }

    /// The column of a row in which a longitude lies; `None` where there is no such row.
    pub(crate) fn column_of(precision: Precision, row: i32, lon_e7: i32) -> Option<i32> {
        let at = Self::of_cell(precision, row, 0)?;
        Some(
            Self {
                lat_e7: at.lat_e7,
                lon_e7,
            }
            .cell(precision)
            .1,
        )
    }

    /// Whether this place is already the centre of a cell of `precision`, so that it says
    /// no more than the kind allows.
    pub fn is_rounded(self, precision: Precision) -> bool {
        self == self.rounded(precision)
    }
}

/// Width of a cell in 1e-7 degree of longitude, at the middle of the row's whole-degree band.
/// `libm` and not the platform's cosine: phone and desk must agree to the unit.
fn lon_step(row_centre: i32, lat_step: i32) -> i32 {
    let band = (row_centre.unsigned_abs() / 10_000_000).min(89);
    let cos = libm::cos((f64::from(band) + 0.5).to_radians());
    libm::round(f64::from(lat_step) / cos) as i32
}

/// The centre of the interval of length `step` that holds `value`, kept within ±`max`.
fn centre(value: i32, step: i32, max: i32) -> i32 {
    let row = value.div_euclid(step);
    let mid = i64::from(row) * i64::from(step) + i64::from(step / 2);
    // The last cell at a pole or at the antimeridian may be cut off: its centre is then the last
    // whole centre inside, which lies in the row before.
    let mid = if mid > i64::from(max) {
        mid - i64::from(step)
    } else if mid < -i64::from(max) {
        mid + i64::from(step)
    } else {
        mid
    };
    mid as i32
}

/// A box of latitude and longitude that a deployment looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// South-west corner.
    pub south_west: Place,
    /// North-east corner.
    pub north_east: Place,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Precision; 3] = [
        Precision::Metres10,
        Precision::Metres100,
        Precision::Metres1000,
    ];

    fn metres_apart(a: Place, b: Place) -> f64 {
        let north = (a.lat() - b.lat()) * 111_320.0;
        let east = (a.lon() - b.lon()) * 111_320.0 * a.lat().to_radians().cos();
        north.hypot(east)
    }

    #[test]
    fn steps_follow_from_the_length_of_a_degree() {
        for p in ALL {
            let derived = (f64::from(p.metres()) / 111_320.0 * E7).round() as i32;
            assert_eq!(p.lat_step(), derived);
        }
    }

    #[test]
    fn neighbours_within_a_cell_become_one_place() {
        let a = Place::from_degrees(48.01590, 37.80280)
            .unwrap()
            .rounded(Precision::Metres1000);
        let b = Place::from_degrees(48.01600, 37.80290)
            .unwrap()
            .rounded(Precision::Metres1000);
        assert_eq!(a, b);
    }

    #[test]
    fn poles_and_antimeridian_stay_in_range() {
        for p in ALL {
            for (lat, lon) in [
                (90.0, 180.0),
                (-90.0, -180.0),
                (0.0, 180.0),
                (89.99999, -180.0),
            ] {
                let r = Place::from_degrees(lat, lon).unwrap().rounded(p);
                assert!(r.is_rounded(p), "{lat} {lon} {p:?} {r:?}");
            }
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        assert_eq!(
            Place::from_degrees(f64::NAN, 0.0),
            Err(PlaceError::Latitude)
        );
        assert_eq!(
            Place::from_degrees(0.0, f64::INFINITY),
            Err(PlaceError::Longitude)
        );
        assert_eq!(Place::from_degrees(90.1, 0.0), Err(PlaceError::Latitude));
        assert_eq!(Place::from_e7(0, 1_800_000_001), Err(PlaceError::Longitude));
    }

    proptest! {
        #[test]
        fn rounding_twice_changes_nothing(lat in -90.0..=90.0f64, lon in -180.0..=180.0f64) {
            for p in ALL {
                let once = Place::from_degrees(lat, lon).unwrap().rounded(p);
                prop_assert_eq!(once, once.rounded(p));
                prop_assert!(once.lat().abs() <= 90.0 && once.lon().abs() <= 180.0);
            }
        }

        #[test]
        fn rounding_moves_less_than_a_cell(lat in -80.0..=80.0f64, lon in -179.9..=179.9f64) {
            for p in ALL {
                let at = Place::from_degrees(lat, lon).unwrap();
                prop_assert!(metres_apart(at, at.rounded(p)) < f64::from(p.metres()));
            }
        }
    }
}
