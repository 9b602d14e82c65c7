//! `seal.json`: the same randomness gives the same envelope on every machine.

use anyhow::Result;
use lapwing_model::{Danger, Form, Known, PlaceError, Unfit};
use lapwing_wire::Bulletin;
use lapwing_witness::{ComposeError, Draft, Phone, PhoneError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{array, member, number, real};
use crate::world::{NOW, WEEK, random, root_key, secret, seed, small_bulletin};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const SEAL: Format = Format {
    name: "seal",
    about: "A new Phone(root_key, author, sequence) takes `bulletin` and reports `draft` with ChaCha20Rng of `seed`. \
        `seed` of the context is the X-Wing secret key of week `epoch`, so that the envelope can be opened.",
    reasons: &[
        "count",
        "future",
        "heading",
        "heading-not-taken",
        "kind",
        "no-key",
        "note",
        "place-latitude",
        "place-longitude",
        "used-up",
    ],
    context: || {
        let bulletin = Bulletin {
            form: Form::civil_protection().source().to_vec(),
            ..small_bulletin()
        };
        json!({
            "root_key": hex::encode(root_key().verifying_key().as_bytes()),
            "bulletin": hex::encode(bulletin.sign(&root_key())),
            "epoch": WEEK.0,
            "seed": hex::encode(secret(WEEK).seed()),
        })
    },
    cases,
    decide,
};

fn decide(context: &Value, case: &Case) -> Result<Verdict> {
    let input = Value::Object(case.members()?.clone());
    let sequence = u32::try_from(number(&input, "sequence")?)?;
    let mut phone = Phone::new(
        &array(member(context, "root_key")?)?,
        array(member(&input, "author")?)?,
        sequence,
    )?;
    // Whether the bulletin still holds is not what is asked here.
    phone.accept_bulletin(&hex::decode(member(context, "bulletin")?)?, NOW)?;
    let mut rng = ChaCha20Rng::from_seed(array(member(&input, "seed")?)?);
    let sealed = phone.report(&mut rng, &draft(&input["draft"])?, number(&input, "now")?);
    Ok(sealed
        .map(|envelope| {
            json!({
                "envelope": hex::encode(envelope.as_bytes()),
                "sha256": hex::encode(Sha256::digest(envelope.as_bytes())),
                "next_sequence": phone.next_sequence(),
            })
        })
        .map_err(|why| refusal(&why)))
}

fn draft(members: &Value) -> Result<Draft> {
    let optional = |name: &str| members[name].as_u64();
    Ok(Draft {
        kind: u8::try_from(number(members, "kind")?)?,
        lat: real(members, "lat")?,
        lon: real(members, "lon")?,
        off_m: u32::try_from(number(members, "off_m")?)?,
        seen: number(members, "seen")?,
        seen_off_s: u32::try_from(number(members, "seen_off_s")?)?,
        count: optional("count").map(u16::try_from).transpose()?,
        heading: optional("heading").map(u8::try_from).transpose()?,
        known: match member(members, "known")? {
            "seen" => Known::Seen,
            "heard" => Known::Heard,
            "told" => Known::Told,
            other => anyhow::bail!("{other} is no way of knowing"),
        },
        danger: match member(members, "danger")? {
            "none" => Danger::None,
            "some" => Danger::Some,
            "acute" => Danger::Acute,
            other => anyhow::bail!("{other} is no danger"),
        },
        note: member(members, "note")?.to_owned(),
    })
}

fn refusal(why: &PhoneError) -> Refusal {
    let PhoneError::Compose(why) = why else {
        return match why {
            PhoneError::NoKey(week) => Refusal::with("no-key", json!({ "week": week })),
            PhoneError::UsedUp => Refusal::plain("used-up"),
            _ => panic!("a new reason needs a name and a vector"),
        };
    };
    match why {
        ComposeError::Place(PlaceError::Latitude) => Refusal::plain("place-latitude"),
        ComposeError::Place(PlaceError::Longitude) => Refusal::plain("place-longitude"),
        ComposeError::Heading(sector) => Refusal::with("heading", json!({ "sector": sector })),
        ComposeError::Note(bytes) => Refusal::with("note", json!({ "bytes": bytes })),
        ComposeError::Future => Refusal::plain("future"),
        ComposeError::Unfit(Unfit::Kind(kind)) => Refusal::with("kind", json!({ "kind": kind })),
        ComposeError::Unfit(Unfit::Count) => Refusal::plain("count"),
        ComposeError::Unfit(Unfit::Heading) => Refusal::plain("heading-not-taken"),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn cases() -> Vec<Case> {
    let form = Form::civil_protection();
    let code = |name: &str| form.kind_named(name).expect("the form has it").code;
    let input = |name: &str| {
        json!({
            "seed": hex::encode(seed(&format!("phone, {name}"))),
            "author": hex::encode(random::<16>("author")),
            "sequence": 0,
            "now": NOW,
            "draft": {
                "kind": code("shelling"), "lat": 48.015_912_3, "lon": 37.802_812_3, "off_m": 400,
                "seen": NOW - 90, "seen_off_s": 300, "count": null, "heading": null,
                "known": "heard", "danger": "none", "note": "",
            },
        })
    };
    let case = |name: &str, change: &[(&str, Value)], expect: &str, note: &str| {
        let mut input = input(name);
        for (member, value) in change {
            *input.pointer_mut(member).expect("the member is there") = value.clone();
        }
        Case::input(name, input, expect, note)
    };
    vec![
        case(
            "shelling, three taps",
            &[],
            "ok",
            "nothing but kind and place was put in",
        ),
        case(
            "a column with all that can be said",
            &[
                ("/draft/kind", json!(code("forces_moving"))),
                ("/draft/count", json!(12)),
                ("/draft/heading", json!(3)),
                ("/draft/known", json!("seen")),
                ("/draft/danger", json!("acute")),
                ("/draft/note", json!("колона їде на північ")),
                ("/sequence", json!(41)),
            ],
            "ok",
            "",
        ),
        case(
            "mines, with the longest note",
            &[
                ("/draft/kind", json!(code("mines"))),
                ("/draft/note", json!("я".repeat(280))),
                ("/draft/known", json!("told")),
                ("/draft/danger", json!("some")),
            ],
            "ok",
            "560 bytes",
        ),
        case(
            "the last sequence but one",
            &[("/sequence", json!(u32::MAX - 1))],
            "ok",
            "",
        ),
        case(
            "the last sequence",
            &[("/sequence", json!(u32::MAX))],
            "used-up",
            "",
        ),
        case(
            "a note of 561 bytes",
            &[("/draft/note", json!("x".repeat(561)))],
            "note",
            "",
        ),
        case(
            "a kind that the form does not have",
            &[("/draft/kind", json!(63))],
            "kind",
            "",
        ),
        case(
            "a count where the kind takes none",
            &[("/draft/count", json!(1))],
            "count",
            "",
        ),
        case(
            "a heading where the kind takes none",
            &[
                ("/draft/kind", json!(code("fire"))),
                ("/draft/heading", json!(1)),
            ],
            "heading-not-taken",
            "",
        ),
        case(
            "a ninth direction",
            &[
                ("/draft/kind", json!(code("forces_moving"))),
                ("/draft/heading", json!(8)),
            ],
            "heading",
            "",
        ),
        case(
            "a latitude beyond the pole",
            &[("/draft/lat", json!(90.5))],
            "place-latitude",
            "",
        ),
        case(
            "a longitude beyond the antimeridian",
            &[("/draft/lon", json!(-180.5))],
            "place-longitude",
            "",
        ),
        case(
            "seen in the future",
            &[("/draft/seen", json!(NOW + 601))],
            "future",
            "ten minutes may be a slip of the clock",
        ),
        case(
            "a week for which there is no key",
            &[("/now", json!(NOW + 7 * 86_400))],
            "no-key",
            "",
        ),
    ]
}
