//! The embedded store: SQLite with group commit.
//!
//! One thread owns the connection that writes. It takes what waits, up to [`BATCH`] envelopes, into
//! one transaction and answers all of them after its commit, which is synced to disk
//! (`synchronous = FULL`). A crash before the commit leaves nothing of the batch and nobody with an
//! acknowledgement; a crash after it leaves all of it, and phones that got no answer send again and
//! get the same receipt.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use lapwing_wire::{PassEpoch, RECORD_LEN};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::{NewEnvelope, Spend, Store, StoreError, Stored};

/// Envelopes in one transaction.
const BATCH: usize = 512;
/// Envelopes that may wait; beyond it a relay says that it is overloaded.
const QUEUE: usize = 4_096;
/// Connections for reading: as many read at once, the others wait.
const READERS: usize = 4;
const SCHEMA: i64 = 2;
/// Spent passes forgotten in one transaction: some milliseconds, in which envelopes wait.
const FORGET: i64 = 4_096;
/// Three envelopes fill a page; of SQLite's default of 4,096 bytes one would take all. That is a third
/// less disk and, measured in batches of 256, 1.7 times the envelopes per second.
const PAGE_SIZE: i64 = 8_192;
/// WAL pages after which SQLite moves them into the database: 16 MiB, so that bursts sync less.
const CHECKPOINT_PAGES: i64 = (16 << 20) / PAGE_SIZE;
/// What the writer keeps in memory, in KiB: the digests of some 500,000 envelopes, in random order.
const CACHE_KIB: i64 = 32 << 10;

/// SQLite in one folder.
pub struct SqliteStore {
    path: PathBuf,
    work: mpsc::Sender<Work>,
    reading: Arc<Semaphore>,
    readers: Arc<Mutex<Vec<Connection>>>,
    newest: watch::Receiver<u64>,
    failing: Arc<AtomicBool>,
    /// Held as long as this is open; the system lets go of it when the process ends in any way.
    _lock: File,
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Work {
    Forget(PassEpoch, Answer<usize>),
    Put(Box<NewEnvelope>, Answer<Stored>),
    Publish(u64, Vec<u8>, Answer<bool>),
    Probe(Answer<()>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(why: rusqlite::Error) -> Self {
        match why.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Database(why),
        }
    }
}

impl SqliteStore {
    /// Opens, or makes, the store in `folder`.
    ///
    /// # Errors
    /// When the folder cannot be used, is in use by another relay, or holds another schema.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let name = || folder.display().to_string();
        let wrong = |source| StoreError::Folder {
            folder: name(),
            source,
        };
        create_private(folder).map_err(wrong)?;
        // Two writers would not corrupt anything, but a waiting pull of the one would not hear of
        // what the other stores.
        let lock = File::create(folder.join("relay.lock")).map_err(wrong)?;
        lock.try_lock().map_err(|why| match why {
            TryLockError::WouldBlock => StoreError::InUse { folder: name() },
            TryLockError::Error(source) => wrong(source),
        })?;
        let path = folder.join("relay.sqlite");
        let db = prepare(&path)?;
        Self::start(path, db, lock)
    }

    /// Starts the thread that writes to `writer`, a connection to the database at `path`.
    fn start(path: PathBuf, writer: Connection, lock: File) -> Result<Self, StoreError> {
        let last: Option<i64> =
            writer.query_row("SELECT max(idx) FROM envelope", [], |row| row.get(0))?;
        let (newest_out, newest) = watch::channel(last.unwrap_or(0).unsigned_abs());
        let (work, queue) = mpsc::channel(QUEUE);
        let failing = Arc::new(AtomicBool::new(false));
        let writing = Writer {
            db: writer,
            newest: newest_out,
            failing: Arc::clone(&failing),
        };
        thread::Builder::new()
            .name("relay-writer".into())
            .spawn(move || writing.run(queue))
            .map_err(|_why| StoreError::Stopped)?;
        Ok(Self {
            path,
            work,
            reading: Arc::new(Semaphore::new(READERS)),
            readers: Arc::default(),
            newest,
            failing,
            _lock: lock,
        })
    }

