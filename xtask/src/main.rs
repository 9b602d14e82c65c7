//! `cargo xtask`: one place for everything that is done to this repository besides editing it.
//!
//! One file per verb. What the verbs need and the machine lacks is found or installed by [`toolchain`]; processes are
//! run by [`sh`], which says what ran when something fails.
//!
//! Out of scope: anything a person runs on a deployment; that is the program `lapwing` (`crates/lapwing`).

#![forbid(unsafe_code)]

mod bench;
mod drill;
mod fuzz;
mod lint;
mod release;
mod sh;
mod soak;
mod stamp;
mod test;
mod toolchain;
mod up;
mod web;
mod zones;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Build, run, check and measure Lapwing",
    max_term_width = 100
)]
struct Xtask {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure, and print each figure beside its limit
    Bench(bench::Options),
    /// Let attackers of our own search and guess, and print what they find
    Drill(drill::Options),
    /// Fuzz one decoder with libFuzzer
    Fuzz(fuzz::Options),
    /// Check format, lints, documentation, licences, zones and the web sources
    Lint(lint::Options),
    /// Make the key that signs releases of the witness app
    ReleaseKey(release::Key),
    /// Sign the built witness app: its service worker takes no other update
    ReleaseSign(release::Sign),
    /// Run the long drills
    Soak(soak::Options),
    /// Run the Rust tests, the web unit tests and the browser tests
    Test(test::Options),
    /// Install what is missing, build everything, and start it on an embedded store
    Up(up::Options),
    /// Build the witness core for browsers, both web apps and the script for everyday pages
    Web(web::Options),
}

fn main() -> std::process::ExitCode {
    let done = match Xtask::parse().verb {
        Verb::Bench(options) => bench::run(&options),
        Verb::Drill(options) => drill::run(&options),
        Verb::Fuzz(options) => fuzz::run(&options),
        Verb::Lint(options) => lint::run(&options),
        Verb::ReleaseKey(options) => release::key(&options),
        Verb::ReleaseSign(options) => release::sign(&options),
        Verb::Soak(options) => soak::run(&options),
        Verb::Test(options) => test::run(&options),
        Verb::Up(options) => up::run(&options),
        Verb::Web(options) => web::run(&options).map(drop),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // The causes, not the stack: what failed is another program, or a machine without it.
            eprintln!("\nerror: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
