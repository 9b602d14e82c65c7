//! What the pages read straight from the file, on a connection of their own.

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _};

use super::{Ring, StoreError, Voice};
use crate::entry::{Received, Seq};

/// A connection that only reads.
pub(crate) struct Reader {
    connection: Mutex<Connection>,
    ring: Ring,
}

/// An incident with its reports.
pub(crate) struct IncidentFound {
    /// The page's value, as JSON.
    pub(crate) view: String,
    /// Its reports; `None` where the payload was forgotten.
    pub(crate) reports: Vec<(Voice, Option<Received>)>,
}

impl Reader {
    pub(super) fn new(connection: Connection, ring: Ring) -> Self {
        Self {
            connection: Mutex::new(connection),
            ring,
        }
    }

    /// Asks the connection. A panic between two statements leaves a read-only connection as good as
    /// it was.
    pub(super) fn with<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        ask(&self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }

    /// An incident, live or closed. Blocks: not for the async runtime's threads.
    pub(crate) fn incident(&self, id: i64) -> Result<Option<IncidentFound>, StoreError> {
        // A panic between two statements leaves a read-only connection as good as it was.
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // One transaction, so that incident and reports are of the same moment.
        let snapshot = connection.unchecked_transaction()?;
        let row: Option<(String, Vec<u8>)> = snapshot
            .prepare_cached("SELECT view, voices FROM incident WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((view, voices)) = row else {
            return Ok(None);
        };
        let voices =
            Voice::decode_all(&voices, id, &self.ring).ok_or(StoreError::Row("incident"))?;
        let reports = payloads(&snapshot, voices)?;
        Ok(Some(IncidentFound { view, reports }))
    }

    /// What the reports of an incident say; `None` where the payload was forgotten. Blocks.
    pub(crate) fn reports(
        &self,
        voices: &[Voice],
    ) -> Result<Vec<(Voice, Option<Received>)>, StoreError> {
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        payloads(&connection, voices.to_vec())
    }
}

fn payloads(
    connection: &Connection,
    voices: Vec<Voice>,
) -> Result<Vec<(Voice, Option<Received>)>, StoreError> {
    let mut payload = connection.prepare_cached("SELECT body FROM payload WHERE seq = ?1")?;
    let mut reports = Vec::with_capacity(voices.len());
    for voice in voices {
        let seq: Seq = voice.report;
        let body: Option<Vec<u8>> = payload.query_row([seq], |row| row.get(0)).optional()?;
        let received = body
            .map(|body| Received::decode(&body).map_err(|_why| StoreError::Entry(seq)))
            .transpose()?;
        reports.push((voice, received));
    }
    Ok(reports)
}
