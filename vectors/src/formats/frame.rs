//! `frame.json`.

mod enrolled;

use anyhow::{Context as _, Result};
use lapwing_model::Observation;
use lapwing_seal::{By, Frame, FrameError, Report, Said};
use lapwing_wire::PLAINTEXT_LEN;
use serde_json::{Value, json};

use super::observation;
use crate::cbor::{head, map};
use crate::world::{NOW, report, shelling};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const FRAME: Format = Format {
    name: "frame",
    about: "Frame::decode: the 874 bytes that an envelope seals.",
    reasons: &["encoding", "length", "observation", "padding", "type"],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    let bytes = case.whole()?;
    let plaintext = bytes
        .as_slice()
        .try_into()
        .context("a plaintext has 874 bytes")?;
    Ok(Frame::decode(plaintext)
        .map(|frame| value(&frame))
        .map_err(|why| refusal(&why)))
}

/// The members by the names of the fields.
pub(crate) fn value(frame: &Frame) -> Value {
    match frame {
        Frame::Cover => json!({ "type": "cover" }),
        Frame::Report(report) => json!({
            "type": "report",
            "author": hex::encode(report.author),
            "sequence": report.sequence,
            "seed": hex::encode(report.seed.as_bytes()),
            "observation": observation::value(&report.observation),
            "replayed_at": report.replayed_at,
        }),
        Frame::Enrolment(enrolment) => {
            let by = match &enrolment.by {
                By::Invite(invite) => json!({ "invite": hex::encode(invite.secret()) }),
                By::Renewal { id, cell, mac } => json!({
                    "step": hex::encode(id),
                    "cell": hex::encode(cell.as_bytes()),
                    "mac": hex::encode(mac),
                }),
            };
            json!({
                "type": "enrolment",
                "root": hex::encode(enrolment.root.as_bytes()),
                "bucket": hex::encode(enrolment.bucket.as_bytes()),
                "drops": enrolment.drops,
                "sector": enrolment.sector.number(),
                "by": by,
            })
        }
        Frame::Whisper(forwarded) => json!({
            "type": "whisper",
            "heard_at": forwarded.heard_at,
            "bearer": forwarded.bearer as u8,
            "whispers": forwarded
                .whispers
                .iter()
                .map(|whisper| hex::encode(whisper.to_bytes()))
                .collect::<Value>(),
        }),
        Frame::Known(known) => {
            let said = match &known.said {
                Said::CheckIn(check_in) => {
                    json!({ "type": "check-in", "acks": check_in.acks, "well": check_in.well })
                }
                Said::Media(symbol) => json!({
                    "type": "media symbol",
                    "report": hex::encode(symbol.report),
                    "photo": hex::encode(symbol.photo),
                    "length": symbol.length,
                    "id": symbol.id,
                    "symbol": hex::encode(symbol.symbol.as_slice()),
                }),
                Said::Message(text) => json!({ "type": "message", "text": text }),
                Said::Report(statement) | Said::Drill(statement) => json!({
                    "type": match known.said {
                        Said::Drill(_) => "drill",
                        _ => "report",
                    },
                    "seed": hex::encode(statement.seed.as_bytes()),
                    "observation": observation::value(&statement.observation),
                    "replayed_at": statement.replayed_at,
                }),
                _ => panic!("a new thing to say needs a name and a vector"),
            };
            json!({
                "type": "known",
                "step": hex::encode(known.id),
                "mac": hex::encode(known.mac),
                "cell": hex::encode(known.cell.as_bytes()),
                "said": said,
            })
        }
        _ => panic!("a new frame needs a name and a vector"),
    }
}

pub(crate) fn refusal(why: &FrameError) -> Refusal {
    match why {
        FrameError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        FrameError::Padding => Refusal::plain("padding"),
        FrameError::Type(kind) => Refusal::with("type", json!({ "type": kind })),
        FrameError::Encoding => Refusal::plain("encoding"),
        FrameError::Observation(why) => {
            let inner = observation::refusal(why);
            Refusal::with(
                "observation",
                json!({ "reason": inner.reason, "value": inner.value }),
            )
        }
        _ => panic!("a new reason needs a name and a vector"),
    }
}

/// Type, length, body, zeros.
pub(crate) fn plaintext(kind: u8, body: &[u8]) -> [u8; PLAINTEXT_LEN] {
    let mut out = [0; PLAINTEXT_LEN];
    out[0] = kind;
    out[1..3].copy_from_slice(&(body.len() as u16).to_be_bytes());
    out[3..3 + body.len()].copy_from_slice(body);
    out
}

/// The entries of a report's body.
pub(crate) fn entries(observation: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let report = report();
    let bytes = |b: &[u8]| [head(2, b.len() as u64), b.to_vec()].concat();
    vec![
        (1, bytes(&report.author)),
        (2, head(0, u64::from(report.sequence))),
        (3, bytes(report.seed.as_bytes())),
        (4, bytes(observation)),
    ]
}

