//! `cell-message.json` and `sealed-message.json`.

use anyhow::{Context as _, Result};
use lapwing_seal::{
    CELL_MESSAGE_LEN, CellLabel, CellMessage, MessageKey, REPLY_TEXT_MAX, ReplyError, RootSecret,
    SealedMessage,
};
use serde_json::{Value, json};

use super::{array, member, number};
use crate::world::{NOW, rng};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const CELL_MESSAGE: Format = Format {
    name: "cell-message",
    about: "CellMessage::decode: the 444 bytes that a reply carries, opened.",
    reasons: &["encoding", "kind", "padding", "text", "time"],
    context: || Value::Null,
    cases,
    decide,
};

pub(crate) const SEALED_MESSAGE: Format = Format {
    name: "sealed-message",
    about: "MessageKey::open: a phone with the root secret `root` opens `sealed`, which came in the reply `id`.",
    reasons: &["seal"],
    context: || json!({ "root": hex::encode(ROOT) }),
    cases: sealed,
    decide: open,
};

const ROOT: [u8; 32] = [0x4c; 32];

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let bytes = case.whole()?;
    let plaintext = bytes.as_slice().try_into().context("444 bytes")?;
    Ok(CellMessage::decode(plaintext)
        .map(|message| value(&message))
        .map_err(refusal))
}

fn value(message: &CellMessage) -> Value {
    match message {
        CellMessage::Welcome { cell } => {
            json!({ "kind": "welcome", "cell": hex::encode(cell.as_bytes()) })
        }
        CellMessage::Text { at, text } => json!({ "kind": "text", "at": at, "text": text }),
        _ => panic!("a new kind needs a name and a vector"),
    }
}

fn refusal(why: ReplyError) -> Refusal {
    match why {
        ReplyError::Text(bytes) => Refusal::with("text", json!({ "bytes": bytes })),
        ReplyError::Time => Refusal::plain("time"),
        ReplyError::Padding => Refusal::plain("padding"),
        ReplyError::Kind(kind) => Refusal::with("kind", json!({ "kind": kind })),
        ReplyError::Encoding => Refusal::plain("encoding"),
        ReplyError::Seal => Refusal::plain("seal"),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn text(text: &str) -> CellMessage {
    CellMessage::Text {
        at: NOW,
        text: text.to_owned(),
    }
}

/// Kind, time, length as stated, text, zeros.
fn plaintext(kind: u8, at: i64, length: u16, text: &[u8]) -> [u8; CELL_MESSAGE_LEN] {
    let mut out = [0; CELL_MESSAGE_LEN];
    out[0] = kind;
    out[1..9].copy_from_slice(&at.to_be_bytes());
    out[9..11].copy_from_slice(&length.to_be_bytes());
    out[11..11 + text.len()].copy_from_slice(text);
    out
}

fn cases() -> Vec<Case> {
    let ok = |name: &str, message: &CellMessage, note: &str| {
        let bytes = message.encode().expect("it fits");
        Case::bytes(name, bytes.as_slice(), "ok", note)
    };
    let no = |name: &str, bytes: [u8; CELL_MESSAGE_LEN], expect: &str, note: &str| {
        Case::bytes(name, &bytes, expect, note)
    };
    let longest = "ж".repeat(REPLY_TEXT_MAX / 2);
    let mut padded = plaintext(1, NOW, 1, b"x");
    padded[CELL_MESSAGE_LEN - 1] = 1;
    vec![
        ok("a text", &text("Так"), "annotated in PROTOCOL.md"),
        ok(
            "the longest text",
            &text(&format!("{longest}x")),
            "no byte is left over",
        ),
        ok(
            "a welcome",
            &CellMessage::Welcome {
                cell: CellLabel::from_bytes([0x66; 8]),
            },
            "",
        ),
        no(
            "a byte after a welcome",
            {
                let mut bytes = [0; CELL_MESSAGE_LEN];
                bytes[0] = 2;
                bytes[9] = 1;
                bytes
            },
            "padding",
            "",
        ),
        no("zeros", [0; CELL_MESSAGE_LEN], "kind", ""),
        no("kind 3", plaintext(3, NOW, 1, b"x"), "kind", ""),
        no("an empty text", plaintext(1, NOW, 0, b""), "text", ""),
        no(
            "a text of 434 bytes",
            plaintext(1, NOW, 434, &[b'x'; REPLY_TEXT_MAX]),
            "text",
            "",
        ),
        no(
            "a text that is no UTF-8",
            plaintext(1, NOW, 1, &[0xff]),
            "encoding",
            "",
        ),
        no("a time before 1970", plaintext(1, -1, 1, b"x"), "time", ""),
        no("padding that is not zero", padded, "padding", ""),
        no(
            "a length one too short",
            plaintext(1, NOW, 1, b"xy"),
            "padding",
            "the last byte becomes padding",
        ),
    ]
}

fn open(context: &Value, case: &Case) -> Result<Verdict> {
    let input = &Value::Object(case.members()?.clone());
    let key = MessageKey::of(&RootSecret::from_bytes(array(member(context, "root")?)?));
    let id = u32::try_from(number(input, "id")?)?;
    let bytes = hex::decode(input["sealed"].as_str().context("`sealed`")?)?;
    let sealed = SealedMessage::from_bytes(&bytes).context("472 bytes")?;
    Ok(key
        .open(id, &sealed)
        .map(|message| value(&message))
        .map_err(refusal))
}

fn sealed() -> Vec<Case> {
    let seal = |root: [u8; 32], id: u32| {
        let key = MessageKey::of(&RootSecret::from_bytes(root));
        let sealed = key.seal(&mut rng("a message of a cell"), id, &text("Так"));
        sealed.expect("it fits").as_bytes().to_vec()
    };
    let case = |name: &str, sealed: &[u8], id: u32, expect: &str, note: &str| {
        let input = json!({ "sealed": hex::encode(sealed), "id": id });
        Case::input(name, input, expect, note)
    };
    let ours = seal(ROOT, 7);
    let flipped = |byte: usize| {
        let mut sealed = ours.clone();
        sealed[byte] ^= 1;
        sealed
    };
    vec![
        case("a text", &ours, 7, "ok", ""),
        case(
            "with the largest id",
            &seal(ROOT, u32::MAX),
            u32::MAX,
            "ok",
            "",
        ),
        case(
            "in another reply",
            &ours,
            8,
            "seal",
            "another key, and the id is associated data",
        ),
        case("to somebody else", &seal([0x4d; 32], 7), 7, "seal", ""),
        case("a changed nonce", &flipped(0), 7, "seal", ""),
        case("a changed text", &flipped(12), 7, "seal", ""),
        case("a changed tag", &flipped(471), 7, "seal", ""),
    ]
}
