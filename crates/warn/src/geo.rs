//! Places: points in millionths of a degree, circles in metres.
//!
//! Whole numbers, so that equal places are equal bytes: a millionth of a
//! degree is 11 cm at most, far finer than any warning.

use std::fmt::{self, Write as _};

/// Why something is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// Latitude outside -90 to 90 or not a number.
    #[error("latitude is outside -90 to 90 degrees")]
    Latitude,
    /// Longitude outside -180 to 180 or not a number.
    #[error("longitude is outside -180 to 180 degrees")]
    Longitude,
    /// A radius that is negative, not a number, or beyond half the Earth.
    #[error("radius is outside 0 to {max} km", max = MAX_RADIUS_M / 1_000)]
    Radius,
    /// CAP 1.2, 3.2.4 `polygon`: at least four pairs.
    #[error("polygon has {points} points and needs at least 4")]
    FewPoints {
        /// How many there are.
        points: usize,
    },
    /// CAP 1.2, 3.2.4 `polygon`: the first and the last pair must be the same.
    #[error("polygon does not end where it begins")]
    NotClosed,
    /// Not in the written form of CAP 1.2, 3.2.4.
    #[error("place is malformed")]
    Malformed,
}

/// Half of the Earth's circumference, rounded up: a wider circle is the Earth.
const MAX_RADIUS_M: u32 = 20_038_000;

/// A WGS 84 point (CAP 1.2, 3.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    lat: i32,
    lon: i32,
}

impl Point {
    /// From degrees, rounded to a millionth.
    ///
    /// # Errors
    /// [`PlaceError::Latitude`] or [`PlaceError::Longitude`] out of range.
    pub fn new(lat: f64, lon: f64) -> Result<Self, PlaceError> {
        Ok(Self {
            lat: micro(lat, 90.0).ok_or(PlaceError::Latitude)?,
            lon: micro(lon, 180.0).ok_or(PlaceError::Longitude)?,
        })
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat) / 1e6
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon) / 1e6
    }

    pub(crate) fn parse(text: &str) -> Result<Self, PlaceError> {
        let (lat, lon) = text.split_once(',').ok_or(PlaceError::Malformed)?;
        Self::new(decimal(lat)?, decimal(lon)?)
    }
}

/// `lat,lon` in degrees, without trailing noughts: a coarse place should not
/// look like a fine one.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed(f, i64::from(self.lat), 6)?;
        f.write_char(',')?;
        fixed(f, i64::from(self.lon), 6)
    }
}

/// A circle (CAP 1.2, 3.2.4 `circle`): a point and a radius.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Circle {
    centre: Point,
    radius_m: u32,
}

impl Circle {
    /// A circle of `radius_m` metres.
    ///
    /// # Errors
    /// [`PlaceError::Radius`] beyond half the Earth.
    pub fn new(centre: Point, radius_m: u32) -> Result<Self, PlaceError> {
        if radius_m > MAX_RADIUS_M {
            return Err(PlaceError::Radius);
        }
        Ok(Self { centre, radius_m })
    }

    /// A circle of `radius` kilometres, rounded to a metre.
    ///
    /// # Errors
    /// [`PlaceError::Radius`] if negative, not a number, or too large.
    pub fn from_km(centre: Point, radius: f64) -> Result<Self, PlaceError> {
        let metres = (radius * 1_000.0).round();
        if !(0.0..=f64::from(MAX_RADIUS_M)).contains(&metres) {
            return Err(PlaceError::Radius);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number between 0 and MAX_RADIUS_M"
        )]
        let radius_m = metres as u32;
        Ok(Self { centre, radius_m })
    }

    /// The centre.
    #[must_use]
    pub fn centre(self) -> Point {
        self.centre
    }

    /// The radius in metres.
    #[must_use]
    pub fn radius_m(self) -> u32 {
        self.radius_m
    }

    pub(crate) fn parse(text: &str) -> Result<Self, PlaceError> {
        let mut parts = text.split_ascii_whitespace();
        let (Some(centre), Some(radius), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(PlaceError::Malformed);
        };
        Self::from_km(Point::parse(centre)?, decimal(radius)?)
    }
}

/// `lat,lon radius`, the radius in kilometres.
impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.centre)?;
        fixed(f, i64::from(self.radius_m), 3)
    }
}

/// A closed ring of at least four points (CAP 1.2, 3.2.4 `polygon`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Polygon(Vec<Point>);

impl Polygon {
    /// Checks the ring. Whether it crosses itself is not checked.
    ///
    /// # Errors
    /// [`PlaceError::FewPoints`] or [`PlaceError::NotClosed`].
    pub fn new(points: Vec<Point>) -> Result<Self, PlaceError> {
        if points.len() < 4 {
            return Err(PlaceError::FewPoints {
                points: points.len(),
            });
        }
        if points.first() != points.last() {
            return Err(PlaceError::NotClosed);
        }
        Ok(Self(points))
    }

