//! Appending to the journal, reading it in order, and checking that it follows from itself.
//!
//! ```text
//! commitment = SHA-256("lapwing journal body\n" · salt 16 · body)
//! chain      = SHA-256("lapwing journal line\n" · chain before 32 · seq 8 · at 8 ·
//!                      length of kind 1 · kind · commitment 32)
//! ```
//!
//! The chain before the first entry is all zero. Kinds have at most 255 bytes.

use std::{ops::Range, sync::Arc};

use lapwing_wire::KeyEpoch;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior};
use sha2::{Digest as _, Sha256};

use super::{
    Head, Store, StoreError,
    keyring::Keyring,
    ring::{Epoch, EpochKey, Purpose, Ring},
};
use crate::{
    entry::{Entry, Seq},
    fold::{Closing, Remains},
};

const SALT_LEN: usize = 16;
/// Entries whose chain is checked at every opening.
const CHECKED_AT_OPENING: i64 = 1_000;

/// One entry as it is read back, with the tags of its author where the tie has not been cut.
pub(crate) struct Line {
    pub(crate) seq: Seq,
    pub(crate) at: i64,
    pub(crate) entry: Entry,
    pub(crate) tags: Option<Tags>,
}

/// What is known of an author: the same tag within an epoch is the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tags {
    /// That of the entry's time.
    pub(crate) epoch: Epoch,
    /// The author's tag in it.
    pub(crate) own: u64,
    /// The author's tag in the epoch before, where its key was still there.
    pub(crate) previous: Option<u64>,
}

impl Tags {
    fn encode(&self) -> [u8; 17] {
        let mut out = [0; 17];
        out[0] = u8::from(self.previous.is_some());
        out[1..9].copy_from_slice(&self.own.to_be_bytes());
        out[9..].copy_from_slice(&self.previous.unwrap_or(0).to_be_bytes());
        out
    }

    pub(super) fn decode(epoch: Epoch, bytes: &[u8]) -> Option<Self> {
        let (flag, tags) = bytes.split_first()?;
        let (tags, rest) = tags.as_chunks::<8>();
        let &[own, previous] = tags else { return None };
        let previous = match flag {
            0 => None,
            1 => Some(u64::from_be_bytes(previous)),
            _ => return None,
        };
        rest.is_empty().then_some(Self {
            epoch,
            own: u64::from_be_bytes(own),
            previous,
        })
    }
}

/// Everything of one transaction.
pub(crate) struct Batch<'a> {
    transaction: Transaction<'a>,
    head: Head,
    head_after: &'a mut Head,
    pub(super) keyring: &'a mut Keyring,
    salts: Salts,
}

/// Random salts, drawn in blocks.
struct Salts {
    block: [u8; SALT_LEN * 64],
    used: usize,
}

impl Salts {
    fn new() -> Self {
        let block = [0; SALT_LEN * 64];
        Self {
            used: block.len(),
            block,
        }
    }

    fn next(&mut self) -> Result<[u8; SALT_LEN], StoreError> {
        if self.used == self.block.len() {
            getrandom::fill(&mut self.block).map_err(|_why| StoreError::Randomness)?;
            self.used = 0;
        }
        let mut salt = [0; SALT_LEN];
        salt.copy_from_slice(&self.block[self.used..self.used + SALT_LEN]);
        self.used += SALT_LEN;
        Ok(salt)
    }
}

