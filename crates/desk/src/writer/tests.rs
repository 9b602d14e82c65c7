//! Random desks: whatever happens, in whatever batches, deriving again gives the same state.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
};

use lapwing_model::{Danger, Form, Known, Observation, Place, Sector};
use lapwing_seal::{FieldSeed, Frame, Report};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::*;
use crate::{
    desk::Desk,
    gazetteer::Gazetteer,
    hub::{Fixed, RelayState, kind_views},
    standing::Nobody,
    store::KeySource,
};

const NOW: i64 = 1_790_000_000;

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

fn key(dir: &Path) -> KeySource {
    KeySource::File {
        path: dir.join("desk.key"),
        create: true,
    }
}

fn config(dir: &Path, clock: Arc<dyn Clock>) -> crate::DeskConfig {
    crate::DeskConfig {
        data_dir: dir.join("desk"),
        key: key(dir),
        mode: ClockMode::Live,
        relays: Vec::new(),
        region: Region {
            south_west: Place::from_degrees(44.0, 22.0).unwrap(),
            north_east: Place::from_degrees(52.0, 40.0).unwrap(),
        },
        form: Form::civil_protection(),
        gazetteer: Gazetteer::default(),
        web_dir: None,
        pmtiles: None,
        drops: DropPlan::new(3_600, 3).unwrap(),
        clock,
    }
}

/// A writer over a desk in `dir`, driven by hand.
fn writer(dir: &Path, clock: Arc<HandClock>) -> Writer {
    let config = config(dir, clock.clone());
    drop(Desk::open_or_init(config.clone()).unwrap());
    let mut store = Store::open(&config.data_dir, &config.key).unwrap();
    let root = SigningKey::from_bytes(&store.setting::<32>("root-seed").unwrap().unwrap());
    let fixed = Fixed {
        mode: ClockMode::Live,
        kinds: kind_views(&config.form),
        region: [0.0; 4],
    };
    let secrets = Secrets::default();
    secrets.replace(reception::load(&store));
    let relays = vec![RelayState::default()];
    let office = Office {
        hub: Arc::new(Hub::new(fixed, clock.clone(), relays)),
        herald: Herald {
            form: Arc::new(config.form.clone()),
            gazetteer: Arc::new(Gazetteer::default()),
            sender: "lapwing-test".into(),
            mode: ClockMode::Live,
        },
        clock,
        root,
        region: config.region,
        secrets,
        issuer: None,
        standings: Box::new(Nobody),
        publish: Arc::new(Notify::new()),
        drops: config.drops,
    };
    let fold = fold_journal(&mut store).unwrap();
    let cells = Cells::load(&store).unwrap();
    Writer {
        store,
        fold,
        cells,
        office,
        unknown: false,
        starting: true,
    }
}

/// What a relay has and the desk may not remember.
fn above(bulletin: u64, drops: u32) -> Above {
    Above {
        bulletin: bulletin.into(),
        drops: drops.into(),
    }
}

/// What the endpoints need, over an empty desk.
pub(crate) fn desk_for_pages(
    dir: &Path,
) -> (Arc<Hub>, crate::store::Reader, WriterHandle, Herald, Ending) {
    let Writer {
        store,
        fold,
        cells,
        office,
        ..
    } = writer(dir, Arc::new(HandClock(AtomicI64::new(NOW))));
    let reader = store.reader().unwrap();
    let (hub, herald) = (Arc::clone(&office.hub), office.herald.clone());
    let (handle, ending) = start(store, fold, cells, office);
    (hub, reader, handle, herald, ending)
}

