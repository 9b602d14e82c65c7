//! Fourteen words: over a call, by a gateway, for practice, under duress, and by nobody.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use crate::cells::{Coordinator, LAT, LON, an_hour_later, counted, fetch, phone, sector};
use crate::common::{NOW, RunningDesk, World, draft};
use lapwing_desk::{Clock as _, ClockMode};
use lapwing_model::Manner;
use lapwing_seal::{AnswerWords, Bearer, Forwarded, Frame, seal};
use lapwing_wire::{Whisper, WhisperKind};
use lapwing_witness::Phone;
use lapwing_words::{Language, Symbol, encode, pack};
use reqwest::Method;
use serde_json::{Value, json};

const UK: Language = Language::Ukrainian;
/// A kind of which the rules warn by themselves.
const MISSILE: u8 = 3;

/// A desk that knows as many witnesses of one cell.
async fn known(world: &mut World, count: u8) -> (RunningDesk, Coordinator, Vec<Phone>) {
    let desk = world.desk().await;
    let coordinator = Coordinator::founds(&desk).await;
    let mut phones = Vec::new();
    for n in 1..=count {
        let invite = coordinator.invites(&desk).await;
        let mut witness = phone(world, n).await;
        let now = world.clock.now();
        let asked = witness.enrol(&mut world.rng, invite, sector(), now);
        world.post(0, &asked.unwrap()).await;
        phones.push(witness);
    }
    counted(&desk, "enrolments", count.into()).await;
    let desk = an_hour_later(world, desk).await;
    for witness in &mut phones {
        fetch(world, witness).await;
    }
    (desk, coordinator, phones)
}

fn said(world: &World, phone: &mut Phone, manner: Manner) -> (Whisper, AnswerWords) {
    let now = world.clock.now();
    let seen = draft(MISSILE, LAT, LON, now - 60);
    phone.whisper(&seen, manner, now).unwrap()
}

fn words(whisper: &Whisper) -> Vec<String> {
    let words = encode(&pack(&whisper.to_bytes()).unwrap());
    words.map(|symbol| UK.word(symbol).to_owned()).to_vec()
}

fn answer(answer: AnswerWords) -> Value {
    json!(
        answer
            .words()
            .map(|place| UK.word(Symbol::new(place).unwrap()))
    )
}

/// A call during which words are typed.
pub(crate) struct Call<'a> {
    desk: &'a RunningDesk,
    path: String,
}

impl<'a> Call<'a> {
    pub(crate) async fn begins(desk: &'a RunningDesk) -> Self {
        let (status, begun) = desk.request(Method::POST, "/api/calls", None).await;
        assert_eq!(status, 201);
        let path = format!("/api/calls/{}", begun["call"].as_str().unwrap());
        Self { desk, path }
    }

