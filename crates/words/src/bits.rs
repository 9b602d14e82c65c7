//! Bits to symbols of 11 and back, most significant first.

use crate::code::DATA;
use crate::field::WIDTH;

/// Bytes of a whisper: 110 bits, and two that stay zero.
pub const BYTES: usize = (DATA * WIDTH as usize).div_ceil(8);

/// A word's place in its list, eleven bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Symbol(u16);

impl Symbol {
    /// Below 2,048, or none.
    pub const fn new(value: u16) -> Option<Self> {
        if value >> WIDTH == 0 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The number.
    pub const fn value(self) -> u16 {
        self.0
    }

    /// Of the low eleven bits.
    pub(crate) const fn low(value: u16) -> Self {
        Self(value & ((1 << WIDTH) - 1))
    }
}

/// Why bytes are not a whole number of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// So many bytes are no number of words of 11 bits.
    #[error("{0} bytes hold no whole number of words")]
    Length(usize),
    /// The bits behind the last word are not all zero.
    #[error("the last {0} bits must be zero")]
    Spare(u32),
}

/// The ten symbols of 110 bits.
///
/// # Errors
/// [`PackError::Spare`] when one of the last two bits is set.
pub fn pack(bytes: &[u8; BYTES]) -> Result<[Symbol; DATA], PackError> {
    let symbols = encode_words(bytes)?;
    Ok(symbols.try_into().expect("fourteen bytes hold ten symbols"))
}

/// The 110 bits of ten symbols.
pub fn unpack(symbols: &[Symbol; DATA]) -> [u8; BYTES] {
    decode_words(symbols)
        .try_into()
        .expect("ten symbols fill fourteen bytes")
}

/// The words of bytes that hold a whole number of them (an invite's 11 bytes are eight), without check words.
///
/// `n` words take the least number of bytes that hold 11 `n` bits; what is left of the last byte is zero.
///
/// # Errors
/// When no number of words takes so many bytes, or a bit behind the last word is set.
pub fn encode_words(bytes: &[u8]) -> Result<Vec<Symbol>, PackError> {
    let width = WIDTH as usize;
    let count = bytes.len() * 8 / width;
    if (count * width).div_ceil(8) != bytes.len() {
        return Err(PackError::Length(bytes.len()));
    }
    let (mut held, mut bits) = (0_u32, 0);
    let mut symbols = Vec::with_capacity(count);
    for &byte in bytes {
        held = held << 8 | u32::from(byte);
        bits += 8;
        if bits >= WIDTH {
            bits -= WIDTH;
            symbols.push(Symbol::low((held >> bits) as u16));
            held &= (1 << bits) - 1;
        }
    }
    if held != 0 {
        return Err(PackError::Spare(bits));
    }
    Ok(symbols)
}

/// The bytes of words, the inverse of [`encode_words`].
pub fn decode_words(symbols: &[Symbol]) -> Vec<u8> {
    let (mut held, mut bits) = (0_u32, 0);
    let mut bytes = Vec::with_capacity((symbols.len() * WIDTH as usize).div_ceil(8));
    for symbol in symbols {
        held = held << WIDTH | u32::from(symbol.0);
        bits += WIDTH;
        while bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        bytes.push((held << (8 - bits)) as u8);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fourteen_bytes_are_ten_symbols_and_two_spare_bits() {
        assert_eq!(BYTES, 14);
        let mut bytes = [0; BYTES];
        bytes[0] = 0x80;
        bytes[1] = 0x20;
        assert_eq!(pack(&bytes).unwrap()[0], Symbol(0b100_0000_0001));
        for spare in 1..4 {
            bytes[13] = spare;
            assert_eq!(pack(&bytes), Err(PackError::Spare(2)));
        }
        bytes[13] = 4;
        assert_eq!(pack(&bytes).unwrap()[9], Symbol(1));
    }

    #[test]
    fn an_invite_is_eight_words_and_no_bit_is_spare() {
        let words = encode_words(&[0xff; 11]).unwrap();
        assert_eq!(words, [Symbol(0x7ff); 8]);
    }

    #[test]
    fn lengths_that_no_number_of_words_takes_are_refused() {
        let taken: Vec<usize> = (0..15)
            .filter(|&n| encode_words(&vec![0; n]).is_ok())
            .collect();
        assert_eq!(taken, [0, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14]);
        assert_eq!(encode_words(&[0; 12]), Err(PackError::Length(12)));
    }

    #[test]
    fn a_symbol_is_below_2048() {
        assert_eq!(Symbol::new(2_047), Some(Symbol(2_047)));
        assert_eq!(Symbol::new(2_048), None);
    }

    proptest! {
        #[test]
        fn words_and_bytes_are_one_to_one(numbers in prop::collection::vec(0..2_048_u16, 0..40)) {
            let words: Vec<Symbol> = numbers.into_iter().map(Symbol).collect();
            prop_assert_eq!(encode_words(&decode_words(&words)), Ok(words));
        }

        #[test]
        fn bytes_that_are_taken_come_back(mut bytes in any::<[u8; BYTES]>()) {
            bytes[13] &= 0xfc;
            prop_assert_eq!(unpack(&pack(&bytes).unwrap()), bytes);
        }
    }
}
