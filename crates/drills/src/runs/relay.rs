//! Drill 1, on the table of a real store.

use std::{collections::HashSet, fs, path::Path};

use anyhow::Context as _;
use futures_util::future::try_join_all;
use lapwing_desk::drops::drill::{Variant, news_told};
use lapwing_drills::{
    Auc,
    seized::{Kept, MARK, Rule, Sent, Truth, cover_told, crowd, linked},
};
use lapwing_relay::{NewEnvelope, SqliteStore, Store as _};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::{tell, tell_auc};

const NAME: &str = "relay-seized";

pub(crate) fn relay(quick: bool) -> anyhow::Result<()> {
    // Half of the witnesses teach the attacker, so that twice as many envelopes are made as judged.
    let (witnesses, broken, drops) = if quick {
        (120, 60, 400)
    } else {
        (1_250, 200, 10_000)
    };
    let dir = tempfile::tempdir()?;
    let (table, truth) = stored(&dir.path().join("relay"), &crowd(1, witnesses, Rule::Kept)?)?;
    let real = truth.iter().filter(|one| one.real).count();
    let size = json!({"envelopes": table.len(), "real": real, "witnesses": witnesses});
    eprintln!("  {} envelopes are in the relay's table", table.len());

    let control =
        |rule| -> anyhow::Result<(Vec<Kept>, Vec<Truth>)> { Ok(rows(&crowd(2, broken, rule)?)) };
    let told = |rule, least: f64| -> anyhow::Result<bool> {
        let (table, truth) = control(rule)?;
        Ok(cover_told(&table, &truth).low > least)
    };
    tell_auc(
        NAME,
        "cover against real, by bytes, times and order",
        cover_told(&table, &truth),
        quick,
        &[
            ("cover is not sealed", told(Rule::CoverUnsealed, 0.9)?),
            ("padding is not sealed", told(Rule::PaddingOpen, 0.9)?),
            ("root is not salted", told(Rule::RootUnsalted, 0.52)?),
            (
                "real ones at whole minutes",
                told(Rule::RealOnTheMinute, 0.9)?,
            ),
        ],
        size.clone(),
    );

    let tied = |rule| -> anyhow::Result<bool> {
        let (table, truth) = control(rule)?;
        Ok(linked(&table, &truth, 2).low > 0.9)
    };
    tell_auc(
        NAME,
        "two envelopes of one witness against two of two, by bytes, times and order",
        linked(&table, &truth, 1),
        quick,
        &[
            ("a pseudonym in the header", tied(Rule::Pseudonym)?),
            ("an X25519 share drawn once", tied(Rule::ShareReused)?),
        ],
        size,
    );

    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let news = news_told(&mut rng, drops, Variant::AsBuilt);
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

    let marks = [*MARK];
    let spoilt = dir.path().join("spoilt");
    fs::create_dir(&spoilt)?;
    fs::write(spoilt.join("log"), [b"POST ".as_slice(), MARK].concat())?;
    tell(
        NAME,
        "marks of what was written, in all files of the relay's folder",
        (occurrences(&dir.path().join("relay"), &marks)? as f64, 0.0),
        occurrences(&spoilt, &marks)? == 1,
        &json!({}),
    );
    Ok(())
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
