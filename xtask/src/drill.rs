//! The drills: what a searcher finds, each measure beside its bound and with the broken variants that the same searcher
//! must catch.
//!
//! `crates/drills` runs what needs no browser and prints one JSON object a measure; `e2e/drills/phone.mjs` ends with an
//! array of the same. This verb builds what they need, runs the names one after the other, and shows the measures
//! together.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::sh::{self, cargo, command};
use crate::{toolchain, up, web};

#[derive(Args)]
pub(crate) struct Options {
    /// Only these
    #[arg(value_enum)]
    names: Vec<Name>,
    /// Small runs, to see that all is in order; their bounds are wider. Without the phone, unless it is named
    #[arg(long)]
    quick: bool,
    /// End with one JSON object of all
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Name {
    /// Relay seized: cover against real, two envelopes of one witness, drops
    Relay,
    /// Phone seized: what is in the browser's folder
    Phone,
    /// Desk disk seized: without its key, with one coordinator's passphrase, after an epoch closed
    Desk,
    /// Network tapped: who reported
    Tapped,
    /// Issuer and relay together: which pass was issued when
    Issuer,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Phone => "phone",
            Self::Desk => "desk",
            Self::Tapped => "tapped",
            Self::Issuer => "issuer",
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let names = if options.names.is_empty() {
        Name::value_variants()
    } else {
        &options.names
    };
    toolchain::c_tools()?;
    if names.iter().any(|&name| name != Name::Phone) {
        let mut build = cargo();
        sh::run(build.args([
            "build",
            "--release",
            "--locked",
            "--package",
            "lapwing-drills",
        ]))?;
    }
    let mut all = Vec::new();
    for &name in names {
        let what = format!("drill {}", name.text());
        let found = match name {
            Name::Phone if options.quick && options.names.is_empty() => vec![not_run()],
            Name::Phone => sh::step(&what, "a browser's folders", phone)?,
            _ => sh::step(&what, "done", || native(name, options.quick))?,
        };
        all.extend(found);
    }
    table(&all)?;
    let bad = all.iter().filter(|found| !is_good(found)).count();
    if options.json {
        writeln!(std::io::stdout(), "{}", json!({ "drills": all }))?;
    }
    if bad > 0 {
        bail!(
            "{bad} of {} measures are beyond their bounds, or their control was not caught",
            all.len()
        );
    }
    Ok(())
}

/// In the place of a drill that was left out: nothing is claimed of it.
fn not_run() -> Value {
    json!({
        "name": "phone-seized",
        "measure": "not run (--quick; `cargo xtask drill phone` runs it)",
        "value": null,
        "bound": null,
        "held": false,
        "control_caught": false,
        "not_run": true,
    })
}

fn is_good(found: &Value) -> bool {
    found["not_run"] == true || (found["held"] == true && found["control_caught"] == true)
}

fn native(name: Name, quick: bool) -> Result<Vec<Value>> {
    let program = sh::target()
        .join("release/lapwing-drills")
        .with_extension(std::env::consts::EXE_EXTENSION);
    let mut drill = command(program);
    drill.arg(name.text());
    if quick {
        drill.arg("--quick");
    }
    let (text, ended_well) = output(&mut drill)?;
    if !ended_well {
        bail!("it failed");
    }
    let found = text
        .lines()
        .map(|line| serde_json::from_str(line).context("a line is not JSON"))
        .collect::<Result<Vec<Value>>>()?;
    checked(found)
}

fn phone() -> Result<Vec<Value>> {
    let chromium = toolchain::chromium()?;
    let built = web::build(&toolchain::wasm()?, false, false)?;
    let program = up::lapwing(false)?;
    let mut drill = command("node");
    drill
        .arg("e2e/drills/phone.mjs")
        .env("LAPWING_BIN", program)
        .env("LAPWING_WEB", &built.witness)
        .env("LAPWING_DESK_WEB", &built.desk)
        .env("CHROMIUM", chromium);
    // It exits with 1 also when a measure is beyond its bound: what it says on the last line decides.
    let (text, _) = output(&mut drill)?;
    last_array(&text)
}

fn last_array(text: &str) -> Result<Vec<Value>> {
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    let line = line.context("it printed nothing")?;
    checked(serde_json::from_str(line).context("its last line is not a JSON array")?)
}

/// A drill that measured nothing did not hold.
fn checked(found: Vec<Value>) -> Result<Vec<Value>> {
    if found.is_empty() {
        bail!("it measured nothing");
    }
    let whole = |one: &Value| {
        one["name"].is_string()
            && one["measure"].is_string()
            && one["value"].is_number()
            && one["bound"].is_number()
            && one["held"].is_boolean()
            && one["control_caught"].is_boolean()
    };
    match found.iter().find(|one| !whole(one)) {
        Some(half) => bail!("a measure is not whole: {half}"),
        None => Ok(found),
    }
}

fn output(program: &mut Command) -> Result<(String, bool)> {
    let output = program
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("it cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((text, output.status.success()))
}

fn table(all: &[Value]) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<8} {:>9} {:>9}  {:<7} {:<26} measure",
        "", "value", "bound", "control", "drill"
    )?;
    for found in all {
        let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
        let number = |field: &str| {
            found[field]
                .as_f64()
                .map_or_else(|| "-".to_owned(), |n| n.to_string())
        };
        let verdict = match (&found["not_run"], &found["held"]) {
            (Value::Bool(true), _) => "not run",
            (_, Value::Bool(true)) => "held",
            _ => "BEYOND",
        };
        let control = match (&found["not_run"], &found["control_caught"]) {
            (Value::Bool(true), _) => "-",
            (_, Value::Bool(true)) => "caught",
            _ => "MISSED",
        };
        writeln!(
            out,
            "{verdict:<8} {:>9} {:>9}  {control:<7} {:<26} {}",
            number("value"),
            number("bound"),
            text("name"),
            text("measure")
        )?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(held: bool, control_caught: bool) -> Value {
        json!({
            "name": "a", "measure": "b", "value": 0.01, "bound": 0.02, "held": held,
            "control_caught": control_caught,
        })
    }

    #[test]
    fn a_measure_is_good_only_when_it_holds_and_its_control_is_caught() {
        assert!(is_good(&found(true, true)) && is_good(&not_run()));
        assert!(!is_good(&found(false, true)) && !is_good(&found(true, false)));
        assert!(!is_good(&json!({})));
    }

    #[test]
    fn what_measures_nothing_or_half_is_no_drill() {
        assert!(checked(vec![]).is_err());
        assert!(checked(vec![found(true, true)]).is_ok());
        for field in ["name", "value", "bound", "held", "control_caught"] {
            let mut half = found(true, true);
            half[field] = Value::Null;
            assert!(checked(vec![half]).is_err(), "{field}");
        }
        let line = format!("held  a\n{}\n\n", json!([found(true, true)]));
        assert_eq!(last_array(&line).unwrap().len(), 1);
        for bad in ["", "[]", "{}", "[{}]", "[1]\nend"] {
            assert!(last_array(bad).is_err(), "{bad:?}");
        }
    }
}