    async fn ask<T>(&self, work: impl FnOnce(Answer<T>) -> Work) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.work.try_send(work(answer)).map_err(|why| match why {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })?;
        answered.await.map_err(|_gone| StoreError::Stopped)?
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, readers) = (self.path.clone(), Arc::clone(&self.readers));
        let turn = Arc::clone(&self.reading).acquire_owned().await;
        let reading = move || {
            // Kept until the query ends, also when whoever asked is gone.
            let _turn = turn;
            let idle = || readers.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = idle().pop();
            let db = match kept {
                Some(db) => db,
                None => Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
            };
            let found = query(&db)?;
            idle().push(db);
            Ok(found)
        };
        tokio::task::spawn_blocking(reading)
            .await
            .map_err(|_gone| StoreError::Stopped)?
    }
}

/// Makes a folder that only its owner may enter: the key that signs receipts lies in it.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn prepare(path: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "page_size", PAGE_SIZE)?;
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match found {
        SCHEMA => {}
        0 => db.execute_batch(&format!("BEGIN;{}COMMIT;", include_str!("schema.sql")))?,
        1 => db.execute_batch(&format!(
            "BEGIN;{}COMMIT;",
            include_str!("schema-1-to-2.sql")
        ))?,
        _ => {
            return Err(StoreError::Schema {
                found,
                known: SCHEMA,
            });
        }
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_why| StoreError::Randomness)?;
    db.execute(
        "INSERT INTO setting (name, value) VALUES ('log-key', ?1) ON CONFLICT DO NOTHING",
        [seed],
    )?;
    Ok(db)
}

/// Digest of the envelope with which a pass was spent.
const SPENT: &str = "SELECT digest FROM pass WHERE epoch = ?1 AND nullifier = ?2";

