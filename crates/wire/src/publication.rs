//! How a desk hands a relay what everybody may read: a bulletin and the files it lists, as one.
//!
//! `length 4 · bulletin`, then for each listed file in order `length 4 · bytes`. It needs no other
//! authority than the bulletin's signature, so a relay that takes it holds no secret of the desk.

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{BUCKETS_MAX, Bulletin, BulletinError, DROP_LEN, VerifyingKey};

/// Largest publication that is read, 16 MiB: as many drops as there may be (8 MiB), and as much for
/// bulletin, feed and alerts.
pub const PUBLICATION_MAX: usize = BUCKETS_MAX as usize * DROP_LEN + (8 << 20);

/// A signed bulletin with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The signed bulletin.
    pub bulletin: Vec<u8>,
    /// The files, in the order of the bulletin's list.
    pub files: Vec<Vec<u8>>,
}

/// Why bytes are not a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PublicationError {
    /// Cut off, longer than [`PUBLICATION_MAX`], or with bytes left over.
    #[error("the parts do not fill {0} bytes")]
    Length(usize),
    /// Its bulletin is none.
    #[error("the bulletin does not hold")]
    Bulletin(#[from] BulletinError),
    /// Other files than the bulletin lists.
    #[error("the bulletin lists {listed} files, {given} are here")]
    Count {
        /// In the bulletin.
        listed: usize,
        /// In the publication.
        given: usize,
    },
    /// A file differs from its hash.
    #[error("file {0} is not the one that the bulletin lists")]
    File(usize),
}

impl Publication {
    /// The bytes of the publication.
    pub fn encode(&self) -> Vec<u8> {
        let parts = || core::iter::once(&self.bulletin).chain(&self.files);
        let mut out = Vec::with_capacity(parts().map(|p| p.len() + 4).sum());
        for part in parts() {
            let length = u32::try_from(part.len()).expect("parts are far below 4 GiB");
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(part);
        }
        out
    }

    /// Splits the bytes into parts; checks nothing else.
    ///
    /// # Errors
    /// When the parts do not fill the bytes exactly.
    pub fn decode(bytes: &[u8]) -> Result<Self, PublicationError> {
        let wrong = PublicationError::Length(bytes.len());
        if bytes.len() > PUBLICATION_MAX {
            return Err(wrong);
        }
        let mut rest = bytes;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk().ok_or(wrong)?;
            let length = u32::from_be_bytes(*length) as usize;
            let (part, after) = after.split_at_checked(length).ok_or(wrong)?;
            parts.push(part.to_vec());
            rest = after;
        }
        if parts.is_empty() {
            return Err(wrong);
        }
        let bulletin = parts.remove(0);
        Ok(Self {
            bulletin,
            files: parts,
        })
    }

    /// Checks signature and hashes.
    ///
    /// # Errors
    /// When the desk did not sign it, or a file is not the one listed.
    pub fn verify(&self, root: &VerifyingKey) -> Result<Bulletin, PublicationError> {
        let bulletin = Bulletin::verify(&self.bulletin, root)?;
        let (listed, given) = (bulletin.files.len(), self.files.len());
        if listed != given {
            return Err(PublicationError::Count { listed, given });
        }
        for (n, (file, entry)) in self.files.iter().zip(&bulletin.files).enumerate() {
            if <[u8; 32]>::from(Sha256::digest(file)) != entry.sha256 {
                return Err(PublicationError::File(n));
            }
        }
        Ok(bulletin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_read_back() {
        let p = Publication {
            bulletin: vec![1, 2, 3],
            files: vec![vec![], vec![9; 300]],
        };
        assert_eq!(Publication::decode(&p.encode()).unwrap(), p);
    }

    #[test]
    fn every_truncation_is_refused_or_has_fewer_files() {
        let p = Publication {
            bulletin: vec![1; 10],
            files: vec![vec![2; 10]],
        };
        let bytes = p.encode();
        for n in 0..bytes.len() {
            match Publication::decode(&bytes[..n]) {
                // Cut exactly between parts: the count in the bulletin tells.
                Ok(cut) => assert!(n == 14 && cut.files.is_empty()),
                Err(why) => assert_eq!(why, PublicationError::Length(n)),
            }
        }
    }
}
