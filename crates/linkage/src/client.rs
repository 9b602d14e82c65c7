//! Clients: one that ships, and some that are broken on purpose.

use core::convert::Infallible;

use lapwing_issuer::Signer;
use lapwing_pass::{Blinder, Wallet};
use lapwing_wire::{IssuerKey, PASS_BATCH, PassEpoch, PassRequest, PassResponse, challenge_digest};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, TryCryptoRng, TryRng};

use crate::{Issued, LinkageError};

/// Who fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// The wallet of a phone.
    Shipped,
    /// Broken: its randomness starts anew for each thing that it draws, so that nonce and blinding factor begin alike.
    RepeatedRandomness,
    /// Broken: blinding factors of 64 bits.
    SmallFactor,
    /// A whole client that takes whatever key the issuer shows it: every second one is given another.
    TaggedKey,
}

impl Client {
    /// Fetches one batch.
    pub(crate) fn fetch(
        self,
        keys: &[Signer; 2],
        batch: usize,
        rng: &mut ChaCha20Rng,
    ) -> Result<Vec<Issued>, LinkageError> {
        let signer = match self {
            Self::TaggedKey => &keys[batch % 2],
            _ => &keys[0],
        };
        match self {
            Self::Shipped | Self::TaggedKey => wallet(signer, rng),
            Self::RepeatedRandomness => {
                broken(signer, &mut Flawed::Repeating(rng, Box::new([0; 256])))
            }
            Self::SmallFactor => broken(signer, &mut Flawed::Small(rng)),
        }
    }
}

fn wallet(signer: &Signer, rng: &mut ChaCha20Rng) -> Result<Vec<Issued>, LinkageError> {
    let now = 0;
    let key = IssuerKey {
        epoch: PassEpoch::at(now),
        key: signer.public().clone(),
    };
    let mut wallet = Wallet::default();
    let request = wallet.request(rng, &key)?;
    // From here on the issuer's side.
    let seen = PassRequest::decode(&request).map_err(lapwing_pass::WalletError::Response)?;
    let mut signed = Box::new([[0; 256]; PASS_BATCH]);
    for (out, message) in signed.iter_mut().zip(seen.blinded.iter()) {
        *out = signer.blind_sign(message)?;
    }
    let response = PassResponse(signed);
    wallet.receive(&response.encode())?;
    // Passes leave a wallet in the order in which they were asked for: that is the truth to be found.
    let passes = core::iter::from_fn(|| wallet.take(now));
    Ok(passes
        .zip(seen.blinded.iter().zip(response.0.iter()))
        .map(|(pass, (&blinded, &signed))| Issued {
            blinded,
            signed,
            key_id: signer.public().id(),
            pass,
        })
        .collect())
}

fn broken(signer: &Signer, rng: &mut Flawed<'_>) -> Result<Vec<Issued>, LinkageError> {
    let blinder = Blinder::new(signer.public())?;
    let one = |_| {
        rng.begin();
        let blinding = blinder.blind(rng, &challenge_digest())?;
        let signed = signer.blind_sign(&blinding.blinded)?;
        Ok(Issued {
            blinded: blinding.blinded,
            signed,
            key_id: signer.public().id(),
            pass: blinder.finalize(&blinding, &signed)?,
        })
    };
    (0..PASS_BATCH).map(one).collect()
}

/// Randomness with a fault.
enum Flawed<'a> {
    /// Begins with the same bytes whenever something is drawn for one pass.
    Repeating(&'a mut ChaCha20Rng, Box<[u8; 256]>),
    /// Nothing above 64 bits where 2,048 are asked for.
    Small(&'a mut ChaCha20Rng),
}

impl Flawed<'_> {
    fn begin(&mut self) {
        if let Self::Repeating(rng, bytes) = self {
            rng.fill_bytes(bytes.as_mut_slice());
            // Below every modulus: what is drawn is taken at once.
            bytes[255] = 0;
        }
    }
}

impl TryRng for Flawed<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        match self {
            Self::Repeating(_, bytes) => {
                for (out, byte) in out.iter_mut().zip(bytes.iter()) {
                    *out = *byte;
                }
            }
            Self::Small(rng) => {
                rng.fill_bytes(out);
                if out.len() == 256 {
                    out[8..].fill(0);
                }
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Flawed<'_> {}
