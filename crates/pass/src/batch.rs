//! A batch that is being fetched.

use lapwing_wire::{
    PASS_BATCH, PASS_MODULUS_LEN, Pass, PassKey, PassRequest, PassResponse, challenge_digest,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use zeroize::Zeroizing;

use crate::{Blinder, Blinding, PassCryptoError};

/// A request for one batch of passes under one key, made whole from a seed: what ChaCha20 makes of it are the nonces, salts
/// and blinding factors. Whoever asks again sends the same bytes, which issuers do not count twice; whoever keeps the seed
/// after the passes are there can tell which request they came from, so it is to be erased then.
#[derive(Clone)]
pub struct Batch {
    key: PassKey,
    seed: Zeroizing<[u8; 32]>,
}

impl core::fmt::Debug for Batch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}

impl Batch {
    /// `key` is that of the epoch, from the desk's bulletin ([`lapwing_wire::Bulletin::pass_key_at`]) and from nowhere else:
    /// a key that others do not have would mark the passes. `seed` is fresh and is used once.
    pub fn new(key: PassKey, seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self { key, seed }
    }

    /// The key that is to sign.
    pub fn key(&self) -> &PassKey {
        &self.key
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// What goes to the issuer: the same every time.
    ///
    /// # Errors
    /// When nothing can be blinded under the key.
    pub fn request(&self) -> Result<Vec<u8>, PassCryptoError> {
        let blindings = self.blindings(&Blinder::new(&self.key)?)?;
        let mut blinded = Box::new([[0; PASS_MODULUS_LEN]; PASS_BATCH]);
        for (out, blinding) in blinded.iter_mut().zip(&blindings) {
            *out = blinding.blinded;
        }
        let [.., key_hint] = self.key.id();
        Ok(PassRequest { key_hint, blinded }.encode())
    }

    /// The passes of the issuer's response: all, or none.
    ///
    /// # Errors
    /// `Signature`: the issuer did not sign this request with this key.
    pub fn finish(&self, response: &PassResponse) -> Result<Vec<Pass>, PassCryptoError> {
        let blinder = Blinder::new(&self.key)?;
        self.blindings(&blinder)?
            .iter()
            .zip(response.0.iter())
            .map(|(blinding, signature)| blinder.finalize(blinding, signature))
            .collect()
    }

    fn blindings(&self, blinder: &Blinder) -> Result<Vec<Blinding>, PassCryptoError> {
        let mut rng = ChaCha20Rng::from_seed(*self.seed);
        let challenge = challenge_digest();
        (0..PASS_BATCH)
            .map(|_| blinder.blind(&mut rng, &challenge))
            .collect()
    }
}
