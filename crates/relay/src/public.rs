//! What everybody may read: the newest publication, held in memory.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use axum::body::Bytes;
use lapwing_wire::{Bulletin, PassEpoch, PassKey, Publication, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::admission::{PassKeys, Verifier};

/// One file as it is served.
#[derive(Clone)]
pub(crate) struct PublicFile {
    pub(crate) bytes: Bytes,
    pub(crate) etag: Arc<str>,
}

#[derive(Default)]
struct Current {
    number: u64,
    files: HashMap<String, PublicFile>,
    pass_keys: PassKeys,
}

/// The newest publication; replaced as a whole, never by an older one.
pub(crate) struct Public(RwLock<Arc<Current>>);

/// Name under which the bulletin itself is served.
pub(crate) const BULLETIN: &str = "bulletin";

impl Public {
    /// From what the store has. A publication that no longer holds (the relay was started for
    /// another desk) is not served.
    pub(crate) fn new(stored: Option<Vec<u8>>, desk: &VerifyingKey) -> Self {
        let public = Self(RwLock::default());
        if let Some(publication) = stored.and_then(|bytes| Publication::decode(&bytes).ok())
            && let Ok(bulletin) = publication.verify(desk)
        {
            public.replace(publication, &bulletin);
        }
        public
    }

    /// Number of the newest bulletin; 0 before the first.
    pub(crate) fn number(&self) -> u64 {
        self.current().number
    }

    pub(crate) fn replace(&self, publication: Publication, bulletin: &Bulletin) {
        let names = bulletin.files.iter().map(|f| f.name.clone());
        let files = names
            .zip(publication.files)
            .chain([(BULLETIN.to_owned(), publication.bulletin)])
            .map(|(name, bytes)| {
                let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..12]));
                (
                    name,
                    PublicFile {
                        bytes: bytes.into(),
                        etag: etag.into(),
                    },
                )
            })
            .collect();
        let pass_keys = PassKeys::of(bulletin);
        // Whole values are swapped, so a panic elsewhere cannot have left half of one.
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Two that were made durable one after the other may arrive here the other way round.
        if bulletin.number > current.number {
            *current = Arc::new(Current {
                number: bulletin.number,
                files,
                pass_keys,
            });
        }
    }

    pub(crate) fn file(&self, name: &str) -> Option<PublicFile> {
        self.current().files.get(name).cloned()
    }

    /// The issuer's key with this id.
    pub(crate) fn verifier(&self, id: &[u8; 32]) -> Option<Arc<Verifier>> {
        self.current().pass_keys.by_id(id)
    }

    /// The issuer's key of an epoch.
    pub(crate) fn pass_key(&self, epoch: PassEpoch) -> Option<PassKey> {
        self.current().pass_keys.of_epoch(epoch)
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
