//! Runs the drills for the table: `lapwing-drills NAME [--quick]` prints one JSON object a measure,
//! each on a line: `name`, `measure`, `value`, `bound`, `held`, `control_caught`, and what the value
//! came from. `cargo xtask drill` builds what they need, runs them, and shows them together.
//!
//! Where the measure is how well an attacker guesses, `value` is the end of the 95 % interval of the
//! AUC that is farther from one half, as a distance from it, and `bound` is 0.02. A `--quick` run is
//! too small for that: its bound is the distance by chance that one run in some hundreds would pass.

mod runs;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    name: Name,
    /// Small, to see that it runs
    #[arg(long, global = true)]
    quick: bool,
}

#[derive(Subcommand)]
enum Name {
    /// Relay seized: cover against real, two envelopes of one witness, drops
    Relay,
    /// Relay seized: the memory of a running one
    Memory,
    /// The control of that: a relay that keeps who came
    #[command(hide = true)]
    CarelessRelay(runs::Careless),
    /// Desk disk seized: without its key, with one coordinator's passphrase, after an epoch closed
    Desk,
    /// Network tapped: who reported
    Tapped,
    /// Network tapped, by what `e2e/drills/tapped.mjs` has captured of real apps
    Captured {
        /// Where it wrote
        file: std::path::PathBuf,
    },
    /// Issuer and relay together: which pass was issued when
    Issuer,
}

fn main() -> anyhow::Result<()> {
    let Cli { name, quick } = Cli::parse();
    match name {
        Name::Relay => runs::relay(quick),
        Name::Memory => runs::memory(quick),
        Name::CarelessRelay(options) => runs::careless(&options),
        Name::Desk => runs::desk(),
        Name::Tapped => runs::tapped(quick),
        Name::Captured { file } => runs::captured(&file),
        Name::Issuer => runs::issuer(quick),
    }
}
