//! The desk's 256-bit key, from a passphrase (Argon2id, RFC 9106) or a key file, and what is derived
//! from it (HKDF-SHA256, RFC 5869): a key for the database, one for the keyring, one to work with.
//!
//! Beside the database lies `desk.kdf`, which is no secret: how the key was made, and the salt.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StoreError;

/// Where the key of the store comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// 32 bytes, raw or as hexadecimal digits.
    File {
        /// The file.
        path: PathBuf,
        /// Make it, readable by its owner alone, when it is not there.
        create: bool,
    },
    /// Words that somebody types.
    Passphrase(Zeroizing<String>),
}

/// 32 bytes that are overwritten when they are let go.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// What the passphrase or key file gives. Nothing is encrypted under it: every use has a key of its
/// own, derived with a label, so that no two uses can be played against each other.
pub(super) struct DeskKey(Key);

impl DeskKey {
    /// SQLCipher's raw key.
    pub(super) fn database(&self) -> Key {
        self.derive(b"lapwing desk database v1")
    }

    /// What encrypts the keyring.
    pub(super) fn keyring(&self) -> Key {
        self.derive(b"lapwing desk keyring v1")
    }

    /// What a running desk needs at any hour, without a coordinator.
    pub(super) fn working(&self) -> Key {
        self.derive(b"lapwing desk working v1")
    }

    fn derive(&self, label: &[u8]) -> Key {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_slice())
            .expand(label, key.as_mut_slice())
            .expect("32 bytes are within the limit of HKDF");
        key
    }
}

const HEADER: &str = "desk.kdf";
/// First line of the header, before its version.
const HEADER_NAME: &str = "lapwing desk key ";
/// Version 1 gave the desk's key to SQLCipher as it was and kept secrets of reception in the
/// database.
const HEADER_VERSION: u32 = 2;
/// RFC 9106 section 4, second recommended option (64 MiB, three passes), with one lane so that a
/// slow machine does not pay for threads that it has not.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
const SALT_LEN: usize = 16;
const PASSPHRASE_MIN: usize = 8;

/// The content of `desk.kdf`.
enum Header {
    File,
    Passphrase {
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        salt: [u8; SALT_LEN],
    },
}

