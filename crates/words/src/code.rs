//! Reed-Solomon over GF(2^11): ten data symbols, four check symbols.
//!
//! The word at position `p` (from 0, as spoken) is the coefficient of x^(13 - p); the fourteen are a codeword when the
//! polynomial has the roots α, α², α³, α⁴. Two codewords differ in at least five words, so what differs from one of them
//! in `e` wrong and `m` missing words with 2 e + m ≤ 4 does so from no other.

use crate::bits::Symbol;
use crate::field::{ALPHA, inverse, power, product};

/// Words that carry data: 110 bits of a whisper by 11.
pub const DATA: usize = 10;

/// Words that check: the roots of the code.
pub const CHECK: usize = 4;

/// Words that are spoken.
pub const WORDS: usize = DATA + CHECK;

/// (x - α)(x - α²)(x - α³)(x - α⁴), highest power first.
pub const GENERATOR: [u16; CHECK + 1] = generator();

const fn generator() -> [u16; CHECK + 1] {
    let mut coefficients = [0; CHECK + 1];
    coefficients[0] = 1;
    let mut degree = 0;
    while degree < CHECK {
        let root = power(ALPHA, degree as u32 + 1);
        degree += 1;
        // Times (x - root), from the lowest power so that each is read before it is changed.
        let mut at = degree;
        while at > 0 {
            coefficients[at] ^= product(coefficients[at - 1], root);
            at -= 1;
        }
    }
    coefficients
}

/// What was said, mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The data symbols.
    pub data: [Symbol; DATA],
    /// All that should have been heard.
    pub words: [Symbol; WORDS],
    /// Positions (from 0) of words that were missing or wrong.
    pub corrected: Vec<usize>,
}

/// Why there is no one codeword within reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// More than four are missing.
    #[error("{0} of the 14 words are missing, more than 4")]
    Missing(usize),
    /// More are wrong than can be mended beside those that are missing.
    #[error("too many words are wrong, with {0} missing")]
    Wrong(usize),
}

/// Adds the check words.
pub fn encode(data: &[Symbol; DATA]) -> [Symbol; WORDS] {
    let mut remainder = [0; CHECK];
    for symbol in data {
        let lead = remainder[0] ^ symbol.value();
        remainder.rotate_left(1);
        remainder[CHECK - 1] = 0;
        for (value, factor) in remainder.iter_mut().zip(&GENERATOR[1..]) {
            *value ^= product(lead, *factor);
        }
    }
    let mut words = [Symbol::default(); WORDS];
    words[..DATA].copy_from_slice(data);
    for (word, value) in words[DATA..].iter_mut().zip(remainder) {
        *word = Symbol::low(value);
    }
    words
}

/// Mends what was heard; `None` is a word that is missing.
///
/// # Errors
/// When no codeword is so near that no other can be as near. A report that is found is not thereby accepted.
pub fn decode(heard: &[Option<Symbol>; WORDS]) -> Result<Decoded, CodeError> {
    let missing: Vec<usize> = (0..WORDS).filter(|&p| heard[p].is_none()).collect();
    if missing.len() > CHECK {
        return Err(CodeError::Missing(missing.len()));
    }
    let received = heard.map(Option::unwrap_or_default);
    let syndromes = syndromes(&received);
    let mended = |changed: &[usize]| {
        let mut positions: Vec<usize> = [&missing, changed].concat();
        let changes = solve(&positions, syndromes)?;
        let mut words = received;
        for (&position, change) in positions.iter().zip(changes) {
            words[position] = Symbol::low(words[position].value() ^ change);
        }
        positions.sort_unstable();
        let mut data = [Symbol::default(); DATA];
        data.copy_from_slice(&words[..DATA]);
        Some(Decoded {
            data,
            words,
            corrected: positions,
        })
    };
    // Each wrong word costs two checks. Fewest first: the search ends at the only codeword within reach, and 1 + 14 + 91
    // choices are soon tried.
    let reach = (CHECK - missing.len()) / 2;
    let known: Vec<usize> = (0..WORDS).filter(|&p| heard[p].is_some()).collect();
    let none = mended(&[]);
    let one = || known.iter().find_map(|&a| mended(&[a]));
    let two = || {
        let pairs = (0..known.len()).flat_map(|a| (a + 1..known.len()).map(move |b| (a, b)));
        pairs
            .map(|(a, b)| [known[a], known[b]])
            .find_map(|pair| mended(&pair))
    };
    none.or_else(|| if reach >= 1 { one() } else { None })
        .or_else(|| if reach >= 2 { two() } else { None })
        .ok_or(CodeError::Wrong(missing.len()))
}

/// The place of a position: α to the power that its word is the coefficient of.
fn place(position: usize) -> u16 {
    const PLACES: [u16; WORDS] = {
        let mut places = [1; WORDS];
        let mut p = WORDS - 1;
        while p > 0 {
            places[p - 1] = product(places[p], ALPHA);
            p -= 1;
        }
        places
    };
    PLACES[position]
}

/// The values at the four roots; all zero for a codeword.
fn syndromes(words: &[Symbol; WORDS]) -> [u16; CHECK] {
    let mut root = 1;
    [(); CHECK].map(|()| {
        root = product(root, ALPHA);
        words
            .iter()
            .fold(0, |sum, word| product(sum, root) ^ word.value())
    })
}

/// What must be added at the positions (at most four) to make all syndromes zero, if anything does.
///
/// For each j, Σ change(p) · place(p)^j = syndrome(j): as many unknowns as positions, one equation a root. Gauss.
fn solve(positions: &[usize], syndromes: [u16; CHECK]) -> Option<Vec<u16>> {
    let unknowns = positions.len();
    let mut rows = [[0_u16; CHECK + 1]; CHECK];
    for (j, row) in rows.iter_mut().enumerate() {
        for (cell, &position) in row.iter_mut().zip(positions) {
            *cell = power(place(position), j as u32 + 1);
        }
        row[CHECK] = syndromes[j];
    }
    for column in 0..unknowns {
        // Places differ, so any as many equations as unknowns have one solution: there is a pivot.
        let pivot = (column..CHECK).find(|&row| rows[row][column] != 0)?;
        rows.swap(column, pivot);
        let scale = inverse(rows[column][column]);
        rows[column] = rows[column].map(|cell| product(cell, scale));
        let lead = rows[column];
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != column) {
            let factor = row[column];
            for (cell, above) in row.iter_mut().zip(lead) {
                *cell ^= product(factor, above);
            }
        }
    }
    // The equations that are left over must hold too.
    if rows[unknowns..].iter().any(|row| row[CHECK] != 0) {
        return None;
    }
    Some(rows[..unknowns].iter().map(|row| row[CHECK]).collect())
}
