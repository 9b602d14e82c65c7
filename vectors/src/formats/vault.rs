//! `vault-content.json` and `vault-image.json`.

use anyhow::Result;
use lapwing_vault::{ContentError, Field, Image, ImageError, Params, VaultContent};
use serde_json::{Value, json};

use crate::world::rng;
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const VAULT_CONTENT: Format = Format {
    name: "vault-content",
    about: "VaultContent::decode: what lies in a slot of the vault, below its padding.",
    reasons: &["field", "malformed", "too-full"],
    context: || Value::Null,
    cases: content_cases,
    decide: decide_content,
};

pub(crate) const VAULT_IMAGE: Format = Format {
    name: "vault-image",
    about: "Image::parse: the header of a vault. Slots are not judged: here they are zeros.",
    reasons: &["length", "magic", "params", "rest", "version"],
    context: || Value::Null,
    cases: image_cases,
    decide: decide_image,
};

fn decide_content(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(match VaultContent::decode(&case.whole()?) {
        Ok(content) => Ok(Field::ALL
            .into_iter()
            .filter(|&field| !content.field(field).is_empty())
            .map(|field| (name(field).to_owned(), json!(content.field(field).len())))
            .collect::<serde_json::Map<_, _>>()
            .into()),
        Err(ContentError::Malformed) => Err(Refusal::plain("malformed")),
        Err(ContentError::Field(field)) => Err(Refusal::with("field", json!({ "field": field }))),
        Err(ContentError::TooFull {
            field,
            offered,
            limit,
        }) => Err(Refusal::with(
            "too-full",
            json!({ "field": name(field), "bytes": offered, "limit": limit }),
        )),
        Err(_) => panic!("a new reason needs a name and a vector"),
    })
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Identity => "identity",
        Field::Conversation => "conversation",
        Field::Passes => "passes",
        Field::Outbox => "outbox",
    }
}

fn content_cases() -> Vec<Case> {
    let case = Case::bytes;
    let mut whole = VaultContent::default();
    for field in Field::ALL {
        let bytes = [field.number(); 3];
        whole.put(field, &bytes).expect("three bytes fit");
    }
    let long = |field: u8, length: u16| {
        let head = [&[0xa1, field, 0x59][..], &length.to_be_bytes()].concat();
        [head, vec![0; usize::from(length)]].concat()
    };
    vec![
        case("nothing", &[0xa0], "ok", "a slot that was just claimed"),
        case("every field", &whole.encode(), "ok", ""),
        case("a full conversation", &long(2, 6_144), "ok", ""),
        case(
            "a conversation of one byte more",
            &long(2, 6_145),
            "too-full",
            "the limits together fit a slot",
        ),
        case(
            "an identity of one byte more",
            &long(1, 2_049),
            "too-full",
            "",
        ),
        case("field 0", &[0xa1, 0x00, 0x41, 7], "field", ""),
        case("field 5", &[0xa1, 0x05, 0x41, 7], "field", "of a later app"),
        case("no bytes", &[], "malformed", ""),
        case("no map", &[0x80], "malformed", ""),
        case(
            "a map without an end",
            &[0xbf, 0x01, 0x41, 7, 0xff],
            "malformed",
            "RFC 8949 4.2.1: definite lengths",
        ),
        case(
            "an empty field",
            &[0xa1, 0x01, 0x40],
            "malformed",
            "what is empty is left out",
        ),
        case(
            "out of order",
            &[0xa2, 0x02, 0x41, 7, 0x01, 0x41, 7],
            "malformed",
            "",
        ),
        case(
            "a field twice",
            &[0xa2, 0x01, 0x41, 7, 0x01, 0x41, 7],
            "malformed",
            "",
        ),
        case(
            "a longer head than needed",
            &[0xa1, 0x01, 0x58, 1, 7],
            "malformed",
            "RFC 8949 4.2.1: shortest forms",
        ),
        case("text for bytes", &[0xa1, 0x01, 0x61, 7], "malformed", ""),
        case("something behind", &[0xa0, 0x00], "malformed", ""),
        case("cut", &[0xa1, 0x01, 0x42, 7], "malformed", ""),
    ]
}

fn decide_image(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(match Image::parse(&case.whole()?) {
        Ok(image) => {
            let Params {
                memory_kib,
                passes,
                lanes,
            } = image.params();
            Ok(json!({
                "salt": hex::encode(image.salt()),
                "memory_kib": memory_kib,
                "passes": passes,
                "lanes": lanes,
            }))
        }
        Err(ImageError::Length(bytes)) => Err(Refusal::with("length", json!({ "bytes": bytes }))),
        Err(ImageError::Magic) => Err(Refusal::plain("magic")),
        Err(ImageError::Version(version)) => {
            Err(Refusal::with("version", json!({ "version": version })))
        }
        Err(ImageError::Params) => Err(Refusal::plain("params")),
        Err(ImageError::Rest) => Err(Refusal::plain("rest")),
        Err(_) => panic!("a new reason needs a name and a vector"),
    })
}

fn image_cases() -> Vec<Case> {
    let case = Case::bytes;
    let mut good = Image::fresh(&mut rng("vault")).as_bytes().to_vec();
    good[4_096..].fill(0);
    let set = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        bytes
    };
    vec![
        case("a header", &good, "ok", "every install has one like it"),
        case("nothing", &[], "length", ""),
        case("one byte less", &good[1..], "length", ""),
        case("one byte more", &[&good[..], &[0]].concat(), "length", ""),
        case("another file", &set(0, b'L'), "magic", ""),
        case("version 0", &set(15, 0), "version", ""),
        case("version 2", &set(15, 2), "version", ""),
        case(
            "less memory",
            &set(17, 0),
            "params",
            "a passphrase would be cheap to guess",
        ),
        case("more memory", &set(16, 1), "params", "the app would stop"),
        case("fewer passes", &set(23, 1), "params", ""),
        case("more lanes", &set(27, 2), "params", ""),
        case("something behind the salt", &set(44, 1), "rest", ""),
        case(
            "something at the end of the header",
            &set(4_095, 1),
            "rest",
            "",
        ),
    ]
}
