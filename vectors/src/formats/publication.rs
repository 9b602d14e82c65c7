//! `publication.json`.

use anyhow::Result;
use lapwing_wire::{ListedFile, PUBLICATION_MAX, Publication, PublicationError};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{bulletin, public_key};
use crate::world::{self, FEED, root_key, small_bulletin, stranger_key};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const PUBLICATION: Format = Format {
    name: "publication",
    about: "Publication::decode, then Publication::verify with the desk's root key `root_key`: what a relay checks.",
    reasons: &["bulletin", "count", "file", "length"],
    context: || json!({ "root_key": hex::encode(root_key().verifying_key().as_bytes()) }),
    cases,
    decide,
};

fn decide(context: &Value, case: &Case) -> Result<Verdict> {
    let key = public_key(context, "root_key")?;
    let decoded = Publication::decode(&case.whole()?);
    Ok(decoded
        .and_then(|p| Ok((p.verify(&key)?, p)))
        .map(|(bulletin, p)| {
            json!({
                "bulletin": bulletin.number,
                "files": p.files.iter().zip(&bulletin.files)
                    .map(|(bytes, listed)| json!({ "name": listed.name, "bytes": bytes.len() }))
                    .collect::<Vec<_>>(),
            })
        })
        .map_err(|why| refusal(&why)))
}

fn refusal(why: &PublicationError) -> Refusal {
    match why {
        PublicationError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        PublicationError::Bulletin(why) => {
            let inner = bulletin::refusal(*why);
            Refusal::with(
                "bulletin",
                json!({ "reason": inner.reason, "value": inner.value }),
            )
        }
        PublicationError::Count { listed, given } => {
            Refusal::with("count", json!({ "listed": listed, "given": given }))
        }
        PublicationError::File(n) => Refusal::with("file", json!({ "file": n })),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn cases() -> Vec<Case> {
    let case = Case::bytes;
    let key = root_key();
    let signed = world::bulletin().sign(&key);
    let publication = |files: &[&[u8]]| {
        let files = files.iter().map(|f| f.to_vec()).collect();
        Publication {
            bulletin: signed.clone(),
            files,
        }
        .encode()
    };
    let alone = Publication {
        bulletin: small_bulletin().sign(&key),
        files: Vec::new(),
    }
    .encode();
    let listed = |name: &str, bytes: &[u8]| ListedFile {
        name: name.to_owned(),
        sha256: Sha256::digest(bytes).into(),
    };
    let two = lapwing_wire::Bulletin {
        files: vec![
            listed("warnings.atom", FEED),
            listed("warnings/desk-17.xml", b""),
        ],
        ..world::bulletin()
    }
    .sign(&key);
    let both = |a: &[u8], b: &[u8]| {
        Publication {
            bulletin: two.clone(),
            files: vec![a.to_vec(), b.to_vec()],
        }
        .encode()
    };
    let good = publication(&[FEED]);
    let stranger = Publication {
        bulletin: small_bulletin().sign(&stranger_key()),
        files: Vec::new(),
    };
    let mut longer = good.clone();
    longer[3] = longer[3].wrapping_add(1);
    vec![
        case(
            "a bulletin and its file",
            &good,
            "ok",
            "annotated in PROTOCOL.md",
        ),
        case("a bulletin without files", &alone, "ok", ""),
        case("two files, one of them empty", &both(FEED, b""), "ok", ""),
        case("nothing", &[], "length", "not even a bulletin"),
        case("half a length", &[0, 0], "length", ""),
        case("a length without a part", &[0, 0, 0, 9], "length", ""),
        case(
            "a length of 4 GiB",
            &[0xff; 4],
            "length",
            "nothing is reserved for it",
        ),
        case("cut off", &good[..good.len() - 1], "length", ""),
        case("a byte too many", &[&good[..], &[0]].concat(), "length", ""),
        case(
            "a byte more than 16 MiB",
            &vec![0; PUBLICATION_MAX + 1],
            "length",
            "",
        ),
        case(
            "an empty bulletin",
            &[0; 4],
            "bulletin",
            "the reason inside is that of the bulletin",
        ),
        case(
            "a bulletin of another desk",
            &stranger.encode(),
            "bulletin",
            "",
        ),
        case(
            "a bulletin cut one byte too far",
            &longer,
            "length",
            "its length takes a byte of the next one",
        ),
        case("a file missing", &publication(&[]), "count", ""),
        case("a file too many", &publication(&[FEED, FEED]), "count", ""),
        case(
            "an empty file too many",
            &[&good[..], &[0; 4]].concat(),
            "count",
            "",
        ),
        case("another file", &publication(&[b"<feed/>"]), "file", ""),
        case(
            "files exchanged",
            &both(b"", FEED),
            "file",
            "in the order of the list",
        ),
        case("the second file changed", &both(FEED, b" "), "file", ""),
    ]
}
