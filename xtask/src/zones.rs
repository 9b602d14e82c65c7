//! What each crate may know, checked on its dependency tree (design, section 2).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::sh::{capture, cargo, root, say};

/// The crates that do no I/O, read no clock and draw no randomness of their own, by their folder.
pub(crate) const CORE: [&str; 10] = [
    "model", "wire", "pass", "seal", "words", "codebook", "vault", "witness", "fuse", "courier",
];

/// What would let a relay open, or make, an envelope's content.
const CLOSED_TO_RELAY: [&str; 4] = ["hpke", "lapwing-seal", "ml-kem", "x-wing"];

/// What could make passes, or calculates with their secrets: a relay only verifies.
const ISSUING: [&str; 3] = ["lapwing-issuer", "openssl", "rsa"];

/// What a gateway may not depend on: it meets nobody but the desk's public keys.
const CLOSED_TO_GATEWAY: [&str; 4] = [
    "lapwing-desk",
    "lapwing-issuer",
    "lapwing-relay",
    "lapwing-vault",
];

/// What of `lapwing-seal` opens, or tells whose a whisper is: a gateway seals, and names none of it.
const OPENING: [&str; 8] = [
    "CellSecret",
    "Listener",
    "WhisperListener",
    "ReceptionSecret",
    "RootSecret",
    "WhisperIndex",
    "open_portable",
    "lapwing_seal::open",
];

/// A gateway seals with the code that also opens; that it does not open is seen by the names in it.
fn check_gateway(names: &BTreeSet<String>) -> Result<()> {
    if let Some(found) = CLOSED_TO_GATEWAY
        .into_iter()
        .find(|&name| names.contains(name))
    {
        bail!("a gateway must not depend on {found}");
    }
    let exports = fs::read_to_string(root().join("crates/seal/src/lib.rs"))
        .context("crates/seal/src/lib.rs cannot be read")?;
    // If the names were wrong, the check below would pass for nothing.
    let name = |path: &'static str| path.rsplit("::").next().unwrap_or(path);
    if let Some(gone) = OPENING
        .into_iter()
        .find(|&path| !exports.contains(name(path)))
    {
        bail!("lapwing-seal exports no {gone} any more: correct the list in xtask/src/zones.rs");
    }
    for (path, text) in sources(&root().join("crates/gateway/src"))? {
        let words: BTreeSet<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .collect();
        let imported = text.contains("lapwing_seal::*");
        let named = |opening: &str| match opening {
            // A word of many meanings: only as it is imported.
            "lapwing_seal::open" => imports_open(&text),
            other => words.contains(other),
        };
        if let Some(found) = OPENING.into_iter().find(|&o| imported || named(o)) {
            bail!(
                "{} names {found}: a gateway seals and opens nothing",
                path.display()
            );
        }
    }
    Ok(())
}

/// Whether `open` is taken from `lapwing_seal`, by its path or by a `use`.
fn imports_open(text: &str) -> bool {
    text.split("lapwing_seal::").skip(1).any(|after| {
        let taken = match after.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => after
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .next()
                .unwrap_or_default(),
        };
        taken.split(',').any(|name| {
            let name = name.split_whitespace().next().unwrap_or_default();
            name == "open"
        })
    })
}

/// The Rust files below a folder.
fn sources(folder: &std::path::Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let read = |path: &std::path::Path| format!("{} cannot be read", path.display());
    for entry in fs::read_dir(folder).with_context(|| read(folder))? {
        let path = entry.with_context(|| read(folder))?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).with_context(|| read(&path))?;
            found.push((path, text));
        }
    }
    Ok(found)
}

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
    check_gateway(&names("lapwing-gateway")?)
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
    fn taking_open_is_seen_however_it_is_written() {
        for text in [
            "use lapwing_seal::open;",
            "use lapwing_seal::{Frame, open};",
            "use lapwing_seal::{\n    Frame,\n    open as unseal,\n};",
            "lapwing_seal::open(&envelope)",
        ] {
            assert!(imports_open(text), "{text}");
        }
        for text in [
            "use lapwing_seal::{Frame, seal}; Queue::open(folder)",
            "use lapwing_seal::opening; open()",
        ] {
            assert!(!imports_open(text), "{text}");
        }
    }

    #[test]
    fn a_difference_names_what_went_and_what_came() {
        assert_eq!(difference("a 1\nb 1\n", "a 1\nb 2\n"), "  - b 1\n  + b 2");
    }
}
