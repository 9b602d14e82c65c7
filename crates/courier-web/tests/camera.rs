//! Codes as a cheap camera sees them: turned, tilted, blurred, dim, with a hiss, in a picture of 640 by 480.
//!
//! `cargo test -p lapwing-courier-web --test camera -- --nocapture` prints the share that is read of each.

use lapwing_courier::{Collector, Piece, Pieces, Taken};
use lapwing_courier_web::{Codes, side};
use lapwing_scan_web::codes;
use lapwing_wire::{ENVELOPE_LEN, Envelope, KeyEpoch};

const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// How a picture is taken.
#[derive(Clone, Copy)]
struct View {
    /// Turned by so much, radians.
    angle: f64,
    /// Pixels a module, in the middle.
    module: f64,
    /// How much nearer one side is than the other: 0.3 is some 25 degrees at arm's length.
    tilt: f64,
    /// Gaussian blur, standard deviation in pixels.
    blur: f64,
    /// Brightness of dark and light modules, of 255.
    light: (f64, f64),
    /// Standard deviation of the hiss.
    hiss: f64,
}

/// A code in good light that fills three quarters of the picture's height.
const GOOD: View = View {
    angle: 0.0,
    module: 6.4,
    tilt: 0.0,
    blur: 0.6,
    light: (30.0, 220.0),
    hiss: 4.0,
};

struct Chance(u64);