fn cases() -> Vec<Case> {
    let seen = shelling().encode();
    let entries = || entries(&seen);
    let with = |n: usize, value: Vec<u8>| {
        let mut all = entries();
        all[n].1 = value;
        map(&all)
    };
    let framed = |body: &[u8]| plaintext(1, body).to_vec();
    let ok = |name: &str, report: Report, note: &str| {
        let bytes = Frame::Report(report).encode().expect("it fits");
        Case::bytes(name, bytes.as_slice(), "ok", note)
    };
    let no =
        |name: &str, bytes: &[u8], expect: &str, note: &str| Case::bytes(name, bytes, expect, note);
    let whole = framed(&map(&entries()));
    let length = usize::from(u16::from_be_bytes([whole[1], whole[2]]));
    let set = |at: usize, to: u8| {
        let mut bytes = whole.clone();
        bytes[at] = to;
        bytes
    };
    let replayed = |value: Vec<u8>| {
        let mut all = entries();
        all.push((5, value));
        all
    };
    let mut swapped = entries();
    swapped.swap(0, 1);
    let mut renamed = entries();
    renamed[3].0 = 5;
    let mut six = replayed(head(0, 0));
    six.push((6, head(0, 0)));
    let kind_zero = [&[0xa7, 1, 0], &seen[3..]].concat();
    let note = [&[0xa8], &seen[1..], &[0x0a, 0x60]].concat();
    let octets = |b: &[u8]| [head(2, b.len() as u64), b.to_vec()].concat();
    let mut cases = vec![
        no("cover", &plaintext(0, &[]), "ok", "874 zeros"),
        ok(
            "a report",
            Report {
                observation: shelling(),
                ..report()
            },
            "annotated in PROTOCOL.md",
        ),
        ok("a report with every field", report(), ""),
        ok(
            "a replayed report",
            Report {
                replayed_at: Some(NOW - 86_400),
                ..report()
            },
            "a live desk refuses it",
        ),
        ok(
            "the longest report",
            Report {
                sequence: u32::MAX,
                replayed_at: Some(i64::MAX),
                observation: Observation {
                    note: "x".repeat(lapwing_model::NOTE_MAX),
                    off_m: u32::MAX,
                    seen_off_s: u32::MAX,
                    count: Some(u16::MAX),
                    ..report().observation
                },
                ..report()
            },
            "shows what is left of the 874 bytes",
        ),
        no("cover with a body", &plaintext(0, &[0]), "encoding", ""),
        no(
            "a report without a body",
            &plaintext(1, &[]),
            "encoding",
            "",
        ),
        no("a length beyond the plaintext", &set(1, 0xff), "length", ""),
        no(
            "a length one beyond the plaintext",
            &{
                let mut bytes = whole.clone();
                bytes[1..3].copy_from_slice(&872_u16.to_be_bytes());
                bytes
            },
            "length",
            "871 is the largest",
        ),
        no(
            "a length one too small",
            &set(2, (length - 1) as u8),
            "encoding",
            "the last byte of the body is zero here and passes for padding; the body is then cut off",
        ),
        no(
            "a length one too large",
            &set(2, (length + 1) as u8),
            "encoding",
            "a zero of the padding is a trailing byte of the body",
        ),
        no(
            "the last byte of the padding not zero",
            &set(PLAINTEXT_LEN - 1, 1),
            "padding",
            "",
        ),
        no(
            "the first byte of the padding not zero",
            &set(3 + length, 1),
            "padding",
            "",
        ),
        no(
            "cover with something in the padding",
            &{
                let mut bytes = plaintext(0, &[]);
                bytes[400] = 1;
                bytes
            },
            "padding",
            "padding is looked at before the type",
        ),
        no("keys out of order", &framed(&map(&swapped)), "encoding", ""),
        no("key 4 named 5", &framed(&map(&renamed)), "encoding", ""),
        no("a map of six", &framed(&map(&six)), "encoding", ""),
        no(
            "a map of three",
            &framed(&map(&entries()[..3])),
            "encoding",
            "",
        ),
        no(
            "a pseudonym of 15 bytes",
            &framed(&with(0, octets(&[7; 15]))),
            "encoding",
            "",
        ),
        no(
            "a sequence of 33 bits",
            &framed(&with(1, head(0, 1 << 32))),
            "encoding",
            "",
        ),
        no(
            "a sequence in a longer form",
            &framed(&with(1, vec![0x18, 5])),
            "encoding",
            "",
        ),
        no(
            "a seed of 31 bytes",
            &framed(&with(2, octets(&[7; 31]))),
            "encoding",
            "",
        ),
        no(
            "an observation as text",
            &framed(&with(3, head(3, 0))),
            "encoding",
            "",
        ),
        no(
            "a replay time of 65 bits",
            &framed(&map(&replayed(head(0, u64::MAX)))),
            "encoding",
            "",
        ),
        no(
            "an observation of nothing",
            &framed(&with(3, octets(&[]))),
            "observation",
            "",
        ),
        no(
            "an observation of kind 0",
            &framed(&with(3, octets(&kind_zero))),
            "observation",
            "",
        ),
        no(
            "an observation with an empty note",
            &framed(&with(3, octets(&note))),
            "observation",
            "",
        ),
    ];
    for (kind, what) in [
        (3, "message, which comes in type 7 only"),
        (4, "check-in, which comes in type 7 only"),
        (5, "media symbol"),
        (8, "report, which comes in type 7 only"),
        (9, "drill, which comes in type 7 only"),
        (255, "nothing yet"),
    ] {
        cases.push(no(
            &format!("type {kind}: {what}"),
            &plaintext(kind, &[]),
            "type",
            "no frame of its own, or kept for later",
        ));
    }
    cases.extend(enrolled::cases());
    cases
}
