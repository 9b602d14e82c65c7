//! Benchmarks as ratios to what they cannot beat, taken in one run: `lapwing-bench NAME` prints, as
//! its last line, one JSON object with `value`, `limit` and `ratio`. `cargo xtask bench` builds what
//! they need and runs them; none of them gates a test.
//!
//! The machine's speed drifts, so each figure is the median of alternating rounds with its limit.

mod crypto;
mod find;
mod fuse;
mod hearing;
mod ingest;
mod load;
mod pass;
mod path;
mod server;
mod whisper;

use clap::{Parser, Subcommand};
use serde_json::Value;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    name: Name,
}

#[derive(Subcommand)]
enum Name {
    /// Envelopes opened per second on one core
    Open,
    /// Envelopes sealed per second on one core
    Seal,
    /// Durable posts per second on loopback
    Ingest,
    /// Milliseconds to find one's reply among 10 k and 100 k slots
    Find,
    /// Passes issued, blinded, finalised, verified and spent per second
    Pass,
    /// Reports fused per second at 10 k, 100 k and 1 M
    Fuse,
    /// Time from post to visible incident under 500 reports a second
    Path,
    /// Microseconds to look up and open a whisper among 100 k witnesses
    Whisper,
    /// Share of spoken reports that come through a telephone line with noise
    Hearing,
    /// The server that `ingest` compares with: reads the body and forgets it
    Discard,
}

fn main() -> anyhow::Result<()> {
    let result = match Cli::parse().name {
        Name::Open => crypto::open()?,
        Name::Seal => crypto::seal()?,
        Name::Ingest => ingest::run()?,
        Name::Find => find::run(),
        Name::Pass => pass::run()?,
        Name::Fuse => fuse::run(),
        Name::Path => path::run()?,
        Name::Whisper => whisper::run()?,
        Name::Hearing => hearing::run()?,
        Name::Discard => return server::discard(),
    };
    println!("{result}");
    Ok(())
}

/// The middle value; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Three significant digits are more than these machines can promise.
fn rounded(value: f64) -> Value {
    let digits = 4 - value.abs().max(1e-12).log10().ceil() as i32;
    let scale = 10_f64.powi(digits.clamp(0, 9));
    Value::from((value * scale).round() / scale)
}
