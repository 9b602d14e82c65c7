//! The desk, as far as a gateway knows it: the keys of its bulletin, to seal to.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use lapwing_seal::{Frame, SealError, seal};
use lapwing_wire::{Envelope, VerifyingKey};
use lapwing_witness::{Phone, PhoneError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use thiserror::Error;

use crate::Clock;

/// The newest bulletin, in memory and in a file, so that a gateway that starts without a network can seal.
pub struct Desk {
    path: PathBuf,
    clock: Clock,
    known: Mutex<Known>,
}

struct Known {
    /// Takes bulletins by the rules of a phone. It has no pseudonym that anybody uses, and says nothing.
    phone: Phone,
    rng: ChaCha20Rng,
}

/// Why nothing can be sealed, or a bulletin is not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeskError {
    /// Not the desk's, old, or without a key for now.
    #[error(transparent)]
    Bulletin(#[from] PhoneError),
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The file cannot be read or written.
    #[error("{} cannot be used", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl Desk {
    /// The desk with this root key; with the bulletin that was kept in `folder`, if there is one. `seed` is from the
    /// operating system.
    ///
    /// # Errors
    /// When what was kept cannot be read, or is another desk's.
    pub fn open(
        root: &VerifyingKey,
        folder: &Path,
        clock: Clock,
        seed: [u8; 32],
    ) -> Result<Self, DeskError> {
        let path = folder.join("bulletin");
        let mut phone = Phone::new(root.as_bytes(), [0; 16], 0)?;
        match fs::read(&path) {
            Ok(bytes) => drop(phone.recall_bulletin(&bytes)?),
            Err(why) if why.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(DeskError::File { path, source }),
        }
        let rng = ChaCha20Rng::from_seed(seed);
        Ok(Self {
            path,
            clock,
            known: Mutex::new(Known { phone, rng }),
        })
    }

    /// Takes a bulletin that a relay has, and keeps it.
    ///
    /// # Errors
    /// When it is not the desk's, has expired, or is older than the one that is known.
    pub fn accept(&self, bytes: &[u8]) -> Result<(), DeskError> {
        let mut known = self.known();
        let number = |phone: &Phone| phone.bulletin().map(|b| b.number);
        let before = number(&known.phone);
        known.phone.accept_bulletin(bytes, (self.clock)())?;
        if number(&known.phone) != before {
            write(&self.path, bytes).map_err(|source| DeskError::File {
                path: self.path.clone(),
                source,
            })?;
        }
        Ok(())
    }

    /// Whether there is a key for now.
    ///
    /// # Errors
    /// What is missing.
    pub fn ready(&self) -> Result<(), DeskError> {
        self.known().phone.reception((self.clock)())?;
        Ok(())
    }

    /// Whether the bulletin names an issuer of passes.
    pub fn names_issuer(&self) -> bool {
        let known = self.known();
        known.phone.bulletin().is_some_and(|b| b.passes.is_some())
    }

    /// Seals a frame to the key of this week.
    ///
    /// # Errors
    /// When there is no key for now.
    pub fn seal(&self, frame: &Frame) -> Result<Envelope, DeskError> {
        let mut known = self.known();
        let Known { phone, rng } = &mut *known;
        let key = phone.reception((self.clock)())?;
        Ok(seal(rng, &key, frame)?)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Written beside and renamed, so that a crash leaves the old one or the new one.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
