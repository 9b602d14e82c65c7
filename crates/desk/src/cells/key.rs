//! A cell's secret under its coordinator's passphrase.
//!
//! ```text
//! version 1 · memory in KiB 4 · passes 4 · lanes 4 · salt 16 · sealed: nonce 24 · seed 32 · tag 16
//! ```
//!
//! The passphrase goes through Argon2id; the public key is the associated data.

use lapwing_seal::CellSecret;
use zeroize::Zeroizing;

use super::WorkingKey;
use crate::store::{KeyCost, StoreError, derive_key};

const VERSION: u8 = 1;
const SALT_LEN: usize = 16;
const HEAD: usize = 1 + 12 + SALT_LEN;

/// Wraps the secret. Takes a tenth of a second on purpose: not for the async runtime's threads.
///
/// # Errors
/// `PassphraseLength`.
pub(crate) fn wrap(
    passphrase: &str,
    cost: KeyCost,
    secret: &CellSecret,
) -> Result<Vec<u8>, StoreError> {
    let mut out = vec![VERSION];
    for n in [cost.memory_kib, cost.passes, cost.lanes] {
        out.extend_from_slice(&n.to_be_bytes());
    }
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_why| StoreError::Randomness)?;
    out.extend_from_slice(&salt);
    let key = derive_key(passphrase, cost, &salt)?;
    let public = secret.public_bytes();
    out.extend_from_slice(&WorkingKey::new(&key).seal(public.as_slice(), secret.seed()));
    Ok(out)
}

/// Unwraps the secret of the cell with this public key; `None` for another passphrase. Takes as long.
pub(crate) fn unwrap(passphrase: &str, public: &[u8], wrapped: &[u8]) -> Option<CellSecret> {
    let (head, sealed) = wrapped.split_at_checked(HEAD)?;
    let number = |at: usize| {
        let bytes = head.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let cost = KeyCost {
        memory_kib: number(1)?,
        passes: number(5)?,
        lanes: number(9)?,
    };
    if head[0] != VERSION || !cost.is_bearable() {
        return None;
    }
    let key = derive_key(passphrase, cost, &head[13..]).ok()?;
    let seed = WorkingKey::new(&key).open(public, sealed)?;
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_slice()).ok()?);
    Some(CellSecret::from_seed(&seed))
}
