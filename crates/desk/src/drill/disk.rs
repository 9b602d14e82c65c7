//! Drill: the desk's disk is seized. What do its files say without the key, and what with the key and
//! the passphrase of one coordinator?
//!
//! A desk gets reports, two cells, and in each an invite, a witness and a message. Everything of it has
//! a mark of 16 bytes that is searched for: in all files as they lie, in every page decrypted, in
//! everything that the working key opens, in every record that opens with what a passphrase unwraps,
//! and in every reply that waits and opens with a key out of these.

use std::{fs, path::Path};

use lapwing_model::Sector;
use lapwing_seal::{
    BucketSecret, By, CELL_LABEL_LEN, CellMessage, CellPublic, CellSecret, Content, Enrolment,
    MessageKey, RootSecret,
};
use lapwing_wire::KeyEpoch;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::{copy, play};
use crate::{
    cells::{self, Cells, Record, WorkingKey},
    refusal::Refusal,
    store::{KeyCost, KeySource, Loot, Store, StoreError},
};

type Mark = [u8; 16];

/// How often what was searched for was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Different marks that were searched for.
    pub marks: usize,
    /// Bytes that were searched without a key.
    pub searched: usize,
    /// In the files, without a key.
    pub without_key: usize,
    /// Control: in the same database, written without encryption.
    pub unencrypted: usize,
    /// Control: marks of reports in the same files, decrypted with the desk's key.
    pub with_key: usize,
    /// Marks of the second cell, with the desk's key and the first coordinator's passphrase.
    pub other_cell: usize,
    /// Marks of the first cell with the same.
    pub own_cell: usize,
    /// Records of the second cell that opened with the same.
    pub other_records: usize,
    /// Records of the first cell that opened.
    pub own_records: usize,
    /// Control: marks of the second cell with its own coordinator's passphrase.
    pub control: usize,
    /// Marks of what both coordinators wrote and has not come yet, with the desk's key and no passphrase.
    pub waiting: usize,
    /// Control: the same at a desk that keeps replies under its own key and no other.
    pub waiting_control: usize,
    /// How often a cell's label is found with the desk's key and no passphrase, where a witness's row or what waits for
    /// them could say of which cell they are.
    pub membership: usize,
    /// Control: the same where one row says so.
    pub membership_control: usize,
}

/// What somebody says in a cell, and what opens it.
struct Cell {
    passphrase: &'static str,
    marks: [&'static Mark; 3],
    reply: &'static Mark,
}

const CELLS: [Cell; 2] = [
    Cell {
        passphrase: "phrase of alder!",
        marks: [
            b"name of 1st cell",
            b"label in cell a.",
            b"message in alder",
        ],
        reply: b"reply to a alder",
    },
    Cell {
        passphrase: "phrase of birch!",
        marks: [
            b"name of 2nd cell",
            b"label in cell b.",
            b"message in birch",
        ],
        reply: b"reply to a birch",
    },
];

/// Runs the drill in an empty folder.
///
/// # Errors
/// When the desk's store gives out.
pub fn disk(dir: &Path, seed: u64) -> Result<Disk, StoreError> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let source = KeySource::File {
        path: dir.join("desk.key"),
        create: true,
    };
    let folder = dir.join("desk");
    let mut store = Store::create(&folder, &source)?;
    let epoch = KeyEpoch(2_958);
    let mut authors = [[0; 16]; 8];
    for author in &mut authors {
        rng.fill_bytes(author);
    }
    play(&mut store, &mut rng, epoch, &authors)?;
    let secrets = CELLS
        .iter()
        .map(|cell| found(&mut store, &mut rng, cell, epoch.starts()))
        .collect::<Result<Vec<_>, _>>()?;

    // Seized while it runs, so that its log is there too.
    let seized = copy(&folder, &dir.join("seized"))?;
    drop(store);
    let mut marks: Vec<Mark> = vec![*super::MARK];
    marks.extend(authors);
    marks.extend(secrets);
    for cell in &CELLS {
        marks.extend(cell.marks.map(|mark| *mark));
        marks.push(*cell.reply);
        marks.extend(cell.passphrase.as_bytes().first_chunk::<16>());
    }
    let files = Loot {
        bytes: read(&seized)?,
        ..Loot::default()
    };
    let searched = files.bytes.iter().map(Vec::len).sum();
    let plain = Loot {
        bytes: read(&unencrypted(&dir.join("plain"), &marks)?)?,
        ..Loot::default()
    };

