//! Pictures made easier to read. Rows of `width` bytes, at least one, in which all rows are whole.

/// Black and white: each pixel against the mean of the square around it, so that shadows and pale print do not matter.
pub(crate) fn against_mean(grey: &[u8], width: usize) -> Vec<u8> {
    let height = grey.len() / width;
    let reach = (width.max(height) / 64).max(4);
    // Sums of all pixels above and to the left, by which that of any rectangle is found.
    let row = width + 1;
    let mut sums = vec![0_u32; row * (height + 1)];
    for y in 0..height {
        let mut along = 0;
        for x in 0..width {
            along += u32::from(grey[y * width + x]);
            sums[(y + 1) * row + x + 1] = sums[y * row + x + 1] + along;
        }
    }
    let around =
        |at: usize, length: usize| (at.saturating_sub(reach), (at + reach + 1).min(length));
    (0..grey.len())
        .map(|n| {
            let ((left, right), (top, end)) = (around(n % width, width), around(n / width, height));
            let sum = sums[end * row + right] + sums[top * row + left]
                - (sums[top * row + right] + sums[end * row + left]);
            let area = ((right - left) * (end - top)) as u32;
            // A little darker than the mean, so that plain paper is no pattern.
            if (u32::from(grey[n]) + 2) * area <= sum {
                0
            } else {
                255
            }
        })
        .collect()
}

/// Full contrast: the darkest and the lightest hundredth become black and white.
pub(crate) fn stretched(grey: &[u8]) -> Vec<u8> {
    let mut counts = [0_usize; 256];
    for &value in grey {
        counts[usize::from(value)] += 1;
    }
    let few = grey.len() / 100;
    let beyond_few = |counts: &mut dyn Iterator<Item = usize>| {
        let mut seen = 0;
        for (passed, count) in counts.enumerate() {
            seen += count;
            if seen > few {
                return passed;
            }
        }
        0
    };
    let low = beyond_few(&mut counts.iter().copied());
    let high = 255 - beyond_few(&mut counts.iter().rev().copied());
    let span = high.saturating_sub(low).max(1);
    let to = |value: u8| (usize::from(value).saturating_sub(low) * 255 / span).min(255) as u8;
    grey.iter().map(|&value| to(value)).collect()
}

/// Half as large again, smoothly.
pub(crate) fn larger(grey: &[u8], width: usize) -> Vec<u8> {
    let height = grey.len() / width;
    let (wide, high) = (width * 3 / 2, height * 3 / 2);
    // Where a pixel of the new picture lies in the old one: the pixel before it, and the sixths beyond.
    let place = |at: usize, length: usize| {
        let sixths = (4 * at + 2).saturating_sub(3).min(6 * (length - 1));
        (sixths / 6, (sixths % 6) as u32)
    };
    let columns: Vec<_> = (0..wide).map(|x| place(x, width)).collect();
    let mut out = Vec::with_capacity(wide * high);
    for y in 0..high {
        let (top, down) = place(y, height);
        let below = (top + 1).min(height - 1);
        for &(left, across) in &columns {
            let right = (left + 1).min(width - 1);
            let at = |x: usize, y: usize| u32::from(grey[y * width + x]);
            let upper = at(left, top) * (6 - across) + at(right, top) * across;
            let lower = at(left, below) * (6 - across) + at(right, below) * across;
            out.push(((upper * (6 - down) + lower * down) / 36) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_full_and_shadows_are_gone() {
        let pale: Vec<u8> = (0..64 * 64)
            .map(|n| if n % 64 / 4 % 2 == 0 { 110 } else { 160 })
            .collect();
        let out = stretched(&pale);
        assert!(out.iter().all(|value| [0, 255].contains(value)));
        // Darker and darker to the right.
        let shaded: Vec<u8> = pale
            .iter()
            .enumerate()
            .map(|(n, value)| value - (n % 64) as u8)
            .collect();
        let out = against_mean(&shaded, 64);
        for (n, value) in out.iter().enumerate() {
            assert_eq!(*value, if n % 64 / 4 % 2 == 0 { 0 } else { 255 }, "{n}");
        }
        assert_eq!(stretched(&[7; 100]), [0; 100]);
    }

    #[test]
    fn a_larger_picture_has_the_same_edges() {
        let grey: Vec<u8> = (0..40 * 20)
            .map(|n| if n % 40 < 20 { 0 } else { 240 })
            .collect();
        let out = larger(&grey, 40);
        assert_eq!(out.len(), 60 * 30);
        for row in out.chunks(60) {
            assert!(row[..29].iter().all(|&value| value == 0));
            assert!(row[31..].iter().all(|&value| value == 240));
        }
        assert_eq!(larger(&[9], 1), [9]);
    }
}
