//! The benchmarks, each one a figure beside its limit.
//!
//! `crates/bench` measures what runs natively, `e2e/bench/NAME.mjs` what runs in a browser; each prints, as its last
//! line, one JSON object. This verb builds what they measure, runs the names one after the other, and shows the objects
//! together.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use crate::sh::{self, cargo, command};
use crate::{toolchain, up, web};

#[derive(Args)]
pub(crate) struct Options {
    /// Only these
    #[arg(value_enum)]
    names: Vec<Name>,
    /// End with one JSON object of all
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Name {
    /// Envelopes opened per second per core, against the primitives alone
    Open,
    /// Envelopes sealed per second, native and in WebAssembly
    Seal,
    /// Durable posts per second on loopback, against the same server discarding the body
    Ingest,
    /// Finding one's reply among 10 k and 100 k slots, against trial decryption, native and in WebAssembly
    Find,
    /// Passes issued, blinded, finalised, verified and spent per second, against raw RSA; ingest with and without
    Pass,
    /// Reports fused per second at 10 k, 100 k and 1 M
    Fuse,
    /// Time from post to visible incident, with 500 reports a second in the background
    Path,
    /// A whisper looked up and opened among 1 k, 10 k and 100 k witnesses, against one HMAC; words decoded per second
    Whisper,
    /// Share of spoken reports that come through a telephone line with noise
    Hearing,
    /// The witness app's first load: bytes and time to interactive on a slow connection
    Page,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Seal => "seal",
            Self::Ingest => "ingest",
            Self::Find => "find",
            Self::Pass => "pass",
            Self::Fuse => "fuse",
            Self::Path => "path",
            Self::Page => "page",
            Self::Whisper => "whisper",
            Self::Hearing => "hearing",
        }
    }

    /// Measured in a browser.
    fn needs_browser(self) -> bool {
        matches!(self, Self::Find | Self::Seal | Self::Page)
    }

    /// Measured on the web apps, so that they must be there.
    fn needs_apps(self) -> bool {
        matches!(self, Self::Seal | Self::Page)
    }

    /// Measured on the running program.
    fn needs_program(self) -> bool {
        matches!(self, Self::Ingest | Self::Pass | Self::Path)
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let names = if options.names.is_empty() {
        Name::value_variants()
    } else {
        &options.names
    };
    toolchain::c_tools()?;
    let mut build = cargo();
    sh::run(build.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "lapwing-bench",
    ]))?;
    let mut environment = Vec::new();
    if names.iter().any(|&name| name.needs_program()) {
        environment.push(("LAPWING_BIN", up::lapwing(true)?));
    }
    if names.iter().any(|&name| name.needs_browser()) {
        environment.push(("CHROMIUM", toolchain::chromium()?));
    }
    if names.iter().any(|&name| name.needs_apps()) {
        let built = web::build(&toolchain::wasm()?, false, false)?;
        environment.push(("LAPWING_WEB", built.witness));
        environment.push(("LAPWING_DESK_WEB", built.desk));
    }
    if names.contains(&Name::Hearing) {
        toolchain::speech()?;
        environment.push(("LAPWING_HEARING", sh::target().join("hearing")));
    }
    if names.contains(&Name::Find) {
        toolchain::npm_packages()?;
        environment.push(("LAPWING_FIND_WEB", web::find(&toolchain::wasm()?)?));
    }
    let mut all = Map::new();
    for name in names {
        let result = one(*name, &environment)
            .with_context(|| format!("the benchmark `{}` failed", name.text()))?;
        if !options.json {
            table(name.text(), &result)?;
        }
        all.insert(name.text().to_owned(), result);
    }
    if options.json {
        writeln!(std::io::stdout(), "{}", Value::Object(all))?;
    }
    Ok(())
}

fn one(name: Name, environment: &[(&str, PathBuf)]) -> Result<Value> {
    match name {
        Name::Page => in_browser(name, environment),
        Name::Find | Name::Seal => {
            let mut result = native(name, environment)?;
            let mut wasm = in_browser(name, environment)?;
            if let (Some(wasm), Some(native)) = (wasm["value"].as_f64(), result["value"].as_f64()) {
                result["wasm_to_native"] = Value::from((wasm / native * 1e3).round() / 1e3);
            }
            result["wasm"] = wasm.take();
            Ok(result)
        }
        _ => native(name, environment),
    }
}

fn native(name: Name, environment: &[(&str, PathBuf)]) -> Result<Value> {
    let program = sh::target()
        .join("release/lapwing-bench")
        .with_extension(std::env::consts::EXE_EXTENSION);
    measure(command(program).arg(name.text()), environment)
}

fn in_browser(name: Name, environment: &[(&str, PathBuf)]) -> Result<Value> {
    measure(
        command("node").arg(format!("e2e/bench/{}.mjs", name.text())),
        environment,
    )
}

fn measure(program: &mut Command, environment: &[(&str, PathBuf)]) -> Result<Value> {
    let output = program
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("it cannot be started")?;
    if !output.status.success() {
        bail!("{}", output.status);
    }
    last_object(&String::from_utf8_lossy(&output.stdout))
}

/// The object on the last line that is not empty.
fn last_object(text: &str) -> Result<Value> {
    let line = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .context("it printed nothing")?;
    match serde_json::from_str(line) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => bail!("its last line is not a JSON object"),
        Err(error) => Err(error).context("its last line is not JSON"),
    }
}

/// Every field of an object on a line of its own, nested names joined by a dot.
fn table(name: &str, result: &Value) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{name}")?;
    for (field, value) in fields("", result) {
        writeln!(out, "  {field:<36} {value:>16}")?;
    }
    Ok(out.flush()?)
}

fn fields(prefix: &str, value: &Value) -> Vec<(String, String)> {
    let joined = |name: &str| {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        }
    };
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| fields(&joined(name), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .flat_map(|(at, value)| fields(&joined(&at.to_string()), value))
            .collect(),
        Value::String(text) => vec![(prefix.to_owned(), text.clone())],
        Value::Number(number) => vec![(
            prefix.to_owned(),
            number.as_f64().map_or(number.to_string(), short),
        )],
        other => vec![(prefix.to_owned(), other.to_string())],
    }
}

/// A figure with no more digits than a measurement has.
fn short(figure: f64) -> String {
    match figure.abs() {
        size if size >= 1000.0 || figure.fract() == 0.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_line_is_the_result_and_nothing_else_will_do() {
        assert_eq!(
            last_object("warming up\n{\"value\":1}\n\n").unwrap(),
            json!({"value": 1})
        );
        for bad in ["", "  \n", "12", "{\"value\":", "{\"value\":1}\ndone"] {
            assert!(last_object(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nested_figures_get_joined_names() {
        let rows = fields(
            "",
            &json!({"name": "fuse", "sizes": [{"n": 10000, "per_s": 251234.56}], "ratio": 0.61237}),
        );
        let rows: Vec<(&str, &str)> = rows.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            rows,
            [
                ("name", "fuse"),
                ("ratio", "0.612"),
                ("sizes.0.n", "10000"),
                ("sizes.0.per_s", "251235")
            ]
        );
    }
}
