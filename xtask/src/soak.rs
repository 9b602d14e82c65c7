//! Long drills: the tests whose names begin with `soak_`, which ordinary runs leave out.

use anyhow::Result;
use clap::Args;

use crate::sh::{self, cargo};
use crate::toolchain;

#[derive(Args)]
pub(crate) struct Options {
    /// Only those whose name holds this (for example `path`)
    #[arg(default_value = "")]
    name: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    toolchain::c_tools()?;
    let name = format!("soak_{}", options.name);
    let mut test = cargo();
    test.args(["test", "--workspace", "--locked", "--release", "--tests"]);
    sh::run(test.args(["--", "--ignored", "--nocapture", &name]))
}