impl Store {
    /// Begins a transaction.
    pub(crate) fn batch(&mut self) -> Result<Batch<'_>, StoreError> {
        let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        Ok(Batch {
            transaction,
            head: self.head,
            head_after: &mut self.head,
            keyring: &mut self.keyring,
            salts: Salts::new(),
        })
    }

    /// Reads the last entry again, after a commit that may or may not have happened.
    pub(crate) fn reread_head(&mut self) -> Result<(), StoreError> {
        self.head = head(&self.connection)?;
        Ok(())
    }

    /// The journal, for reading.
    pub(crate) fn journal(&self) -> Journal<'_> {
        Journal {
            connection: &self.connection,
            ring: Some(self.keyring.ring()),
        }
    }

    /// Checks that every entry follows from the one before and every payload is what was
    /// committed to.
    pub(crate) fn verify(&self) -> Result<(), StoreError> {
        self.verify_after(0, [0; 32])
    }

    pub(super) fn verify_last(&self) -> Result<(), StoreError> {
        let before = (self.head.seq - CHECKED_AT_OPENING).max(0);
        let chain = if before == 0 {
            [0; 32]
        } else {
            self.connection.query_row(
                "SELECT chain FROM journal WHERE seq = ?1",
                [before],
                |row| row.get(0),
            )?
        };
        self.verify_after(before, chain)
    }

    fn verify_after(&self, before: i64, chain: [u8; 32]) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT j.seq, j.at, j.entry_kind, j.commitment, j.chain, p.salt, p.body
             FROM journal j LEFT JOIN payload p USING (seq) WHERE j.seq > ?1 ORDER BY j.seq",
        )?;
        let mut rows = statement.query([before])?;
        let mut last = Head {
            seq: before,
            at: i64::MIN,
            chain,
        };
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            last = follow(&last, seq, row)?.ok_or(StoreError::Chain(seq))?;
            let (salt, body): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(5)?, row.get(6)?);
            if let (Some(salt), Some(body)) = (salt, body)
                && commit(&salt, &body) != row.get::<_, [u8; 32]>(3)?
            {
                return Err(StoreError::Commitment(seq));
            }
        }
        if last.seq != self.head.seq || last.chain != self.head.chain {
            return Err(StoreError::Chain(self.head.seq));
        }
        Ok(())
    }
}

/// The journal as one connection sees it.
pub(crate) struct Journal<'a> {
    connection: &'a Connection,
    /// Without it no tie is read, and every report is of a person of its own.
    ring: Option<&'a Ring>,
}

impl Journal<'_> {
    /// The same without ties.
    pub(crate) fn without_ties(self) -> Self {
        Self { ring: None, ..self }
    }

    /// Gives every entry of a range whose payload is there, in order, but for remains, which are for
    /// [`Journal::next_remains`].
    pub(crate) fn each(
        &self,
        range: Range<Seq>,
        mut take: impl FnMut(Line) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT j.seq, j.at, j.entry_kind, p.body, t.epoch, t.sealed
             FROM journal j JOIN payload p USING (seq) LEFT JOIN tie t USING (seq)
             WHERE j.seq >= ?1 AND j.seq < ?2 AND j.entry_kind <> 'remains' ORDER BY j.seq",
        )?;
        let mut rows = statement.query((range.start, range.end))?;
        let mut keys: Option<(Epoch, Arc<EpochKey>)> = None;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            let unreadable = |_type| StoreError::Entry(seq);
            let kind = row.get_ref(2)?.as_str().map_err(unreadable)?;
            let body = row.get_ref(3)?.as_blob().map_err(unreadable)?;
            let entry = Entry::decode(kind, body).map_err(|_why| StoreError::Entry(seq))?;
            let tags = match (row.get::<_, Option<Epoch>>(4)?, self.ring) {
                (None, _) | (_, None) => None,
                (Some(epoch), Some(ring)) => {
                    if keys.as_ref().is_none_or(|(of, _)| *of != epoch) {
                        let key = ring.get(epoch);
                        keys = Some((epoch, key.ok_or(StoreError::KeyForgotten(epoch))?));
                    }
                    let sealed = row.get_ref(5)?.as_blob().map_err(unreadable)?;
                    let tags = keys
                        .as_ref()
                        .and_then(|(_, key)| key.open(Purpose::Tie, seq, sealed))
                        .and_then(|bytes| Tags::decode(epoch, &bytes));
                    Some(tags.ok_or(StoreError::Row("tie"))?)
                }
            };
            take(Line {
                seq,
                at: row.get(1)?,
                entry,
                tags,
            })?;
        }
        Ok(())
    }

    /// The last closing, with its number.
    pub(crate) fn last_closing(&self) -> Result<Option<(Seq, Closing)>, StoreError> {
        let row: Option<(Seq, Vec<u8>)> = self
            .connection
            .prepare_cached(
                "SELECT j.seq, p.body FROM journal j JOIN payload p USING (seq)
                 WHERE j.entry_kind = 'closing' ORDER BY j.seq DESC LIMIT 1",
            )?
            .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(seq, body)| match Entry::decode("closing", &body) {
            Ok(Entry::Closing(closing)) => Ok((seq, *closing)),
            _ => Err(StoreError::Entry(seq)),
        })
        .transpose()
    }

    /// The first part of what was kept at closings after entry `after`, with its number.
    pub(crate) fn next_remains(&self, after: Seq) -> Result<Option<(Seq, Remains)>, StoreError> {
        let row: Option<(Seq, Vec<u8>)> = self
            .connection
            .prepare_cached(
                "SELECT j.seq, p.body FROM journal j JOIN payload p USING (seq)
                 WHERE j.entry_kind = 'remains' AND j.seq > ?1 ORDER BY j.seq LIMIT 1",
            )?
            .query_row([after], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(seq, body)| match Entry::decode("remains", &body) {
            Ok(Entry::Remains(part)) => Ok((seq, *part)),
            _ => Err(StoreError::Entry(seq)),
        })
        .transpose()
    }

    /// The first entry from `first` on that is not before a time.
    pub(crate) fn first_at(&self, first: Seq, at: i64) -> Result<Option<Seq>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT min(seq) FROM journal WHERE seq >= ?1 AND at >= ?2")?
            .query_row((first, at), |row| row.get(0))?)
    }
}

