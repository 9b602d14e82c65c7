//! A witness joins a cell, speaks, and is answered: phone, relay and desk, over HTTP.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]
use crate::common::{HandClock, NOW, RunningDesk, World, draft, eventually, holds};
use lapwing_desk::{Clock as _, ClockMode, Desk};
use lapwing_model::{Place, Sector};
use lapwing_seal::{BucketSecret, Content, Invite, InviteRefused};
use lapwing_wire::Envelope;
use lapwing_witness::{Message, Phone, PhoneError, Received, Standing};
use reqwest::Method;
use serde_json::{Value, json};

const PASSPHRASE: &str = "горіх під вікном";
pub(crate) const LAT: f64 = 47.57;
pub(crate) const LON: f64 = 35.79;

pub(crate) fn sector() -> Sector {
    Sector::around(Place::from_degrees(LAT, LON).unwrap())
}

/// A little more than a period of drops.
const LATER_S: i64 = 3_700;

/// A coordinator at the desk, with their cell open.
pub(crate) struct Coordinator {
    pub(crate) cell: u64,
    pub(crate) session: String,
}

impl Coordinator {
    pub(crate) async fn founds(desk: &RunningDesk) -> Self {
        let founding = json!({ "name": "двір", "passphrase": PASSPHRASE });
        let (status, made) = desk
            .request(Method::POST, "/api/cells", Some(founding))
            .await;
        assert_eq!(status, 201, "{made}");
        Self::of(&made)
    }

    pub(crate) async fn unlocks(cell: u64, desk: &RunningDesk) -> Self {
        let body = json!({ "passphrase": PASSPHRASE });
        let path = format!("/api/cells/{cell}/unlock");
        let (status, made) = desk.request(Method::POST, &path, Some(body)).await;
        assert_eq!(status, 200, "{made}");
        Self::of(&made)
    }

