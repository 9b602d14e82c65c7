//! A sheet: rows that are used once, and what each thing that can be said adds to the check.

use hkdf::Hkdf;
use lapwing_model::Place;
use lapwing_words::{COUNT, Symbol};
use rand_core::CryptoRng;
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::said::{COUNT_STEPS, Entries, HOURS, KINDS, PLACES_MAX, Said, WAYS};

/// Rows of a sheet: the first for practice, ten for reports.
pub const ROWS: usize = 11;
/// Words that are said: the row's, three numbers, the check.
pub const SPOKEN: usize = 5;

const VERSION: u8 = 1;
/// Minutes from UTC that a clock may be off.
const CLOCK_MAX: i16 = 14 * 60;
const LABEL: &[u8] = b"lapwing codebook v1\n";
/// Numbers of a row: its own, three of the pad, check, answer.
const ROW_NUMBERS: usize = 6;
/// Row numbers are drawn until all differ: so many are never needed.
const DRAWN: usize = 64;

/// One line of the one-time pad.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Row {
    /// Said first, in clear; no other row of the sheet has it.
    pub(crate) number: u16,
    /// Added to the three numbers.
    pub(crate) pads: [u16; 3],
    /// What the check begins with.
    pub(crate) check: u16,
    /// What the desk answers.
    pub(crate) answer: u16,
}

/// What each thing that can be said adds to the check: random, printed beside it, the same for all rows.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Shares {
    pub(crate) kinds: [u16; KINDS],
    pub(crate) counts: [u16; COUNT_STEPS.len()],
    pub(crate) places: [u16; PLACES_MAX],
    pub(crate) hours: [u16; HOURS],
    pub(crate) ways: [u16; WAYS],
}

/// A sheet, as the desk keeps it: without the rows that were used.
#[derive(Clone, PartialEq, Eq)]
pub struct Sheet {
    clock_min: i16,
    places: Vec<Place>,
    pub(crate) shares: Shares,
    pub(crate) rows: [Option<Row>; ROWS],
}

/// Why there is no such sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SheetError {
    /// No place, or more than a sheet holds.
    #[error("a sheet has 1 to {PLACES_MAX} places, not {0}")]
    Places(usize),
    /// No clock on earth is so far off.
    #[error("no clock is {0} minutes from UTC")]
    Clock(i16),
}

impl Sheet {
    /// Makes one for these places. The secret that all of it grows from is forgotten: what the sheet and the desk keep
    /// of it are numbers, and those of a row that was used are nowhere any more.
    ///
    /// # Errors
    /// When there are too few or too many places, or no such clock.
    pub fn generate(
        rng: &mut impl CryptoRng,
        places: Vec<Place>,
        clock_min: i16,
    ) -> Result<Self, SheetError> {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *secret);
        Self::of(&secret, places, clock_min)
    }

    /// The sheet of a secret.
    ///
    /// # Errors
    /// As [`Sheet::generate`].
    pub fn of(secret: &[u8; 32], places: Vec<Place>, clock_min: i16) -> Result<Self, SheetError> {
        if !(1..=PLACES_MAX).contains(&places.len()) {
            return Err(SheetError::Places(places.len()));
        }
        if clock_min.abs() > CLOCK_MAX {
            return Err(SheetError::Clock(clock_min));
        }
        let pads: [_; 3 * ROWS] = numbers(secret, b"pads");
        let [checks, answers] =
            [b"checks".as_slice(), b"answers"].map(|label| numbers::<ROWS>(secret, label));
        let mut drawn: Vec<u16> = Vec::new();
        for number in numbers::<DRAWN>(secret, b"rows") {
            if !drawn.contains(&number) {
                drawn.push(number);
            }
        }
        assert!(
            drawn.len() >= ROWS,
            "64 draws of 2,048 make eleven that differ"
        );
        let rows = std::array::from_fn(|n| {
            Some(Row {
                number: drawn[n],
                pads: [pads[3 * n], pads[3 * n + 1], pads[3 * n + 2]],
                check: checks[n],
                answer: answers[n],
            })
        });
        let shares = Shares {
            kinds: numbers(secret, b"kinds"),
            counts: numbers(secret, b"counts"),
            places: numbers(secret, b"places"),
            hours: numbers(secret, b"hours"),
            ways: numbers(secret, b"ways"),
        };
        Ok(Self {
            clock_min,
            places,
            shares,
            rows,
        })
    }

    /// Minutes by which the clock of the sheet is ahead of UTC.
    pub fn clock_min(&self) -> i16 {
        self.clock_min
    }

    /// The places, in the order of their numbers, which begin with 1.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Rows for reports that are left, without the one for practice.
    pub fn left(&self) -> usize {
        self.rows[1..].iter().flatten().count()
    }

    /// What somebody with a pencil makes of a report, by a row from 0 (for practice) to 10; `None` when the row was used
    /// or the sheet cannot say it.
    pub fn by_hand(&self, row: usize, said: Said) -> Option<[Symbol; SPOKEN]> {
        let row = self.rows.get(row)?.as_ref()?;
        let entries = said
            .entries()
            .filter(|entries| entries.place <= self.places.len())?;
        Some(row.spoken(entries, &self.shares))
    }

    /// What words mean by a row; `None` when they were not made with it.
    pub(crate) fn read(&self, row: usize, words: &[Symbol; SPOKEN]) -> Option<(Said, Symbol)> {
        let row = self.rows.get(row)?.as_ref()?;
        let [_, numbers @ .., _] = words.map(Symbol::value);
        let plain = std::array::from_fn(|n| reduced(numbers[n] + MODULUS - row.pads[n]));
        let entries = Entries::of(plain).filter(|entries| entries.place <= self.places.len())?;
        (row.spoken(entries, &self.shares) == *words)
            .then(|| (Said::of(entries), symbol(row.answer)))
    }

    /// For keeping, where nobody else reads it: version 1 · clock 2 · number of places 1 · places, latitude and
    /// longitude 4 each · shares 2 each · which rows are left 2 · the rows, six numbers of 2 each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend(self.clock_min.to_be_bytes());
        out.push(self.places.len() as u8);
        for place in &self.places {
            out.extend(place.lat_e7().to_be_bytes());
            out.extend(place.lon_e7().to_be_bytes());
        }
        let mut put = |number: u16| out.extend(number.to_be_bytes());
        self.shares
            .parts()
            .into_iter()
            .flatten()
            .for_each(|&share| put(share));
        let left = (0..ROWS).filter(|&n| self.rows[n].is_some());
        put(left.fold(0, |left, n| left | 1 << n));
        for row in self.rows.iter().flatten() {
            row.numbers().into_iter().for_each(&mut put);
        }
        out
    }

    /// Reads what was kept; `None` when it is not exactly that. Total.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[version, clock_hi, clock_lo, count], rest) = bytes.split_first_chunk()?;
        let clock_min = i16::from_be_bytes([clock_hi, clock_lo]);
        let count = usize::from(count);
        let known = version == VERSION
            && clock_min.abs_diff(0) <= CLOCK_MAX.unsigned_abs()
            && (1..=PLACES_MAX).contains(&count);
        if !known {
            return None;
        }
        let (places, rest) = rest.split_at_checked(8 * count)?;
        let (places, _) = places.as_chunks::<8>();
        let places = places.iter().map(place).collect::<Option<_>>()?;
        let (numbers, odd) = rest.as_chunks::<2>();
        if !odd.is_empty() {
            return None;
        }
        let mut numbers = numbers.iter().map(|&number| u16::from_be_bytes(number));
        let shares = Shares {
            kinds: take(&mut numbers)?,
            counts: take(&mut numbers)?,
            places: take(&mut numbers)?,
            hours: take(&mut numbers)?,
            ways: take(&mut numbers)?,
        };
        let left = numbers.next()?;
        if left >> ROWS != 0 {
            return None;
        }
        let mut rows = [const { None }; ROWS];
        for (n, slot) in rows.iter_mut().enumerate() {
            if left >> n & 1 == 1 {
                let [number, pads @ .., check, answer] = take::<ROW_NUMBERS>(&mut numbers)?;
                *slot = Some(Row {
                    number,
                    pads,
                    check,
                    answer,
                });
            }
        }
        let sheet = Self {
            clock_min,
            places,
            shares,
            rows,
        };
        (numbers.next().is_none() && sheet.rows_differ()).then_some(sheet)
    }

    fn rows_differ(&self) -> bool {
        let mut seen = [false; COUNT];
        let mut rows = self.rows.iter().flatten();
        rows.all(|row| !std::mem::replace(&mut seen[usize::from(row.number)], true))
    }
}

