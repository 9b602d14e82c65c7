//! Running other programs, and saying so.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one folder below the root")
}

/// Cargo's target folder for ordinary builds.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A command that runs in the repository's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs this program, in the repository's root.
pub(crate) fn cargo() -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo says about xtask itself must not leak into the packages that xtask builds.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs to the end with this terminal; an exit code other than 0 is an error that names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// Runs to the end without a word; what it said is part of the error if it fails.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        let said = String::from_utf8_lossy(&stderr);
        let said = if said.trim().is_empty() {
            String::from_utf8_lossy(&stdout)
        } else {
            said
        };
        bail!("`{}` failed: {status}\n{}", line(command), ends(&said));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// The first and the last lines: tools name the cause in either, and their manual in between.
fn ends(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    match lines.len() {
        0..=40 => lines.join("\n"),
        long => [&lines[..20], &["…"], &lines[long - 20..]]
            .concat()
            .join("\n"),
    }
}

/// Runs `work`, then prints one line: what was done, why, and how long it took.
pub(crate) fn step<T>(what: &str, why: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    match work() {
        Ok(value) => {
            say(what, &format!("{why} ({})", seconds(start.elapsed())));
            Ok(value)
        }
        Err(error) => {
            say(what, &format!("FAILED after {}", seconds(start.elapsed())));
            Err(error)
        }
    }
}

/// One line of progress. It goes to standard error, so that standard output carries results only.
pub(crate) fn say(what: &str, why: &str) {
    eprintln!("  {what:<22} {why}");
}

/// Where a program lies on `PATH`.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| {
            folder
                .join(program)
                .with_extension(std::env::consts::EXE_EXTENSION)
        })
        .find(|file| executable(file))
}

/// Is this a file that can be run?
pub(crate) fn executable(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.metadata()
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    file.is_file()
}

/// A duration as people say it.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:.1} s", duration.as_secs_f32()),
        long => format!("{} min {:02} s", long / 60, long % 60),
    }
}

/// A size in bytes as people say it.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

fn line(command: &Command) -> String {
    // The name alone: where the program lies says nothing of what went wrong.
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or_else(|| command.get_program());
    let mut line = name.to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_names_it_and_what_it_said() {
        let error = capture(command("sh").args(["-c", "echo the disk is on fire >&2; exit 3"]))
            .unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("sh -c"), "{text}");
        assert!(text.contains("the disk is on fire"), "{text}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_that_names_it() {
        let error = run(&mut command("lapwing-no-such-program")).unwrap_err();
        assert!(format!("{error:#}").contains("lapwing-no-such-program"));
        assert_eq!(which("lapwing-no-such-program"), None);
    }

    #[test]
    fn a_long_complaint_keeps_its_beginning_and_its_end() {
        let long: Vec<String> = (0..500).map(|n| format!("line {n}")).collect();
        let kept = ends(&long.join("\n"));
        assert!(
            kept.starts_with("line 0\n") && kept.ends_with("line 499"),
            "{kept}"
        );
        assert_eq!(kept.lines().count(), 41);
        assert_eq!(ends("one\ntwo\n"), "one\ntwo");
    }

    #[test]
    fn sizes_and_times_are_said_in_units_that_fit() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(198_765), "198.8 kB");
        assert_eq!(bytes(12_345_678), "12.3 MB");
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(seconds(Duration::from_secs(61)), "1 min 01 s");
    }
}
