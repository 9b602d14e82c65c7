//! The program: up, relay, issuer, desk, web, gateway, witness, words, replay, evaluate.
//!
//! Each role is a module with its arguments and a `run`; what a role does lives in its crate. The
//! machine's clock and randomness enter here (and in the servers' crates), never in a core crate.

#![forbid(unsafe_code)]

mod clock;
mod desk;
mod entropy;
mod evaluate;
mod gateway;
mod issuer;
mod passes;
mod relay;
mod relay_client;
mod replay;
mod rows;
mod shutdown;
mod up;
mod web;
mod witness;
mod words;

use std::{alloc::System, process::ExitCode};

use clap::{Parser, Subcommand};
use zeroizing_alloc::ZeroAlloc;

/// What is given back is overwritten: else the buffers in which requests came stay in a relay's memory after
/// their phones have left, with headers beside envelopes (`cargo xtask drill memory` looks).
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

/// Lapwing: a reporting network for people for whom reporting is dangerous
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Start relay, desk and both pages on this machine
    Up(up::Up),
    /// Keep sealed envelopes that nobody here can read
    Relay(relay::Relay),
    /// Sign passes for whoever may have them
    Issuer(issuer::Issuer),
    /// Open envelopes, fuse reports into incidents, warn
    Desk(Box<desk::Desk>),
    /// Serve the witness app
    Web(web::Web),
    /// Take text messages and forward what they whisper, sealed
    #[command(subcommand)]
    Gateway(gateway::Gateway),
    /// Report from the command line
    #[command(subcommand)]
    Witness(witness::Witness),
    /// Say a report in fourteen words, and read it again
    #[command(subcommand)]
    Words(words::Words),
    /// Send a file of reports through the real path, one witness a source
    Replay(replay::Replay),
    /// Run the fusing alone on a file of reports and print how well it did
    Evaluate(evaluate::Evaluate),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("LAPWING_LOG")
        .unwrap_or_else(|_unset| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let done = match cli.role {
        Role::Up(up) => up.run().await,
        Role::Relay(relay) => relay.run().await,
        Role::Issuer(issuer) => issuer.run().await,
        Role::Desk(desk) => desk.run().await,
        Role::Web(web) => web.run().await,
        Role::Gateway(gateway) => gateway.run().await,
        Role::Witness(witness) => witness.run().await,
        Role::Words(words) => return words.run(),
        Role::Replay(replay) => replay.run().await,
        Role::Evaluate(evaluate) => evaluate.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Causes on one line and no stack: for the person who must act on it.
            eprintln!("lapwing: {why:#}");
            ExitCode::FAILURE
        }
    }
}
