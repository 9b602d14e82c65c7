//! Everything that is checked without running the product.

use std::fs;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::sh::{self, capture, cargo, root, say, seconds};
use crate::{toolchain, web, zones};

#[derive(Args)]
pub(crate) struct Options {
    /// Write `docs/deps/*.txt` anew instead of comparing: then look at the difference
    #[arg(long)]
    bless: bool,
}

/// A check and its name.
type Check = (&'static str, fn() -> Result<()>);

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.bless {
        return zones::write_lists();
    }
    // The quick ones first.
    let mut checks: Vec<Check> = vec![
        ("format", format),
        ("tracked files", tracked_files),
        ("forbid unsafe", forbid_unsafe),
        ("zones", zones::check_zones),
        ("dependency lists", zones::check_lists),
        ("web core", core),
        ("web sources", web_sources),
        ("clippy", clippy),
        ("rustdoc", rustdoc),
    ];
    if capture(cargo().args(["deny", "--version"])).is_ok() {
        checks.push(("cargo deny", deny));
    } else {
        // Building it takes longer than all else here together.
        say(
            "cargo deny",
            "NOT CHECKED: cargo-deny is not installed (cargo install --locked cargo-deny)",
        );
    }
    let mut failed = Vec::new();
    for &(name, check) in &checks {
        let start = std::time::Instant::now();
        // All are run, so that one run tells all that is wrong.
        match check() {
            Ok(()) => say(name, &format!("good ({})", seconds(start.elapsed()))),
            Err(error) => {
                say(name, &format!("FAILED: {error:#}"));
                failed.push(name);
            }
        }
    }
    if !failed.is_empty() {
        bail!(
            "{} of {} checks failed: {}",
            failed.len(),
            checks.len(),
            failed.join(", ")
        );
    }
    Ok(())
}

fn format() -> Result<()> {
    capture(cargo().args(["fmt", "--all", "--check"])).map(drop)
}

fn clippy() -> Result<()> {
    toolchain::c_tools()?;
    sh::run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))
}

fn rustdoc() -> Result<()> {
    let mut doc = cargo();
    doc.args([
        "doc",
        "--workspace",
        "--no-deps",
        "--locked",
        "--quiet",
        "--document-private-items",
    ]);
    sh::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny() -> Result<()> {
    // Advisories change without a commit; they are looked at by a job of their own.
    sh::run(cargo().args(["deny", "--locked", "check", "bans", "licenses", "sources"]))
}

/// The type checker needs the core's TypeScript face.
fn core() -> Result<()> {
    web::build(&toolchain::wasm()?, false, true).map(drop)
}

fn web_sources() -> Result<()> {
    toolchain::npm_packages()?;
    sh::run(toolchain::npm().args(["run", "--silent", "lint"]))
}

/// Core crates hold no unsafe code, and say so where a reader looks first.
fn forbid_unsafe() -> Result<()> {
    let missing: Vec<&str> = zones::CORE
        .into_iter()
        .filter(|name| {
            let file = root().join("crates").join(name).join("src/lib.rs");
            !fs::read_to_string(file).is_ok_and(|text| {
                text.lines()
                    .any(|line| line.trim() == "#![forbid(unsafe_code)]")
            })
        })
        .collect();
    if !missing.is_empty() {
        bail!(
            "no `#![forbid(unsafe_code)]` in the lib.rs of: {}",
            missing.join(", ")
        );
    }
    Ok(())
}

/// No path of the machine that a file was written on, and no registry in the lock file of npm.
fn tracked_files() -> Result<()> {
    let listed = capture(sh::command("git").args(["ls-files", "-z"]))
        .context("this check needs a git work tree")?;
    let mut found = Vec::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        // A file that is deleted and not yet committed so, or a binary one.
        let Ok(text) = fs::read_to_string(root().join(name)) else {
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            if let Some(path) = machine_path(line) {
                found.push(format!("{name}:{}: {path}", at + 1));
            }
            if name.ends_with("package-lock.json") && line.contains("\"resolved\": \"http") {
                found.push(format!("{name}:{}: names a registry", at + 1));
            }
        }
    }
    if !found.is_empty() {
        bail!(
            "{} lines that belong to one machine:\n{}",
            found.len(),
            found.join("\n")
        );
    }
    Ok(())
}

/// A path below the home folder of somebody, or of a workplace.
fn machine_path(line: &str) -> Option<&'static str> {
    // In two parts, so that this file passes its own check.
    const PATHS: [&str; 5] = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/tm", "p/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
    ];
    PATHS.into_iter().find(|path| {
        line.match_indices(path).any(|(at, _)| {
            // The path of a URL or a relative one is not meant.
            let before = line[..at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric() && !"._-~})$/".contains(c))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found_and_urls_and_relative_paths_are_not() {
        for bad in [
            concat!("see /ho", "me/ann/x"),
            concat!("\"/wo", "rk/main\""),
            concat!("/tm", "p/x"),
            concat!("=/ro", "ot/.cargo"),
        ] {
            assert!(machine_path(bad).is_some(), "{bad}");
        }
        for good in [
            "https://example.org/home/ann",
            "../work/x",
            "$HOME/work/x",
            "web/root/x",
            "a / b",
            "",
        ] {
            assert_eq!(machine_path(good), None, "{good}");
        }
    }
}
