//! Drill 1, on the table of a real store.

use std::{collections::HashSet, fs, path::Path};

use anyhow::Context as _;
use futures_util::future::try_join_all;
use lapwing_desk::drops::drill::{Variant, news_told};
use lapwing_drills::{
    Auc,
    learn::is_taught,
    seized::{
        Habit, Kept, MARK, Published, Rule, Sent, Told, Truth, answer_matched, cover_told, crowd,
        few_told, linked,
    },
};
use lapwing_relay::{NewEnvelope, SqliteStore, Store as _};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::{shown, tell, tell_auc};

const NAME: &str = "relay-seized";

/// Witnesses of a crowd. Half of them teach the attacker, the others are judged: some 100,000 envelopes,
/// of which more than 5,000 are real, so that the interval of chance is within 0.008.
const WITNESSES: u64 = 1_000;
/// Envelopes of which a pair with each sort of other one is drawn; half of them are judged, so that the
/// interval of chance is within 0.006.
const PAIRED: usize = 40_000;
/// Buckets with replies that are watched, and as many without; half of them are judged, so that the
/// interval of chance is within 0.008.
const WATCHED: usize = 20_000;
/// More than a desk has by default, so that not every bucket has news in every hour.
const BUCKETS: u16 = 64;
/// Relays with so few apps, to see what company is worth.
const FEW: (u64, u64) = (400, 5);

pub(crate) fn relay(quick: bool) -> anyhow::Result<()> {
    let (witnesses, broken, few) = if quick {
        (120, 60, 40)
    } else {
        (WITNESSES, 200, FEW.0)
    };
    let dir = tempfile::tempdir()?;
    let folder = dir.path().join("relay");
    let (table, truth) = cover(&folder, quick, witnesses, broken, few)?;

    drops(&table, &truth, quick);

    let marks = [*MARK];
    let spoilt = dir.path().join("spoilt");
    fs::create_dir(&spoilt)?;
    fs::write(spoilt.join("log"), [b"POST ".as_slice(), MARK].concat())?;
    tell(
        NAME,
        "marks of what was written, in all files of the relay's folder",
        (occurrences(&folder, &marks)? as f64, 0.0),
        occurrences(&spoilt, &marks)? == 1,
        &json!({}),
    );
    Ok(())
}

/// Cover against real, and two envelopes of one witness.
fn cover(
    folder: &Path,
    quick: bool,
    witnesses: u64,
    broken: u64,
    few: u64,
) -> anyhow::Result<(Vec<Kept>, Vec<Truth>)> {
    let control = |rule| -> anyhow::Result<(Vec<Kept>, Vec<Truth>)> {
        Ok(rows(&crowd(2, broken, Habit::Opening, rule)?))
    };
    let told = |rule| -> anyhow::Result<Told> {
        let (table, truth) = control(rule)?;
        Ok(cover_told(&table, &truth))
    };
    let mut controls = [Vec::new(), Vec::new()];
    for (name, rule, least) in [
        ("cover is not sealed", Rule::CoverUnsealed, 0.9),
        ("padding is not sealed", Rule::PaddingOpen, 0.9),
        ("root is not salted", Rule::RootUnsalted, 0.52),
        ("real ones at whole minutes", Rule::RealOnTheMinute, 0.9),
    ] {
        let Told {
            by_all,
            beyond_rhythm,
        } = told(rule)?;
        controls[0].push((name, by_all.low > least));
        controls[1].push((name, beyond_rhythm.low > least));
    }
    let [by_all, beyond] = controls;

    let sent = crowd(1, witnesses, Habit::Steady, Rule::Kept)?;
    let (table, truth) = stored(&folder.with_extension("steady"), &sent)?;
    tell_auc(
        NAME,
        "cover against real, by bytes, times and order, where reports arise at any moment",
        cover_told(&table, &truth).by_all,
        quick,
        &by_all,
        size(&truth, witnesses),
    );

    let sent = crowd(1, witnesses, Habit::Opening, Rule::Kept)?;
    let (table, truth) = stored(folder, &sent)?;
    let found = cover_told(&table, &truth);
    tell_auc(
        NAME,
        "cover against real of the same five minutes, where people open the app to report and \
         all do at eight in the evening",
        found.beyond_rhythm,
        quick,
        &beyond,
        json!({
            "table": size(&truth, witnesses),
            "auc_with_the_hours": shown(found.by_all),
            "auc_by_times_of_few_apps": shown(few_told(5, few, FEW.1, Habit::Opening)),
        }),
    );

    let tied = |rule| -> anyhow::Result<bool> {
        let (table, truth) = control(rule)?;
        Ok(linked(&table, &truth, 2, 4_000).as_far_apart.low > 0.9)
    };
    let found = linked(&table, &truth, 1, if quick { 8_000 } else { PAIRED });
    tell_auc(
        NAME,
        "two envelopes of one witness against two of two that came as far apart",
        found.as_far_apart,
        quick,
        &[
            ("a pseudonym in the header", tied(Rule::Pseudonym)?),
            ("an X25519 share drawn once", tied(Rule::ShareReused)?),
        ],
        json!({
            "table": size(&truth, witnesses),
            "auc_with_how_far_apart": shown(found.any),
        }),
    );
    Ok((table, truth))
}

