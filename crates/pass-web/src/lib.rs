//! Fetching passes, for browsers: `lapwing-pass` through wasm-bindgen, and nothing besides.
//!
//! A module of its own, since its arithmetic would add a third to what a phone loads first; spending a pass needs only its
//! bytes. Passes are handed over as the app keeps them:
//!
//! ```text
//! kept pass (358)  epoch 4 · pass 354
//! ```
//!
//! What is refused is thrown as a string with a stable short name.
//!
//! **In scope:** conversion of values, names of refusals.
//! **Out of scope:** every decision (`lapwing-pass`, `lapwing-wire`); which key to trust: the app gives those of a bulletin
//! that the core has verified, and no other; keeping and spending (`web/shared/passes`).
//!
//! The graph holds `getrandom`, which nothing here calls: `cargo xtask web` builds it with a backend that is not there, and
//! looks that nothing asks for it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use lapwing_pass::{Batch, Blinder};
use lapwing_wire::{
    IssuerKey, PASS_LEN, PASS_MODULUS_LEN, Pass, PassEpoch, PassKey, PassResponse,
    read_invite_passes,
};
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// The request for a batch, to be sent to the issuer; the same every time. `modulus`: 256 bytes, the key of the epoch from
/// the bulletin. `seed`: 32 fresh bytes, kept until the passes are there and then erased.
///
/// # Errors
/// `pass-key`, `pass-seed`.
#[wasm_bindgen]
pub fn request(modulus: &[u8], seed: &[u8]) -> Thrown<Vec<u8>> {
    batch(modulus, seed)
        .and_then(|batch| batch.request().map_err(|_why| "pass-key"))
        .map_err(JsValue::from_str)
}

/// The passes of the issuer's response to the request of this seed: all, or none; each as it is kept.
///
/// # Errors
/// `pass-key`, `pass-seed`; `pass-response`: no response; `pass-signature`: the issuer did not sign with the bulletin's key.
#[wasm_bindgen]
pub fn finish(modulus: &[u8], epoch: u32, seed: &[u8], response: &[u8]) -> Thrown<Vec<u8>> {
    finished(modulus, epoch, seed, response).map_err(JsValue::from_str)
}

/// The passes of an invite's square, in hexadecimal, each as it is kept: those that are signed by a key of the bulletin.
/// `epochs` and `moduli` (256 bytes each) are the bulletin's.
///
/// # Errors
/// `pass-key`; `invite-passes`: of another length, or no digits.
#[wasm_bindgen]
pub fn invited(digits: &str, epochs: &[u32], moduli: &[u8]) -> Thrown<Vec<u8>> {
    good(digits, epochs, moduli).map_err(JsValue::from_str)
}

fn finished(
    modulus: &[u8],
    epoch: u32,
    seed: &[u8],
    response: &[u8],
) -> Result<Vec<u8>, &'static str> {
    let response = PassResponse::decode(response).map_err(|_why| "pass-response")?;
    let passes = batch(modulus, seed)?.finish(&response);
    let passes = passes.map_err(|_why| "pass-signature")?;
    Ok(kept(passes.iter().map(|pass| (PassEpoch(epoch), pass))))
}

fn good(digits: &str, epochs: &[u32], moduli: &[u8]) -> Result<Vec<u8>, &'static str> {
    let (moduli, rest) = moduli.as_chunks::<PASS_MODULUS_LEN>();
    if moduli.len() != epochs.len() || !rest.is_empty() {
        return Err("pass-key");
    }
    let keys = epochs.iter().zip(moduli).map(|(&epoch, modulus)| {
        let key = PassKey::from_modulus(modulus).map_err(|_why| "pass-key")?;
        let epoch = PassEpoch(epoch);
        Ok::<_, &'static str>(IssuerKey { epoch, key })
    });
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let bytes = hex::decode(digits).map_err(|_why| "invite-passes")?;
    let mut passes = read_invite_passes(&bytes, &keys).ok_or("invite-passes")?;
    passes.retain(|(epoch, pass)| {
        let key = keys.iter().find(|known| known.epoch == *epoch);
        let blinder = key.and_then(|known| Blinder::new(&known.key).ok());
        blinder.is_some_and(|blinder| blinder.verify(pass).is_ok())
    });
    Ok(kept(passes.iter().map(|(epoch, pass)| (*epoch, pass))))
}

