//! The one place of this program that asks the machine for randomness.

use anyhow::Context;

/// A seed of 32 bytes from the operating system.
pub(crate) fn seed() -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).context("the operating system gives no randomness")?;
    Ok(seed)
}
