//! `codebook.json`.

use anyhow::{Context as _, Result};
use lapwing_codebook::{Book, Said, Sheet, Unopened};
use lapwing_model::{Known, Place};
use lapwing_words::{Language, Symbol};
use serde_json::{Value, json};

use super::{member, number};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const CODEBOOK: Format = Format {
    name: "codebook",
    about: "what a row of the sheet of a secret makes of a report (`row`, `said`), and what a desk that has burnt row 3 makes of five words (`words`).",
    reasons: &["check", "count", "entry", "row"],
    context,
    cases,
    decide,
};

const SECRET: [u8; 32] = [0x5a; 32];
const PLACES: [[i32; 2]; 3] = [
    [480_200_000, 378_100_000],
    [484_500_000, 379_000_000],
    [-10_000_000, -700_000_000],
];
const BURNT: usize = 3;
const SAID: Said = Said {
    kind: 9,
    count: 3,
    place: 2,
    hour: 14,
    yesterday: false,
    known: Known::Heard,
};

fn context() -> Value {
    json!({ "secret": hex::encode(SECRET), "places_e7": PLACES, "clock_min": 120, "burnt": BURNT })
}

fn sheet() -> Sheet {
    let place = |[lat, lon]: [i32; 2]| Place::from_e7(lat, i64::from(lon)).expect("it is on earth");
    Sheet::of(&SECRET, PLACES.map(place).to_vec(), 120).expect("three places")
}

fn known(name: &str) -> Option<Known> {
    [
        ("seen", Known::Seen),
        ("heard", Known::Heard),
        ("told", Known::Told),
    ]
    .into_iter()
    .find_map(|(known, value)| (known == name).then_some(value))
}

fn written(said: Said) -> Value {
    let known = match said.known {
        Known::Seen => "seen",
        Known::Heard => "heard",
        Known::Told => "told",
    };
    json!({
        "kind": said.kind,
        "count": said.count,
        "place": said.place,
        "hour": said.hour,
        "yesterday": said.yesterday,
        "known": known,
    })
}

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let input = Value::Object(case.members()?.clone());
    if input["said"].is_object() {
        let said = &input["said"];
        let small = |name: &str| -> Result<u8> { Ok(u8::try_from(number(said, name)?)?) };
        let said = Said {
            kind: small("kind")?,
            count: small("count")?,
            place: small("place")?,
            hour: small("hour")?,
            yesterday: said["yesterday"].as_bool().context("yesterday or not")?,
            known: known(member(said, "known")?).context("a way of knowing")?,
        };
        let row = usize::try_from(number(&input, "row")?)?;
        return Ok(match sheet().by_hand(row, said) {
            Some(words) => Ok(json!({ "words": words.map(Symbol::value) })),
            None => Err(Refusal::plain("entry")),
        });
    }
    let words = input["words"].as_array().context("words")?;
    let words: Option<Vec<Symbol>> = words
        .iter()
        .map(|word| Symbol::new(u16::try_from(word.as_u64()?).ok()?))
        .collect();
    let words = words.context("numbers below 2,048")?;
    let count = words.len();
    let Ok(words) = words.try_into() else {
        return Ok(Err(Refusal::with("count", json!({ "words": count }))));
    };
    let mut book = Book::default();
    book.enter(1, sheet());
    book.burn(1, BURNT).context("the row is there")?;
    Ok(match book.open(&words) {
        Ok(opened) => Ok(json!({
            "row": opened.row,
            "said": written(opened.said),
            "drill": opened.drill,
            "answer": opened.answer.value(),
            "answer_uk": Language::Ukrainian.word(opened.answer),
        })),
        Err(Unopened::Row) => Err(Refusal::plain("row")),
        Err(Unopened::Check) => Err(Refusal::plain("check")),
        Err(_) => panic!("a new reason needs a name and a vector"),
    })
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut by_hand = |name: &str, row: usize, said: Said, expect: &str| {
        let input = json!({ "row": row, "said": written(said) });
        cases.push(Case::input(name, input, expect, ""));
    };
    by_hand("a column heard on the road, by hand", 1, SAID, "ok");
    by_hand("no row", 11, SAID, "entry");
    for (name, said) in [
        ("a kind of none", Said { kind: 0, ..SAID }),
        ("a kind of seven bits", Said { kind: 64, ..SAID }),
        ("a step of counts too many", Said { count: 6, ..SAID }),
        ("no place", Said { place: 0, ..SAID }),
        ("a place that is not printed", Said { place: 4, ..SAID }),
        ("an hour too many", Said { hour: 24, ..SAID }),
    ] {
        by_hand(name, 1, said, "entry");
    }
    let sheet = sheet();
    let words = |row: usize| {
        let words = sheet.by_hand(row, SAID).expect("it can be said");
        words.map(Symbol::value).to_vec()
    };
    let mut heard = |name: &str, words: &[u16], expect: &str| {
        cases.push(Case::input(name, json!({ "words": words }), expect, ""));
    };
    heard("a column heard on the road", &words(1), "ok");
    heard("for practice", &words(0), "ok");
    heard("the last row", &words(10), "ok");
    heard("a row that was burnt", &words(BURNT), "row");
    let changed = |at: usize, by: u16| {
        let mut words = words(1);
        words[at] = (words[at] + by) % 2_048;
        words
    };
    heard("another first word", &changed(0, 1), "row");
    let mut other_row = words(1);
    other_row[0] = words(2)[0];
    heard("the first word of another row", &other_row, "check");
    heard("one more of what: another count", &changed(1, 1), "check");
    heard("eight more of what: another kind", &changed(1, 8), "check");
    heard("what stands for nothing", &changed(1, 1_024), "check");
    heard("another place", &changed(2, 1), "check");
    heard("a place that is not there", &changed(2, 100), "check");
    heard("another hour", &changed(3, 8), "check");
    heard("an hour too late", &changed(3, 80), "check");
    heard("another check", &changed(4, 1), "check");
    let mut both = changed(1, 8);
    both[4] = (both[4] + 8) % 2_048;
    heard(
        "another kind, and as much more of the check",
        &both,
        "check",
    );
    let mut swapped = words(1);
    swapped.swap(1, 2);
    heard("two neighbours changed over", &swapped, "check");
    heard("four words", &words(1)[..4], "count");
    heard("six words", &[words(1), vec![0]].concat(), "count");
    heard("no words", &[], "count");
    cases
}