const MODULUS: u16 = COUNT as u16;

fn reduced(number: u16) -> u16 {
    number % MODULUS
}

fn symbol(number: u16) -> Symbol {
    Symbol::new(number).expect("numbers are below 2,048")
}

impl Row {
    fn spoken(&self, entries: Entries, shares: &Shares) -> [Symbol; SPOKEN] {
        let numbers = entries.numbers();
        let [what, place, when] = std::array::from_fn(|n| reduced(numbers[n] + self.pads[n]));
        let check = [
            shares.kinds[entries.kind],
            shares.counts[entries.count],
            shares.places[entries.place - 1],
            shares.hours[entries.hour],
            shares.ways[entries.way],
        ];
        let check = check
            .iter()
            .fold(self.check, |sum, share| reduced(sum + share));
        [self.number, what, place, when, check].map(symbol)
    }

    fn numbers(&self) -> [u16; ROW_NUMBERS] {
        let [what, place, when] = self.pads;
        [self.number, what, place, when, self.check, self.answer]
    }
}

impl Shares {
    fn parts(&self) -> [&[u16]; 5] {
        [
            &self.kinds,
            &self.counts,
            &self.places,
            &self.hours,
            &self.ways,
        ]
    }
}

/// Numbers below 2,048: of HKDF-SHA256 two bytes each, the low eleven bits.
fn numbers<const N: usize>(secret: &[u8; 32], label: &[u8]) -> [u16; N] {
    let mut bytes = Zeroizing::new(vec![0; 2 * N]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(&[LABEL, label], &mut bytes)
        .expect("a sheet is within the limit of HKDF");
    let (pairs, _) = bytes.as_chunks();
    std::array::from_fn(|n| reduced(u16::from_be_bytes(pairs[n])))
}

/// The next so many numbers, all below 2,048.
fn take<const N: usize>(numbers: &mut impl Iterator<Item = u16>) -> Option<[u16; N]> {
    let mut out = [0; N];
    for slot in &mut out {
        *slot = numbers.next().filter(|&number| number < MODULUS)?;
    }
    Some(out)
}

fn place(bytes: &[u8; 8]) -> Option<Place> {
    let (lat, lon) = bytes.split_first_chunk()?;
    let lat = i32::from_be_bytes(*lat);
    let lon = i32::from_be_bytes(lon.try_into().ok()?);
    let place = Place::from_e7(lat, i64::from(lon)).ok()?;
    (place.lon_e7() == lon).then_some(place)
}

/// Says nothing: a secret may end up in an error message.
impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sheet({} left, ..)", self.left())
    }
}
