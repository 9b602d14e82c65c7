//! `opening.json`: what a desk finds inside.

use anyhow::{Context as _, Result};
use hpke::{
    Deserializable as _, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::XWing, single_shot_seal_with_rng,
};
use lapwing_model::Observation;
use lapwing_seal::{Frame, OpenError, ReceptionSecret, Report, open, open_portable, root};
use lapwing_wire::{Envelope, KEM_SHARE_LEN, KeyEpoch, PLAINTEXT_LEN, ROOT_LEN, TAG_LEN};
use serde_json::{Value, json};

use super::frame::{self, plaintext};
use super::number;
use crate::cbor::map;
use crate::world::{self, WEEK, report, rng, sealed, secret, shelling};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const OPENING: Format = Format {
    name: "opening",
    about: "open: an envelope with the secret of one week. `seed` is the X-Wing secret key of week `epoch`.",
    reasons: &[
        "epoch",
        "frame",
        "observation",
        "padding",
        "root",
        "seal",
        "type",
    ],
    context: || {
        json!({
            "epoch": WEEK.0,
            "seed": hex::encode(secret(WEEK).seed()),
            "public": hex::encode(secret(WEEK).public_bytes().as_slice()),
        })
    },
    cases,
    decide,
};

fn decide(context: &Value, case: &Case) -> Result<Verdict> {
    let seed = hex::decode(context["seed"].as_str().context("a seed")?)?;
    let seed: &[u8; 32] = seed.as_slice().try_into().context("a seed of 32 bytes")?;
    let week = KeyEpoch(u32::try_from(number(context, "epoch")?)?);
    let secret = ReceptionSecret::from_seed(week, seed);
    let envelope = Envelope::from_bytes(&case.whole()?)?;
    let opened = open(&envelope, &secret);
    // Both ways of opening are held to the same file.
    assert_eq!(opened, open_portable(&envelope, &secret), "{}", case.name);
    Ok(opened
        .map(|frame| frame::value(&frame))
        .map_err(|why| refusal(&why)))
}

fn refusal(why: &OpenError) -> Refusal {
    let value = match why {
        OpenError::Epoch { sealed, secret } => json!({ "sealed": sealed, "secret": secret }),
        OpenError::Frame(why) => {
            let inner = frame::refusal(why);
            json!({ "frame": inner.reason, "value": inner.value })
        }
        _ => json!({}),
    };
    Refusal::with(why.reason(), value)
}

/// Seals any plaintext under any header, as a phone gone wrong might.
fn forged(
    name: &str,
    week: KeyEpoch,
    root: &[u8; ROOT_LEN],
    text: &[u8; PLAINTEXT_LEN],
    info: &[u8],
) -> Envelope {
    let public = secret(WEEK).public_bytes();
    let key =
        <XWing as hpke::Kem>::PublicKey::from_bytes(public.as_slice()).expect("the key is good");
    let header = Envelope::header_for(week, root);
    let (share, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        &key,
        info,
        text,
        &header,
        &mut rng(name),
    )
    .expect("anything can be sealed");
    let mut share_bytes = [0; KEM_SHARE_LEN];
    share.write_exact(&mut share_bytes);
    let sealed: [u8; PLAINTEXT_LEN + TAG_LEN] = sealed.try_into().expect("the lengths are fixed");
    Envelope::from_parts(&header, &share_bytes, &sealed).expect("the header is good")
}

const INFO: &[u8] = b"lapwing envelope v1";

