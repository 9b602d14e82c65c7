//! Writes `v1/*.json`.

use anyhow::{Context as _, Result};
use lapwing_vectors::{FORMATS, folder, text};

fn main() -> Result<()> {
    std::fs::create_dir_all(folder())?;
    for format in FORMATS {
        let path = folder().join(format.name).with_extension("json");
        let file = format.file()?;
        let accepted = file.accepted();
        std::fs::write(&path, text(&file)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        println!(
            "{}: {accepted} taken, {} refused",
            format.name,
            file.cases.len() - accepted
        );
    }
    Ok(())
}
