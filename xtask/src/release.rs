//! The signature of a release of the witness app: `web/witness/build/release.js`, which writes what
//! `crates/wire` (`release.rs`) reads.
//!
//! A release is built with the public key (`VITE_RELEASE_KEY=HEX cargo xtask web`), and its folder is signed where the
//! secret is, on a machine that builds nothing and serves nothing. Builds without that variable are signed by a key of
//! the working copy.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::sh::{self, command, root};
use crate::{toolchain, web};

#[derive(Args)]
pub(crate) struct Key {
    /// The file to make; only its owner can read it, and none is replaced
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// The secret key, as `release-key` made it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The built app
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
    /// Must grow from release to release; the time in seconds unless given
    #[arg(long)]
    version: Option<u64>,
}

/// Makes a key and prints its public half.
pub(crate) fn key(options: &Key) -> Result<()> {
    toolchain::node()?;
    sh::run(script().arg("key").arg(std::path::absolute(&options.file)?))
}

/// Writes `manifest.sig`.
pub(crate) fn sign(options: &Sign) -> Result<()> {
    toolchain::node()?;
    let dist = match &options.dist {
        Some(folder) => std::path::absolute(folder)?,
        None => web::dist("witness"),
    };
    let mut sign = script();
    sign.arg("sign")
        .arg(std::path::absolute(&options.key)?)
        .arg(dist);
    sign.args(options.version.map(|version| version.to_string()));
    sh::run(&mut sign)
}

fn script() -> std::process::Command {
    let mut node = command("node");
    node.arg(root().join("web/witness/build/release.js"));
    node
}
