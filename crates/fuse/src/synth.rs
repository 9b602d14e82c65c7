//! Reports made up from a seed, for benches and tests: constant density, however many there are.
//!
//! Six in ten reports belong to incidents of 3 to 12 reports, 400 m and minutes apart; the rest is noise, spread
//! evenly. The area is 200 by 150 km and time grows with the number of reports, 100 000 in 72 hours, so that the work
//! per report should not depend on how many there are.

use crate::sighting::{HowKnown, Sighting};

/// Seconds per report.
const PACE_S: f64 = 72.0 * 3_600.0 / 100_000.0;
const START: i64 = 1_772_323_200;

/// `n` reports in order of arrival; the same for the same numbers. Sources are new in nine cases of ten.
#[must_use]
pub fn synth(n: usize, seed: u64) -> Vec<Sighting> {
    synth_with_truth(n, seed).0
}

/// The same with the true incident of each report; noise has labels of its own.
#[must_use]
pub fn synth_with_truth(n: usize, seed: u64) -> (Vec<Sighting>, Vec<u64>) {
    let mut g = SplitMix(seed);
    let span = n as f64 * PACE_S;
    let mut made: Vec<(Sighting, u64)> = Vec::with_capacity(n + 12);
    let mut incident = 0;
    while (made.len() as f64) < 0.6 * n as f64 {
        let (lat, lon, t) = (
            48.0 + 1.8 * g.unit(),
            34.0 + 3.0 * g.unit(),
            span * g.unit(),
        );
        let kind = 1 + (g.unit() * 6.0) as u8;
        for _ in 0..3 + (g.unit() * 10.0) as usize {
            let delay = -100.0 * (1.0 - g.unit()).ln();
            let place = (
                lat + 0.4 * g.normal() / 110.574,
                lon + 0.4 * g.normal() / 73.0,
            );
            made.push((sighting(&mut g, place, t + delay, kind), incident));
        }
        incident += 1;
    }
    made.truncate(n);
    while made.len() < n {
        let place = (48.0 + 1.8 * g.unit(), 34.0 + 3.0 * g.unit());
        let (t, kind) = (span * g.unit(), 1 + (g.unit() * 6.0) as u8);
        made.push((sighting(&mut g, place, t, kind), incident));
        incident += 1;
    }
    made.sort_by_key(|(s, incident)| (s.at, s.seen, *incident));
    for (i, (s, _)) in made.iter_mut().enumerate() {
        s.report = i as u64;
        s.source = if g.unit() < 0.1 {
            (g.unit() * i as f64) as u64
        } else {
            i as u64
        };
    }
    made.into_iter().unzip()
}

fn sighting(g: &mut SplitMix, (lat, lon): (f64, f64), t: f64, kind: u8) -> Sighting {
    let lag = -240.0 * (1.0 - g.unit()).ln();
    Sighting {
        report: 0,
        at: START + (t + lag) as i64,
        seen: START + t as i64,
        seen_unc_s: 0,
        lat,
        lon,
        unc_m: 300.0 + (g.unit() * 400.0) as f32,
        // Aircraft (5) are rare among moments; six kinds as in the comparison.
        kind,
        source: 0,
        heading: None,
        how_known: HowKnown::Seen,
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): made-up data needs no better.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let r = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        r * (std::f64::consts::TAU * self.unit()).cos()
    }
}
