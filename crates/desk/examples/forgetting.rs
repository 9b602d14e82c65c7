//! Runs the drill of a desk that is seized after an epoch was closed, and prints what was found as
//! JSON: `cargo run --release -p lapwing-desk --features drill --example forgetting [SEED]`.

use std::{error::Error, process::ExitCode};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let seed = match std::env::args().nth(1) {
        Some(seed) => seed.parse()?,
        None => 1,
    };
    let dir = tempfile::tempdir()?;
    let finding = lapwing_desk::drill::forgetting(dir.path(), seed)?;
    println!("{}", serde_json::to_string(&finding)?);
    Ok(match finding.held && finding.control_caught {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
