//! `release.json`.

use anyhow::Result;
use lapwing_wire::{RELEASE_MAX, Release, ReleaseError, ReleaseFile, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::public_key;
use crate::world::{random, stranger_key};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const RELEASE: Format = Format {
    name: "release",
    about: "Release::verify with the key of the release `release_key`: what the service worker of an app checks.",
    reasons: &["empty", "length", "line", "order", "signature", "version"],
    context: || json!({ "release_key": hex::encode(key().verifying_key().as_bytes()) }),
    cases,
    decide,
};

fn key() -> SigningKey {
    SigningKey::from_bytes(&random("release key"))
}

fn decide(context: &Value, case: &Case) -> Result<Verdict> {
    let key = public_key(context, "release_key")?;
    Ok(Release::verify(&case.whole()?, &key)
        .map(|release| {
            json!({
                "version": release.version,
                "files": release.files.iter()
                    .map(|file| json!({ "path": file.path, "sha256": hex::encode(file.sha256) }))
                    .collect::<Vec<_>>(),
            })
        })
        .map_err(|why| refusal(&why)))
}

fn refusal(why: &ReleaseError) -> Refusal {
    match why {
        ReleaseError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        ReleaseError::Signature => Refusal::plain("signature"),
        ReleaseError::Version => Refusal::plain("version"),
        ReleaseError::Line(line) => Refusal::with("line", json!({ "line": line })),
        ReleaseError::Order(line) => Refusal::with("order", json!({ "line": line })),
        ReleaseError::Empty => Refusal::plain("empty"),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

/// Text, signed as it is.
fn signed(text: &str) -> Vec<u8> {
    use ed25519_dalek::Signer as _;
    let signature = hex::encode(key().sign(text.as_bytes()).to_bytes());
    format!("{text}signature {signature}\n").into_bytes()
}

fn line(path: &str) -> String {
    format!("{} {path}\n", hex::encode(Sha256::digest(path)))
}

fn cases() -> Vec<Case> {
    let case = Case::bytes;
    let release = Release {
        version: 1_790_000_000,
        files: ["/assets/index-a_B3.js", "/index.html", "/sw.js"]
            .map(|path| ReleaseFile {
                path: path.to_owned(),
                sha256: Sha256::digest(path).into(),
            })
            .to_vec(),
    };
    let good = release.sign(&key());
    let changed = String::from_utf8_lossy(&good).replace("1790000000", "1790000001");
    let head = "lapwing release v1\nversion 7\n";
    let named = |path: &str| signed(&format!("{head}{}", line(path)));
    let version = |text: &str| {
        signed(&format!(
            "lapwing release v1\nversion {text}\n{}",
            line("/a")
        ))
    };
    let loud = format!("{head}{} /a\n", "AB".repeat(32));
    vec![
        case("a release", &good, "ok", ""),
        case("one file", &named("/a"), "ok", ""),
        case(
            "the last version",
            &version("9007199254740991"),
            "ok",
            "browsers count exactly up to here",
        ),
        case("nothing", &[], "signature", ""),
        case("a byte too few", &good[..good.len() - 1], "signature", ""),
        case(
            "a byte too many",
            &[&good[..], b"\n"].concat(),
            "signature",
            "",
        ),
        case("a changed version", changed.as_bytes(), "signature", ""),
        case(
            "somebody else's",
            &release.sign(&stranger_key()),
            "signature",
            "",
        ),
        case("no signature", head.as_bytes(), "signature", ""),
        case(
            "another kind of list",
            &signed("lapwing release v2\nversion 7\n"),
            "version",
            "",
        ),
        case("version 0", &version("0"), "version", ""),
        case(
            "a version with a zero in front",
            &version("07"),
            "version",
            "a release has one form",
        ),
        case("a version with a sign", &version("+7"), "version", ""),
        case(
            "a version too large",
            &version("9007199254740992"),
            "version",
            "",
        ),
        case("no version", &signed("lapwing release v1\n"), "version", ""),
        case("no files", &signed(head), "empty", ""),
        case("a path that goes up", &named("/../a"), "line", ""),
        case("a path that is not absolute", &named("a"), "line", ""),
        case("a path with a query", &named("/a?b"), "line", ""),
        case("a folder", &named("/a/"), "line", ""),
        case(
            "a hash in capitals",
            &signed(&loud),
            "line",
            "a release has one form",
        ),
        case(
            "a line without end",
            &signed(format!("{head}{}", line("/a")).trim_end()),
            "line",
            "",
        ),
        case(
            "a file twice",
            &signed(&format!("{head}{0}{0}", line("/a"))),
            "order",
            "",
        ),
        case(
            "files out of order",
            &signed(&format!("{head}{}{}", line("/b"), line("/a"))),
            "order",
            "",
        ),
        case(
            "a manifest too long",
            &vec![b'a'; RELEASE_MAX + 1],
            "length",
            "",
        ),
    ]
}
