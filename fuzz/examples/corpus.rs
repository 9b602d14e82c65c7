//! Writes the corpus: for each target a few inputs that are accepted and a few that just miss, and the vectors of those
//! formats that are read field by field.
//!
//! `cargo run -p lapwing-fuzz --example corpus` writes the same bytes each time. What fuzzing finds is added by hand.

use std::fs;
use std::io::Result;
use std::path::Path;

use lapwing_codebook::{Book, Said, Sheet};
use lapwing_courier::{Bundle, Pieces};
use lapwing_fuzz::{EPOCH, root_key, secret};
use lapwing_model::{
    Danger, Form, Gist, Heading, Known, Manner, Observation, Place, Precision, Region, Sector,
};
use lapwing_seal::{FieldSeed, Frame, Report, seal};
use lapwing_vault::{Field, Image, VaultContent};
use lapwing_wire::{
    Answer, Bulletin, BulletinWarning, DROP_LEN, Drops, Envelope, ListedFile, Publication, Receipt,
    ReceptionKey, Record, WarningState, WarningText, Whisper, WhisperId, WhisperKind, pull,
};
use lapwing_words::{Language, Symbol, encode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

const NOW: i64 = 1_790_000_000;

fn main() -> Result<()> {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let report = Report {
        author: [3; 16],
        sequence: 5,
        seed: FieldSeed::from_bytes([4; 32]),
        observation: observation("вибухи з боку річки"),
        replayed_at: None,
    };
    let frame = Frame::Report(report.clone());
    let replayed = Frame::Report(Report {
        replayed_at: Some(NOW),
        ..report
    });
    let [cover, plain, replay] =
        [&Frame::Cover, &frame, &replayed].map(|frame| frame.encode().expect("it fits"));
    let envelope = seal(&mut rng, &secret().public(), &frame).expect("the key is good");
    let covering = seal(&mut rng, &secret().public(), &Frame::Cover).expect("the key is good");
    let receipt = Receipt::sign(&root_key(), [6; 32], NOW);
    let answer = Answer {
        receipt: receipt.clone(),
        salt: [8; 32],
    };
    let public = secret().public_bytes();

    keep("observation", "least", &observation("").encode())?;
    keep(
        "observation",
        "with-note",
        &observation("дві машини, одна горить").encode(),
    )?;
    keep("observation", "with-all", &full_observation().encode())?;
    keep("observation", "cut", &full_observation().encode()[..20])?;
    keep(
        "form",
        "civil-protection.json",
        Form::civil_protection().source(),
    )?;
    keep("form", "least.json", LEAST_FORM.as_bytes())?;
    keep(
        "form",
        "out-of-order.json",
        LEAST_FORM.replace("\"code\":1", "\"code\":0").as_bytes(),
    )?;
    keep("frame", "cover", cover.as_slice())?;
    keep("frame", "report", trimmed(plain.as_slice()))?;
    keep("frame", "replayed", trimmed(replay.as_slice()))?;
    keep("frame", "unknown-type", &[9, 0, 0])?;
    for target in ["envelope", "opening"] {
        keep(target, "report", envelope.as_bytes())?;
        keep(target, "cover", covering.as_bytes())?;
        keep(target, "cut", &envelope.as_bytes()[..2_047])?;
    }
    let mut spoilt = *envelope.as_bytes();
    spoilt[1_500] ^= 1;
    keep("opening", "spoilt", &spoilt)?;
    vault(&mut rng)?;
    keep("receipt", "signed", &receipt.encode())?;
    keep("receipt", "short", &receipt.encode()[1..])?;
    keep("answer", "signed", &answer.encode())?;
    keep("answer", "short", &answer.encode()[1..])?;
    keep("reception_key", "good", public.as_slice())?;
    keep(
        "reception_key",
        "not-reduced",
        &[0xff; lapwing_wire::RECEPTION_PUBLIC_LEN],
    )?;
    let one = record(3, envelope.clone());
    let two = [one.clone(), record(9, covering.clone())].concat();
    keep("pulled", "one", &one)?;
    keep("pulled", "two", &two)?;
    keep("pulled", "backwards", &[record(9, covering), one].concat())?;
    let feed = b"<feed/>".to_vec();
    let signed = bulletin(&feed, &public).sign(&root_key());
    let body = &signed[..signed.len() - 64];
    keep("bulletin", "full", body)?;
    keep("bulletin", "trailing", &[body, &[0]].concat())?;
    let release = format!(
        "lapwing release v1\nversion 7\n{0} /assets/a-B_1.js\n{0} /index.html\n",
        "ab".repeat(32)
    );
    keep("release", "two-files", release.as_bytes())?;
    keep("release", "cut", &release.as_bytes()[..release.len() - 1])?;
    let mut with_drops = bulletin(&feed, &public);
    with_drops.files.push(ListedFile {
        name: Drops::name(0),
        sha256: [6; 32],
    });
    with_drops.drops = Some(Drops {
        number: 497_000,
        period_s: 3_600,
        buckets: 1,
    });
    let signed_drops = with_drops.sign(&root_key());
    keep(
        "bulletin",
        "drops",
        &signed_drops[..signed_drops.len() - 64],
    )?;
    keep("drop", "zeros", &[0; DROP_LEN])?;
    keep("drop", "cut", &[0; 100])?;
    let publication = Publication {
        bulletin: signed,
        files: vec![feed],
    }
    .encode();
    keep("publication", "full", &publication)?;
    keep("publication", "cut", &publication[..publication.len() - 1])?;
    passes()?;
    couriers(&envelope)?;
    whisper()?;
    let headers = pull::sign(&root_key(), "/v1/envelopes", "after=3&limit=10", NOW);
    let lines = format!("{}\n{}", headers.signature_input, headers.signature);
    keep("pull_signature", "good", lines.as_bytes())?;
    keep(
        "pull_signature",
        "late",
        lines.replace("1790000000", "1790000301").as_bytes(),
    )?;
    let alert = fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/warn/tests/golden/alert.xml"),
    )?;
    keep("cap", "golden.xml", &alert)?;
    keep(
        "cap",
        "no-sender.xml",
        String::from_utf8_lossy(&alert)
            .replace("sender>", "sander>")
            .as_bytes(),
    )?;
    codebooks()?;
    for &language in Language::ALL {
        let data =
            [2_047, 1_024, 5, 6, 7, 8, 9, 10, 11, 12].map(|n| Symbol::new(n).expect("below 2,048"));
        let said = encode(&data).map(|symbol| language.word(symbol));
        keep("words", language.code(), said.join(" ").as_bytes())?;
        let left_out = said[1..].join(" ");
        keep(
            "words",
            &format!("{}-left-out", language.code()),
            left_out.as_bytes(),
        )?;
    }
    for format in [
        "observation",
        "form",
        "frame",
        "reply",
        "cell-message",
        "whisper",
    ] {
        vectors(format)?;
    }
    Ok(())
}

