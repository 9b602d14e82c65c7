//! Epochs close: what stays, what is gone, and what dies in between.

use std::{fs, sync::Mutex};

use lapwing_wire::KeyEpoch;

use super::*;
use crate::{
    standing::Level,
    store::{Batch, Epoch},
};

/// The first second of some epoch.
fn boundary() -> i64 {
    KeyEpoch(KeyEpoch::at(NOW).0 + 1).starts()
}

fn desk_at(dir: &Path, at: i64) -> (Writer, Arc<HandClock>) {
    let clock = Arc::new(HandClock(AtomicI64::new(at)));
    (writer(dir, clock.clone()), clock)
}

/// Lets the clock of a desk reach a time.
fn reach(writer: &mut Writer, clock: &HandClock, at: i64) {
    clock.0.store(at, Ordering::SeqCst);
    writer.time_passed().unwrap();
}

/// A drone over one place, seen by `author` now.
fn drone(writer: &mut Writer, author: u8, lat: f64) -> Result<(), Refusal> {
    let now = writer.office.clock.now();
    let next = writer.store.head().seq.unsigned_abs() + 1;
    let mut seed = [author; 32];
    seed[..8].copy_from_slice(&next.to_be_bytes());
    let form = Form::civil_protection();
    let place = Place::from_degrees(lat, 35.8).unwrap();
    let frame = Frame::Report(Report {
        author: [author; 16],
        sequence: 1,
        seed: FieldSeed::from_bytes(seed),
        observation: Observation {
            kind: 4,
            place: place.rounded(form.kind(4).unwrap().precision),
            off_m: 200,
            seen: now - 20,
            seen_off_s: 0,
            count: None,
            heading: None,
            known: Known::Seen,
            danger: Danger::None,
            note: String::new(),
        },
        replayed_at: None,
    });
    let opened = Opened {
        index: 1,
        digest: seed,
        relay_time: now,
        leaf_salt: [0; 32],
        frame: Ok(frame),
    };
    take(writer, vec![opened], 1)
}

fn key_epochs(writer: &Writer) -> Vec<u32> {
    writer.store.ring().epochs()
}

/// Incident, people, reports, and who is who, as the tables have it.
fn shown(writer: &Writer) -> Vec<(u64, u32, u32, Vec<Option<u32>>)> {
    let reader = writer.store.reader().unwrap();
    (1..40)
        .filter_map(|id| reader.incident(id).unwrap())
        .map(|found| {
            let kept: crate::fold::KeptView = serde_json::from_str(&found.view).unwrap();
            let who = found.reports.iter().map(|(v, received)| {
                assert!(received.is_some(), "what was reported stays");
                v.who.map(|who| who.person)
            });
            let incident = kept.incident;
            (
                incident.id,
                incident.sources,
                incident.reports,
                who.collect(),
            )
        })
        .collect()
}

fn rebuilt(dir: &Path) -> bool {
    let rebuilt = Desk::rebuild(&dir.join("desk"), &key(dir)).unwrap();
    rebuilt.identical
}

#[test]
fn a_person_who_reports_on_both_sides_of_a_boundary_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, clock) = desk_at(dir.path(), boundary() - 30);
    drone(&mut desk, 1, 47.5).unwrap();
    clock.0.store(boundary() + 30, Ordering::SeqCst);
    drone(&mut desk, 1, 47.5).unwrap();
    drone(&mut desk, 2, 47.5).unwrap();
    let epoch = KeyEpoch::at(boundary()).0;
    assert_eq!(key_epochs(&desk), [epoch - 1, epoch]);
    assert_eq!(
        shown(&desk),
        [(1, 2, 3, vec![Some(1), Some(1), Some(2)])],
        "two people, not three"
    );
}