fn report(rng: &mut ChaCha20Rng, now: i64) -> Frame {
    let form = Form::civil_protection();
    let kinds = [1, 1, 1, 3, 4, 4, 6, 7, 9, 12, 18, 24];
    let kind = kinds[rng.next_u32() as usize % kinds.len()];
    let spread = |rng: &mut ChaCha20Rng| f64::from(rng.next_u32() % 1_000) / 1_000.0;
    let (lat, lon) = (47.5 + spread(rng) * 0.2, 35.7 + spread(rng) * 0.2);
    let place = Place::from_degrees(lat, lon).unwrap();
    Frame::Report(Report {
        author: [(rng.next_u32() % 30) as u8; 16],
        sequence: rng.next_u32() % 5_000,
        // Some reports come twice, each time in another envelope.
        seed: FieldSeed::from_bytes(
            [(rng.next_u32() % 20_000).to_be_bytes(); 8]
                .concat()
                .try_into()
                .unwrap(),
        ),
        observation: Observation {
            kind,
            place: place.rounded(form.kind(kind).unwrap().precision),
            off_m: rng.next_u32() % 2_000,
            seen: now - i64::from(rng.next_u32() % 900),
            seen_off_s: 0,
            count: None,
            heading: None,
            known: [Known::Seen, Known::Heard, Known::Told][rng.next_u32() as usize % 3],
            danger: Danger::None,
            note: String::new(),
        },
        replayed_at: None,
    })
}

fn opened(rng: &mut ChaCha20Rng, now: i64, n: u64) -> Vec<Opened> {
    (0..n)
        .map(|_| Opened {
            index: 1,
            // A few digests come twice.
            digest: [(rng.next_u32() % 4_000).to_be_bytes(); 8]
                .concat()
                .try_into()
                .unwrap(),
            relay_time: now,
            leaf_salt: [0; 32],
            frame: match rng.next_u32() % 20 {
                0 => Ok(Frame::Cover),
                1 => Err("seal"),
                _ => Ok(report(rng, now)),
            },
        })
        .collect()
}

fn take(writer: &mut Writer, envelopes: Vec<Opened>, after: i64) -> Result<(), Refusal> {
    writer.turn(|turn| {
        intake::take(turn, envelopes)?;
        Ok(turn.batch.cursor("relay", after)?)
    })
}

/// Lets a desk live through `steps` random steps.
fn live(writer: &mut Writer, clock: &HandClock, seed: u8, steps: u32) {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    for step in 0..steps {
        let jump = [1, 20, 200, 7_200, 90_000][rng.next_u32() as usize % 5];
        clock.0.fetch_add(jump, Ordering::SeqCst);
        let now = clock.now();
        let some_incident = {
            let mut ids: Vec<u64> = writer.fold.cases().map(|c| c.incident.id).collect();
            ids.sort_unstable();
            ids.get(rng.next_u32() as usize % ids.len().max(1))
                .copied()
                .unwrap_or(0)
        };
        match rng.next_u32() % 10 {
            0 => {
                let verdict =
                    [Verdict::Open, Verdict::Confirmed, Verdict::Disputed][step as usize % 3];
                let _ = writer.decide(some_incident, verdict, u64::MAX);
            }
            1 => {
                let request = PublishRequest {
                    incident: some_incident,
                    texts: None,
                    severity: None,
                    expires_s: Some(600),
                };
                let (reply, _answer) = oneshot::channel();
                writer.obey(Command::Warn { request, reply });
            }
            2 => {
                let id = writer
                    .fold
                    .warnings()
                    .values()
                    .next()
                    .map(|w| w.latest().id.clone());
                let (reply, _answer) = oneshot::channel();
                writer.obey(Command::Cancel {
                    id: id.unwrap_or_default(),
                    reply,
                });
            }
            3 => writer.time_passed().unwrap(),
            4 => drop(writer.bulletin(&above(0, 0)).unwrap()),
            _ => {
                let n = u64::from(rng.next_u32() % 25);
                let envelopes = opened(&mut rng, now, n);
                take(writer, envelopes, i64::from(step)).unwrap();
            }
        }
    }
}

