//! The KEM and HPKE below this crate agree with the vectors of their specifications.

use hpke::{
    Deserializable, Kem, OpModeR, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::XWing, setup_receiver,
};
use serde_json::Value;
use x_wing::{Decapsulate as _, Decapsulator as _, KeyExport as _};

fn read(name: &str) -> Value {
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

#[test]
fn x_wing_agrees_with_its_draft() {
    let file = read("x-wing.json");
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for v in vectors {
        let seed: [u8; 32] = bytes(&v["seed"]).try_into().unwrap();
        let secret = x_wing::DecapsulationKey::from(seed);
        let public = secret.encapsulation_key();
        assert_eq!(public.to_bytes().as_slice(), bytes(&v["pk"]));
        let eseed: [u8; 64] = bytes(&v["eseed"]).try_into().unwrap();
        let (ct, ss) = public.encapsulate_deterministic(&eseed.into());
        assert_eq!(ct.as_slice(), bytes(&v["ct"]));
        assert_eq!(ss.as_slice(), bytes(&v["ss"]));
        assert_eq!(secret.decapsulate(&ct).as_slice(), bytes(&v["ss"]));
    }
}

#[test]
fn hpke_with_x_wing_agrees_with_its_draft() {
    let file = read("hpke-pq-xwing-hkdfsha256-chacha20poly1305.json");
    let v = &file["vector"];
    assert_eq!(
        u64::from(<XWing as Kem>::KEM_ID),
        v["kem_id"].as_u64().unwrap()
    );
    let secret = <XWing as Kem>::PrivateKey::from_bytes(&bytes(&v["skRm"])).unwrap();
    let public = XWing::sk_to_pk(&secret);
    assert_eq!(public.to_bytes().as_slice(), bytes(&v["pkRm"]));
    let (derived, _) = XWing::derive_keypair(&bytes(&v["ikmR"]));
    assert_eq!(derived.to_bytes().as_slice(), bytes(&v["skRm"]));
    let share = <XWing as Kem>::EncappedKey::from_bytes(&bytes(&v["enc"])).unwrap();
    let mut context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeR::Base,
        &secret,
        &share,
        &bytes(&v["info"]),
    )
    .unwrap();
    let messages = v["encryptions"].as_array().unwrap();
    assert!(!messages.is_empty());
    for m in messages {
        let opened = context.open(&bytes(&m["ct"]), &bytes(&m["aad"])).unwrap();
        assert_eq!(opened, bytes(&m["pt"]));
    }
}
