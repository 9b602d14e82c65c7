//! The published vectors, through the code that ships: RFC 9474 A.3 and RFC 9578 B.2.

use core::convert::Infallible;

use blind_rsa_signatures::reexports::{crypto_bigint::BoxedUint, rsa::RsaPublicKey};
use lapwing_wire::token_request;
use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::*;

/// Gives out what the vectors say was drawn, in order.
struct Scripted(Vec<u8>);

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("everything here is drawn by the byte")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("everything here is drawn by the byte")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        assert!(out.len() <= self.0.len(), "more is drawn than was scripted");
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Scripted {}

/// A factor as it is drawn: the lowest byte first.
fn drawn(big_endian: &[u8]) -> Vec<u8> {
    big_endian.iter().rev().copied().collect()
}

fn vectors(file: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/published/");
    let text = std::fs::read_to_string(format!("{folder}{file}.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    hex::decode(vector[name].as_str().unwrap()).unwrap()
}

#[test]
fn the_suite_is_that_of_rfc_9474() {
    let vectors = vectors("rsabssa-sha384-pss-deterministic");
    assert_eq!(vectors.len(), 1);
    for vector in &vectors {
        let whole = |name| {
            let bytes = bytes(vector, name);
            BoxedUint::from_be_slice_vartime(&bytes)
        };
        let (n, e) = (whole("n"), whole("e"));
        let key = Suite::new(RsaPublicKey::new(n.clone(), e).unwrap());
        let inverse = bytes(vector, "inv");
        let factor = BoxedUint::from_be_slice(&inverse, n.bits_precision())
            .unwrap()
            .invert_mod(&n.to_nz().unwrap())
            .unwrap();
        let mut rng = Scripted([bytes(vector, "salt"), drawn(&factor.to_be_bytes())].concat());
        let message = bytes(vector, "msg");
        let made = key.blind(&mut rng, &message).unwrap();
        assert!(rng.0.is_empty());
        assert_eq!(made.blind_message.0, bytes(vector, "blinded_msg"));
        assert_eq!(made.secret.0, inverse);
        let signature = BlindSignature(bytes(vector, "blind_sig"));
        let done = key.finalize(&signature, &made, &message).unwrap();
        assert_eq!(done.0, bytes(vector, "sig"));
    }
}

#[test]
fn passes_are_those_of_rfc_9578() {
    let vectors = vectors("privacy-pass-type-2");
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        let key = PassKey::from_spki(&bytes(vector, "pkS")).unwrap();
        assert_eq!(key.spki().to_vec(), bytes(vector, "pkS"));
        let blinder = Blinder::new(&key).unwrap();
        let mut rng = Scripted(
            [
                bytes(vector, "nonce"),
                bytes(vector, "salt"),
                drawn(&bytes(vector, "blind")),
            ]
            .concat(),
        );
        let challenge = Sha256::digest(bytes(vector, "token_challenge")).into();
        let blinding = blinder.blind(&mut rng, &challenge).unwrap();
        assert!(rng.0.is_empty());
        let [.., hint] = key.id();
        let request = token_request(hint, &blinding.blinded);
        assert_eq!(request.to_vec(), bytes(vector, "token_request"));
        let response: Blinded = bytes(vector, "token_response").try_into().unwrap();
        let pass = blinder.finalize(&blinding, &response).unwrap();
        assert_eq!(pass.encode().to_vec(), bytes(vector, "token"));
        assert_eq!(blinder.verify(&pass), Ok(()));
        let mut other = response;
        other[255] ^= 1;
        let refused = blinder.finalize(&blinding, &other);
        assert_eq!(refused, Err(PassCryptoError::Signature));
    }
}

#[test]
fn every_part_of_a_pass_is_signed() {
    let vector = &vectors("privacy-pass-type-2")[0];
    let key = PassKey::from_spki(&bytes(vector, "pkS")).unwrap();
    let blinder = Blinder::new(&key).unwrap();
    let good = bytes(vector, "token");
    for at in [2, 33, 34, 65, 66, 97, 98, 353] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let bad = Pass::decode(&bad).unwrap();
        assert_eq!(
            blinder.verify(&bad),
            Err(PassCryptoError::Signature),
            "{at}"
        );
    }
}

/// Where signature plus modulus still has 256 bytes, a verifier that reduces first would take it, and one pass would
/// have two nullifiers.
#[test]
fn a_signature_has_one_encoding() {
    let mut tried = 0;
    for vector in &vectors("privacy-pass-type-2") {
        let key = PassKey::from_spki(&bytes(vector, "pkS")).unwrap();
        let mut pass = Pass::decode(&bytes(vector, "token")).unwrap();
        let mut carry = 0;
        for at in (0..256).rev() {
            let digit = u16::from(pass.authenticator[at]) + u16::from(key.modulus()[at]) + carry;
            pass.authenticator[at] = digit as u8;
            carry = digit >> 8;
        }
        if carry == 0 {
            tried += 1;
            let refused = Blinder::new(&key).unwrap().verify(&pass);
            assert_eq!(refused, Err(PassCryptoError::Signature));
        }
    }
    assert!(tried > 0, "no published signature is small enough");
}