#[test]
fn an_epoch_that_closes_leaves_counts_and_takes_who_is_who() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, clock) = desk_at(dir.path(), boundary() - 86_400);
    let epoch = KeyEpoch::at(boundary()).0;
    for author in [1, 2, 3, 1] {
        drone(&mut desk, author, 47.5).unwrap();
    }
    desk.decide(1, Verdict::Confirmed, u64::MAX).unwrap();
    // One that lies on both sides.
    clock.0.store(boundary() - 60, Ordering::SeqCst);
    drone(&mut desk, 4, 49.0).unwrap();
    clock.0.store(boundary() + 60, Ordering::SeqCst);
    drone(&mut desk, 5, 49.0).unwrap();
    drone(&mut desk, 4, 49.0).unwrap();
    let warnings = desk.fold.warnings().len();
    assert_eq!(warnings, 2, "enough people saw either");
    assert_eq!(
        shown(&desk),
        [
            (1, 3, 4, vec![Some(1), Some(2), Some(3), Some(1)]),
            (2, 2, 3, vec![Some(1), Some(2), Some(1)])
        ]
    );
    let counts = desk.fold.counts().clone();

    reach(&mut desk, &clock, KeyEpoch(epoch).ends() - 1);
    assert_eq!(key_epochs(&desk), [epoch - 1, epoch], "not yet");
    reach(&mut desk, &clock, KeyEpoch(epoch).ends());
    assert_eq!(key_epochs(&desk), [epoch]);
    // The second is divided: what came before keeps its number.
    let after = [
        (1, 3, 4, vec![None; 4]),
        (2, 1, 1, vec![None]),
        (3, 2, 2, vec![Some(1), Some(2)]),
    ];
    assert_eq!(shown(&desk), after);
    assert_eq!(desk.fold.counts(), &counts);
    let history = desk.store.reader().unwrap().incident(1).unwrap().unwrap();
    assert!(history.view.contains("\"confirmed\"") && history.view.contains("\"warned\""));

    // The running desk, the next start and a rebuild are the same.
    let digest = desk.store.derived_digest().unwrap();
    drop(desk);
    assert!(rebuilt(dir.path()));
    let (mut desk, _) = desk_at(dir.path(), KeyEpoch(epoch).ends());
    assert_eq!(desk.store.derived_digest().unwrap(), digest);
    // Numbers go on, and the bulletin's too.
    assert_eq!(desk.bulletin(&above(0, 0)).unwrap().number, 1);
    drone(&mut desk, 6, 51.0).unwrap();
    assert_eq!(shown(&desk)[3].0, 4);

    // And the next epoch closes upon that.
    let (mut desk, clock) = {
        drop(desk);
        desk_at(dir.path(), KeyEpoch(epoch + 1).starts() + 86_400)
    };
    drone(&mut desk, 7, 50.0).unwrap();
    reach(&mut desk, &clock, KeyEpoch(epoch + 9).starts());
    assert!(key_epochs(&desk).is_empty());
    let after: Vec<_> = shown(&desk).iter().map(|i| (i.0, i.1, i.2)).collect();
    assert_eq!(
        after,
        [(1, 3, 4), (2, 1, 1), (3, 2, 2), (4, 1, 1), (5, 1, 1)]
    );
    assert!(shown(&desk).iter().all(|i| i.3.iter().all(Option::is_none)));
    assert_eq!(
        desk.fold.counts().view().accepted,
        counts.view().accepted + 2
    );
    drop(desk);
    assert!(rebuilt(dir.path()));
}

#[test]
fn no_report_is_journalled_before_the_key_of_its_tie_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, _clock) = desk_at(dir.path(), NOW);
    let head = desk.store.head();
    desk.store.let_keyring_fail_after(Some(0));
    assert!(drone(&mut desk, 1, 47.5).is_err());
    assert_eq!(desk.store.head(), head);
    assert!(key_epochs(&desk).is_empty());
    desk.store.let_keyring_fail_after(None);
    drone(&mut desk, 1, 47.5).unwrap();
    drop(desk);
    assert!(rebuilt(dir.path()));
}

#[test]
fn a_closing_that_is_not_committed_forgets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, clock) = desk_at(dir.path(), boundary() - 60);
    let epoch = KeyEpoch::at(boundary()).0;
    for author in 1..=200 {
        drone(&mut desk, author, 47.0 + f64::from(author) * 0.02).unwrap();
    }
    let before = shown(&desk);
    desk.store.limit_pages(true);
    clock.0.store(KeyEpoch(epoch).ends(), Ordering::SeqCst);
    let closed = desk.close_epochs(clock.now());
    assert!(matches!(closed, Err(StoreError::Full)), "{closed:?}");
    assert_eq!(key_epochs(&desk), [epoch - 1]);
    assert_eq!(shown(&desk), before);
    desk.store.limit_pages(false);
    reach(&mut desk, &clock, KeyEpoch(epoch).ends());
    assert!(key_epochs(&desk).is_empty());
    drop(desk);
    assert!(rebuilt(dir.path()));
}

