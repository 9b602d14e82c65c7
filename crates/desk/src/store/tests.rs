//! What the store promises.

use zeroize::Zeroizing;

use super::*;
use crate::entry::{Entry, Refused};

fn key(dir: &Path) -> KeySource {
    KeySource::File {
        path: dir.join("key"),
        create: true,
    }
}

fn refused(reason: &str) -> Entry {
    Entry::Refused(Refused {
        reason: reason.into(),
    })
}

/// A store with `n` entries.
fn filled(dir: &Path, n: i64) -> Store {
    let mut store = Store::create(&dir.join("desk"), &key(dir)).unwrap();
    let mut batch = store.batch().unwrap();
    for at in 0..n {
        assert_eq!(batch.append(at, &refused("seal")).unwrap(), (at + 1, at));
    }
    batch.commit().unwrap();
    store
}

impl Store {
    /// Does something to the file behind the desk's back.
    pub(crate) fn spoil(&self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }

    /// What a query counts.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        self.connection
            .query_row(sql, (), |row| row.get(0))
            .unwrap()
    }

    /// Lets the keyring die after so many steps of writing.
    pub(crate) fn let_keyring_fail_after(&mut self, steps: Option<u32>) {
        self.keyring.steps_left = steps;
    }

    /// Makes the disk seem full, or not.
    pub(crate) fn limit_pages(&self, full: bool) {
        let pages: i64 = self
            .connection
            .query_row("PRAGMA page_count", (), |row| row.get(0))
            .unwrap();
        let most = if full {
            pages + 2
        } else {
            i64::from(u32::MAX) - 1
        };
        self.connection
            .query_row(
                &format!("PRAGMA max_page_count = {most}"),
                (),
                |_row| Ok(()),
            )
            .unwrap();
    }
}

#[test]
fn what_was_committed_is_there_again_and_what_was_not_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), 3);
    let head = store.head();
    let mut batch = store.batch().unwrap();
    batch.append(9, &refused("root")).unwrap();
    batch.cursor("relay", 9).unwrap();
    drop(batch);
    assert_eq!(store.head(), head);
    drop(store);
    let mut store = Store::open(&dir.path().join("desk"), &key(dir.path())).unwrap();
    assert_eq!(store.head(), head);
    assert_eq!(store.cursor("relay").unwrap(), 0);
    // The next entry follows where the last committed one ended; time does not go back.
    let mut batch = store.batch().unwrap();
    assert_eq!(batch.append(1, &Entry::Tick).unwrap(), (4, 2));
    batch.commit().unwrap();
    let mut entries = Vec::new();
    store
        .journal()
        .each(0..9, |line| {
            entries.push((line.seq, line.at, line.entry));
            Ok(())
        })
        .unwrap();
    assert_eq!(entries[2..], [(3, 2, refused("seal")), (4, 2, Entry::Tick)]);
    store.verify().unwrap();
}

#[test]
fn a_cursor_never_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), 0);
    for (after, expected) in [(5, 5), (3, 5), (8, 8)] {
        let batch = store.batch().unwrap();
        batch.cursor("relay", after).unwrap();
        batch.commit().unwrap();
        assert_eq!(store.cursor("relay").unwrap(), expected);
    }
}

#[test]
fn another_key_does_not_open_it_and_nothing_lies_open() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("desk");
    let words = |text: &str| KeySource::Passphrase(Zeroizing::new(text.to_owned()));
    let mut store = Store::create(&folder, &words("correct horse")).unwrap();
    let batch = store.batch().unwrap();
    batch
        .set("note", "по дорозі на Оріхів міни".as_bytes())
        .unwrap();
    batch.commit().unwrap();
    // Both the database and its write-ahead log are there to be searched.
    assert!(folder.join("desk.db-wal").metadata().unwrap().len() > 0);
    for name in ["desk.db", "desk.db-wal"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        for plain in ["по дорозі".as_bytes(), b"SQLite format 3", b"CREATE TABLE"] {
            assert!(!bytes.windows(plain.len()).any(|w| w == plain), "{name}");
        }
    }
    drop(store);
    let other = Store::open(&folder, &words("incorrect horse"));
    assert!(matches!(other, Err(StoreError::WrongKey)));
    assert!(Store::open(&folder, &words("correct horse")).is_ok());
}

