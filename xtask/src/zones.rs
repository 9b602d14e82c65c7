//! What each crate may know, checked on its dependency tree (design, section 2).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::sh::{capture, cargo, root, say};

/// The crates that do no I/O, read no clock and draw no randomness of their own, by their folder.
pub(crate) const CORE: [&str; 9] = [
    "model", "wire", "pass", "seal", "words", "vault", "witness", "fuse", "courier",
];

/// What would let a relay open, or make, an envelope's content.
const CLOSED_TO_RELAY: [&str; 4] = ["hpke", "lapwing-seal", "ml-kem", "x-wing"];

/// What could make passes, or calculates with their secrets: a relay only verifies.
const ISSUING: [&str; 3] = ["lapwing-issuer", "openssl", "rsa"];

/// A relay carries sealed bytes: the code that opens them must not be in it.
pub(crate) fn check_zones() -> Result<()> {
    let names = |package: &str| -> Result<BTreeSet<String>> {
        Ok(tree(package)?
            .into_iter()
            .filter_map(|line| line.split(' ').next().map(str::to_owned))
            .collect())
    };
    // If the names were wrong, the check below would pass for nothing.
    let openers = names("lapwing-seal")?;
    if let Some(gone) = CLOSED_TO_RELAY
        .into_iter()
        .find(|&name| name != "lapwing-seal" && !openers.contains(name))
    {
        bail!(
            "lapwing-seal does not depend on {gone} any more: correct the list in xtask/src/zones.rs"
        );
    }
    let (issuer, phone) = (names("lapwing-issuer")?, names("lapwing-pass")?);
    if !issuer.contains("openssl") || !phone.contains("rsa") {
        bail!(
            "passes are signed or blinded by something else now: correct the list in xtask/src/zones.rs"
        );
    }
    let relay = names("lapwing-relay")?;
    let found: Vec<&str> = CLOSED_TO_RELAY
        .into_iter()
        .chain(ISSUING)
        .filter(|&name| relay.contains(name))
        .collect();
    if !found.is_empty() {
        bail!(
            "the relay must not hold what opens envelopes or makes passes, and depends on: {}",
            found.join(", ")
        );
    }
    Ok(())
}

/// Each core crate depends on what `docs/deps` says, so that a review sees every new name.
pub(crate) fn check_lists() -> Result<()> {
    let mut wrong = Vec::new();
    for name in CORE {
        let now = list(name)?;
        let kept = fs::read_to_string(file(name)).unwrap_or_default();
        if now != kept {
            wrong.push(format!(
                "docs/deps/lapwing-{name}.txt:\n{}",
                difference(&kept, &now)
            ));
        }
    }
    if !wrong.is_empty() {
        bail!(
            "the dependencies of core crates changed; if that is meant, run `cargo xtask lint --bless`\n{}",
            wrong.join("\n")
        );
    }
    Ok(())
}

/// Writes what [`check_lists`] compares with.
pub(crate) fn write_lists() -> Result<()> {
    for name in CORE {
        let file = file(name);
        let folder = file.parent().expect("the file lies in docs/deps");
        fs::create_dir_all(folder).context("cannot create docs/deps")?;
        let list = list(name)?;
        fs::write(&file, &list).with_context(|| format!("cannot write {}", file.display()))?;
        say(
            &format!("lapwing-{name}"),
            &format!("{} packages", list.lines().count() - 1),
        );
    }
    Ok(())
}

fn file(name: &str) -> PathBuf {
    root().join(format!("docs/deps/lapwing-{name}.txt"))
}

fn list(name: &str) -> Result<String> {
    let package = format!("lapwing-{name}");
    let lines: Vec<String> = tree(&package)?
        .into_iter()
        .filter(|line| *line != package)
        .collect();
    let head =
        format!("# Written by `cargo xtask lint --bless`: all that {package} is built from.");
    Ok([vec![head], lines].concat().join("\n") + "\n")
}

/// Name and version of each package in the normal tree, on every platform; our own by name alone.
fn tree(package: &str) -> Result<BTreeSet<String>> {
    let mut tree = cargo();
    tree.args([
        "tree",
        "--locked",
        "--edges",
        "normal",
        "--target",
        "all",
        "--prefix",
        "none",
        "--package",
        package,
    ]);
    let text = capture(tree.args(["--format", "{p}"]))?;
    let lines = text.lines().map(|line| {
        let mut words = line.split(' ');
        let (name, version) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        if name.starts_with("lapwing") {
            name.to_owned()
        } else {
            format!("{name} {}", version.trim_start_matches('v'))
        }
    });
    Ok(lines.filter(|line| !line.trim().is_empty()).collect())
}

/// Lines that went and lines that came.
fn difference(kept: &str, now: &str) -> String {
    let (kept, now): (BTreeSet<&str>, BTreeSet<&str>) =
        (kept.lines().collect(), now.lines().collect());
    let gone = kept.difference(&now).map(|line| format!("  - {line}"));
    let come = now.difference(&kept).map(|line| format!("  + {line}"));
    gone.chain(come).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_the_code_that_opens_envelopes_holds_the_names_that_are_closed_to_the_relay() {
        let seal = tree("lapwing-seal").unwrap();
        assert!(seal.contains("lapwing-seal") && seal.contains("lapwing-wire"));
        assert!(seal.iter().any(|line| line.starts_with("hpke ")));
    }

    #[test]
    fn a_difference_names_what_went_and_what_came() {
        assert_eq!(difference("a 1\nb 1\n", "a 1\nb 2\n"), "  - b 1\n  + b 2");
    }
}