#[test]
fn a_key_that_a_crash_left_after_its_closing_is_deleted_at_the_next_look_or_start() {
    for restart in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (mut desk, clock) = desk_at(dir.path(), boundary() - 60);
        let epoch = KeyEpoch::at(boundary()).0;
        drone(&mut desk, 1, 47.5).unwrap();
        clock.0.store(KeyEpoch(epoch).ends(), Ordering::SeqCst);
        desk.store.let_keyring_fail_after(Some(1));
        assert!(desk.close_epochs(clock.now()).is_err());
        let journal = desk.store.journal();
        let closed = journal.last_closing().unwrap().unwrap();
        assert_eq!(closed.1.epoch, epoch - 1, "its closing is committed");
        if restart {
            drop(desk);
            let files = fs::read_dir(dir.path().join("desk")).unwrap();
            let old = |e: &fs::DirEntry| e.file_name() == "desk.keyring.new";
            assert!(files.map(Result::unwrap).any(|e| old(&e)), "it died within");
            desk = desk_at(dir.path(), KeyEpoch(epoch).ends()).0;
        } else {
            assert_eq!(key_epochs(&desk), [epoch - 1]);
            desk.store.let_keyring_fail_after(None);
            reach(&mut desk, &clock, KeyEpoch(epoch).ends());
        }
        assert!(key_epochs(&desk).is_empty());
        assert_eq!(shown(&desk), [(1, 1, 1, vec![None])]);
        let closings = desk
            .store
            .count("SELECT count(*) FROM journal WHERE entry_kind = 'closing'");
        assert_eq!(closings, 1, "it is not closed twice");
        drop(desk);
        assert!(rebuilt(dir.path()));
    }
}

#[test]
fn a_desk_that_slept_for_weeks_forgets_when_it_starts() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, _clock) = desk_at(dir.path(), NOW);
    drone(&mut desk, 1, 47.5).unwrap();
    drop(desk);
    let (desk, _clock) = desk_at(dir.path(), NOW + 60 * 86_400);
    assert!(key_epochs(&desk).is_empty());
    assert_eq!(shown(&desk), [(1, 1, 1, vec![None])]);
}

#[test]
fn a_database_without_its_keyring_goes_on_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, _) = desk_at(dir.path(), NOW);
    for author in [1, 2, 1, 3] {
        drone(&mut desk, author, 47.5).unwrap();
    }
    desk.decide(1, Verdict::Confirmed, u64::MAX).unwrap();
    let counts = desk.fold.counts().clone();
    drop(desk);
    fs::remove_file(dir.path().join("desk/desk.keyring")).unwrap();
    let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
    let opened = Desk::open(config(dir.path(), clock)).map(drop);
    let missing = matches!(
        opened,
        Err(crate::DeskError::Store(StoreError::KeyringMissing(_)))
    );
    assert!(missing, "{opened:?}");
    let (folder, source) = (dir.path().join("desk"), key(dir.path()));
    assert_eq!(Desk::recover(&folder, &source).unwrap(), 1);
    assert_eq!(Desk::recover(&folder, &source).unwrap(), 0);
    assert!(rebuilt(dir.path()));
    let (mut desk, _) = desk_at(dir.path(), NOW + 60);
    assert_eq!(
        shown(&desk),
        [(1, 3, 4, vec![None; 4])],
        "counts are those of before"
    );
    assert_eq!(desk.fold.counts(), &counts);
    assert_eq!(desk.fold.warnings().len(), 1);
    // The same epoch goes on with a new key, and a start does not take that for a leftover.
    drone(&mut desk, 1, 47.5).unwrap();
    drop(desk);
    let (desk, _) = desk_at(dir.path(), NOW + 61);
    assert_eq!(shown(&desk)[1], (2, 1, 1, vec![Some(1)]));
}

#[test]
fn a_database_from_before_a_forgetting_says_so_instead_of_counting_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, clock) = desk_at(dir.path(), boundary() - 60);
    let epoch = KeyEpoch::at(boundary()).0;
    drone(&mut desk, 1, 47.5).unwrap();
    drone(&mut desk, 1, 47.5).unwrap();
    let copy = dir.path().join("copy.db");
    desk.store.spoil("PRAGMA wal_checkpoint(TRUNCATE)");
    fs::copy(dir.path().join("desk/desk.db"), &copy).unwrap();
    reach(&mut desk, &clock, KeyEpoch(epoch).ends());
    drop(desk);
    fs::copy(&copy, dir.path().join("desk/desk.db")).unwrap();
    let folder = dir.path().join("desk");
    let opened = Desk::rebuild(&folder, &key(dir.path())).map(drop);
    let gone = matches!(
        opened,
        Err(crate::DeskError::Store(StoreError::KeyForgotten(e))) if e == epoch - 1
    );
    assert!(gone, "{opened:?}");
    assert_eq!(Desk::recover(&folder, &key(dir.path())).unwrap(), 1);
    let (desk, _) = desk_at(dir.path(), KeyEpoch(epoch).ends());
    assert_eq!(shown(&desk), [(1, 1, 2, vec![None; 2])]);
}