struct Writer {
    db: Connection,
    newest: watch::Sender<u64>,
    failing: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Work>) {
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(first) = queue.blocking_recv() {
            let mut next = Some(first);
            while let Some(work) = next.take() {
                match work {
                    Work::Put(new, answer) => batch.push((new, answer)),
                    Work::Forget(oldest, answer) => {
                        let done = self.forget(oldest);
                        self.note(&done);
                        let _ = answer.send(done);
                    }
                    Work::Publish(number, bytes, answer) => {
                        let done = self.publish(number, &bytes);
                        self.note(&done);
                        // Whoever asked may be gone; it is durable all the same.
                        let _ = answer.send(done);
                    }
                    Work::Probe(answer) => {
                        let done = self.probe();
                        self.note(&done);
                        let _ = answer.send(done);
                    }
                }
                if batch.len() < BATCH {
                    next = queue.try_recv().ok();
                }
            }
            if !batch.is_empty() {
                self.commit(&mut batch);
            }
        }
    }

    fn note<T>(&self, done: &Result<T, StoreError>) {
        let failed = done.is_err();
        if self.failing.swap(failed, Ordering::Relaxed) != failed {
            match done {
                Ok(_) => tracing::info!("the store takes writes again"),
                Err(why) => tracing::error!("the store takes no writes: {why}"),
            }
        }
    }

    /// One transaction for the batch; answers after its commit.
    fn commit(&mut self, batch: &mut Vec<(Box<NewEnvelope>, Answer<Stored>)>) {
        let done = self.insert(batch);
        // Retries alone write nothing and show nothing.
        if !matches!(done, Ok((_, None))) {
            self.note(&done);
        }
        match done {
            Ok((stored, last)) => {
                if let Some(last) = last {
                    self.newest.send_replace(last);
                }
                for ((_, answer), stored) in batch.drain(..).zip(stored) {
                    let _ = answer.send(stored.ok_or(StoreError::Spent));
                }
            }
            Err(why) => {
                // The transaction is rolled back: nobody is told that anything was stored.
                for (_, answer) in batch.drain(..) {
                    let _ = answer.send(Err(match &why {
                        StoreError::Full => StoreError::Full,
                        _ => StoreError::Stopped,
                    }));
                }
            }
        }
    }

    /// What is stored of each, nothing where its pass was spent with another; and the last index, if
    /// there are new ones.
    fn insert(
        &mut self,
        batch: &[(Box<NewEnvelope>, Answer<Stored>)],
    ) -> Result<(Vec<Option<Stored>>, Option<u64>), StoreError> {
        let tx = self.db.transaction()?;
        let mut out = Vec::with_capacity(batch.len());
        let mut last = None;
        {
            let mut insert = tx.prepare_cached(
                "INSERT INTO envelope (time, salt, digest, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (digest) DO NOTHING",
            )?;
            let mut find =
                tx.prepare_cached("SELECT time, salt FROM envelope WHERE digest = ?1")?;
            let mut spend = tx.prepare_cached(
                "INSERT INTO pass (epoch, nullifier, digest) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?;
            let mut spent = tx.prepare_cached(SPENT)?;
            for (new, _) in batch {
                let digest = new.envelope.digest();
                let body = new.envelope.as_bytes();
                if let Some(Spend { epoch, nullifier }) = new.spend
                    && spend.execute(params![epoch.0, nullifier, digest])? == 0
                    && spent
                        .query_row(params![epoch.0, nullifier], |row| row.get::<_, [u8; 32]>(0))?
                        != digest
                {
                    out.push(None);
                    continue;
                }
                if insert.execute(params![new.time, new.salt, digest, body])? == 1 {
                    last = Some(tx.last_insert_rowid().unsigned_abs());
                    out.push(Some(Stored {
                        time: new.time,
                        salt: new.salt,
                    }));
                } else {
                    out.push(Some(find.query_row([digest], |row| {
                        Ok(Stored {
                            time: row.get(0)?,
                            salt: row.get(1)?,
                        })
                    })?));
                }
            }
        }
        tx.commit()?;
        Ok((out, last))
    }

    /// Forgets some of what is too old; how many.
    fn forget(&mut self, oldest: PassEpoch) -> Result<usize, StoreError> {
        let gone = self.db.execute(
            "DELETE FROM pass WHERE (epoch, nullifier) IN
             (SELECT epoch, nullifier FROM pass WHERE epoch < ?1 LIMIT ?2)",
            params![oldest.0, FORGET],
        )?;
        Ok(gone)
    }

    fn publish(&mut self, number: u64, bytes: &[u8]) -> Result<bool, StoreError> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let changed = self.db.execute(
            "INSERT INTO publication (one, number, bytes) VALUES (1, ?1, ?2)
             ON CONFLICT (one) DO UPDATE SET number = ?1, bytes = ?2 WHERE number < ?1",
            params![number, bytes],
        )?;
        Ok(changed == 1)
    }

    /// Writes as much as some envelopes would, and takes it away again. A smaller probe would fit
    /// into a page that is there already and find room where the next envelope finds none.
    fn probe(&mut self) -> Result<(), StoreError> {
        self.db.execute_batch(
            "INSERT OR REPLACE INTO setting (name, value) VALUES ('probe', zeroblob(16384));
             DELETE FROM setting WHERE name = 'probe';",
        )?;
        Ok(())
    }
}

impl Store for SqliteStore {
    async fn put(&self, new: NewEnvelope) -> Result<Stored, StoreError> {
        self.ask(|answer| Work::Put(Box::new(new), answer)).await
    }

    async fn spent(&self, spend: &Spend) -> Result<Option<[u8; 32]>, StoreError> {
        let Spend { epoch, nullifier } = *spend;
        self.read(move |db| {
            db.prepare_cached(SPENT)?
                .query_row(params![epoch.0, nullifier], |row| row.get(0))
                .optional()
        })
        .await
    }

    async fn forget_passes(&self, oldest: PassEpoch) -> Result<(), StoreError> {
        // In parts, so that envelopes come in between.
        while self.ask(|answer| Work::Forget(oldest, answer)).await? > 0 {}
        Ok(())
    }

