//! The keyring: secrets that must be possible to forget, in a file of their own.
//!
//! ```text
//! "lapwing keyring 1\n" · nonce 24 · XChaCha20-Poly1305(keyring key, nonce, first line, plaintext)
//! plaintext = n × ( kind 1 · epoch 4 · secret 32 ), ascending, none twice
//! kind      = 1 the secret of a tag epoch, 2 the seed of a week's reception secret
//! ```
//!
//! It lies beside the database and never in its backups: a copy of the database without it opens no
//! envelope and ties no report to another, and what is deleted here is gone from all copies.
//!
//! A change writes a new file, syncs it, puts the old one aside, puts the new one in its place, and
//! overwrites the old one. Whatever dies in between, the next opening finds one of the two whole and
//! finishes. Overwriting reaches the blocks that the file system shows; what flash memory, snapshots
//! or copying file systems keep beneath is not claimed.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use zeroize::Zeroizing;

use super::{
    StoreError,
    key::Key,
    ring::{Epoch, EpochKey, Ring},
};

pub(super) const FILE: &str = "desk.keyring";
const NEW: &str = "desk.keyring.new";
const OLD: &str = "desk.keyring.old";
const FIRST_LINE: &[u8] = b"lapwing keyring 1\n";
const NONCE_LEN: usize = 24;
const RECORD_LEN: usize = 1 + 4 + 32;
const TAGS: u8 = 1;
const RECEPTION: u8 = 2;

/// What the file holds.
#[derive(Clone, Default, PartialEq, Eq)]
struct Held {
    tags: BTreeMap<Epoch, Key>,
    receptions: BTreeMap<u32, Key>,
}

/// The open keyring.
pub(super) struct Keyring {
    dir: PathBuf,
    key: Key,
    held: Held,
    ring: Ring,
    /// Whether a write failed, so that the file must be looked at again.
    unsure: bool,
    /// How many steps of writing still succeed.
    #[cfg(test)]
    pub(super) steps_left: Option<u32>,
}

impl Keyring {
    /// An empty keyring in a folder without a database; one that is there already is of a desk whose
    /// making was interrupted.
    pub(super) fn create(dir: &Path, key: Key) -> Result<Self, StoreError> {
        match Self::open(dir, key.clone()) {
            Err(StoreError::KeyringMissing(_)) => {}
            opened => return opened,
        }
        let mut keyring = Self::with(dir, key, Held::default());
        keyring.write(Held::default())?;
        Ok(keyring)
    }

    /// Opens the keyring of a folder, and finishes what a crash interrupted.
    pub(super) fn open(dir: &Path, key: Key) -> Result<Self, StoreError> {
        repair(dir)?;
        let held = read(dir, &key)?;
        Ok(Self::with(dir, key, held))
    }

    fn with(dir: &Path, key: Key, held: Held) -> Self {
        let ring = Ring::default();
        ring.replace(held.tags.iter().map(|(epoch, key)| (*epoch, key)));
        Self {
            dir: dir.to_owned(),
            key,
            held,
            ring,
            unsure: false,
            #[cfg(test)]
            steps_left: None,
        }
    }

    /// The present epochs' keys, for whoever reads.
    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// The keys of an epoch, made and durable before this returns.
    pub(super) fn ensure(&mut self, epoch: Epoch) -> Result<Arc<EpochKey>, StoreError> {
        self.settle()?;
        if let Some(keys) = self.ring.get(epoch) {
            return Ok(keys);
        }
        let mut held = self.held.clone();
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut_slice()).map_err(|_why| StoreError::Randomness)?;
        held.tags.insert(epoch, secret);
        self.write(held)?;
        Ok(self.ring.get(epoch).expect("it was put there just now"))
    }

    /// Deletes the keys of all epochs up to one, for good; `false` when there were none.
    pub(super) fn forget(&mut self, up_to: Epoch) -> Result<bool, StoreError> {
        self.settle()?;
        let mut held = self.held.clone();
        held.tags.retain(|epoch, _| *epoch > up_to);
        let changed = held != self.held;
        if changed {
            self.write(held)?;
        }
        Ok(changed)
    }

    /// The seeds of all reception secrets that are still there, by ascending week.
    pub(super) fn receptions(&self) -> &BTreeMap<u32, Key> {
        &self.held.receptions
    }

    /// Adds seeds of reception secrets and deletes others for good.
    pub(super) fn change_receptions(
        &mut self,
        add: Vec<(u32, Key)>,
        delete: &[u32],
    ) -> Result<(), StoreError> {
        self.settle()?;
        let mut held = self.held.clone();
        held.receptions.retain(|week, _| !delete.contains(week));
        held.receptions.extend(add);
        self.write(held)
    }

    /// After a write that failed, nobody knows which of the two files is there.
    fn settle(&mut self) -> Result<(), StoreError> {
        if self.unsure {
            repair(&self.dir)?;
            let held = read(&self.dir, &self.key)?;
            self.hold(held);
        }
        Ok(())
    }

    fn hold(&mut self, held: Held) {
        self.held = held;
        self.ring
            .replace(self.held.tags.iter().map(|(epoch, key)| (*epoch, key)));
        self.unsure = false;
    }

    fn write(&mut self, held: Held) -> Result<(), StoreError> {
        let bytes = seal(&self.key, &held)?;
        self.unsure = true;
        let dir = self.dir.clone();
        let (file, new, old) = paths(&dir);
        self.step("writing", &new, || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()
        })?;
        if file.exists() {
            self.step("putting aside", &file, || fs::rename(&file, &old))?;
            self.step("syncing", &dir, || sync(&dir))?;
        }
        self.step("putting in place", &new, || fs::rename(&new, &file))?;
        self.step("syncing", &dir, || sync(&dir))?;
        if old.exists() {
            self.step("overwriting", &old, || overwrite(&old))?;
            self.step("removing", &old, || fs::remove_file(&old))?;
            self.step("syncing", &dir, || sync(&dir))?;
        }
        self.hold(held);
        Ok(())
    }

    /// One step of a write. Tests let the process die before any of them.
    fn step(
        &mut self,
        action: &'static str,
        path: &Path,
        work: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), StoreError> {
        #[cfg(test)]
        if let Some(left) = &mut self.steps_left {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => return Err(failed(path, action, io::ErrorKind::Interrupted.into())),
            }
        }
        work().map_err(|source| failed(path, action, source))
    }
}

