//! What a witness on a command line keeps of who they are.

use std::{io::Write as _, path::Path};

use anyhow::Context as _;
use lapwing_seal::{BUCKET_SECRET_LEN, BucketSecret};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

/// The state file: JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Pseudonym of an unknown witness, and the number of its next report.
    pub(super) author: [u8; 16],
    pub(super) sequence: u32,
    bucket: [u8; BUCKET_SECRET_LEN],
    /// Of an enrolment.
    pub(super) kept: Option<Vec<u8>>,
    /// Replies that were acknowledged: they come again until the desk has heard it.
    pub(super) acks: Vec<u32>,
}

impl State {
    /// Somebody new.
    pub(super) fn new(rng: &mut impl CryptoRng) -> Self {
        let mut author = [0; 16];
        rng.fill_bytes(&mut author);
        Self {
            author,
            sequence: 0,
            bucket: *BucketSecret::generate(rng).as_bytes(),
            kept: None,
            acks: Vec::new(),
        }
    }

    pub(super) fn bucket(&self) -> BucketSecret {
        BucketSecret::from_bytes(self.bucket)
    }

    /// What is in the file, or nothing when there is none yet.
    pub(super) fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(why) => {
                return Err(why).with_context(|| format!("{} cannot be read", path.display()));
            }
        };
        serde_json::from_str(&text)
            .map(Some)
            .with_context(|| format!("{} is not a state file", path.display()))
    }

    /// Written beside and renamed, so that a crash leaves the old one or the new one.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let beside = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&beside)?;
            serde_json::to_writer(&mut file, self)?;
            writeln!(file)?;
            file.sync_all()?;
            std::fs::rename(&beside, path)
        };
        write().with_context(|| format!("{} cannot be written", path.display()))
    }
}