    let pages = Loot::take(std::slice::from_ref(&seized), &source, &[])?;
    let store = Store::open(&seized, &source)?;
    let first = Opened::with(&store, CELLS[0].passphrase)?;
    let second = Opened::with(&store, CELLS[1].passphrase)?;
    let said = |cell: &Cell| {
        let [name, label, message] = cell.marks;
        [name, label, message, cell.reply].map(|mark| *mark)
    };
    let replies = CELLS.map(|cell| *cell.reply);
    let mut seen = pages;
    let with_key = seen.occurrences(&[*super::MARK]);
    seen.bytes.extend(cells::loot::at_any_hour(&store)?);
    let waiting = seen.occurrences(&replies);
    let labels = labels(&store)?;
    let membership = seen.occurrences(&labels);
    let [waiting_control, membership_control] = as_once(store, &replies, &labels)?;
    seen.bytes.extend(first.bytes);
    let (own_cell, other_cell) = (
        seen.occurrences(&said(&CELLS[0])),
        seen.occurrences(&said(&CELLS[1])),
    );
    let control = Loot {
        bytes: second.bytes,
        ..Loot::default()
    };
    Ok(Disk {
        marks: marks.len(),
        searched,
        without_key: files.occurrences(&marks),
        unencrypted: plain.occurrences(&marks),
        with_key,
        other_cell,
        own_cell,
        other_records: first.records[1],
        own_records: first.records[0],
        control: control.occurrences(&said(&CELLS[1])),
        waiting,
        waiting_control,
        membership,
        membership_control,
    })
}

/// By what a phone says of which cell it is.
fn labels(store: &Store) -> Result<Vec<[u8; CELL_LABEL_LEN]>, StoreError> {
    let mut labels = Vec::new();
    for row in store.reader()?.cells()? {
        let public = CellPublic::parse(&row.public).map_err(|_why| StoreError::Row("cell"))?;
        labels.push(*public.label().as_bytes());
    }
    Ok(labels)
}

/// What is found of replies and labels that are kept under the working key alone.
fn as_once(
    mut store: Store,
    replies: &[Mark],
    labels: &[[u8; CELL_LABEL_LEN]],
) -> Result<[usize; 2], StoreError> {
    let working = WorkingKey::new(&store.working_key());
    let batch = store.batch()?;
    let rows = replies.iter().map(|reply| reply.as_slice());
    let rows = rows.chain(labels.iter().map(|label| label.as_slice()));
    for (number, row) in (100..).zip(rows) {
        cells::loot::keep_open(&working, &batch, 1, number, row)?;
    }
    batch.commit()?;
    let opened = Loot {
        bytes: cells::loot::at_any_hour(&store)?,
        ..Loot::default()
    };
    Ok([opened.occurrences(replies), opened.occurrences(labels)])
}

/// Makes a cell with a witness; gives the first half of the witness's root secret, as a mark.
fn found(
    store: &mut Store,
    rng: &mut ChaCha20Rng,
    cell: &Cell,
    now: i64,
) -> Result<Mark, StoreError> {
    let secret = CellSecret::generate(rng);
    let wrapped = cells::wrap(cell.passphrase, KeyCost::STANDARD, &secret)?;
    let mut registry = Cells::load(store)?;
    let mut root = [0; 32];
    rng.fill_bytes(&mut root);
    let batch = store.batch()?;
    let refused = |_why: Refusal| StoreError::Row("cell");
    let id = registry
        .found(&batch, secret.public_bytes().as_slice(), &wrapped, now)
        .map_err(refused)?;
    let text = |mark: &Mark| String::from_utf8_lossy(mark).into_owned();
    let [name, label, message] = cell.marks;
    registry.record(&batch, id, &Record::Named { name: text(name) })?;
    let invite = registry.invite(&batch, id, &text(label), None, (now, now + 86_400))?;
    let enrolment = Enrolment {
        root: RootSecret::from_bytes(root),
        bucket: BucketSecret::from_bytes(root.map(|byte| byte ^ 1)),
        drops: 5,
        sector: Sector::from_number(200_000).expect("a sector"),
        by: By::Invite(invite),
    };
    registry.enrol(&batch, &enrolment, now)?;
    let bucket = &enrolment.bucket;
    let recipients = registry.recipients();
    let witness = recipients.iter().find(|one| one.bucket == *bucket);
    let witness = witness.and_then(|one| u32::try_from(one.witness).ok());
    let witness = witness.ok_or(StoreError::Row("member"))?;
    let record = Record::Message {
        member: witness,
        at: now,
        text: text(message),
    };
    registry.record(&batch, id, &record)?;
    let answer = CellMessage::Text {
        at: now,
        text: text(cell.reply),
    };
    let key = MessageKey::of(&enrolment.root);
    registry.say(&batch, witness, &key, &answer, now)?;
    batch.commit()?;
    let mut mark = [0; 16];
    mark.copy_from_slice(&root[..16]);
    Ok(mark)
}

