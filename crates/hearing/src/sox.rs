//! SoX: what a telephone line does to sound.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::RATE;

/// As a telephone line lets it through: 300 to 3,400 Hz, 8,000 samples a second.
pub(crate) fn narrowed(samples: &[f32], rate: u32) -> Result<Vec<f32>> {
    let rate = rate.to_string();
    let input = ["-t", "f32", "-r", &rate, "-c", "1"];
    let output = ["-t", "f32", "-r", "8000", "-c", "1"];
    let effects = ["rate", "8000", "sinc", "300-3400"];
    Ok(floats(&sox(&bytes(samples), &input, &output, &effects)?))
}

/// Coded and decoded as G.711 µ-law.
pub(crate) fn coded(samples: &[f32]) -> Result<Vec<f32>> {
    let [float, law] = ["f32", "ul"].map(|kind| ["-t", kind, "-r", "8000", "-c", "1"]);
    let coded = sox(&bytes(samples), &float, &law, &[])?;
    ensure!(coded.len() == samples.len(), "a byte a sample");
    Ok(floats(&sox(&coded, &law, &float, &[])?))
}

fn sox(input: &[u8], form: &[&str], output: &[&str], effects: &[&str]) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
    fs::write(&from, input)?;
    // Without dither, which would be random.
    let mut command = Command::new("sox");
    command.args(["-D", "-V1"]).args(form).arg(&from);
    let done = command.args(output).arg(&to).args(effects).output();
    let done = done.context("SoX cannot be started")?;
    ensure!(
        done.status.success(),
        "SoX: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(fs::read(&to)?)
}

fn bytes(samples: &[f32]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| sample.to_ne_bytes())
        .collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (samples, _) = bytes.as_chunks();
    samples
        .iter()
        .map(|&sample| f32::from_ne_bytes(sample))
        .collect()
}

const _: () = assert!(RATE == 8_000);