fn follow(last: &Head, seq: i64, row: &Row<'_>) -> Result<Option<Head>, StoreError> {
    let at: i64 = row.get(1)?;
    let kind: String = row.get(2)?;
    let chain = link(&last.chain, seq, at, &kind, &row.get(3)?);
    let holds = seq == last.seq + 1 && at >= last.at && chain == row.get::<_, [u8; 32]>(4)?;
    Ok(holds.then_some(Head { seq, at, chain }))
}

impl Batch<'_> {
    /// The number that the next entry gets.
    pub(crate) fn next_seq(&self) -> Seq {
        self.head.seq + 1
    }

    /// Appends an entry; its time is never before that of the last.
    pub(crate) fn append(&mut self, at: i64, entry: &Entry) -> Result<(Seq, i64), StoreError> {
        let (seq, at) = (self.next_seq(), at.max(self.head.at));
        let (salt, body) = (self.salts.next()?, entry.encode());
        let commitment = commit(&salt, &body);
        let chain = link(&self.head.chain, seq, at, entry.kind(), &commitment);
        self.transaction
            .prepare_cached(
                "INSERT INTO journal (seq, at, entry_kind, commitment, chain)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((seq, at, entry.kind(), commitment, chain))?;
        self.transaction
            .prepare_cached("INSERT INTO payload (seq, salt, body) VALUES (?1, ?2, ?3)")?
            .execute((seq, salt, body))?;
        self.head = Head { seq, at, chain };
        Ok((seq, at))
    }

    /// Whether an envelope with this digest has been taken before, in this batch or any other.
    pub(crate) fn knows_envelope(&self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        let row: Option<i64> = self
            .transaction
            .prepare_cached("SELECT 1 FROM envelope WHERE digest = ?1")?
            .query_row([digest], |row| row.get(0))
            .optional()?;
        Ok(row.is_some())
    }

    /// Notes an envelope that entry `seq` is about.
    pub(crate) fn envelope(&self, digest: &[u8; 32], seq: Seq) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("INSERT INTO envelope (digest, seq) VALUES (?1, ?2)")?
            .execute((digest, seq))?;
        Ok(())
    }

    /// Whether a report with this digest of its field seed has been taken before.
    pub(crate) fn knows_report(&self, seed_digest: &[u8; 32]) -> Result<bool, StoreError> {
        let row: Option<i64> = self
            .transaction
            .prepare_cached("SELECT 1 FROM report WHERE seed_digest = ?1")?
            .query_row([seed_digest], |row| row.get(0))
            .optional()?;
        Ok(row.is_some())
    }

    /// Notes the report of entry `seq`.
    pub(crate) fn report(&self, seed_digest: &[u8; 32], seq: Seq) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("INSERT INTO report (seed_digest, seq) VALUES (?1, ?2)")?
            .execute((seed_digest, seq))?;
        Ok(())
    }

    /// Ties an entry to its author by the tags of its epoch and of the one before.
    pub(crate) fn tie(&mut self, seq: Seq, at: i64, author: &[u8; 16]) -> Result<Tags, StoreError> {
        let epoch = KeyEpoch::at(at).0;
        let key = self.keyring.ensure(epoch)?;
        let before = epoch
            .checked_sub(1)
            .and_then(|e| self.keyring.ring().get(e));
        let tags = Tags {
            epoch,
            own: key.tag(author),
            previous: before.map(|key| key.tag(author)),
        };
        let sealed = key.seal(Purpose::Tie, seq, &tags.encode());
        self.transaction
            .prepare_cached("INSERT INTO tie (seq, epoch, sealed) VALUES (?1, ?2, ?3)")?
            .execute((seq, epoch, sealed))?;
        Ok(tags)
    }

    /// The keys of the epochs that are not forgotten.
    pub(crate) fn ring(&self) -> &Ring {
        self.keyring.ring()
    }

    /// The epochs of which there are ties.
    pub(crate) fn tied_epochs(&self) -> Result<Vec<Epoch>, StoreError> {
        let mut statement = self
            .transaction
            .prepare("SELECT DISTINCT epoch FROM tie ORDER BY epoch")?;
        let epochs = statement.query_map((), |row| row.get(0))?;
        Ok(epochs.collect::<Result<_, _>>()?)
    }

    /// Removes the ties of all epochs up to one.
    pub(crate) fn untie(&self, up_to: Epoch) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("DELETE FROM tie WHERE epoch <= ?1")?
            .execute([up_to])?;
        Ok(())
    }

    /// The journal as this batch leaves it, for reading.
    pub(crate) fn journal(&self) -> Journal<'_> {
        Journal {
            connection: &self.transaction,
            ring: Some(self.keyring.ring()),
        }
    }

    /// Moves the cursor of a relay.
    pub(crate) fn cursor(&self, relay: &str, after: i64) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO cursor (relay, after) VALUES (?1, ?2)
                 ON CONFLICT (relay) DO UPDATE SET after = max(after, excluded.after)",
            )?
            .execute((relay, after))?;
        Ok(())
    }

    /// The transaction, for the derived tables.
    pub(super) fn connection(&self) -> &Connection {
        &self.transaction
    }

    /// Makes everything of this batch durable.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit()?;
        *self.head_after = self.head;
        Ok(())
    }
}

