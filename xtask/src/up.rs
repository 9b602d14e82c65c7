//! From a fresh clone to two pages in a browser.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Args;

use crate::sh::{self, cargo, command, say, seconds};
use crate::{toolchain, web};

#[derive(Args)]
pub(crate) struct Options {
    /// Also replay the bundled hour of reports, sixty times as fast
    #[arg(long)]
    demo: bool,
    /// Build the program without optimisation, which is faster to build
    #[arg(long)]
    dev: bool,
    /// The folder that the store lives in (default: what `lapwing up` says)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Install and build, then stop
    #[arg(long)]
    no_run: bool,
    /// Passed on to `lapwing up`
    #[arg(last = true, value_name = "ARGS")]
    rest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    toolchain::c_tools()?;
    let wasm = toolchain::wasm()?;
    toolchain::node()?;
    toolchain::report(&wasm)?;
    let built = web::build(&wasm, false, false)?;
    say(
        "cargo build",
        "the program; the first time takes minutes, most of it the encrypted store",
    );
    let program = lapwing(!options.dev)?;
    web::say_folders(&built);
    say("ready", &format!("after {}", seconds(start.elapsed())));
    if options.no_run {
        return Ok(());
    }
    let mut up = command(program);
    up.arg("up")
        .arg("--web")
        .arg(&built.witness)
        .arg("--desk-web")
        .arg(&built.desk);
    if options.demo {
        up.arg("--demo");
    }
    if let Some(data) = &options.data {
        // As the caller's shell meant it: the program runs in the root of the repository.
        up.arg("--data").arg(std::path::absolute(data)?);
    }
    up.args(&options.rest);
    replace(up)
}

/// Builds the program and says where it lies.
pub(crate) fn lapwing(release: bool) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "lapwing"]);
    if release {
        build.arg("--release");
    }
    sh::run(&mut build)?;
    Ok(program(release))
}

/// Where the program is once it is built.
pub(crate) fn program(release: bool) -> PathBuf {
    let folder = if release { "release" } else { "debug" };
    sh::target()
        .join(folder)
        .join("lapwing")
        .with_extension(std::env::consts::EXE_EXTENSION)
}

/// Becomes the program, so that Ctrl-C and other signals are its own affair.
#[cfg(unix)]
fn replace(mut program: std::process::Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(anyhow::Error::new(program.exec()).context("cannot start the program"))
}

#[cfg(not(unix))]
fn replace(mut program: std::process::Command) -> Result<()> {
    sh::run(&mut program)
}
