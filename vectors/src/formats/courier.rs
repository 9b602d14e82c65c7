//! `piece.json` and `bundle.json`.

use anyhow::{Context as _, Result};
use lapwing_courier::bundle::{ENTRY_LEN, HEAD_LEN, SUM_LEN};
use lapwing_courier::{
    BUNDLE_MAX, Bundle, BundleError, ID_MAX, Piece, PieceError, Pieces, TAG_LEN, tag_of,
};
use lapwing_seal::Frame;
use lapwing_wire::{Envelope, KeyEpoch};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::member;
use crate::world::{envelope, random, sealed};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const PIECE: Format = Format {
    name: "piece",
    about: "Piece::decode: what a QR code holds. `of` says whether it is a piece of the envelope in the context, by RFC 6330.",
    reasons: &["check", "length", "version"],
    context: || json!({ "envelope": hex::encode(envelope().as_bytes()) }),
    cases: pieces,
    decide: decide_piece,
};

pub(crate) const BUNDLE: Format = Format {
    name: "bundle",
    about: "Bundle::decode: envelopes in a file. Refused or not, `salvaged` are the tags of what is whole by itself.",
    reasons: &[
        "count", "envelope", "length", "magic", "spare", "sum", "tag", "version",
    ],
    context: || Value::Null,
    cases: bundles,
    decide: decide_bundle,
};

fn decide_piece(context: &Value, case: &Case) -> Result<Verdict> {
    let envelope = Envelope::from_bytes(&hex::decode(member(context, "envelope")?)?)
        .context("the context has an envelope")?;
    Ok(Piece::decode(&case.whole()?)
        .map(|piece| {
            json!({
                "tag": hex::encode(piece.tag),
                "id": piece.id(),
                "of": piece == Pieces::of(&envelope).piece(piece.id()),
            })
        })
        .map_err(|why| match why {
            PieceError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
            PieceError::Version(version) => Refusal::with("version", json!({ "version": version })),
            PieceError::Check => Refusal::plain("check"),
            _ => panic!("a new reason needs a name and a vector"),
        }))
}

fn pieces() -> Vec<Case> {
    let all = Pieces::of(&envelope());
    let first = all.piece(0).encode();
    let with = |at: usize, to: u8| {
        let mut bytes = first;
        bytes[at] = to;
        bytes
    };
    let mut foreign = all.piece(16);
    foreign.symbol[127] ^= 1;
    let case =
        |name: &str, bytes: &[u8], expect: &str, note: &str| Case::bytes(name, bytes, expect, note);
    let good = |name: &str, id: u32, note: &str| case(name, &all.piece(id).encode(), "ok", note);
    vec![
        good(
            "a piece",
            0,
            "annotated in PROTOCOL.md; the first 128 bytes of the envelope",
        ),
        good(
            "the last source symbol",
            15,
            "the last 128 bytes of the envelope",
        ),
        good(
            "the first repair symbol",
            16,
            "internal symbol 18: the block is extended to eighteen",
        ),
        good("symbol 1,000", 1_000, ""),
        good("the last symbol", ID_MAX, ""),
        case(
            "a symbol that is not of its envelope",
            &foreign.encode(),
            "ok",
            "only the envelope, once whole, is checked against the tag",
        ),
        case("nothing", &[], "length", ""),
        case("a byte too few", &first[..143], "length", ""),
        case(
            "a byte too many",
            &[&first[..], &[0]].concat(),
            "length",
            "",
        ),
        case("an invite", b"LAPWING:000102030405060708090A", "length", ""),
        case("version 0xc2", &with(0, 0xc2), "version", ""),
        case("version 1", &with(0, 1), "version", "an envelope begins so"),
        case("zeros", &[0; 144], "version", ""),
        case("another tag", &with(1, first[1] ^ 1), "check", ""),
        case("another number", &with(11, 1), "check", ""),
        case("another symbol", &with(12, first[12] ^ 1), "check", ""),
        case("another check", &with(143, first[143] ^ 1), "check", ""),
    ]
}

