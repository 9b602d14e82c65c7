//! The program: up, relay, desk, web, witness, replay, evaluate.
//!
//! Each role is a module with its arguments and a `run`; what a role does lives in its crate. The
//! machine's clock and randomness enter here and nowhere below.

#![forbid(unsafe_code)]

mod clock;
mod entropy;
mod evaluate;
mod relay_client;
mod replay;
mod rows;
mod witness;

use clap::{Parser, Subcommand};

/// Lapwing: a reporting network for people for whom reporting is dangerous
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Run the fusing alone on a file of reports and print how well it did
    Evaluate(evaluate::Evaluate),
    /// Send a file of reports through the real path, one witness a source
    Replay(replay::Replay),
    /// Report from the command line
    #[command(subcommand)]
    Witness(witness::Witness),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().role {
        Role::Evaluate(evaluate) => evaluate.run(),
        Role::Replay(replay) => replay.run().await,
        Role::Witness(witness) => witness.run().await,
    }
}
