//! Sectors: squares of a hundred kilometres, within which twenty bits name a cell of 100 m.

use crate::{Place, Precision};

/// Cells along each edge of a sector: ten bits.
pub const SECTOR_CELLS: i32 = 1 << (SECTOR_BITS / 2);
/// Bits of a cell's number.
pub const SECTOR_BITS: u32 = 20;

/// Half a degree in 1e-7 degree: how far apart the middles of sectors are.
const LATTICE: i32 = 5_000_000;
const SECTOR_ROWS: i32 = 1_800_000_000 / LATTICE;
const SECTOR_COLUMNS: i32 = 2 * SECTOR_ROWS;

/// A square of 1,024 by 1,024 cells of 100 m (102 km a side) that a witness and the desk agreed on beforehand.
///
/// Its middle is that of a square of half a degree, so that the agreement says no more of where a witness is, and
/// leaves more than 20 km around each of its squares. Its cells are those of [`Precision::Metres100`], so that a
/// cell's centre is a rounded place. They are counted from the south-west; a column is counted along its own row, since
/// rows of another whole degree have wider cells. A sector does not reach across the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sector {
    row: i32,
    column: i32,
}

/// Number of a cell within its sector, twenty bits: row times 1,024 and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SectorCell(u32);

impl SectorCell {
    /// From its number, if that is below 2^20.
    pub const fn new(number: u32) -> Option<Self> {
        if number >> SECTOR_BITS == 0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl Sector {
    /// The sector in the middle of which a place lies.
    pub fn around(place: Place) -> Self {
        let index = |value: i32, count: i32| {
            let from_edge = value.div_euclid(LATTICE) + count / 2;
            from_edge.clamp(0, count - 1)
        };
        Self {
            row: index(place.lat_e7(), SECTOR_ROWS),
            column: index(place.lon_e7(), SECTOR_COLUMNS),
        }
    }

    /// The number by which it is agreed on: row times 720 and column of its half degree, from the south-west of the earth.
    pub const fn number(self) -> u32 {
        (self.row * SECTOR_COLUMNS + self.column).unsigned_abs()
    }

    /// The sector with this number; there are 259,200.
    pub const fn from_number(number: u32) -> Option<Self> {
        let (rows, columns) = (SECTOR_ROWS.unsigned_abs(), SECTOR_COLUMNS.unsigned_abs());
        if number >= rows * columns {
            return None;
        }
        Some(Self {
            row: (number / columns).cast_signed(),
            column: (number % columns).cast_signed(),
        })
    }

    /// Its middle.
    pub fn centre(self) -> Place {
        let middle = |index: i32, count: i32| (index - count / 2) * LATTICE + LATTICE / 2;
        let lon = middle(self.column, SECTOR_COLUMNS);
        Place::from_e7(middle(self.row, SECTOR_ROWS), i64::from(lon)).expect("it is on earth")
    }

    /// The cell that holds a place; `None` outside the sector.
    pub fn cell(self, place: Place) -> Option<SectorCell> {
        let (row, column) = place.cell(Precision::Metres100);
        let (south, west) = self.south_west(row)?;
        let within = |value: i32| (0..SECTOR_CELLS).contains(&value).then_some(value);
        let row = within(row - south)?;
        let column = within(column - west)?;
        Some(SectorCell((row * SECTOR_CELLS + column).unsigned_abs()))
    }

    /// The centre of a cell; `None` where the sector lies over a pole or the antimeridian.
    pub fn place(self, cell: SectorCell) -> Option<Place> {
        let number = cell.0.cast_signed();
        let (middle, _) = self.centre().cell(Precision::Metres100);
        let row = middle - SECTOR_CELLS / 2 + number / SECTOR_CELLS;
        let (_, west) = self.south_west(row)?;
        Place::of_cell(Precision::Metres100, row, west + number % SECTOR_CELLS)
    }

    /// The first row of the sector, and the first column of one of its rows.
    fn south_west(self, row: i32) -> Option<(i32, i32)> {
        let centre = self.centre();
        let (middle, _) = centre.cell(Precision::Metres100);
        let at = Place::column_of(Precision::Metres100, row, centre.lon_e7())?;
        Some((middle - SECTOR_CELLS / 2, at - SECTOR_CELLS / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(lat: f64, lon: f64) -> Place {
        Place::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn a_sector_reaches_fifty_kilometres_from_its_middle() {
        let sector = Sector::around(at(48.0159, 37.8028));
        assert_eq!(sector.centre(), at(48.25, 37.75));
        assert!(sector.cell(at(48.25 + 0.455, 37.75)).is_some());
        assert!(sector.cell(at(48.25 + 0.465, 37.75)).is_none());
        assert!(sector.cell(at(48.25 - 0.455, 37.75)).is_some());
        assert!(sector.cell(at(48.25 - 0.465, 37.75)).is_none());
        assert!(sector.cell(at(48.25, 37.75 + 0.67)).is_some());
        assert!(sector.cell(at(48.25, 37.75 + 0.70)).is_none());
    }

    #[test]
    fn a_sector_is_named_by_a_number_that_says_no_more_than_half_a_degree() {
        for (lat, lon) in [(-90.0, -180.0), (90.0, 180.0), (48.0, 37.8), (-0.1, 0.1)] {
            let sector = Sector::around(at(lat, lon));
            assert_eq!(Sector::from_number(sector.number()), Some(sector));
            assert_eq!(Sector::around(sector.centre()), sector);
        }
        assert_eq!(Sector::around(at(-90.0, -180.0)).number(), 0);
        assert_eq!(Sector::around(at(90.0, 180.0)).number(), 259_199);
        assert_eq!(Sector::from_number(259_200), None);
    }

    #[test]
    fn numbers_beyond_twenty_bits_name_no_cell() {
        assert!(SectorCell::new(SECTOR_CELLS.unsigned_abs().pow(2) - 1).is_some());
        assert_eq!(SectorCell::new(1 << SECTOR_BITS), None);
    }

    #[test]
    fn poles_and_the_antimeridian_give_places_or_none() {
        for (lat, lon) in [(90.0, 0.0), (-90.0, 180.0), (0.0, 180.0), (66.5, -180.0)] {
            let sector = Sector::around(at(lat, lon));
            for number in (0..1 << SECTOR_BITS).step_by(4_099) {
                let cell = SectorCell::new(number).unwrap();
                if let Some(place) = sector.place(cell) {
                    assert!(place.lat().abs() <= 90.0 && place.lon().abs() <= 180.0);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn whoever_is_in_a_sectors_half_degree_can_speak_of_twenty_kilometres_around(
            lat in -65.0..=65.0f64, lon in -170.0..=170.0f64, turn in 0.0..core::f64::consts::TAU,
        ) {
            let here = at(lat, lon);
            let north = 20_000.0 / 111_320.0;
            let east = north / lat.to_radians().cos();
            let there = at(lat + north * turn.sin(), lon + east * turn.cos());
            prop_assert!(Sector::around(here).cell(there).is_some());
        }

        #[test]
        fn a_cell_is_where_its_centre_is(
            lat in -80.0..=80.0f64, lon in -170.0..=170.0f64, number in 0..1_u32 << SECTOR_BITS,
        ) {
            let sector = Sector::around(at(lat, lon));
            let cell = SectorCell::new(number).unwrap();
            let place = sector.place(cell).unwrap();
            prop_assert!(place.is_rounded(Precision::Metres100));
            prop_assert_eq!(sector.cell(place), Some(cell));
        }

        #[test]
        fn a_place_rounded_to_a_kilometre_survives_the_cell_of_a_hundred_metres(
            lat in -80.0..=80.0f64, lon in -170.0..=170.0f64, north in -0.4..0.4f64, east in -0.4..0.4f64,
        ) {
            let sector = Sector::around(at(lat, lon));
            for precision in [Precision::Metres100, Precision::Metres1000] {
                let place = at(lat + north, lon + east).rounded(precision);
                if let Some(cell) = sector.cell(place) {
                    prop_assert_eq!(sector.place(cell).unwrap().rounded(precision), place);
                }
            }
        }
    }
}
