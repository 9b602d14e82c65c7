//! A photo in symbols: any enough of them, over any number of codes, files and couriers, make it again.
//!
//! A symbol fills an envelope (`lapwing-seal`, frame type 5), which says of which photo it is and how long that is. The
//! parameters of RFC 6330 follow from the length: one source block, no sub-blocks, symbols of 800 bytes, the last one
//! filled up with zeros.

use sha2::{Digest as _, Sha256};

use crate::piece::ID_MAX;
use crate::spread::{Source, gather};

/// Longest photo, bytes: its length is said in 16 bits.
pub const PHOTO_MAX: usize = u16::MAX as usize;
/// Length of a symbol of a photo.
pub const PHOTO_SYMBOL_LEN: usize = 800;
/// Length of the name of a photo.
pub const PHOTO_NAME_LEN: usize = 16;

/// By which the symbols of one photo are known: the first bytes of its SHA-256.
pub type PhotoName = [u8; PHOTO_NAME_LEN];

/// How many symbols a photo of this length takes at least.
pub fn symbols_needed(length: u16) -> usize {
    usize::from(length).div_ceil(PHOTO_SYMBOL_LEN)
}

/// All symbols of one photo.
pub struct Photo {
    name: PhotoName,
    length: u16,
    source: Source,
}

impl Photo {
    /// Prepares them. `None`: the photo is empty or longer than [`PHOTO_MAX`].
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let length = u16::try_from(bytes.len())
            .ok()
            .filter(|&length| length > 0)?;
        let mut whole = bytes.to_vec();
        whole.resize(symbols_needed(length) * PHOTO_SYMBOL_LEN, 0);
        Some(Self {
            name: name_of(bytes),
            length,
            source: Source::new(&whole, PHOTO_SYMBOL_LEN as u16),
        })
    }

    /// Its name.
    pub fn name(&self) -> PhotoName {
        self.name
    }

    /// Its length in bytes.
    pub fn length(&self) -> u16 {
        self.length
    }

    /// One of its symbols; beyond [`ID_MAX`] they begin again. The first ones are the photo itself.
    pub fn symbol(&self, id: u32) -> [u8; PHOTO_SYMBOL_LEN] {
        let symbol = self.source.symbol(id & ID_MAX);
        symbol.try_into().expect("a symbol has its length")
    }
}

/// The photo of a name and length, if these symbols are enough and all of them are its. A number that is there twice
/// counts once.
pub fn rebuild<'a>(
    name: &PhotoName,
    length: u16,
    symbols: impl IntoIterator<Item = (u32, &'a [u8; PHOTO_SYMBOL_LEN])>,
) -> Option<Vec<u8>> {
    let padded = symbols_needed(length) * PHOTO_SYMBOL_LEN;
    if padded == 0 {
        return None;
    }
    let symbols = symbols
        .into_iter()
        .map(|(id, symbol)| (id & ID_MAX, &symbol[..]));
    let mut photo = gather(symbols, padded, PHOTO_SYMBOL_LEN as u16)?;
    photo.truncate(usize::from(length));
    (name_of(&photo) == *name).then_some(photo)
}

fn name_of(photo: &[u8]) -> PhotoName {
    let digest: [u8; 32] = Sha256::digest(photo).into();
    *digest.first_chunk().expect("a digest has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn photo(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * n / 7 + n) as u8).collect()
    }

    #[test]
    fn the_shortest_and_the_longest_are_rebuilt_and_no_others_are_taken() {
        for length in [1, 799, 800, 801, 40_000, PHOTO_MAX] {
            let bytes = photo(length);
            let all = Photo::of(&bytes).expect("it is one");
            let needed = symbols_needed(all.length());
            assert_eq!(needed, length.div_ceil(800));
            // Repair symbols alone, two more than are needed.
            let symbols: Vec<_> = (1_000..)
                .map(|id| (id, all.symbol(id)))
                .take(needed + 2)
                .collect();
            let given = || symbols.iter().map(|(id, symbol)| (*id, symbol));
            assert_eq!(rebuild(&all.name(), all.length(), given()), Some(bytes));
            assert_eq!(
                rebuild(&all.name(), all.length(), given().take(needed - 1)),
                None
            );
            assert_eq!(rebuild(&[0; 16], all.length(), given()), None);
        }
        assert!(Photo::of(&[]).is_none() && Photo::of(&photo(PHOTO_MAX + 1)).is_none());
        assert_eq!(rebuild(&[0; 16], 0, []), None);
    }

    #[test]
    fn three_couriers_with_parts_of_it_bring_the_whole() {
        let bytes = photo(40_000);
        let all = Photo::of(&bytes).expect("it is one");
        // What each took of 60 symbols, some of them the same.
        let taken = [0..25, 15..35, 30..54].into_iter().flatten();
        let symbols: Vec<_> = taken.map(|id| (id, all.symbol(id))).collect();
        let given = symbols.iter().map(|(id, symbol)| (*id, symbol));
        assert_eq!(rebuild(&all.name(), all.length(), given), Some(bytes));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_enough_symbols_rebuild_it_and_a_false_one_does_not_pass(
            length in 1_usize..20_000,
            ids in proptest::collection::btree_set(0..=ID_MAX, 40),
            spoilt: bool,
        ) {
            let bytes = photo(length);
            let all = Photo::of(&bytes).expect("it is one");
            let mut symbols: Vec<_> = ids.iter().map(|&id| (id, all.symbol(id))).collect();
            if spoilt {
                for (_, symbol) in &mut symbols {
                    symbol[3] ^= 1;
                }
            }
            let given = symbols.iter().map(|(id, symbol)| (*id, symbol));
            let rebuilt = rebuild(&all.name(), all.length(), given);
            prop_assert_eq!(rebuilt, (!spoilt).then_some(bytes));
        }
    }
}
