//! What must hold after any schedule.

use std::collections::BTreeMap;

use lapwing_desk::drops::REPLY_KEEP_S;
use lapwing_seal::InviteRefused;
use lapwing_witness::Standing;
use serde_json::Value;

use crate::{
    person::{Person, SPOTS, spot},
    world::{LABELS, World},
};

/// For each spot, how many people and how many reports.
pub(crate) type Sources = Vec<(u64, u64)>;

/// Looks at everybody's end: the desk's counts, the coordinator's page, each phone. `weeks`: epochs have been closed and
/// phones were away for so long that letters were given up.
pub(crate) async fn holds(world: &mut World, weeks: bool) {
    let (counters, cell) = seen(world).await;
    counted_once(world, &counters, &cell, weeks);
    joined_once(world, &cell);
    came_once(world, &cell);
    if !weeks {
        reported_once(world).await;
    }
    assert!(world.rebuild().await, "derived again, it is another state");
    let before = everything(world).await;

    world.replay_everything().await;
    let (again, _) = seen(world).await;
    assert!(again["duplicates"].as_u64() > counters["duplicates"].as_u64());
    assert_eq!(
        everything(world).await,
        before,
        "a replay changed something"
    );
    let talks = |world: &World| -> Vec<_> { world.people.iter().map(|p| p.talk.clone()).collect() };
    let talks_before = talks(world);
    for _ in 0..2 {
        world.fair_round().await;
    }
    assert_eq!(
        talks(world),
        talks_before,
        "a replay changed what phones get"
    );
    assert!(world.rebuild().await, "derived again, it is another state");
}

/// People and reports at each spot.
pub(crate) async fn sources(world: &mut World) -> Sources {
    let incidents = world.pages().get("/api/incidents").await;
    let mut sources = vec![(0, 0); SPOTS];
    for incident in incidents["incidents"].as_array().unwrap() {
        let at = place(incident);
        sources[at].0 += incident["sources"].as_u64().unwrap();
        sources[at].1 += incident["reports"].as_u64().unwrap();
    }
    sources
}

fn place(incident: &Value) -> usize {
    let lat = incident["lat"].as_f64().unwrap();
    let near = |n: &usize| (spot(*n).0 - lat).abs() < 0.01;
    (0..SPOTS).find(near).unwrap()
}

async fn seen(world: &mut World) -> (Value, Value) {
    let overview = world.pages().get("/api/overview").await;
    let cell = world.pages().cell().await;
    (overview["counters"].clone(), cell)
}

/// What a replay must leave as it is: everything but the count of duplicates.
async fn everything(world: &mut World) -> (Value, Value, Value) {
    let (mut counters, cell) = seen(world).await;
    counters["duplicates"] = Value::Null;
    let incidents = world.pages().get("/api/incidents").await;
    (counters, cell, incidents["incidents"].clone())
}

fn counted_once(world: &World, counters: &Value, cell: &Value, weeks: bool) {
    let count = |of: fn(&Person) -> usize| world.people.iter().map(of).sum::<usize>();
    assert_eq!(
        counters["accepted"],
        count(|p| p.said.reports.len()),
        "reports"
    );
    assert_eq!(
        counters["messages"],
        count(|p| p.said.messages.len()),
        "messages"
    );
    assert_eq!(
        counters["enrolments"],
        count(|p| p.said.enrolments),
        "enrolments"
    );
    assert_eq!(
        counters["refused"],
        serde_json::json!([]),
        "nothing was refused"
    );
    let mut written: Vec<&str> = talk(cell, "witness").map(|(_, text, _)| text).collect();
    let said = world.people.iter().flat_map(|p| &p.said.messages);
    let mut said: Vec<&str> = said.map(String::as_str).collect();
    written.sort_unstable();
    said.sort_unstable();
    assert_eq!(written, said, "what witnesses wrote");
    let late = |(.., came): &(&str, &str, bool)| !came;
    if !weeks {
        assert_eq!(
            talk(cell, "coordinator").filter(late).count(),
            0,
            "acknowledged"
        );
    }
}

