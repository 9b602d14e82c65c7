//! What a relay needs of a store, whatever it is made of.

pub(crate) mod sqlite;

use lapwing_wire::{Envelope, PassEpoch, SALT_LEN};
use thiserror::Error;
use tokio::sync::watch;

/// An envelope on its way into the store.
#[derive(Clone, Debug)]
pub struct NewEnvelope {
    /// The envelope.
    pub envelope: Envelope,
    /// Salt of its leaf, drawn for it.
    pub salt: [u8; SALT_LEN],
    /// Now, in seconds since 1970 UTC.
    pub time: i64,
    /// The pass that it spends, verified before; none where admission is open.
    pub spend: Option<Spend>,
}

/// What a store remembers of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// Epoch of its key: when it may be forgotten.
    pub epoch: PassEpoch,
    /// `lapwing_wire::Pass::nullifier`.
    pub nullifier: [u8; 32],
}

/// What the store has of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When it was first stored.
    pub time: i64,
    /// Salt drawn then.
    pub salt: [u8; SALT_LEN],
}

/// Why a store did not do it. Nothing that was acknowledged is touched by any of these.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No space is left.
    #[error("no space is left on the relay's disk; free some, the relay goes on by itself")]
    Full,
    /// More requests wait than the store may hold.
    #[error("too many requests wait for the store")]
    Overloaded,
    /// The folder cannot be used.
    #[error("the relay's folder {folder} cannot be used")]
    Folder {
        /// Which.
        folder: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else writes there.
    #[error("another relay runs in {folder}; stop it, or choose another folder")]
    InUse {
        /// Which folder.
        folder: String,
    },
    /// Made by a newer or an unknown version.
    #[error("the relay's store has schema {found}, this version knows {known}")]
    Schema {
        /// In the file.
        found: i64,
        /// In this program.
        known: i64,
    },
    /// The pass was spent with another envelope.
    #[error("the pass is spent")]
    Spent,
    /// The writer has stopped.
    #[error("the relay's store has stopped")]
    Stopped,
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness")]
    Randomness,
    /// Anything else that the database says.
    #[error("the relay's store does not answer")]
    Database(#[source] rusqlite::Error),
}

/// Keeps envelopes.
pub trait Store: Send + Sync + 'static {
    /// Keeps an envelope. **Durable when it returns.** The same bytes again return what was stored
    /// the first time, also across restarts, and take no second place.
    ///
    /// Its pass is spent in the same act: after a crash both are there or neither. A pass that was
    /// spent with other bytes gives [`StoreError::Spent`], and the envelope is not kept.
    fn put(&self, new: NewEnvelope) -> impl Future<Output = Result<Stored, StoreError>> + Send;

    /// Digest of the envelope with which a pass was spent, if it was. [`Store::put`] decides; this
    /// spares whoever asks the verification of a pass that is no good any more.
    fn spent(
        &self,
        spend: &Spend,
    ) -> impl Future<Output = Result<Option<[u8; 32]>, StoreError>> + Send;

    /// Forgets passes of epochs before `oldest`, which are not taken any more.
    fn forget_passes(
        &self,
        oldest: PassEpoch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Records (`lapwing_wire::Record`, one after the other) with an index above `after`, in
    /// order, at most `limit`. Only what is durable.
    fn range(
        &self,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send;

    /// Changes after every commit that added envelopes; holds the highest index.
    fn newest(&self) -> watch::Receiver<u64>;

    /// The newest publication, as it was kept.
    fn publication(&self) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Replaces the publication unless the kept one has this number or a higher one. Durable when
    /// it returns; `false` when it was not newer.
    fn publish(
        &self,
        number: u64,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Seed of the key that signs receipts: drawn once, the same for good.
    fn log_key(&self) -> impl Future<Output = Result<[u8; 32], StoreError>> + Send;

    /// Whether the store takes writes now.
    fn healthy(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
