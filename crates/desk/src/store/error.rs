//! What can go wrong with the desk's folder.

use std::path::PathBuf;

use thiserror::Error;

/// Why the store does not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The passphrase or key file is not the one the store was made with.
    #[error("the key does not open this store")]
    WrongKey,
    /// The store was made with a key file and is opened with a passphrase, or the other way round.
    #[error("this store was made with a {made_with}")]
    KeyKind {
        /// `passphrase` or `key file`.
        made_with: &'static str,
    },
    /// A passphrase of fewer characters can be guessed.
    #[error("a passphrase of {0} characters is too short, use at least 8")]
    PassphraseLength(usize),
    /// A key file holds 32 bytes, raw or as 64 hexadecimal digits.
    #[error("the key file holds {0} bytes, not 32 (or 64 hexadecimal digits)")]
    KeyFile(usize),
    /// There is no desk in the folder.
    #[error("there is no desk in {0}")]
    Missing(PathBuf),
    /// There is a desk in the folder already.
    #[error("there is a desk in {0} already")]
    Exists(PathBuf),
    /// Another process has the folder open.
    #[error("another process works on {0}")]
    Locked(PathBuf),
    /// The folder was made by another version of the program.
    #[error(
        "the folder is of version {found} and this program works with version {known}: run the \
         version that made it, or move it away and let a new desk pull from the relays again"
    )]
    Version {
        /// In `desk.kdf`.
        found: u32,
        /// Of this program.
        known: u32,
    },
    /// The keyring lies where it should no more.
    #[error(
        "{0} is missing: put it back; if it is lost, `lapwing desk recover` goes on without it"
    )]
    KeyringMissing(PathBuf),
    /// The keyring is not what this desk wrote.
    #[error(
        "{0} is damaged or of another desk: put the right one back; if it is lost, move this one \
         away and let `lapwing desk recover` go on without it"
    )]
    KeyringDamaged(PathBuf),
    /// The database needs a key that the keyring has forgotten or never had.
    #[error(
        "the database has reports of epoch {0} whose key the keyring does not hold: it is a copy \
         from before the keyring forgot it; `lapwing desk recover` goes on without the key"
    )]
    KeyForgotten(u32),
    /// `desk.kdf` is not what this program writes.
    #[error("the header file desk.kdf is damaged")]
    Header,
    /// Made by a newer or unknown program.
    #[error("the store has schema {found}, this program knows {known}")]
    Schema {
        /// In the file.
        found: i64,
        /// Of this program.
        known: i64,
    },
    /// An entry does not follow from the one before: the file was changed from outside.
    #[error("the journal does not follow from itself at entry {0}")]
    Chain(i64),
    /// A payload is not what was committed to.
    #[error("the payload of entry {0} is not what was committed to")]
    Commitment(i64),
    /// An entry of a kind or shape that this program does not know.
    #[error("entry {0} cannot be read")]
    Entry(i64),
    /// A row that must be there is not, or is not of its shape.
    #[error("the row {0} is missing or damaged")]
    Row(&'static str),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// SQLite's words.
    #[error("the store does not answer")]
    Sqlite(#[source] rusqlite::Error),
    /// A file of the folder.
    #[error("{path}: {action} failed")]
    File {
        /// Which.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Deriving the key from the passphrase.
    #[error("the key cannot be derived")]
    Derive,
    /// The machine gives no randomness.
    #[error("the machine gives no randomness")]
    Randomness,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::NotADatabase) => Self::WrongKey,
            _ => Self::Sqlite(error),
        }
    }
}
