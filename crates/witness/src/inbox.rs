//! Which drop a phone fetches, and what of it is its own.
//!
//! Every install has a bucket and fetches its drop on the same schedule, whether it is enrolled or
//! not: what an [`Inbox`] asks for says nothing about what it holds.

use lapwing_seal::{BucketSecret, Found, ReplyChains, ReplyChainsError};
use lapwing_wire::{Bulletin, Drop, DropError, Drops};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The phone's side of replies.
#[derive(Debug)]
pub struct Inbox {
    bucket: BucketSecret,
    chains: Option<ReplyChains>,
}

/// A drop to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its bucket.
    pub bucket: u16,
    /// Its number: while it stays the same, there is nothing new.
    pub number: u32,
    /// Path at a relay.
    pub path: String,
}

/// Why a drop does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InboxError {
    /// The bulletin speaks of no drops, or not of this one.
    #[error("the bulletin has no drop {0}")]
    NoDrop(u16),
    /// Not the length of a drop.
    #[error(transparent)]
    Drop(#[from] DropError),
    /// Another drop than the bulletin lists: of another number, or not the desk's at all.
    #[error("the drop is not the one that the bulletin lists")]
    Other,
    /// The phone was away for too long and must renew.
    #[error(transparent)]
    Chains(#[from] ReplyChainsError),
}

impl Inbox {
    /// An inbox with the install's bucket; `chains` from an enrolment, or as they were kept.
    pub fn new(bucket: BucketSecret, chains: Option<ReplyChains>) -> Self {
        Self { bucket, chains }
    }

    /// The install's bucket.
    pub fn bucket(&self) -> &BucketSecret {
        &self.bucket
    }

    /// The chains, to be kept after every [`Inbox::receive`].
    pub fn chains(&self) -> Option<&ReplyChains> {
        self.chains.as_ref()
    }

    /// Begins to read with the chains of an enrolment.
    pub fn enrol(&mut self, chains: ReplyChains) {
        self.chains = Some(chains);
    }

    /// The drop for now, by the phone's clock. `None` when the desk makes none.
    pub fn wanted(&self, bulletin: &Bulletin, now: i64) -> Option<Wanted> {
        let drops = bulletin.drops?;
        let bucket = self.bucket.bucket(now, drops.buckets);
        Some(Wanted {
            bucket,
            number: drops.number,
            path: format!("/v1/{}", Drops::name(bucket)),
        })
    }

    /// Finds what is its own in a drop that was fetched with this bulletin, and moves the chains on to the oldest
    /// number of the window. A drop that is not the listed one is not looked into: a relay that
    /// leaves slots out must not learn from what the phone acknowledges.
    ///
    /// # Errors
    /// When it is not the listed drop, or the chains do not reach it.
    pub fn receive(
        &mut self,
        bulletin: &Bulletin,
        bucket: u16,
        bytes: &[u8],
    ) -> Result<Found, InboxError> {
        let drops = bulletin.drops.ok_or(InboxError::NoDrop(bucket))?;
        let listed = bulletin
            .drop_sha256(bucket)
            .ok_or(InboxError::NoDrop(bucket))?;
        let drop = Drop::from_bytes(bytes)?;
        if <[u8; 32]>::from(Sha256::digest(bytes)) != *listed {
            return Err(InboxError::Other);
        }
        let Some(chains) = &mut self.chains else {
            return Ok(Found::default());
        };
        let found = chains.find(drops.number, &drop)?;
        chains.keep_window(drops.number)?;
        Ok(found)
    }
}
