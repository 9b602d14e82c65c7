//! Debian packages, where this user may install them.

use std::process::Command;
use std::sync::Once;

use anyhow::{Context as _, Result, bail};

use crate::sh::{capture, command, say, step, which};

/// Installs packages, or says what to run.
pub(super) fn install(packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    if which("apt-get").is_none() {
        bail!("missing here, {why}: there is no apt-get; install what Debian calls: {list}");
    }
    let Some(sudo) = sudo() else {
        bail!(
            "missing here, {why}; this user may not install it, so run: sudo apt-get install -y {list}"
        );
    };
    update(sudo);
    step("apt-get install", &format!("{list}, {why}"), || {
        capture(
            apt(sudo)
                .args(["install", "-y", "-qq", "--no-install-recommends"])
                .args(packages),
        )
        .map(drop)
        .with_context(|| format!("run by hand to see more: sudo apt-get install -y {list}"))
    })
}

/// The version that would be installed, if there is one.
pub(super) fn candidate(package: &str) -> Option<String> {
    which("apt-cache")?;
    if let Some(sudo) = sudo() {
        update(sudo);
    }
    let policy = capture(command("apt-cache").args(["policy", package])).ok()?;
    let line = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (line != "(none)").then(|| line.to_owned())
}

/// What a package depends on.
pub(super) fn depends(package: &str) -> Vec<String> {
    let said = capture(command("apt-cache").args(["depends", package])).unwrap_or_default();
    said.lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .map(str::to_owned)
        .collect()
}

/// The package lists, once per run; old lists name versions that the mirror no longer has.
fn update(sudo: bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = step("apt-get update", "before installing", || {
            capture(apt(sudo).args(["update", "-qq"]))
        }) {
            let first = error.to_string();
            say(
                "apt-get update",
                &format!(
                    "going on with the lists there are: {}",
                    first.lines().last().unwrap_or("")
                ),
            );
        }
    });
}

/// `Some(false)` for root, `Some(true)` where sudo asks for nothing or can ask, `None` if this user may not.
fn sudo() -> Option<bool> {
    if capture(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Some(false);
    }
    which("sudo")?;
    let quiet = capture(command("sudo").args(["-n", "true"])).is_ok();
    let can_ask = std::io::IsTerminal::is_terminal(&std::io::stdin());
    (quiet || can_ask).then_some(true)
}

fn apt(sudo: bool) -> Command {
    let mut apt = match sudo {
        false => command("env"),
        true => {
            let mut sudo = command("sudo");
            sudo.arg("env");
            sudo
        }
    };
    apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    apt
}
