//! Cells that are open now, each for whoever unlocked it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::HeaderMap;
use lapwing_seal::CellSecret;
use sha2::{Digest as _, Sha256};

use crate::{
    cells::{CellId, Record, about},
    refusal::Refusal,
    store::{Reader, StoreError},
};

/// The header that carries a session.
const HEADER: &str = "lapwing-cell";
/// A coordinator who walked away has locked the cell.
const IDLE: Duration = Duration::from_secs(15 * 60);

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
        Ok(name)
    }

    /// The cell of a request's session, if it is the one asked for.
    pub(super) fn cell(&self, headers: &HeaderMap, id: CellId) -> Result<Arc<OpenCell>, Refusal> {
        let name = headers.get(HEADER).ok_or(Refusal::Locked)?;
        self.sessions(|sessions| {
            let session = sessions
                .get_mut(&digest(name.as_bytes()))
                .filter(|session| session.cell.id == id)
                .ok_or(Refusal::Locked)?;
            session.used = Instant::now();
            Ok(Arc::clone(&session.cell))
        })
    }

    /// Ends a session.
    pub(super) fn close(&self, headers: &HeaderMap) {
        if let Some(name) = headers.get(HEADER) {
            self.sessions(|sessions| sessions.remove(&digest(name.as_bytes())));
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