impl Chance {
    /// Evenly between 0 and 1.
    fn even(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, with a standard deviation of 1.
    fn normal(&mut self) -> f64 {
        2.0 * (0..3).map(|_| self.even()).sum::<f64>() - 3.0
    }
}

fn filmed(modules: &[u8], view: View, chance: &mut Chance) -> Vec<u8> {
    let edge = side() as f64;
    let (sin, cos) = view.angle.sin_cos();
    let (dark, light) = view.light;
    // A hand holds it somewhere near the middle, not on whole pixels.
    let (dx, dy) = (8.0 * (chance.even() - 0.5), 8.0 * (chance.even() - 0.5));
    let brightness = |x: f64, y: f64| {
        let (x, y) = (x - WIDTH as f64 / 2.0 - dx, y - HEIGHT as f64 / 2.0 - dy);
        let depth = 1.0 - view.tilt * x / WIDTH as f64;
        let (x, y) = (x / depth, y / depth);
        let column = (x * cos + y * sin) / view.module + edge / 2.0;
        let row = (y * cos - x * sin) / view.module + edge / 2.0;
        let on = |at: f64, beyond: f64| (-beyond..edge + beyond).contains(&at);
        if !on(column, 4.0) || !on(row, 4.0) {
            // The room behind.
            (dark + light) / 2.5
        } else if on(column, 0.0)
            && on(row, 0.0)
            && modules[row as usize * side() + column as usize] == 1
        {
            dark
        } else {
            light
        }
    };
    const FINE: [f64; 2] = [0.25, 0.75];
    let sharp: Vec<f64> = (0..WIDTH * HEIGHT)
        .map(|n| {
            let (x, y) = ((n % WIDTH) as f64, (n / WIDTH) as f64);
            let points = FINE
                .iter()
                .flat_map(|&fx| FINE.map(|fy| brightness(x + fx, y + fy)));
            points.sum::<f64>() / 4.0
        })
        .collect();
    blurred(&sharp, view.blur)
        .into_iter()
        .map(|value| {
            (value + view.hiss * chance.normal())
                .round()
                .clamp(0.0, 255.0) as u8
        })
        .collect()
}

fn blurred(picture: &[f64], deviation: f64) -> Vec<f64> {
    let reach = (3.0 * deviation).ceil() as isize;
    let weights: Vec<f64> = (-reach..=reach)
        .map(|at| (-((at * at) as f64) / (2.0 * deviation * deviation)).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    let along = |from: &[f64], step: isize, length: isize, place: fn(usize) -> isize| -> Vec<f64> {
        (0..from.len())
            .map(|n| {
                let at = place(n);
                let taps = weights.iter().zip(-reach..=reach);
                taps.map(|(weight, by)| {
                    let by = (at + by).clamp(0, length - 1) - at;
                    weight * from[(n as isize + by * step) as usize]
                })
                .sum::<f64>()
                    / sum
            })
            .collect()
    };
    let rows = along(picture, 1, WIDTH as isize, |n| (n % WIDTH) as isize);
    along(&rows, WIDTH as isize, HEIGHT as isize, |n| {
        (n / WIDTH) as isize
    })
}

fn envelope(number: u64) -> Envelope {
    let mut chance = Chance(number);
    let mut bytes = Envelope::header_for(KeyEpoch(2_959), &[7; 32]).to_vec();
    bytes.resize_with(ENVELOPE_LEN, || (chance.even() * 256.0) as u8);
    Envelope::from_bytes(&bytes).expect("it is one")
}

/// Of five pictures of five codes, how many are read. None is misread.
fn read_of_five(view: View) -> usize {
    let one = envelope(1);
    let (mut codes_shown, pieces) = (
        Codes::new(one.as_bytes()).expect("it is one"),
        Pieces::of(&one),
    );
    let mut chance = Chance(7);
    (0..5)
        .filter(|&id| {
            let picture = filmed(&codes_shown.next_code(), view, &mut chance);
            let seen: Vec<_> = codes(&picture, WIDTH)
                .iter()
                .filter_map(|bytes| Piece::decode(bytes).ok())
                .collect();
            assert!(seen.iter().all(|piece| *piece == pieces.piece(id)));
            !seen.is_empty()
        })
        .count()
}

/// What, how seen, and how many of five are read at least.
fn rows() -> Vec<(&'static str, View, usize)> {
    let turned = |degrees: f64| View {
        angle: degrees.to_radians(),
        ..GOOD
    };
    let blurred = |blur: f64| View {
        blur,
        ..turned(9.0)
    };
    let lit = |dark: f64, light: f64, hiss: f64| View {
        light: (dark, light),
        hiss,
        ..turned(9.0)
    };
    vec![
        ("upright", GOOD, 4),
        ("turned by 20 degrees", turned(20.0), 4),
        ("turned by 45 degrees", turned(45.0), 4),
        ("turned by 160 degrees", turned(160.0), 4),
        ("upside down", turned(180.0), 4),
        ("turned by 250 degrees", turned(250.0), 4),
        (
            "tilted by some 25 degrees",
            View {
                tilt: 0.3,
                ..turned(9.0)
            },
            3,
        ),
        (
            "small: 5 pixels a module",
            View {
                module: 5.0,
                ..turned(9.0)
            },
            3,
        ),
        (
            "small: 4 pixels a module",
            View {
                module: 4.0,
                ..turned(9.0)
            },
            2,
        ),
        ("blurred by 1 pixel", blurred(1.0), 4),
        ("blurred by 1.5 pixels", blurred(1.5), 4),
        ("blurred by 2 pixels", blurred(2.0), 3),
        ("dim: 20 to 70 of 255", lit(20.0, 70.0, 4.0), 4),
        ("very dim: 12 to 40 of 255", lit(12.0, 40.0, 4.0), 3),
        ("pale: 110 to 160 of 255", lit(110.0, 160.0, 4.0), 4),
        ("much hiss", lit(30.0, 220.0, 25.0), 3),
        (
            "turned, tilted, blurred, dim and with hiss",
            View {
                tilt: 0.2,
                blur: 1.2,
                light: (25.0, 95.0),
                hiss: 7.0,
                ..turned(17.0)
            },
            3,
        ),
    ]
}

#[test]
fn codes_are_read_as_cheap_cameras_see_them() {
    let mut all = Vec::new();
    for (what, view, least) in rows() {
        let read = read_of_five(view);
        println!("{read} of 5  {what}");
        if read < least {
            all.push(format!("{what}: {read} of 5 and not {least}"));
        }
    }
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn a_hand_that_shakes_before_a_loop_of_codes_ends_with_the_envelope() {
    let sent = [envelope(1)];
    let bytes: Vec<u8> = sent.iter().flat_map(|one| *one.as_bytes()).collect();
    let mut shown = Codes::new(&bytes).unwrap();
    let (mut collector, mut whole) = (Collector::default(), Vec::new());
    let mut chance = Chance(3);
    let mut pictures = 0;
    while whole.len() < sent.len() {
        pictures += 1;
        assert!(
            pictures <= 72,
            "three rounds are too few: {} whole",
            whole.len()
        );
        let view = View {
            angle: 0.6 * (chance.even() - 0.5),
            tilt: 0.3 * chance.even(),
            module: 4.5 + 2.0 * chance.even(),
            blur: 0.6 + 1.6 * chance.even(),
            light: (20.0, 60.0 + 140.0 * chance.even()),
            hiss: 6.0,
        };
        let picture = filmed(&shown.next_code(), view, &mut chance);
        // And three of ten are missed altogether.
        if chance.even() < 0.3 {
            continue;
        }
        for bytes in codes(&picture, WIDTH) {
            if let Ok(Taken::Whole(envelope)) = collector.take(&bytes) {
                whole.push(envelope);
            }
        }
    }
    println!("{pictures} pictures for an envelope");
    assert_eq!(whole, sent);
}