/// What one passphrase opens, tried on every cell.
struct Opened {
    bytes: Vec<Vec<u8>>,
    /// Records that opened, by cell.
    records: Vec<usize>,
}

impl Opened {
    fn with(store: &Store, passphrase: &str) -> Result<Self, StoreError> {
        let reader = store.reader()?;
        let rows = reader.cells()?;
        let secrets: Vec<CellSecret> = rows
            .iter()
            .filter_map(|row| cells::unwrap(passphrase, &row.public, &row.wrapped))
            .collect();
        let mut opened = Self {
            bytes: Vec::new(),
            records: Vec::new(),
        };
        let mut records = Vec::new();
        for row in &rows {
            let before = opened.bytes.len();
            for (number, sealed) in reader.records(row.id, 0)? {
                let about = cells::about(row.id, number);
                let plain = secrets.iter().find_map(|s| s.open(&about, &sealed));
                records.extend(plain.iter().filter_map(|plain| Record::decode(plain)));
                opened.bytes.extend(plain.map(|plain| plain.to_vec()));
            }
            opened.records.push(opened.bytes.len() - before);
        }
        // With every key of messages that was found, whatever waits for whomever.
        for recipient in Cells::load(store)?.recipients() {
            for waiting in &recipient.replies {
                let Content::FromCell(sealed) = &waiting.reply.content else {
                    continue;
                };
                let text = records.iter().find_map(|record| {
                    let (_, key) = record.key()?;
                    match key.open(waiting.reply.id, sealed) {
                        Ok(CellMessage::Text { text, .. }) => Some(text.into_bytes()),
                        _ => None,
                    }
                });
                opened.bytes.extend(text);
            }
        }
        Ok(opened)
    }
}

/// The same marks in a database of SQLite as it comes.
fn unencrypted(dir: &Path, marks: &[Mark]) -> Result<std::path::PathBuf, StoreError> {
    fs::create_dir_all(dir).map_err(|source| failed(dir, source))?;
    let connection = rusqlite::Connection::open(dir.join("plain.db"))?;
    connection.execute_batch("CREATE TABLE row (bytes BLOB NOT NULL)")?;
    for mark in marks {
        connection.execute("INSERT INTO row VALUES (?1)", [mark])?;
    }
    Ok(dir.to_owned())
}

/// Every file of a folder.
fn read(dir: &Path) -> Result<Vec<Vec<u8>>, StoreError> {
    let entries = fs::read_dir(dir).map_err(|source| failed(dir, source))?;
    entries
        .map(|entry| {
            let path = entry.map_err(|source| failed(dir, source))?.path();
            fs::read(&path).map_err(|source| failed(&path, source))
        })
        .collect()
}

fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File {
        path: path.to_owned(),
        action: "reading",
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seized_disk_says_nothing_without_its_key_and_one_cell_with_one_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let disk = disk(dir.path(), 1).unwrap();
        println!("{disk:#?}");
        assert_eq!(disk.without_key, 0);
        assert!(disk.unencrypted >= disk.marks);
        assert!(disk.with_key > 1_000);
        assert_eq!((disk.other_cell, disk.other_records), (0, 0));
        assert_eq!(disk.waiting, 0);
        assert_eq!(disk.waiting_control, 2);
        assert_eq!((disk.membership, disk.membership_control), (0, 2));
        assert!(disk.own_cell >= 4 && disk.own_records >= 4);
        assert!(disk.control >= 4);
    }
}
