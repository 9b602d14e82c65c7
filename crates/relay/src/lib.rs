//! The untrusted server: keeps sealed envelopes that it can neither open nor link.
//!
//! Implements section 6 of the design; requests, answers and refusals are those of `docs/HTTP.md`.
//!
//! **In scope:** taking envelopes durably and signing receipts, spending passes ([`Admission`]), handing ranges to the desk that
//! authenticates, serving what the desk publishes.
//! **Out of scope:** the transparency log (a later issue; receipts already promise it), issuing
//! passes (`lapwing-issuer`; nothing here could), opening anything: no crate below this one can.
//!
//! Nothing here holds or logs a peer address, a header of a client, or the content of a request.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod admission;
mod public;
mod routes;
mod store;

use std::{path::Path, sync::Arc};

use axum::Router;
use lapwing_wire::{PassEpoch, SigningKey, VerifyingKey};
use public::Public;
use tokio::sync::Semaphore;

pub use admission::Admission;
pub use store::{NewEnvelope, Spend, Store, StoreError, Stored, sqlite::SqliteStore};

/// Seconds since 1970 UTC, from wherever the program takes them.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Pulls at once, those that wait included. A desk needs one; more come when it is restarted, or
/// when somebody who listens repeats its requests.
const PULLS: usize = 16;

/// A relay over a store.
pub struct Relay<S: Store = SqliteStore> {
    store: S,
    desk: VerifyingKey,
    log_key: SigningKey,
    public: Public,
    pulls: Semaphore,
    admission: Admission,
    /// As many passes are verified at once as there are processors; more would only wait for each other.
    verifying: Semaphore,
    clock: Clock,
}

impl Relay<SqliteStore> {
    /// Opens, or makes, the embedded relay in a folder. `desk` is the root key of the one desk that
    /// may pull and publish here.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub async fn open(folder: &Path, desk: VerifyingKey, clock: Clock) -> Result<Self, StoreError> {
        Self::over(SqliteStore::open(folder)?, desk, clock).await
    }
}

impl<S: Store> Relay<S> {
    /// A relay over any store.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn over(store: S, desk: VerifyingKey, clock: Clock) -> Result<Self, StoreError> {
        let log_key = SigningKey::from_bytes(&store.log_key().await?);
        let public = Public::new(store.publication().await?, &desk);
        if let Err(why) = store.forget_passes(PassEpoch::oldest(clock())).await {
            // A full disk must not keep a relay from handing out what it has.
            tracing::warn!("spent passes could not be forgotten: {why}");
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            store,
            desk,
            log_key,
            public,
            pulls: Semaphore::new(PULLS),
            admission: Admission::Open,
            verifying: Semaphore::new(processors),
            clock,
        })
    }

    /// Who may leave an envelope; anybody, if this is not called.
    #[must_use]
    pub fn admitting(mut self, admission: Admission) -> Self {
        self.admission = admission;
        self
    }

    /// The key by which this relay signs receipts.
    pub fn log_key(&self) -> VerifyingKey {
        self.log_key.verifying_key()
    }

    /// All routes.
    pub fn router(self) -> Router {
        routes::router(Arc::new(self))
    }
}
