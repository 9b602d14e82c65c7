//! The 256-bit key of the database: from a passphrase (Argon2id, RFC 9106) or a key file.
//!
//! Beside the database lies `desk.kdf`, which is no secret: how the key was made, and the salt.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

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

/// SQLCipher's raw key: no second derivation.
pub(super) type RawKey = Zeroizing<[u8; 32]>;

const HEADER: &str = "desk.kdf";
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
            Self::File => "lapwing desk key 1\nkey-file\n".into(),
            Self::Passphrase {
                memory_kib,
                passes,
                lanes,
                salt,
            } => format!(
                "lapwing desk key 1\nargon2id memory-kib={memory_kib} passes={passes} \
                 lanes={lanes} salt={}\n",
                hex::encode(salt)
            ),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some("lapwing desk key 1") {
            return None;
        }
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
pub(super) fn create(dir: &Path, source: &KeySource) -> Result<RawKey, StoreError> {
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
pub(super) fn read(dir: &Path, source: &KeySource) -> Result<RawKey, StoreError> {
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
    match (Header::parse(&text).ok_or(StoreError::Header)?, source) {
        (Header::File, KeySource::File { path, create }) => from_file(path, *create),
        (
            Header::Passphrase {
                memory_kib,
                passes,
                lanes,
                salt,
            },
            KeySource::Passphrase(words),
        ) => derive(words, memory_kib, passes, lanes, &salt),
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
) -> Result<RawKey, StoreError> {
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
pub(crate) fn derive_key(words: &str, cost: KeyCost, salt: &[u8]) -> Result<RawKey, StoreError> {
    let length = words.chars().count();
    if length < PASSPHRASE_MIN {
        return Err(StoreError::PassphraseLength(length));
    }
    derive(words, cost.memory_kib, cost.passes, cost.lanes, salt)
}

fn from_file(path: &Path, create: bool) -> Result<RawKey, StoreError> {
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
        assert_eq!(read(dir.path(), &words("eight letters")).unwrap(), made);
        assert_ne!(read(dir.path(), &words("other letters")).unwrap(), made);
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
        assert_eq!(read(dir.path(), &source).unwrap(), made);
        fs::write(&path, made.as_slice()).unwrap();
        assert_eq!(read(dir.path(), &source).unwrap(), made);
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
            "lapwing desk key 2\nkey-file\n",
            "lapwing desk key 1\nargon2id memory-kib=4294967295 passes=3 lanes=1 \
             salt=00000000000000000000000000000000\n",
            "lapwing desk key 1\nargon2id memory-kib=65536 passes=3 lanes=1 salt=00\n",
        ] {
            fs::write(dir.path().join(HEADER), text).unwrap();
            let got = read(dir.path(), &words("eight letters"));
            assert!(matches!(got, Err(StoreError::Header)), "{text}");
        }
    }
}
