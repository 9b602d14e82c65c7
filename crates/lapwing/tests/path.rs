//! The whole path with the real program: separate processes, separate folders, HTTP between them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "path/gateway.rs"]
mod gateway;
#[path = "path/passes.rs"]
mod passes;

use common::{Desk, Gate, Relay, lapwing, overview, until};
use serde_json::Value;

const HOUR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../data/attack-days/hour.csv"
);
const HOUR_ROWS: u64 = 378;

fn last_json(text: &[u8]) -> Value {
    let text = String::from_utf8_lossy(text);
    serde_json::from_str(text.trim().lines().last().unwrap_or_default()).unwrap_or_default()
}

#[test]
fn an_hour_of_reports_arrives_whole_becomes_incidents_and_is_rebuilt_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path(), "replay");
    let relay = Relay::start(folder.path(), &desk.root_key);
    desk.start(&relay.url);
    let replayed = lapwing(&["replay", HOUR, "--relay", &relay.url, "--speed", "max"]);
    assert!(
        replayed.status.success(),
        "{}",
        String::from_utf8_lossy(&replayed.stderr)
    );
    let said = last_json(&replayed.stdout);
    assert_eq!(
        (&said["reports"], &said["accepted"]),
        (&HOUR_ROWS.into(), &HOUR_ROWS.into())
    );
    assert_eq!(
        (&said["duplicates"], &said["failed"]),
        (&0.into(), &0.into())
    );
    until("every report is journalled", || {
        overview(&desk)["counters"]["accepted"].as_u64() == Some(HOUR_ROWS)
    });
    let incidents = desk.get("/api/incidents");
    let incidents = incidents["incidents"].as_array().unwrap().clone();
    assert!(
        (50..HOUR_ROWS as usize).contains(&incidents.len()),
        "{}",
        incidents.len()
    );
    assert!(incidents.iter().any(|i| i["sources"].as_u64() >= Some(3)));
    // Kinds that may warn by themselves have done so, and the public can read it.
    until("a warning is public", || {
        common::get(&format!("{}/v1/warnings.atom", relay.url)).contains("<entry>")
    });
    desk.kill();
    let rebuilt = desk.rebuild();
    assert_eq!(rebuilt["identical"], true, "{rebuilt}");
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_counted_twice_when_both_are_killed() {
    const KILLS: u64 = 5;
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path(), "replay");
    let mut relay = Relay::start(folder.path(), &desk.root_key);
    desk.start(&relay.url);
    // Both die at the worst moment of all: envelopes are stored, and no phone has been told.
    let gate = Gate::before(&relay.url);
    let url = gate.url.clone();
    let replay = std::thread::spawn(move || lapwing(&["replay", HOUR, "--relay", &url]));
    for _ in 0..KILLS {
        gate.let_through(HOUR_ROWS / (KILLS + 2));
        let before = gate.lost();
        until("an acknowledgement is lost", || gate.lost() > before);
        relay.kill_and_restart();
        desk.kill();
        desk.start(&relay.url);
    }
    assert!(!replay.is_finished(), "every kill fell into the replay");
    gate.let_through(u64::MAX);
    let replayed = replay.join().unwrap();
    assert!(
        replayed.status.success(),
        "{}",
        String::from_utf8_lossy(&replayed.stderr)
    );
    let said = last_json(&replayed.stdout);
    assert_eq!(
        (&said["accepted"], &said["failed"]),
        (&HOUR_ROWS.into(), &0.into())
    );
    assert!(said["duplicates"].as_u64() >= Some(KILLS), "{said}");
    until("every report is journalled", || {
        overview(&desk)["counters"]["accepted"].as_u64() == Some(HOUR_ROWS)
    });
    let counters = &overview(&desk)["counters"];
    assert_eq!(counters["duplicates"], 0, "{counters}");
    assert_eq!(
        counters["refused"].as_array().map(Vec::len),
        Some(0),
        "{counters}"
    );
    desk.kill();
    assert_eq!(desk.rebuild()["identical"], true);
}

/// Ten SIGKILLs of each server at random moments of a replay at full speed. `cargo xtask soak path`
/// runs it; `LAPWING_SOAK_FILE` names another file of reports, `LAPWING_SOAK_SEED` repeats a run.
#[test]
#[ignore = "takes minutes on large files; `cargo xtask soak path` runs it"]
fn soak_path_through_ten_kills_of_each() {
    let file = std::env::var("LAPWING_SOAK_FILE")
        .unwrap_or_else(|_unset| HOUR.replace("hour.csv", "reports.csv"));
    let seed = std::env::var("LAPWING_SOAK_SEED")
        .ok()
        .and_then(|s| s.parse().ok());
    let mut seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("LAPWING_SOAK_SEED={seed}");
    // Knuth's MMIX generator: enough to choose pauses by.
    let mut pause = |up_to_ms: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(std::time::Duration::from_millis((seed >> 33) % up_to_ms));
    };
    let rows = std::fs::read_to_string(&file).unwrap().lines().count() as u64 - 1;
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path(), "replay");
    let mut relay = Relay::start(folder.path(), &desk.root_key);
    desk.start(&relay.url);
    let url = relay.url.clone();
    let replay = std::thread::spawn(move || lapwing(&["replay", &file, "--relay", &url]));
    until("the first are journalled", || {
        overview(&desk)["counters"]["accepted"].as_u64() > Some(0)
    });
    for _ in 0..10 {
        pause(400);
        relay.kill_and_restart();
        pause(300);
        desk.kill();
        desk.start(&relay.url);
    }
    let finished_early = replay.is_finished();
    let replayed = replay.join().unwrap();
    assert!(
        replayed.status.success(),
        "{}",
        String::from_utf8_lossy(&replayed.stderr)
    );
    let said = last_json(&replayed.stdout);
    println!("{said} (replay over before the last kill: {finished_early})");
    assert_eq!(
        (&said["accepted"], &said["failed"]),
        (&rows.into(), &0.into())
    );
    until("every report is journalled", || {
        overview(&desk)["counters"]["accepted"].as_u64() == Some(rows)
    });
    println!("{}", overview(&desk)["counters"]);
    assert_eq!(overview(&desk)["counters"]["duplicates"], 0);
    desk.kill();
    let rebuilt = desk.rebuild();
    println!("{rebuilt}");
    assert_eq!(rebuilt["identical"], true);
}

