//! Opening and sealing on one core, against the two primitives that no opening can do without.

use std::time::{Duration, Instant};

use anyhow::Context;
use aws_lc_rs::{agreement, kem};
use lapwing_model::{Danger, Form, Known, Place, Region};
use lapwing_seal::{Frame, ReceptionSecret, open as open_envelope};
use lapwing_wire::{Bulletin, Envelope, KeyEpoch, ReceptionKey, SigningKey};
use lapwing_witness::{Draft, Phone};
use ml_kem::{Decapsulate as _, Encapsulate as _, Generate as _, MlKem768};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::{median, rounded};

const NOW: i64 = 1_795_000_000;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(300);

/// A phone of a desk, and the desk's secret.
pub(crate) fn phone_and_secret() -> anyhow::Result<(Phone, ReceptionSecret)> {
    let root = SigningKey::from_bytes(&[1; 32]);
    let secret = ReceptionSecret::generate(&mut ChaCha20Rng::from_seed([2; 32]), KeyEpoch::at(NOW));
    let corner = Place::from_degrees(0.0, 0.0)?;
    let bulletin = Bulletin {
        root_key: root.verifying_key().to_bytes(),
        number: 1,
        issued: NOW,
        expires: NOW + 1_000,
        region: Region {
            south_west: corner,
            north_east: corner,
        },
        keys: vec![ReceptionKey {
            epoch: secret.epoch(),
            public: secret.public_bytes(),
        }],
        form: Form::civil_protection().source().to_vec(),
        warnings: Vec::new(),
        files: Vec::new(),
        drops: None,
        passes: None,
    };
    let mut phone = Phone::new(root.verifying_key().as_bytes(), [3; 16], 0)?;
    phone.accept_bulletin(&bulletin.sign(&root), NOW)?;
    Ok((phone, secret))
}

fn draft() -> Draft {
    Draft {
        kind: 2,
        lat: 48.0159,
        lon: 37.8028,
        off_m: 300,
        seen: NOW - 60,
        seen_off_s: 60,
        count: None,
        heading: None,
        known: Known::Heard,
        danger: Danger::None,
        note: "три вибухи біля школи".into(),
    }
}

/// Operations per second of one round.
fn rate(mut operation: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut done = 0_u32;
    while start.elapsed() < ROUND {
        for _ in 0..8 {
            operation();
        }
        done += 8;
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}

/// Medians of alternating rounds, so that a machine that slows down slows all of them.
pub(crate) fn medians(operations: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut rates = vec![Vec::new(); operations.len()];
    for _ in 0..ROUNDS {
        for (operation, rates) in operations.iter_mut().zip(&mut rates) {
            rates.push(rate(&mut **operation));
        }
    }
    rates.into_iter().map(median).collect()
}

/// `open`: envelopes per second per core, against 1/(1/X25519 + 1/ML-KEM-768 decapsulation) of the
/// fastest maintained library on this machine.
pub(crate) fn open() -> anyhow::Result<Value> {
    let mut rng = ChaCha20Rng::from_seed([4; 32]);
    let (mut phone, secret) = phone_and_secret()?;
    let envelopes: Vec<Envelope> = (0..64)
        .map(|_| phone.report(&mut rng, &draft(), NOW))
        .collect::<Result<_, _>>()?;
    let mut next = 0;
    let mut ours = || {
        let opened = open_envelope(&envelopes[next % envelopes.len()], &secret);
        assert!(
            matches!(opened, Ok(Frame::Report(_))),
            "what was sealed opens"
        );
        next += 1;
    };

    let dalek_secret = x25519_dalek::StaticSecret::from([5; 32]);
    let dalek_public = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from([6; 32]));
    let mut x25519_dalek = || {
        std::hint::black_box(dalek_secret.diffie_hellman(&dalek_public));
    };
    let aws_secret =
        agreement::PrivateKey::generate(&agreement::X25519).context("aws-lc makes no key")?;
    let peer = agreement::UnparsedPublicKey::new(&agreement::X25519, dalek_public.as_bytes());
    let mut x25519_aws = || {
        let shared = agreement::agree(&aws_secret, peer, (), |shared| {
            std::hint::black_box(shared[0]);
            Ok(())
        });
        assert!(shared.is_ok(), "the peer's key is one");
    };

    let ml_secret = ml_kem::DecapsulationKey::<MlKem768>::generate();
    let (ml_share, _) = ml_secret.encapsulation_key().encapsulate();
    let mut mlkem_rustcrypto = || {
        std::hint::black_box(ml_secret.decapsulate(&ml_share));
    };
    let aws_kem =
        kem::DecapsulationKey::generate(&kem::ML_KEM_768).context("aws-lc makes no key")?;
    let aws_public = aws_kem
        .encapsulation_key()
        .context("aws-lc has no public half")?;
    let (aws_share, _) = aws_public
        .encapsulate()
        .context("aws-lc does not encapsulate")?;
    let mut mlkem_aws = || {
        let shared = aws_kem.decapsulate(aws_share.as_ref().into());
        assert!(shared.is_ok(), "its own share decapsulates");
    };

    let m = medians(&mut [
        &mut ours,
        &mut x25519_dalek,
        &mut x25519_aws,
        &mut mlkem_rustcrypto,
        &mut mlkem_aws,
    ]);
    let (x25519, mlkem) = (m[1].max(m[2]), m[3].max(m[4]));
    let limit = 1.0 / (1.0 / x25519 + 1.0 / mlkem);
    Ok(json!({
        "name": "open",
        "unit": "envelopes per second on one core",
        "value": rounded(m[0]),
        "limit": rounded(limit),
        "ratio": rounded(m[0] / limit),
        "x25519": { "dalek": rounded(m[1]), "aws-lc": rounded(m[2]) },
        "ml-kem-768 decapsulation": { "rustcrypto": rounded(m[3]), "aws-lc": rounded(m[4]) },
    }))
}

/// `seal`: envelopes per second per core, against two X25519 (share and secret) and one ML-KEM-768
/// encapsulation of the same library that the phone uses.
pub(crate) fn seal() -> anyhow::Result<Value> {
    let mut rng = ChaCha20Rng::from_seed([4; 32]);
    let (mut phone, _) = phone_and_secret()?;
    let mut ours = || {
        assert!(
            phone.report(&mut rng, &draft(), NOW).is_ok(),
            "the draft fits"
        );
    };
    let secret = x25519_dalek::StaticSecret::from([5; 32]);
    let public = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from([6; 32]));
    let mut x25519 = || {
        std::hint::black_box(x25519_dalek::PublicKey::from(&secret));
        std::hint::black_box(secret.diffie_hellman(&public));
    };
    let ml_secret = ml_kem::DecapsulationKey::<MlKem768>::generate();
    let ml_public = ml_secret.encapsulation_key();
    let mut mlkem = || {
        std::hint::black_box(ml_public.encapsulate());
    };
    let m = medians(&mut [&mut ours, &mut x25519, &mut mlkem]);
    let limit = 1.0 / (1.0 / m[1] + 1.0 / m[2]);
    Ok(json!({
        "name": "seal",
        "unit": "envelopes per second on one core, native",
        "value": rounded(m[0]),
        "limit": rounded(limit),
        "ratio": rounded(m[0] / limit),
    }))
}
