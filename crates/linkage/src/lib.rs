//! Issuer and relay together against a pass: an attacker to measure with.
//!
//! Both sides of [`link`] are the code that ships: a phone's [`Wallet`](lapwing_pass::Wallet), an issuer's [`Signer`]. The attacker has all
//! that an issuer and a relay ever see of passes, and the issuer's secret key: every blinded message with its
//! signature, in order and with who asked, and every pass. For a message and a pass it computes the one factor that
//! would lead from the one to the other, and looks for anything by which true pairs differ from false ones.
//!
//! **In scope:** what the bytes say. **Out of scope:** time. Somebody who fetches passes and sends at once is linked by
//! the clock, whatever the bytes are; phones fetch long before, and this measures nothing of it.
//!
//! Clients that are broken on purpose ([`Client`]) show that the attacker finds what there is to find.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod attacker;
mod client;

use lapwing_issuer::{Signer, SignerError};
use lapwing_pass::{PassCryptoError, WalletError};
use lapwing_wire::PASS_BATCH;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use thiserror::Error;

pub use client::Client;

/// How well a pass could be linked to its issuance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linkage {
    /// How often a true pair scores above a false one: 0.5 is chance, 1 is always.
    pub auc: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Independent comparisons, each of a pass of its own.
    pub comparisons: usize,
    /// What the attacker went by: the best of its features on passes that are not among the comparisons.
    pub feature: &'static str,
}

/// Why nothing could be measured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LinkageError {
    /// A client failed.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// A client failed.
    #[error(transparent)]
    Pass(#[from] PassCryptoError),
    /// The issuer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The arithmetic failed.
    #[error("the arithmetic of the attacker failed")]
    Arithmetic(#[from] openssl::error::ErrorStack),
    /// Two halves need a batch each at least.
    #[error("at least two batches are needed")]
    TooFew,
}

/// One pass with what issuer and relay saw of it.
struct Issued {
    /// The blinded message.
    blinded: [u8; 256],
    /// Its signature.
    signed: [u8; 256],
    /// Which of the issuer's keys signed.
    key_id: [u8; 32],
    /// What the relay was shown in the end.
    pass: lapwing_wire::Pass,
}

/// Lets `batches` clients fetch a batch each, and links. The second key is used by an issuer that tags only. The same
/// seed and keys give the same figures.
///
/// # Errors
/// When something in the path fails; a failure is never a figure.
pub fn link(
    client: Client,
    keys: &[Signer; 2],
    batches: usize,
    seed: u64,
) -> Result<Linkage, LinkageError> {
    if batches < 2 {
        return Err(LinkageError::TooFew);
    }
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut issued = Vec::with_capacity(batches * PASS_BATCH);
    for batch in 0..batches {
        issued.extend(client.fetch(keys, batch, &mut rng)?);
    }
    attacker::attack(&issued, keys, &mut rng)
}
