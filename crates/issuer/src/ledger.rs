//! How many batches somebody had in an epoch: durable, and forgotten with it.

use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use lapwing_wire::PassEpoch;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::Sha256;

use crate::{Eligible, IssuerError};

const SCHEMA: i64 = 1;

/// Counts of the current epoch.
pub(crate) struct Ledger(Connection);

impl Ledger {
    pub(crate) fn open(folder: &Path, epoch: PassEpoch) -> Result<Self, IssuerError> {
        let db = Connection::open(folder.join("issuer.sqlite"))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        // Keys and counts of an epoch that is over are overwritten and not only unlinked.
        db.pragma_update(None, "secure_delete", "ON")?;
        let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match found {
            SCHEMA => {}
            0 => db.execute_batch(&format!("BEGIN;{}COMMIT;", include_str!("schema.sql")))?,
            _ => {
                return Err(IssuerError::Schema {
                    found,
                    known: SCHEMA,
                });
            }
        }
        let mut ledger = Self(db);
        ledger.roll(epoch)?;
        Ok(ledger)
    }

    /// Begins an epoch: forgets the ones before, and draws the key of this one.
    pub(crate) fn roll(&mut self, epoch: PassEpoch) -> Result<(), IssuerError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_why| IssuerError::Randomness)?;
        let tx = self.0.transaction()?;
        tx.execute("DELETE FROM batch WHERE epoch < ?1", [epoch.0])?;
        tx.execute("DELETE FROM secret WHERE epoch < ?1", [epoch.0])?;
        tx.execute(
            "INSERT INTO secret (epoch, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![epoch.0, key],
        )?;
        tx.commit()?;
        // The log is written back and cut off, so that what was deleted is gone from it too.
        self.0
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()))?;
        Ok(())
    }

    /// Whether a batch may be signed for somebody; it is counted then. The same request again is the same batch: a
    /// phone that got no answer asks again. **Durable when it returns**, before anything is signed.
    pub(crate) fn grant(
        &mut self,
        epoch: PassEpoch,
        eligible: &Eligible,
        request: &[u8; 32],
    ) -> Result<bool, IssuerError> {
        let tx = self.0.transaction()?;
        let key: Option<[u8; 32]> = tx
            .query_row(
                "SELECT key FROM secret WHERE epoch = ?1",
                [epoch.0],
                |row| row.get(0),
            )
            .optional()?;
        let Some(key) = key else {
            // The epoch ended between choosing the key and now.
            return Ok(false);
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
        mac.update(&eligible.identity);
        let who: [u8; 32] = mac.finalize().into_bytes().into();
        let had: u32 = tx.query_row(
            "SELECT count(*) FROM batch WHERE epoch = ?1 AND who = ?2 AND request != ?3",
            params![epoch.0, who, request],
            |row| row.get(0),
        )?;
        if had >= eligible.batches {
            return Ok(false);
        }
        tx.execute(
            "INSERT INTO batch (epoch, who, request) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![epoch.0, who, request],
        )?;
        tx.commit()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn somebody(identity: &str, batches: u32) -> Eligible {
        Eligible {
            identity: Zeroizing::new(identity.as_bytes().to_vec()),
            batches,
        }
    }

    #[test]
    fn batches_are_counted_across_restarts_and_a_retry_is_not_counted() {
        let folder = tempfile::tempdir().unwrap();
        let epoch = PassEpoch(740);
        let ann = somebody("ann", 2);
        let mut ledger = Ledger::open(folder.path(), epoch).unwrap();
        assert!(ledger.grant(epoch, &ann, &[1; 32]).unwrap());
        assert!(ledger.grant(epoch, &ann, &[1; 32]).unwrap());
        drop(ledger);
        let mut ledger = Ledger::open(folder.path(), epoch).unwrap();
        assert!(ledger.grant(epoch, &ann, &[2; 32]).unwrap());
        assert!(!ledger.grant(epoch, &ann, &[3; 32]).unwrap());
        // Nothing that was granted is taken back.
        assert!(ledger.grant(epoch, &ann, &[1; 32]).unwrap());
        assert!(ledger.grant(epoch, &somebody("bob", 1), &[3; 32]).unwrap());
        assert!(!ledger.grant(epoch, &somebody("eve", 0), &[4; 32]).unwrap());
    }

    #[test]
    fn who_had_passes_is_in_no_file_when_the_epoch_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path(), PassEpoch(740)).unwrap();
        let ann = somebody("ann", 1);
        assert!(ledger.grant(PassEpoch(740), &ann, &[0x5a; 32]).unwrap());
        let key: [u8; 32] = ledger
            .0
            .query_row("SELECT key FROM secret", [], |row| row.get(0))
            .unwrap();
        let who: [u8; 32] = ledger
            .0
            .query_row("SELECT who FROM batch", [], |row| row.get(0))
            .unwrap();
        let holds = |bytes: &[u8]| {
            std::fs::read_dir(folder.path()).unwrap().any(|file| {
                let file = std::fs::read(file.unwrap().path()).unwrap_or_default();
                file.windows(bytes.len()).any(|part| part == bytes)
            })
        };
        assert!(holds(&key) && holds(&who) && holds(&[0x5a; 32]));
        ledger.roll(PassEpoch(741)).unwrap();
        assert!(!holds(&key) && !holds(&who) && !holds(&[0x5a; 32]));
        assert!(!ledger.grant(PassEpoch(740), &ann, &[1; 32]).unwrap());
        assert!(ledger.grant(PassEpoch(741), &ann, &[1; 32]).unwrap());
    }
}