/// A report and the sheet that it was made with: whole, with a row that was burnt, and cut short.
fn codebooks() -> Result<()> {
    let place = Place::from_degrees(48.02, 37.81).expect("it is one");
    let sheet = Sheet::of(&[9; 32], vec![place; 2], 120).expect("two places");
    let said = Said {
        kind: 9,
        count: 3,
        place: 2,
        hour: 14,
        yesterday: false,
        known: Known::Seen,
    };
    let words = sheet.by_hand(4, said).expect("it can be said");
    let words: Vec<u8> = words
        .iter()
        .flat_map(|word| word.value().to_be_bytes())
        .collect();
    let mut book = Book::default();
    book.enter(1, sheet);
    let whole = book.sheet(1).expect("it was entered").to_bytes();
    let burnt = book.burn(1, 4).expect("it was there").to_bytes();
    keep("codebook", "whole", &[&words[..], &whole].concat())?;
    keep("codebook", "burnt", &[&words[..], &burnt].concat())?;
    keep("codebook", "cut", &[&words[..], &whole[..99]].concat())
}

/// One whose gist is not sealed, so that it can be read at once.
fn whisper() -> Result<()> {
    let form = Form::civil_protection();
    let sector = Sector::around(Place::from_degrees(48.0, 37.8).expect("it is one"));
    let gist = Gist::of(&observation(""), Manner::default(), &form, sector, NOW);
    let bits = gist.expect("it fits").to_bits();
    let id = WhisperId::new(5).expect("22 bits");
    let plain = Whisper::new(WhisperKind::Report, id, bits, [6; 4]).expect("54 bits");
    keep("whisper", "plain", &plain.to_bytes())
}

