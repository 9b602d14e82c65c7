//! Signs passes for whoever may have them, without seeing them.
//!
//! The issuer of RFC 9578 (token type 0x0002), in batches; requests, answers and refusals are those of `docs/HTTP.md`.
//!
//! **In scope:** keys by epoch ([`Keyring`]), signing ([`Signer`]), who may have how many ([`Eligibility`], with
//! [`Codes`] and [`OpenId`]), counting batches durably.
//! **Out of scope:** what a pass is (`lapwing-wire`), blinding it (`lapwing-pass`), spending it (`lapwing-relay`).
//!
//! It knows who asks, which is why it must learn nothing else: what it signs is blinded, everybody gets as many, and
//! whom it counted it keeps as a keyed hash, whose key is deleted with the epoch. Nothing is logged of a request.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod codes;
mod eligibility;
mod keyring;
mod ledger;
mod openid;
mod routes;
mod signer;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use axum::Router;
use lapwing_wire::PassEpoch;
use thiserror::Error;
use tokio::sync::Semaphore;

pub use codes::{Codes, CodesError};
pub use eligibility::{AnyOf, Checking, Eligibility, Eligible, Ineligible};
pub use keyring::{Keyring, KeyringError};
pub use openid::{KeySet, OpenId, OpenIdError, nonce};
pub use signer::{Signer, SignerError};

use ledger::Ledger;

/// Seconds since 1970 UTC, from wherever the program takes them.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Requests under way at once, those that wait for a processor included.
const REQUESTS: usize = 256;

/// An issuer over a folder.
pub struct Issuer {
    folder: PathBuf,
    ring: RwLock<Arc<Keyring>>,
    ledger: Mutex<Ledger>,
    eligible: Box<dyn Eligibility>,
    requests: Semaphore,
    signing: Semaphore,
    /// Held by whoever makes the keys of an epoch.
    rolling: tokio::sync::Mutex<()>,
    clock: Clock,
    _lock: File,
}

/// Why an issuer does not open or cannot go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The folder cannot be used.
    #[error("the issuer's folder {} cannot be used", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Another issuer runs there.
    #[error("another issuer runs in {}; stop it, or choose another folder", .0.display())]
    InUse(PathBuf),
    /// Its keys.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// What it counted.
    #[error("the issuer's ledger does not answer")]
    Ledger(#[source] rusqlite::Error),
    /// Made by another version.
    #[error("the issuer's ledger has schema {found}, this version knows {known}")]
    Schema {
        /// In the file.
        found: i64,
        /// In this program.
        known: i64,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness")]
    Randomness,
    /// A key that does not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A task ended early: the program is stopping.
    #[error("the issuer is stopping")]
    Stopped,
}

impl From<rusqlite::Error> for IssuerError {
    fn from(why: rusqlite::Error) -> Self {
        Self::Ledger(why)
    }
}

impl Issuer {
    /// Opens, or makes, the issuer in a folder: it draws the keys that are missing.
    ///
    /// # Errors
    /// When the folder cannot be used, is in use, or does not hold what it should.
    pub fn open(
        folder: &Path,
        eligible: Box<dyn Eligibility>,
        clock: Clock,
    ) -> Result<Self, IssuerError> {
        let wrong = |source| IssuerError::Folder {
            folder: folder.to_owned(),
            source,
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(wrong)?;
        let lock = File::create(folder.join("issuer.lock")).map_err(wrong)?;
        lock.try_lock().map_err(|why| match why {
            TryLockError::WouldBlock => IssuerError::InUse(folder.to_owned()),
            TryLockError::Error(source) => wrong(source),
        })?;
        let epoch = PassEpoch::at(clock());
        let ring = Keyring::roll(folder, epoch)?;
        let ledger = Ledger::open(folder, epoch)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            folder: folder.to_owned(),
            ring: RwLock::new(Arc::new(ring)),
            ledger: Mutex::new(ledger),
            eligible,
            requests: Semaphore::new(REQUESTS),
            signing: Semaphore::new(processors),
            rolling: tokio::sync::Mutex::new(()),
            clock,
            _lock: lock,
        })
    }

    /// All routes.
    pub fn router(self) -> Router {
        routes::router(Arc::new(self))
    }

    /// The keys of now; those of a new epoch are made by whoever comes first.
    async fn ring(self: &Arc<Self>) -> Result<Arc<Keyring>, IssuerError> {
        let epoch = PassEpoch::at((self.clock)());
        let held = || Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner));
        if held().epoch() == epoch {
            return Ok(held());
        }
        let _turn = self.rolling.lock().await;
        if held().epoch() == epoch {
            return Ok(held());
        }
        let issuer = Arc::clone(self);
        let rolled = tokio::task::spawn_blocking(move || {
            let ring = Keyring::roll(&issuer.folder, epoch)?;
            issuer.ledger().roll(epoch)?;
            Ok::<_, IssuerError>(Arc::new(ring))
        });
        let ring = rolled.await.map_err(|_gone| IssuerError::Stopped)??;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&ring);
        Ok(ring)
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        // Every change is one transaction: a panic elsewhere has not left half of one.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
