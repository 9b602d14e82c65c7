//! What the bytes of envelopes tell, by plain means.

use curve25519_dalek::montgomery::MontgomeryPoint;
use lapwing_wire::ENVELOPE_LEN;

use super::{Kept, SHARE};

type Bytes = [u8; ENVELOPE_LEN];

/// The modulus of ML-KEM (FIPS 203).
const Q: u32 = 3_329;
/// Coefficients of 10 bits in a ciphertext of ML-KEM-768, then those of 4 bits, then X25519.
const WIDE: usize = 3 * 256;
const WIDE_LEN: usize = WIDE * 10 / 8;
const NARROW_LEN: usize = 256 / 2;
/// Where parts of an envelope begin and end: root, ML-KEM, X25519, sealed.
const PARTS: [core::ops::Range<usize>; 4] = [
    6..SHARE.start,
    SHARE.start..SHARE.start + WIDE_LEN + NARROW_LEN,
    SHARE.end - 32..SHARE.end,
    SHARE.end..ENVELOPE_LEN,
];
/// Windows of eight bytes begin at every eighth byte of a part.
const WINDOW: usize = 8;

/// Numbers of one envelope.
pub(super) fn of(envelope: &Bytes) -> Vec<f64> {
    let share = &envelope[SHARE];
    let (wide, rest) = share.split_at(WIDE_LEN);
    let (narrow, point) = rest.split_at(NARROW_LEN);
    let mut out: Vec<f64> = envelope[..6].iter().map(|&byte| f64::from(byte)).collect();
    out.push(like_ml_kem(wide));
    out.push(uneven(
        &narrow
            .iter()
            .flat_map(|b| [b & 15, b >> 4])
            .collect::<Vec<_>>(),
        16,
    ));
    let point: [u8; 32] = point.try_into().expect("a share ends with 32 bytes");
    // Half of all strings are no abscissa of the curve, and none of those is ever sent.
    let on_curve = MontgomeryPoint(point).to_edwards(0).is_some();
    out.push(f64::from(u8::from(on_curve)));
    out.push(f64::from(point[31]));
    for part in PARTS {
        let part = &envelope[part];
        out.push(uneven(part, 256));
        out.push(part.iter().map(|byte| f64::from(byte.count_ones())).sum());
        out.push(part.iter().map(|&byte| f64::from(byte)).sum());
    }
    out.push(longest_run(&envelope[SHARE.end..]));
    out.push(repeats(envelope));
    out
}

/// Numbers of two envelopes.
pub(super) fn shared(a: &Bytes, b: &Bytes) -> Vec<f64> {
    let mut out = Vec::new();
    for part in PARTS {
        let (x, y) = (&a[part.clone()], &b[part]);
        out.push(x.iter().zip(y).filter(|(x, y)| x == y).count() as f64);
        out.push(
            x.iter()
                .zip(y)
                .map(|(x, y)| f64::from((x ^ y).count_ones()))
                .sum(),
        );
    }
    let (one, other) = (windows(&a[6..]), windows(&b[6..]));
    let common = one.iter().filter(|w| other.binary_search(w).is_ok());
    out.push(common.count() as f64);
    out.push((like_ml_kem(&a[SHARE]) - like_ml_kem(&b[SHARE])).abs());
    out.push((uneven(&a[6..], 256) - uneven(&b[6..], 256)).abs());
    out.push(f64::from(u8::from(a[..6] == b[..6])));
    out
}

/// How many windows of an envelope occur in others too.
pub(super) fn seen_again(table: &[Kept]) -> Vec<f64> {
    let mut all: Vec<(u64, u32)> = Vec::new();
    for (at, kept) in (0..).zip(table) {
        for part in PARTS {
            for window in kept.envelope[part].as_chunks::<WINDOW>().0 {
                all.push((u64::from_be_bytes(*window), at));
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    let mut out = vec![0.0; table.len()];
    for group in all
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
    {
        for &(_, at) in group {
            out[at as usize] += 1.0;
        }
    }
    out
}

/// Log-likelihood of 10-bit coefficients being compressed from even ones below [`Q`], against even
/// bits: 257 of the 1,024 values stand for four coefficients, the others for three.
fn like_ml_kem(bytes: &[u8]) -> f64 {
    let mut stand_for = [0u32; 1_024];
    for x in 0..Q {
        stand_for[((((x << 10) + Q / 2) / Q) & 1_023) as usize] += 1;
    }
    bytes[..WIDE_LEN]
        .as_chunks::<5>()
        .0
        .iter()
        .flat_map(|five| {
            let bits = five
                .iter()
                .rev()
                .fold(0u64, |all, &byte| (all << 8) | u64::from(byte));
            (0..4).map(move |n| ((bits >> (10 * n)) & 1_023) as usize)
        })
        .map(|value| (f64::from(stand_for[value]) * 1_024.0 / f64::from(Q)).ln())
        .sum()
}

/// Chi-square of values below `of` against even ones.
pub(super) fn uneven(values: &[u8], of: usize) -> f64 {
    let mut counts = [0u32; 256];
    for &value in values {
        counts[usize::from(value)] += 1;
    }
    let even = values.len() as f64 / of as f64;
    counts[..of]
        .iter()
        .map(|&count| (f64::from(count) - even).powi(2) / even)
        .sum()
}

fn longest_run(bytes: &[u8]) -> f64 {
    let runs = bytes.chunk_by(|a, b| a == b).map(<[u8]>::len);
    runs.max().unwrap_or(0) as f64
}

/// Four bytes that come twice: what a compressor would save.
fn repeats(envelope: &Bytes) -> f64 {
    let windows = windows(envelope);
    windows.windows(2).filter(|two| two[0] == two[1]).count() as f64
}

pub(super) fn windows(bytes: &[u8]) -> Vec<u32> {
    let mut windows: Vec<u32> = bytes
        .windows(4)
        .map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
        .collect();
    windows.sort_unstable();
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_of_ml_kem_are_told_from_even_bits() {
        // 3328, 0 and 1 are rounded to 0; 2 is not: 2 * 1024 / 3329 is above one half.
        let zeros = like_ml_kem(&[0; WIDE_LEN]) / WIDE as f64;
        assert!((zeros - (3.0 * 1_024.0 / 3_329.0f64).ln()).abs() < 1e-9);
    }

    #[test]
    fn even_counts_are_even_and_a_run_is_a_run() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(uneven(&all, 256) < 1e-12);
        assert!((uneven(&[0; 256], 256) - 255.0 * 256.0).abs() < 1e-9);
        assert!((longest_run(&[1, 0, 0, 0, 2]) - 3.0).abs() < 1e-12);
    }
}