pub(super) fn head(connection: &Connection) -> Result<Head, StoreError> {
    let head = connection
        .query_row(
            "SELECT seq, at, chain FROM journal ORDER BY seq DESC LIMIT 1",
            (),
            |row| {
                Ok(Head {
                    seq: row.get(0)?,
                    at: row.get(1)?,
                    chain: row.get(2)?,
                })
            },
        )
        .optional()?;
    Ok(head.unwrap_or(Head {
        seq: 0,
        at: 0,
        chain: [0; 32],
    }))
}

fn commit(salt: &[u8], body: &[u8]) -> [u8; 32] {
    let hash = Sha256::new_with_prefix(b"lapwing journal body\n");
    hash.chain_update(salt).chain_update(body).finalize().into()
}

fn link(before: &[u8; 32], seq: i64, at: i64, kind: &str, commitment: &[u8; 32]) -> [u8; 32] {
    let length = u8::try_from(kind.len()).expect("kinds have short names");
    Sha256::new_with_prefix(b"lapwing journal line\n")
        .chain_update(before)
        .chain_update(seq.to_be_bytes())
        .chain_update(at.to_be_bytes())
        .chain_update([length])
        .chain_update(kind.as_bytes())
        .chain_update(commitment)
        .finalize()
        .into()
}