fn paths(dir: &Path) -> (PathBuf, PathBuf, PathBuf) {
    (dir.join(FILE), dir.join(NEW), dir.join(OLD))
}

fn failed(path: &Path, action: &'static str, source: io::Error) -> StoreError {
    if source.kind() == io::ErrorKind::StorageFull {
        return StoreError::Full;
    }
    StoreError::File {
        path: path.to_owned(),
        action,
        source,
    }
}

/// Makes renames in a folder durable.
fn sync(dir: &Path) -> io::Result<()> {
    // Other systems give no handle to a folder, and make renames durable by themselves or not at all.
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Writes zeros over a file, through to the disk.
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

/// Finishes what a crash interrupted: what was put aside takes its place again when nothing has taken
/// it, and what is left over is overwritten.
fn repair(dir: &Path) -> Result<(), StoreError> {
    let (file, new, old) = paths(dir);
    if !file.exists() && old.exists() {
        fs::rename(&old, &file).map_err(|why| failed(&old, "putting back", why))?;
        sync(dir).map_err(|why| failed(dir, "syncing", why))?;
    }
    for left in [&new, &old] {
        if left.exists() {
            overwrite(left)
                .and_then(|()| fs::remove_file(left))
                .and_then(|()| sync(dir))
                .map_err(|why| failed(left, "overwriting", why))?;
        }
    }
    Ok(())
}

fn read(dir: &Path, key: &Key) -> Result<Held, StoreError> {
    let path = dir.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::KeyringMissing(path));
        }
        Err(why) => return Err(failed(&path, "reading", why)),
    };
    open(key, &bytes).ok_or(StoreError::KeyringDamaged(path))
}

/// All secrets of the keyring in a folder: for the drill.
#[cfg(any(test, feature = "drill"))]
pub(super) fn secrets(dir: &Path, key: &Key) -> Result<Vec<Key>, StoreError> {
    let held = read(dir, key)?;
    Ok(held
        .tags
        .into_values()
        .chain(held.receptions.into_values())
        .collect())
}

fn seal(key: &Key, held: &Held) -> Result<Vec<u8>, StoreError> {
    let count = held.tags.len() + held.receptions.len();
    // Enough room at once: growing would leave copies of secrets behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(count * RECORD_LEN));
    for (kind, secrets) in [(TAGS, &held.tags), (RECEPTION, &held.receptions)] {
        for (epoch, secret) in secrets {
            plain.push(kind);
            plain.extend_from_slice(&epoch.to_be_bytes());
            plain.extend_from_slice(secret.as_slice());
        }
    }
    let mut nonce = XNonce::default();
    getrandom::fill(&mut nonce).map_err(|_why| StoreError::Randomness)?;
    let payload = Payload {
        msg: &plain,
        aad: FIRST_LINE,
    };
    let sealed = XChaCha20Poly1305::new((&**key).into())
        .encrypt(&nonce, payload)
        .expect("what is sealed is short");
    Ok([FIRST_LINE, &nonce, &sealed].concat())
}

fn open(key: &Key, bytes: &[u8]) -> Option<Held> {
    let rest = bytes.strip_prefix(FIRST_LINE)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
    let payload = Payload {
        msg: sealed,
        aad: FIRST_LINE,
    };
    let plain = XChaCha20Poly1305::new((&**key).into())
        .decrypt(nonce.into(), payload)
        .ok()?;
    decode(&Zeroizing::new(plain))
}

fn decode(plain: &[u8]) -> Option<Held> {
    let (records, rest) = plain.as_chunks::<RECORD_LEN>();
    let mut held = Held::default();
    let mut before = None;
    for record in records {
        let epoch = u32::from_be_bytes(*record[1..].first_chunk()?);
        if before.is_some_and(|before| before >= (record[0], epoch)) {
            return None;
        }
        before = Some((record[0], epoch));
        let secret = Zeroizing::new(*record[5..].first_chunk()?);
        match record[0] {
            TAGS => held.tags.insert(epoch, secret),
            RECEPTION => held.receptions.insert(epoch, secret),
            _ => return None,
        };
    }
    rest.is_empty().then_some(held)
}

#[cfg(test)]
mod tests;