impl Header {
    fn write(&self) -> String {
        match self {
            Self::File => format!("{HEADER_NAME}{HEADER_VERSION}\nkey-file\n"),
            Self::Passphrase {
                memory_kib,
                passes,
                lanes,
                salt,
            } => format!(
                "{HEADER_NAME}{HEADER_VERSION}\nargon2id memory-kib={memory_kib} passes={passes} \
                 lanes={lanes} salt={}\n",
                hex::encode(salt)
            ),
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let version = text
            .lines()
            .next()
            .and_then(|l| l.strip_prefix(HEADER_NAME));
        match version.and_then(|n| n.parse().ok()) {
            Some(HEADER_VERSION) => Self::parse_rest(text).ok_or(StoreError::Header),
            Some(found) => Err(StoreError::Version {
                found,
                known: HEADER_VERSION,
            }),
            None => Err(StoreError::Header),
        }
    }

    fn parse_rest(text: &str) -> Option<Self> {
        let mut lines = text.lines().skip(1);
        let line = lines.next()?;
        if line == "key-file" {
            return Some(Self::File);
        }
        let mut words = line.split(' ');
        if words.next() != Some("argon2id") {
            return None;
        }
        let mut value = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
        let memory_kib = value("memory-kib")?.parse().ok()?;
        let passes = value("passes")?.parse().ok()?;
        let lanes = value("lanes")?.parse().ok()?;
        let mut salt = [0; SALT_LEN];
        hex::decode_to_slice(value("salt")?, &mut salt).ok()?;
        // A damaged header must not take the machine's memory.
        let cost = KeyCost {
            memory_kib,
            passes,
            lanes,
        };
        if !cost.is_bearable() {
            return None;
        }
        Some(Self::Passphrase {
            memory_kib,
            passes,
            lanes,
            salt,
        })
    }
}

/// Decides how the key of a new store is made and writes it down.
///
/// A crash after this leaves a header without a database; making the desk again uses it.
pub(super) fn create(dir: &Path, source: &KeySource) -> Result<DeskKey, StoreError> {
    let path = dir.join(HEADER);
    if !path.exists() {
        let header = match source {
            KeySource::File { .. } => Header::File,
            KeySource::Passphrase(words) => {
                let length = words.chars().count();
                if length < PASSPHRASE_MIN {
                    return Err(StoreError::PassphraseLength(length));
                }
                let mut salt = [0; SALT_LEN];
                getrandom::fill(&mut salt).map_err(|_why| StoreError::Randomness)?;
                Header::Passphrase {
                    memory_kib: MEMORY_KIB,
                    passes: PASSES,
                    lanes: LANES,
                    salt,
                }
            }
        };
        write_new(&path, header.write().as_bytes(), 0o644)?;
    }
    read(dir, source)
}

/// The key of a store that is there.
pub(super) fn read(dir: &Path, source: &KeySource) -> Result<DeskKey, StoreError> {
    let path = dir.join(HEADER);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(StoreError::Missing(dir.to_owned()));
        }
        Err(source) => {
            return Err(StoreError::File {
                path,
                action: "reading",
                source,
            });
        }
    };
    match (Header::parse(&text)?, source) {
        (Header::File, KeySource::File { path, create }) => from_file(path, *create).map(DeskKey),
        (
            Header::Passphrase {
                memory_kib,
                passes,
                lanes,
                salt,
            },
            KeySource::Passphrase(words),
        ) => derive(words, memory_kib, passes, lanes, &salt).map(DeskKey),
        (Header::File, _) => Err(StoreError::KeyKind {
            made_with: "key file",
        }),
        (Header::Passphrase { .. }, _) => Err(StoreError::KeyKind {
            made_with: "passphrase",
        }),
    }
}

fn derive(
    words: &str,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: &[u8],
) -> Result<Key, StoreError> {
    let params = argon2::Params::new(memory_kib, passes, lanes, Some(32))
        .map_err(|_why| StoreError::Derive)?;
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut key = Zeroizing::new([0; 32]);
    argon2
        .hash_password_into(words.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_why| StoreError::Derive)?;
    Ok(key)
}

/// What deriving a key from a passphrase costs, whoever does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyCost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

impl KeyCost {
    /// For what is made now.
    pub(crate) const STANDARD: Self = Self {
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        lanes: LANES,
    };

    /// Damaged parameters must not take the machine's memory.
    pub(crate) const fn is_bearable(self) -> bool {
        self.memory_kib <= 4 * 1024 * 1024 && self.passes <= 64 && self.lanes <= 64
    }
}

/// A key from a person's passphrase, by Argon2id.
///
/// # Errors
/// `PassphraseLength` when it could be guessed.
pub(crate) fn derive_key(words: &str, cost: KeyCost, salt: &[u8]) -> Result<Key, StoreError> {
    let length = words.chars().count();
    if length < PASSPHRASE_MIN {
        return Err(StoreError::PassphraseLength(length));
    }
    derive(words, cost.memory_kib, cost.passes, cost.lanes, salt)
}

