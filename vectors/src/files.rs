//! Where the files are and how they are written.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::File;

/// The folder of the files.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("v1")
}

/// Reads the file of a format.
///
/// # Errors
/// When it is missing or not of the shape of [`File`].
pub fn read(format: &str) -> Result<File> {
    let path = folder().join(format).with_extension("json");
    let bytes =
        std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is malformed", path.display()))
}

/// The file as it is written.
///
/// # Errors
/// None in practice: all values have a JSON form.
pub fn text(file: &File) -> Result<String> {
    let mut file = file.clone();
    sort(&mut file.context);
    for case in &mut file.cases {
        sort(&mut case.value);
        case.input.iter_mut().for_each(sort);
    }
    Ok(serde_json::to_string_pretty(&file)? + "\n")
}

/// Members by name: whether `serde_json` keeps the order of insertion depends on features that other
/// crates of the same build ask for.
fn sort(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            sorted.iter_mut().for_each(|(_, v)| sort(v));
            members.extend(sorted);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}
