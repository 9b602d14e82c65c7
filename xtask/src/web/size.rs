//! What a browser must load before an app works, in bytes on the wire.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{print_line, row, sizes};

/// Prints the files of the first load, raw and by Brotli, and their sum.
pub(super) fn print(app: &str, dist: &Path, manifest: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    let manifest: BTreeMap<String, Value> =
        serde_json::from_str(&text).context("Vite's manifest is not as expected")?;
    print_line(&format!(
        "{:<46} {:>10} {:>10}",
        format!("web/{app}, first load"),
        "raw",
        "brotli"
    ))?;
    let (mut raw_sum, mut packed_sum) = (0, 0);
    for name in first_load(&manifest) {
        let (raw, packed) = sizes(&dist.join(&name))?;
        raw_sum += raw;
        packed_sum += packed;
        print_line(&row(&name, raw, packed))?;
    }
    print_line(&row("together", raw_sum, packed_sum))
}

/// The page, its entry scripts, and all that these import or reference at once. What is imported when wanted
/// (`dynamicImports`) is not part of the first load.
fn first_load(manifest: &BTreeMap<String, Value>) -> BTreeSet<String> {
    let entries = |of_page: bool| {
        manifest
            .iter()
            .filter(move |(name, chunk)| {
                chunk["isEntry"] == true && name.ends_with(".html") == of_page
            })
            .map(|(name, _)| name.as_str())
    };
    let mut open: Vec<&str> = entries(true).collect();
    let mut files = BTreeSet::new();
    if open.is_empty() {
        // A script for the pages of others.
        open.extend(entries(false));
    } else {
        files.insert("index.html".to_owned());
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(chunk) = manifest.get(name).filter(|_| seen.insert(name)) else {
            continue;
        };
        let strings = |field: &str| {
            chunk[field]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
        };
        files.extend(chunk["file"].as_str().map(str::to_owned));
        files.extend(strings("css").chain(strings("assets")).map(str::to_owned));
        open.extend(strings("imports"));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_load_follows_imports_and_leaves_out_what_is_loaded_when_wanted() {
        let manifest = serde_json::from_str(
            r#"{
              "index.html": {"file": "a/index.js", "isEntry": true, "imports": ["_shared.js"],
                             "dynamicImports": ["late.ts"], "css": ["a/index.css"], "assets": ["a/core.wasm"]},
              "_shared.js": {"file": "a/shared.js", "imports": ["_shared.js"]},
              "late.ts": {"file": "a/late.js", "isDynamicEntry": true, "assets": ["a/late.wasm"]},
              "worker.ts": {"file": "a/worker.js", "isEntry": true}
            }"#,
        )
        .unwrap();
        let files: Vec<String> = first_load(&manifest).into_iter().collect();
        assert_eq!(
            files,
            [
                "a/core.wasm",
                "a/index.css",
                "a/index.js",
                "a/shared.js",
                "index.html"
            ]
        );
    }

    #[test]
    fn a_script_without_a_page_is_loaded_with_what_it_names() {
        let manifest = serde_json::from_str(
            r#"{
              "core.wasm": {"file": "core-1.wasm", "src": "core.wasm"},
              "src/embed.ts": {"file": "embed.js", "isEntry": true, "assets": ["core-1.wasm"]}
            }"#,
        )
        .unwrap();
        let files: Vec<String> = first_load(&manifest).into_iter().collect();
        assert_eq!(files, ["core-1.wasm", "embed.js"]);
    }
}
