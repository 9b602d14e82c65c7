//! Names of places, so that a warning says where in words.

use std::io::Read;

use lapwing_model::Place;
use serde::Deserialize;
use thiserror::Error;

use crate::api::types::TextPair;

/// Settlements of the region.
#[derive(Clone, Debug, Default)]
pub struct Gazetteer {
    places: Vec<Settlement>,
}

#[derive(Clone, Debug)]
struct Settlement {
    name: TextPair,
    place: Place,
    population: u64,
}

/// Why a file of places cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GazetteerError {
    /// Not the CSV `geonameid,name,name_uk,oblast,lat,lon,population`.
    #[error("row {row} of the places cannot be read")]
    Row {
        /// Which, from 1 after the header.
        row: usize,
        /// What is wrong.
        #[source]
        source: csv::Error,
    },
    /// A place that is none.
    #[error("row {row} of the places has no place")]
    Place {
        /// Which, from 1 after the header.
        row: usize,
        /// What is wrong.
        #[source]
        source: lapwing_model::PlaceError,
    },
}

#[derive(Deserialize)]
struct Row {
    name: String,
    name_uk: String,
    lat: f64,
    lon: f64,
    population: u64,
}

/// Beyond this a settlement says nothing about where something is.
const NEAR_M: f64 = 50_000.0;
/// Names in one area: more is no longer read.
const NAMES_MAX: usize = 3;

impl Gazetteer {
    /// Reads the CSV `geonameid,name,name_uk,oblast,lat,lon,population`.
    ///
    /// # Errors
    /// The first row that cannot be used.
    pub fn from_csv(from: impl Read) -> Result<Self, GazetteerError> {
        let mut places = Vec::new();
        for (index, row) in csv::Reader::from_reader(from).deserialize().enumerate() {
            let number = index + 1;
            let row: Row = row.map_err(|source| GazetteerError::Row {
                row: number,
                source,
            })?;
            let place =
                Place::from_degrees(row.lat, row.lon).map_err(|source| GazetteerError::Place {
                    row: number,
                    source,
                })?;
            let uk = if row.name_uk.is_empty() {
                row.name.clone()
            } else {
                row.name_uk
            };
            let name = TextPair { uk, en: row.name };
            places.push(Settlement {
                name,
                place,
                population: row.population,
            });
        }
        Ok(Self { places })
    }

    /// The largest settlement of this name in either language, and the nearest others, at most `most` together; none where
    /// no settlement is called so.
    pub(crate) fn around(&self, name: &str, most: usize) -> Vec<(&TextPair, Place)> {
        let name = name.trim().to_lowercase();
        let called =
            |s: &&Settlement| s.name.uk.to_lowercase() == name || s.name.en.to_lowercase() == name;
        let middle = self
            .places
            .iter()
            .filter(called)
            .max_by_key(|s| s.population);
        let Some(middle) = middle else {
            return Vec::new();
        };
        let mut near: Vec<&Settlement> = self.places.iter().collect();
        near.sort_by(|a, b| {
            let far = |s: &Settlement| metres(s.place, middle.place);
            far(a).total_cmp(&far(b))
        });
        near.truncate(most);
        near.iter().map(|s| (&s.name, s.place)).collect()
    }

    /// What to call the area within `radius_m` of `centre`: its largest settlements, else the
    /// nearest one, else whole tenths of degrees.
    pub fn area(&self, centre: Place, radius_m: f64) -> TextPair {
        let mut inside: Vec<&Settlement> = self
            .places
            .iter()
            .filter(|s| metres(s.place, centre) <= radius_m)
            .collect();
        inside.sort_by(|a, b| {
            b.population
                .cmp(&a.population)
                .then_with(|| a.name.en.cmp(&b.name.en))
        });
        inside.truncate(NAMES_MAX);
        if inside.is_empty() {
            let near = |s: &&Settlement| metres(s.place, centre);
            let nearest = self
                .places
                .iter()
                .min_by(|a, b| near(a).total_cmp(&near(b)));
            inside.extend(nearest.filter(|s| near(s) <= NEAR_M));
        }
        if inside.is_empty() {
            return in_degrees(centre);
        }
        let join = |of: fn(&TextPair) -> &str| {
            inside
                .iter()
                .map(|s| of(&s.name))
                .collect::<Vec<_>>()
                .join(", ")
        };
        TextPair {
            uk: join(|name| &name.uk),
            en: join(|name| &name.en),
        }
    }
}

fn in_degrees(place: Place) -> TextPair {
    let (lat, lon) = (place.lat(), place.lon());
    let (north, west) = (lat >= 0.0, lon < 0.0);
    let (lat, lon) = (lat.abs(), lon.abs());
    TextPair {
        uk: format!(
            "{lat:.1}° {} ш., {lon:.1}° {} д.",
            if north { "пн." } else { "пд." },
            if west { "зх." } else { "сх." }
        ),
        en: format!(
            "{lat:.1}° {}, {lon:.1}° {}",
            if north { "N" } else { "S" },
            if west { "W" } else { "E" }
        ),
    }
}

/// Flat-earth distance: right to a percent at the distances asked about here.
fn metres(a: Place, b: Place) -> f64 {
    const PER_DEGREE: f64 = 111_320.0;
    let turn = (a.lon() - b.lon()).rem_euclid(360.0);
    let east = turn.min(360.0 - turn) * PER_DEGREE * a.lat().to_radians().cos();
    ((a.lat() - b.lat()) * PER_DEGREE).hypot(east)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "geonameid,name,name_uk,oblast,lat,lon,population\n\
        1,Orikhiv,Оріхів,Zaporizka,47.5676,35.7858,14000\n\
        2,Novotroitske,,Zaporizka,47.56,35.80,300\n\
        3,Huliaipole,Гуляйполе,Zaporizka,47.6637,36.2562,13000\n";

    fn at(lat: f64, lon: f64) -> Place {
        Place::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn the_largest_inside_come_first_then_the_nearest_then_degrees() {
        let places = Gazetteer::from_csv(CSV.as_bytes()).unwrap();
        let inside = places.area(at(47.56, 35.79), 5_000.0);
        assert_eq!(inside.en, "Orikhiv, Novotroitske");
        assert_eq!(inside.uk, "Оріхів, Novotroitske");
        assert_eq!(places.area(at(47.70, 36.30), 2_000.0).en, "Huliaipole");
        assert_eq!(
            places.area(at(-10.04, -20.0), 2_000.0).en,
            "10.0° S, 20.0° W"
        );
    }

    #[test]
    fn a_settlement_is_found_by_either_name_with_its_neighbours() {
        let places = Gazetteer::from_csv(CSV.as_bytes()).unwrap();
        let names = |name: &str, most| {
            let near = places.around(name, most);
            near.into_iter()
                .map(|(name, _)| name.en.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(" оріхів ", 2), ["Orikhiv", "Novotroitske"]);
        assert_eq!(names("Huliaipole", 9).len(), 3);
        assert!(names("Атлантида", 9).is_empty());
    }

    #[test]
    fn a_row_that_is_none_is_named() {
        let bad = CSV.replace("47.6637", "north");
        assert!(matches!(
            Gazetteer::from_csv(bad.as_bytes()),
            Err(GazetteerError::Row { row: 3, .. })
        ));
        let off = CSV.replace("47.6637", "97.6637");
        assert!(matches!(
            Gazetteer::from_csv(off.as_bytes()),
            Err(GazetteerError::Place { row: 3, .. })
        ));
    }
}
