//! Keys by epoch, one file each: `keys/EPOCH.der`, readable by their owner alone.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use lapwing_wire::{IssuerKey, PassEpoch};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Signer, SignerError};

/// The keys that an issuer has at a time: of the epoch before, while passes of it are taken; of the current one, which
/// alone signs; and of the next, so that it stands in bulletins before it is needed.
pub struct Keyring {
    epoch: PassEpoch,
    keys: BTreeMap<PassEpoch, Arc<Signer>>,
}

/// Why there are no keys.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// A file.
    #[error("{} cannot be used", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file holds no key.
    #[error("{} holds no key for passes", path.display())]
    Key {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: SignerError,
    },
    /// None could be drawn.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl Keyring {
    /// Reads the keys in `folder`, draws what is missing for `epoch` and the next, and deletes what is of no use any
    /// more. A key that exists is never replaced: bulletins name it.
    ///
    /// # Errors
    /// When a file cannot be used or holds something else.
    pub fn roll(folder: &Path, epoch: PassEpoch) -> Result<Self, KeyringError> {
        let folder = folder.join("keys");
        let file = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyringError::File { path, source }
        };
        create_private(&folder).map_err(file(&folder))?;
        let next = PassEpoch(epoch.0.saturating_add(1));
        let before = PassEpoch(epoch.0.saturating_sub(1));
        let mut keys = BTreeMap::new();
        for entry in fs::read_dir(&folder).map_err(file(&folder))? {
            let path = entry.map_err(file(&folder))?.path();
            let Some(of) = epoch_of(&path) else { continue };
            if of < before {
                fs::remove_file(&path).map_err(file(&path))?;
            } else {
                let der = Zeroizing::new(fs::read(&path).map_err(file(&path))?);
                let signer =
                    Signer::from_der(&der).map_err(|source| KeyringError::Key { path, source })?;
                keys.insert(of, Arc::new(signer));
            }
        }
        let mut ring = Self { epoch, keys };
        for missing in [epoch, next] {
            if ring.keys.contains_key(&missing) {
                continue;
            }
            let signer = ring.draw()?;
            let path = folder.join(format!("{}.der", missing.0));
            write_private(&path, &signer.der()?).map_err(file(&path))?;
            ring.keys.insert(missing, Arc::new(signer));
        }
        Ok(ring)
    }

    /// A key whose hint no other has: requests name keys by it.
    fn draw(&self) -> Result<Signer, SignerError> {
        loop {
            let signer = Signer::generate()?;
            let fresh = self.keys.values().all(|other| hint(other) != hint(&signer));
            if fresh {
                return Ok(signer);
            }
        }
    }

    /// The epoch that this ring was made for.
    pub fn epoch(&self) -> PassEpoch {
        self.epoch
    }

    /// The key that signs, if a request names it.
    pub fn signing(&self, key_hint: u8) -> Option<Arc<Signer>> {
        let signer = self.keys.get(&self.epoch)?;
        (hint(signer) == key_hint).then(|| Arc::clone(signer))
    }

    /// The public halves: the current one first, since clients take the first that they may use (RFC 9578 4).
    pub fn public(&self) -> Vec<IssuerKey> {
        let current = self.keys.get_key_value(&self.epoch).into_iter();
        let others = self.keys.iter().filter(|&(&of, _)| of != self.epoch);
        current
            .chain(others)
            .map(|(&epoch, signer)| IssuerKey {
                epoch,
                key: signer.public().clone(),
            })
            .collect()
    }
}

fn hint(signer: &Signer) -> u8 {
    let [.., hint] = signer.public().id();
    hint
}

fn epoch_of(path: &Path) -> Option<PassEpoch> {
    let name = path.file_name()?.to_str()?.strip_suffix(".der")?;
    name.parse().ok().map(PassEpoch)
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Written beside and renamed: after a crash there is a whole key or none.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The name is durable when the folder is.
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ring: &Keyring) -> Vec<(u32, [u8; 32])> {
        let mut ids: Vec<_> = ring
            .public()
            .iter()
            .map(|known| (known.epoch.0, known.key.id()))
            .collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn a_key_stays_the_same_for_its_epoch_and_goes_when_no_relay_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keyring::roll(folder.path(), PassEpoch(740)).unwrap();
        assert_eq!(ids(&first).len(), 2);
        let again = Keyring::roll(folder.path(), PassEpoch(740)).unwrap();
        assert_eq!(ids(&again), ids(&first));
        let second = Keyring::roll(folder.path(), PassEpoch(741)).unwrap();
        assert_eq!(ids(&second)[..2], ids(&first));
        assert_eq!(second.public()[0].epoch, PassEpoch(741));
        let third = Keyring::roll(folder.path(), PassEpoch(742)).unwrap();
        let epochs: Vec<u32> = ids(&third).iter().map(|&(epoch, _)| epoch).collect();
        assert_eq!(epochs, [741, 742, 743]);
        assert!(!folder.path().join("keys/740.der").exists());

        let hint_of = |epoch: u32| {
            let known = third.public();
            let known = known.iter().find(|k| k.epoch.0 == epoch).unwrap();
            known.key.id()[31]
        };
        assert!(third.signing(hint_of(742)).is_some());
        assert!(third.signing(hint_of(741)).is_none());
        assert!(third.signing(hint_of(743)).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        Keyring::roll(folder.path(), PassEpoch(1)).unwrap();
        let mode = |path: &str| {
            let at = folder.path().join(path);
            fs::metadata(at).unwrap().permissions().mode() & 0o777
        };
        assert_eq!((mode("keys"), mode("keys/1.der")), (0o700, 0o600));
    }

    #[test]
    fn what_is_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("keys")).unwrap();
        fs::write(folder.path().join("keys/5.der"), b"no key").unwrap();
        let refused = Keyring::roll(folder.path(), PassEpoch(5)).map(|_| ());
        assert!(matches!(refused, Err(KeyringError::Key { .. })));
    }
}
