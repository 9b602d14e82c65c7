//! Finding one's reply among 10,000 and 100,000 slots, against trial decryption of as many.

use std::time::Instant;

use lapwing_bench_web::Haystack;
use serde_json::{Value, json};

use crate::{median, rounded};

/// Rounds by number of slots: a trial by key agreement takes seconds.
const SIZES: [(usize, usize); 2] = [(10_000, 5), (100_000, 1)];
/// Finds a round, where one alone is too short to be timed.
const AGAIN: usize = 20;

/// `find`: milliseconds by hints, against the milliseconds of one symmetric attempt a slot.
pub(crate) fn run() -> Value {
    let mut sizes = Vec::new();
    for (slots, rounds) in SIZES {
        let hay = Haystack::new(slots);
        let ways: [(&dyn Fn() -> usize, usize); 4] = [
            (&|| hay.by_hints(), AGAIN),
            (&|| hay.one_drop(), AGAIN),
            (&|| hay.by_trial(), 1),
            (&|| hay.by_agreement(), 1),
        ];
        let mut times = [const { Vec::new() }; 4];
        for _ in 0..rounds {
            for ((way, again), times) in ways.iter().zip(&mut times) {
                let start = Instant::now();
                for _ in 0..*again {
                    assert_eq!(way(), 1, "each way finds the one");
                }
                times.push(1e3 * start.elapsed().as_secs_f64() / *again as f64);
            }
        }
        let [hints, one_drop, trial, agreement] = times.map(median);
        sizes.push(json!({
            "slots": hay.slots(),
            "hints_ms": rounded(hints),
            "one_drop_ms": rounded(one_drop),
            "trial_ms": rounded(trial),
            "trial_x25519_ms": rounded(agreement),
            "trial_to_hints": rounded(trial / hints),
            "trial_x25519_to_hints": rounded(agreement / hints),
        }));
    }
    let largest = sizes.last().cloned().unwrap_or_default();
    json!({
        "name": "find",
        "unit": "milliseconds to find one's reply among 100,000 slots on one core",
        "value": largest["hints_ms"],
        "limit": largest["trial_ms"],
        "ratio": rounded(
            largest["hints_ms"].as_f64().unwrap_or_default()
                / largest["trial_ms"].as_f64().unwrap_or(f64::NAN),
        ),
        "sizes": sizes,
    })
}
