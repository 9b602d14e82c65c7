//! `whisper.json`.

use anyhow::{Context as _, Result};
use lapwing_model::{
    Danger, Form, GIST_BITS, Gist, GistError, Heading, Known, Manner, Observation, Place, Sector,
};
use lapwing_seal::{RootSecret, WhisperListener, WhisperSpeaker};
use lapwing_wire::{WHISPER_LEN, Whisper, WhisperError, WhisperKind};
use serde_json::{Value, json};

use super::{array, member, number};
use crate::{Case, Format, Refusal, Verdict};

/// When all of them are heard.
const HEARD: i64 = 1_796_000_000;
const ROOT: [u8; 32] = [0x57; 32];

pub(crate) const WHISPER: Format = Format {
    name: "whisper",
    about: "A whisper at the desk of the witness with the root secret `root`, who has said nothing before, heard at `heard`: Whisper::from_bytes, WhisperListener::open at whichever step opens it, Gist::from_bits, and Gist::observation with the bundled form and the sector `sector`.",
    reasons: &["form", "kind", "range", "spare", "unheard"],
    context,
    cases,
    decide,
};

fn context() -> Value {
    json!({
        "root": hex::encode(ROOT),
        "sector": sector().number(),
        "heard": HEARD,
    })
}

fn sector() -> Sector {
    Sector::around(Place::from_degrees(48.0159, 37.8028).expect("it is one"))
}

fn decide(context: &Value, case: &Case) -> Result<Verdict> {
    let bytes: [u8; WHISPER_LEN] = case.whole()?.try_into().ok().context("14 bytes")?;
    let root = RootSecret::from_bytes(array(member(context, "root")?)?);
    let sector = u32::try_from(number(context, "sector")?)?;
    let sector = Sector::from_number(sector).context("a sector")?;
    let whisper = match Whisper::from_bytes(&bytes) {
        Ok(whisper) => whisper,
        Err(WhisperError::Spare) => return Ok(Err(Refusal::plain("spare"))),
        Err(WhisperError::Kind(kind)) => {
            return Ok(Err(Refusal::with("kind", json!({ "kind": kind }))));
        }
        Err(_) => panic!("a new reason needs a name and a vector"),
    };
    let desk = WhisperListener::new(&root);
    let steps = desk.steps().into_iter();
    let opened = steps
        .filter(|(_, id)| *id == whisper.id)
        .find_map(|(step, _)| Some((step, desk.open(step, &whisper)?)));
    let Some((step, overheard)) = opened else {
        return Ok(Err(Refusal::plain("unheard")));
    };
    let heard = number(context, "heard")?;
    let form = Form::civil_protection();
    let said = Gist::from_bits(overheard.gist)
        .and_then(|gist| Ok((gist, gist.observation(&form, sector, heard)?)));
    Ok(said
        .map(|(gist, seen)| {
            json!({
                "step": step,
                "gist": hex::encode(&overheard.gist.to_be_bytes()[1..]),
                "answer": overheard.answer.words(),
                "kind": seen.kind,
                "place": [seen.place.lat_e7(), seen.place.lon_e7()],
                "off_m": seen.off_m,
                "seen": seen.seen,
                "seen_off_s": seen.seen_off_s,
                "count": seen.count,
                "heading": seen.heading.map(Heading::sector),
                "known": seen.known as u8,
                "phrase": gist.phrase,
                "drill": gist.drill,
                "duress": gist.duress,
            })
        })
        .map_err(|why| match why {
            GistError::Range(what) => Refusal::with("range", json!({ "what": what })),
            GistError::Form(what) => Refusal::with("form", json!({ "what": what })),
            _ => panic!("a new reason needs a name and a vector"),
        }))
}

fn seen() -> Observation {
    Observation {
        kind: 9,
        place: Place::from_degrees(48.1, 37.9).expect("it is one"),
        off_m: 0,
        seen: HEARD - 1_200,
        seen_off_s: 60,
        count: Some(17),
        heading: Heading::from_sector(2),
        known: Known::Seen,
        danger: Danger::None,
        note: String::new(),
    }
}