fn from_file(path: &Path, create: bool) -> Result<Key, StoreError> {
    if create && !path.exists() {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_why| StoreError::Randomness)?;
        let text = Zeroizing::new(hex::encode(key.as_slice()) + "\n");
        write_new(path, text.as_bytes(), 0o600)?;
        return Ok(key);
    }
    let failed = |source| StoreError::File {
        path: path.to_owned(),
        action: "reading",
        source,
    };
    let mut bytes = Zeroizing::new(Vec::new());
    // One byte more than the longest form, so that a longer file is seen as such.
    File::open(path)
        .map_err(failed)?
        .take(67)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() == 32 {
        key.copy_from_slice(&bytes);
        return Ok(key);
    }
    let digits = bytes.trim_ascii_end();
    hex::decode_to_slice(digits, key.as_mut_slice())
        .map_err(|_why| StoreError::KeyFile(bytes.len()))?;
    Ok(key)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let failed = |source| StoreError::File {
        path: path.to_owned(),
        action: "writing",
        source,
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> KeySource {
        KeySource::Passphrase(Zeroizing::new(text.into()))
    }

    #[test]
    fn the_same_passphrase_gives_the_same_key_and_another_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let made = create(dir.path(), &words("eight letters")).unwrap();
        assert_eq!(read(dir.path(), &words("eight letters")).unwrap().0, made.0);
        assert_ne!(read(dir.path(), &words("other letters")).unwrap().0, made.0);
        assert!(matches!(
            read(
                dir.path(),
                &KeySource::File {
                    path: "x".into(),
                    create: false
                }
            ),
            Err(StoreError::KeyKind {
                made_with: "passphrase"
            })
        ));
    }

    #[test]
    fn a_short_passphrase_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            create(dir.path(), &words("short")),
            Err(StoreError::PassphraseLength(5))
        ));
    }

    #[test]
    fn a_key_file_is_made_for_its_owner_alone_and_read_raw_or_in_digits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desk.key");
        let source = KeySource::File {
            path: path.clone(),
            create: true,
        };
        let made = create(dir.path(), &source).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        assert_eq!(read(dir.path(), &source).unwrap().0, made.0);
        fs::write(&path, made.0.as_slice()).unwrap();
        assert_eq!(read(dir.path(), &source).unwrap().0, made.0);
        fs::write(&path, [b'a'; 40]).unwrap();
        assert!(matches!(
            read(dir.path(), &source),
            Err(StoreError::KeyFile(40))
        ));
        fs::write(&path, [b'a'; 900]).unwrap();
        assert!(matches!(
            read(dir.path(), &source),
            Err(StoreError::KeyFile(67))
        ));
    }

    #[test]
    fn a_damaged_header_is_named_and_takes_no_memory() {
        let dir = tempfile::tempdir().unwrap();
        for text in [
            "",
            "lapwing desk key two\nkey-file\n",
            "lapwing desk key 2\n",
            "lapwing desk key 2\nargon2id memory-kib=4294967295 passes=3 lanes=1 \
             salt=00000000000000000000000000000000\n",
            "lapwing desk key 2\nargon2id memory-kib=65536 passes=3 lanes=1 salt=00\n",
        ] {
            fs::write(dir.path().join(HEADER), text).unwrap();
            let got = read(dir.path(), &words("eight letters"));
            assert!(matches!(got, Err(StoreError::Header)), "{text}");
        }
    }

    #[test]
    fn a_folder_of_another_version_is_refused_by_its_number() {
        let dir = tempfile::tempdir().unwrap();
        for (text, number) in [
            ("lapwing desk key 1\nkey-file\n", 1),
            ("lapwing desk key 3\nsomething else\n", 3),
        ] {
            fs::write(dir.path().join(HEADER), text).unwrap();
            let got = read(dir.path(), &words("eight letters")).map(drop);
            assert!(
                matches!(got, Err(StoreError::Version { found, known: 2 }) if found == number),
                "{got:?}"
            );
        }
    }

    #[test]
    fn every_use_has_a_key_of_its_own() {
        let key = DeskKey(Zeroizing::new([7; 32]));
        // Computed with Python's hmac: HKDF-SHA256 without salt, 32 bytes.
        let expected = [
            "dbfc04a6d5349097b9d172b5d0ea149320a5bef986cfcc3b424d4563c9fad994",
            "f2f5963f4b0c27c674a9e26785c122e640a05d25459d330f1ddfe68f4d45dea3",
            "4bb345d9a2d71ebb8f6f9fdea1886cbaff286b79ae5fa481154efb2b82e33474",
        ];
        let derived = [key.database(), key.keyring(), key.working()];
        assert_eq!(derived.map(|k| hex::encode(k.as_slice())), expected);
    }
}
