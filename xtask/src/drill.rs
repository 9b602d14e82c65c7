//! The drills: what a searcher finds, each measure beside its bound and with the broken variants that the same searcher
//! must catch.
//!
//! `crates/drills` runs what needs no browser and prints one JSON object a measure; `e2e/drills/phone.mjs` ends with an
//! array of the same, `e2e/drills/tapped.mjs` captures real apps for it. This verb builds what they need, runs the names
//! one after the other, and shows the measures together, below each what it came from.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::sh::{self, cargo, command};
use crate::{toolchain, up, web};

/// What makes a measure.
const FIELDS: [&str; 6] = [
    "name",
    "measure",
    "value",
    "bound",
    "held",
    "control_caught",
];

#[derive(Args)]
pub(crate) struct Options {
    /// Only these
    #[arg(value_enum)]
    names: Vec<Name>,
    /// Small runs, to see that all is in order; their bounds are wider. Without browsers, but for a phone that is named
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
    /// Relay seized: the memory of a running one
    Memory,
    /// Phone seized: what is in the browser's folder
    Phone,
    /// Desk disk seized: without its key, with one coordinator's passphrase, after an epoch closed
    Desk,
    /// Network tapped: who reported, by simulated apps and by some real ones
    Tapped,
    /// Issuer and relay together: which pass was issued when
    Issuer,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Memory => "memory",
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
        // The profile that is there already: what takes time is optimised in it (Cargo.toml).
        let mut build = cargo();
        sh::run(build.args(["build", "--locked", "--package", "lapwing-drills"]))?;
    }
    let mut all = Vec::new();
    for &name in names {
        let what = format!("drill {}", name.text());
        let found = match name {
            Name::Phone if options.quick && options.names.is_empty() => vec![not_run()],
            Name::Phone => sh::step(&what, "a browser's folders", phone)?,
            Name::Tapped if !options.quick => {
                let mut found = sh::step(&what, "simulated", || native(name, false))?;
                found.extend(sh::step(&what, "real apps", captured)?);
                found
            }
            _ => sh::step(&what, "done", || native(name, options.quick))?,
        };
        all.extend(found);
    }
    table(&all)?;
    let bad = all.iter().filter(|found| !is_good(found)).count();
    if options.json {
        writeln!(std::io::stdout(), "{}", last_line(&all))?;
    }
    if bad > 0 {
        bail!(
            "{bad} of {} measures are beyond their bounds, or their control was not caught",
            all.len()
        );
    }
    Ok(())
}

/// The fields that make a measure, of those that were measured.
fn last_line(all: &[Value]) -> Value {
    let measured = all.iter().filter(|found| found["not_run"] != true);
    let bare: Vec<Value> = measured
        .map(|found| {
            FIELDS
                .iter()
                .map(|&field| (field, found[field].clone()))
                .collect()
        })
        .collect();
    json!({ "drills": bare })
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
    let mut drill = program();
    drill.arg(name.text());
    if quick {
        drill.arg("--quick");
    }
    if name == Name::Memory {
        drill.env("LAPWING_BIN", up::lapwing(false)?);
    }
    measures(&mut drill)
}

/// `lapwing-drills`.
fn program() -> Command {
    let program = sh::target().join("debug/lapwing-drills");
    command(program.with_extension(std::env::consts::EXE_EXTENSION))
}

fn measures(drill: &mut Command) -> Result<Vec<Value>> {
    let (text, ended_well) = output(drill)?;
    if !ended_well {
        bail!("it failed");
    }
    let found = text
        .lines()
        .map(|line| serde_json::from_str(line).context("a line is not JSON"))
        .collect::<Result<Vec<Value>>>()?;
    checked(found)
}

/// A script of `e2e/drills` with what browser tests need.
fn browsers(script: &str) -> Result<Command> {
    let chromium = toolchain::chromium()?;
    let built = web::build(&toolchain::wasm()?, false, false)?;
    let program = up::lapwing(false)?;
    let mut drill = command("node");
    drill
        .arg(script)
        .env("LAPWING_BIN", program)
        .env("LAPWING_WEB", &built.witness)
        .env("LAPWING_DESK_WEB", &built.desk)
        .env("CHROMIUM", chromium);
    Ok(drill)
}

fn captured() -> Result<Vec<Value>> {
    let file = sh::target().join("drill-captures.json");
    let (_, ended_well) = output(browsers("e2e/drills/tapped.mjs")?.arg(&file))?;
    if !ended_well {
        bail!("no captures of real apps");
    }
    measures(program().arg("captured").arg(&file))
}

fn phone() -> Result<Vec<Value>> {
    let mut drill = browsers("e2e/drills/phone.mjs")?;
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
        let beside = found.as_object().into_iter().flatten();
        let beside: serde_json::Map<String, Value> = beside
            .filter(|(field, _)| !FIELDS.contains(&field.as_str()) && *field != "not_run")
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect();
        if !beside.is_empty() {
            writeln!(out, "{:<9}{}", "", Value::Object(beside))?;
        }
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
    fn the_last_line_has_the_fields_of_a_measure_and_no_more() {
        let mut more = found(true, false);
        more["auc"] = json!(0.5);
        let line = last_line(&[more, not_run()]);
        assert_eq!(line, json!({ "drills": [found(true, false)] }));
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
