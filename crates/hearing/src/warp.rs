//! How far two sounds are from each other when time may stretch: dynamic time warping.

use crate::features::{DIMENSIONS, Features};

/// Frames that the two may run apart.
const BAND: usize = 12;
const LANES: usize = 8;

fn local(a: &Features, b: &Features) -> f32 {
    const { assert!(DIMENSIONS.is_multiple_of(LANES)) };
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a
        .as_chunks::<LANES>()
        .0
        .iter()
        .zip(b.as_chunks::<LANES>().0)
    {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b) * (a - b);
        }
    }
    sums.iter().sum::<f32>().sqrt()
}

/// The mean distance along the straight path: never less than [`warped`]'s.
pub(crate) fn straight(a: &[Features], b: &[Features]) -> f32 {
    if a.is_empty() || b.is_empty() {
        return f32::INFINITY;
    }
    let (mut i, mut j) = (0, 0);
    let mut cost = 2.0 * local(&a[0], &b[0]);
    while (i, j) != (a.len() - 1, b.len() - 1) {
        // Whichever is behind its share steps; both when neither is.
        let (next_a, next_b) = ((i + 1) * b.len(), (j + 1) * a.len());
        let both =
            i + 1 < a.len() && j + 1 < b.len() && next_a.abs_diff(next_b) < a.len().min(b.len());
        if both {
            (i, j) = (i + 1, j + 1);
        } else if j + 1 == b.len() || i + 1 < a.len() && next_a < next_b {
            i += 1;
        } else {
            j += 1;
        }
        cost += if both { 2.0 } else { 1.0 } * local(&a[i], &b[j]);
    }
    cost / (a.len() + b.len()) as f32
}

/// The least mean distance along any path that steps by one frame in either or both (both count twice); infinite as soon
/// as it cannot be below `bound`.
pub(crate) fn warped(a: &[Features], b: &[Features], bound: f32) -> f32 {
    let (rows, columns) = (a.len(), b.len());
    if rows == 0 || columns == 0 || rows > 2 * columns || columns > 2 * rows {
        return f32::INFINITY;
    }
    let whole = (rows + columns) as f32;
    let limit = bound * whole;
    let band = BAND.max(rows.abs_diff(columns) / 2 + 2);
    // Column 0 stands before the beginning.
    let mut above = vec![f32::INFINITY; columns + 1];
    let mut row = above.clone();
    above[0] = 0.0;
    for (i, frame) in a.iter().enumerate() {
        row.fill(f32::INFINITY);
        let middle = i * columns / rows;
        let from = middle.saturating_sub(band);
        let to = (middle + band + 1).min(columns);
        let mut least = f32::INFINITY;
        for j in from..to {
            let here = local(frame, &b[j]);
            let cost = (above[j] + 2.0 * here)
                .min(above[j + 1] + here)
                .min(row[j] + here);
            row[j + 1] = cost;
            least = least.min(cost);
        }
        if least > limit {
            return f32::INFINITY;
        }
        std::mem::swap(&mut row, &mut above);
    }
    above[columns] / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames that differ as the numbers do.
    fn frames(numbers: &[f32]) -> Vec<Features> {
        numbers.iter().map(|&n| [n; DIMENSIONS]).collect()
    }

    #[test]
    fn a_sound_that_is_drawn_out_is_no_other_sound() {
        let short = frames(&[0.0, 1.0, 5.0, 2.0, 0.0]);
        let long = frames(&[0.0, 0.0, 1.0, 1.0, 5.0, 5.0, 5.0, 2.0, 0.0]);
        let other = frames(&[0.0, 5.0, 1.0, 2.0, 0.0]);
        assert_eq!(warped(&short, &long, f32::INFINITY), 0.0);
        assert!(warped(&short, &other, f32::INFINITY) > 0.5);
        assert!(straight(&short, &long) > 0.0);
    }

    #[test]
    fn twice_as_long_or_nothing_is_never_the_same() {
        let one = frames(&[1.0; 10]);
        assert_eq!(
            warped(&one, &frames(&[1.0; 21]), f32::INFINITY),
            f32::INFINITY
        );
        assert_eq!(warped(&one, &[], f32::INFINITY), f32::INFINITY);
        assert_eq!(straight(&[], &one), f32::INFINITY);
    }

    #[test]
    fn the_straight_path_is_never_nearer_and_a_bound_only_hides_what_is_above_it() {
        let numbers = |seed: u32, count: u32| {
            let numbers = (0..count)
                .map(|n| (n * seed % 17) as f32)
                .collect::<Vec<_>>();
            frames(&numbers)
        };
        for (n, m) in [(20, 20), (20, 33), (41, 29), (7, 12)] {
            let (a, b) = (numbers(5, n), numbers(7, m));
            let near = warped(&a, &b, f32::INFINITY);
            assert!(near <= straight(&a, &b) + 1e-4, "{n} {m}");
            assert_eq!(near, warped(&a, &b, near + 1e-3));
            assert_eq!(warped(&a, &b, near / 4.0), f32::INFINITY);
        }
    }
}
