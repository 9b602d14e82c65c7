//! Passes with the real program: issuer, desk, relay and witness in processes of their own.

use std::process::Output;

use crate::common::{Desk, Gate, Issuer, Relay, lapwing, overview, until};
use serde_json::Value;

const CODE: &str = "heron-4711-tundra-9";

fn last_json(out: &Output) -> Value {
    let text = String::from_utf8_lossy(&out.stdout);
    serde_json::from_str(text.trim().lines().last().unwrap_or_default()).unwrap_or_default()
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn a_witness_fetches_passes_and_each_admits_one_report_even_when_the_relay_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::start(folder.path(), &format!("{CODE} 1\n"));
    let mut desk = Desk::new(folder.path(), "live");
    let mut relay = Relay::start_with(folder.path(), &desk.root_key, &["--admission", "passes"]);
    desk.start_with(&relay.url, &["--issuer", &issuer.url]);
    let key = desk.root_key.clone();
    let wallet = folder.path().join("passes");
    let wallet = wallet.to_str().unwrap();
    let fetch = |url: &str, code: &str| {
        let fixed = [
            "witness",
            "passes",
            "--desk-root-key",
            &key,
            "--passes",
            wallet,
        ];
        lapwing(&[&fixed[..], &["--relay", url, "--code", code]].concat())
    };
    let report = |url: &str, extra: &[&str]| {
        let fixed = [
            "witness",
            "report",
            "--desk-root-key",
            &key,
            "--kind",
            "shelling",
            "--lat",
            "48.0159",
            "--lon",
            "37.8028",
            "--relay",
            url,
        ];
        lapwing(&[&fixed[..], extra].concat())
    };
    until(
        "the bulletin names the issuer, and passes are there",
        || fetch(&relay.url, CODE).status.success(),
    );
    let again = fetch(&relay.url, CODE);
    assert!(
        said(&again).contains("all passes of this epoch were fetched"),
        "{}",
        said(&again)
    );
    let wrong = fetch(&relay.url, "heron-4711-tundra-8");
    assert!(
        said(&wrong).contains("this credential gets no passes"),
        "{}",
        said(&wrong)
    );

    let without = report(&relay.url, &[]);
    assert!(!without.status.success());
    assert!(
        said(&without).contains("takes an envelope with one pass"),
        "{}",
        said(&without)
    );
    let with = report(&relay.url, &["--passes", wallet]);
    assert!(with.status.success(), "{}", said(&with));

    // The relay dies when pass and envelope are stored and the witness has not been told.
    let gate = Gate::before(&relay.url);
    let url = gate.url.clone();
    std::thread::scope(|scope| {
        let report = scope.spawn(|| report(&url, &["--passes", wallet]));
        until("an acknowledgement is lost", || gate.lost() > 0);
        relay.kill_and_restart();
        gate.let_through(u64::MAX);
        let report = report.join().unwrap();
        assert!(report.status.success(), "{}", said(&report));
        assert!(last_json(&report)["tries"].as_u64() > Some(1));
    });
    until("both are journalled", || {
        overview(&desk)["counters"]["accepted"].as_u64() == Some(2)
    });
    assert_eq!(overview(&desk)["counters"]["duplicates"], 0);
}
