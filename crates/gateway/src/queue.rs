//! What waits for the relay, on disk.
//!
//! One thread owns the database. It takes what was handed in, up to [`BATCH`] envelopes, into one transaction and answers all
//! of them after its commit, which is synced to disk. A crash before the commit leaves nobody with an acknowledgement, and
//! the carrier sends again; a crash after it leaves an envelope that may come twice, which is harmless.
//!
//! A seized machine shows sealed envelopes of one size and how many wait. When each came is not kept, and those that have
//! gone are overwritten in the file.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    thread,
};

use lapwing_wire::{Envelope, Pass};
use rusqlite::{Connection, ErrorCode, params};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

/// Envelopes that may wait, unless the operator says otherwise: with passes and SQLite's own pages less than 200 MB.
pub const QUEUE_MAX: u64 = 65_536;

/// Envelopes in one transaction.
const BATCH: usize = 256;
/// Requests that may wait for the thread.
const REQUESTS: usize = 1_024;
const SCHEMA: i64 = 1;
/// Three rows a page, where SQLite's default would hold one.
const PAGE_SIZE: i64 = 8_192;

/// Envelopes on disk, until a relay has them.
#[derive(Clone, Debug)]
pub struct Queue {
    work: mpsc::Sender<Work>,
}

/// An envelope that waits.
#[derive(Debug)]
pub struct Waiting {
    /// Names it in the queue.
    pub id: i64,
    /// As it was sealed.
    pub envelope: Envelope,
    /// The pass that it is shown with, if it was given one.
    pub pass: Option<Pass>,
}

/// Why the queue does not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QueueError {
    /// As many wait as may, or the disk is full.
    #[error("the queue is full, or its disk")]
    Full,
    /// More is handed in than the disk takes.
    #[error("too much is handed in at once")]
    Busy,
    /// The folder cannot be used.
    #[error("the gateway's folder {folder} cannot be used")]
    Folder {
        /// Which.
        folder: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else writes there.
    #[error("another gateway runs in {0}; stop it, or choose another folder")]
    InUse(String),
    /// Made by a newer version.
    #[error("the queue has schema {0}, this version knows {SCHEMA}")]
    Schema(i64),
    /// The thread has ended.
    #[error("the queue has stopped")]
    Stopped,
    /// Anything else that the database says.
    #[error("the queue does not answer")]
    Database(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for QueueError {
    fn from(why: rusqlite::Error) -> Self {
        match why.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Database(why),
        }
    }
}

type Answer<T> = oneshot::Sender<Result<T, QueueError>>;

#[derive(Debug)]
enum Work {
    Put(Envelope, Answer<()>),
    After(i64, usize, Answer<Vec<Waiting>>),
    Bind(i64, Option<Box<Pass>>, Answer<()>),
    Remove(i64, Answer<()>),
    Count(Answer<u64>),
}

impl Queue {
    /// Opens, or makes, the queue in a folder, for at most `max` envelopes.
    ///
    /// # Errors
    /// When the folder cannot be used, is in use by another gateway, or was made by a newer version.
    pub fn open(folder: &Path, max: u64) -> Result<Self, QueueError> {
        let name = || folder.display().to_string();
        let wrong = |source| QueueError::Folder {
            folder: name(),
            source,
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(wrong)?;
        let lock = File::create(folder.join("gateway.lock")).map_err(wrong)?;
        lock.try_lock().map_err(|why| match why {
            TryLockError::WouldBlock => QueueError::InUse(name()),
            TryLockError::Error(source) => wrong(source),
        })?;
        let db = prepare(&folder.join("queue.sqlite"))?;
        let count: i64 = db.query_row("SELECT count(*) FROM waiting", [], |row| row.get(0))?;
        let keeper = Keeper {
            db,
            count: count.unsigned_abs(),
            max,
            failing: false,
            _lock: lock,
        };
        let (work, requests) = mpsc::channel(REQUESTS);
        thread::Builder::new()
            .name("gateway-queue".into())
            .spawn(move || keeper.run(requests))
            .map_err(wrong)?;
        Ok(Self { work })
    }

    /// Keeps an envelope: on disk when this returns.
    ///
    /// # Errors
    /// `Full`, `Busy`; then nothing was kept.
    pub async fn put(&self, envelope: Envelope) -> Result<(), QueueError> {
        let (answer, answered) = oneshot::channel();
        let work = Work::Put(envelope, answer);
        self.work.try_send(work).map_err(|why| match why {
            mpsc::error::TrySendError::Full(_) => QueueError::Busy,
            mpsc::error::TrySendError::Closed(_) => QueueError::Stopped,
        })?;
        answered.await.map_err(|_gone| QueueError::Stopped)?
    }

    /// Up to `limit` that wait, behind `id` (0: from the first).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn after(&self, id: i64, limit: usize) -> Result<Vec<Waiting>, QueueError> {
        self.ask(|answer| Work::After(id, limit, answer)).await
    }

    /// Binds a pass to an envelope, or frees it from one that was refused.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bind(&self, id: i64, pass: Option<Pass>) -> Result<(), QueueError> {
        self.ask(|answer| Work::Bind(id, pass.map(Box::new), answer))
            .await
    }

    /// Forgets an envelope that a relay has.
    ///
    /// # Errors
    /// When the database does not answer: it will be sent again.
    pub async fn remove(&self, id: i64) -> Result<(), QueueError> {
        self.ask(|answer| Work::Remove(id, answer)).await
    }

    /// How many wait.
    ///
    /// # Errors
    /// When the thread has ended.
    pub async fn count(&self) -> Result<u64, QueueError> {
        self.ask(Work::Count).await
    }

    async fn ask<T>(&self, work: impl FnOnce(Answer<T>) -> Work) -> Result<T, QueueError> {
        let (answer, answered) = oneshot::channel();
        let sent = self.work.send(work(answer)).await;
        sent.map_err(|_closed| QueueError::Stopped)?;
        answered.await.map_err(|_gone| QueueError::Stopped)?
    }
}