fn batch(modulus: &[u8], seed: &[u8]) -> Result<Batch, &'static str> {
    let modulus = modulus.try_into().map_err(|_why| "pass-key")?;
    let key = PassKey::from_modulus(modulus).map_err(|_why| "pass-key")?;
    let seed = seed.try_into().map_err(|_why| "pass-seed")?;
    Ok(Batch::new(key, seed))
}

fn kept<'a>(passes: impl Iterator<Item = (PassEpoch, &'a Pass)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (epoch, pass) in passes {
        out.extend_from_slice(&epoch.0.to_be_bytes());
        let bytes: [u8; PASS_LEN] = pass.encode();
        out.extend_from_slice(&bytes);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_issuer::Signer;
    use lapwing_wire::{INVITE_PASSES, PASS_BATCH, PassRequest, invite_passes};

    const KEPT_LEN: usize = 4 + PASS_LEN;

    fn signed(signer: &Signer, request: &[u8]) -> Vec<u8> {
        let request = PassRequest::decode(request).expect("a phone made it");
        let mut signatures = Box::new([[0; PASS_MODULUS_LEN]; PASS_BATCH]);
        for (out, blinded) in signatures.iter_mut().zip(request.blinded.iter()) {
            *out = signer.blind_sign(blinded).expect("below the modulus");
        }
        PassResponse(signatures).encode()
    }

    #[test]
    fn a_batch_is_kept_as_passes_that_an_invite_can_carry() {
        let [signer, other] = [(); 2].map(|()| Signer::generate().expect("a key"));
        let modulus = signer.public().modulus();
        let asked = request(modulus, &[7; 32]).expect("a key and a seed");
        assert_eq!(request(modulus, &[7; 32]), Ok(asked.clone()));
        let response = signed(&signer, &asked);
        // Of one key each: a message for the one need not be below the other's modulus.
        let theirs = request(other.public().modulus(), &[7; 32]).expect("a key and a seed");
        let theirs = signed(&other, &theirs);
        let kept = finished(modulus, 740, &[7; 32], &response).expect("a batch");
        assert_eq!(kept.len(), PASS_BATCH * KEPT_LEN);
        for (modulus, seed, response, why) in [
            (&modulus[1..], &[7; 32][..], &response[..], "pass-key"),
            (modulus, &[7; 31], &response, "pass-seed"),
            (modulus, &[7; 32], &response[1..], "pass-response"),
            // Another request's, and another issuer's: a key of its own would mark a phone.
            (modulus, &[8; 32], &response, "pass-signature"),
            (modulus, &[7; 32], &theirs, "pass-signature"),
        ] {
            assert_eq!(finished(modulus, 740, seed, response), Err(why));
        }

        let (places, _) = kept.as_chunks::<KEPT_LEN>();
        let two: [_; INVITE_PASSES] = core::array::from_fn(|at| {
            let pass = Pass::decode(&places[at][4..]).expect("a pass");
            (PassEpoch(740), pass)
        });
        let digits = hex::encode_upper(invite_passes(&two));
        let both = [other.public().modulus().as_slice(), modulus].concat();
        assert_eq!(
            good(&digits, &[739, 740], &both),
            Ok(kept[..2 * KEPT_LEN].to_vec())
        );
        // Signed by a key that the bulletin does not have for that epoch.
        assert_eq!(
            good(&digits, &[740], other.public().modulus()),
            Ok(Vec::new())
        );
        assert_eq!(good(&digits, &[741], modulus), Ok(Vec::new()));
        assert_eq!(good(&digits[2..], &[740], modulus), Err("invite-passes"));
        assert_eq!(good("no digits", &[740], modulus), Err("invite-passes"));
        assert_eq!(good(&digits, &[739, 740], modulus), Err("pass-key"));
    }
}
