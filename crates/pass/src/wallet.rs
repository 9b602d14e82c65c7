//! What a phone holds of passes.
//!
//! ```text
//! wallet  version = 1 1 · requests under way 1 (0 or 1) · request · passes 1 · so many of: epoch 4 · pass 354
//! request epoch 4 · modulus 256 · seed 32 · SHA-256 of the request 32
//! ```
//!
//! A request under way is made again from its seed ([`Batch`]): it takes 324 bytes.

use lapwing_wire::{
    IssuanceError, IssuerKey, PASS_BATCH, PASS_LEN, PASS_MODULUS_LEN, Pass, PassEpoch, PassKey,
    PassResponse, challenge_digest,
};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Batch, PassCryptoError};

/// Most passes in a wallet: two batches.
pub const WALLET_MAX: usize = 2 * PASS_BATCH;
/// Length of the fullest wallet.
pub const WALLET_LEN_MAX: usize = 2 + PENDING_LEN + 1 + WALLET_MAX * HELD_LEN;

const VERSION: u8 = 1;
const PENDING_LEN: usize = 4 + PASS_MODULUS_LEN + 32 + 32;
const HELD_LEN: usize = 4 + PASS_LEN;

/// Passes, and the request for more.
#[derive(Default)]
pub struct Wallet {
    pending: Option<Pending>,
    /// By ascending epoch.
    held: Vec<(PassEpoch, Pass)>,
}

impl core::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Wallet").finish_non_exhaustive()
    }
}

struct Pending {
    epoch: PassEpoch,
    batch: Batch,
    /// Of the request's bytes: a version that calculates otherwise must not take the answer for another's.
    digest: [u8; 32],
}

