//! A whisper at a desk of a hundred thousand witnesses: looked up, opened, and its words read.

use std::hint::black_box;
use std::time::Instant;

use lapwing_model::{Danger, Form, Gist, Heading, Known, Manner, Observation, Place, Sector};
use lapwing_seal::{RootSecret, WhisperIndex, WhisperListener, WhisperSpeaker};
use lapwing_wire::{WHISPER_BITS, Whisper, WhisperKind};
use lapwing_words::{Language, Style, Symbol, WORDS, decode, encode, pack, sms_parts, unpack};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
use serde_json::{Map, Value, json};

use crate::{median, rounded};

const WITNESSES: [u32; 3] = [1_000, 10_000, 100_000];
const SAID: u32 = 2_000;
const ROUNDS: usize = 5;

/// `whisper`: microseconds to find and open one, against one HMAC-SHA256 of OpenSSL.
pub(crate) fn run() -> anyhow::Result<Value> {
    let mut sizes = Vec::new();
    for witnesses in WITNESSES {
        sizes.push(of(witnesses)?);
    }
    let largest = sizes.last().cloned().unwrap_or_default();
    let number = |name: &str| largest[name].as_f64().unwrap_or(f64::NAN);
    Ok(json!({
        "name": "whisper",
        "unit": "microseconds to look up and open a whisper among 100,000 witnesses on one core",
        "value": largest["open_us"],
        "limit": largest["hmac_us"],
        "ratio": rounded(number("open_us") / number("hmac_us")),
        "words": words(),
        "reports": reports(),
        "sizes": sizes,
    }))
}

#[derive(Clone, Copy)]
struct Typical {
    kind: u8,
    count: Option<u16>,
    heading: Option<u8>,
    phrase: Option<u8>,
}

const fn typical(kind: u8, count: Option<u16>, heading: Option<u8>, phrase: Option<u8>) -> Typical {
    Typical {
        kind,
        count,
        heading,
        phrase,
    }
}

/// Ten reports of the sort that people make.
const TYPICAL: [Typical; 10] = [
    typical(2, None, Some(2), Some(12)),
    typical(1, None, None, Some(20)),
    typical(3, Some(1), Some(5), None),
    typical(4, Some(3), Some(3), Some(14)),
    typical(6, None, None, Some(27)),
    typical(7, None, None, Some(22)),
    typical(9, Some(17), Some(7), Some(21)),
    typical(10, None, None, Some(38)),
    typical(12, Some(1), None, None),
    typical(14, Some(4), None, Some(2)),
];

/// The gists of ten reports of the sort that people make.
pub(crate) fn gists() -> [u64; TYPICAL.len()] {
    let form = Form::civil_protection();
    let sector = Sector::around(Place::from_degrees(48.0, 37.8).expect("it is one"));
    TYPICAL.map(|report| {
        let seen = Observation {
            kind: report.kind,
            place: Place::from_degrees(48.02, 37.81).expect("it is one"),
            off_m: 0,
            seen: 1_790_000_000,
            seen_off_s: 60,
            count: report.count,
            heading: report.heading.and_then(Heading::from_sector),
            known: Known::Seen,
            danger: Danger::None,
            note: String::new(),
        };
        let manner = Manner {
            phrase: report.phrase,
            ..Manner::default()
        };
        let gist = Gist::of(&seen, manner, &form, sector, 1_790_000_100);
        gist.expect("it fits").to_bits()
    })
}

/// The words of a whisper.
pub(crate) fn spoken(whisper: &Whisper) -> [Symbol; WORDS] {
    encode(&pack(&whisper.to_bytes()).expect("110 bits"))
}

