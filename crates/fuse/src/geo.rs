//! Small geometry on the sphere: distances, local planes and a global cell grid.
//!
//! Positions are WGS 84 degrees, distances kilometres. Distances use the haversine formula on a sphere of
//! 6371.0088 km; local planes are equirectangular about an anchor, which is right to better than 0.5 % within
//! 100 km. Longitudes are compared modulo 360, so nothing changes at the antimeridian. At the poles all
//! longitudes are one place.

/// Mean radius of the earth in kilometres.
pub(crate) const EARTH_KM: f64 = 6371.0088;
/// Kilometres in one degree of latitude.
pub(crate) const KM_PER_LAT: f64 = 110.574;
/// Kilometres in one degree of longitude at the equator.
pub(crate) const KM_PER_LON: f64 = 111.320;

/// Small enough that all longitudes meet at the pole, large enough to divide by.
const COS_AT_POLE: f64 = 1e-6;

/// Great-circle distance between two positions, in kilometres.
#[must_use]
pub fn haversine_km(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> f64 {
    let (p1, p2) = (lat1.to_radians(), lat2.to_radians());
    let dp = p2 - p1;
    let dl = (lon2 - lon1).to_radians();
    let a = (dp / 2.0).sin().powi(2) + p1.cos() * p2.cos() * (dl / 2.0).sin().powi(2);
    2.0 * EARTH_KM * a.clamp(0.0, 1.0).sqrt().asin()
}

/// Difference of two longitudes in degrees, brought to -180..=180.
pub(crate) fn lon_difference(a: f64, b: f64) -> f64 {
    let d = a - b;
    if d > 180.0 {
        d - 360.0
    } else if d < -180.0 {
        d + 360.0
    } else {
        d
    }
}

/// Brings any number to a latitude; what is not finite becomes 0.
pub(crate) fn sane_lat(lat: f64) -> f64 {
    if lat.is_finite() {
        lat.clamp(-90.0, 90.0)
    } else {
        0.0
    }
}

/// Brings any number to a longitude in -180..180; what is not finite becomes 0.
pub(crate) fn sane_lon(lon: f64) -> f64 {
    if lon.is_finite() {
        (lon + 180.0).rem_euclid(360.0) - 180.0
    } else {
        0.0
    }
}

/// Cosine of the latitude, kept away from nought.
pub(crate) fn cos_lat(lat: f64) -> f64 {
    lat.to_radians().cos().max(COS_AT_POLE)
}

/// A local plane in kilometres about an anchor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    lat: f64,
    lon: f64,
    km_per_lon: f64,
}

impl Plane {
    pub(crate) fn about(lat: f64, lon: f64) -> Self {
        Self {
            lat,
            lon,
            km_per_lon: KM_PER_LON * cos_lat(lat),
        }
    }

    /// Kilometres east and north of the anchor.
    pub(crate) fn xy(&self, lat: f64, lon: f64) -> (f64, f64) {
        (
            lon_difference(lon, self.lon) * self.km_per_lon,
            (lat - self.lat) * KM_PER_LAT,
        )
    }

    /// Latitude and longitude of a point of the plane.
    pub(crate) fn position(&self, x: f64, y: f64) -> (f64, f64) {
        (
            sane_lat(self.lat + y / KM_PER_LAT),
            sane_lon(self.lon + x / self.km_per_lon),
        )
    }
}

/// Cells of roughly equal size that cover the globe: rows of latitude, each with its own number of columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells {
    step_deg: f64,
    km: f64,
}

impl Cells {
    /// Cells about `km` on a side.
    pub(crate) fn of(km: f64) -> Self {
        Self {
            step_deg: km / KM_PER_LAT,
            km,
        }
    }

    fn row(&self, lat: f64) -> i32 {
        ((lat + 90.0) / self.step_deg).floor() as i32
    }

    fn columns(&self, row: i32) -> i32 {
        let middle = (f64::from(row) + 0.5) * self.step_deg - 90.0;
        ((360.0 * KM_PER_LON * cos_lat(middle) / self.km).floor() as i32).max(1)
    }

    /// The cell that holds a position.
    pub(crate) fn at(&self, lat: f64, lon: f64) -> (i32, i32) {
        let row = self.row(lat);
        let n = self.columns(row);
        let column = ((lon + 180.0) / 360.0 * f64::from(n)).floor() as i32;
        (row, column.rem_euclid(n))
    }

    /// Calls `f` with each cell that may hold a position within `km` of this one, once each.
    pub(crate) fn around(&self, lat: f64, lon: f64, km: f64, mut f: impl FnMut(i32, i32)) {
        let reach = km / KM_PER_LAT;
        for row in self.row((lat - reach).max(-90.0))..=self.row((lat + reach).min(90.0)) {
            let n = self.columns(row);
            let near_pole = cos_lat((lat.abs() + reach).min(90.0));
            let reach_columns = km / (KM_PER_LON * near_pole) / 360.0 * f64::from(n);
            let middle = (lon + 180.0) / 360.0 * f64::from(n);
            let first = (middle - reach_columns).floor() as i64;
            let last = ((middle + reach_columns).floor() as i64).min(first + i64::from(n) - 1);
            for column in first..=last {
                f(row, column.rem_euclid(i64::from(n)) as i32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_degree_of_latitude_is_a_hundred_and_eleven_kilometres() {
        assert!((haversine_km(48.0, 35.0, 49.0, 35.0) - 111.195).abs() < 0.001);
    }

    #[test]
    fn the_antimeridian_is_no_edge() {
        let plane = Plane::about(10.0, 179.999);
        let (x, _) = plane.xy(10.0, -179.999);
        assert!((x - 0.002 * KM_PER_LON * cos_lat(10.0)).abs() < 1e-9);
        let cells = Cells::of(4.0);
        let mut seen = Vec::new();
        cells.around(10.0, 179.999, 4.0, |r, c| seen.push((r, c)));
        assert!(seen.contains(&cells.at(10.0, -179.999)));
    }

    #[test]
    fn every_cell_around_comes_once_even_at_the_pole() {
        let cells = Cells::of(4.0);
        for lat in [-90.0, -89.99, 0.0, 48.3, 89.99, 90.0] {
            let mut seen = Vec::new();
            cells.around(lat, 12.0, 9.0, |r, c| seen.push((r, c)));
            assert!(seen.contains(&cells.at(lat, 12.0)));
            let n = seen.len();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), n);
        }
    }

    #[test]
    fn nonsense_positions_become_sane() {
        assert_eq!(sane_lat(f64::NAN), 0.0);
        assert_eq!(sane_lon(f64::INFINITY), 0.0);
        assert_eq!(sane_lat(1e300), 90.0);
        assert!((sane_lon(540.0) + 180.0).abs() < 1e-9);
    }
}