/// Why a wallet refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WalletError {
    /// A batch more would not fit.
    #[error("there are passes enough")]
    Full,
    /// Nothing was asked for.
    #[error("no passes were asked for")]
    NoRequest,
    /// The request was made by a version that calculated otherwise: it is given up.
    #[error("the request for passes is too old; ask again")]
    Stale,
    /// Not a response.
    #[error(transparent)]
    Response(#[from] IssuanceError),
    /// The key, or what it signed. A `Signature` here means that the issuer did not sign with the key of the bulletin.
    #[error(transparent)]
    Crypto(#[from] PassCryptoError),
    /// The bytes are no wallet.
    #[error("not a wallet of passes")]
    Encoding,
}

impl Wallet {
    /// The request for a batch, to be sent to the issuer. `key` is that of the epoch, from the desk's bulletin
    /// ([`lapwing_wire::Bulletin::pass_key_at`]) and from nowhere else: a key that others do not have would mark the
    /// passes. Keep the wallet before sending; asking again for the same key gives the same bytes.
    ///
    /// # Errors
    /// `Full`, or when the key cannot be used.
    pub fn request(
        &mut self,
        rng: &mut impl CryptoRng,
        key: &IssuerKey,
    ) -> Result<Vec<u8>, WalletError> {
        if self.held.len() + PASS_BATCH > WALLET_MAX {
            return Err(WalletError::Full);
        }
        let same = |p: &&Pending| p.epoch == key.epoch && *p.batch.key() == key.key;
        if let Some(pending) = self.pending.as_ref().filter(same)
            && let request = pending.batch.request()?
            && pending.made(&request)
        {
            return Ok(request);
        }
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let batch = Batch::new(key.key.clone(), seed);
        let request = batch.request()?;
        self.pending = Some(Pending {
            epoch: key.epoch,
            batch,
            digest: Sha256::digest(&request).into(),
        });
        Ok(request)
    }

    /// Takes the issuer's response: all of its passes, or none. How many there are.
    ///
    /// # Errors
    /// When nothing was asked for, or when what came is not signed by the key that was asked.
    pub fn receive(&mut self, response: &[u8]) -> Result<usize, WalletError> {
        let response = PassResponse::decode(response)?;
        let pending = self.pending.as_ref().ok_or(WalletError::NoRequest)?;
        if !pending.made(&pending.batch.request()?) {
            self.pending = None;
            return Err(WalletError::Stale);
        }
        let passes = pending.batch.finish(&response)?;
        let (epoch, count) = (pending.epoch, passes.len());
        self.held
            .extend(passes.into_iter().map(|pass| (epoch, pass)));
        self.held.sort_by_key(|&(epoch, _)| epoch);
        self.pending = None;
        Ok(count)
    }

    /// Takes a pass out, those that end first before the others. Keep the wallet before the pass is sent: a pass that
    /// is shown twice with different envelopes is refused, and shows that both are of one phone.
    pub fn take(&mut self, now: i64) -> Option<Pass> {
        self.held.retain(|&(epoch, _)| epoch.accepted(now));
        if self.held.is_empty() {
            return None;
        }
        Some(self.held.remove(0).1)
    }

    /// Takes out two that end last, for an invite, which may lie about before it is used. `None`, and the wallet as it was,
    /// when there are fewer that are good.
    pub fn take_for_invite(&mut self, now: i64) -> Option<[(PassEpoch, Pass); 2]> {
        self.held.retain(|&(epoch, _)| epoch.accepted(now));
        let first = self.held.len().checked_sub(2)?;
        self.held.split_off(first).try_into().ok()
    }

    /// How many passes are good at a time.
    pub fn count(&self, now: i64) -> usize {
        let good = |(epoch, _): &&(PassEpoch, Pass)| epoch.accepted(now);
        self.held.iter().filter(good).count()
    }

    /// The bytes of the wallet.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(WALLET_LEN_MAX));
        out.push(VERSION);
        out.push(u8::from(self.pending.is_some()));
        if let Some(pending) = &self.pending {
            out.extend_from_slice(&pending.epoch.0.to_be_bytes());
            out.extend_from_slice(pending.batch.key().modulus());
            out.extend_from_slice(pending.batch.seed());
            out.extend_from_slice(&pending.digest);
        }
        out.push(u8::try_from(self.held.len()).expect("a wallet holds at most two batches"));
        for (epoch, pass) in &self.held {
            out.extend_from_slice(&epoch.0.to_be_bytes());
            out.extend_from_slice(&pass.encode());
        }
        out
    }

    /// Reads a wallet.
    ///
    /// # Errors
    /// `Encoding`.
    pub fn decode(bytes: &[u8]) -> Result<Self, WalletError> {
        Self::read(bytes).ok_or(WalletError::Encoding)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (&[version, waiting], mut rest) = bytes.split_first_chunk()?;
        if version != VERSION || waiting > 1 {
            return None;
        }
        let mut wallet = Self::default();
        if waiting == 1 {
            let (epoch, after) = rest.split_first_chunk()?;
            let (modulus, after) = after.split_first_chunk()?;
            let (seed, after) = after.split_first_chunk()?;
            let (digest, after) = after.split_first_chunk()?;
            wallet.pending = Some(Pending {
                epoch: PassEpoch(u32::from_be_bytes(*epoch)),
                batch: Batch::new(PassKey::from_modulus(modulus).ok()?, *seed),
                digest: *digest,
            });
            rest = after;
        }
        let (&[count], rest) = rest.split_first_chunk()?;
        let (passes, trailing) = rest.as_chunks::<HELD_LEN>();
        if usize::from(count) != passes.len() || passes.len() > WALLET_MAX || !trailing.is_empty() {
            return None;
        }
        for held in passes {
            let (epoch, pass) = held.split_first_chunk()?;
            let pass = Pass::decode(pass).ok()?;
            if pass.challenge != challenge_digest() {
                return None;
            }
            wallet
                .held
                .push((PassEpoch(u32::from_be_bytes(*epoch)), pass));
        }
        let ascending = wallet.held.is_sorted_by_key(|&(epoch, _)| epoch);
        ascending.then_some(wallet)
    }
}

impl Pending {
    fn made(&self, request: &[u8]) -> bool {
        self.digest == <[u8; 32]>::from(Sha256::digest(request))
    }
}