#[test]
fn deriving_again_gives_the_same_state_whatever_happened() {
    for seed in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
        let mut writer = writer(dir.path(), clock.clone());
        live(&mut writer, &clock, seed, 120);
        let entries = writer.store.head().seq.unsigned_abs();
        let digest = writer.store.derived_digest().unwrap();
        let counters = writer.fold.counts().clone();
        let accepted = counters.view().accepted;
        assert!(accepted > 300, "seed {seed} took {accepted} reports");
        assert!(!writer.fold.warnings().is_empty() || seed > 0);
        let closed = writer.store.journal().last_closing().unwrap();
        assert!(closed.is_some(), "seed {seed} closed no epoch");
        // What a restart folds is what the running desk holds.
        let again = fold_journal(&mut writer.store).unwrap();
        assert_eq!(again.counts(), &counters);
        let cases = |fold: &Fold| -> BTreeMap<u64, String> {
            fold.cases()
                .map(|c| (c.incident.id, c.row().view))
                .collect()
        };
        assert_eq!(cases(&again), cases(&writer.fold), "seed {seed}");
        drop(writer);
        let rebuilt = Desk::rebuild(&dir.path().join("desk"), &key(dir.path())).unwrap();
        assert_eq!(
            (rebuilt.entries, rebuilt.digest),
            (entries, digest),
            "seed {seed}"
        );
        assert!(rebuilt.identical, "seed {seed}");
    }
}

#[test]
fn derived_tables_that_say_something_else_are_written_again() {
    for spoil in [
        "UPDATE incident SET view = '{}' WHERE closed = 0",
        "UPDATE incident SET voices = x'' WHERE closed = 0",
        "DELETE FROM incident",
        "INSERT INTO incident VALUES (999, 0, 0, '', x'')",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
        let mut desk = writer(dir.path(), clock.clone());
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let envelopes = opened(&mut rng, NOW, 60);
        take(&mut desk, envelopes, 60).unwrap();
        let digest = desk.store.derived_digest().unwrap();
        desk.store.spoil(spoil);
        assert_ne!(desk.store.derived_digest().unwrap(), digest, "{spoil}");
        drop(desk);
        let desk = writer(dir.path(), clock);
        assert_eq!(desk.store.derived_digest().unwrap(), digest, "{spoil}");
    }
}

#[test]
fn a_full_disk_stops_the_desk_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
    let mut writer = writer(dir.path(), clock.clone());
    let mut rng = ChaCha20Rng::from_seed([200; 32]);
    let first = opened(&mut rng, NOW, 40);
    take(&mut writer, first, 40).unwrap();
    let (head, counts) = (writer.store.head(), writer.fold.counts().clone());

    writer.store.limit_pages(true);
    let more = opened(&mut rng, NOW, 2_000);
    let refused = take(&mut writer, more, 2_040);
    assert!(
        matches!(refused, Err(Refusal::Store(StoreError::Full))),
        "{refused:?}"
    );
    assert!(writer.unknown);

    writer.store.limit_pages(false);
    let last = opened(&mut rng, NOW, 1);
    take(&mut writer, last, 41).unwrap();
    assert_eq!(
        writer.store.head().seq,
        head.seq + 1,
        "nothing of the refused batch is there"
    );
    assert_eq!(writer.store.cursor("relay").unwrap(), 41);
    let sum = |counts: &crate::fold::Counts| {
        let view = counts.view();
        let refused: u64 = view.refused.iter().map(|r| r.count).sum();
        view.accepted + view.duplicates + view.cover + refused
    };
    assert_eq!(sum(writer.fold.counts()), sum(&counts) + 1);
    drop(writer);
    assert!(
        Desk::rebuild(&dir.path().join("desk"), &key(dir.path()))
            .unwrap()
            .identical
    );
}