/// What drops tell: which envelope one answers, and whether it holds anything.
fn drops(table: &[Kept], truth: &[Truth], quick: bool) {
    let matched = |buckets, published| answer_matched(6, table, truth, buckets, published);
    let answered = truth.iter().filter(|one| one.real).count();
    let caught = |published| matched(BUCKETS, published).low > 0.55;
    tell_auc(
        NAME,
        "the bucket in which an envelope is answered against another one",
        matched(BUCKETS, Published::AsBuilt),
        quick,
        &[
            (
                "hint taken from the envelope",
                caught(Published::HintOfEnvelope),
            ),
            (
                "only buckets with news are made anew",
                caught(Published::OnlyNews),
            ),
        ],
        json!({"answered": answered, "buckets": BUCKETS}),
    );

    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let news = news_told(
        &mut rng,
        if quick { 400 } else { WATCHED },
        Variant::AsBuilt,
    );
    let mut caught = |variant| news_told(&mut rng, 60, variant).low > 0.9;
    tell_auc(
        NAME,
        "drops of a bucket with replies against one without",
        Auc {
            value: news.value,
            low: news.low,
            high: news.high,
        },
        quick,
        &[
            (
                "hints kept from number to number",
                caught(Variant::HintsReused),
            ),
            ("empty slots are zero", caught(Variant::EmptyZero)),
        ],
        json!({"buckets_judged": 2 * news.samples, "numbers_each": 3}),
    );
}

fn size(truth: &[Truth], witnesses: u64) -> Value {
    let judged = truth.iter().filter(|one| !is_taught(one.witness));
    let real = judged.clone().filter(|one| one.real).count();
    json!({
        "envelopes": truth.len(),
        "judged": judged.count(),
        "real_judged": real,
        "witnesses": witnesses,
    })
}

fn rows(sent: &[Sent]) -> (Vec<Kept>, Vec<Truth>) {
    sent.iter()
        .map(|one| {
            let kept = Kept {
                time: one.at,
                envelope: Box::new(*one.envelope.as_bytes()),
            };
            (kept, one.truth)
        })
        .unzip()
}

/// Puts envelopes into a relay's store, lets it go, and reads its table.
fn stored(folder: &Path, sent: &[Sent]) -> anyhow::Result<(Vec<Kept>, Vec<Truth>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let store = SqliteStore::open(folder)?;
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for some in sent.chunks(1_024) {
        let puts = some.iter().map(|one| {
            let mut salt = [0; 32];
            rng.fill_bytes(&mut salt);
            store.put(NewEnvelope {
                envelope: one.envelope.clone(),
                salt,
                time: one.at,
                spend: None,
            })
        });
        runtime.block_on(try_join_all(puts))?;
    }
    let newest = *store.newest().borrow();
    anyhow::ensure!(newest == sent.len() as u64, "{newest} are stored");
    drop(store);
    let database = rusqlite::Connection::open(folder.join("relay.sqlite"))?;
    let mut statement = database.prepare("SELECT idx, time, body FROM envelope ORDER BY idx")?;
    let found = statement.query_map((), |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get(1)?,
            row.get::<_, Vec<u8>>(2)?,
        ))
    })?;
    let mut table = Vec::with_capacity(sent.len());
    for (row, one) in found.zip(sent) {
        let (_, time, body): (i64, i64, Vec<u8>) = row?;
        // The truth of a row is that of the envelope which it holds.
        anyhow::ensure!(body == one.envelope.as_bytes(), "the order is another");
        let envelope = body.into_boxed_slice().try_into();
        let envelope = envelope.ok().context("an envelope has another length")?;
        table.push(Kept { time, envelope });
    }
    Ok((table, sent.iter().map(|one| one.truth).collect()))
}

fn occurrences(folder: &Path, marks: &[[u8; 16]]) -> anyhow::Result<usize> {
    let marks: HashSet<&[u8]> = marks.iter().map(|mark| &mark[..]).collect();
    let mut found = 0;
    for entry in fs::read_dir(folder)? {
        let bytes = fs::read(entry?.path())?;
        found += bytes
            .windows(16)
            .filter(|window| marks.contains(window))
            .count();
    }
    Ok(found)
}
