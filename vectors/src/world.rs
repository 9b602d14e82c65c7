//! Who and what the vectors are about: keys from named seeds, and one of each thing.

use lapwing_model::{Danger, Form, Heading, Known, Observation, Place, Precision, Region};
use lapwing_seal::{FieldSeed, Frame, ReceptionSecret, Report, seal};
use lapwing_wire::{
    Bulletin, BulletinWarning, Envelope, IssuerKey, KeyEpoch, ListedFile, PassEpoch, PassIssuer,
    PassKey, ReceptionKey, SigningKey, WarningState, WarningText,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// When everything happens: 2026-09-21 14:13:20 UTC, in week 2,959.
pub(crate) const NOW: i64 = 1_790_000_000;
/// The week of [`NOW`].
pub(crate) const WEEK: KeyEpoch = KeyEpoch(2_959);

/// The least form that a phone takes: one kind.
pub(crate) const FORM: &str = r#"{"id":"least","version":1,"languages":["uk","en"],"title":{"uk":"Найменша","en":"Least"},"kinds":[{"code":1,"name":"explosion","icon":"explosion","label":{"uk":"Вибух","en":"Explosion"},"precision_m":100,"count":null,"heading":false,"photo":false,"slot_s":300,"warns":"never","sources":2,"cap":null,"event":{"uk":"Вибух","en":"Explosion"},"instruction":{"uk":"","en":""}}]}"#;

/// The file that the bulletin lists.
pub(crate) const FEED: &[u8] = b"<feed xmlns=\"http://www.w3.org/2005/Atom\"/>\n";

/// 32 bytes that only the name decides.
pub(crate) fn seed(name: &str) -> [u8; 32] {
    Sha256::digest(format!("lapwing vectors v1: {name}")).into()
}

/// Randomness that only the name decides.
pub(crate) fn rng(name: &str) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(seed(name))
}

/// As many bytes of it.
pub(crate) fn random<const N: usize>(name: &str) -> [u8; N] {
    let mut bytes = [0; N];
    rng(name).fill_bytes(&mut bytes);
    bytes
}

/// The desk's root key.
pub(crate) fn root_key() -> SigningKey {
    SigningKey::from_bytes(&random("root key"))
}

/// The relay's key.
pub(crate) fn log_key() -> SigningKey {
    SigningKey::from_bytes(&random("log key"))
}

/// Somebody else's key.
pub(crate) fn stranger_key() -> SigningKey {
    SigningKey::from_bytes(&random("stranger's key"))
}

/// The desk's reception secret of this week and the twelve after it.
pub(crate) fn secret(week: KeyEpoch) -> ReceptionSecret {
    ReceptionSecret::from_seed(week, &random(&format!("reception secret {}", week.0)))
}

/// The least that can be said.
pub(crate) fn shelling() -> Observation {
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
        note: String::new(),
    }
}

/// Every field.
pub(crate) fn column() -> Observation {
    let kind = Form::civil_protection()
        .kind_named("forces_moving")
        .expect("the form has it")
        .clone();
    Observation {
        kind: kind.code,
        place: Place::from_degrees(47.5672, 35.7981)
            .expect("it is on earth")
            .rounded(kind.precision),
        off_m: 1_000,
        count: Some(12),
        heading: Heading::from_sector(3),
        known: Known::Seen,
        danger: Danger::Acute,
        note: "колона їде на північ".to_owned(),
        ..shelling()
    }
}

/// A report of a live phone.
pub(crate) fn report() -> Report {
    Report {
        author: random("author"),
        sequence: 5,
        seed: FieldSeed::from_bytes(random("field seed")),
        observation: column(),
        replayed_at: None,
    }
}

/// The report, sealed to this week's key.
pub(crate) fn envelope() -> Envelope {
    sealed("envelope", &Frame::Report(report()))
}

/// A frame sealed to this week's key.
pub(crate) fn sealed(name: &str, frame: &Frame) -> Envelope {
    seal(&mut rng(name), &secret(WEEK).public(), frame).expect("the frame fits")
}

/// A bulletin with one of everything.
pub(crate) fn bulletin() -> Bulletin {
    let place = |lat, lon| Place::from_degrees(lat, lon).expect("it is on earth");
    Bulletin {
        root_key: root_key().verifying_key().to_bytes(),
        number: 7,
        issued: NOW,
        expires: NOW + 7 * 86_400,
        region: Region {
            south_west: place(44.0, 22.0),
            north_east: place(52.5, 40.5),
        },
        keys: vec![reception_key(WEEK)],
        form: FORM.as_bytes().to_vec(),
        warnings: vec![BulletinWarning {
            id: "desk-17".to_owned(),
            kind: 1,
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
                headline: "Вибухи: Оріхів".to_owned(),
                description: "Про це сказали двоє.".to_owned(),
                instruction: "Ідіть в укриття.".to_owned(),
                area: "Оріхів".to_owned(),
            }],
        }],
        files: vec![ListedFile {
            name: "warnings.atom".to_owned(),
            sha256: Sha256::digest(FEED).into(),
        }],
        drops: None,
        passes: None,
    }
}

/// The smallest bulletin: one key, no warnings, no files.
pub(crate) fn small_bulletin() -> Bulletin {
    Bulletin {
        warnings: Vec::new(),
        files: Vec::new(),
        ..bulletin()
    }
}

/// A key for passes; of noise, since nothing here is signed with it.
pub(crate) fn pass_key(name: &str) -> PassKey {
    let mut modulus: [u8; 256] = random(name);
    modulus[0] |= 0x80;
    modulus[255] |= 1;
    PassKey::from_modulus(&modulus).expect("2,048 bits and odd")
}

/// A bulletin that names an issuer: its keys of this epoch of 28 days and the next.
pub(crate) fn bulletin_with_issuer() -> Bulletin {
    let this = PassEpoch::at(NOW);
    let known = |epoch, name| IssuerKey {
        epoch,
        key: pass_key(name),
    };
    Bulletin {
        passes: Some(PassIssuer {
            url: "https://issuer.example".to_owned(),
            keys: vec![
                known(this, "issuer"),
                known(PassEpoch(this.0 + 1), "next issuer"),
            ],
        }),
        ..small_bulletin()
    }
}

/// The reception key of a week.
pub(crate) fn reception_key(week: KeyEpoch) -> ReceptionKey {
    ReceptionKey {
        epoch: week,
        public: secret(week).public_bytes(),
    }
}

/// The same signature with the order of the group added to its scalar: a lax verifier takes it too.
pub(crate) fn malleated(signature: &[u8; 64]) -> [u8; 64] {
    // L = 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 8032 5.1).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut out = *signature;
    let mut carry = 0;
    for (byte, order) in out[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    out
}