#[test]
fn a_bulletin_carries_thirteen_keys_and_its_number_only_grows() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
    let mut desk = writer(dir.path(), clock.clone());
    desk.office.secrets.replace(reception::load(&desk.store));
    let root = desk.office.root.verifying_key();
    let read = |signed: &Signed| {
        lapwing_wire::Publication::decode(&signed.bytes)
            .unwrap()
            .verify(&root)
            .unwrap()
    };
    let first = desk.bulletin(&above(0, 0)).unwrap();
    assert_eq!((first.number, read(&first).keys.len()), (1, 13));
    assert_eq!(
        desk.bulletin(&above(40, 0)).unwrap().number,
        41,
        "a relay had seen 40"
    );
    drop(desk);
    let mut desk = writer(dir.path(), clock);
    assert_eq!(desk.bulletin(&above(0, 0)).unwrap().number, 42);
}

mod drops {
    use lapwing_seal::{
        BucketSecret, By, CellSecret, Enrolment, MessageKey, ReplyChains, RootSecret,
    };
    use lapwing_wire::{Bulletin, Drop, Publication};

    use super::*;

    const HOUR: i64 = 3_600;

    fn read(desk: &Writer, signed: &Signed) -> (Bulletin, Vec<Drop>) {
        let publication = Publication::decode(&signed.bytes).unwrap();
        let bulletin = publication
            .verify(&desk.office.root.verifying_key())
            .unwrap();
        let drops = bulletin
            .files
            .iter()
            .zip(&publication.files)
            .filter(|(listed, _)| listed.name.starts_with("drops/"))
            .map(|(_, bytes)| Drop::from_bytes(bytes).unwrap())
            .collect();
        (bulletin, drops)
    }

    fn number(bulletin: &Bulletin) -> u32 {
        bulletin.drops.unwrap().number
    }

    #[test]
    fn drops_stay_the_same_within_a_period_and_are_all_new_in_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
        let mut desk = writer(dir.path(), Arc::clone(&clock));
        let signed = desk.bulletin(&above(0, 0)).unwrap();
        assert_eq!(signed.drops_due, NOW + HOUR);
        let (first, drops) = read(&desk, &signed);
        assert_eq!((number(&first), drops.len()), (1, 3));

        clock.0.store(NOW + HOUR - 1, Ordering::SeqCst);
        let signed = desk.bulletin(&above(0, 0)).unwrap();
        let (again, same) = read(&desk, &signed);
        assert!(again.number > first.number);
        assert_eq!((number(&again), &same), (1, &drops));