fn prepare(path: &Path) -> Result<Connection, QueueError> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "page_size", PAGE_SIZE)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "secure_delete", true)?;
    match db.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        SCHEMA => {}
        0 => db.execute_batch(&format!("BEGIN;{}COMMIT;", include_str!("queue.sql")))?,
        other => return Err(QueueError::Schema(other)),
    }
    Ok(db)
}

struct Keeper {
    db: Connection,
    count: u64,
    max: u64,
    failing: bool,
    /// Held as long as this runs; the system lets go of it when the process ends in any way.
    _lock: File,
}

impl Keeper {
    fn run(mut self, mut requests: mpsc::Receiver<Work>) {
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(first) = requests.blocking_recv() {
            let mut next = Some(first);
            while let Some(work) = next.take() {
                match work {
                    Work::Put(envelope, answer) => batch.push((envelope, answer)),
                    other => self.answer(other),
                }
                if batch.len() < BATCH {
                    next = requests.try_recv().ok();
                }
            }
            self.commit(&mut batch);
        }
    }

    /// What is not handed in. Whoever asked may be gone: it is done all the same.
    fn answer(&mut self, work: Work) {
        match work {
            Work::Put(..) => {}
            Work::After(id, limit, answer) => drop(answer.send(self.after(id, limit))),
            Work::Bind(id, pass, answer) => {
                let pass = pass.map(|pass| pass.encode().to_vec());
                let sql = "UPDATE waiting SET pass = ?2 WHERE id = ?1";
                let done = self.db.execute(sql, params![id, pass]);
                drop(answer.send(done.map(drop).map_err(Into::into)));
            }
            Work::Remove(id, answer) => {
                let done = self.db.execute("DELETE FROM waiting WHERE id = ?1", [id]);
                if let Ok(gone) = done {
                    self.count = self.count.saturating_sub(gone as u64);
                }
                drop(answer.send(done.map(drop).map_err(Into::into)));
            }
            Work::Count(answer) => drop(answer.send(Ok(self.count))),
        }
    }

    fn after(&self, id: i64, limit: usize) -> Result<Vec<Waiting>, QueueError> {
        let mut query = self.db.prepare_cached(
            "SELECT id, envelope, pass FROM waiting WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = query.query_map(params![id, limit], |row| {
            let envelope: Vec<u8> = row.get(1)?;
            let pass: Option<Vec<u8>> = row.get(2)?;
            Ok((row.get(0)?, envelope, pass))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let (id, envelope, pass) = row?;
            // Only what was an envelope is written; a row that is none was changed from outside.
            let Ok(envelope) = Envelope::from_bytes(&envelope) else {
                tracing::error!("a row of the queue holds no envelope; the file was changed");
                continue;
            };
            found.push(Waiting {
                id,
                envelope,
                pass: pass.and_then(|pass| Pass::decode(&pass).ok()),
            });
        }
        Ok(found)
    }

    /// One transaction for the batch; answers after its commit.
    fn commit(&mut self, batch: &mut Vec<(Envelope, Answer<()>)>) {
        let room = usize::try_from(self.max.saturating_sub(self.count)).unwrap_or(usize::MAX);
        for (_, answer) in batch.drain(room.min(batch.len())..) {
            drop(answer.send(Err(QueueError::Full)));
        }
        if batch.is_empty() {
            return;
        }
        let done = self.insert(batch);
        let failed = done.is_err();
        if self.failing != failed {
            self.failing = failed;
            match &done {
                Ok(()) => tracing::info!("the queue takes envelopes again"),
                Err(why) => tracing::error!("the queue takes no envelopes: {why}"),
            }
        }
        let full = matches!(done, Err(QueueError::Full));
        for (_, answer) in batch.drain(..) {
            drop(answer.send(match (failed, full) {
                (false, _) => Ok(()),
                (true, true) => Err(QueueError::Full),
                (true, false) => Err(QueueError::Stopped),
            }));
        }
    }

