//! `reply.json` and `slot.json`.

use anyhow::{Context as _, Result};
use lapwing_seal::{
    Content, InviteRefused, REPLY_ADVANCE_MAX, REPLY_PLAINTEXT_LEN, REPLY_WINDOW, Reply,
    ReplyChains, ReplyChainsError, ReplyError, RootSecret, SEALED_MESSAGE_LEN, SealedMessage,
};
use lapwing_wire::{Drop, SLOT_LEN, SLOTS};
use serde_json::{Value, json};

use super::{array, member, number};
use crate::cbor::{head, map};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const REPLY: Format = Format {
    name: "reply",
    about: "Reply::decode: the 488 bytes that a slot of a drop seals.",
    reasons: &["encoding", "kind", "length", "padding", "type"],
    context: || Value::Null,
    cases,
    decide,
};

pub(crate) const SLOT: Format = Format {
    name: "slot",
    about: "ReplyChains::find: a phone with the root secret `root`, enrolled at the number `enrolled`, looks for its replies in a drop of `number` that has `slot` first and zeros after it.",
    reasons: &["not-ours", "past", "too-far", "unopened"],
    context: || json!({ "root": hex::encode(ROOT) }),
    cases: slots,
    decide: find,
};

const ROOT: [u8; 32] = [0x4c; 32];
const ENROLLED: u32 = 497_000;

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let bytes = case.whole()?;
    let plaintext = bytes
        .as_slice()
        .try_into()
        .context("the plaintext of a slot has 488 bytes")?;
    Ok(Reply::decode(plaintext)
        .map(|reply| value(&reply))
        .map_err(refusal))
}

fn value(reply: &Reply) -> Value {
    let id = reply.id;
    match &reply.content {
        Content::FromCell(sealed) => {
            json!({ "id": id, "kind": "from-cell", "sealed": hex::encode(sealed.as_bytes()) })
        }
        Content::Refused(why) => {
            let why = match why {
                InviteRefused::Used => "used",
                InviteRefused::Expired => "expired",
                InviteRefused::Revoked => "revoked",
                InviteRefused::Unknown => "unknown",
                _ => panic!("a new reason needs a name and a vector"),
            };
            json!({ "id": id, "kind": "refused", "why": why })
        }
        Content::Received { count, last } => {
            json!({ "id": id, "kind": "received", "count": count, "last": last })
        }
        Content::Renew => json!({ "id": id, "kind": "renew" }),
        _ => panic!("a new kind needs a name and a vector"),
    }
}