#[test]
fn one_witness_reports_twice_and_is_one_person_on_a_live_desk() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path(), "live");
    let relay = Relay::start(folder.path(), &desk.root_key);
    desk.start(&relay.url);
    let state = folder.path().join("witness");
    let report = |extra: &[&str]| {
        let key = &desk.root_key;
        let place = [
            "--lat",
            "48.0159",
            "--lon",
            "37.8028",
            "--state",
            state.to_str().unwrap(),
        ];
        let base = [
            "witness",
            "report",
            "--relay",
            &relay.url,
            "--desk-root-key",
            key,
        ];
        lapwing(&[&base[..], &place, extra].concat())
    };
    until("the bulletin is out", || {
        report(&["--kind", "shelling"]).status.success()
    });
    assert!(
        report(&["--kind", "shelling", "--known", "heard"])
            .status
            .success()
    );
    until("both are journalled", || {
        overview(&desk)["counters"]["accepted"].as_u64() >= Some(2)
    });
    let incidents = desk.get("/api/incidents");
    let first = &incidents["incidents"][0];
    assert_eq!(
        (&first["sources"], &first["kind"]),
        (&1.into(), &2.into()),
        "{first}"
    );
    // A live desk does not take the past for the present.
    let replayed = lapwing(&["replay", HOUR, "--relay", &relay.url]);
    assert!(replayed.status.success());
    until("the replayed are refused", || {
        overview(&desk)["counters"]["refused"][0]["count"].as_u64() == Some(HOUR_ROWS)
    });
    assert_eq!(
        overview(&desk)["counters"]["refused"][0]["reason"],
        "replayed"
    );
    // What does not fit says what to change and sends nothing.
    let wrong = report(&["--kind", "shelling", "--count", "3"]);
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("takes no count"));
    let wrong = report(&["--kind", "cat"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("lapwing witness kinds"));
}

#[test]
fn a_root_key_that_is_not_the_desks_is_noticed_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(folder.path(), "live");
    let relay = Relay::start(folder.path(), &desk.root_key);
    desk.start(&relay.url);
    until("the bulletin is out", || {
        common::status(&format!("{}/v1/bulletin", relay.url)) == Some(200)
    });
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let report = [
        "witness",
        "report",
        "--relay",
        &relay.url,
        "--desk-root-key",
        other,
    ];
    let refused = lapwing(
        &[
            &report[..],
            &["--kind", "fire", "--lat", "48", "--lon", "37"],
        ]
        .concat(),
    );
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("of another desk"));
    assert_eq!(overview(&desk)["counters"]["accepted"], 0);
}

#[test]
fn evaluate_prints_what_it_promises() {
    let day = HOUR.replace("hour.csv", "reports.csv");
    let folder = tempfile::tempdir().unwrap();
    let labels = folder.path().join("labels.csv");
    let out = lapwing(&[
        "evaluate",
        &day,
        "--json",
        "--labels",
        labels.to_str().unwrap(),
    ]);
    let scores = last_json(&out.stdout);
    for key in [
        "b3_p",
        "b3_r",
        "b3_f1",
        "pair_p",
        "pair_r",
        "pair_f1",
        "corrob_precision",
        "corrob_recall",
    ] {
        let value = scores[key].as_f64().unwrap_or_default();
        assert!((0.8..=1.0).contains(&value), "{key} {value}");
    }
    assert_eq!(scores["n"], 1_567);
    assert!(scores["reports_per_s"].as_f64() > Some(0.0));
    let labels = std::fs::read_to_string(labels).unwrap();
    assert!(labels.starts_with("report_id,incident_on_arrival,incident_final\n"));
    assert_eq!(labels.lines().count(), 1_568);
    let compared = lapwing(&["evaluate", &day, "--json", "--baselines", "--as-sealed"]);
    let compared = last_json(&compared.stdout);
    let ours = compared["b3_f1"].as_f64().unwrap();
    let others = compared["baselines"].as_object().unwrap();
    assert!(others.len() >= 3);
    for (name, scores) in others {
        assert!(
            scores["b3_f1"].as_f64().unwrap() < ours,
            "{name} beats ours ({ours})"
        );
    }
}
