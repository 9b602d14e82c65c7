//! `PUT /api/calls/CALL`: the words so far. As soon as they are a report of somebody whom the desk knows it is in the
//! journal, and the answer has the two words to read back.

use axum::{
    Json,
    extract::{Path, State},
};
use lapwing_model::Observation;
use lapwing_words::{Language, Symbol, WORDS};

use super::{
    Desk,
    lines::Next,
    reading::{Reading, read},
};
use crate::{
    api::{
        incident_get::{heading, known, phrase},
        refused,
        types::{CallReport, CallView, CallWords},
    },
    hearing::{HeardByHand, HeardWhisper},
    refusal::Refusal,
};

/// A word said twice, and one more that nobody counts.
const TYPED_MAX: usize = WORDS + 2;
/// Longest text in place of a word, bytes.
const WORD_MAX: usize = 64;

pub(super) async fn call_put(
    State(desk): State<Desk>,
    Path(call): Path<String>,
    refused::Json(typed): refused::Json<CallWords>,
) -> Result<Json<CallView>, Refusal> {
    let language = Language::from_code(&typed.language).ok_or(Refusal::BadRequest("language"))?;
    if typed.words.len() > TYPED_MAX || typed.words.iter().any(|word| word.len() > WORD_MAX) {
        return Err(Refusal::BadRequest("words"));
    }
    let reading = read(language, &typed.words);
    let by_hand = match reading.by_hand() {
        Some(words) if desk.lines.is_new(&call, words.map(Symbol::value))? => {
            let heard = desk.writer.hear_by_hand(words).await;
            if heard.is_err() {
                desk.lines.untried_by_hand(&call, words.map(Symbol::value));
            }
            heard?.map(|heard| by_hand(language, heard))
        }
        _ => None,
    };
    if by_hand.is_some() {
        desk.lines.heard(&call, by_hand);
    }
    let (report, right) = match desk.lines.next(&call, reading.whispers.clone())? {
        Next::Heard(report) => (Some(*report), None),
        Next::Try(new, _) if new.is_empty() => (None, None),
        Next::Try(new, tries) => {
            let heard = desk.writer.hear(new.clone(), tries).await;
            if heard.is_err() {
                desk.lines.untried(&call, &new);
            }
            let (left, heard) = heard?;
            let right = heard.as_ref().map(|heard| heard.whisper);
            let report = heard.map(|heard| report(&desk, language, heard));
            desk.lines.done(&call, left, report.clone());
            (report, right)
        }
    };
    let (mended, slip) = reading.mended(language, right.as_ref());
    let Reading { places, code, .. } = reading;
    Ok(Json(CallView {
        places,
        code,
        mended,
        slip,
        report,
    }))
}

fn report(desk: &Desk, language: Language, heard: HeardWhisper) -> CallReport {
    let word = |place| Symbol::new(place).map_or("", |symbol| language.word(symbol));
    let answer = heard.answer.words().map(|place| word(place).to_owned());
    CallReport {
        incident: heard.incident,
        drill: heard.drill,
        duress: heard.duress,
        phrase: phrase(&desk.herald.form, heard.phrase),
        ..told(answer.to_vec(), heard.observation.as_ref())
    }
}

fn by_hand(language: Language, heard: HeardByHand) -> CallReport {
    CallReport {
        incident: heard.incident,
        drill: heard.drill,
        ..told(
            vec![language.word(heard.answer).to_owned()],
            heard.observation.as_ref(),
        )
    }
}

fn told(answer: Vec<String>, seen: Option<&Observation>) -> CallReport {
    CallReport {
        answer,
        incident: None,
        drill: false,
        duress: false,
        understood: seen.is_some(),
        kind: seen.map(|seen| seen.kind),
        lat: seen.map(|seen| seen.place.lat()),
        lon: seen.map(|seen| seen.place.lon()),
        off_m: seen.map(|seen| seen.off_m),
        seen: seen.map(|seen| seen.seen),
        seen_off_s: seen.map(|seen| seen.seen_off_s),
        count: seen.and_then(|seen| seen.count),
        heading: seen.and_then(heading),
        known: seen.map(|seen| known(seen).to_owned()),
        phrase: None,
    }
}
