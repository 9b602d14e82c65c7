//! The desk's public file: keys, form, warnings. The same bytes for everybody.
//!
//! A deterministic CBOR map (RFC 8949 4.2) followed by a 64-byte Ed25519 signature of the root key
//! over `lapwing bulletin v1\n` and the map. Its number only grows, so that nobody can be shown an
//! older one after a newer one.

mod cbor;
mod encoding;
mod issuer;
#[cfg(test)]
mod tests;
mod warning;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use lapwing_model::Region;
use thiserror::Error;

use crate::{Drops, IssuerKey, KeyEpoch, PassEpoch, drop};

pub use issuer::{ISSUER_KEYS_MAX, ISSUER_URL_MAX, PassIssuer};
pub use warning::{BulletinWarning, WarningState, WarningText};

/// Largest bulletin that is read.
pub const BULLETIN_MAX: usize = 1 << 20;
/// X-Wing public key: ML-KEM-768 (1,184) and X25519 (32).
pub const RECEPTION_PUBLIC_LEN: usize = 1_184 + 32;

const CONTEXT: &[u8] = b"lapwing bulletin v1\n";
const SIGNATURE_LEN: usize = 64;

/// What a desk tells everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// Ed25519 key that signs this and all others of the desk.
    pub root_key: [u8; 32],
    /// Grows with every bulletin.
    pub number: u64,
    /// When it was made.
    pub issued: i64,
    /// After this it must not be relied on.
    pub expires: i64,
    /// What the deployment looks after.
    pub region: Region,
    /// Reception keys by ascending week.
    pub keys: Vec<ReceptionKey>,
    /// The form, as JSON (`lapwing_model::Form::parse`).
    pub form: Vec<u8>,
    /// Warnings in force, and cancelled ones until they would have expired.
    pub warnings: Vec<BulletinWarning>,
    /// Files published with it: the Atom feed, CAP alerts, drops.
    pub files: Vec<ListedFile>,
    /// The drops among the files; absent where a desk makes none.
    pub drops: Option<Drops>,
    /// Who issues passes; absent where envelopes need none.
    pub passes: Option<PassIssuer>,
}

/// A reception key of one week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceptionKey {
    /// Its week.
    pub epoch: KeyEpoch,
    /// X-Wing public key.
    pub public: Box<[u8; RECEPTION_PUBLIC_LEN]>,
}

/// A file published with the bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// Path below `/v1/`: letters, digits, `-`, `.`, `_` and `/`.
    pub name: String,
    /// Its hash.
    pub sha256: [u8; 32],
}

/// Why bytes are not a bulletin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BulletinError {
    /// Larger than [`BULLETIN_MAX`] or too short for a signature.
    #[error("a bulletin cannot have {0} bytes")]
    Length(usize),
    /// Not the deterministic encoding of a bulletin.
    #[error("not a deterministically encoded bulletin")]
    Encoding,
    /// Another version.
    #[error("version {0} of bulletins is not known here")]
    Version(u8),
    /// It names another root key than the one asked for.
    #[error("the bulletin is of another desk")]
    RootKey,
    /// The named key is none, or did not sign it.
    #[error("the bulletin is not signed by its desk")]
    Signature,
    /// Keys out of order, or none.
    #[error("the reception keys are out of order or missing")]
    Keys,
    /// Pass keys out of order, twice, malformed, none or too many; or an address that is none.
    #[error("the issuer of passes is not well formed")]
    Passes,
    /// A file name that could lead out of its folder.
    #[error("a file name is not allowed")]
    FileName,
    /// Period or count out of range, or other drops among the files than the count says.
    #[error("the drops are not those that the bulletin says")]
    Drops,
}

impl Bulletin {
    /// Signs the bulletin.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let mut signed = CONTEXT.to_vec();
        signed.extend_from_slice(&self.encode());
        let signature = key.sign(&signed).to_bytes();
        signed.drain(..CONTEXT.len());
        signed.extend_from_slice(&signature);
        signed
    }

    /// Reads a bulletin and checks that `root` signed it. Does not look at number or expiry:
    /// that takes a memory and a clock.
    ///
    /// # Errors
    /// When it is malformed, of another desk, or not signed.
    pub fn verify(bytes: &[u8], root: &VerifyingKey) -> Result<Self, BulletinError> {
        let (map, signature) = split(bytes)?;
        let mut signed = CONTEXT.to_vec();
        signed.extend_from_slice(map);
        let bulletin = Self::decode(map)?;
        if bulletin.root_key != root.to_bytes() {
            return Err(BulletinError::RootKey);
        }
        root.verify_strict(&signed, &Signature::from_bytes(signature))
            .map_err(|_why| BulletinError::Signature)?;
        Ok(bulletin)
    }

    /// The root key that a bulletin claims, and which did sign it: for tools that meet a desk
    /// for the first time. Whether it is the right desk, only a key from elsewhere can tell.
    ///
    /// # Errors
    /// As [`Bulletin::verify`].
    pub fn claimed_root_key(bytes: &[u8]) -> Result<VerifyingKey, BulletinError> {
        let (map, _) = split(bytes)?;
        let key = VerifyingKey::from_bytes(&Self::decode(map)?.root_key)
            .map_err(|_why| BulletinError::Signature)?;
        Self::verify(bytes, &key)?;
        Ok(key)
    }

    /// The reception key for a time, if the bulletin has it.
    pub fn key_at(&self, unix: i64) -> Option<&ReceptionKey> {
        let epoch = KeyEpoch::at(unix);
        self.keys.iter().find(|k| k.epoch == epoch)
    }

    /// The hash of the drop of a bucket.
    pub fn drop_sha256(&self, bucket: u16) -> Option<&[u8; 32]> {
        let name = Drops::name(bucket);
        let file = self.files.iter().find(|file| file.name == name)?;
        Some(&file.sha256)
    }

    /// Whether exactly the drops that are stated are listed, in order.
    fn drops_hold(&self) -> bool {
        let listed = || {
            let names = self.files.iter().map(|file| file.name.as_str());
            names.filter(|name| name.starts_with(drop::FOLDER))
        };
        match &self.drops {
            None => listed().next().is_none(),
            Some(drops) => drops.allowed() && listed().eq((0..drops.buckets).map(Drops::name)),
        }
    }

    /// The key by which passes are fetched at a time, if the bulletin has it.
    pub fn pass_key_at(&self, unix: i64) -> Option<&IssuerKey> {
        let epoch = PassEpoch::at(unix);
        let issuer = self.passes.as_ref()?;
        issuer.keys.iter().find(|k| k.epoch == epoch)
    }
}

fn split(bytes: &[u8]) -> Result<(&[u8], &[u8; SIGNATURE_LEN]), BulletinError> {
    if bytes.len() > BULLETIN_MAX {
        return Err(BulletinError::Length(bytes.len()));
    }
    bytes
        .split_last_chunk()
        .ok_or(BulletinError::Length(bytes.len()))
}
