//! Every test there is: Rust, web units, browser.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::sh::{self, capture, cargo, command, root, say, seconds};
use crate::{toolchain, up, web};

#[derive(Args)]
pub(crate) struct Options {
    /// Only one of the kinds
    #[arg(long, value_enum)]
    only: Option<Kind>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    Rust,
    Web,
    Browser,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Rust, Self::Web, Self::Browser];

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Web => "web",
            Self::Browser => "browser",
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|&kind| options.only.is_none_or(|only| only == kind))
        .collect();
    // What the Rust tests built serves the browser tests too: with the features of `--package lapwing` alone nearly
    // every dependency would be compiled once more.
    let built_for_tests = kinds.contains(&Kind::Rust);
    let mut summary = Vec::new();
    let mut failures = 0;
    for kind in kinds {
        let start = Instant::now();
        let result = match kind {
            Kind::Rust => rust(),
            Kind::Web => units(),
            Kind::Browser => browser(built_for_tests),
        };
        let took = seconds(start.elapsed());
        // The kinds do not depend on each other: all are run, so that one run tells all that is broken.
        summary.push(match result {
            Ok(()) => (kind.name(), format!("passed ({took})")),
            Err(error) => {
                failures += 1;
                (kind.name(), format!("FAILED ({took}): {error:#}"))
            }
        });
    }
    eprintln!();
    for (name, line) in &summary {
        say(&format!("{name} tests"), line);
    }
    if failures > 0 {
        bail!("{failures} of {} kinds of tests failed", summary.len());
    }
    Ok(())
}

fn rust() -> Result<()> {
    toolchain::c_tools()?;
    if capture(cargo().args(["nextest", "--version"])).is_ok() {
        sh::run(cargo().args(["nextest", "run", "--workspace", "--locked"]))?;
        sh::run(cargo().args(["test", "--workspace", "--locked", "--doc", "--quiet"]))
    } else {
        sh::run(cargo().args(["test", "--workspace", "--locked"]))
    }
}

fn units() -> Result<()> {
    // The apps are tested with the core that they ship.
    web::build(&toolchain::wasm()?, false, true)?;
    toolchain::npm_packages()?;
    let mut npm = toolchain::npm();
    npm.arg("test");
    for app in web::APPS {
        npm.args(["-w", app]);
    }
    sh::run(&mut npm)
}

fn browser(built_for_tests: bool) -> Result<()> {
    let chromium = toolchain::chromium()?;
    let built = web::build(&toolchain::wasm()?, false, false)?;
    let program = if built_for_tests {
        up::program(false)
    } else {
        up::lapwing(false)?
    };
    if !program.is_file() {
        bail!(
            "there is no {}: the Rust tests did not get as far as building it",
            program.display()
        );
    }
    let folder = root().join("e2e");
    let mut tests: Vec<_> = folder
        .read_dir()
        .context("there is no folder e2e")?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    tests.sort();
    if tests.is_empty() {
        bail!("e2e holds no browser test (*.test.mjs)");
    }
    sh::run(
        // One file after the other: each starts servers and a browser, and measures waiting times.
        command("node")
            .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
            .args(tests)
            .env("LAPWING_BIN", program)
            .env("LAPWING_WEB", &built.witness)
            .env("LAPWING_DESK_WEB", &built.desk)
            .env("LAPWING_EMBED", &built.embed)
            .env("CHROMIUM", chromium),
    )
}