fn cases() -> Vec<Case> {
    let case = |name: &str, envelope: &Envelope, expect: &str, note: &str| {
        Case::bytes(name, envelope.as_bytes(), expect, note)
    };
    let good = world::envelope();
    let changed = |at: usize, by: u8| {
        let mut bytes = *good.as_bytes();
        bytes[at] ^= by;
        Envelope::from_bytes(&bytes).expect("the header is still good")
    };
    let frame = Frame::Report(report());
    let text = frame.encode().expect("it fits");
    let report_root = root(&report().seed, &report().observation);
    let nonsense =
        |name: &str, text: &[u8; PLAINTEXT_LEN]| forged(name, WEEK, &report_root, text, INFO);
    let mut padded = *text;
    padded[PLAINTEXT_LEN - 1] = 1;
    let mut endless = *text;
    endless[1] = 0xff;
    let broken = map(&frame::entries(
        &[&[0xa7, 1, 0], &shelling().encode()[3..]].concat(),
    ));
    let mut low_order = *good.as_bytes();
    low_order[1_126..1_158].fill(0);
    let low_order = Envelope::from_bytes(&low_order).expect("the header is good");
    let other = Report {
        observation: Observation {
            count: Some(13),
            ..report().observation
        },
        ..report()
    };
    let other_root = root(&other.seed, &other.observation);
    vec![
        case("a report", &good, "ok", ""),
        case(
            "cover",
            &sealed("cover", &Frame::Cover),
            "ok",
            "its root is random",
        ),
        case(
            "cover whose root is zero",
            &forged("cover 0", WEEK, &[0; ROOT_LEN], &plaintext(0, &[]), INFO),
            "ok",
            "the root of cover says nothing and is not looked at",
        ),
        case(
            "a replayed report",
            &sealed(
                "replayed",
                &Frame::Report(Report {
                    replayed_at: Some(1),
                    ..report()
                }),
            ),
            "ok",
            "whether the desk takes it is decided after opening",
        ),
        case(
            "another week in the header",
            &changed(5, 1),
            "epoch",
            "not even tried",
        ),
        case(
            "sealed to the next week's key",
            &lapwing_seal::seal(
                &mut rng("next"),
                &secret(KeyEpoch(WEEK.0 + 1)).public(),
                &frame,
            )
            .expect("it fits"),
            "epoch",
            "",
        ),
        case(
            "next week's key under this week's name",
            &{
                let next = lapwing_seal::seal(
                    &mut rng("next"),
                    &secret(KeyEpoch(WEEK.0 + 1)).public(),
                    &frame,
                )
                .expect("it fits");
                let mut bytes = *next.as_bytes();
                bytes[2..6].copy_from_slice(&WEEK.0.to_be_bytes());
                Envelope::from_bytes(&bytes).expect("the header is good")
            },
            "seal",
            "implicit rejection of ML-KEM (FIPS 203 6.3) ends here too",
        ),
        case(
            "a changed root",
            &changed(6, 1),
            "seal",
            "the header is associated data",
        ),
        case(
            "a changed bit in the ML-KEM part of the share",
            &changed(38, 1),
            "seal",
            "",
        ),
        case(
            "a changed bit at the end of the ML-KEM part",
            &changed(1_125, 0x80),
            "seal",
            "",
        ),
        case(
            "a changed bit in the X25519 part of the share",
            &changed(1_126, 1),
            "seal",
            "",
        ),
        case(
            "the unused top bit of the X25519 part",
            &changed(1_157, 0x80),
            "seal",
            "X25519 ignores it (RFC 7748 5), X-Wing hashes it",
        ),
        case(
            "an X25519 part of low order",
            &low_order,
            "seal",
            "the shared point is zero: no error of its own",
        ),
        case(
            "a changed bit in the sealed plaintext",
            &changed(1_158, 1),
            "seal",
            "",
        ),
        case("a changed bit in the tag", &changed(2_047, 1), "seal", ""),
        case(
            "a share of zeros",
            &{
                let mut bytes = *good.as_bytes();
                bytes[38..1_158].fill(0);
                Envelope::from_bytes(&bytes).expect("the header is good")
            },
            "seal",
            "",
        ),
        case(
            "sealed for another use",
            &forged("info", WEEK, &report_root, &text, b"lapwing envelope v2"),
            "seal",
            "another `info`",
        ),
        case(
            "a root of zero",
            &forged("root 0", WEEK, &[0; ROOT_LEN], &text, INFO),
            "root",
            "",
        ),
        case(
            "the root of another observation",
            &forged("root other", WEEK, &other_root, &text, INFO),
            "root",
            "one field differs",
        ),
        case(
            "padding that is not zero",
            &nonsense("padding", &padded),
            "padding",
            "",
        ),
        case(
            "a length beyond the plaintext",
            &nonsense("length", &endless),
            "frame",
            "",
        ),
        case(
            "a body that is no report",
            &nonsense("body", &plaintext(1, &[0xa0])),
            "frame",
            "",
        ),
        case(
            "a frame kept for later",
            &nonsense("type", &plaintext(5, &[])),
            "type",
            "",
        ),
        case(
            "an observation of kind 0",
            &nonsense("observation", &plaintext(1, &broken)),
            "observation",
            "",
        ),
    ]
}
