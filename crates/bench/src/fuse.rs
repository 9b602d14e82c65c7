//! Reports fused per second as the stream grows.

use std::time::Instant;

use lapwing_fuse::{Parameters, label_all, synth::synth};
use serde_json::{Value, json};

use crate::rounded;

/// `fuse`: reports per second at 10 k, 100 k and 1 M, and the exponent with which time grows. The
/// limit is the target of the evaluation: 200,000 a second at a million.
pub(crate) fn run() -> Value {
    const TARGET: f64 = 200_000.0;
    let sizes = [10_000, 100_000, 1_000_000];
    let mut seconds = Vec::new();
    let mut rows = Vec::new();
    for n in sizes {
        let sightings = synth(n, 7);
        let runs = if n < 1_000_000 { 5 } else { 3 };
        let took = crate::median(
            (0..runs)
                .map(|_| {
                    let start = Instant::now();
                    std::hint::black_box(label_all(&sightings, Parameters::default()));
                    start.elapsed().as_secs_f64()
                })
                .collect(),
        );
        seconds.push(took);
        rows.push(json!({ "n": n, "reports_per_s": rounded(n as f64 / took) }));
    }
    // Two decades between the first and the last size.
    let exponent = (seconds[2] / seconds[0]).log10() / 2.0;
    let value = sizes[2] as f64 / seconds[2];
    json!({
        "name": "fuse",
        "unit": "reports per second on one core, at a million",
        "value": rounded(value),
        "limit": TARGET,
        "ratio": rounded(value / TARGET),
        "exponent": rounded(exponent),
        "sizes": rows,
    })
}