    pub(crate) async fn types(&self, words: &[String]) -> Value {
        let typed = json!({ "language": "uk", "words": words });
        let (status, view) = self
            .desk
            .request(Method::PUT, &self.path, Some(typed))
            .await;
        assert_eq!(status, 200, "{view}");
        view
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_there_before_the_last_word_and_the_caller_hears_its_answer() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let (desk, _, mut phones) = known(&mut world, 1).await;
    let phrase = Some(3);
    let manner = Manner {
        phrase,
        ..Manner::default()
    };
    let (whisper, expected) = said(&world, &mut phones[0], manner);
    let mut typed = words(&whisper);
    let call = Call::begins(&desk).await;
    let early = call.types(&typed[..9]).await;
    assert_eq!(
        (&early["code"], &early["report"]),
        (&json!("short"), &Value::Null)
    );
    // The second was misheard, the third is nothing.
    typed[1] = words(&said(&world, &mut phones[0], manner).0)[13].clone();
    typed[2] = "ъъъ".into();
    let early = call.types(&typed[..10]).await;
    assert_eq!(early["places"][2]["state"], "unknown");
    assert_eq!(
        early["report"],
        Value::Null,
        "four are yet to come, and one is wrong"
    );
    let heard = call.types(&typed[..13]).await;
    let report = &heard["report"];
    assert_eq!(heard["code"], "mended");
    assert_eq!(heard["mended"], json!(words(&whisper)));
    assert_eq!(report["answer"], answer(expected));
    assert_eq!(report["kind"], MISSILE);
    assert_eq!(
        (&report["drill"], &report["duress"]),
        (&json!(false), &json!(false))
    );
    assert!(report["phrase"]["uk"].is_string());
    // What is typed after it changes nothing, and nothing is counted twice.
    assert_eq!(call.types(&typed).await["report"], *report);
    let again = Call::begins(&desk).await.types(&words(&whisper)).await;
    assert_eq!(
        (&again["code"], &again["report"]),
        (&json!("whole"), &Value::Null)
    );
    counted(&desk, "accepted", 1).await;
    let incidents = desk.incidents().await;
    assert_eq!(incidents[0]["id"], report["incident"]);
    let detail = desk
        .get(&format!("/api/incidents/{}", report["incident"]))
        .await;
    assert_eq!(detail["reports"][0]["bearer"], "call");
    assert_eq!(detail["reports"][0]["phrase"], report["phrase"]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_left_out_said_twice_or_swapped_is_found_by_the_tag() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let (desk, _, mut phones) = known(&mut world, 1).await;
    for slip in ["left-out", "said-twice", "swapped"] {
        let (whisper, expected) = said(&world, &mut phones[0], Manner::default());
        let meant = words(&whisper);
        let mut typed = meant.clone();
        match slip {
            "left-out" => drop(typed.remove(4)),
            "said-twice" => typed.insert(5, typed[4].clone()),
            // Two that changed places are two wrong words, which are mended by themselves; with a third it is a slip.
            _ => {
                typed.swap(4, 5);
                typed[9] = meant[0].clone();
            }
        }
        let view = Call::begins(&desk).await.types(&typed).await;
        assert_eq!(view["mended"], json!(meant), "{slip}");
        assert_eq!(view["slip"], json!({ "kind": slip, "at": 4 }));
        assert_eq!(view["report"]["answer"], answer(expected));
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whispers_alone_warn_nobody_and_with_one_envelope_they_do() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let (desk, _, mut phones) = known(&mut world, 6).await;
    let mut last = phones.pop().unwrap();
    for witness in &mut phones {
        let (whisper, _) = said(&world, witness, Manner::default());
        let view = Call::begins(&desk).await.types(&words(&whisper)).await;
        assert!(view["report"]["incident"].is_u64(), "{view}");
    }
    counted(&desk, "accepted", 5).await;
    let incidents = desk.incidents().await;
    assert_eq!((incidents.len(), &incidents[0]["sources"]), (1, &json!(5)));
    assert!(
        incidents[0]["confidence"].as_f64().unwrap() > 0.8,
        "sure enough for the rule"
    );
    assert_eq!(desk.get("/api/warnings").await["warnings"], json!([]));
    let now = world.clock.now();
    let seen = draft(MISSILE, LAT, LON, now - 60);
    let report = last.report(&mut world.rng, &seen, now).unwrap();
    world.post(0, &report).await;
    counted(&desk, "accepted", 6).await;
    let warnings = desk.get("/api/warnings").await["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 1);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn practice_and_duress_are_answered_as_usual_and_are_in_no_incident() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let (desk, coordinator, mut phones) = known(&mut world, 2).await;
    let drill = Manner {
        drill: true,
        ..Manner::default()
    };
    let (whisper, expected) = said(&world, &mut phones[0], drill);
    let view = Call::begins(&desk).await.types(&words(&whisper)).await;
    assert_eq!(view["report"]["answer"], answer(expected));
    assert_eq!(
        (&view["report"]["drill"], &view["report"]["incident"]),
        (&json!(true), &Value::Null)
    );
    let now = world.clock.now();
    let seen = draft(MISSILE, LAT, LON, now - 60);
    let practice = phones[0].drill(&mut world.rng, &seen, now).unwrap();
    world.post(0, &practice).await;
    counted(&desk, "drills", 2).await;

    let duress = Manner {
        duress: true,
        ..Manner::default()
    };
    let (whisper, expected) = said(&world, &mut phones[1], duress);
    let view = Call::begins(&desk).await.types(&words(&whisper)).await;
    assert_eq!(
        view["report"]["answer"],
        answer(expected),
        "nobody who listens notices"
    );
    assert_eq!(view["report"]["duress"], true);
    assert_eq!(desk.incidents().await, Vec::<Value>::new());

    let coordinator = Coordinator::unlocks(coordinator.cell, &desk).await;
    let view = coordinator.sees(&desk).await;
    let members = view["members"].as_array().unwrap();
    let mut drills: Vec<_> = members
        .iter()
        .map(|m| m["drills"].as_u64().unwrap())
        .collect();
    drills.sort_unstable();
    assert_eq!(drills, [0, 2]);
    let forced: Vec<_> = members
        .iter()
        .filter(|m| m["duress_since"].is_i64())
        .collect();
    assert_eq!(forced.len(), 1);
    assert_eq!(forced[0]["drills"], 0);
    assert_eq!(forced[0]["talk"][0]["report"]["kind"], MISSILE);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_forwards_is_taken_once_whichever_reading_is_right() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let (desk, _, mut phones) = known(&mut world, 1).await;
    let (whisper, _) = said(&world, &mut phones[0], Manner::default());
    let made_up = Whisper::new(
        WhisperKind::Report,
        whisper.id,
        whisper.sealed() ^ 1,
        whisper.tag,
    )
    .unwrap();
    let to = world.reception().await;
    let now = world.clock.now();
    let mut forward = |heard_at: i64, whispers: Vec<Whisper>| {
        let frame = Frame::Whisper(Forwarded {
            heard_at,
            bearer: Bearer::Text,
            whispers,
        });
        seal(&mut world.rng, &to, &frame).unwrap()
    };
    let junk = forward(now, vec![made_up]);
    // A time beyond what is taken at all uses no step up.
    let ancient = forward(0, vec![whisper]);
    // A clock that is ahead does no harm.
    let first = forward(i64::MAX, vec![made_up, whisper]);
    let second = forward(now, vec![whisper]);
    for envelope in [&junk, &ancient, &first, &second, &first] {
        world.post(0, envelope).await;
    }
    counted(&desk, "accepted", 1).await;
    counted(&desk, "duplicates", 1).await;
    let counters = desk.get("/api/overview").await["counters"].clone();
    assert_eq!(
        counters["refused"],
        json!([
            { "reason": "too-old", "count": 1 },
            { "reason": "whisper", "count": 1 },
        ])
    );
    let incidents = desk.incidents().await;
    let detail = desk
        .get(&format!("/api/incidents/{}", incidents[0]["id"]))
        .await;
    assert_eq!(detail["reports"][0]["bearer"], "text");
    desk.stop().await;
    assert!(world.clock.now() > NOW);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_guesses_is_told_nothing_and_soon_not_even_looked_at() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let (desk, _, mut phones) = known(&mut world, 1).await;
    let (whisper, _) = said(&world, &mut phones[0], Manner::default());
    let call = Call::begins(&desk).await;
    for n in 1..=64 {
        let guess = Whisper::new(
            WhisperKind::Report,
            whisper.id,
            whisper.sealed() ^ n,
            whisper.tag,
        );
        let view = call.types(&words(&guess.unwrap())).await;
        assert_eq!(
            (&view["code"], &view["report"]),
            (&json!("whole"), &Value::Null)
        );
    }
    // That was the day's share of failures for this witness, in this call and in others; the next day it is heard.
    assert_eq!(call.types(&words(&whisper)).await["report"], Value::Null);
    let another = Call::begins(&desk).await;
    assert_eq!(another.types(&words(&whisper)).await["report"], Value::Null);
    let junk: Vec<String> = (0..14).map(|_| "ъъъ".into()).collect();
    assert_eq!(another.types(&junk).await["code"], "short");
    let (status, _) = desk
        .request(
            Method::PUT,
            "/api/calls/none",
            Some(json!({ "language": "uk", "words": [] })),
        )
        .await;
    assert_eq!(status, 404);
    let many = json!({ "language": "uk", "words": vec!["дім"; 17] });
    let (status, _) = desk.request(Method::PUT, &another.path, Some(many)).await;
    assert_eq!(status, 400);
    desk.stop().await;
}
