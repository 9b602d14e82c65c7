//! What the machine must have, found or installed: WebAssembly, Node.js, npm packages, Chromium, a C compiler.
//!
//! Everything here may be called again at no cost; nothing is touched that is already good enough. What cannot be
//! installed is an error that says what to run by hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::sh::{self, capture, command, say, step, which};
use crate::stamp::{self, Stamp};

mod apt;
mod wasm;

pub(crate) use wasm::{TARGET as WASM_TARGET, Wasm, wasm};

/// The oldest Node.js that the web tools run on (Vite 8).
const NODE_MIN: (u32, u32) = (20, 19);

/// A C compiler, make and perl: SQLCipher is built with an OpenSSL of its own, from source.
pub(crate) fn c_tools() -> Result<()> {
    let missing: Vec<&str> = ["cc", "make", "perl"]
        .into_iter()
        .filter(|tool| which(tool).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!(
        "to build the encrypted store; missing: {}",
        missing.join(", ")
    );
    apt::install(&["gcc", "libc6-dev", "make", "perl"], &why)
}

/// A speech synthesiser, and a program that makes a telephone line of a recording.
pub(crate) fn speech() -> Result<()> {
    let missing: Vec<&str> = ["espeak-ng", "sox"]
        .into_iter()
        .filter(|tool| which(tool).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    apt::install(&missing, "to have reports spoken over a telephone line")
}

/// Node.js and npm, recent enough.
pub(crate) fn node() -> Result<()> {
    let found = || {
        version(
            capture(command("node").arg("--version"))
                .ok()?
                .trim()
                .trim_start_matches('v'),
        )
    };
    let good = |have: Option<(u32, u32)>| {
        have.is_some_and(|have| have >= NODE_MIN) && which("npm").is_some()
    };
    if good(found()) {
        return Ok(());
    }
    let (major, minor) = NODE_MIN;
    let remedy = format!(
        "install Node.js {major}.{minor} or newer with npm so that `node --version` says so \
         (https://nodejs.org/en/download, or Debian 13's packages nodejs and npm)"
    );
    // An older distribution's package would only be in the way.
    match apt::candidate("nodejs").as_deref().and_then(version) {
        Some(offered) if offered >= NODE_MIN => {
            apt::install(&["nodejs", "npm"], "to build the web apps").context(remedy.clone())?;
        }
        offered => {
            let offered = offered.map_or(String::new(), |(a, b)| {
                format!("; the package here is {a}.{b}")
            });
            bail!("Node.js with npm is missing or too old{offered}: {remedy}");
        }
    }
    if good(found()) {
        Ok(())
    } else {
        bail!("Node.js is still not there: {remedy}")
    }
}

/// The npm packages of `web/`, exactly as the lock file names them.
pub(crate) fn npm_packages() -> Result<()> {
    node()?;
    let web = sh::root().join("web");
    let modules = web.join("node_modules");
    let node = capture(command("node").arg("--version"))?;
    let mut stamp = Stamp::new("npm")
        .text(&node)
        .path(&web.join("package-lock.json"), &[])?;
    for package in [
        "package.json",
        "witness/package.json",
        "desk/package.json",
        "embed/package.json",
        ".npmrc",
    ] {
        stamp = stamp.path(&web.join(package), &[])?;
    }
    let stamp = stamp.finish();
    // Kept inside what it speaks of, so that both go together.
    let kept = modules.join(".lapwing-stamp");
    if stamp::fresh(&kept, &stamp) {
        return Ok(());
    }
    let why = if modules.exists() {
        "the lock file changed"
    } else {
        "first time"
    };
    step(
        "npm ci",
        &format!("packages of the web apps: {why}"),
        || {
            capture(npm().args(["ci", "--no-audit", "--no-fund"])).context(
            "npm could not install the web packages; if the registry cannot be reached, check the network and \
             `npm config get registry`, then run this again",
        )?;
            stamp::keep(&kept, &stamp)
        },
    )
}

/// npm in `web/`.
pub(crate) fn npm() -> Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(sh::root().join("web"));
    npm
}

/// A Chromium for the browser tests; `CHROMIUM` names another than the one on `PATH`.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return match sh::executable(&named) {
            true => Ok(named),
            false => bail!("CHROMIUM names {}, which is not a program", named.display()),
        };
    }
    let found = || {
        [
            "chromium",
            "chromium-browser",
            "google-chrome-stable",
            "google-chrome",
        ]
        .into_iter()
        .find_map(which)
    };
    if let Some(found) = found() {
        return Ok(found);
    }
    apt::install(&["chromium"], "for the browser tests").context(
        "the browser tests need Chromium: install it, or name one in the variable CHROMIUM",
    )?;
    found().context("the package chromium is installed, and yet no chromium is on PATH")
}

/// One line on each thing that the verbs stand on, for `up`.
pub(crate) fn report(wasm: &Wasm) -> Result<()> {
    let line = |program: &str| capture(command(program).arg("--version")).unwrap_or_default();
    say("rust", line("rustc").trim());
    say("webassembly", &wasm.to_string());
    say(
        "node, npm",
        &format!("{}, {}", line("node").trim(), line("npm").trim()),
    );
    Ok(())
}

/// Major and minor version of a text such as `20.19.2+dfsg`; a Debian epoch is skipped.
fn version(text: &str) -> Option<(u32, u32)> {
    let text = text.split_once(':').map_or(text, |(_, rest)| rest);
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Is there a file below `folder` whose name begins and ends so?
fn holds(folder: &Path, begin: &str, end: &str) -> bool {
    let Ok(entries) = folder.read_dir() else {
        return false;
    };
    entries.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(begin) && name.ends_with(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_rust_and_debian_are_read() {
        assert_eq!(version("20.19.2"), Some((20, 19)));
        assert_eq!(version("18.20.4+dfsg-1~deb12u1"), Some((18, 20)));
        assert_eq!(version("1:1.95.0"), Some((1, 95)));
        assert_eq!(version("none"), None);
        assert_eq!(version(""), None);
    }
}
