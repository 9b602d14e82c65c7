//! Five words by a sheet of paper: read off the printed page, said over a call, once a row.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use lapwing_desk::{ClockMode, Desk};
use lapwing_words::{Language, Symbol};
use reqwest::Method;
use serde_json::{Value, json};

use crate::calls::Call;
use crate::cells::{Coordinator, counted};
use crate::common::{RunningDesk, World};

const UK: Language = Language::Ukrainian;

/// A printed page, in the hands of somebody with a pencil.
struct Paper(String);

impl Paper {
    async fn of(desk: &RunningDesk, coordinator: &Coordinator) -> (u64, Self) {
        let asked = json!({
            "label": "дід Остап", "language": "uk", "near": "оріхів", "clock_min": 120,
        });
        let made = coordinator
            .asks(desk, Method::POST, "/codebooks", asked)
            .await;
        let page = made["page"].as_str().unwrap().to_owned();
        (made["id"].as_u64().unwrap(), Self(page))
    }

    /// Number and share of what is printed so.
    fn code(&self, label: &str) -> [u16; 2] {
        let (_, behind) = self.0.split_once(&format!("<span>{label}</span>")).unwrap();
        let (line, _) = behind.split_once("</li>").unwrap();
        let numbers = line.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u16> = numbers.filter_map(|n| n.parse().ok()).collect();
        numbers.try_into().unwrap()
    }

    /// The cells of a row: name, first word, three numbers, check, answer.
    fn row(&self, name: &str) -> Vec<String> {
        let (_, behind) = self.0.split_once(&format!("<tr><td>{name}</td>")).unwrap();
        let (line, _) = behind.split_once("</tr>").unwrap();
        let cells = line.split("</td>").map(|cell| {
            let cell = cell.replace("<td>", "").replace("<b>", "");
            cell.replace("</b>", "")
        });
        cells.collect()
    }

    /// What is said of a missile, two to four of them, at a place today at noon; and the answer.
    fn words(&self, row: &str, place: &str) -> (Vec<String>, String) {
        let [kind, many, place, hour, way] =
            ["Ракета", "2–4", place, "12", "бачили сьогодні"].map(|label| self.code(label));
        let row = self.row(row);
        let number = |at: usize| row[at].parse::<u16>().unwrap();
        let shares = kind[1] + many[1] + place[1] + hour[1] + way[1];
        let sums = [
            kind[0] + many[0] + number(1),
            place[0] + number(2),
            hour[0] + way[0] + number(3),
            shares + number(4),
        ];
        let first = row[0].split(' ').next_back().unwrap().to_owned();
        let words = sums.map(|sum| UK.word(Symbol::new(sum % 2_048).unwrap()).to_owned());
        ([vec![first], words.to_vec()].concat(), row[5].clone())
    }
}