/// Bits, words, characters and parts of text messages of ten reports, in each language, at their most.
fn reports() -> Value {
    let mut phone = WhisperSpeaker::new(&root(7));
    let said = gists().map(|gist| spoken(&phone.say(WhisperKind::Report, gist).0));
    let styles = [
        ("plain", Style::Plain),
        ("latin", Style::Latin),
        ("errand", Style::Errand(0)),
    ];
    let most = |language: Language, style: Style, of: &dyn Fn(&str) -> usize| {
        let texts = said.iter().map(|words| language.message(words, style));
        texts.map(|text| of(&text)).max()
    };
    let mut table = Map::new();
    for &language in Language::ALL {
        for (name, style) in styles {
            let characters = most(language, style, &|text| text.chars().count());
            let parts = most(language, style, &sms_parts);
            let of = json!({ "characters": characters, "sms_parts": parts });
            table.insert(format!("{}_{name}", language.code()), of);
        }
    }
    json!({ "reports": said.len(), "bits": WHISPER_BITS, "words": WORDS, "at_most": table })
}

pub(crate) fn root(n: u32) -> RootSecret {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    RootSecret::from_bytes(bytes)
}

fn of(witnesses: u32) -> anyhow::Result<Value> {
    let start = Instant::now();
    let desk: Vec<_> = (0..witnesses)
        .map(|n| WhisperListener::new(&root(n)))
        .collect();
    let mut index = WhisperIndex::default();
    for (n, listener) in (0..).zip(&desk) {
        index.enter(n, listener);
    }
    let built = start.elapsed().as_secs_f64();
    // Anybody, at any step that the desk still knows.
    let said: Vec<(u32, Whisper)> = (0..SAID)
        .map(|n| {
            let witness = n.wrapping_mul(2_654_435_761) % witnesses;
            let mut phone = WhisperSpeaker::new(&root(witness));
            for _ in 0..n % 32 {
                phone.say(WhisperKind::Report, 0);
            }
            (witness, phone.say(WhisperKind::Report, u64::from(n)).0)
        })
        .collect();
    let mut times = Vec::new();
    let mut candidates = 0;
    let mut slowest = 0_f64;
    for _ in 0..ROUNDS {
        let all = Instant::now();
        for (witness, whisper) in &said {
            let one = Instant::now();
            let mut found = None;
            for (n, step) in index.candidates(whisper.id) {
                candidates += 1;
                if desk[n as usize].open(step, whisper).is_some() {
                    found = Some(n);
                }
            }
            slowest = slowest.max(one.elapsed().as_secs_f64());
            assert_eq!(found, Some(*witness), "the tag decides");
        }
        times.push(1e6 * all.elapsed().as_secs_f64() / f64::from(SAID));
    }
    Ok(json!({
        "witnesses": witnesses,
        "open_us": rounded(median(times)),
        "slowest_us": rounded(1e6 * slowest),
        "candidates": rounded(f64::from(candidates) / f64::from(SAID) / ROUNDS as f64),
        "hmac_us": rounded(hmac()?),
        "table_s": rounded(built),
    }))
}

/// One HMAC-SHA256 over a block, by OpenSSL.
fn hmac() -> anyhow::Result<f64> {
    const TIMES: u32 = 20_000;
    let key = PKey::hmac(&[7; 32])?;
    let start = Instant::now();
    for n in 0..TIMES {
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.update(&n.to_be_bytes())?;
        black_box(signer.sign_to_vec()?);
    }
    Ok(1e6 * start.elapsed().as_secs_f64() / f64::from(TIMES))
}

/// Decoding fourteen words per second, heard well and with what can be mended.
fn words() -> Value {
    let data = pack(&[0x5a, 0xa5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0]).expect("110 bits");
    let good = encode(&data).map(Some);
    let other = |at: usize| good[at].and_then(|word| Symbol::new(word.value() ^ 1));
    let mut wrong = good;
    (wrong[3], wrong[9]) = (other(3), other(9));
    let mut missing = good;
    missing[..4].fill(None);
    let per_s = |heard: [Option<Symbol>; WORDS]| {
        const TIMES: u32 = 2_000;
        let start = Instant::now();
        for _ in 0..TIMES {
            let decoded = decode(black_box(&heard)).expect("it can be mended");
            assert_eq!(unpack(&decoded.data), unpack(&data));
        }
        rounded(f64::from(TIMES) / start.elapsed().as_secs_f64())
    };
    json!({
        "heard_well_per_s": per_s(good),
        "two_wrong_per_s": per_s(wrong),
        "four_missing_per_s": per_s(missing),
    })
}