    fn insert(&mut self, batch: &[(Envelope, Answer<()>)]) -> Result<(), QueueError> {
        let tx = self.db.transaction()?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO waiting (envelope) VALUES (?1)")?;
            for (envelope, _) in batch {
                insert.execute([envelope.as_bytes().as_slice()])?;
            }
        }
        tx.commit()?;
        self.count += batch.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_wire::{ENVELOPE_LEN, KeyEpoch, PASS_LEN};

    fn envelope(fill: u8) -> Envelope {
        let mut bytes = Envelope::header_for(KeyEpoch(1), &[0; 32]).to_vec();
        bytes.resize(ENVELOPE_LEN, fill);
        Envelope::from_bytes(&bytes).unwrap()
    }

    fn ids(waiting: &[Waiting]) -> Vec<i64> {
        waiting.iter().map(|w| w.id).collect()
    }

    #[tokio::test]
    async fn what_was_kept_is_there_after_a_restart_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path(), 10).unwrap();
        for fill in 0..5 {
            queue.put(envelope(fill)).await.unwrap();
        }
        assert_eq!(ids(&queue.after(0, 3).await.unwrap()), [1, 2, 3]);
        queue.remove(2).await.unwrap();
        queue.remove(2).await.unwrap();
        assert_eq!(queue.count().await.unwrap(), 4);
        let reopened = reopen(queue, folder.path(), 10).await;
        assert_eq!(reopened.count().await.unwrap(), 4);
        let waiting = reopened.after(1, 9).await.unwrap();
        assert_eq!(ids(&waiting), [3, 4, 5]);
        assert_eq!(waiting[0].envelope, envelope(2));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_takes_again_when_something_left() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path(), 2).unwrap();
        let all = (0..4).map(|fill| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.put(envelope(fill)).await })
        });
        let mut kept = 0;
        for put in all.collect::<Vec<_>>() {
            match put.await.unwrap() {
                Ok(()) => kept += 1,
                Err(why) => assert!(matches!(why, QueueError::Full), "{why}"),
            }
        }
        assert_eq!(kept, 2);
        assert_eq!(queue.count().await.unwrap(), 2);
        queue.remove(1).await.unwrap();
        queue.put(envelope(9)).await.unwrap();
        assert!(queue.put(envelope(9)).await.is_err());
    }

    #[tokio::test]
    async fn a_pass_stays_with_its_envelope() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path(), 2).unwrap();
        queue.put(envelope(1)).await.unwrap();
        let pass = pass();
        queue.bind(1, Some(pass.clone())).await.unwrap();
        let queue = reopen(queue, folder.path(), 2).await;
        let held = |waiting: Vec<Waiting>| waiting[0].pass.as_ref().map(Pass::encode);
        let found = held(queue.after(0, 1).await.unwrap());
        assert_eq!(found, Some(pass.encode()));
        queue.bind(1, None).await.unwrap();
        assert_eq!(held(queue.after(0, 1).await.unwrap()), None);
    }

    #[tokio::test]
    async fn two_gateways_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _queue = Queue::open(folder.path(), 2).unwrap();
        let second = Queue::open(folder.path(), 2);
        assert!(matches!(second, Err(QueueError::InUse(_))));
    }

    #[tokio::test]
    async fn what_left_is_not_in_the_file_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path(), 2).unwrap();
        queue.put(envelope(0xa7)).await.unwrap();
        queue.remove(1).await.unwrap();
        // The log is folded into the file when the last connection closes.
        let queue = reopen(queue, folder.path(), 2).await;
        drop(queue);
        let bytes = fs::read(folder.path().join("queue.sqlite")).unwrap();
        assert!(!bytes.windows(64).any(|part| part == [0xa7; 64]));
    }

    /// The thread ends when nobody can ask any more; until then the folder is in use.
    async fn reopen(queue: Queue, folder: &Path, max: u64) -> Queue {
        drop(queue);
        loop {
            match Queue::open(folder, max) {
                Err(QueueError::InUse(_)) => tokio::task::yield_now().await,
                other => return other.unwrap(),
            }
        }
    }

    fn pass() -> Pass {
        let mut bytes = [5; PASS_LEN];
        bytes[..2].copy_from_slice(&2_u16.to_be_bytes());
        bytes[34..66].copy_from_slice(&lapwing_wire::challenge_digest());
        Pass::decode(&bytes).unwrap()
    }
}