fn decide_bundle(_: &Value, case: &Case) -> Result<Verdict> {
    let bytes = case.whole()?;
    let salvaged: Vec<String> = Bundle::salvage(&bytes)
        .map(|saved| saved.envelopes)
        .unwrap_or_default()
        .iter()
        .map(|envelope| hex::encode(tag_of(envelope)))
        .collect();
    let also = |mut value: Value| {
        value["salvaged"] = json!(salvaged);
        value
    };
    let with = |reason, value| Refusal::with(reason, also(value));
    Ok(Bundle::decode(&bytes)
        .map(|bundle| also(json!({ "envelopes": bundle.envelopes().len() })))
        .map_err(|why| match why {
            BundleError::Length(bytes) => with("length", json!({ "bytes": bytes })),
            BundleError::Magic => with("magic", json!({})),
            BundleError::Version(version) => with("version", json!({ "version": version })),
            BundleError::Spare => with("spare", json!({})),
            BundleError::Count(count) => with("count", json!({ "count": count })),
            BundleError::Sum => with("sum", json!({})),
            BundleError::Tag(at) => with("tag", json!({ "at": at })),
            BundleError::Envelope(at) => with("envelope", json!({ "at": at })),
            _ => panic!("a new reason needs a name and a vector"),
        }))
}

/// Puts the digest at the end right again.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - SUM_LEN;
    let sum = Sha256::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&sum);
    bytes
}

fn bundles() -> Vec<Case> {
    let plain = |name: &str| {
        let header = Envelope::header_for(KeyEpoch(2_959), &random(name));
        let fill = [0x5a; 2_048 - 38];
        Envelope::from_bytes(&[&header[..], &fill].concat()).expect("it is one")
    };
    let whole = |envelopes: &[Envelope]| {
        Bundle::new(envelopes.to_vec())
            .expect("it is bounded")
            .encode()
    };
    let (one, two) = (plain("bundle 1"), plain("bundle 2"));
    let good = whole(&[one.clone(), two.clone()]);
    let with = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        bytes
    };
    let head = |count: u16| {
        let mut bytes = good.clone();
        bytes[6..8].copy_from_slice(&count.to_be_bytes());
        bytes
    };
    let second = HEAD_LEN + ENTRY_LEN;
    let mut unknown = good.clone();
    unknown[second + TAG_LEN] = 2;
    let cover = sealed("cover in a bundle", &Frame::Cover);
    let case =
        |name: &str, bytes: &[u8], expect: &str, note: &str| Case::bytes(name, bytes, expect, note);
    vec![
        case("two envelopes", &good, "ok", "annotated in PROTOCOL.md"),
        case("one, sealed", &whole(&[cover]), "ok", ""),
        case(
            "the same twice",
            &whole(&[one.clone(), one]),
            "ok",
            "salvaged once",
        ),
        case("nothing", &[], "length", ""),
        case("a head alone", &good[..HEAD_LEN], "length", ""),
        case(
            "a byte too few",
            &good[..good.len() - 1],
            "length",
            "both envelopes are whole",
        ),
        case(
            "a byte too many",
            &[&good[..], &[0]].concat(),
            "length",
            "both envelopes are whole",
        ),
        case(
            "the end is missing",
            &good[..second + 100],
            "length",
            "the first envelope is whole",
        ),
        case("three are announced", &head(3), "length", ""),
        case("none is announced", &head(0), "count", ""),
        case(
            "too many are announced",
            &head(BUNDLE_MAX as u16 + 1),
            "count",
            "",
        ),
        case("something else", &with(0, 0x89), "magic", ""),
        case("version 2", &with(4, 2), "version", ""),
        case("the spare byte", &with(5, 1), "spare", ""),
        case(
            "a changed envelope",
            &with(100, 1),
            "sum",
            "the second is whole",
        ),
        case(
            "a changed digest",
            &with(good.len() - 1, good[good.len() - 1] ^ 1),
            "sum",
            "",
        ),
        case(
            "another tag, summed",
            &summed(with(8, good[8] ^ 1)),
            "tag",
            "",
        ),
        case(
            "another version of envelopes, summed",
            &summed(unknown),
            "envelope",
            "",
        ),
    ]
}
