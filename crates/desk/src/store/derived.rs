//! Tables that are derived from the journal, and the digest by which two derivations compare.

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::{Batch, Store, StoreError};
use crate::entry::Seq;

/// An incident as it is kept for the pages.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IncidentRow {
    pub(crate) id: i64,
    pub(crate) last_report: i64,
    pub(crate) closed: bool,
    /// The page's value, as JSON.
    pub(crate) view: String,
    /// Its reports.
    pub(crate) voices: Vec<Voice>,
}

/// One report's part in an incident.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Voice {
    pub(crate) report: Seq,
    /// 1, 2, 3 … within the incident.
    pub(crate) person: u32,
    pub(crate) against: bool,
    pub(crate) repeat: bool,
    pub(crate) weight: f32,
}

impl IncidentRow {
    fn voice_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.voices.len() * VOICE_LEN);
        self.voices
            .iter()
            .for_each(|voice| voice.encode_into(&mut out));
        out
    }
}

const VOICE_LEN: usize = 8 + 4 + 1 + 4;

impl Voice {
    fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.report.to_be_bytes());
        out.extend_from_slice(&self.person.to_be_bytes());
        out.push(u8::from(self.against) | u8::from(self.repeat) << 1);
        out.extend_from_slice(&self.weight.to_be_bytes());
    }

    pub(super) fn decode_all(bytes: &[u8]) -> Option<Vec<Self>> {
        let (voices, rest) = bytes.as_chunks::<VOICE_LEN>();
        let one = |b: &[u8; VOICE_LEN]| Self {
            report: i64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]),
            person: u32::from_be_bytes([b[8], b[9], b[10], b[11]]),
            against: b[12] & 1 != 0,
            repeat: b[12] & 2 != 0,
            weight: f32::from_be_bytes([b[13], b[14], b[15], b[16]]),
        };
        rest.is_empty().then(|| voices.iter().map(one).collect())
    }
}

/// A warning as it is kept for the pages.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WarningRow {
    /// Identifier of the first message of its chain.
    pub(crate) id: String,
    pub(crate) incident: i64,
    pub(crate) sent: i64,
    /// The page's value, as JSON.
    pub(crate) view: String,
}

/// SHA-256 over all derived rows in order.
pub(crate) type DerivedDigest = [u8; 32];

impl Batch<'_> {
    /// Writes an incident, whole.
    pub(crate) fn incident(&self, row: &IncidentRow) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO incident (id, last_report, closed, view, voices)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET last_report = excluded.last_report,
                   closed = excluded.closed, view = excluded.view, voices = excluded.voices",
            )?
            .execute((
                row.id,
                row.last_report,
                row.closed,
                &row.view,
                row.voice_bytes(),
            ))?;
        Ok(())
    }

    /// Removes an incident that became part of another.
    pub(crate) fn incident_gone(&self, id: i64) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM incident WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    /// Puts a report into an incident.
    pub(crate) fn label(&self, report: Seq, incident: i64) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO incident_report (report, incident) VALUES (?1, ?2)
                 ON CONFLICT (report) DO UPDATE SET incident = excluded.incident",
            )?
            .execute((report, incident))?;
        Ok(())
    }

    /// Writes a warning, whole.
    pub(crate) fn warning(&self, row: &WarningRow) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO warning (id, incident, sent, view) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET incident = excluded.incident,
                   sent = excluded.sent, view = excluded.view",
            )?
            .execute((&row.id, row.incident, row.sent, &row.view))?;
        Ok(())
    }

    /// Empties the derived tables.
    pub(crate) fn clear_derived(&self) -> Result<(), StoreError> {
        self.connection().execute_batch(
            "DELETE FROM incident; DELETE FROM incident_report; DELETE FROM warning;",
        )?;
        Ok(())
    }

    /// Digest of the derived tables as this batch leaves them.
    pub(crate) fn derived_digest(&self) -> Result<DerivedDigest, StoreError> {
        digest(self.connection())
    }
}

impl Store {
    /// Whether the derived tables hold exactly these live incidents, and all others given.
    pub(crate) fn holds(
        &self,
        rows: impl Iterator<Item = IncidentRow>,
    ) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT 1 FROM incident
             WHERE id = ?1 AND last_report = ?2 AND closed = ?3 AND view = ?4 AND voices = ?5",
        )?;
        let mut live: i64 = 0;
        for row in rows {
            live += i64::from(!row.closed);
            let given = (
                row.id,
                row.last_report,
                row.closed,
                &row.view,
                row.voice_bytes(),
            );
            if !statement.exists(given)? {
                return Ok(false);
            }
        }
        let kept: i64 = self.connection.query_row(
            "SELECT count(*) FROM incident WHERE closed = 0",
            (),
            |row| row.get(0),
        )?;
        Ok(kept == live)
    }

    /// Digest of the derived tables.
    #[cfg(test)]
    pub(crate) fn derived_digest(&self) -> Result<DerivedDigest, StoreError> {
        digest(&self.connection)
    }
}

fn digest(connection: &Connection) -> Result<DerivedDigest, StoreError> {
    let mut hash = Sha256::new_with_prefix(b"lapwing derived state 1\n");
    let mut sized = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for (name, sql) in [
        (
            "incident",
            "SELECT id, last_report, closed, view, voices FROM incident ORDER BY id",
        ),
        (
            "incident_report",
            "SELECT report, incident FROM incident_report ORDER BY report",
        ),
        (
            "warning",
            "SELECT id, incident, sent, view FROM warning ORDER BY id",
        ),
    ] {
        sized(name.as_bytes());
        let mut statement = connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Integer(n) => sized(&n.to_be_bytes()),
                    rusqlite::types::ValueRef::Text(bytes)
                    | rusqlite::types::ValueRef::Blob(bytes) => sized(bytes),
                    _ => return Err(StoreError::Row(name)),
                }
            }
        }
    }
    Ok(hash.finalize().into())
}
