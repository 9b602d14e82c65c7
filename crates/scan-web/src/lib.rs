//! Reading a QR code (ISO/IEC 18004) out of a camera's picture, for browsers: `rqrr` through wasm-bindgen.
//!
//! A module of its own, needed by whoever scans an invite or carries envelopes; run in a worker, so that a picture on which the reader
//! fails ends the worker and nothing else. The browser's own detector is missing in Firefox, on desktops and on phones
//! without the maker's services, and hands the picture to code that is not ours.
//!
//! **In scope:** a picture in grey, the bytes of every code in it that can be read.
//! **Out of scope:** what they mean (`lapwing-words`, `lapwing-seal`, `lapwing-courier`); other codes than QR.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod prepare;

use js_sys::Uint8Array;
use rqrr::PreparedImage;
use wasm_bindgen::prelude::*;

/// Edges of a picture that is looked at, pixels.
const EDGES: core::ops::RangeInclusive<usize> = 21..=4_096;

/// Pictures with no longer edge are also looked at enlarged: modules of three pixels and less are what is missed.
const SMALL: usize = 960;

/// The bytes of every QR code in a picture: `grey` holds its brightness row by row, `width` bytes each. None, too, if the
/// sizes do not fit each other.
#[wasm_bindgen]
pub fn read(grey: &[u8], width: usize) -> Vec<Uint8Array> {
    let codes = codes(grey, width);
    codes
        .iter()
        .map(|code| Uint8Array::from(&code[..]))
        .collect()
}

/// The same, outside of browsers.
///
/// A picture in which nothing is found is looked at again, prepared otherwise: each way finds codes that the others miss.
pub fn codes(grey: &[u8], width: usize) -> Vec<Vec<u8>> {
    let height = grey.len().checked_div(width).unwrap_or(0);
    if !EDGES.contains(&width) || !EDGES.contains(&height) || grey.len() != width * height {
        return Vec::new();
    }
    let mut found = look(grey, width);
    if found.is_empty() {
        found = look(&prepare::against_mean(grey, width), width);
    }
    if found.is_empty() && width.max(height) <= SMALL {
        found = look(
            &prepare::larger(&prepare::stretched(grey), width),
            width * 3 / 2,
        );
    }
    found
}

fn look(grey: &[u8], width: usize) -> Vec<Vec<u8>> {
    let height = grey.len() / width;
    let mut picture =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    picture
        .detect_grids()
        .into_iter()
        .filter_map(|grid| {
            let mut bytes = Vec::new();
            grid.decode_to(&mut bytes).ok().map(|_meta| bytes)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::{Color, EcLevel, QrCode};

    fn read(grey: &[u8], width: usize) -> Option<String> {
        let bytes = codes(grey, width).into_iter().next()?;
        Some(String::from_utf8(bytes).expect("only texts are drawn here"))
    }

    /// A code with a quiet zone, `scale` pixels a module.
    fn drawn(text: &str, scale: usize) -> (Vec<u8>, usize) {
        let code = QrCode::new(text).expect("it fits");
        let modules = code.width() + 8;
        let width = modules * scale;
        let mut grey = vec![230; width * width];
        for y in 0..code.width() * scale {
            for x in 0..code.width() * scale {
                if code[(x / scale, y / scale)] == Color::Dark {
                    grey[(y + 4 * scale) * width + x + 4 * scale] = 20;
                }
            }
        }
        (grey, width)
    }

    #[test]
    fn a_code_is_read_also_when_it_is_turned_and_in_part_unreadable() {
        let text = "LAPWING:000102030405060708090A";
        let (grey, width) = drawn(text, 4);
        assert_eq!(read(&grey, width).as_deref(), Some(text));
        let turned: Vec<u8> = grey.iter().rev().copied().collect();
        assert_eq!(read(&turned, width).as_deref(), Some(text));
        let mut spoilt = grey;
        // A finger on some modules of the middle.
        for y in 60..76 {
            for x in 60..76 {
                spoilt[y * width + x] = 20;
            }
        }
        assert_eq!(read(&spoilt, width).as_deref(), Some(text));
    }

    /// As a camera sees paper in bad light, turned a little, with a hiss.
    fn filmed(text: &str, module: f64, angle: f64, (width, height): (usize, usize)) -> Vec<u8> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).expect("it fits");
        let edge = code.width() as f64;
        let (sin, cos) = angle.sin_cos();
        let at = |x: usize, y: usize| {
            let (dx, dy) = (
                x as f64 - width as f64 / 2.0,
                y as f64 - height as f64 / 2.0,
            );
            let column = (dx * cos + dy * sin) / module + edge / 2.0;
            let row = (dy * cos - dx * sin) / module + edge / 2.0;
            let inside = |at: f64| (-4.0..edge + 4.0).contains(&at);
            let on = |at: f64| (0.0..edge).contains(&at);
            let light = if !inside(column) || !inside(row) {
                90
            } else if on(column) && on(row) && code[(column as usize, row as usize)] == Color::Dark
            {
                45
            } else {
                170
            };
            light + u8::try_from((x * 7 + y * 13 + (x * y) % 11) % 25).expect("below 25")
        };
        (0..width * height)
            .map(|n| at(n % width, n / width))
            .collect()
    }

    #[test]
    fn a_dense_code_is_read_in_most_pictures_of_which_it_fills_half() {
        let passes: String = (0..1_168)
            .map(|at: u64| ((at * 2_654_435_761) >> 20) % 16)
            .map(|digit| char::from_digit(digit as u32, 16).expect("a digit"))
            .collect();
        let text = format!("LAPWING:000102030405060708090A:{passes}").to_uppercase();
        // In a hand that is not still: a picture that is missed is followed by another.
        let pictures = [8.0, 7.0, 6.0]
            .into_iter()
            .flat_map(|module| [0.0, 0.07, 0.14, 0.21, 0.28].map(|angle| (module, angle)));
        let seen = pictures
            .filter(|&(module, angle)| {
                let grey = filmed(&text, module, angle, (1_280, 960));
                let found = read(&grey, 1_280);
                assert!(found.is_none() || found.as_deref() == Some(&*text));
                found.is_some()
            })
            .count();
        assert!(seen >= 8, "{seen} of 15");
    }

    #[test]
    fn a_picture_without_a_code_or_of_another_size_gives_nothing() {
        assert_eq!(read(&[128; 100 * 100], 100), None);
        let noise: Vec<u8> = (0..640 * 480u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        assert_eq!(read(&noise, 640), None);
        let (grey, width) = drawn("x", 4);
        for (grey, width) in [
            (&grey[..], width - 1),
            (&grey[1..], width),
            (&grey[..], 0),
            (&[], 0),
            (&[], 640),
            (&grey[..width], width),
        ] {
            assert_eq!(read(grey, width), None);
        }
    }
}
