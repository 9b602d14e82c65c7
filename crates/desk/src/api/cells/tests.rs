//! What the routes of cells do and refuse.

use axum::{
    body::Body,
    http::{Method, Response, StatusCode},
};
use http_body_util::BodyExt as _;
use lapwing_model::{Danger, Observation, Place, Precision, Sector};
use lapwing_seal::{
    BucketSecret, By, CellLabel, CellPublic, CheckIn, Enrolment, FieldSeed, Frame, Invite, Known,
    MESSAGE_MAX, Purpose, RootSecret, Said, Speaker as Phone, Statement,
};
use serde_json::{Value, json};

use super::coordinators::IDLE;
use crate::{
    api::tests::{Pages, pages, problem},
    opening::Opened,
};

const PASSPHRASE: &str = "сім весняних днів";
const DAY: i64 = 86_400;

impl Pages {
    /// A request with a session; an empty one for none.
    async fn say(
        &self,
        method: Method,
        path: &str,
        session: &str,
        body: Option<Value>,
    ) -> Response<Body> {
        let mut request = self.signed_in(method.as_str(), path);
        if !session.is_empty() {
            request = request.header("lapwing-cell", session);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.ask(request.body(body).unwrap()).await
    }

    async fn found(&self, name: &str) -> (u32, String) {
        let body = json!({ "name": name, "passphrase": PASSPHRASE });
        let answer = self.say(Method::POST, "/api/cells", "", Some(body)).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        session(&read(answer).await)
    }

    async fn view(&self, cell: u32, session: &str) -> Value {
        let path = format!("/api/cells/{cell}");
        let answer = self.say(Method::GET, &path, session, None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        read(answer).await
    }

    async fn invite(&self, cell: u32, session: &str, label: &str) -> Value {
        let path = format!("/api/cells/{cell}/invites");
        let body = json!({ "label": label, "holds_s": 3 * DAY });
        let answer = self.say(Method::POST, &path, session, Some(body)).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        read(answer).await
    }

    async fn second_slip(&self, cell: u32, session: &str, of: u32) -> Response<Body> {
        let path = format!("/api/cells/{cell}/invites");
        let body = json!({ "label": "сусідка", "holds_s": 3 * DAY, "duress_of": of });
        self.say(Method::POST, &path, session, Some(body)).await
    }

    async fn cut_off(&self, cell: u32, member: u32, session: &str) -> Response<Body> {
        let path = format!("/api/cells/{cell}/members/{member}");
        self.say(Method::DELETE, &path, session, None).await
    }

    async fn write(&self, cell: u32, member: u32, session: &str, text: &str) -> Response<Body> {
        let path = format!("/api/cells/{cell}/members/{member}/messages");
        let body = json!({ "text": text });
        self.say(Method::POST, &path, session, Some(body)).await
    }

    /// What came from a phone.
    async fn hear(&self, index: u8, frame: Frame) {
        let opened = Opened {
            index: i64::from(index),
            digest: [index; 32],
            relay_time: self.desk.hub.now(),
            leaf_salt: [0; 32],
            frame: Ok(frame),
        };
        let taken = self
            .desk
            .writer
            .take("test", i64::from(index) - 1, vec![opened]);
        taken.await.unwrap();
    }

    /// A phone that joined by an invite.
    async fn join(&self, index: u8, made: &Value) -> Phone {
        let code = hex::decode(made["code"].as_str().unwrap()).unwrap();
        let code: [u8; 11] = code.try_into().unwrap();
        let root = RootSecret::from_bytes([index; 32]);
        let phone = Phone::new(root.chain(Purpose::Mac));
        let enrolment = Enrolment {
            root,
            bucket: BucketSecret::from_bytes([index; 32]),
            drops: 1,
            sector: Sector::from_number(200_000).expect("a sector"),
            by: By::Invite(Invite::from_checked(&code).unwrap()),
        };
        self.hear(index, Frame::Enrolment(enrolment)).await;
        phone
    }

    async fn say_as(&self, index: u8, phone: &mut Phone, cell: u32, said: Said) {
        let (id, key) = phone.take();
        let known = Known::say((id, &key), self.label(cell), said);
        self.hear(index, Frame::Known(known)).await;
    }

    fn label(&self, cell: u32) -> CellLabel {
        let rows = self.desk.reader.cells().unwrap();
        let row = rows.iter().find(|row| row.id == cell).unwrap();
        CellPublic::parse(&row.public).unwrap().label()
    }

    /// The number of the witness who joined first.
    async fn first(&self, cell: u32, session: &str) -> u32 {
        let view = self.view(cell, session).await;
        u32::try_from(view["members"][0]["id"].as_u64().unwrap()).unwrap()
    }
}

fn statement(seed: u8, seen: i64) -> Statement {
    Statement {
        seed: FieldSeed::from_bytes([seed; 32]),
        observation: Observation {
            kind: 2,
            place: Place::from_degrees(48.0, 37.8)
                .unwrap()
                .rounded(Precision::Metres100),
            off_m: 300,
            seen,
            seen_off_s: 60,
            count: None,
            heading: None,
            known: lapwing_model::Known::Seen,
            danger: Danger::None,
            note: "колона на мосту".into(),
        },
        replayed_at: None,
    }
}

async fn read(answer: Response<Body>) -> Value {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

fn session(opened: &Value) -> (u32, String) {
    let id = u32::try_from(opened["id"].as_u64().unwrap()).unwrap();
    (id, opened["session"].as_str().unwrap().to_owned())
}

async fn is(answer: Response<Body>, status: StatusCode, name: &str, what: &str) {
    assert_eq!(problem(answer).await, (status, name.to_owned()), "{what}");
}

/// The requests that need an open cell.
fn within(cell: u32) -> Vec<(Method, String, Option<Value>)> {
    let path = |rest: &str| format!("/api/cells/{cell}{rest}");
    let invite = json!({ "label": "сусідка", "holds_s": DAY });
    let text = json!({ "text": "як ви?" });
    vec![
        (Method::GET, path(""), None),
        (Method::GET, path("?watch=true"), None),
        (Method::POST, path("/invites"), Some(invite)),
        (
            Method::DELETE,
            path(&format!("/invites/{}", "0".repeat(64))),
            None,
        ),
        (Method::POST, path("/members/1/messages"), Some(text)),
        (Method::DELETE, path("/members/1"), None),
    ]
}

#[tokio::test]
async fn a_witness_is_invited_joins_writes_and_gets_an_answer() {
    let pages = pages();
    let (cell, session) = pages.found("  Східний двір ").await;
    let made = pages.invite(cell, &session, "сусідка з п’ятого").await;
    let hash = made["id"].as_str().unwrap();
    let view = pages.view(cell, &session).await;
    assert_eq!(view["name"], "Східний двір");
    assert_eq!(view["members"], json!([]));
    assert_eq!(view["invites"][0]["state"], "open");
    assert_eq!(view["invites"][0]["id"], hash);
    assert!(!view.to_string().contains(made["code"].as_str().unwrap()));

    let mut phone = pages.join(1, &made).await;
    pages
        .say_as(2, &mut phone, cell, Said::Message("тут тихо".into()))
        .await;
    let witness = pages.first(cell, &session).await;
    assert_eq!(
        pages
            .write(cell, witness, &session, " як ви? ")
            .await
            .status(),
        StatusCode::ACCEPTED
    );
    let view = pages.view(cell, &session).await;
    let member = &view["members"][0];
    assert_eq!(view["invites"][0]["state"], "used");
    assert_eq!(member["label"], "сусідка з п’ятого");
    assert_eq!(member["check_in"], Value::Null);
    assert_eq!(member["talk"][0]["by"], "witness");
    assert_eq!(member["talk"][0]["text"], "тут тихо");
    assert_eq!(member["talk"][1]["by"], "coordinator");
    assert_eq!(member["talk"][1]["text"], "як ви?");
    assert_eq!(member["talk"][1]["came"], Value::Null);

    // Reply 1 told the phone that it has joined; 2 is the answer.
    let check_in = CheckIn {
        well: Some(false),
        acks: vec![1, 2],
    };
    pages
        .say_as(3, &mut phone, cell, Said::CheckIn(check_in))
        .await;
    // What the phone says by itself changes nothing of it.
    let there = Said::CheckIn(CheckIn::default());
    pages.say_as(4, &mut phone, cell, there).await;
    let member = &pages.view(cell, &session).await["members"][0];
    assert_eq!(member["well"], false);
    assert_eq!(member["check_in"], pages.desk.hub.now());
    assert_eq!(member["talk"][1]["came"], pages.desk.hub.now());

    // What was opened once is there for the next who unlocks, and not without.
    let lock = format!("/api/cells/{cell}/lock");
    let locked = pages.say(Method::POST, &lock, &session, None).await;
    assert_eq!(locked.status(), StatusCode::NO_CONTENT);
    let list = read(pages.say(Method::GET, "/api/cells", "", None).await).await;
    assert_eq!(
        list,
        json!({ "cells": [{ "id": cell, "made": pages.desk.hub.now() }] })
    );
    let unlock = format!("/api/cells/{cell}/unlock");
    let body = json!({ "passphrase": PASSPHRASE });
    let opened = pages.say(Method::POST, &unlock, "", Some(body)).await;
    assert_eq!(opened.status(), StatusCode::OK);
    let (_, again) = self::session(&read(opened).await);
    assert_ne!(again, session);
    assert_eq!(
        pages.view(cell, &again).await["members"][0]["talk"][0]["text"],
        "тут тихо"
    );
}

#[tokio::test]
async fn what_is_in_a_cell_needs_a_session_of_that_cell() {
    let pages = pages();
    let (ours, session) = pages.found("наш").await;
    let (theirs, other) = pages.found("їхній").await;
    pages
        .join(1, &pages.invite(ours, &session, "а").await)
        .await;
    for (method, path, body) in within(ours) {
        for session in ["", "0", "ї", other.as_str()] {
            let answer = pages
                .say(method.clone(), &path, session, body.clone())
                .await;
            is(answer, StatusCode::FORBIDDEN, "locked", &path).await;
        }
    }
    // Nor does the session of a cell say whether there is another.
    for (method, path, body) in within(theirs + 1) {
        let answer = pages
            .say(method.clone(), &path, &session, body.clone())
            .await;
        is(answer, StatusCode::FORBIDDEN, "locked", &path).await;
    }
    let view = pages.view(ours, &session).await;
    assert_eq!(view["members"][0]["talk"], json!([]));
    assert_eq!(view["invites"].as_array().unwrap().len(), 1);

    let lock = format!("/api/cells/{ours}/lock");
    for none in ["", "0", other.as_str()] {
        let answer = pages.say(Method::POST, &lock, none, None).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    pages.view(ours, &session).await;
    pages.view(theirs, &other).await;
    pages.say(Method::POST, &lock, &session, None).await;
    for (method, path, body) in within(ours) {
        let answer = pages.say(method, &path, &session, body).await;
        is(answer, StatusCode::FORBIDDEN, "locked", &path).await;
    }
    pages.view(theirs, &other).await;
}

#[tokio::test]
async fn what_another_cell_has_cannot_be_reached_from_an_open_one() {
    let pages = pages();
    let (ours, session) = pages.found("наш").await;
    let (theirs, other) = pages.found("їхній").await;
    let made = pages.invite(theirs, &other, "б").await;
    pages.join(1, &made).await;
    let open = pages.invite(theirs, &other, "в").await;
    let missing = |answer, what| is(answer, StatusCode::NOT_FOUND, "not-found", what);
    let witness = pages.first(theirs, &other).await;
    missing(
        pages.write(ours, witness, &session, "хто ви?").await,
        "their witness",
    )
    .await;
    missing(pages.write(ours, 9, &session, "хто ви?").await, "nobody").await;
    let hash = open["id"].as_str().unwrap();
    for invite in [hash, &"0".repeat(64), "x", &hash[..62]] {
        let path = format!("/api/cells/{ours}/invites/{invite}");
        missing(
            pages.say(Method::DELETE, &path, &session, None).await,
            invite,
        )
        .await;
    }
    let view = pages.view(theirs, &other).await;
    assert_eq!(view["invites"][0]["state"], "open");
    assert_eq!(view["members"][0]["talk"], json!([]));
}

#[tokio::test]
async fn numbers_that_are_none_name_nothing() {
    let pages = pages();
    let (cell, session) = pages.found("наш").await;
    let unlocking = json!({ "passphrase": PASSPHRASE });
    for id in ["x", "-1", "99999999999"] {
        let unlock = format!("/api/cells/{id}/unlock");
        let answer = pages
            .say(Method::POST, &unlock, "", Some(unlocking.clone()))
            .await;
        is(answer, StatusCode::NOT_FOUND, "not-found", &unlock).await;
        let lock = format!("/api/cells/{id}/lock");
        let answer = pages.say(Method::POST, &lock, &session, None).await;
        is(answer, StatusCode::NOT_FOUND, "not-found", &lock).await;
        let path = format!("/api/cells/{id}");
        let answer = pages.say(Method::GET, &path, &session, None).await;
        is(answer, StatusCode::NOT_FOUND, "not-found", &path).await;
        let path = format!("/api/cells/{cell}/members/{id}/messages");
        let body = json!({ "text": "як ви?" });
        let answer = pages.say(Method::POST, &path, &session, Some(body)).await;
        is(answer, StatusCode::NOT_FOUND, "not-found", &path).await;
    }
    let unlock = format!("/api/cells/{}/unlock", cell + 1);
    let answer = pages.say(Method::POST, &unlock, "", Some(unlocking)).await;
    is(
        answer,
        StatusCode::NOT_FOUND,
        "not-found",
        "a cell that is not there",
    )
    .await;
    let path = format!("/api/cells/{cell}?watch=perhaps");
    let answer = pages.say(Method::GET, &path, &session, None).await;
    is(answer, StatusCode::BAD_REQUEST, "bad-request", &path).await;
}

#[tokio::test]
async fn a_passphrase_opens_its_cell_and_no_other_does() {
    let pages = pages();
    let (cell, _) = pages.found("наш").await;
    let unlock = format!("/api/cells/{cell}/unlock");
    for passphrase in ["сім весняних ночей", "", "коротка"] {
        let body = json!({ "passphrase": passphrase });
        let answer = pages.say(Method::POST, &unlock, "", Some(body)).await;
        is(answer, StatusCode::FORBIDDEN, "passphrase", passphrase).await;
    }
}

#[tokio::test]
async fn what_is_too_short_or_too_long_is_refused_and_leaves_nothing() {
    let pages = pages();
    let bad = |answer, what| is(answer, StatusCode::BAD_REQUEST, "bad-request", what);
    let long = "ж".repeat(61);
    for (name, passphrase) in [
        ("двір", "сім дні".to_owned()),
        ("", PASSPHRASE.to_owned()),
        ("  ", PASSPHRASE.to_owned()),
        (&long, PASSPHRASE.to_owned()),
    ] {
        let body = json!({ "name": name, "passphrase": passphrase });
        bad(
            pages.say(Method::POST, "/api/cells", "", Some(body)).await,
            name,
        )
        .await;
    }
    let list = read(pages.say(Method::GET, "/api/cells", "", None).await).await;
    assert_eq!(list, json!({ "cells": [] }));

    let (cell, session) = pages.found(&"ж".repeat(60)).await;
    let invites = format!("/api/cells/{cell}/invites");
    for (label, holds_s) in [
        ("", DAY),
        (" ", DAY),
        (long.as_str(), DAY),
        ("сусідка", 0),
        ("сусідка", -1),
        ("сусідка", 90 * DAY + 1),
        ("сусідка", i64::MAX),
    ] {
        let body = json!({ "label": label, "holds_s": holds_s });
        bad(
            pages
                .say(Method::POST, &invites, &session, Some(body))
                .await,
            label,
        )
        .await;
    }
    assert_eq!(pages.view(cell, &session).await["invites"], json!([]));

    pages
        .join(1, &pages.invite(cell, &session, "а").await)
        .await;
    let witness = pages.first(cell, &session).await;
    for text in ["", " \n ", &"x".repeat(MESSAGE_MAX + 1), &"ж".repeat(281)] {
        bad(pages.write(cell, witness, &session, text).await, text).await;
    }
    assert_eq!(
        pages.view(cell, &session).await["members"][0]["talk"],
        json!([])
    );
    let longest = pages.write(cell, witness, &session, &"ж".repeat(280)).await;
    assert_eq!(longest.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_withdrawn_invite_lets_nobody_in() {
    let pages = pages();
    let (cell, session) = pages.found("наш").await;
    let made = pages.invite(cell, &session, "а").await;
    let path = format!("/api/cells/{cell}/invites/{}", made["id"].as_str().unwrap());
    // Twice is as good as once.
    for _ in 0..2 {
        let gone = pages.say(Method::DELETE, &path, &session, None).await;
        assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    }
    pages.join(1, &made).await;
    let view = pages.view(cell, &session).await;
    assert_eq!(view["invites"][0]["state"], "revoked");
    assert_eq!(view["members"], json!([]));
}

#[tokio::test]
async fn what_a_decoy_says_is_for_its_coordinator_alone_and_loud() {
    let pages = pages();
    let (cell, session) = pages.found("наш").await;
    let made = pages.invite(cell, &session, "сусідка").await;
    let mut own = pages.join(1, &made).await;
    let witness = pages.first(cell, &session).await;
    let slip = pages.second_slip(cell, &session, witness).await;
    assert_eq!(slip.status(), StatusCode::CREATED);
    let mut decoy = pages.join(2, &read(slip).await).await;
    let view = pages.view(cell, &session).await;
    assert_eq!(view["invites"][0]["duress_of"], witness);
    assert_eq!(view["invites"][1]["duress_of"], Value::Null);
    assert_eq!(view["members"][0]["duress_of"], Value::Null);
    let shown = &view["members"][1];
    assert_eq!(shown["duress_of"], witness);
    let forced = u32::try_from(shown["id"].as_u64().unwrap()).unwrap();

    // A conversation grows in it, and that it was opened says nothing yet.
    let written = pages.write(cell, forced, &session, "як здоров’я?").await;
    assert_eq!(written.status(), StatusCode::ACCEPTED);
    let there = CheckIn {
        acks: vec![1, 2],
        well: None,
    };
    pages
        .say_as(3, &mut decoy, cell, Said::CheckIn(there))
        .await;
    let shown = &pages.view(cell, &session).await["members"][1];
    assert_eq!(shown["check_in"], pages.desk.hub.now());
    assert_eq!(shown["duress_since"], Value::Null);
    assert_eq!(shown["talk"][0]["came"], pages.desk.hub.now());

    // What is said as the decoy is an alarm, and no incident.
    let now = pages.desk.hub.now();
    let report = |seed| Said::Report(statement(seed, now - 60));
    pages.say_as(4, &mut decoy, cell, report(1)).await;
    pages.say_as(5, &mut decoy, cell, report(1)).await;
    let view = pages.view(cell, &session).await;
    let shown = &view["members"][1];
    assert_eq!(shown["duress_since"], pages.desk.hub.now());
    assert_eq!(
        shown["talk"].as_array().unwrap().len(),
        2,
        "what comes twice is kept once"
    );
    assert_eq!(shown["talk"][1]["text"], "колона на мосту");
    assert_eq!(shown["talk"][1]["report"]["kind"], 2);
    assert_eq!(view["members"][0]["duress_since"], Value::Null);
    let list = pages.say(Method::GET, "/api/incidents", "", None).await;
    assert_eq!(read(list).await["incidents"], json!([]));
    let overview = read(pages.say(Method::GET, "/api/overview", "", None).await).await;
    assert_eq!(overview["counters"]["accepted"], 0);
    assert_eq!(
        overview["counters"]["messages"], 1,
        "nobody else is told that it was one"
    );
    // The same seen by the witness themselves is one.
    pages.say_as(6, &mut own, cell, report(2)).await;
    let overview = read(pages.say(Method::GET, "/api/overview", "", None).await).await;
    assert_eq!(overview["counters"]["accepted"], 1);

    // A decoy has no decoy, cannot be cut off, and a cell makes none for another's witness.
    let missing = |answer, what| is(answer, StatusCode::NOT_FOUND, "not-found", what);
    missing(
        pages.second_slip(cell, &session, forced).await,
        "of a decoy",
    )
    .await;
    let kept = pages.cut_off(cell, forced, &session).await;
    is(kept, StatusCode::BAD_REQUEST, "bad-request", "a decoy").await;
    let (theirs, other) = pages.found("їхній").await;
    missing(pages.second_slip(theirs, &other, witness).await, "theirs").await;
}

#[tokio::test]
async fn a_word_or_how_they_are_is_an_alarm_too() {
    let pages = pages();
    let (cell, session) = pages.found("наш").await;
    let made = pages.invite(cell, &session, "сусідка").await;
    pages.join(1, &made).await;
    let witness = pages.first(cell, &session).await;
    for (n, said) in [
        Said::Message("усе добре".into()),
        Said::CheckIn(CheckIn {
            acks: vec![],
            well: Some(true),
        }),
    ]
    .into_iter()
    .enumerate()
    {
        let slip = read(pages.second_slip(cell, &session, witness).await).await;
        let index = 10 + 2 * u8::try_from(n).unwrap();
        let mut decoy = pages.join(index, &slip).await;
        pages.say_as(index + 1, &mut decoy, cell, said).await;
        let shown = &pages.view(cell, &session).await["members"][1 + n];
        assert_eq!(shown["duress_since"], pages.desk.hub.now(), "{n}");
    }
}

#[tokio::test]
async fn a_phone_that_was_cut_off_is_nobodys_and_its_record_stays() {
    let pages = pages();
    let (cell, session) = pages.found("наш").await;
    let (theirs, other) = pages.found("їхній").await;
    let made = pages.invite(cell, &session, "сусідка").await;
    let mut phone = pages.join(1, &made).await;
    let witness = pages.first(cell, &session).await;
    let message = || Said::Message("тут тихо".into());
    pages.say_as(2, &mut phone, cell, message()).await;
    pages.write(cell, witness, &session, "як ви?").await;
    let missing = |answer, what| is(answer, StatusCode::NOT_FOUND, "not-found", what);
    missing(pages.cut_off(theirs, witness, &other).await, "theirs").await;
    missing(pages.cut_off(cell, witness ^ 1, &session).await, "nobody").await;

    let gone = pages.cut_off(cell, witness, &session).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let shown = &pages.view(cell, &session).await["members"][0];
    assert_eq!(shown["cut_off"], pages.desk.hub.now());
    assert_eq!(shown["talk"].as_array().unwrap().len(), 2);
    missing(pages.cut_off(cell, witness, &session).await, "twice").await;
    missing(
        pages.write(cell, witness, &session, "як ви?").await,
        "to it",
    )
    .await;
    missing(
        pages.second_slip(cell, &session, witness).await,
        "a decoy of it",
    )
    .await;

    pages.say_as(3, &mut phone, cell, message()).await;
    let report = Said::Report(statement(1, pages.desk.hub.now() - 60));
    pages.say_as(4, &mut phone, cell, report).await;
    let overview = read(pages.say(Method::GET, "/api/overview", "", None).await).await;
    let counters = &overview["counters"];
    assert_eq!(
        counters["refused"],
        json!([{ "reason": "author", "count": 1 }])
    );
    assert_eq!(counters["accepted"], 1, "as anybody's");
    let shown = &pages.view(cell, &session).await["members"][0];
    assert_eq!(shown["talk"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_cell_locks_itself_when_its_coordinator_has_gone() {
    let pages = pages();
    let (cell, session) = pages.found("наш").await;
    let path = format!("/api/cells/{cell}");
    let watch = format!("{path}?watch=true");
    let half = IDLE / 2;
    pages.desk.coordinators.age(half);
    pages.view(cell, &session).await;
    pages.desk.coordinators.age(half);
    // A page that asks by itself keeps nothing open.
    let watched = pages.say(Method::GET, &watch, &session, None).await;
    assert_eq!(watched.status(), StatusCode::OK);
    pages.desk.coordinators.age(half);
    for path in [&watch, &path] {
        let answer = pages.say(Method::GET, path, &session, None).await;
        is(answer, StatusCode::FORBIDDEN, "locked", path).await;
    }
}

#[tokio::test]
async fn the_secret_of_a_cell_goes_from_memory_though_nobody_asks() {
    let pages = pages();
    pages.found("наш").await;
    assert_eq!(pages.desk.coordinators.held(), 1);
    pages.desk.coordinators.age(IDLE);
    for _ in 0..200 {
        if pages.desk.coordinators.held() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the session is still there");
}