/// Lines of talk by one side: label of the member, text, whether it came.
fn talk<'a>(cell: &'a Value, by: &'a str) -> impl Iterator<Item = (&'a str, &'a str, bool)> {
    let members = cell["members"].as_array().unwrap();
    members.iter().flat_map(move |member| {
        let lines = member["talk"].as_array().unwrap().iter();
        lines.filter(move |line| line["by"] == by).map(|line| {
            let text = |value: &'a Value| value.as_str().unwrap();
            (
                text(&member["label"]),
                text(&line["text"]),
                !line["came"].is_null(),
            )
        })
    })
}

/// An invite lets in one phone, and whoever came second reads why not.
fn joined_once(world: &World, cell: &Value) {
    let members = cell["members"].as_array().unwrap();
    for (invite, label) in LABELS.iter().enumerate() {
        let asked: Vec<&Person> = world
            .people
            .iter()
            .filter(|p| p.asked == Some(invite))
            .collect();
        let joined: Vec<_> = asked.iter().filter(|p| is_known(p)).collect();
        let named = members
            .iter()
            .filter(|member| member["label"] == *label)
            .count();
        let expected = usize::from(!asked.is_empty());
        assert_eq!((joined.len(), named), (expected, expected), "{label}");
        for person in asked.iter().filter(|p| !is_known(p)) {
            assert_eq!(
                person.refused,
                Some(InviteRefused::Used),
                "person {}",
                person.n
            );
        }
    }
    let made_up = world
        .people
        .iter()
        .filter(|p| p.asked >= Some(LABELS.len()));
    for person in made_up {
        assert!(!is_known(person));
        assert_eq!(
            person.refused,
            Some(InviteRefused::Unknown),
            "person {}",
            person.n
        );
    }
}

fn is_known(person: &Person) -> bool {
    person.phone.standing() == Some(Standing::Known)
}

/// Every letter is in the one conversation that it is for, once, in order, unless it was given up; what is in no
/// conversation was.
fn came_once(world: &World, cell: &Value) {
    let mut expected: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for letter in &world.written {
        let invite = LABELS.iter().position(|label| *label == letter.to);
        let of = |p: &&Person| p.asked == invite && is_known(p);
        let person = world.people.iter().find(of).unwrap();
        let there = person
            .talk
            .values()
            .filter(|text| **text == letter.text)
            .count();
        assert!(there <= 1, "{} came {there} times", letter.text);
        if there == 0 {
            let waited = world.clocks.now() - letter.at;
            assert!(
                waited > REPLY_KEEP_S,
                "{} is lost after {waited} s",
                letter.text
            );
            let came = talk(cell, "coordinator").any(|(_, text, came)| text == letter.text && came);
            assert!(!came, "{} is said to have come", letter.text);
        } else {
            expected.entry(person.n).or_default().push(&letter.text);
        }
    }
    for person in &world.people {
        let talk: Vec<&str> = person.talk.values().map(String::as_str).collect();
        let expected = expected.remove(&person.n).unwrap_or_default();
        assert_eq!(talk, expected, "the conversation of person {}", person.n);
    }
}

/// Every report is in one incident at its spot, and as many people as spoke of a spot are its sources.
async fn reported_once(world: &mut World) {
    let incidents = world.pages().get("/api/incidents").await;
    let mut notes: Vec<(String, usize)> = Vec::new();
    for incident in incidents["incidents"].as_array().unwrap() {
        let path = format!("/api/incidents/{}", incident["id"]);
        let detail = world.pages().get(&path).await;
        for report in detail["reports"].as_array().unwrap() {
            notes.push((report["note"].as_str().unwrap().to_owned(), place(incident)));
        }
    }
    notes.sort();
    let said = world.people.iter().flat_map(|p| p.said.reports.clone());
    let mut said: Vec<(String, usize)> = said.collect();
    said.sort();
    assert_eq!(notes, said);
    let spoke = |at: usize| -> (u64, u64) {
        let of = |p: &Person| p.said.reports.values().filter(|spot| **spot == at).count() as u64;
        let counts: Vec<u64> = world.people.iter().map(of).collect();
        let people = counts.iter().filter(|n| **n > 0).count() as u64;
        (people, counts.iter().sum())
    };
    let expected: Sources = (0..SPOTS).map(spoke).collect();
    assert_eq!(
        sources(world).await,
        expected,
        "people and reports at each spot"
    );
}