        clock.0.store(NOW + HOUR, Ordering::SeqCst);
        let signed = desk.bulletin(&above(0, 0)).unwrap();
        let (next, others) = read(&desk, &signed);
        assert_eq!(number(&next), 2);
        assert!(others.iter().all(|drop| !drops.contains(drop)));
        assert!(desk.store.setting::<1>("drops").is_err(), "they are kept");
    }

    #[test]
    fn after_a_crash_the_same_drops_are_in_force_and_no_number_comes_twice() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
        let mut desk = writer(dir.path(), Arc::clone(&clock));
        let signed = desk.bulletin(&above(0, 0)).unwrap();
        let (_, drops) = read(&desk, &signed);
        drop(desk);
        let mut desk = writer(dir.path(), Arc::clone(&clock));
        let signed = desk.bulletin(&above(0, 0)).unwrap();
        let (same, kept) = read(&desk, &signed);
        assert_eq!((number(&same), &kept), (1, &drops));
        drop(desk);
        clock.0.store(NOW + 3 * HOUR, Ordering::SeqCst);
        let mut desk = writer(dir.path(), Arc::clone(&clock));
        let signed = desk.bulletin(&above(0, 0)).unwrap();
        let (later, _) = read(&desk, &signed);
        assert_eq!(
            number(&later),
            5,
            "three periods, and one more after a start"
        );
        let signed = desk.bulletin(&above(0, 90)).unwrap();
        let (beyond, _) = read(&desk, &signed);
        assert_eq!(number(&beyond), 91, "a relay had seen 90");
    }

    #[test]
    fn what_the_desk_says_is_found_by_the_phone_until_it_is_acknowledged() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
        let mut desk = writer(dir.path(), Arc::clone(&clock));
        let secret = CellSecret::from_seed(&[3; 32]);
        let root = || RootSecret::from_bytes([5; 32]);
        let bucket = BucketSecret::from_bytes([4; 32]);
        let key = MessageKey::of(&root());
        let member = desk.turn(|turn| {
            let public = secret.public_bytes();
            let cell = turn.cell_found(public.as_slice(), b"wrapped", "двір".into())?;
            let made = turn.cell_invite(cell, "сусідка".into(), HOUR, None)?;
            let Invited { invite, .. } = made;
            let enrolment = Enrolment {
                root: root(),
                bucket: bucket.clone(),
                drops: 1,
                sector: Sector::from_number(200_000).expect("a sector"),
                by: By::Invite(invite),
            };
            turn.cells.enrol(&turn.batch, &enrolment, NOW)?;
            // With the answer to the enrolment there are ten.
            let member = u32::try_from(turn.cells.recipients()[0].witness).unwrap();
            for _ in 0..9 {
                turn.cell_write(cell, member, &key, "ми отримали")?;
            }
            Ok(member)
        });
        let member = member.unwrap();
        let phone = ReplyChains::new(&root(), 1);
        let mut got = std::collections::BTreeSet::new();
        for hour in 0..4 {
            clock.0.store(NOW + hour * HOUR, Ordering::SeqCst);
            let signed = desk.bulletin(&above(0, 0)).unwrap();
            let (bulletin, drops) = read(&desk, &signed);
            let ours = bucket.bucket(NOW + hour * HOUR, 3);
            let find = |drop| phone.find(number(&bulletin), drop).unwrap();
            let found = find(&drops[usize::from(ours)]);
            assert_eq!(found.unopened, 0);
            assert_eq!(found.replies.len(), if hour < 2 { 8 } else { 2 });
            for (n, other) in (0..).zip(&drops) {
                assert!(n == ours || find(other).replies.is_empty());
            }
            got.extend(found.replies.iter().map(|reply| reply.id));
            // The second hour's acknowledgement arrives.
            if hour == 1 {
                let ids: Vec<u32> = found.replies.iter().map(|reply| reply.id).collect();
                desk.turn(|turn| Ok(turn.cells.acknowledge(&turn.batch, member, &ids)?))
                    .unwrap();
            }
            // What is kept is enough to go on with.
            desk.recover().unwrap();
        }
        assert!(got.into_iter().eq(1..11));
    }
}

/// What ties cost when a journal is folded: with them and, in the same run, without.
#[test]
#[ignore = "measures; run it alone with --nocapture"]
fn folding_sixteen_thousand_reports() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
    let mut desk = writer(dir.path(), clock.clone());
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let envelopes: Vec<Vec<Opened>> = (0..260)
        .map(|n| opened(&mut rng, NOW + n * 600, 64))
        .collect();
    let started = std::time::Instant::now();
    for (n, mut some) in (0..).zip(envelopes) {
        clock.0.store(NOW + n * 600, Ordering::SeqCst);
        for envelope in &mut some {
            rng.fill_bytes(&mut envelope.digest);
            if let Ok(Frame::Report(report)) = &mut envelope.frame {
                report.seed = FieldSeed::generate(&mut rng);
            }
        }
        take(&mut desk, some, n).unwrap();
    }
    let accepted = desk.fold.counts().view().accepted;
    println!("{accepted} reports journalled in {:?}", started.elapsed());
    let took = |ties: bool| {
        let started = std::time::Instant::now();
        let journal = desk.store.journal();
        let journal = if ties {
            journal
        } else {
            journal.without_ties()
        };
        drop(crate::closing::fold(&journal).unwrap());
        started.elapsed()
    };
    // The least of several: everything above it is other work of the machine.
    let (with, without) = (0..12)
        .map(|_| (took(true), took(false)))
        .reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)))
        .unwrap();
    println!("folded in {with:?}, without ties in {without:?}");
    let started = std::time::Instant::now();
    desk.close_epochs(clock.now() + 21 * 86_400).unwrap();
    println!("closed in {:?}", started.elapsed());
}

mod closing;
