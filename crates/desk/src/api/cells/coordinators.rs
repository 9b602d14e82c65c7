//! Cells that are open now, each for whoever unlocked it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::HeaderMap;
use lapwing_seal::CellSecret;
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;

use crate::{
    cells::{CellId, Record, about},
    refusal::Refusal,
    store::{Reader, StoreError},
};

/// The header that carries a session.
const HEADER: &str = "lapwing-cell";
/// A coordinator who walked away has locked the cell.
pub(super) const IDLE: Duration = Duration::from_secs(15 * 60);
/// How often sessions are looked through for such.
const SWEEP: Duration = if cfg!(test) {
    Duration::from_millis(20)
} else {
    Duration::from_secs(30)
};

/// Sessions by the digest of their names.
#[derive(Clone, Default)]
pub(crate) struct Coordinators(Arc<Mutex<HashMap<[u8; 32], Session>>>);

struct Session {
    cell: Arc<OpenCell>,
    used: Instant,
}

/// A cell with its secret, and what of it was opened already: each record is opened once.
pub(super) struct OpenCell {
    pub(super) id: CellId,
    secret: CellSecret,
    opened: Mutex<(i64, Vec<Record>)>,
}

impl Coordinators {
    /// Opens a session; gives its name.
    pub(super) fn open(&self, id: CellId, secret: CellSecret) -> Result<String, Refusal> {
        let mut name = [0; 32];
        getrandom::fill(&mut name).map_err(|_why| StoreError::Randomness)?;
        let name = hex::encode(name);
        let cell = OpenCell {
            id,
            secret,
            opened: Mutex::default(),
        };
        let session = Session {
            cell: Arc::new(cell),
            used: Instant::now(),
        };
        self.sessions(|sessions| sessions.insert(digest(&name), session));
        self.sweep(digest(&name));
        Ok(name)
    }

    /// The cell of a request's session, if it is the one asked for. The coordinator is there.
    pub(super) fn cell(&self, headers: &HeaderMap, id: CellId) -> Result<Arc<OpenCell>, Refusal> {
        self.session(headers, id, |session| session.used = Instant::now())
    }

    /// The same for a page that asks by itself: nobody may be there.
    pub(super) fn watch(&self, headers: &HeaderMap, id: CellId) -> Result<Arc<OpenCell>, Refusal> {
        self.session(headers, id, |_| ())
    }

    fn session(
        &self,
        headers: &HeaderMap,
        id: CellId,
        meet: impl FnOnce(&mut Session),
    ) -> Result<Arc<OpenCell>, Refusal> {
        let name = headers.get(HEADER).ok_or(Refusal::Locked)?;
        self.sessions(|sessions| {
            let session = sessions
                .get_mut(&digest(name.as_bytes()))
                .filter(|session| session.cell.id == id)
                .ok_or(Refusal::Locked)?;
            meet(session);
            Ok(Arc::clone(&session.cell))
        })
    }

    /// Takes the cell's secret out of memory in time, though nobody may ask again.
    fn sweep(&self, name: [u8; 32]) {
        let sessions = self.clone();
        tokio::spawn(async move {
            while sessions.sessions(|sessions| sessions.contains_key(&name)) {
                sleep(SWEEP).await;
            }
        });
    }

    /// As if so much time had gone by.
    #[cfg(test)]
    pub(super) fn age(&self, by: Duration) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for session in sessions.values_mut() {
            session.used = session
                .used
                .checked_sub(by)
                .expect("the machine runs longer");
        }
    }

    /// How many secrets are in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.len()
    }

    /// Ends a session of this cell.
    pub(super) fn close(&self, headers: &HeaderMap, id: CellId) {
        if let Some(name) = headers.get(HEADER).map(|name| digest(name.as_bytes())) {
            self.sessions(|sessions| match sessions.get(&name) {
                Some(session) if session.cell.id == id => sessions.remove(&name),
                _ => None,
            });
        }
    }

    fn sessions<T>(&self, with: impl FnOnce(&mut HashMap<[u8; 32], Session>) -> T) -> T {
        // Whole sessions come and go, so that a panic elsewhere leaves no half of one.
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| session.used.elapsed() < IDLE);
        with(&mut sessions)
    }
}

impl OpenCell {
    /// All records of the cell, oldest first. Blocks; what was opened before is not opened again.
    pub(super) fn records(&self, reader: &Reader) -> Result<Vec<Record>, StoreError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, sealed) in reader.records(self.id, opened.0)? {
            let record = self
                .secret
                .open(&about(self.id, number), &sealed)
                .and_then(|bytes| Record::decode(&bytes))
                .ok_or(StoreError::Row("record"))?;
            opened.0 = number;
            opened.1.push(record);
        }
        Ok(opened.1.clone())
    }
}

fn digest(name: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(name).into()
}