    fn of(unlocked: &Value) -> Self {
        Self {
            cell: unlocked["id"].as_u64().unwrap(),
            session: unlocked["session"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) async fn asks(
        &self,
        desk: &RunningDesk,
        method: Method,
        path: &str,
        body: Value,
    ) -> Value {
        let path = format!("/api/cells/{}{path}", self.cell);
        let (status, answer) = desk
            .request_with(
                method,
                &path,
                Some(body),
                &[("lapwing-cell", &self.session)],
            )
            .await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn sees(&self, desk: &RunningDesk) -> Value {
        let path = format!("/api/cells/{}", self.cell);
        let header = [("lapwing-cell", self.session.as_str())];
        let (status, view) = desk.request_with(Method::GET, &path, None, &header).await;
        assert_eq!(status, 200, "{view}");
        view
    }

    pub(crate) async fn invites(&self, desk: &RunningDesk) -> Invite {
        self.invites_as(desk, None).await
    }

    /// With the number of a witness: their decoy.
    async fn invites_as(&self, desk: &RunningDesk, duress_of: Option<u64>) -> Invite {
        let body = json!({ "label": "сусідка", "holds_s": 86_400, "duress_of": duress_of });
        let made = self.asks(desk, Method::POST, "/invites", body).await;
        let code = hex::decode(made["code"].as_str().unwrap()).unwrap();
        let invite = Invite::from_checked(&code.try_into().unwrap()).unwrap();
        for words in [&made["words"]["uk"], &made["words"]["en"]] {
            assert_eq!(words.as_str().unwrap().split(' ').count(), 8);
        }
        invite
    }
}

/// A phone of its own install.
pub(crate) async fn phone(world: &World, n: u8) -> Phone {
    let mut phone = world.phone(n).await;
    phone
        .recall(BucketSecret::from_bytes([n; 32]), None)
        .unwrap();
    phone
}

/// What the newest drop of the phone's bucket has for it.
pub(crate) async fn fetch(world: &World, phone: &mut Phone) -> Received {
    let get = async |path: &str| {
        let url = format!("{}{path}", world.relays[0].url);
        let answer = world.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap()
    };
    let now = world.clock.now();
    phone
        .accept_bulletin(&get("/v1/bulletin").await, now)
        .unwrap();
    let wanted = phone.wanted(now).unwrap();
    let drop = get(&wanted.path).await;
    phone.receive(wanted.bucket, &drop).unwrap()
}

/// An hour later: the desk, started again, makes other drops, and the relay has them.
pub(crate) async fn an_hour_later(world: &World, desk: RunningDesk) -> RunningDesk {
    let before = world.bulletin(0, 1).await.drops.unwrap().number;
    desk.stop().await;
    HandClock::forward(&world.clock, LATER_S);
    let desk = world.desk().await;
    eventually("other drops", async || {
        let drops = world.bulletin(0, 1).await.drops.unwrap();
        (drops.number > before).then_some(())
    })
    .await;
    desk
}

pub(crate) async fn counted(desk: &RunningDesk, name: &str, n: u64) {
    eventually(name, async || {
        let overview = desk.get("/api/overview").await;
        (overview["counters"][name] == n).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_joins_reports_writes_and_is_answered() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let coordinator = Coordinator::founds(&desk).await;
    let invite = coordinator.invites(&desk).await;
    let mut witness = phone(&world, 1).await;
    let now = world.clock.now();
    let asked = witness
        .enrol(&mut world.rng, invite.clone(), sector(), now)
        .unwrap();
    world.post(0, &asked).await;
    // Somebody else with the same slip of paper comes too late.
    let mut late = phone(&world, 2).await;
    let asked_late = late.enrol(&mut world.rng, invite, sector(), now).unwrap();
    world.post(0, &asked_late).await;
    counted(&desk, "enrolments", 2).await;

    let desk = an_hour_later(&world, desk).await;
    let received = fetch(&world, &mut witness).await;
    let welcome = received.welcome.unwrap();
    assert_eq!((received.replies, received.messages), (vec![], vec![]));
    assert_eq!(witness.standing(), Some(Standing::Known));
    let refusal = fetch(&world, &mut late).await.replies;
    let used = Content::Refused(InviteRefused::Used);
    assert!(refusal.iter().all(|reply| reply.content == used) && refusal.len() == 1);
    assert_eq!(late.standing(), None);

    let then = world.clock.now();
    // Two reports are one person's, and what is sent again, or later than what came after it, is
    // counted once.
    let mut sent: Vec<Envelope> = Vec::new();
    for minutes in [2, 1] {
        let now = world.clock.now();
        let seen = draft(1, LAT, LON, now - minutes * 60);
        sent.push(witness.report(&mut world.rng, &seen, now).unwrap());
    }
    let now = world.clock.now();
    sent.push(
        witness
            .message(&mut world.rng, "вода скінчилася", now)
            .unwrap(),
    );
    sent.push(
        witness
            .check_in(&mut world.rng, vec![welcome], None, now)
            .unwrap(),
    );
    for envelope in sent.iter().rev().chain(&sent) {
        world.post(0, envelope).await;
    }
    counted(&desk, "check_ins", 1).await;
    counted(&desk, "messages", 1).await;
    counted(&desk, "accepted", 2).await;
    let incidents = desk.incidents().await;
    assert_eq!(
        (&incidents[0]["sources"], &incidents[0]["reports"]),
        (&json!(1), &json!(2))
    );

    // What the coordinator writes is found by that phone and no other, and its coming is seen.
    let coordinator = Coordinator::unlocks(coordinator.cell, &desk).await;
    let text = json!({ "text": "Привеземо завтра." });
    let member = &coordinator.sees(&desk).await["members"][0]["id"];
    coordinator
        .asks(
            &desk,
            Method::POST,
            &format!("/members/{member}/messages"),
            text,
        )
        .await;
    let desk = an_hour_later(&world, desk).await;
    let answer = fetch(&world, &mut witness).await;
    assert_eq!(
        (answer.welcome, answer.replies, answer.unopened),
        (None, vec![], 0),
        "no welcome that was acknowledged"
    );
    let [Message { id, text, .. }] = &answer.messages[..] else {
        panic!("one message: {:?}", answer.messages);
    };
    assert_eq!(text, "Привеземо завтра.");
    let stranger = fetch(&world, &mut phone(&world, 1).await).await;
    assert_eq!(stranger, Received::default());
    let now = world.clock.now();
    let heard = witness
        .check_in(&mut world.rng, vec![*id], Some(false), now)
        .unwrap();
    world.post(0, &heard).await;
    counted(&desk, "check_ins", 2).await;
    let coordinator = Coordinator::unlocks(coordinator.cell, &desk).await;
    let view = coordinator.sees(&desk).await;
    let member = &view["members"][0];
    assert_eq!(
        (&member["label"], &member["well"]),
        (&json!("сусідка"), &json!(false))
    );
    let talk: Vec<_> = member["talk"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["by"].as_str().unwrap(), line["text"].as_str().unwrap()))
        .collect();
    assert_eq!(
        talk,
        [
            ("witness", "вода скінчилася"),
            ("coordinator", "Привеземо завтра.")
        ]
    );
    assert!(member["talk"][1]["came"].is_i64());
    assert_eq!(view["invites"][0]["state"], "used");

    // Beginning anew, the witness stays the same, once the desk has answered. Nothing can overtake the renewal before.
    let now = world.clock.now();
    let renewal = witness.renew(&mut world.rng, None, now).unwrap();
    assert_eq!(witness.standing(), Some(Standing::Asked));
    let early = witness.message(&mut world.rng, "чуєте?", now);
    assert!(matches!(early, Err(PhoneError::NotKnown)));
    world.post(0, &renewal).await;
    counted(&desk, "enrolments", 3).await;
    let desk = an_hour_later(&world, desk).await;
    assert!(fetch(&world, &mut witness).await.welcome.is_some());
    assert_eq!(witness.standing(), Some(Standing::Known));
    let now = world.clock.now();
    let again = witness
        .report(&mut world.rng, &draft(1, LAT, LON, then - 60), now)
        .unwrap();
    world.post(0, &again).await;
    counted(&desk, "accepted", 3).await;
    let incidents = desk.incidents().await;
    assert_eq!(
        (&incidents[0]["sources"], &incidents[0]["reports"]),
        (&json!(1), &json!(3))
    );

    desk.stop().await;
    assert!(
        Desk::rebuild(&world.desk_dir(), &world.key())
            .unwrap()
            .identical
    );
    for plain in [
        "вода скінчилася",
        "Привеземо",
        "сусідка",
        "двір",
        PASSPHRASE,
    ] {
        assert!(
            !holds(&world.desk_dir(), plain.as_bytes()),
            "{plain} lies open"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_at_a_step_that_the_desk_does_not_know_is_not_lost() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let coordinator = Coordinator::founds(&desk).await;
    let invite = coordinator.invites(&desk).await;
    let mut witness = phone(&world, 1).await;
    let asked = witness
        .enrol(&mut world.rng, invite, sector(), NOW)
        .unwrap();
    world.post(0, &asked).await;
    counted(&desk, "enrolments", 1).await;
    let desk = an_hour_later(&world, desk).await;
    fetch(&world, &mut witness).await;
    let now = world.clock.now();
    // Forty are sealed and lost with the phone's last connection; the one after them arrives.
    for _ in 0..40 {
        witness
            .report(&mut world.rng, &draft(1, LAT, LON, now - 60), now)
            .unwrap();
    }
    let beyond = witness
        .report(&mut world.rng, &draft(1, LAT, LON, now - 60), now)
        .unwrap();
    world.post(0, &beyond).await;
    let lost = witness.message(&mut world.rng, "чи чуєте?", now).unwrap();
    world.post(0, &lost).await;
    counted(&desk, "accepted", 1).await;
    let refused = eventually("the message to be refused", async || {
        let counters = desk.get("/api/overview").await["counters"].clone();
        counters["refused"].get(0).cloned()
    })
    .await;
    assert_eq!(refused, json!({ "reason": "author", "count": 1 }));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_decoy_reports_is_in_no_incident_and_a_rebuild_is_the_same() {
    let mut world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let coordinator = Coordinator::founds(&desk).await;
    let invite = coordinator.invites(&desk).await;
    let (mut own, mut decoy) = (phone(&world, 1).await, phone(&world, 2).await);
    let now = world.clock.now();
    let asked = own.enrol(&mut world.rng, invite, sector(), now).unwrap();
    world.post(0, &asked).await;
    counted(&desk, "enrolments", 1).await;
    let witness = coordinator.sees(&desk).await["members"][0]["id"].as_u64();
    let slip = coordinator.invites_as(&desk, witness).await;
    let asked = decoy.enrol(&mut world.rng, slip, sector(), now).unwrap();
    world.post(0, &asked).await;
    counted(&desk, "enrolments", 2).await;
    let desk = an_hour_later(&world, desk).await;
    for phone in [&mut own, &mut decoy] {
        fetch(&world, phone).await;
        assert_eq!(phone.standing(), Some(Standing::Known));
    }
    let now = world.clock.now();
    for phone in [&mut decoy, &mut own] {
        let seen = draft(1, LAT, LON, now - 60);
        let report = phone.report(&mut world.rng, &seen, now).unwrap();
        world.post(0, &report).await;
    }
    counted(&desk, "accepted", 1).await;
    counted(&desk, "messages", 1).await;
    let incidents = desk.incidents().await;
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0]["reports"], 1);
    let coordinator = Coordinator::unlocks(coordinator.cell, &desk).await;
    let view = coordinator.sees(&desk).await;
    assert_eq!(view["members"][0]["duress_since"], Value::Null);
    assert_eq!(view["members"][1]["duress_of"].as_u64(), witness);
    assert!(view["members"][1]["duress_since"].is_i64());
    assert_eq!(view["members"][1]["talk"][0]["report"]["kind"], 1);
    desk.stop().await;
    let rebuilt = Desk::rebuild(&world.desk_dir(), &world.key()).unwrap();
    assert!(rebuilt.identical);
}