fn refusal(why: ReplyError) -> Refusal {
    match why {
        ReplyError::Type(kind) => Refusal::with("type", json!({ "type": kind })),
        ReplyError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        ReplyError::Padding => Refusal::plain("padding"),
        ReplyError::Kind(kind) => Refusal::with("kind", json!({ "kind": kind })),
        ReplyError::Encoding => Refusal::plain("encoding"),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

/// Type, length, body, zeros.
fn plaintext(kind: u8, body: &[u8]) -> [u8; REPLY_PLAINTEXT_LEN] {
    let mut out = [0; REPLY_PLAINTEXT_LEN];
    out[0] = kind;
    out[1..3].copy_from_slice(&(body.len() as u16).to_be_bytes());
    out[3..3 + body.len()].copy_from_slice(body);
    out
}

/// A message that only whoever has its key can open.
fn from_cell(id: u32, byte: u8) -> Reply {
    let sealed = SealedMessage::from_bytes(&[byte; SEALED_MESSAGE_LEN]);
    Reply {
        id,
        content: Content::FromCell(sealed.expect("it has the length")),
    }
}

fn cases() -> Vec<Case> {
    let octets = |n: usize| [head(2, n as u64), vec![0x5a; n]].concat();
    let int = |n: u64| head(0, n);
    let body = |members: &[(u64, Vec<u8>)]| plaintext(1, &map(members)).to_vec();
    let said = |sealed: Vec<u8>| body(&[(1, int(7)), (2, int(1)), (3, sealed)]);
    let ok = |name: &str, content: Content, note: &str| {
        let reply = Reply {
            id: u32::MAX,
            content,
        };
        Case::bytes(name, reply.encode().as_slice(), "ok", note)
    };
    let no = Case::bytes;
    let whole = from_cell(7, 0x5a).encode().to_vec();
    let renew = Reply {
        id: 7,
        content: Content::Renew,
    };
    let renew = renew.encode().to_vec();
    let set = |at: usize, to: u8| {
        let mut bytes = whole.clone();
        bytes[at] = to;
        bytes
    };
    let length = |to: u8| {
        let mut bytes = renew.clone();
        bytes[2] = to;
        bytes
    };
    vec![
        no("a message", &whole, "ok", "annotated in PROTOCOL.md"),
        ok(
            "a message with the longest id",
            from_cell(u32::MAX, 0x5a).content,
            "no byte is left over",
        ),
        ok(
            "an invite that was used",
            Content::Refused(InviteRefused::Used),
            "",
        ),
        ok(
            "an invite that has expired",
            Content::Refused(InviteRefused::Expired),
            "",
        ),
        ok(
            "an invite that was withdrawn",
            Content::Refused(InviteRefused::Revoked),
            "",
        ),
        ok(
            "an invite that nobody made",
            Content::Refused(InviteRefused::Unknown),
            "",
        ),
        ok(
            "reports received",
            Content::Received {
                count: 12,
                last: u32::MAX,
            },
            "",
        ),
        ok("renewal wanted", Content::Renew, ""),
        no("zeros", &[0; REPLY_PLAINTEXT_LEN], "type", ""),
        no("type 2", &set(0, 2), "type", "kept for later"),
        no("a length beyond the plaintext", &set(1, 0xff), "length", ""),
        no(
            "a length one beyond the plaintext",
            &{
                let mut bytes = whole.clone();
                bytes[1..3].copy_from_slice(&486_u16.to_be_bytes());
                bytes
            },
            "length",
            "",
        ),
        no(
            "padding that is not zero",
            &set(REPLY_PLAINTEXT_LEN - 1, 1),
            "padding",
            "",
        ),
        no(
            "a length one too short",
            &length(renew[2] - 1),
            "padding",
            "the last byte becomes padding",
        ),
        no(
            "a length one too long",
            &length(renew[2] + 1),
            "encoding",
            "a trailing byte",
        ),
        no("no body", &plaintext(1, &[]), "encoding", ""),
        no(
            "kind 2",
            &body(&[(1, int(7)), (2, int(2))]),
            "kind",
            "a welcome comes from the cell",
        ),
        no("kind 0", &body(&[(1, int(7)), (2, int(0))]), "kind", ""),
        no("kind 6", &body(&[(1, int(7)), (2, int(6))]), "kind", ""),
        no(
            "a message one byte short",
            &said(octets(SEALED_MESSAGE_LEN - 1)),
            "encoding",
            "its length says nothing of what is in it",
        ),
        no(
            "a message one byte long",
            &said(octets(SEALED_MESSAGE_LEN + 1)),
            "encoding",
            "",
        ),
        no(
            "a message as text",
            &said([head(3, 472), vec![b'x'; 472]].concat()),
            "encoding",
            "",
        ),
        no(
            "a message of nothing",
            &body(&[(1, int(7)), (2, int(1))]),
            "encoding",
            "",
        ),
        no(
            "a wish to renew with a message",
            &body(&[(1, int(7)), (2, int(5)), (3, octets(1))]),
            "encoding",
            "",
        ),
        no(
            "a refusal for no reason",
            &body(&[(1, int(7)), (2, int(3)), (5, int(0))]),
            "encoding",
            "",
        ),
        no(
            "a refusal for reason 5",
            &body(&[(1, int(7)), (2, int(3)), (5, int(5))]),
            "encoding",
            "",
        ),
        no(
            "an id of 2^32",
            &body(&[(1, int(1 << 32)), (2, int(5))]),
            "encoding",
            "",
        ),
        no(
            "an id in a longer form",
            &plaintext(1, &[0xa2, 1, 0x18, 7, 2, 5]),
            "encoding",
            "",
        ),
        no(
            "a map of indefinite length",
            &plaintext(1, &[0xbf, 1, 7, 2, 5, 0xff]),
            "encoding",
            "",
        ),
        no(
            "keys out of order",
            &body(&[(2, int(5)), (1, int(7))]),
            "encoding",
            "",
        ),
        no("a kind alone", &body(&[(2, int(5))]), "encoding", ""),
    ]
}

fn find(context: &Value, case: &Case) -> Result<Verdict> {
    let input = &Value::Object(case.members()?.clone());
    let root = RootSecret::from_bytes(array(member(context, "root")?)?);
    let u32_of = |name| -> Result<u32> { Ok(number(input, name)?.try_into()?) };
    let chains = ReplyChains::new(&root, u32_of("enrolled")?);
    let mut slots = [[0; SLOT_LEN]; SLOTS];
    slots[0] = array(member(input, "slot")?)?;
    let found = match chains.find(u32_of("number")?, &Drop::from_slots(&slots)) {
        Ok(found) => found,
        Err(ReplyChainsError::Past { .. }) => return Ok(Err(Refusal::plain("past"))),
        Err(ReplyChainsError::TooFar { .. }) => return Ok(Err(Refusal::plain("too-far"))),
        Err(why) => return Err(why.into()),
    };
    Ok(match (found.replies.as_slice(), found.unopened) {
        ([reply], 0) => Ok(value(reply)),
        ([], 1) => Err(Refusal::plain("unopened")),
        _ => Err(Refusal::plain("not-ours")),
    })
}

fn slots() -> Vec<Case> {
    let sealed = |from: u32, at: u32| {
        let replies = [1, 2, 3].map(|id| from_cell(id, id as u8));
        let replies: Vec<&Reply> = replies.iter().collect();
        let mut chains = ReplyChains::new(&RootSecret::from_bytes(ROOT), from);
        chains.seal(at, &replies).expect("the number is near")
    };
    let case = |name: &str, slot: &[u8], enrolled: u32, at: u32, expect: &str, note: &str| {
        let input = json!({ "slot": hex::encode(slot), "enrolled": enrolled, "number": at });
        Case::input(name, input, expect, note)
    };
    let at = ENROLLED + 40;
    let now = sealed(ENROLLED, at);
    let flipped = |byte: usize| {
        let mut slot = now[0];
        slot[byte] ^= 1;
        slot
    };
    let oldest = at + REPLY_WINDOW - 1;
    let mut moved = now[0];
    moved[..8].copy_from_slice(&now[1][..8]);
    let last = ENROLLED + REPLY_ADVANCE_MAX;
    vec![
        case(
            "index 0",
            &now[0],
            ENROLLED,
            at,
            "ok",
            "hint and key of number 497,040",
        ),
        case("index 2", &now[2], ENROLLED, at, "ok", ""),
        case(
            "at the number of the enrolment",
            &sealed(ENROLLED, ENROLLED)[0],
            ENROLLED,
            ENROLLED,
            "ok",
            "",
        ),
        case(
            "34 numbers ago",
            &now[0],
            ENROLLED,
            oldest,
            "ok",
            "the oldest of the window",
        ),
        case(
            "35 numbers ago",
            &now[0],
            ENROLLED,
            oldest + 1,
            "not-ours",
            "",
        ),
        case(
            "of the next number",
            &sealed(ENROLLED, at + 1)[0],
            ENROLLED,
            at,
            "not-ours",
            "",
        ),
        case(
            "as far as chains go",
            &sealed(ENROLLED, last)[0],
            ENROLLED,
            last,
            "ok",
            "366 days of hours",
        ),
        case(
            "farther than chains go",
            &now[0],
            ENROLLED,
            last + 1,
            "too-far",
            "the phone must renew",
        ),
        case("before the enrolment", &now[0], at + 1, at, "past", ""),
        case(
            "enrolled at another number",
            &now[0],
            ENROLLED + 1,
            at,
            "not-ours",
            "step 0 is at the enrolment",
        ),
        case(
            "random bytes",
            &[0xa5; SLOT_LEN],
            ENROLLED,
            at,
            "not-ours",
            "",
        ),
        case("a changed hint", &flipped(0), ENROLLED, at, "not-ours", ""),
        case("a changed reply", &flipped(8), ENROLLED, at, "unopened", ""),
        case(
            "a changed tag",
            &flipped(SLOT_LEN - 1),
            ENROLLED,
            at,
            "unopened",
            "",
        ),
        case(
            "the hint of another index",
            &moved,
            ENROLLED,
            at,
            "unopened",
            "another key, and the hint is associated data",
        ),
    ]
}
