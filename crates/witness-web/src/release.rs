//! Whether an update of the app may be taken.

use lapwing_wire::{Release, VerifyingKey};
use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::{Thrown, thrown};

/// What a signed manifest lists, as JSON: `{"version": 7, "files": {"/index.html": "SHA-256 in hex"}}`.
/// `key`: 64 hex digits, the key that the app was built with.
///
/// # Errors
/// `release-key`, `release`.
#[wasm_bindgen]
pub fn release(manifest: &[u8], key: &str) -> Thrown<String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(key, &mut bytes).map_err(|_why| thrown("release-key"))?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_why| thrown("release-key"))?;
    let release = Release::verify(manifest, &key).map_err(|_why| thrown("release"))?;
    Ok(view(&release).to_string())
}

fn view(release: &Release) -> serde_json::Value {
    let files = release.files.iter();
    let files = files.map(|file| (file.path.clone(), json!(hex::encode(file.sha256))));
    json!({ "version": release.version, "files": files.collect::<serde_json::Map<_, _>>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_wire::ReleaseFile;

    #[test]
    fn a_release_is_shown_by_path() {
        let path = "/index.html".to_owned();
        let sha256 = [0xab; 32];
        let release = Release {
            version: 7,
            files: vec![ReleaseFile { path, sha256 }],
        };
        let shown = json!({ "version": 7, "files": { "/index.html": "ab".repeat(32) } });
        assert_eq!(view(&release), shown);
    }
}
