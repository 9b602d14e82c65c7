//! What somebody takes out of a desk's files with every key that is left: for the drill.
//!
//! Nothing here asks the desk. Files are read as they lie, pages of database and write-ahead log
//! decrypted one by one (AES-256-CBC, 4,096 bytes of which the last 80 are IV and MAC: SQLCipher 4),
//! and every 32 bytes that are known to be a key are tried as the secret of every epoch.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey},
    iv::FixedLength,
};
use rusqlite::OpenFlags;

use super::{
    KeySource, StoreError, connect,
    derived::Voice,
    journal::Tags,
    key::{self, Key},
    keyring,
    ring::{EpochKey, Purpose, Ring},
};
use crate::entry::Seq;

const PAGE: usize = 4_096;
const PAGE_TAIL: usize = 80;
const SALT: usize = 16;
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// Everything that was found.
#[derive(Default)]
pub(crate) struct Loot {
    /// Tags of the author of a report, where a key opened them.
    pub(crate) tags: HashMap<Seq, Vec<u64>>,
    /// Ties that stayed closed, as bytes.
    pub(crate) sealed: HashMap<Seq, Vec<u8>>,
    /// Who is who in an incident, where a key opened it: incident and person by report.
    pub(crate) persons: HashMap<Seq, Vec<(i64, u32)>>,
    /// The incident that each report is in.
    pub(crate) incident: HashMap<Seq, i64>,
    /// Files as they lie, and all pages decrypted.
    pub(crate) bytes: Vec<Vec<u8>>,
}

impl Loot {
    /// Takes what is in folders, with the desk's key and the keyrings in other folders.
    pub(crate) fn take(
        folders: &[PathBuf],
        source: &KeySource,
        keyrings: &[PathBuf],
    ) -> Result<Self, StoreError> {
        let mut loot = Self::default();
        for folder in folders {
            let desk = key::read(folder, source)?;
            let mut secrets: Vec<Key> = vec![desk.database(), desk.keyring(), desk.working()];
            for dir in keyrings {
                secrets.extend(keyring::secrets(dir, &desk.keyring())?);
            }
            let keys: Vec<EpochKey> = secrets.iter().map(|s| EpochKey::new(s)).collect();
            // Files first: opening the database folds its log into it.
            loot.take_files(folder, &desk.database());
            loot.take_tables(folder, &desk.database(), &keys)?;
        }
        Ok(loot)
    }

    /// How often any of these occurs in any file or page.
    pub(crate) fn occurrences<const N: usize>(&self, wanted: &[[u8; N]]) -> usize {
        let wanted: std::collections::HashSet<&[u8]> = wanted.iter().map(|w| &w[..]).collect();
        let windows = self.bytes.iter().flat_map(|bytes| bytes.windows(N));
        windows.filter(|window| wanted.contains(window)).count()
    }

    fn take_files(&mut self, folder: &Path, database: &[u8; 32]) {
        for name in ["desk.db", "desk.db-wal", keyring::FILE, "desk.kdf"] {
            let Ok(bytes) = fs::read(folder.join(name)) else {
                continue;
            };
            let pages: Vec<&[u8]> = match name {
                "desk.db" => bytes.chunks_exact(PAGE).collect(),
                "desk.db-wal" => bytes
                    .get(LOG_HEAD..)
                    .unwrap_or_default()
                    .chunks_exact(FRAME_HEAD + PAGE)
                    .map(|frame| &frame[FRAME_HEAD..])
                    .collect(),
                _ => Vec::new(),
            };
            let plain = pages.into_iter().filter_map(|page| decrypt(page, database));
            let plain: Vec<Vec<u8>> = plain.collect();
            self.bytes.extend(plain);
            self.bytes.push(bytes);
        }
    }

    fn take_tables(
        &mut self,
        folder: &Path,
        database: &[u8; 32],
        keys: &[EpochKey],
    ) -> Result<(), StoreError> {
        let connection = connect(folder, database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut statement = connection.prepare("SELECT seq, epoch, sealed FROM tie")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let (seq, epoch, sealed): (Seq, u32, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let plain = keys.iter().find_map(|k| k.open(Purpose::Tie, seq, &sealed));
            if let Some(tags) = plain.and_then(|plain| Tags::decode(epoch, &plain)) {
                let known = self.tags.entry(seq).or_default();
                known.extend([Some(tags.own), tags.previous].into_iter().flatten());
            }
            self.sealed.insert(seq, sealed);
        }
        let mut statement = connection.prepare("SELECT id, voices FROM incident")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let (id, blob): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let clear = Voice::decode_all(&blob, id, &Ring::default()).unwrap_or_default();
            // After the clear part and the epoch.
            let sealed = blob.get(4 + clear.len() * 9 + 4..).unwrap_or_default();
            for plain in keys
                .iter()
                .filter_map(|k| k.open(Purpose::Voices, id, sealed))
            {
                for (voice, who) in clear.iter().zip(plain.as_chunks::<9>().0) {
                    let person = u32::from_be_bytes([who[0], who[1], who[2], who[3]]);
                    let known = self.persons.entry(voice.report).or_default();
                    known.push((id, person));
                }
            }
        }
        let mut statement = connection.prepare("SELECT report, incident FROM incident_report")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            // The first copy's labels, so that all reports are named as of one moment.
            self.incident.entry(row.get(0)?).or_insert(row.get(1)?);
        }
        Ok(())
    }
}

fn decrypt(page: &[u8], key: &[u8; 32]) -> Option<Vec<u8>> {
    let (body, tail) = page.split_at_checked(PAGE - PAGE_TAIL)?;
    let decrypted = |body: &[u8]| {
        let iv: [u8; 16] = *tail.first_chunk()?;
        let key = DecryptingKey::cbc(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
        let mut plain = body.to_vec();
        let iv = DecryptionContext::Iv128(FixedLength::from(iv));
        key.decrypt(&mut plain, iv).ok()?;
        Some(plain)
    };
    // The first page begins with the salt; no page is told apart otherwise, so both are tried.
    Some([decrypted(body)?, decrypted(&body[SALT..])?].concat())
}