#[test]
fn one_process_at_a_time_and_one_desk_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("desk");
    assert!(matches!(
        Store::open(&folder, &key(dir.path())),
        Err(StoreError::Missing(_))
    ));
    let store = filled(dir.path(), 1);
    assert!(matches!(
        Store::open(&folder, &key(dir.path())),
        Err(StoreError::Locked(_))
    ));
    drop(store);
    assert!(matches!(
        Store::create(&folder, &key(dir.path())),
        Err(StoreError::Exists(_))
    ));
}

#[test]
fn a_schema_from_elsewhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path(), 1);
    store
        .connection
        .pragma_update(None, "user_version", 9)
        .unwrap();
    drop(store);
    let opened = Store::open(&dir.path().join("desk"), &key(dir.path()));
    assert!(matches!(
        opened,
        Err(StoreError::Schema {
            found: 9,
            known: SCHEMA
        })
    ));
}

#[test]
fn the_journal_can_be_neither_changed_nor_shortened() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path(), 3);
    for sql in ["UPDATE journal SET at = 0", "DELETE FROM journal"] {
        assert!(store.connection.execute_batch(sql).is_err(), "{sql}");
    }
    // And with the guards away, it shows.
    let tampered = |sql: &str| {
        let dir = tempfile::tempdir().unwrap();
        let store = filled(dir.path(), 1_500);
        store
            .connection
            .execute_batch(
                "PRAGMA foreign_keys = OFF; DROP TRIGGER journal_keeps_its_rows;
                 DROP TRIGGER journal_forgets_no_row;",
            )
            .unwrap();
        store.connection.execute_batch(sql).unwrap();
        (store.verify(), store.verify_last())
    };
    use StoreError::{Chain, Commitment};
    let (all, last) = tampered("UPDATE journal SET at = 7 WHERE seq = 3");
    assert!(matches!(all, Err(Chain(3))) && last.is_ok(), "{all:?}");
    let (all, last) = tampered("DELETE FROM journal WHERE seq = 1500");
    assert!(matches!(all, Err(Chain(1500))) && matches!(last, Err(Chain(1500))));
    let (_, last) = tampered("DELETE FROM journal WHERE seq = 1200");
    assert!(matches!(last, Err(Chain(1201))), "{last:?}");
    let (all, last) = tampered("UPDATE payload SET body = x'00' WHERE seq = 1400");
    assert!(matches!(all, Err(Commitment(1400))) && matches!(last, Err(Commitment(1400))));
    // A payload may be forgotten: the chain holds without it.
    let (all, last) = tampered("DELETE FROM payload WHERE seq = 1400");
    assert!(all.is_ok() && last.is_ok());
}

#[test]
fn a_database_without_its_keyring_does_not_open_and_no_new_one_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("desk");
    drop(filled(dir.path(), 1));
    let ring = folder.join(keyring::FILE);
    let kept = fs::read(&ring).unwrap();
    fs::remove_file(&ring).unwrap();
    let opened = Store::open(&folder, &key(dir.path())).map(drop);
    assert!(matches!(opened, Err(StoreError::KeyringMissing(_))));
    assert!(!ring.exists());
    fs::write(&ring, &kept[..kept.len() - 1]).unwrap();
    let opened = Store::open(&folder, &key(dir.path())).map(drop);
    assert!(matches!(opened, Err(StoreError::KeyringDamaged(_))));
    fs::write(&ring, &kept).unwrap();
    assert!(Store::open(&folder, &key(dir.path())).is_ok());
}

#[test]
fn the_database_alone_holds_no_secret_of_reception() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), 1);
    let seed = Zeroizing::new([0xA7; 32]);
    store
        .change_receptions(vec![(9, seed.clone())], &[])
        .unwrap();
    assert!(store.receptions().eq([(9, &*seed)]));
    let tables: String = store
        .connection
        .query_row("SELECT group_concat(sql) FROM sqlite_master", (), |row| {
            row.get(0)
        })
        .unwrap();
    assert!(!tables.contains("reception"));
}

#[test]
fn the_working_key_is_the_same_again_and_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path(), 1);
    let working = store.working_key();
    assert!(*working != *store.database_key);
    drop(store);
    let folder = dir.path().join("desk");
    let store = Store::open(&folder, &key(dir.path())).unwrap();
    assert!(*store.working_key() == *working);
    for entry in fs::read_dir(&folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(32).any(|window| window == working.as_slice()));
    }
}