    async fn range(&self, after: u64, limit: u32) -> Result<Vec<u8>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "SELECT idx, time, salt, body FROM envelope WHERE idx > ?1 ORDER BY idx LIMIT ?2",
            )?;
            let mut rows = query.query(params![after, limit])?;
            let mut out = Vec::with_capacity(RECORD_LEN * 64);
            while let Some(row) = rows.next()? {
                // Layout of `lapwing_wire::Record`; SQLite's columns go in without a copy between.
                out.extend_from_slice(&row.get::<_, i64>(0)?.to_be_bytes());
                out.extend_from_slice(&row.get::<_, i64>(1)?.to_be_bytes());
                out.extend_from_slice(row.get_ref(2)?.as_blob()?);
                out.extend_from_slice(row.get_ref(3)?.as_blob()?);
            }
            Ok(out)
        })
        .await
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }

    async fn publication(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|db| {
            db.query_row("SELECT bytes FROM publication", [], |row| row.get(0))
                .optional()
        })
        .await
    }

    async fn publish(&self, number: u64, bytes: Vec<u8>) -> Result<bool, StoreError> {
        self.ask(|answer| Work::Publish(number, bytes, answer))
            .await
    }

    async fn log_key(&self) -> Result<[u8; 32], StoreError> {
        self.read(|db| {
            db.query_row(
                "SELECT value FROM setting WHERE name = 'log-key'",
                [],
                |row| row.get(0),
            )
        })
        .await
    }

    async fn healthy(&self) -> Result<(), StoreError> {
        // Written to only after a failure, so that asking for health cannot wear the disk.
        if self.failing.load(Ordering::Relaxed) {
            self.ask(Work::Probe).await
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Relay;
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use lapwing_wire::{ENVELOPE_LEN, Envelope, KeyEpoch, SigningKey, pull, records};
    use tower::ServiceExt as _;

    fn new(n: u32) -> NewEnvelope {
        let mut bytes = Envelope::header_for(KeyEpoch(n), &[0; 32]).to_vec();
        bytes.resize(ENVELOPE_LEN, 7);
        let envelope = Envelope::from_bytes(&bytes).unwrap();
        NewEnvelope {
            envelope,
            salt: [n as u8; 32],
            time: 1_790_000_000 + i64::from(n),
            spend: None,
        }
    }

    #[tokio::test]
    async fn the_same_envelope_keeps_its_first_time_and_salt_across_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path()).unwrap();
        let first = store.put(new(1)).await.unwrap();
        let key = store.log_key().await.unwrap();
        drop(store);
        let store = SqliteStore::open(folder.path()).unwrap();
        let again = NewEnvelope {
            salt: [99; 32],
            time: 5,
            ..new(1)
        };
        assert_eq!(store.put(again).await.unwrap(), first);
        assert_eq!(store.log_key().await.unwrap(), key);
        let kept = records(&store.range(0, 10).await.unwrap()).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(
            (kept[0].index, kept[0].time, kept[0].salt),
            (1, first.time, first.salt)
        );
    }

    #[tokio::test]
    async fn many_at_once_are_each_kept_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..300 {
            let store = Arc::clone(&store);
            // Every envelope three times, as impatient phones would.
            tasks.spawn(async move { store.put(new(n % 100)).await.unwrap() });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let kept = records(&store.range(0, 1_000).await.unwrap()).unwrap();
        assert_eq!(
            kept.iter().map(|r| r.index).collect::<Vec<_>>(),
            (1..=100).collect::<Vec<_>>()
        );
        assert_eq!(*store.newest().borrow(), 100);
        let part = records(&store.range(40, 5).await.unwrap()).unwrap();
        assert_eq!(
            part.iter().map(|r| r.index).collect::<Vec<_>>(),
            [41, 42, 43, 44, 45]
        );
    }

    #[test]
    fn a_full_disk_loses_nothing_acknowledged_and_is_over_when_space_returns() {
        let folder = tempfile::tempdir().unwrap();
        let db = prepare(&folder.path().join("relay.sqlite")).unwrap();
        db.pragma_update(None, "max_page_count", 60).unwrap();
        let failing = Arc::new(AtomicBool::new(false));
        let mut writer = Writer {
            db,
            newest: watch::channel(0).0,
            failing: Arc::clone(&failing),
        };
        let put = |writer: &mut Writer, n: u32| {
            let (answer, mut answered) = oneshot::channel();
            writer.commit(&mut vec![(Box::new(new(n)), answer)]);
            answered.try_recv().unwrap()
        };
        let mut acknowledged = 0;
        let full = loop {
            match put(&mut writer, acknowledged) {
                Ok(_) => acknowledged += 1,
                Err(why) => break why,
            }
        };
        assert!(matches!(full, StoreError::Full), "{full}");
        assert!(failing.load(Ordering::Relaxed));
        assert!(acknowledged > 10);
        writer
            .db
            .pragma_update(None, "max_page_count", 1_000)
            .unwrap();
        put(&mut writer, acknowledged).unwrap();
        assert!(!failing.load(Ordering::Relaxed));
        let kept: u32 = writer
            .db
            .query_row("SELECT count(*) FROM envelope", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, acknowledged + 1);
    }

    #[test]
    fn an_unknown_schema_is_refused_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let db = Connection::open(folder.path().join("relay.sqlite")).unwrap();
        db.pragma_update(None, "user_version", 9).unwrap();
        let refused = SqliteStore::open(folder.path()).map(|_| ());
        assert!(matches!(
            refused,
            Err(StoreError::Schema { found: 9, known: 2 })
        ));
    }

    fn spending(n: u32, nullifier: u8) -> NewEnvelope {
        NewEnvelope {
            spend: Some(Spend {
                epoch: PassEpoch(740),
                nullifier: [nullifier; 32],
            }),
            ..new(n)
        }
    }

    fn count(db: &Connection, table: &str) -> u32 {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
    }

    /// All that a process which dies at the worst moment could leave: the transaction is torn at every page that it
    /// writes, by a disk that takes no more from there on.
    #[test]
    fn wherever_a_write_stops_pass_and_envelope_are_both_there_or_neither() {
        let mut torn = 0;
        for room in 0..12 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("relay.sqlite");
            let db = prepare(&path).unwrap();
            let pages: i64 = db
                .query_row("PRAGMA page_count", [], |row| row.get(0))
                .unwrap();
            db.pragma_update(None, "max_page_count", pages + room)
                .unwrap();
            let mut writer = Writer {
                db,
                newest: watch::channel(0).0,
                failing: Arc::default(),
            };
            let mut answers = Vec::new();
            for n in 0..12 {
                let (answer, answered) = oneshot::channel();
                // Three in a transaction.
                let mut batch: Vec<_> = (0..3)
                    .map(|k| {
                        let new = Box::new(spending(n * 3 + k, (n * 3 + k) as u8));
                        (new, oneshot::channel().0)
                    })
                    .collect();
                batch[2].1 = answer;
                writer.commit(&mut batch);
                answers.push(answered);
            }
            let kept = answers
                .iter_mut()
                .map(oneshot::Receiver::try_recv)
                .filter(|answer| matches!(answer, Ok(Ok(_))))
                .count();
            torn += usize::from(kept < 12);
            // Not closed: what is on disk is what a kill leaves.
            let killed = tempfile::tempdir().unwrap();
            for file in fs::read_dir(folder.path()).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), killed.path().join(file.file_name())).unwrap();
            }
            let db = prepare(&killed.path().join("relay.sqlite")).unwrap();
            assert_eq!(count(&db, "envelope") as usize, kept * 3, "{room}");
            assert_eq!(count(&db, "pass") as usize, kept * 3, "{room}");
            let apart: u32 = db
                .query_row(
                    "SELECT count(*) FROM pass LEFT JOIN envelope USING (digest)
                     WHERE envelope.digest IS NULL",
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(apart, 0);
        }
        assert!(torn > 3, "some transactions were torn");
    }

    #[tokio::test]
    async fn a_pass_is_spent_with_its_envelope_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path()).unwrap();
        let spend = spending(1, 1).spend.unwrap();
        assert_eq!(store.spent(&spend).await.unwrap(), None);
        let first = store.put(spending(1, 1)).await.unwrap();
        let digest = new(1).envelope.digest();
        assert_eq!(store.spent(&spend).await.unwrap(), Some(digest));
        assert_eq!(store.put(spending(1, 1)).await.unwrap(), first);
        let other = store.put(spending(2, 1)).await;
        assert!(matches!(other, Err(StoreError::Spent)), "{other:?}");
        assert_eq!(store.put(spending(1, 2)).await.unwrap(), first);
        let kept = records(&store.range(0, 10).await.unwrap()).unwrap();
        assert_eq!(kept.len(), 1);
        store.forget_passes(PassEpoch(740)).await.unwrap();
        assert!(store.spent(&spend).await.unwrap().is_some());
        store.forget_passes(PassEpoch(741)).await.unwrap();
        assert_eq!(store.spent(&spend).await.unwrap(), None);
    }

    #[test]
    fn a_store_of_schema_1_is_carried_over() {
        const SCHEMA_1: &str = "
            CREATE TABLE envelope (
                idx INTEGER PRIMARY KEY,
                time INTEGER NOT NULL,
                salt BLOB NOT NULL CHECK (length(salt) = 32),
                digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
                body BLOB NOT NULL CHECK (length(body) = 2048)
            ) STRICT;
            CREATE TABLE publication (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                number INTEGER NOT NULL,
                bytes BLOB NOT NULL
            ) STRICT;
            CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
            INSERT INTO setting VALUES ('log-key', zeroblob(32));
            INSERT INTO envelope VALUES (1, 5, zeroblob(32), zeroblob(32), zeroblob(2048));
            PRAGMA user_version = 1;";
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old.sqlite");
        let db = Connection::open(&old).unwrap();
        db.execute_batch(SCHEMA_1).unwrap();
        drop(db);
        let carried = prepare(&old).unwrap();
        let fresh = prepare(&folder.path().join("new.sqlite")).unwrap();
        assert_eq!(count(&carried, "envelope"), 1);
        let columns = |db: &Connection| -> Vec<(String, String, String)> {
            let mut query = db
                .prepare(
                    "SELECT m.name, c.name, c.type || c.\"notnull\" || c.pk FROM sqlite_master m
                     JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2",
                )
                .unwrap();
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            rows.unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(columns(&carried), columns(&fresh));
        let version = |db: &Connection| -> i64 {
            db.query_row("PRAGMA user_version", [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!((version(&carried), version(&fresh)), (2, 2));
        // Its key is the one that it signed with before.
        let key: Vec<u8> = carried
            .query_row(
                "SELECT value FROM setting WHERE name = 'log-key'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(key, [0; 32]);
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_in_the_files_at_that_moment() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path()).unwrap();
        let mut kept = Vec::new();
        for n in 0..50 {
            kept.push(store.put(new(n)).await.unwrap());
        }
        // As a process that is killed leaves them: nothing is closed, the WAL is not moved over.
        let killed = tempfile::tempdir().unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), killed.path().join(file.file_name())).unwrap();
        }
        let again = SqliteStore::open(killed.path()).unwrap();
        let found = records(&again.range(0, 100).await.unwrap()).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|record| Stored {
                time: record.time,
                salt: record.salt,
            })
            .collect();
        assert_eq!(found, kept);
        assert_eq!(*again.newest().borrow(), 50);
        assert_eq!(
            again.log_key().await.unwrap(),
            store.log_key().await.unwrap()
        );
    }

    #[tokio::test]
    async fn a_folder_has_one_relay_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = SqliteStore::open(folder.path()).unwrap();
        let second = SqliteStore::open(folder.path()).map(|_| ());
        assert!(
            matches!(second, Err(StoreError::InUse { .. })),
            "{second:?}"
        );
        drop(first);
        SqliteStore::open(folder.path()).unwrap();
    }

    /// A store whose writer is given by the test.
    fn by_hand(folder: &Path, prepared: impl FnOnce(&Connection)) -> SqliteStore {
        let path = folder.join("relay.sqlite");
        let db = prepare(&path).unwrap();
        prepared(&db);
        let lock = File::create(folder.join("relay.lock")).unwrap();
        SqliteStore::start(path, db, lock).unwrap()
    }

    #[tokio::test]
    async fn a_full_relay_says_so_keeps_what_it_took_and_goes_on_when_space_returns() {
        let folder = tempfile::tempdir().unwrap();
        // The disk: what others have put there, and little more.
        let store = by_hand(folder.path(), |db| {
            db.execute_batch(
                "CREATE TABLE others (bytes BLOB); INSERT INTO others VALUES (zeroblob(200000));",
            )
            .unwrap();
            let pages: i64 = db
                .query_row("PRAGMA page_count", [], |row| row.get(0))
                .unwrap();
            db.pragma_update(None, "max_page_count", pages + 20)
                .unwrap();
        });
        let desk = SigningKey::from_bytes(&[1; 32]);
        let relay = Relay::over(store, desk.verifying_key(), Arc::new(|| 1_790_000_000));
        let router = relay.await.unwrap().router();
        let send = |request: Request<Body>| {
            let router = router.clone();
            async move { router.oneshot(request).await.unwrap() }
        };
        let post = |n| {
            let body = new(n).envelope.as_bytes().to_vec();
            send(Request::post("/v1/envelopes").body(body.into()).unwrap())
        };
        let health = || send(Request::get("/v1/health").body(Body::empty()).unwrap());
        let mut acknowledged = 0;
        let full = loop {
            let answer = post(acknowledged).await;
            if answer.status() != 201 {
                break answer;
            }
            acknowledged += 1;
        };
        assert_eq!(full.status(), 507);
        assert!(acknowledged >= 10);
        // One that is there already needs no room, and the desk may still fetch.
        assert_eq!(post(0).await.status(), 201);
        assert_eq!(health().await.status(), 507);
        let path = "/v1/envelopes";
        let signed = pull::sign(&desk, path, "after=0&limit=4096", 1_790_000_000);
        let request = Request::get(format!("{path}?after=0&limit=4096"))
            .header("signature-input", signed.signature_input)
            .header("signature", signed.signature)
            .body(Body::empty())
            .unwrap();
        let body = to_bytes(send(request).await.into_body(), usize::MAX).await;
        let kept = records(&body.unwrap()).unwrap();
        assert_eq!(kept.len(), acknowledged as usize);
        for (n, record) in kept.iter().enumerate() {
            assert_eq!(record.envelope, new(n as u32).envelope);
        }
        assert_eq!(post(acknowledged).await.status(), 507);

        let other = Connection::open(folder.path().join("relay.sqlite")).unwrap();
        other.execute_batch("DROP TABLE others").unwrap();
        assert_eq!(health().await.status(), 204);
        assert_eq!(post(acknowledged).await.status(), 201);
    }

    #[tokio::test]
    async fn more_than_may_wait_are_told_to_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = by_hand(folder.path(), |_| {});
        let (work, mut queue) = mpsc::channel(1);
        store.work = work;
        let store = Arc::new(store);
        let waits = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.put(new(1)).await }
        });
        tokio::task::yield_now().await;
        let refused = store.put(new(2)).await;
        assert!(
            matches!(refused, Err(StoreError::Overloaded)),
            "{refused:?}"
        );
        // The one that waited is answered as soon as somebody works again.
        let Some(Work::Put(envelope, answer)) = queue.recv().await else {
            panic!("nothing waits");
        };
        assert_eq!(envelope.time, new(1).time);
        answer.send(Err(StoreError::Full)).unwrap();
        assert!(matches!(waits.await.unwrap(), Err(StoreError::Full)));
    }
}
