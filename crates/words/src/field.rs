//! GF(2^11): bits are coefficients, addition is exclusive or, products are reduced by [`POLYNOMIAL`].
//!
//! Without tables: eleven shifts cost less than 8 KiB in what a phone loads, and fourteen words need few products.

/// x^11 + x^2 + 1, primitive: the powers of x are all 2,047 elements other than zero.
pub const POLYNOMIAL: u16 = 0b1000_0000_0101;

/// Bits of an element.
pub(crate) const WIDTH: u32 = 11;

/// x, whose powers are the places of the words and the roots of the code.
pub(crate) const ALPHA: u16 = 2;

pub(crate) const fn product(mut a: u16, mut b: u16) -> u16 {
    let mut sum = 0;
    while b != 0 {
        if b & 1 == 1 {
            sum ^= a;
        }
        a <<= 1;
        if a >> WIDTH == 1 {
            a ^= POLYNOMIAL;
        }
        b >>= 1;
    }
    sum
}

pub(crate) const fn power(base: u16, exponent: u32) -> u16 {
    let mut result = 1;
    let mut n = 0;
    while n < exponent {
        result = product(result, base);
        n += 1;
    }
    result
}

/// The inverse of an element other than zero: a to the 2^11 - 2, by squaring.
pub(crate) const fn inverse(a: u16) -> u16 {
    let (mut square, mut result, mut n) = (a, 1, 1);
    while n < WIDTH {
        square = product(square, square);
        result = product(result, square);
        n += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_powers_of_x_are_every_element_but_zero() {
        let mut seen = [false; 1 << WIDTH];
        let mut element = 1;
        for _ in 0..2_047 {
            assert!(!std::mem::replace(&mut seen[usize::from(element)], true));
            element = product(element, ALPHA);
        }
        assert_eq!(element, 1);
        assert!(!seen[0]);
    }

    #[test]
    fn every_element_but_zero_has_an_inverse() {
        for a in 1..1 << WIDTH {
            assert_eq!(product(a, inverse(a)), 1, "{a}");
        }
    }

    #[test]
    fn a_power_is_a_repeated_product() {
        assert_eq!((power(ALPHA, 0), power(ALPHA, 10)), (1, 1 << 10));
        assert_eq!(power(ALPHA, 11), 0b101);
        assert_eq!(power(ALPHA, 2_047), 1);
    }
}
