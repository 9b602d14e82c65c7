//! The one place where something is signed.

use lapwing_wire::{Blinded, PASS_MODULUS_LEN, PassKey};
use openssl::{
    bn::BigNum,
    error::ErrorStack,
    pkey::Private,
    rsa::{Padding, Rsa},
};
use thiserror::Error;
use zeroize::Zeroizing;

const BITS: u32 = 2_048;

/// The secret key of one epoch.
///
/// OpenSSL calculates with it: exponentiation in constant time over blinded input, so that neither timing nor what is
/// sent in tells anything about the key (RFC 9474 7.2; the pure Rust library that phones use does not claim this).
pub struct Signer {
    secret: Rsa<Private>,
    public: PassKey,
}

impl core::fmt::Debug for Signer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// Why nothing was signed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignerError {
    /// No RSA key of 2,048 bits with exponent 65,537.
    #[error("not a key for passes")]
    Key,
    /// A message that is not below the modulus: no phone makes one.
    #[error("a blinded message is not below the modulus")]
    Message,
    /// The result did not verify: a fault of the machine, whose output would give the key away.
    #[error("the machine miscalculated; nothing was signed")]
    Fault,
    /// OpenSSL refused.
    #[error("the cryptographic library refused")]
    Library(#[source] ErrorStack),
}

impl Signer {
    /// Draws a key.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn generate() -> Result<Self, SignerError> {
        Self::new(Rsa::generate(BITS).map_err(SignerError::Library)?)
    }

    /// Reads a key that [`Signer::der`] wrote.
    ///
    /// # Errors
    /// When it is none, or not whole.
    pub fn from_der(der: &[u8]) -> Result<Self, SignerError> {
        let secret = Rsa::private_key_from_der(der).map_err(|_why| SignerError::Key)?;
        if !secret.check_key().map_err(SignerError::Library)? {
            return Err(SignerError::Key);
        }
        Self::new(secret)
    }

    fn new(secret: Rsa<Private>) -> Result<Self, SignerError> {
        let exponent = BigNum::from_slice(&PassKey::EXPONENT).map_err(SignerError::Library)?;
        let modulus: [u8; PASS_MODULUS_LEN] = secret
            .n()
            .to_vec()
            .try_into()
            .map_err(|_length| SignerError::Key)?;
        let public = PassKey::from_modulus(&modulus).map_err(|_why| SignerError::Key)?;
        if secret.e() != &*exponent {
            return Err(SignerError::Key);
        }
        Ok(Self { secret, public })
    }

    /// The key as RSAPrivateKey (RFC 8017 A.1.2).
    ///
    /// # Errors
    /// When the library refuses.
    pub fn der(&self) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        let der = self.secret.private_key_to_der();
        Ok(Zeroizing::new(der.map_err(SignerError::Library)?))
    }

    /// The public half.
    pub fn public(&self) -> &PassKey {
        &self.public
    }

    /// Signs a blinded message (RFC 9474 4.3). The same message gives the same signature.
    ///
    /// # Errors
    /// `Message`, or that the machine is not to be trusted.
    pub fn blind_sign(&self, message: &Blinded) -> Result<Blinded, SignerError> {
        if message >= self.public.modulus() {
            return Err(SignerError::Message);
        }
        let mut signature = [0; PASS_MODULUS_LEN];
        self.secret
            .private_encrypt(message, &mut signature, Padding::NONE)
            .map_err(SignerError::Library)?;
        let mut back = [0; PASS_MODULUS_LEN];
        self.secret
            .public_decrypt(&signature, &mut back, Padding::NONE)
            .map_err(SignerError::Library)?;
        if back == *message {
            Ok(signature)
        } else {
            Err(SignerError::Fault)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(file: &str) -> Vec<serde_json::Value> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/published/");
        let text = std::fs::read_to_string(format!("{folder}{file}.json")).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        file["vectors"].as_array().unwrap().clone()
    }

    fn bytes(vector: &serde_json::Value, name: &str) -> Vec<u8> {
        hex::decode(vector[name].as_str().unwrap()).unwrap()
    }

    #[test]
    fn what_is_signed_is_what_rfc_9578_says() {
        for vector in vectors("privacy-pass-type-2") {
            let secret = Rsa::private_key_from_pem(&bytes(&vector, "skS")).unwrap();
            let signer = Signer::new(secret).unwrap();
            assert_eq!(signer.public().spki().to_vec(), bytes(&vector, "pkS"));
            let request: Blinded = bytes(&vector, "token_request")[3..].try_into().unwrap();
            let signed = signer.blind_sign(&request).unwrap();
            assert_eq!(signed.to_vec(), bytes(&vector, "token_response"));
        }
    }

    /// 4,096 bits, which no pass has: the same call of the same library as in [`Signer::blind_sign`].
    #[test]
    fn what_is_signed_is_what_rfc_9474_says() {
        for vector in vectors("rsabssa-sha384-pss-deterministic") {
            let number = |name| BigNum::from_slice(&bytes(&vector, name)).unwrap();
            let (p, q, d) = (number("p"), number("q"), number("d"));
            let mut context = openssl::bn::BigNumContext::new().unwrap();
            let less_one = |n: &BigNum| {
                let mut less = BigNum::from_slice(&n.to_vec()).unwrap();
                less.sub_word(1).unwrap();
                less
            };
            let mut rest = |a: &BigNum, b: &BigNum| {
                let mut out = BigNum::new().unwrap();
                out.nnmod(a, b, &mut context).unwrap();
                out
            };
            let (dp, dq) = (rest(&d, &less_one(&p)), rest(&d, &less_one(&q)));
            let mut qi = BigNum::new().unwrap();
            qi.mod_inverse(&q, &p, &mut context).unwrap();
            let (n, e) = (number("n"), number("e"));
            let key = Rsa::from_private_components(n, e, d, p, q, dp, dq, qi).unwrap();
            let message = bytes(&vector, "blinded_msg");
            let mut signed = vec![0; message.len()];
            key.private_encrypt(&message, &mut signed, Padding::NONE)
                .unwrap();
            assert_eq!(signed, bytes(&vector, "blind_sig"));
        }
    }

    #[test]
    fn a_message_not_below_the_modulus_is_refused() {
        let signer = Signer::generate().unwrap();
        let modulus = *signer.public().modulus();
        assert!(matches!(
            signer.blind_sign(&modulus),
            Err(SignerError::Message)
        ));
        assert!(matches!(
            signer.blind_sign(&[0xff; 256]),
            Err(SignerError::Message)
        ));
        let again = Signer::from_der(&signer.der().unwrap()).unwrap();
        assert_eq!(again.public(), signer.public());
        let small = Rsa::generate(1_024).unwrap().private_key_to_der().unwrap();
        assert!(matches!(Signer::from_der(&small), Err(SignerError::Key)));
    }
}
