//! Settings, reception secrets (in the keyring), cursors and deliveries.

use rusqlite::OptionalExtension as _;
use zeroize::Zeroizing;

use super::{Batch, Store, StoreError};

/// A week and the seed of its reception secret.
pub(crate) type ReceptionSeed = (u32, Zeroizing<[u8; 32]>);

impl Store {
    /// A setting of fixed length.
    pub(crate) fn setting<const N: usize>(
        &self,
        name: &'static str,
    ) -> Result<Option<Zeroizing<[u8; N]>>, StoreError> {
        let Some(value) = self.setting_bytes(name)? else {
            return Ok(None);
        };
        let value = value
            .as_slice()
            .try_into()
            .map_err(|_length| StoreError::Row(name))?;
        Ok(Some(Zeroizing::new(value)))
    }

    /// A setting of any length.
    pub(crate) fn setting_bytes(
        &self,
        name: &'static str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let value: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(value.map(Zeroizing::new))
    }

    /// The seeds of all reception secrets that are still there, by ascending week.
    pub(crate) fn receptions(&self) -> impl Iterator<Item = (u32, &[u8; 32])> {
        let held = self.keyring.receptions();
        held.iter().map(|(week, seed)| (*week, &**seed))
    }

    /// Keeps new seeds of reception secrets and deletes others for good.
    pub(crate) fn change_receptions(
        &mut self,
        add: Vec<ReceptionSeed>,
        delete: &[u32],
    ) -> Result<(), StoreError> {
        self.keyring.change_receptions(add, delete)
    }

    /// Last index taken from a relay.
    pub(crate) fn cursor(&self, relay: &str) -> Result<i64, StoreError> {
        let after = self
            .connection
            .query_row(
                "SELECT after FROM cursor WHERE relay = ?1",
                [relay],
                |row| row.get(0),
            )
            .optional()?;
        Ok(after.unwrap_or(0))
    }

    /// Number of the last bulletin that a relay is known to have.
    pub(crate) fn delivery(&self, relay: &str) -> Result<i64, StoreError> {
        let number = self
            .connection
            .query_row(
                "SELECT number FROM delivery WHERE relay = ?1",
                [relay],
                |row| row.get(0),
            )
            .optional()?;
        Ok(number.unwrap_or(0))
    }
}

impl Batch<'_> {
    /// A setting of any length, as of this transaction.
    pub(crate) fn setting(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self
            .connection()
            .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        Ok(value)
    }

    /// Writes a setting.
    pub(crate) fn set(&self, name: &'static str, value: &[u8]) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO setting (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute((name, value))?;
        Ok(())
    }

    /// Notes that a relay has a bulletin.
    pub(crate) fn delivered(&self, relay: &str, number: i64) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO delivery (relay, number) VALUES (?1, ?2)
                 ON CONFLICT (relay) DO UPDATE SET number = max(number, excluded.number)",
            )?
            .execute((relay, number))?;
        Ok(())
    }
}