/// What couriers carry. The numbers are four bytes each, as the target reads them.
fn couriers(envelope: &Envelope) -> Result<()> {
    let pieces = Pieces::of(envelope);
    let piece = pieces.piece(17).encode();
    keep("piece", "repair", &piece)?;
    keep("piece", "cut", &piece[1..])?;
    let numbers: Vec<u8> = (0..20_u32).flat_map(u32::to_be_bytes).collect();
    keep("piece", "numbers", &numbers)?;
    let file = Bundle::new(vec![envelope.clone()])
        .expect("one is not too many")
        .encode();
    keep("bundle", "one", &file)?;
    keep("bundle", "cut", &file[..file.len() - 1])
}

/// Passes, the request for them, the wallet that holds both, and what an invite carries.
fn passes() -> Result<()> {
    let key = lapwing_wire::PassKey::from_modulus(&[0xff; 256]).expect("2,048 bits and odd");
    let pass = lapwing_wire::Pass {
        nonce: [1; 32],
        challenge: lapwing_wire::challenge_digest(),
        key_id: key.id(),
        authenticator: [2; 256],
    };
    let header = pass.authorization();
    keep("pass", "header", header.as_bytes())?;
    keep("pass", "two", format!("{header}, {header}").as_bytes())?;
    keep("pass", "bytes", &pass.encode())?;
    let parts = [lapwing_wire::token_request(8, &[3; 256]); lapwing_wire::PASS_BATCH];
    keep("pass_request", "good", parts.as_flattened())?;
    keep("pass_request", "cut", &parts.as_flattened()[1..])?;
    // As `lapwing-pass` documents it: a request under way, and one pass of the first epoch.
    let pending = [&[1, 1, 0, 0, 0, 0][..], key.modulus(), &[4; 64]].concat();
    let held = [&[1, 0, 0, 0, 0][..], &pass.encode()].concat();
    keep("wallet", "full", &[&pending[..], &held].concat())?;
    keep("wallet", "empty", &[1, 0, 0])?;
    keep("wallet", "cut", &pending)?;
    let epochs = [740, 741].map(|epoch| (lapwing_wire::PassEpoch(epoch), pass.clone()));
    let invited = lapwing_wire::invite_passes(&epochs);
    keep("invite_passes", "two", &invited)?;
    keep("invite_passes", "cut", &invited[1..])
}

/// Each vector under its place in the file, except those whose length alone is the point.
fn vectors(format: &str) -> Result<()> {
    let file = lapwing_vectors::read(format).map_err(std::io::Error::other)?;
    for (n, case) in file.cases.iter().enumerate() {
        let data = case.whole().map_err(std::io::Error::other)?;
        // The target fills a plaintext with zeros again.
        let data = if format == "frame" {
            trimmed(&data)
        } else {
            &data
        };
        if data.len() <= 4_096 {
            keep(&format.replace('-', "_"), &format!("v1-{n:02}"), data)?;
        }
    }
    Ok(())
}