/// Members who remember their levels.
struct Members(Arc<Mutex<Vec<Kept>>>);

/// Who, of which epoch, which level.
type Kept = ([u8; 16], Epoch, Level);

impl Standings for Members {
    fn authors(&mut self, _batch: &Batch<'_>) -> Result<Vec<[u8; 16]>, StoreError> {
        Ok((1..=5).map(|n| [n; 16]).collect())
    }

    fn keep(
        &mut self,
        _batch: &mut Batch<'_>,
        author: &[u8; 16],
        epoch: Epoch,
        level: Level,
    ) -> Result<(), StoreError> {
        self.0.lock().unwrap().push((*author, epoch, level));
        Ok(())
    }
}

#[test]
fn a_closing_carries_over_how_right_everybody_was() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, clock) = desk_at(dir.path(), boundary() - 6 * 86_400);
    let levels = Arc::new(Mutex::new(Vec::new()));
    desk.office.standings = Box::new(Members(Arc::clone(&levels)));
    // 1 is right four times (once with two reports), 2 is wrong four times, 3 once each, 4 is never
    // decided about, 5 says nothing, 9 is no member.
    let days: [(&[u8], Verdict); 9] = [
        (&[1, 1], Verdict::Confirmed),
        (&[1], Verdict::Confirmed),
        (&[1], Verdict::Confirmed),
        (&[1, 3, 9], Verdict::Confirmed),
        (&[2], Verdict::Disputed),
        (&[2], Verdict::Disputed),
        (&[2, 3, 9], Verdict::Disputed),
        (&[2], Verdict::Disputed),
        (&[4], Verdict::Open),
    ];
    for (n, (authors, verdict)) in (1..).zip(days) {
        for author in authors {
            drone(&mut desk, *author, 45.0 + n as f64 * 0.5).unwrap();
        }
        // The last two are decided in the epoch after.
        if n == 4 || n == 7 {
            continue;
        }
        desk.decide(n, verdict, u64::MAX).unwrap();
    }
    clock.0.store(boundary() + 3_600, Ordering::SeqCst);
    desk.decide(4, Verdict::Confirmed, u64::MAX).unwrap();
    desk.decide(7, Verdict::Disputed, u64::MAX).unwrap();
    let epoch = KeyEpoch::at(boundary()).0;
    reach(&mut desk, &clock, KeyEpoch(epoch).ends());
    let closed = epoch - 1;
    assert_eq!(
        *levels.lock().unwrap(),
        [
            ([1; 16], closed, 4),
            ([2; 16], closed, 0),
            ([3; 16], closed, 2)
        ]
    );
}

#[test]
fn what_is_kept_comes_in_parts_of_bounded_size() {
    use crate::fold::{KeptIncident, Parts};
    let mut parts = Parts::default();
    for id in 0..3_000 {
        parts.incident(KeptIncident {
            id,
            last_report: 0,
            view: "\"".repeat(4_000),
            reports: vec![(1, true); 20],
            decided: None,
        });
    }
    let parts = parts.finish();
    assert!(parts.len() > 3, "{}", parts.len());
    assert_eq!(
        parts.iter().map(|p| p.incidents.len()).sum::<usize>(),
        3_000
    );
    for part in parts {
        let body = Entry::Remains(Box::new(part)).encode();
        assert!(body.len() < 16 << 20, "{}", body.len());
    }
}

#[test]
fn no_tie_is_left_in_the_database_when_its_epoch_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut desk, clock) = desk_at(dir.path(), boundary() - 60);
    drone(&mut desk, 1, 47.5).unwrap();
    reach(&mut desk, &clock, boundary() + 60);
    drone(&mut desk, 1, 47.5).unwrap();
    assert_eq!(desk.store.count("SELECT count(*) FROM tie"), 2);
    let epoch = KeyEpoch::at(boundary()).0;
    reach(&mut desk, &clock, KeyEpoch(epoch).ends());
    assert_eq!(desk.store.count("SELECT count(*) FROM tie"), 1);
    let columns = desk.store.count(
        "SELECT count(*) FROM pragma_table_info('tie') WHERE name IN ('author', 'sequence')",
    );
    assert_eq!(columns, 0);
}
