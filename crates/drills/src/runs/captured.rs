//! Drill 4 with real apps: sittings that `e2e/drills/tapped.mjs` has captured.

use std::{collections::HashSet, fs, path::Path};

use anyhow::Context as _;
use lapwing_drills::{
    Auc,
    tapped::{Capture, Kind, Rule, Seen, Sitting, guess_taught, simulate_sittings},
};
use lapwing_wire::{ANSWER_LEN, DROP_LEN, ENVELOPE_LEN};
use lapwing_witness::schedule::{REQUESTS, Rhythm};
use serde::Deserialize;
use serde_json::json;

use super::{BOUND, shown, tell};

const NAME: &str = "network-tapped";
/// Simulated sittings that teach an attacker.
const TAUGHT: u64 = 4_000;
/// Standard errors that the best of five attackers passes by chance once in two hundred drills.
const CHANCE: f64 = 3.3;
/// What the simulation has an attacker learn: the app as built, and each way in which one could differ.
const ATTACKERS: [Rule; 5] = [
    Rule::Kept,
    Rule::AtOnce,
    Rule::SkippedAfterReal,
    Rule::SealedWhenNeeded,
    Rule::Urgent,
];

#[derive(Deserialize)]
struct File {
    tick_ms: u32,
    sits_ms: i64,
    captures: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    app: u64,
    kind: String,
    from: i64,
    to: i64,
    requests: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    kind: String,
    at: i64,
    until: i64,
    up: u32,
    down: u32,
}

pub(crate) fn captured(path: &Path) -> anyhow::Result<()> {
    let text = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let file: File = serde_json::from_slice(&text)?;
    let [mut quiet, mut reports, mut careless] = [const { Vec::new() }; 3];
    for one in &file.captures {
        let reported = match one.kind.as_str() {
            "quiet" => &mut quiet,
            "reports" => &mut reports,
            "careless" => &mut careless,
            other => anyhow::bail!("a capture is of kind {other}"),
        };
        reported.push(capture(one)?);
    }
    let sizes = |captures: &[Capture]| -> HashSet<(usize, u32, u32)> {
        let seen = captures.iter().flat_map(|capture| &capture.requests);
        seen.map(|one| (place(one.kind), one.up, one.down))
            .collect()
    };
    let built = [quiet.clone(), reports.clone()].concat();
    let simulated = simulate_sittings(
        1,
        200,
        Rhythm::new(file.tick_ms, file.tick_ms)?,
        file.sits_ms,
        Rule::Kept,
    );
    let odd = |captures: &[Capture]| captures.iter().filter(|capture| is_odd(capture)).count();
    anyhow::ensure!(odd(&simulated) == 0, "the simulation keeps no ticks");
    let other_sizes = sizes(&quiet).symmetric_difference(&sizes(&reports)).count();
    tell(
        NAME,
        "real apps: sittings whose requests are not the simulation's in kind, order and size, and sizes that \
         only those with or only those without reports have",
        ((odd(&built) + other_sizes) as f64, 0.0),
        odd(&careless) * 2 > careless.len(),
        &json!({
            "quiet": quiet.len(),
            "with_reports": reports.len(),
            "odd_among_careless": odd(&careless),
            "ticks_a_sitting": ticks(&built),
            "ticks_a_simulated_sitting": ticks(&simulated),
        }),
    );

    let careless = [quiet, careless].concat();
    let (mut worst, mut caught, mut all) = (None::<Auc>, Vec::new(), Vec::new());
    for rule in ATTACKERS {
        let rhythm = Rhythm::new(file.tick_ms, file.tick_ms)?;
        let taught = simulate_sittings(2, TAUGHT, rhythm, file.sits_ms, rule);
        let auc = guess_taught(&taught, &built);
        let off = |auc: Auc| (auc.value - 0.5).abs();
        if worst.is_none_or(|worst| off(auc) > off(worst)) {
            worst = Some(auc);
        }
        caught.push(guess_taught(&taught, &careless).low > 0.6);
        all.push(json!([format!("{rule:?}"), shown(auc)]));
    }
    let worst = worst.context("there are attackers")?;
    let (with, without) = (
        reports.len() as f64,
        built.len() as f64 - reports.len() as f64,
    );
    let error = ((with + without + 1.0) / (12.0 * with * without)).sqrt();
    tell(
        NAME,
        "real apps: who reported, by the best of five attackers whom simulated apps have taught: AUC, \
         from 0.5",
        ((worst.value - 0.5).abs(), BOUND.max(CHANCE * error)),
        caught.contains(&true),
        &json!({"sittings": built.len(), "attackers": all}),
    );
    Ok(())
}

fn capture(one: &One) -> anyhow::Result<Capture> {
    let requests = one.requests.iter().map(|asked| {
        let kind = match asked.kind.as_str() {
            "bulletin" => Kind::Bulletin,
            "drop" => Kind::Drop,
            "envelope" => Kind::Envelope,
            other => anyhow::bail!("an app asked for {other}"),
        };
        Ok(Seen {
            at: asked.at,
            until: asked.until,
            kind,
            up: asked.up,
            down: asked.down,
        })
    });
    Ok(Capture {
        app: one.app,
        sittings: vec![Sitting {
            from: one.from,
            to: one.to,
        }],
        requests: requests.collect::<anyhow::Result<_>>()?,
        reported: one.kind != "quiet",
    })
}

fn place(kind: Kind) -> usize {
    REQUESTS
        .iter()
        .position(|&one| one == kind)
        .unwrap_or(REQUESTS.len())
}

/// Whether its requests are anything else than whole ticks, of which the last may be cut off by the end.
fn is_odd(capture: &Capture) -> bool {
    let sizes = |seen: &Seen| match seen.kind {
        Kind::Bulletin => seen.up == 0,
        Kind::Drop => seen.up == 0 && seen.down == DROP_LEN as u32,
        Kind::Envelope => seen.up == ENVELOPE_LEN as u32 && seen.down == ANSWER_LEN as u32,
    };
    let follows = capture
        .requests
        .iter()
        .zip(REQUESTS.iter().cycle())
        .all(|(seen, &kind)| seen.kind == kind && sizes(seen));
    let one_by_one = capture
        .requests
        .windows(2)
        .all(|two| two[0].until <= two[1].at);
    !follows || !one_by_one || capture.requests.len() < REQUESTS.len()
}

fn ticks(captures: &[Capture]) -> f64 {
    let requests: usize = captures.iter().map(|capture| capture.requests.len()).sum();
    super::short(requests as f64 / (REQUESTS.len() * captures.len()) as f64)
}