fn vault(rng: &mut ChaCha20Rng) -> Result<()> {
    let image = Image::fresh(rng);
    let header = &image.as_bytes()[..46];
    keep("vault_image", "header", header)?;
    keep("vault_image", "other-version", &with(header, 15, 2))?;
    keep("vault_image", "cheaper", &with(header, 17, 0))?;
    let mut content = VaultContent::default();
    keep("vault_content", "empty", &content.encode())?;
    for (field, length) in Field::ALL.into_iter().zip([32, 300, 20, 5]) {
        content
            .put(field, &vec![field.number(); length])
            .expect("it fits");
    }
    keep("vault_content", "all", &content.encode())?;
    keep(
        "vault_content",
        "out-of-order",
        &[0xa2, 2, 0x41, 7, 1, 0x41, 7],
    )?;
    keep("vault_content", "empty-field", &[0xa1, 1, 0x40])
}

fn with(bytes: &[u8], at: usize, to: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = to;
    bytes
}

fn keep(target: &str, name: &str, data: &[u8]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), data)
}

fn observation(note: &str) -> Observation {
    Observation {
        kind: 2,
        place: Place::from_degrees(48.0159, 37.8028)
            .expect("it is on earth")
            .rounded(Precision::Metres100),
        off_m: 400,
        seen: NOW - 90,
        seen_off_s: 300,
        count: None,
        heading: None,
        known: Known::Heard,
        danger: Danger::None,
        note: note.to_owned(),
    }
}

fn full_observation() -> Observation {
    Observation {
        count: Some(12),
        heading: Heading::from_sector(3),
        known: Known::Seen,
        danger: Danger::Acute,
        ..observation("колона їде на північ")
    }
}

fn record(index: u64, envelope: Envelope) -> Vec<u8> {
    let mut out = Vec::new();
    Record {
        index,
        time: NOW,
        salt: [8; 32],
        envelope,
    }
    .encode_into(&mut out);
    out
}

fn bulletin(feed: &[u8], public: &[u8; lapwing_wire::RECEPTION_PUBLIC_LEN]) -> Bulletin {
    let place = |lat, lon| Place::from_degrees(lat, lon).expect("it is on earth");
    let sha256: [u8; 32] = sha2_of(feed);
    Bulletin {
        root_key: root_key().verifying_key().to_bytes(),
        number: 7,
        issued: NOW,
        expires: NOW + 604_800,
        region: Region {
            south_west: place(44.0, 22.0),
            north_east: place(52.5, 40.5),
        },
        keys: vec![ReceptionKey {
            epoch: EPOCH,
            public: Box::new(*public),
        }],
        form: LEAST_FORM.as_bytes().to_vec(),
        warnings: vec![BulletinWarning {
            id: "desk-17".to_owned(),
            kind: 2,
            state: WarningState::Active,
            sent: NOW,
            expires: NOW + 3_600,
            severity: "Extreme".to_owned(),
            urgency: "Immediate".to_owned(),
            certainty: "Likely".to_owned(),
            centre: place(47.57, 35.8),
            radius_m: 3_000,
            texts: vec![WarningText {
                lang: "uk".to_owned(),
                headline: "Обстріл: Оріхів".to_owned(),
                description: "Про це сказали двоє.".to_owned(),
                instruction: "Ідіть в укриття.".to_owned(),
                area: "Оріхів".to_owned(),
            }],
        }],
        files: vec![ListedFile {
            name: "warnings.atom".to_owned(),
            sha256,
        }],
        drops: None,
        passes: None,
    }
}

fn sha2_of(data: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(data).into()
}

fn trimmed(plaintext: &[u8]) -> &[u8] {
    let end = plaintext
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |at| at + 1);
    &plaintext[..end]
}

const LEAST_FORM: &str = r#"{"id":"least","version":1,"languages":["uk","en"],"title":{"uk":"Найменша","en":"Least"},"kinds":[{"code":1,"name":"explosion","icon":"explosion","label":{"uk":"Вибух","en":"Explosion"},"precision_m":100,"count":null,"heading":false,"photo":false,"slot_s":300,"warns":"never","sources":2,"cap":null,"event":{"uk":"Вибух","en":"Explosion"},"instruction":{"uk":"","en":""}}]}"#;
