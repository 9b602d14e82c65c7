use super::*;
use crate::frame::tests::report;
use crate::{Frame, OpenError, ReceptionSecret, open, open_portable, root, seal};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use lapwing_wire::KeyEpoch;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::Value;

const EPOCH: KeyEpoch = KeyEpoch(2_969);

fn rng(n: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(n)
}

fn secret() -> ReceptionSecret {
    ReceptionSecret::generate(&mut rng(1), EPOCH)
}

fn published(name: &str) -> Value {
    let path = format!(
        "{}/../../vectors/published/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let bytes = std::fs::read(path).expect("the vectors are in the repository");
    serde_json::from_slice(&bytes).expect("they are JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a text")).expect("hexadecimal digits")
}

fn unsealer(seed: &[u8], public: &[u8]) -> Unsealer {
    Unsealer::new(seed.try_into().unwrap(), public.try_into().unwrap())
}

#[test]
fn decapsulation_agrees_with_the_vectors_of_x_wing() {
    let file = published("x-wing.json");
    for v in file["vectors"].as_array().unwrap() {
        let unsealer = unsealer(&bytes(&v["seed"]), &bytes(&v["pk"]));
        let share: [u8; KEM_SHARE_LEN] = bytes(&v["ct"]).try_into().unwrap();
        assert_eq!(
            unsealer.decapsulate(&share).unwrap().as_slice(),
            bytes(&v["ss"])
        );
    }
}

#[test]
fn key_and_nonce_agree_with_the_vector_of_hpke() {
    let file = published("hpke-pq-xwing-hkdfsha256-chacha20poly1305.json");
    let v = &file["vector"];
    let unsealer = unsealer(&bytes(&v["skRm"]), &bytes(&v["pkRm"]));
    let share: [u8; KEM_SHARE_LEN] = bytes(&v["enc"]).try_into().unwrap();
    let shared = unsealer.decapsulate(&share).unwrap();
    let context = context(&bytes(&v["info"]));
    let (key, nonce) = schedule(&shared, &context);
    let first = &v["encryptions"][0];
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).unwrap());
    let mut text = bytes(&first["ct"]);
    let aad = Aad::from(bytes(&first["aad"]));
    let opened = key
        .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut text)
        .unwrap();
    assert_eq!(opened, bytes(&first["pt"]));
}

/// Seals to a point of the sender's choice, whose product with the desk's scalar is `ss_x`.
fn sealed_to_point(point: [u8; POINT_LEN], ss_x: &[u8; POINT_LEN], frame: &Frame) -> Envelope {
    let public = secret().public_bytes();
    let (ml_kem, own_point) = public.split_at(RECEPTION_PUBLIC_LEN - POINT_LEN);
    let key = ml_kem::ml_kem_768::EncapsulationKey::new(ml_kem.try_into().unwrap()).unwrap();
    let (ciphertext, ss_m) = key.encapsulate_deterministic(&[5; 32].into());
    let all = [ss_m.as_slice(), ss_x, &point, own_point, LABEL].concat();
    let shared: [u8; 32] = digest::digest(&SHA3_256, &all).as_ref().try_into().unwrap();
    let (key, nonce) = schedule(&shared, &context(INFO));
    let Frame::Report(inside) = frame else {
        panic!("a report is sealed")
    };
    let header = Envelope::header_for(EPOCH, &root(&inside.seed, &inside.observation));
    let plaintext = frame.encode().unwrap();
    let payload = Payload {
        msg: plaintext.as_slice(),
        aad: &header,
    };
    let sealed = chacha20poly1305::ChaCha20Poly1305::new(&(*key).into())
        .encrypt(&nonce.into(), payload)
        .unwrap();
    let mut share = [0; KEM_SHARE_LEN];
    share[..KEM_SHARE_LEN - POINT_LEN].copy_from_slice(&ciphertext);
    share[KEM_SHARE_LEN - POINT_LEN..].copy_from_slice(&point);
    Envelope::from_parts(&header, &share, sealed.as_slice().try_into().unwrap()).unwrap()
}

/// The scalar of the secret, by the portable expansion.
fn product(point: [u8; POINT_LEN]) -> [u8; POINT_LEN] {
    let mut expanded = [0; 96];
    let mut shake = Shake256::default();
    shake.update(secret().seed());
    shake.finalize_xof().read(&mut expanded);
    let mut scalar = [0; 32];
    scalar.copy_from_slice(&expanded[64..]);
    x25519_dalek::StaticSecret::from(scalar)
        .diffie_hellman(&x25519_dalek::PublicKey::from(point))
        .to_bytes()
}

fn point(digits: &str) -> [u8; POINT_LEN] {
    hex::decode(digits).unwrap().try_into().unwrap()
}

#[test]
fn points_of_low_order_open_on_both_ways_as_x_wing_has_it() {
    // Orders 4, 1, 8, 8 and 2 and their forms above the prime, with and without the unused bit.
    let low = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];
    let frame = Frame::Report(report());
    for digits in low {
        let point = point(digits);
        assert_eq!(product(point), [0; 32], "{digits}");
        let envelope = sealed_to_point(point, &[0; 32], &frame);
        assert_eq!(
            open_portable(&envelope, &secret()).as_ref(),
            Ok(&frame),
            "{digits}"
        );
        assert_eq!(open(&envelope, &secret()).as_ref(), Ok(&frame), "{digits}");
    }
}

#[test]
fn points_in_unusual_forms_open_on_both_ways() {
    let frame = Frame::Report(report());
    // 9 with the unused bit; 2 above the prime; the largest number; one on the twist.
    for digits in [
        "0900000000000000000000000000000000000000000000000000000000000080",
        "efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
    ] {
        let point = point(digits);
        let envelope = sealed_to_point(point, &product(point), &frame);
        assert_eq!(
            open_portable(&envelope, &secret()).as_ref(),
            Ok(&frame),
            "{digits}"
        );
        assert_eq!(open(&envelope, &secret()).as_ref(), Ok(&frame), "{digits}");
    }
}

#[test]
fn noise_under_a_good_header_is_refused_on_both_ways() {
    let mut bytes = [0; lapwing_wire::ENVELOPE_LEN];
    for n in 0..200 {
        rng(n).fill_bytes(&mut bytes);
        bytes[..38].copy_from_slice(&Envelope::header_for(EPOCH, &[n as u8; 32]));
        let envelope = Envelope::from_bytes(&bytes).unwrap();
        assert_eq!(open(&envelope, &secret()), Err(OpenError::Seal));
        assert_eq!(open_portable(&envelope, &secret()), Err(OpenError::Seal));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn both_ways_give_the_same_verdict_on_changed_envelopes(
        n: u64,
        cover: bool,
        changes in proptest::collection::vec((0..lapwing_wire::ENVELOPE_LEN, any::<u8>()), 0..4),
    ) {
        let secret = ReceptionSecret::generate(&mut rng(n), EPOCH);
        let frame = if cover { Frame::Cover } else { Frame::Report(report()) };
        let envelope = seal(&mut rng(n ^ 1), &secret.public(), &frame).unwrap();
        let mut bytes = *envelope.as_bytes();
        for (at, by) in changes {
            bytes[at] ^= by;
        }
        if let Ok(changed) = Envelope::from_bytes(&bytes) {
            let native = open(&changed, &secret);
            prop_assert_eq!(&native, &open_portable(&changed, &secret));
            if changed == envelope {
                prop_assert_eq!(native, Ok(frame));
            }
        }
    }
}
