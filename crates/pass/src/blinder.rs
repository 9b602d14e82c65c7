//! Blinding, finalising and verifying under one key.

use blind_rsa_signatures::{
    BlindMessage, BlindSignature, BlindingResult, Deterministic, PSS, PublicKey, Secret, Sha384,
    Signature,
};
use lapwing_wire::{Blinded, Pass, PassKey, pass_input};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

/// RSABSSA-SHA384-PSS-Deterministic (RFC 9474 5): the message goes in as it is, since the nonce in it is random.
type Suite = PublicKey<Sha384, PSS, Deterministic>;

/// A public key of an issuer, ready to work with.
#[derive(Clone, Debug)]
pub struct Blinder {
    id: [u8; 32],
    key: Suite,
}

/// What a phone keeps of one blinded message until the signature comes.
pub struct Blinding {
    /// What goes to the issuer.
    pub blinded: Blinded,
    nonce: [u8; 32],
    challenge: [u8; 32],
    /// The inverse of the blinding factor: with it, message and pass can be linked.
    inverse: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for Blinding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Blinding").finish_non_exhaustive()
    }
}

/// Why it cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PassCryptoError {
    /// Not a key with which one can calculate.
    #[error("the issuer's key cannot be used")]
    Key,
    /// The message shares a factor with the modulus: the issuer's key is broken.
    #[error("nothing can be blinded under the issuer's key")]
    Blind,
    /// Not signed by this key.
    #[error("not signed by the issuer's key")]
    Signature,
}

impl Blinder {
    /// Gets a key ready.
    ///
    /// # Errors
    /// `Key`.
    pub fn new(key: &PassKey) -> Result<Self, PassCryptoError> {
        let suite = Suite::from_spki(&key.spki()).map_err(|_why| PassCryptoError::Key)?;
        Ok(Self {
            id: key.id(),
            key: suite,
        })
    }

    /// Draws a nonce and blinds a pass for a challenge (RFC 9578 6.1). Takes from `rng`, in this order, the nonce, the
    /// salt and the blinding factor.
    ///
    /// # Errors
    /// `Blind`, for a key that is no product of two large primes.
    pub fn blind(
        &self,
        rng: &mut impl CryptoRng,
        challenge: &[u8; 32],
    ) -> Result<Blinding, PassCryptoError> {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let input = pass_input(&nonce, challenge, &self.id);
        let made = self
            .key
            .blind(rng, input)
            .map_err(|_why| PassCryptoError::Blind)?;
        Ok(Blinding {
            blinded: made.blind_message.0[..]
                .try_into()
                .map_err(|_length| PassCryptoError::Blind)?,
            nonce,
            challenge: *challenge,
            inverse: Zeroizing::new(made.secret.0),
        })
    }

    /// Takes the blinding away and verifies what comes out (RFC 9578 6.3).
    ///
    /// # Errors
    /// `Signature` when the issuer signed something else or with another key.
    pub fn finalize(
        &self,
        blinding: &Blinding,
        signature: &Blinded,
    ) -> Result<Pass, PassCryptoError> {
        let input = pass_input(&blinding.nonce, &blinding.challenge, &self.id);
        let result = BlindingResult {
            blind_message: BlindMessage(Vec::new()),
            secret: Secret(blinding.inverse.to_vec()),
            msg_randomizer: None,
        };
        let done = self
            .key
            .finalize(&BlindSignature(signature.to_vec()), &result, input);
        drop(Zeroizing::new(result.secret.0));
        let signature = done.map_err(|_why| PassCryptoError::Signature)?;
        Ok(Pass {
            nonce: blinding.nonce,
            challenge: blinding.challenge,
            key_id: self.id,
            authenticator: signature.0[..]
                .try_into()
                .map_err(|_length| PassCryptoError::Signature)?,
        })
    }

    /// Whether this key signed a pass. Does not look at its challenge.
    ///
    /// # Errors
    /// `Signature`.
    pub fn verify(&self, pass: &Pass) -> Result<(), PassCryptoError> {
        if pass.key_id != self.id {
            return Err(PassCryptoError::Signature);
        }
        let signature = Signature(pass.authenticator.to_vec());
        self.key
            .verify(&signature, None, pass.input())
            .map_err(|_why| PassCryptoError::Signature)
    }
}

#[cfg(test)]
mod tests;