async fn report(desk: &RunningDesk, words: &[String]) -> Value {
    Call::begins(desk).await.types(words).await["report"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_by_a_sheet_is_heard_once_and_its_row_is_gone() {
    let world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let coordinator = Coordinator::founds(&desk).await;
    let (id, paper) = Paper::of(&desk, &coordinator).await;
    let (words, answer) = paper.words("1", "Оріхів");

    let call = Call::begins(&desk).await;
    assert_eq!(call.types(&words[..4]).await["report"], Value::Null);
    let mut misheard = words.clone();
    misheard[2] = paper.words("2", "Оріхів").0[2].clone();
    assert_eq!(call.types(&misheard).await["report"], Value::Null);
    let heard = call.types(&words).await["report"].clone();
    assert_eq!(heard["answer"], json!([answer]));
    assert_eq!((&heard["kind"], &heard["count"]), (&json!(3), &json!(3)));
    assert_eq!(heard["known"], "seen");
    assert!(
        (heard["lat"].as_f64().unwrap() - 47.57).abs() < 0.02,
        "{heard}"
    );
    // What is typed after it, and all five again, change nothing.
    assert_eq!(call.types(&words).await["report"], heard);
    assert_eq!(report(&desk, &words).await, Value::Null);
    counted(&desk, "accepted", 1).await;
    assert_eq!(desk.incidents().await[0]["id"], heard["incident"]);
    assert_eq!(coordinator.sees(&desk).await["codebooks"][0]["left"], 9);

    // The same holder's second report is no second person's.
    let second = report(&desk, &paper.words("2", "Оріхів").0).await;
    assert_eq!(second["incident"], heard["incident"]);
    assert_eq!(desk.incidents().await[0]["sources"], 1);

    // For practice.
    let drill = report(&desk, &paper.words("вправа", "Оріхів").0).await;
    assert_eq!(
        (&drill["drill"], &drill["incident"]),
        (&json!(true), &Value::Null)
    );
    counted(&desk, "accepted", 2).await;

    // After a start as before.
    desk.stop().await;
    assert!(
        Desk::rebuild(&world.desk_dir(), &world.key())
            .unwrap()
            .identical
    );
    let desk = world.desk().await;
    assert_eq!(report(&desk, &words).await, Value::Null);
    let coordinator = Coordinator::unlocks(1, &desk).await;
    assert_eq!(coordinator.sees(&desk).await["codebooks"][0]["left"], 8);
    let path = format!("/codebooks/{id}");
    coordinator
        .asks(&desk, Method::DELETE, &path, Value::Null)
        .await;
    let (third, _) = paper.words("3", "Оріхів");
    assert_eq!(report(&desk, &third).await, Value::Null);
    let seen = coordinator.sees(&desk).await;
    assert!(seen["codebooks"][0]["ended"].is_i64(), "{seen}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_whose_words_were_changed_ten_times_is_heard_no_more_that_day() {
    let world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let coordinator = Coordinator::founds(&desk).await;
    let (_, paper) = Paper::of(&desk, &coordinator).await;
    let (_, other) = Paper::of(&desk, &coordinator).await;
    let (words, _) = paper.words("1", "Оріхів");
    for n in 0..10 {
        let mut forged = words.clone();
        let check = UK.index(&words[4]).unwrap().value();
        forged[4] = UK
            .word(Symbol::new((check + 1 + n) % 2_048).unwrap())
            .to_owned();
        assert_eq!(report(&desk, &forged).await, Value::Null);
    }
    assert_eq!(report(&desk, &words).await, Value::Null);
    // Nobody else is kept from being heard.
    assert!(
        report(&desk, &other.words("1", "Оріхів").0)
            .await
            .is_object()
    );
    world.clock.forward(86_400);
    assert!(report(&desk, &words).await.is_object());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_made_by_a_coordinator_near_a_place_that_the_desk_knows() {
    let world = World::new(ClockMode::Live, 1).await;
    let desk = world.desk().await;
    let coordinator = Coordinator::founds(&desk).await;
    let asked = |near: &str, language: &str, clock: i16| json!({ "label": "дід", "language": language, "near": near, "clock_min": clock });
    let path = format!("/api/cells/{}/codebooks", coordinator.cell);
    let good = asked("Оріхів", "en", 120);
    let (status, _) = desk.request(Method::POST, &path, Some(good.clone())).await;
    assert_eq!(status, 403, "the cell is locked for whoever has no session");
    for bad in [
        asked("Атлантида", "uk", 120),
        asked("Оріхів", "fr", 120),
        asked("Оріхів", "uk", 900),
    ] {
        let header = [("lapwing-cell", coordinator.session.as_str())];
        let (status, why) = desk
            .request_with(Method::POST, &path, Some(bad), &header)
            .await;
        assert_eq!(status, 400, "{why}");
    }
    let made = coordinator
        .asks(&desk, Method::POST, "/codebooks", good)
        .await;
    assert!(made["page"].as_str().unwrap().contains("Five words"));
    // Another cell's coordinator cannot cancel it.
    let other = Coordinator::founds(&desk).await;
    let path = format!("/api/cells/{}/codebooks/{}", other.cell, made["id"]);
    let header = [("lapwing-cell", other.session.as_str())];
    let (status, _) = desk
        .request_with(Method::DELETE, &path, None, &header)
        .await;
    assert_eq!(status, 404);
    desk.stop().await;
}
