//! `bulletin.json`.

use anyhow::Result;
use ed25519_dalek::Signer as _;
use lapwing_wire::{
    BULLETIN_MAX, Bulletin, BulletinError, Drops, IssuerKey, KeyEpoch, ListedFile, PassEpoch,
    PassIssuer, SigningKey, WarningState,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::public_key;
use crate::cbor::{head, replaced};
use crate::world::{
    NOW, WEEK, bulletin, bulletin_with_issuer, malleated, pass_key, reception_key, root_key,
    small_bulletin, stranger_key,
};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const BULLETIN: Format = Format {
    name: "bulletin",
    about: "Bulletin::verify with the desk's root key `root_key`. All accepted ones hold at `now` and carry a form that a phone takes.",
    reasons: &[
        "drops",
        "encoding",
        "file-name",
        "keys",
        "length",
        "passes",
        "root-key",
        "signature",
        "version",
    ],
    context: || json!({ "root_key": hex::encode(root_key().verifying_key().as_bytes()), "now": NOW }),
    cases,
    decide,
};

fn decide(context: &Value, case: &Case) -> Result<Verdict> {
    let key = public_key(context, "root_key")?;
    Ok(Bulletin::verify(&case.whole()?, &key)
        .map(|b| value(&b))
        .map_err(refusal))
}

pub(crate) fn value(b: &Bulletin) -> Value {
    let keys = b.keys.iter().map(|k| json!({ "epoch": k.epoch.0, "sha256": hex::encode(Sha256::digest(k.public.as_slice())) }));
    let warnings = b.warnings.iter().map(|w| {
        let texts = w.texts.iter().map(|t| json!({
            "lang": t.lang, "headline": t.headline, "description": t.description,
            "instruction": t.instruction, "area": t.area,
        }));
        json!({
            "id": w.id, "kind": w.kind,
            "state": match w.state { WarningState::Active => "active", WarningState::Cancelled => "cancelled" },
            "sent": w.sent, "expires": w.expires,
            "severity": w.severity, "urgency": w.urgency, "certainty": w.certainty,
            "lat_e7": w.centre.lat_e7(), "lon_e7": w.centre.lon_e7(), "radius_m": w.radius_m,
            "texts": texts.collect::<Vec<_>>(),
        })
    });
    let files = b
        .files
        .iter()
        .map(|f| json!({ "name": f.name, "sha256": hex::encode(f.sha256) }));
    let (sw, ne) = (b.region.south_west, b.region.north_east);
    let mut value = json!({
        "number": b.number,
        "issued": b.issued,
        "expires": b.expires,
        "region_e7": [sw.lat_e7(), sw.lon_e7(), ne.lat_e7(), ne.lon_e7()],
        "keys": keys.collect::<Vec<_>>(),
        "form_sha256": hex::encode(Sha256::digest(&b.form)),
        "warnings": warnings.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
        "drops": b.drops.map(|d| json!({
            "number": d.number, "period_s": d.period_s, "buckets": d.buckets,
        })),
    });
    if let Some(issuer) = &b.passes {
        let keys = issuer
            .keys
            .iter()
            .map(|k| json!({ "epoch": k.epoch.0, "id": hex::encode(k.key.id()) }));
        value["passes"] = json!({ "url": issuer.url, "keys": keys.collect::<Vec<_>>() });
    }
    value
}

pub(crate) fn refusal(why: BulletinError) -> Refusal {
    match why {
        BulletinError::Length(bytes) => Refusal::with("length", json!({ "bytes": bytes })),
        BulletinError::Encoding => Refusal::plain("encoding"),
        BulletinError::Version(version) => Refusal::with("version", json!({ "version": version })),
        BulletinError::RootKey => Refusal::plain("root-key"),
        BulletinError::Signature => Refusal::plain("signature"),
        BulletinError::Keys => Refusal::plain("keys"),
        BulletinError::Passes => Refusal::plain("passes"),
        BulletinError::FileName => Refusal::plain("file-name"),
        BulletinError::Drops => Refusal::plain("drops"),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

/// Signs any bytes as the desk would sign a bulletin, so that the decoder is reached.
fn signed(key: &SigningKey, map: &[u8]) -> Vec<u8> {
    let signature = key.sign(&[b"lapwing bulletin v1\n", map].concat());
    [map, &signature.to_bytes()].concat()
}

fn cases() -> Vec<Case> {
    let case = Case::bytes;
    let root = root_key();
    let ok =
        |name: &str, b: &Bulletin, note: &str| Case::bytes(name, &b.sign(&root_key()), "ok", note);
    let small = small_bulletin().sign(&root);
    let full = bulletin().sign(&root);
    let (map, full_map) = (&small[..small.len() - 64], &full[..full.len() - 64]);
    // What the desk signs is what its encoder makes: a signature holds no nonsense together, but
    // a decoder must not rely on that.
    let odd = |name: &str, map: &[u8], expect: &str, note: &str| {
        Case::bytes(name, &signed(&root_key(), map), expect, note)
    };
    let named = |name: &str| {
        let files = vec![ListedFile {
            name: name.to_owned(),
            sha256: [0; 32],
        }];
        Bulletin {
            files,
            ..small_bulletin()
        }
        .sign(&root_key())
    };
    let keyed = |weeks: &[u32]| {
        let keys = weeks.iter().map(|&n| reception_key(KeyEpoch(n))).collect();
        Bulletin {
            keys,
            ..small_bulletin()
        }
        .sign(&root_key())
    };
    let flipped = |at: usize| {
        let mut bytes = small.clone();
        bytes[at] ^= 1;
        bytes
    };
    let mut cancelled = bulletin();
    cancelled.number = 8;
    cancelled.warnings[0].state = WarningState::Cancelled;
    let stranger = Bulletin {
        root_key: stranger_key().verifying_key().to_bytes(),
        ..small_bulletin()
    };
    let issued = bulletin_with_issuer();
    let issuing = |change: fn(&mut PassIssuer)| {
        let mut changed = bulletin_with_issuer();
        change(changed.passes.as_mut().expect("it names one"));
        changed.sign(&root_key())
    };
    let bare = root.sign(map).to_bytes();
    let mut signature = [0; 64];
    signature.copy_from_slice(&small[small.len() - 64..]);
    // key 5, the time of expiry as an integer of four bytes
    let expires = [&[5][..], &head(0, (NOW + 7 * 86_400) as u64)].concat();
    let number = [3, 7, 4];
    let mut cases = vec![
        ok(
            "the smallest bulletin",
            &small_bulletin(),
            "one key, no warnings, no files; annotated in PROTOCOL.md",
        ),
        ok("a bulletin with a warning and a file", &bulletin(), ""),
        ok("a bulletin with a cancelled warning", &cancelled, ""),
        ok("a bulletin that names an issuer of passes", &issued, ""),
        case("no pass key", &issuing(|i| i.keys.clear()), "passes", ""),
        case(
            "pass keys out of order",
            &issuing(|i| i.keys.swap(0, 1)),
            "passes",
            "",
        ),
        case(
            "one pass key for two epochs",
            &issuing(|i| i.keys[1].key = i.keys[0].key.clone()),
            "passes",
            "a pass would be good in both",
        ),
        case(
            "five pass keys",
            &issuing(|i| {
                i.keys = (0..5)
                    .map(|n| IssuerKey {
                        epoch: PassEpoch(n),
                        key: pass_key(&n.to_string()),
                    })
                    .collect();
            }),
            "passes",
            "",
        ),
        case(
            "an issuer without an address",
            &issuing(|i| i.url.clear()),
            "passes",
            "",
        ),
        case(
            "an issuer's address with a blank",
            &issuing(|i| i.url.push(' ')),
            "passes",
            "",
        ),
        case(
            "an issuer's address of 257 bytes",
            &issuing(|i| i.url.extend(std::iter::repeat_n('x', 257 - i.url.len()))),
            "passes",
            "",
        ),
        Case::bytes(
            "two reception keys",
            &keyed(&[WEEK.0, WEEK.0 + 1]),
            "ok",
            "",
        ),
        case("nothing", &[], "length", ""),
        case("a byte less than a signature", &[0; 63], "length", ""),
        case(
            "a byte more than 1 MiB",
            &vec![0; BULLETIN_MAX + 1],
            "length",
            "",
        ),
        case(
            "a signature alone",
            &small[small.len() - 64..],
            "encoding",
            "of a map without bytes",
        ),
        case(
            "cut off",
            &small[..small.len() - 1],
            "encoding",
            "the map now ends with a byte of the signature missing",
        ),
        case(
            "a byte too many",
            &[&small[..], &[0]].concat(),
            "encoding",
            "a trailing byte of the map",
        ),
        odd(
            "a trailing byte that is signed",
            &[map, &[0]].concat(),
            "encoding",
            "",
        ),
        odd("an empty map", &[0xa0], "encoding", ""),
        odd(
            "a map of indefinite length",
            &[&[0xbf], &map[1..], &[0xff]].concat(),
            "encoding",
            "",
        ),
        odd(
            "a member 13",
            &[&[0xab], &map[1..], &[13, 0]].concat(),
            "encoding",
            "no unknown members",
        ),
        odd(
            "a map of eleven with ten",
            &[&[0xab], &map[1..]].concat(),
            "encoding",
            "",
        ),
        odd(
            "a map of ten with eleven",
            &[map, &[11, 0x83, 0, 0x18, 60, 1]].concat(),
            "encoding",
            "",
        ),
        odd(
            "drops of two members",
            &[&[0xab], &map[1..], &[11, 0x82, 0, 1]].concat(),
            "encoding",
            "",
        ),
        odd(
            "drops before their turn",
            &[
                &[0xab],
                &map[1..map.len() - 2],
                &[11, 0x83, 0, 0x18, 60, 1, 10, 0x80],
            ]
            .concat(),
            "encoding",
            "keys ascend",
        ),
        odd(
            "version 0",
            &[&[0xaa, 1, 0], &map[3..]].concat(),
            "version",
            "",
        ),
        odd(
            "version 2",
            &[&[0xaa, 1, 2], &map[3..]].concat(),
            "version",
            "",
        ),
        odd(
            "the version in a longer form",
            &[&[0xaa, 1, 0x18, 1], &map[3..]].concat(),
            "encoding",
            "",
        ),
        odd(
            "a number in a longer form",
            &replaced(map, &number, &[3, 0x18, 7, 4]),
            "encoding",
            "",
        ),
        odd(
            "a negative number",
            &replaced(map, &number, &[3, 0x26, 4]),
            "encoding",
            "",
        ),
        odd(
            "an expiry as text",
            &replaced(map, &expires, &[5, 0x61, 0x31]),
            "encoding",
            "",
        ),
        odd(
            "a root key of 31 bytes",
            &replaced(map, &[2, 0x58, 0x20], &[2, 0x58, 0x1f]),
            "encoding",
            "",
        ),
        odd(
            "a region beyond the pole",
            &replaced(map, &head(0, 525_000_000), &head(0, 900_000_001)),
            "encoding",
            "",
        ),
        odd(
            "a list that claims 2^32 keys",
            &replaced(map, &[7, 0x81], &[&[7], &head(4, 1 << 32)[..]].concat()),
            "encoding",
            "nothing is reserved for them",
        ),
        odd(
            "a reception key of 1,215 bytes",
            &replaced(map, &head(2, 1_216), &head(2, 1_215)),
            "encoding",
            "",
        ),
        odd(
            "a warning of twelve members",
            &replaced(full_map, &[9, 0x81, 0x8b], &[9, 0x81, 0x8c]),
            "encoding",
            "",
        ),
        odd(
            "a warning in a state that does not exist",
            &replaced(full_map, &[b'7', 1, 0, 0x1a], &[b'7', 1, 2, 0x1a]),
            "encoding",
            "",
        ),
        odd(
            "a headline that is no UTF-8",
            &replaced(full_map, "Вибухи".as_bytes(), &[0xff; 12]),
            "encoding",
            "",
        ),
        odd(
            "a file hash of 31 bytes",
            &replaced(full_map, b"warnings.atom\x58\x20", b"warnings.atom\x58\x1f"),
            "encoding",
            "",
        ),
        case("no reception keys", &keyed(&[]), "keys", ""),
        case("a week twice", &keyed(&[WEEK.0, WEEK.0]), "keys", ""),
        case(
            "weeks out of order",
            &keyed(&[WEEK.0 + 1, WEEK.0]),
            "keys",
            "",
        ),
        case(
            "another desk's",
            &stranger.sign(&stranger_key()),
            "root-key",
            "well signed, by another desk",
        ),
        case(
            "another desk's name, signed here",
            &stranger.sign(&root),
            "root-key",
            "",
        ),
        case(
            "this desk's name, signed by another",
            &small_bulletin().sign(&stranger_key()),
            "signature",
            "",
        ),
        case(
            "a changed number",
            &flipped(map.len() - 1 - tail(map, &number)),
            "signature",
            "an older bulletin made newer",
        ),
        case(
            "a changed signature",
            &flipped(small.len() - 1),
            "signature",
            "",
        ),
        case(
            "signed without the context",
            &[map, &bare].concat(),
            "signature",
            "the first line keeps signatures of one use from being taken for another",
        ),
        case(
            "a signature with the group's order added",
            &[map, &malleated(&signature)].concat(),
            "signature",
            "RFC 8032 5.1.7",
        ),
        case(
            "a signature of zeros",
            &[map, &[0; 64]].concat(),
            "signature",
            "",
        ),
    ];
    let names = [
        ("", "an empty name"),
        ("/etc/passwd", "an absolute name"),
        ("../up", "a name that leads up"),
        ("a/../b", "a name that leads up later"),
        ("a//b", "an empty folder"),
        (".hidden", "a hidden name"),
        ("a/.b", "a hidden name in a folder"),
        ("a\\b", "a backslash"),
        ("a b", "a space"),
        ("звіт", "letters beyond ASCII"),
        ("a/", "a folder"),
        ("a\0b", "a zero byte"),
    ];
    for (name, what) in names {
        cases.push(case(
            &format!("a file with {what}"),
            &named(name),
            "file-name",
            "",
        ));
    }
    cases.extend(drops());
    cases.push(case(
        "a file with a name of 129 bytes",
        &named(&"a".repeat(129)),
        "file-name",
        "",
    ));
    cases
}

/// Bulletins that say what drops there are.
fn drops() -> Vec<Case> {
    let stated = |names: &[&str], drops: Option<Drops>| {
        let files = names.iter().map(|&name| ListedFile {
            name: name.to_owned(),
            sha256: [7; 32],
        });
        Bulletin {
            files: files.collect(),
            drops,
            ..small_bulletin()
        }
        .sign(&root_key())
    };
    let of = |period_s, buckets| {
        Some(Drops {
            number: 497_222,
            period_s,
            buckets,
        })
    };
    let two = ["drops/0", "drops/1"];
    let ok = [
        (
            "a bulletin with two drops",
            stated(&two, of(3_600, 2)),
            "annotated in PROTOCOL.md",
        ),
        ("drops every minute", stated(&two, of(60, 2)), ""),
        (
            "drops every day, after another file",
            stated(&["warnings.atom", "drops/0"], of(86_400, 1)),
            "",
        ),
    ];
    let no = [
        ("drops without a file", stated(&[], of(3_600, 1)), ""),
        (
            "no drops at all",
            stated(&[], of(3_600, 0)),
            "a desk without drops says nothing of them",
        ),
        ("257 drops", stated(&[], of(3_600, 257)), ""),
        ("drops every 59 seconds", stated(&two, of(59, 2)), ""),
        (
            "drops every day and a second",
            stated(&two, of(86_401, 2)),
            "",
        ),
        ("a drop too few", stated(&two, of(3_600, 3)), ""),
        (
            "a drop too many",
            stated(&two, of(3_600, 1)),
            "nobody may be sent to a drop of their own",
        ),
        (
            "a drop of another name",
            stated(&["drops/0", "drops/01"], of(3_600, 2)),
            "",
        ),
        (
            "drops out of order",
            stated(&["drops/1", "drops/0"], of(3_600, 2)),
            "",
        ),
        (
            "a drop that is not spoken of",
            stated(&["drops/0"], None),
            "",
        ),
    ];
    let case = |expect: &'static str| {
        move |(name, bytes, note): &(&str, Vec<u8>, &str)| Case::bytes(name, bytes, expect, note)
    };
    ok.iter()
        .map(case("ok"))
        .chain(no.iter().map(case("drops")))
        .collect()
}

/// How many bytes follow the middle one of `pattern` before the end.
fn tail(map: &[u8], pattern: &[u8; 3]) -> usize {
    let at = map
        .windows(3)
        .position(|w| w == pattern)
        .expect("the number is there")
        + 1;
    map.len() - 1 - at
}