fn gist(seen: &Observation, manner: Manner) -> u64 {
    let form = Form::civil_protection();
    let gist = Gist::of(seen, manner, &form, sector(), HEARD);
    gist.expect("it fits").to_bits()
}

/// A gist of any 54 bits, said at a step.
fn said(step: u32, gist: u64) -> [u8; WHISPER_LEN] {
    let mut phone = WhisperSpeaker::new(&RootSecret::from_bytes(ROOT));
    for _ in 0..step {
        phone.say(WhisperKind::Report, 0);
    }
    phone.say(WhisperKind::Report, gist).0.to_bytes()
}

fn cases() -> Vec<Case> {
    let case = |name: &str, bytes: [u8; WHISPER_LEN], expect: &str, note: &str| {
        Case::bytes(name, &bytes, expect, note)
    };
    let column = gist(&seen(), Manner::default());
    let taken = Observation {
        kind: 12,
        seen: HEARD - 90 * 3_600,
        count: Some(1),
        heading: None,
        known: Known::Told,
        ..seen()
    };
    let practice = Manner {
        phrase: Some(7),
        drill: true,
        duress: false,
    };
    let forced = Manner {
        duress: true,
        ..Manner::default()
    };
    // The field whose last bit stands at `at` from the right, as another number.
    let with = |at: u32, width: u32, value: u64| {
        let mask = ((1 << width) - 1) << at;
        (column & !mask) | value << at
    };
    let first = said(0, column);
    let changed = |byte: usize, by: u8| {
        let mut bytes = first;
        bytes[byte] ^= by;
        bytes
    };
    assert_eq!(GIST_BITS, 54);
    vec![
        case(
            "a column on the road",
            first,
            "ok",
            "17 vehicles are said as 15",
        ),
        case(
            "somebody taken, told four days later",
            said(1, gist(&taken, Manner::default())),
            "ok",
            "slots of an hour reach back five days",
        ),
        case(
            "for practice, with a phrase",
            said(2, gist(&seen(), practice)),
            "ok",
            "",
        ),
        case("under duress", said(3, gist(&seen(), forced)), "ok", ""),
        case(
            "the last step of the window",
            said(31, column),
            "ok",
            "31 were lost",
        ),
        case(
            "the first step beyond the window",
            said(32, column),
            "unheard",
            "the phone must begin anew by envelope",
        ),
        case("all zero", [0; WHISPER_LEN], "unheard", ""),
        case("a bit of the id", changed(2, 1), "unheard", ""),
        case(
            "a bit of the sealed gist",
            changed(6, 1),
            "unheard",
            "the tag covers it",
        ),
        case("a bit of the tag", changed(12, 1), "unheard", ""),
        case(
            "another witness",
            {
                let mut other = WhisperSpeaker::new(&RootSecret::from_bytes([0x58; 32]));
                other.say(WhisperKind::Report, column).0.to_bytes()
            },
            "unheard",
            "",
        ),
        case("a spare bit", changed(13, 1), "spare", ""),
        case("the other spare bit", changed(13, 2), "spare", ""),
        case("of kind 1", changed(0, 0x40), "kind", "kept for later"),
        case("of kind 3", changed(0, 0xc0), "kind", ""),
        case(
            "kind 0 of the form",
            said(0, with(48, 6, 0)),
            "range",
            "sealed by this witness, and yet no gist",
        ),
        case("heading 9", said(0, with(12, 4, 9)), "range", ""),
        case(
            "known in a fourth way",
            said(0, with(10, 2, 3)),
            "range",
            "",
        ),
        case(
            "a kind that the form has not",
            said(0, with(48, 6, 63)),
            "form",
            "",
        ),
        case(
            "a phrase that the form has not",
            said(0, with(2, 8, 255)),
            "form",
            "",
        ),
        case(
            "a count where the kind takes none",
            said(0, with(48, 6, 24)),
            "form",
            "",
        ),
        case(
            "a heading where the kind takes none",
            said(0, (with(48, 6, 24) & !(0x1f << 16)) | 3 << 12),
            "form",
            "",
        ),
    ]
}
