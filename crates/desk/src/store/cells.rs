//! Rows of cells, invites, witnesses, records and replies. What is sealed here, only
//! `crate::cells` opens.

use rusqlite::OptionalExtension as _;

use super::{Batch, Reader, Store, StoreError};

/// Whether an invite can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InviteState {
    /// Until it expires.
    Open,
    /// Withdrawn by the coordinator.
    Revoked,
    /// By somebody.
    Used,
}

/// An invite as it is kept: without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InviteRow {
    pub(crate) hash: [u8; 32],
    pub(crate) cell: u32,
    pub(crate) expires: i64,
    pub(crate) state: InviteState,
    /// Whether whoever joins by it speaks under duress.
    pub(crate) duress: bool,
}

/// A cell as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellRow {
    pub(crate) id: u32,
    pub(crate) public: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) made: i64,
}

impl InviteState {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Revoked => "revoked",
            Self::Used => "used",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Revoked, Self::Used]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

impl Store {
    /// Number and public key of every cell.
    pub(crate) fn cells(&self) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id, public FROM cell")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Number and sealed state of every witness.
    pub(crate) fn members(&self) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id, sealed FROM member")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Number and sealed state of every codebook sheet.
    pub(crate) fn codebooks(&self) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id, sealed FROM codebook")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Witness, id and sealed content of every reply that waits.
    pub(crate) fn replies(&self) -> Result<Vec<(u32, u32, Vec<u8>)>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT member, number, sealed FROM reply")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Batch<'_> {
    /// Writes a cell.
    pub(crate) fn cell(
        &self,
        id: u32,
        public: &[u8],
        wrapped: &[u8],
        made: i64,
    ) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO cell (id, public, wrapped, made) VALUES (?1, ?2, ?3, ?4)",
            (id, public, wrapped, made),
        )?;
        Ok(())
    }

    /// An invite by the hash of its secret.
    pub(crate) fn invite_of(&self, hash: &[u8; 32]) -> Result<Option<InviteRow>, StoreError> {
        let row = self
            .connection()
            .prepare_cached("SELECT cell, expires, state, duress FROM invite WHERE hash = ?1")?
            .query_row([hash], |row| {
                let state = row.get::<_, String>(2)?;
                Ok((row.get(0)?, row.get(1)?, state, row.get(3)?))
            })
            .optional()?;
        row.map(|(cell, expires, state, duress)| {
            Ok(InviteRow {
                hash: *hash,
                cell,
                expires,
                state: InviteState::parse(&state).ok_or(StoreError::Row("invite"))?,
                duress,
            })
        })
        .transpose()
    }

    /// Writes an invite, new or changed.
    pub(crate) fn invite(&self, row: &InviteRow) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO invite (hash, cell, expires, state, duress) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (hash) DO UPDATE SET state = excluded.state",
            )?
            .execute((
                row.hash,
                row.cell,
                row.expires,
                row.state.name(),
                row.duress,
            ))?;
        Ok(())
    }

    /// Writes a witness's state, whole.
    pub(crate) fn member(&self, id: u32, sealed: &[u8]) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO member (id, sealed) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
            )?
            .execute((id, sealed))?;
        Ok(())
    }

    /// Every witness's number.
    pub(crate) fn member_ids(&self) -> Result<Vec<u32>, StoreError> {
        let mut statement = self.connection().prepare_cached("SELECT id FROM member")?;
        let rows = statement.query_map((), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes how right a witness was, in one of five levels.
    pub(crate) fn member_level(&self, id: u32, level: u8) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE member SET level = ?2 WHERE id = ?1")?
            .execute((id, level))?;
        Ok(())
    }

    /// Removes a witness.
    pub(crate) fn member_gone(&self, id: u32) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM member WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    /// Writes a codebook sheet's state, whole.
    pub(crate) fn codebook(&self, id: u32, sealed: &[u8]) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO codebook (id, sealed) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
            )?
            .execute((id, sealed))?;
        Ok(())
    }

    /// Removes a codebook sheet.
    pub(crate) fn codebook_gone(&self, id: u32) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM codebook WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    /// Number of the next record: they are never deleted one by one, so numbers are not used twice.
    pub(crate) fn next_record(&self) -> Result<i64, StoreError> {
        let last: Option<i64> = self
            .connection()
            .prepare_cached("SELECT max(number) FROM record")?
            .query_row((), |row| row.get(0))?;
        Ok(last.unwrap_or(0) + 1)
    }

    /// Keeps a record of a cell.
    pub(crate) fn record(&self, number: i64, cell: u32, sealed: &[u8]) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("INSERT INTO record (number, cell, sealed) VALUES (?1, ?2, ?3)")?
            .execute((number, cell, sealed))?;
        Ok(())
    }

    /// Writes a reply that waits.
    pub(crate) fn reply(&self, member: u32, number: u32, sealed: &[u8]) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO reply (member, number, sealed) VALUES (?1, ?2, ?3)
                 ON CONFLICT (member, number) DO UPDATE SET sealed = excluded.sealed",
            )?
            .execute((member, number, sealed))?;
        Ok(())
    }

    /// Removes a reply that waits no more.
    pub(crate) fn reply_gone(&self, member: u32, number: u32) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM reply WHERE member = ?1 AND number = ?2")?
            .execute((member, number))?;
        Ok(())
    }
}

impl Reader {
    /// Every cell, by number. Blocks.
    pub(crate) fn cells(&self) -> Result<Vec<CellRow>, StoreError> {
        self.with(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT id, public, wrapped, made FROM cell ORDER BY id")?;
            let rows = statement.query_map((), |row| {
                Ok(CellRow {
                    id: row.get(0)?,
                    public: row.get(1)?,
                    wrapped: row.get(2)?,
                    made: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Number and sealed content of every record of a cell after a number, oldest first. Blocks.
    pub(crate) fn records(&self, cell: u32, after: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, sealed FROM record WHERE cell = ?1 AND number > ?2 ORDER BY number",
            )?;
            let rows = statement.query_map((cell, after), |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Hash and state of every invite of a cell. Blocks.
    pub(crate) fn invites(&self, cell: u32) -> Result<Vec<([u8; 32], InviteState)>, StoreError> {
        self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT hash, state FROM invite WHERE cell = ?1")?;
            let rows = statement.query_map([cell], |row| {
                Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, String>(1)?))
            })?;
            rows.map(|row| {
                let (hash, state) = row?;
                let state = InviteState::parse(&state).ok_or(StoreError::Row("invite"))?;
                Ok((hash, state))
            })
            .collect()
        })
    }
}
