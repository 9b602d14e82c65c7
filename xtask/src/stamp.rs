//! What a step was made from, so that it is skipped when nothing of that has changed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// A digest over the inputs of a step.
pub(crate) struct Stamp(Sha256);

impl Stamp {
    pub(crate) fn new(step: &str) -> Self {
        Self(Sha256::new()).text(step)
    }

    /// Adds words that the result depends on: a version, a variable.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
        self
    }

    /// Adds a file, or a folder with all below it except those that `skip` names. A missing one counts as missing.
    pub(crate) fn path(mut self, path: &Path, skip: &[&Path]) -> Result<Self> {
        let mut files = Vec::new();
        collect(path, skip, &mut files)?;
        files.sort();
        for file in files {
            let content =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file
                .strip_prefix(path)
                .unwrap_or(&file)
                .to_string_lossy()
                .into_owned();
            self = self.text(&name);
            self.0.update(Sha256::digest(&content));
        }
        Ok(self.text("end"))
    }

    pub(crate) fn finish(self) -> String {
        self.0
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Does `file` say that the step was last done from these inputs?
pub(crate) fn fresh(file: &Path, stamp: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.trim() == stamp)
}

/// Notes that the step was done from these inputs.
pub(crate) fn keep(file: &Path, stamp: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(file, stamp).with_context(|| format!("cannot write {}", file.display()))
}

/// All files below `path`, not following links to folders.
pub(crate) fn collect(path: &Path, skip: &[&Path], files: &mut Vec<PathBuf>) -> Result<()> {
    if skip.contains(&path) {
        return Ok(());
    }
    let Ok(meta) = path.symlink_metadata() else {
        return Ok(());
    };
    if !meta.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
    for entry in entries {
        collect(
            &entry
                .with_context(|| format!("cannot list {}", path.display()))?
                .path(),
            skip,
            files,
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("lapwing-xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("below")).unwrap();
        folder
    }

    #[test]
    fn a_stamp_changes_with_content_name_and_words_and_not_with_what_is_skipped() {
        let folder = scratch("stamp");
        let skipped = folder.join("dist");
        fs::create_dir_all(&skipped).unwrap();
        fs::write(folder.join("below/a"), "one").unwrap();
        let stamp = |words| {
            Stamp::new(words)
                .path(&folder, &[&skipped])
                .unwrap()
                .finish()
        };
        let first = stamp("x");
        assert_ne!(first, stamp("y"));
        fs::write(skipped.join("made"), "whatever").unwrap();
        assert_eq!(first, stamp("x"));
        fs::write(folder.join("below/a"), "two").unwrap();
        assert_ne!(first, stamp("x"));
        fs::write(folder.join("below/a"), "one").unwrap();
        assert_eq!(first, stamp("x"));
        fs::rename(folder.join("below/a"), folder.join("below/b")).unwrap();
        assert_ne!(first, stamp("x"));
        let file = folder.join("kept/stamp");
        assert!(!fresh(&file, &first));
        keep(&file, &first).unwrap();
        assert!(fresh(&file, &first));
        fs::remove_dir_all(folder).unwrap();
    }
}
