//! One decoder under libFuzzer.
//!
//! libFuzzer comes as source with the crate `libfuzzer-sys` and needs a C++ compiler only. The coverage passes that it
//! lives on are unstable flags of the compiler; `RUSTC_BOOTSTRAP` lets a stable one take them, so that no other
//! toolchain must be downloaded.

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::sh::{self, capture, cargo, command, root, which};

/// What cargo-fuzz passes, without the address sanitizer: the decoders are safe Rust, in crates that forbid `unsafe`.
const FLAGS: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Coverflow-checks",
];

#[derive(Args)]
pub(crate) struct Options {
    /// The target; without one, all are listed
    name: Option<String>,
    /// How long to run
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    seconds: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let targets = targets()?;
    let Some(name) = &options.name else {
        println!("{}", targets.join("\n"));
        return Ok(());
    };
    if !targets.contains(name) {
        bail!(
            "there is no fuzz target `{name}`; there are: {}",
            targets.join(", ")
        );
    }
    if which("c++").is_none() {
        bail!("libFuzzer is built from C++ source: install a C++ compiler (Debian: g++)");
    }
    let host = capture(command("rustc").arg("-vV"))?;
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not name its host")?;
    let folder = sh::target().join("fuzz");
    let mut build = cargo();
    build
        .args([
            "build",
            "--locked",
            "--release",
            "--package",
            "lapwing-fuzz",
            "--features",
            "libfuzzer",
        ])
        .args(["--bin", name, "--target", host, "--target-dir"])
        .arg(&folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    sh::run(&mut build)?;
    // New inputs go to a folder of their own: what is committed stays small and chosen.
    let found = folder.join("corpus").join(name);
    let crashes = root().join("fuzz/artifacts").join(name);
    for folder in [&found, &crashes] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let program = folder
        .join(host)
        .join("release")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    sh::run(
        command(program)
            .arg(found)
            .arg(root().join("fuzz/corpus").join(name))
            .arg(format!("-max_total_time={}", options.seconds))
            .arg(format!("-artifact_prefix={}/", crashes.display()))
            .arg("-print_final_stats=1"),
    )
}

/// The names of the files in `fuzz/fuzz_targets`.
fn targets() -> Result<Vec<String>> {
    let entries = root()
        .join("fuzz/fuzz_targets")
        .read_dir()
        .context("cannot list fuzz/fuzz_targets")?;
    let names = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}
