//! From the phone to the incident and the warning, over real relays.

mod calls;
mod cells;
mod codebooks;
mod common;

use std::time::Duration;

use common::{NOW, World, draft, eventually, holds};
use lapwing_desk::{ClockMode, Desk, DeskError};
use lapwing_model::{Heading, Place};
use lapwing_warn::{from_xml, validate};
use lapwing_wire::{Envelope, KeyEpoch, WarningState};
use reqwest::Method;
use serde_json::{Value, json};

const LAT: f64 = 47.57;
const LON: f64 = 35.79;

#[tokio::test(flavor = "multi_thread")]
async fn three_people_who_see_a_drone_become_a_warning_without_a_person() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    for author in 1..=3 {
        let mut phone = world.phone(author).await;
        let metres = f64::from(author) * 0.002;
        world
            .send(&mut phone, &draft(4, LAT + metres, LON, NOW - 60))
            .await;
    }
    assert_eq!(desk.counters(3).await["accepted"], 3);
    let incidents = desk.incidents().await;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0]["sources"], 3);
    assert_eq!(incidents[0]["kind"], 4);

    let warnings = desk.get("/api/warnings").await["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 1, "{incidents:?}");
    assert_eq!(warnings[0]["by_rule"], true);
    assert_eq!(warnings[0]["state"], "active");
    assert_eq!(incidents[0]["warning"], warnings[0]["id"]);

    // The public finds it in the bulletin, in the feed and as a CAP document.
    let bulletin = eventually("the warning in the bulletin", async || {
        let bulletin = world.bulletin(0, 1).await;
        (!bulletin.warnings.is_empty()).then_some(bulletin)
    })
    .await;
    let warning = &bulletin.warnings[0];
    assert_eq!(json!(warning.id), warnings[0]["id"]);
    assert_eq!((warning.state, warning.kind), (WarningState::Active, 4));
    assert!(
        warning.radius_m >= 5_000,
        "the area is coarser than the cell"
    );
    let file = |name: String| {
        let url = format!("{}/v1/{name}", world.relays[0].url);
        let http = world.http.clone();
        async move { http.get(url).send().await.unwrap().text().await.unwrap() }
    };
    let cap = from_xml(&file(format!("warnings/{}.xml", warning.id)).await).unwrap();
    assert_eq!(validate(&cap), []);
    assert_eq!(cap.infos.len(), 2);
    assert!(file("warnings.atom".into()).await.contains(&warning.id));
    eventually("the desk to know that the relay has it", async || {
        let warnings = desk.get("/api/warnings").await;
        (warnings["warnings"][0]["published_to"] == 1).then_some(())
    })
    .await;

    // One more report changes the incident and warns nobody twice.
    let mut phone = world.phone(9).await;
    world.send(&mut phone, &draft(4, LAT, LON, NOW - 30)).await;
    desk.counters(4).await;
    assert_eq!(
        desk.get("/api/warnings").await["warnings"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // Time ends it, without a report.
    world.clock.forward(1_801);
    eventually("the warning to expire", async || {
        let warnings = desk.get("/api/warnings").await;
        (warnings["warnings"][0]["state"] == "expired").then_some(())
    })
    .await;
    eventually("the bulletin to be without it", async || {
        world.bulletin(0, 1).await.warnings.is_empty().then_some(())
    })
    .await;
    desk.stop().await;
    let rebuilt = Desk::rebuild(&world.desk_dir(), &world.key()).unwrap();
    assert!(rebuilt.identical);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_by_two_ways_counts_once() {
    let mut world = World::new(ClockMode::Live, 2).await;
    let desk = world.desk().await;
    let to = world.reception().await;
    let first = world.sealed(&to, 1, |_| {});
    world.post(0, &first).await;
    world.post(0, &first).await;
    world.post(1, &first).await;
    // The same report in another envelope: a phone that sealed it again.
    let again = world.sealed_again(&to);
    assert_ne!(again.digest(), first.digest());
    world.post(1, &again).await;
    let counters = desk.counters(3).await;
    assert_eq!(counters["accepted"], 1);
    assert_eq!(
        counters["duplicates"], 2,
        "the relay itself stored the retry once"
    );
    assert_eq!(desk.incidents().await[0]["reports"], 1);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_open_or_fit_is_counted_by_reason_and_stops_nothing() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let to = world.reception().await;
    let noise = |epoch: KeyEpoch| {
        let mut bytes = Envelope::header_for(epoch, &[3; 32]).to_vec();
        bytes.resize(2_048, 7);
        Envelope::from_bytes(&bytes).unwrap()
    };
    let bad = [
        noise(to.epoch()),
        noise(KeyEpoch(1)),
        world.sealed(&to, 1, |r| r.replayed_at = Some(NOW)),
        world.sealed(&to, 2, |r| r.observation.seen = NOW + 27 * 3_600),
        world.sealed(&to, 3, |r| r.observation.seen = NOW - 41 * 86_400),
        world.sealed(&to, 4, |r| {
            r.observation.place = Place::from_degrees(47.571_234, 35.79).unwrap();
        }),
        world.sealed(&to, 5, |r| r.observation.kind = 60),
        world.sealed(&to, 6, |r| r.observation.heading = Heading::from_sector(2)),
        world.sealed(&to, 7, |r| r.observation.count = Some(2)),
    ];
    for envelope in &bad {
        world.post(0, envelope).await;
    }
    let cover = world.phone(1).await.cover(&mut world.rng, NOW).unwrap();
    world.post(0, &cover).await;
    let good = world.sealed(&to, 8, |_| {});
    world.post(0, &good).await;

    let counters = desk.counters(11).await;
    assert_eq!(counters["accepted"], 1);
    assert_eq!(counters["cover"], 1);
    let refused: Vec<(&str, u64)> = counters["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["reason"].as_str().unwrap(), r["count"].as_u64().unwrap()))
        .collect();
    let expected = [
        "count", "future", "heading", "kind", "no-key", "replayed", "seal", "too-fine", "too-old",
    ];
    assert_eq!(refused, expected.map(|reason| (reason, 1)));
    let relay = &desk.get("/api/overview").await["relays"][0];
    assert_eq!(
        (relay["up"].as_bool(), relay["cursor"].as_u64()),
        (Some(true), Some(11))
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_cut_off_again_and_again_loses_nothing_and_counts_nothing_twice() {
    const REPORTS: u32 = 240;
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let to = world.reception().await;
    desk.cut_off().await;
    let mut envelopes = Vec::new();
    for n in 0..REPORTS {
        envelopes.push(world.sealed(&to, n, |r| {
            r.author = [(n % 60) as u8; 16];
            r.observation.seen -= i64::from(n % 7) * 240;
            let place = Place::from_degrees(47.5 + f64::from(n % 11) * 0.03, 35.8).unwrap();
            r.observation.place = place.rounded(lapwing_model::Precision::Metres100);
        }));
    }
    let mut sent = envelopes.chunks(10);
    for round in 0..12_u64 {
        let desk = world.desk().await;
        for envelope in sent.by_ref().take(2).flatten() {
            world.post(0, envelope).await;
        }
        tokio::time::sleep(Duration::from_millis(round * 3)).await;
        desk.cut_off().await;
    }
    assert!(sent.next().is_none(), "all were sent");
    let desk = world.desk().await;
    let counters = desk.counters(u64::from(REPORTS)).await;
    assert_eq!(counters["accepted"], REPORTS);
    assert_eq!(counters["duplicates"], 0);
    let live = desk.incidents().await;
    let in_incidents: u64 = live.iter().map(|i| i["reports"].as_u64().unwrap()).sum();
    assert_eq!(in_incidents, u64::from(REPORTS));
    desk.stop().await;
    let rebuilt = Desk::rebuild(&world.desk_dir(), &world.key()).unwrap();
    assert!(rebuilt.identical);
    // And what the pages show after a start is what they showed before.
    let desk = world.desk().await;
    assert_eq!(desk.incidents().await, live);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_lives_in_the_time_of_its_reports() {
    let mut world = World::new(ClockMode::Replay, 1).await;
    let desk = world.desk().await;
    let to = world.reception().await;
    let then = 1_665_374_040;
    for n in 0..3_u8 {
        let envelope = world.sealed(&to, 1, |r| {
            r.author = [n; 16];
            r.replayed_at = Some(then + i64::from(n) * 30);
            r.observation.seen = then - 60;
            r.observation.kind = 3;
            r.observation.place = r
                .observation
                .place
                .rounded(lapwing_model::Precision::Metres1000);
        });
        world.post(0, &envelope).await;
    }
    assert_eq!(desk.counters(3).await["accepted"], 3);
    let clock = &desk.get("/api/overview").await["clock"];
    assert_eq!(clock, &json!({"mode": "replay", "now": then + 60}));
    assert_eq!(desk.incidents().await[0]["last_report"], then + 60);
    // Its warning holds by the replay's clock, and says to the public that it is an exercise.
    let warning = desk.get("/api/warnings").await["warnings"][0].clone();
    assert_eq!(warning["state"], "active");
    // With the second or the third report, by how they were pulled.
    let sent = warning["sent"].as_i64().unwrap() - then;
    assert!([30, 60].contains(&sent), "{sent}");
    let headline = warning["texts"]["en"]["headline"].as_str().unwrap();
    assert!(headline.starts_with("EXERCISE"), "{headline}");
    desk.stop().await;
    world.mode = ClockMode::Live;
    assert!(matches!(
        Desk::open(world.config()),
        Err(DeskError::Mode { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_forgets_who_is_who_in_the_time_of_its_reports() {
    let mut world = World::new(ClockMode::Replay, 1).await;
    let desk = world.desk().await;
    let to = world.reception().await;
    let then = 1_665_374_040;
    let mut report = |author: u8, at: i64| {
        world.sealed(&to, 1, |r| {
            r.author = [author; 16];
            r.replayed_at = Some(at);
            r.observation.seen = at - 60;
        })
    };
    let first = [report(1, then), report(2, then + 30), report(1, then + 60)];
    let late = report(3, then + 15 * 86_400);
    for envelope in &first {
        world.post(0, envelope).await;
    }
    desk.counters(3).await;
    let who = async |desk: &common::RunningDesk| {
        let detail = desk.get("/api/incidents/1").await;
        assert_eq!(detail["incident"]["sources"], 2);
        assert_eq!(detail["incident"]["reports"], 3);
        let reports = detail["reports"].as_array().unwrap().clone();
        let who = |r: &Value| {
            (
                r["person"].clone(),
                r["repeat"].clone(),
                r["weight"].is_null(),
            )
        };
        reports.iter().map(who).collect::<Vec<_>>()
    };
    let known = [
        (json!(1), json!(false), false),
        (json!(2), json!(false), false),
        (json!(1), json!(true), false),
    ];
    assert_eq!(who(&desk).await, known);
    // Two weeks pass in an instant.
    world.post(0, &late).await;
    desk.counters(4).await;
    desk.stop().await;
    let desk = world.desk().await;
    let forgotten = (Value::Null, json!(false), true);
    assert_eq!(who(&desk).await, vec![forgotten; 3]);
    desk.stop().await;
    let rebuilt = Desk::rebuild(&world.desk_dir(), &world.key()).unwrap();
    assert!(rebuilt.identical);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_decides_and_a_late_one_is_told() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let mut phone = world.phone(1).await;
    let note = "біля школи, дві машини";
    let said = lapwing_witness::Draft {
        note: note.into(),
        ..draft(1, LAT, LON, NOW - 90)
    };
    world.send(&mut phone, &said).await;
    desk.counters(1).await;
    let seen = desk.incidents().await[0].clone();
    let id = seen["id"].as_u64().unwrap();
    let decide = |verdict: &str, version: &Value| {
        let body = json!({"verdict": verdict, "version": version});
        let path = format!("/api/incidents/{id}/verdict");
        let desk = &desk;
        async move { desk.request(Method::PUT, &path, Some(body)).await }
    };
    let (status, confirmed) = decide("confirmed", &seen["version"]).await;
    assert_eq!((status, &confirmed["verdict"]), (200, &json!("confirmed")));
    assert!(confirmed["confidence"].as_f64() > seen["confidence"].as_f64());

    let (status, problem) = decide("disputed", &seen["version"]).await;
    assert_eq!(status, 409);
    assert_eq!(problem["type"], "urn:lapwing:problem:changed");
    assert_eq!(problem["incident"], confirmed);

    // More reports are no reason to refuse.
    let mut other = world.phone(2).await;
    world.send(&mut other, &draft(1, LAT, LON, NOW - 80)).await;
    desk.counters(2).await;
    let (status, disputed) = decide("disputed", &confirmed["version"]).await;
    assert_eq!((status, &disputed["verdict"]), (200, &json!("disputed")));

    let detail = desk.get(&format!("/api/incidents/{id}")).await;
    let history: Vec<&str> = detail["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["what"].as_str().unwrap())
        .collect();
    assert_eq!(history, ["confirmed", "disputed"]);
    assert_eq!(detail["reports"][0]["note"], note);
    assert_eq!(detail["reports"][0]["person"], 1);
    assert_eq!(detail["reports"][1]["person"], 2);
    assert_eq!(detail["reports"][1]["stance"], "for");
    desk.stop().await;
    // Nothing of it lies open on the disk.
    assert!(!holds(&world.desk_dir(), note.as_bytes()));
    assert!(!holds(&world.desk_dir(), b"SQLite format 3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_warns_updates_and_cancels() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let mut phone = world.phone(1).await;
    world.send(&mut phone, &draft(7, LAT, LON, NOW - 90)).await;
    world
        .send(&mut phone, &draft(12, LAT + 0.5, LON, NOW - 90))
        .await;
    desk.counters(2).await;
    let incidents = desk.incidents().await;
    let of_kind = |kind: u64| {
        incidents.iter().find(|i| i["kind"] == kind).unwrap()["id"]
            .as_u64()
            .unwrap()
    };
    let (mines, taken) = (of_kind(7), of_kind(12));

    let (status, problem) = desk
        .request(Method::GET, &format!("/api/incidents/{taken}/draft"), None)
        .await;
    assert_eq!(
        (status, &problem["type"]),
        (422, &json!("urn:lapwing:problem:never-public"))
    );

    let draft = desk.get(&format!("/api/incidents/{mines}/draft")).await;
    assert_eq!(draft["texts"]["uk"]["area"], "Оріхів");
    assert!(draft["radius_m"].as_f64().unwrap() >= 1_000.0);
    let place = Place::from_degrees(
        draft["lat"].as_f64().unwrap(),
        draft["lon"].as_f64().unwrap(),
    );
    assert!(
        place
            .unwrap()
            .is_rounded(lapwing_model::Precision::Metres1000)
    );

    let body = json!({"incident": mines});
    let (status, first) = desk
        .request(Method::POST, "/api/warnings", Some(body.clone()))
        .await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(first["by_rule"], false);
    let (status, problem) = desk
        .request(Method::POST, "/api/warnings", Some(body))
        .await;
    assert_eq!(
        (status, &problem["incident"]["warning"]),
        (409, &first["id"])
    );

    let mut texts = first["texts"].clone();
    texts["en"]["headline"] = json!("Mines on the verge");
    let body = json!({"incident": mines, "texts": texts, "severity": "Severe", "expires_s": 7200});
    let path = format!("/api/warnings/{}/update", first["id"].as_str().unwrap());
    let (status, second) = desk.request(Method::POST, &path, Some(body)).await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(second["texts"]["en"]["headline"], "Mines on the verge");
    assert_eq!(second["severity"], "Severe");
    assert_ne!(second["id"], first["id"]);

    // By any identifier of its chain.
    let path = format!("/api/warnings/{}/cancel", first["id"].as_str().unwrap());
    let (status, last) = desk.request(Method::POST, &path, None).await;
    assert_eq!((status, &last["state"]), (200, &json!("cancelled")));
    let (status, problem) = desk.request(Method::POST, &path, None).await;
    assert_eq!(
        (status, &problem["type"]),
        (409, &json!("urn:lapwing:problem:warning-over"))
    );
    let (status, _) = desk
        .request(
            Method::POST,
            "/api/warnings",
            Some(json!({"incident": mines, "severity": "Dire"})),
        )
        .await;
    assert_eq!(status, 400);

    // The public reads all three messages, each of which refers to those before.
    let bulletin = eventually("the cancellation in the bulletin", async || {
        let bulletin = world.bulletin(0, 1).await;
        let state = bulletin.warnings.first().map(|w| w.state);
        (state == Some(WarningState::Cancelled)).then_some(bulletin)
    })
    .await;
    let mut alerts = Vec::new();
    for file in bulletin.files.iter().filter(|f| f.name.ends_with(".xml")) {
        let url = format!("{}/v1/{}", world.relays[0].url, file.name);
        let text = world
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let alert = from_xml(&text).unwrap();
        assert_eq!(validate(&alert), []);
        alerts.push(alert);
    }
    alerts.sort_by_key(|alert| alert.references.len());
    let references: Vec<usize> = alerts.iter().map(|alert| alert.references.len()).collect();
    assert_eq!(references, [0, 1, 2]);
    assert!(lapwing_warn::in_force(&alerts, NOW + 10).is_empty());
    desk.stop().await;
    assert!(
        Desk::rebuild(&world.desk_dir(), &world.key())
            .unwrap()
            .identical
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hear_of_changes_as_they_come() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let mut phone = world.phone(1).await;
    let mut events = desk.events().await;
    let sent = std::time::Instant::now();
    world.send(&mut phone, &draft(1, LAT, LON, NOW - 90)).await;
    let mut text = String::new();
    let data = loop {
        let chunk = tokio::time::timeout(Duration::from_secs(10), events.chunk());
        text += std::str::from_utf8(&chunk.await.unwrap().unwrap().unwrap()).unwrap();
        if let Some((_, after)) = text.split_once("event: incidents\ndata: ")
            && let Some((data, _)) = after.split_once("\n\n")
        {
            break data.to_owned();
        }
    };
    assert!(text.contains("event: overview\n"));
    let changes: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(changes["changed"][0]["reports"], 1);
    assert!(
        sent.elapsed() < Duration::from_secs(5),
        "{:?}",
        sent.elapsed()
    );
    // The stream ends with the desk, so that it can stop.
    desk.stop().await;
}
