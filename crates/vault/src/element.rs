//! Thirty bytes in an element of ristretto255, exactly and back.
//!
//! ```text
//! encoding = low 1 · bytes 30 · high 1        low = 2 · (try mod 128), high = try / 128 < 64
//! ```
//!
//! The first try whose encoding is one of an element (RFC 9496 4.3.1) is taken. About one in four is: 8,192 tries
//! fail together with a probability below 2^-3000. Decoding drops the two outer bytes, so that two different chunks
//! never meet in one element.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};

use crate::layout::{CHUNK, POINT};

/// Tries: seven bits below (the lowest is the sign, which is 0) and six above (2^254 and more is no field element).
const TRIES: u16 = 1 << 13;

pub(crate) fn from_chunk(chunk: &[u8; CHUNK]) -> RistrettoPoint {
    let mut encoding = [0; POINT];
    encoding[1..=CHUNK].copy_from_slice(chunk);
    for attempt in 0..TRIES {
        encoding[0] = ((attempt & 0x7f) << 1) as u8;
        encoding[POINT - 1] = (attempt >> 7) as u8;
        if let Some(element) = CompressedRistretto(encoding).decompress() {
            return element;
        }
    }
    unreachable!("one encoding in four is one of an element")
}

pub(crate) fn to_chunk(element: &RistrettoPoint) -> [u8; CHUNK] {
    let encoding = element.compress().to_bytes();
    let mut chunk = [0; CHUNK];
    chunk.copy_from_slice(&encoding[1..=CHUNK]);
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_chunk_comes_back(chunk in any::<[u8; CHUNK]>()) {
            prop_assert_eq!(to_chunk(&from_chunk(&chunk)), chunk);
        }
    }

    #[test]
    fn the_edges_come_back_too() {
        for fill in [0x00, 0x01, 0x7f, 0x80, 0xed, 0xff] {
            let chunk = [fill; CHUNK];
            assert_eq!(to_chunk(&from_chunk(&chunk)), chunk);
        }
    }
}
