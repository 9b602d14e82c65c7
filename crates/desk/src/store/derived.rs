//! Tables that are derived from the journal, and the digest by which two derivations compare.

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Batch, Store, StoreError,
    ring::{Epoch, EpochKey, Purpose, Ring},
};
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
    /// The first epoch from which a report is among them: who is who is sealed under its key.
    pub(crate) epoch: Epoch,
}

/// One report's part in an incident.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Voice {
    pub(crate) report: Seq,
    pub(crate) against: bool,
    /// What ties it to other reports; forgotten with the key of its epoch.
    pub(crate) who: Option<Who>,
}

/// Whose a report is, within its incident.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Who {
    /// 1, 2, 3 … within the incident.
    pub(crate) person: u32,
    /// Whether the same person had said it before.
    pub(crate) repeat: bool,
    /// How much it counts, which is nothing for a repeat.
    pub(crate) weight: f32,
}

const VOICE_LEN: usize = 8 + 1;
const WHO_LEN: usize = 4 + 1 + 4;

impl IncidentRow {
    /// ```text
    /// number of reports 4 · ( report 8 · against 1 ) each ·
    /// nothing, or: epoch 4 · sealed( ( person 4 · repeat 1 · weight 4 ) each )
    /// ```
    fn voice_bytes(&self, key: Option<&EpochKey>) -> Vec<u8> {
        let count = u32::try_from(self.voices.len()).expect("an incident has fewer reports");
        let mut out = Vec::with_capacity(4 + self.voices.len() * (VOICE_LEN + WHO_LEN) + 44);
        out.extend_from_slice(&count.to_be_bytes());
        for voice in &self.voices {
            out.extend_from_slice(&voice.report.to_be_bytes());
            out.push(u8::from(voice.against));
        }
        let who: Option<Vec<Who>> = self.voices.iter().map(|voice| voice.who).collect();
        if let (Some(who), Some(key)) = (who, key) {
            let mut plain = Vec::with_capacity(who.len() * WHO_LEN);
            for who in who {
                plain.extend_from_slice(&who.person.to_be_bytes());
                plain.push(u8::from(who.repeat));
                plain.extend_from_slice(&who.weight.to_be_bytes());
            }
            out.extend_from_slice(&self.epoch.to_be_bytes());
            out.extend_from_slice(&key.seal(Purpose::Voices, self.id, &plain));
        }
        out
    }

    /// Whether somebody is known among its reports.
    fn has_who(&self) -> bool {
        self.voices.iter().any(|voice| voice.who.is_some())
    }
}

impl Voice {
    /// The reports of incident `id`; without who is who when the key of their epoch is gone.
    pub(super) fn decode_all(bytes: &[u8], id: i64, ring: &Ring) -> Option<Vec<Self>> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
        let (clear, sealed) = rest.split_at_checked(count.checked_mul(VOICE_LEN)?)?;
        let (clear, _) = clear.as_chunks::<VOICE_LEN>();
        let mut voices: Vec<Self> = clear
            .iter()
            .map(|[report @ .., against]| Self {
                report: i64::from_be_bytes(*report),
                against: *against != 0,
                who: None,
            })
            .collect();
        let Some((epoch, sealed)) = sealed.split_first_chunk::<4>() else {
            return sealed.is_empty().then_some(voices);
        };
        let Some(key) = ring.get(u32::from_be_bytes(*epoch)) else {
            return Some(voices);
        };
        let plain = key.open(Purpose::Voices, id, sealed)?;
        let (who, rest) = plain.as_chunks::<WHO_LEN>();
        for (voice, b) in voices.iter_mut().zip(who) {
            voice.who = Some(Who {
                person: u32::from_be_bytes([b[0], b[1], b[2], b[3]]),
                repeat: b[4] != 0,
                weight: f32::from_be_bytes([b[5], b[6], b[7], b[8]]),
            });
        }
        (who.len() == count && rest.is_empty()).then_some(voices)
    }
}

/// A warning as it is kept for the pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    pub(crate) fn incident(&mut self, row: &IncidentRow) -> Result<(), StoreError> {
        let key = match row.has_who() {
            true => Some(self.keyring.ensure(row.epoch)?),
            false => None,
        };
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
                row.voice_bytes(key.as_deref()),
            ))?;
        Ok(())
    }

    /// Incidents whose last report is not before a time, as the tables have them, without who is who.
    pub(crate) fn shown_incidents(&self, since: i64) -> Result<Vec<IncidentRow>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT id, last_report, closed, view, voices FROM incident
             WHERE last_report >= ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([since])?;
        let mut incidents = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let voices: Vec<u8> = row.get(4)?;
            let voices = Voice::decode_all(&voices, id, &Ring::default());
            incidents.push(IncidentRow {
                id,
                last_report: row.get(1)?,
                closed: row.get(2)?,
                view: row.get(3)?,
                voices: voices.ok_or(StoreError::Row("incident"))?,
                epoch: 0,
            });
        }
        Ok(incidents)
    }

    /// Reports from `first` on, and the incident that each is shown in.
    pub(crate) fn shown_labels(&self, first: Seq) -> Result<Vec<(Seq, i64)>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT report, incident FROM incident_report WHERE report >= ?1 ORDER BY report",
        )?;
        let labels = statement.query_map([first], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(labels.collect::<Result<_, _>>()?)
    }

    /// The incident that a warning is shown with.
    pub(crate) fn shown_with(&self, warning: &str) -> Result<Option<i64>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT incident FROM warning WHERE id = ?1")?
            .query_row([warning], |row| row.get(0))
            .optional()?)
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
            let key = self.keyring.ring().get(row.epoch);
            let given = (
                row.id,
                row.last_report,
                row.closed,
                &row.view,
                row.voice_bytes(key.as_deref()),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reading_reports_of_an_incident_is_total(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Voice::decode_all(&bytes, 1, &Ring::default());
        }
    }

    #[test]
    fn reports_read_back_with_their_key_and_without() {
        let key = EpochKey::new(&[1; 32]);
        let voice = |report, person| Voice {
            report,
            against: report > 1,
            who: Some(Who {
                person,
                repeat: report > 2,
                weight: 0.8,
            }),
        };
        let row = IncidentRow {
            id: 7,
            last_report: 0,
            closed: false,
            view: String::new(),
            voices: vec![voice(1, 1), voice(2, 2), voice(3, 1)],
            epoch: 40,
        };
        let bytes = row.voice_bytes(Some(&key));
        let ring = Ring::default();
        let secret = zeroize::Zeroizing::new([1; 32]);
        ring.replace([(40, &secret)].into_iter());
        assert_eq!(Voice::decode_all(&bytes, 7, &ring).unwrap(), row.voices);
        let forgotten = Voice::decode_all(&bytes, 7, &Ring::default()).unwrap();
        assert!(forgotten.iter().all(|voice| voice.who.is_none()));
        assert!(forgotten.iter().map(|voice| voice.report).eq([1, 2, 3]));
        // Another incident's, and what was changed, is damage and not forgetting.
        assert_eq!(Voice::decode_all(&bytes, 8, &ring), None);
        for n in (4 + 27 + 4)..bytes.len() {
            let mut other = bytes.clone();
            other[n] ^= 1;
            assert_eq!(Voice::decode_all(&other, 7, &ring), None, "{n}");
        }
    }
}
