//! Sectors: squares of a hundred kilometres, within which twenty bits name a cell of 100 m.

use crate::{Place, Precision};

/// Cells along each edge of a sector: ten bits.
pub const SECTOR_CELLS: i32 = 1 << (SECTOR_BITS / 2);
/// Bits of a cell's number.
pub const SECTOR_BITS: u32 = 20;

/// A square of 1,024 by 1,024 cells of 100 m (102 km a side) that a witness and the desk agreed on beforehand.
///
/// Its cells are those of [`Precision::Metres100`], so that a cell's centre is a rounded place. They are counted from
/// the south-west; a column is counted along its own row, since rows of another whole degree have wider cells. A
/// sector does not reach across the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sector {
    centre: Place,
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
    /// The sector around a place. The place is rounded to 1 km first: who reads the agreement learns no more.
    pub fn around(place: Place) -> Self {
        Self {
            centre: place.rounded(Precision::Metres1000),
        }
    }

    /// What it lies around, rounded to 1 km.
    pub const fn centre(self) -> Place {
        self.centre
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
        let (south, _) = self.centre.cell(Precision::Metres100);
        let row = south - SECTOR_CELLS / 2 + number / SECTOR_CELLS;
        let (_, west) = self.south_west(row)?;
        Place::of_cell(Precision::Metres100, row, west + number % SECTOR_CELLS)
    }

    /// The first row of the sector, and the first column of one of its rows.
    fn south_west(self, row: i32) -> Option<(i32, i32)> {
        let (middle, _) = self.centre.cell(Precision::Metres100);
        let at = Place::column_of(Precision::Metres100, row, self.centre.lon_e7())?;
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
    fn a_sector_reaches_fifty_kilometres_in_each_direction() {
        let sector = Sector::around(at(48.0159, 37.8028));
        assert!(sector.cell(at(48.0159 + 0.455, 37.8028)).is_some());
        assert!(sector.cell(at(48.0159 + 0.465, 37.8028)).is_none());
        assert!(sector.cell(at(48.0159 - 0.455, 37.8028)).is_some());
        assert!(sector.cell(at(48.0159 - 0.470, 37.8028)).is_none());
        assert!(sector.cell(at(48.0159, 37.8028 + 0.67)).is_some());
        assert!(sector.cell(at(48.0159, 37.8028 + 0.70)).is_none());
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