    /// The points, the first repeated as the last.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, PlaceError> {
        let points = text.split_ascii_whitespace().map(Point::parse);
        Self::new(points.collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for Polygon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, point) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            write!(f, "{point}")?;
        }
        Ok(())
    }
}

/// A height above mean sea level in thousandths of a foot (CAP 1.2, 3.2.4
/// `altitude`: feet, `xs:decimal`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feet(i64);

impl Feet {
    /// From thousandths of a foot.
    #[must_use]
    pub fn from_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// In thousandths of a foot.
    #[must_use]
    pub fn thousandths(self) -> i64 {
        self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, PlaceError> {
        let thousandths = (decimal(text)? * 1_000.0).round();
        // A million feet is beyond the air; the bound keeps the cast exact.
        if thousandths.abs() > 1e9 {
            return Err(PlaceError::Malformed);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within 1e9")]
        Ok(Self(thousandths as i64))
    }
}

impl fmt::Display for Feet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed(f, self.0, 3)
    }
}

fn micro(degrees: f64, limit: f64) -> Option<i32> {
    if !(-limit..=limit).contains(&degrees) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 180 million, in range of i32"
    )]
    Some((degrees * 1e6).round() as i32)
}

/// Digits with at most one point and a sign; `f64::from_str` alone would also
/// take exponents, `inf` and `nan`.
fn decimal(text: &str) -> Result<f64, PlaceError> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && text.len() <= 32;
    if !plain {
        return Err(PlaceError::Malformed);
    }
    text.parse().ok().ok_or(PlaceError::Malformed)
}

/// Writes `value / 10^places` without trailing noughts.
fn fixed(f: &mut fmt::Formatter<'_>, value: i64, places: usize) -> fmt::Result {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    write!(f, "{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn coarse_places_are_written_coarsely() {
        let centre = Point::new(47.57, 35.8).unwrap();
        assert_eq!(
            Circle::new(centre, 3_500).unwrap().to_string(),
            "47.57,35.8 3.5"
        );
        assert_eq!(Point::new(-0.5, -180.0).unwrap().to_string(), "-0.5,-180");
        assert_eq!(Circle::new(centre, 0).unwrap().to_string(), "47.57,35.8 0");
    }

    #[test]
    fn coordinates_keep_within_the_globe() {
        assert_eq!(Point::new(90.1, 0.0), Err(PlaceError::Latitude));
        assert_eq!(Point::new(f64::NAN, 0.0), Err(PlaceError::Latitude));
        assert_eq!(Point::new(0.0, -180.1), Err(PlaceError::Longitude));
        assert_eq!(Point::new(0.0, f64::INFINITY), Err(PlaceError::Longitude));
    }

    #[test]
    fn radii_are_neither_negative_nor_wider_than_the_earth() {
        let centre = Point::new(0.0, 0.0).unwrap();
        for radius in [-0.001, f64::NAN, 20_039.0, f64::INFINITY] {
            assert_eq!(
                Circle::from_km(centre, radius),
                Err(PlaceError::Radius),
                "{radius}"
            );
        }
        assert_eq!(
            Circle::new(centre, MAX_RADIUS_M + 1),
            Err(PlaceError::Radius)
        );
    }

    #[test]
    fn polygons_are_closed_rings_of_four_or_more() {
        assert_eq!(
            Polygon::parse("1,1 2,2 1,1"),
            Err(PlaceError::FewPoints { points: 3 })
        );
        assert_eq!(
            Polygon::parse("1,1 2,2 2,1 1,2"),
            Err(PlaceError::NotClosed)
        );
        let ring = "1,1 2,2 2,1 1,1";
        assert_eq!(Polygon::parse(ring).unwrap().to_string(), ring);
    }

    #[test]
    fn numbers_are_plain_decimals() {
        for text in [
            "1e1,1 1", "inf,1 1", "1,nan 1", "1,1", "1,1 1 1", ",1 1", "1 1", "1,.-1 2", "1,1 -",
        ] {
            assert_eq!(Circle::parse(text), Err(PlaceError::Malformed), "{text}");
        }
        assert_eq!(Circle::parse("1,1 -2"), Err(PlaceError::Radius));
        assert_eq!(Circle::parse("+1,-.5 2.").unwrap().to_string(), "1,-0.5 2");
        assert_eq!(Feet::parse("-12.3450").unwrap().to_string(), "-12.345");
    }

    proptest! {
        #[test]
        fn points_read_back(lat in -90_000_000..=90_000_000_i32, lon in -180_000_000..=180_000_000_i32) {
            let point = Point { lat, lon };
            prop_assert_eq!(Point::parse(&point.to_string()), Ok(point));
            prop_assert_eq!(Point::new(point.lat(), point.lon()), Ok(point));
        }

        #[test]
        fn any_text_is_a_place_or_an_error(text in "[-+0-9., ]{0,40}|.{0,40}") {
            let _: (_, _, _) = (Circle::parse(&text), Polygon::parse(&text), Feet::parse(&text));
        }
    }
}
