//! The desk's folder: one SQLCipher database and one keyring, opened by one process.
//!
//! Obligations towards the rest of the desk: what a [`Batch`] did is durable, and seen by readers,
//! when [`Batch::commit`] returns, and nothing of it is when it does not. The cursor of a relay
//! moves only in the batch that holds the entries up to it.

mod cells;
mod derived;
mod error;
mod journal;
mod key;
mod keyring;
#[cfg(any(test, feature = "drill"))]
mod loot;
mod reader;
mod ring;
mod settings;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

pub use error::StoreError;
pub use key::KeySource;

pub(crate) use cells::{InviteRow, InviteState};
pub(crate) use derived::{DerivedDigest, IncidentRow, Voice, WarningRow, Who};
pub(crate) use journal::{Batch, Journal, Line, Tags};
pub(crate) use key::{KeyCost, derive_key};
#[cfg(any(test, feature = "drill"))]
pub(crate) use loot::Loot;
pub(crate) use reader::Reader;
pub(crate) use ring::{Epoch, Ring};

use key::{DeskKey, Key};
use keyring::Keyring;

/// Schema of this program; a store with another is refused.
const SCHEMA: i64 = 4;
const SCHEMA_SQL: &str = include_str!("schema.sql");
const DATABASE: &str = "desk.db";
const LOCK: &str = "desk.lock";

/// The last entry and what all before it hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) chain: [u8; 32],
}

/// The open store: the only writer.
pub(crate) struct Store {
    connection: Connection,
    head: Head,
    dir: PathBuf,
    database_key: Key,
    working_key: Key,
    keyring: Keyring,
    _lock: File,
}

impl Store {
    /// Makes a store in a folder that has none.
    pub(crate) fn create(dir: &Path, source: &KeySource) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(|source| StoreError::File {
            path: dir.to_owned(),
            action: "making the folder",
            source,
        })?;
        if dir.join(DATABASE).exists() {
            return Err(StoreError::Exists(dir.to_owned()));
        }
        let lock = lock(dir)?;
        let key = key::create(dir, source)?;
        // Before the database: a database without a keyring has lost it.
        let keyring = Keyring::create(dir, key.keyring())?;
        // Under another name until it is whole: a crash leaves no half-made database behind.
        let draft = dir.join("desk.db.new");
        let _ = fs::remove_file(&draft);
        {
            let connection = Connection::open(&draft)?;
            apply_key(&connection, &key.database())?;
            connection.execute_batch(SCHEMA_SQL)?;
            connection.pragma_update(None, "user_version", SCHEMA)?;
        }
        fs::rename(&draft, dir.join(DATABASE)).map_err(|source| StoreError::File {
            path: draft,
            action: "renaming",
            source,
        })?;
        Self::with_keyring(dir, &key, lock, keyring)
    }

    /// Opens a store. The chain of the last entries is checked; all of it only by
    /// [`Store::verify`].
    pub(crate) fn open(dir: &Path, source: &KeySource) -> Result<Self, StoreError> {
        if !dir.join(DATABASE).exists() {
            return Err(StoreError::Missing(dir.to_owned()));
        }
        let lock = lock(dir)?;
        let key = key::read(dir, source)?;
        // The database first: it knows a wrong key from a damaged file.
        connect(dir, &key.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let keyring = Keyring::open(dir, key.keyring())?;
        Self::with_keyring(dir, &key, lock, keyring)
    }

    /// Opens a store whose keyring may be lost: then an empty one is made.
    pub(crate) fn open_without_keyring(dir: &Path, source: &KeySource) -> Result<Self, StoreError> {
        if !dir.join(DATABASE).exists() {
            return Err(StoreError::Missing(dir.to_owned()));
        }
        let lock = lock(dir)?;
        let key = key::read(dir, source)?;
        connect(dir, &key.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let keyring = Keyring::create(dir, key.keyring())?;
        Self::with_keyring(dir, &key, lock, keyring)
    }

    fn with_keyring(
        dir: &Path,
        key: &DeskKey,
        lock: File,
        keyring: Keyring,
    ) -> Result<Self, StoreError> {
        let database_key = key.database();
        let connection = connect(dir, &database_key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: a commit that was answered survives the loss of power.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // Deleted secrets are overwritten and not only unlinked.
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.set_prepared_statement_cache_capacity(64);
        let found: i64 = connection.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        if found != SCHEMA {
            return Err(StoreError::Schema {
                found,
                known: SCHEMA,
            });
        }
        let head = journal::head(&connection)?;
        let store = Self {
            connection,
            head,
            dir: dir.to_owned(),
            database_key,
            working_key: key.working(),
            keyring,
            _lock: lock,
        };
        store.verify_last()?;
        Ok(store)
    }

    /// A second connection that only reads.
    pub(crate) fn reader(&self) -> Result<Reader, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = connect(&self.dir, &self.database_key, flags)?;
        connection.set_prepared_statement_cache_capacity(16);
        Ok(Reader::new(connection, self.keyring.ring().clone()))
    }

    /// A key that a running desk has at any hour and that lies in no file.
    pub(crate) fn working_key(&self) -> Zeroizing<[u8; 32]> {
        self.working_key.clone()
    }

    /// The last entry.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// The keys of the epochs that are not forgotten.
    pub(crate) fn ring(&self) -> &Ring {
        self.keyring.ring()
    }

    /// Deletes the keys of all epochs up to one, for good: to be called when their closing is
    /// committed.
    pub(crate) fn forget_epochs(&mut self, up_to: Epoch) -> Result<(), StoreError> {
        if self.keyring.forget(up_to)? {
            // The log still holds pages with what was tied, sealed under the keys that are gone.
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Writes the log back and cuts it off, so that what was deleted is gone from it too.
    pub(crate) fn checkpoint(&self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_row| Ok(()))?;
        Ok(())
    }
}

fn connect(dir: &Path, key: &[u8; 32], flags: OpenFlags) -> Result<Connection, StoreError> {
    // Before SQLCipher does: initialised this way, OpenSSL leaves its memory alone when the process ends, while the
    // writer's thread may still be closing its file.
    openssl::init();
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(dir.join(DATABASE), flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    apply_key(&connection, key)?;
    // Sorting and statement journals would otherwise go to files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Gives SQLCipher the raw key and reads the first page with it.
fn apply_key(connection: &Connection, key: &[u8; 32]) -> Result<(), StoreError> {
    // A wrong key is an error with words of its own, not a line on the terminal.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", hex::encode(key)));
    connection.execute_batch(&pragma)?;
    connection.query_row("SELECT count(*) FROM sqlite_master", (), |_row| Ok(()))?;
    Ok(())
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK);
    let failed = |source| StoreError::File {
        path: path.clone(),
        action: "locking",
        source,
    };
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests;
