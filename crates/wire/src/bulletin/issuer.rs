//! Who issues passes, as a bulletin says it.

use minicbor::{Decoder, Encoder};

use super::{
    BulletinError,
    cbor::{ReadError, Written, expect, length},
};
use crate::{IssuerKey, PassEpoch, PassKey};

/// Pass keys in a bulletin: the one before, this and the next epoch's, and one to spare.
pub const ISSUER_KEYS_MAX: usize = 4;
/// Longest address of an issuer, in bytes.
pub const ISSUER_URL_MAX: usize = 256;

/// Who issues passes, and the only keys by which a phone takes them: the same for everybody, so that nobody can be
/// marked by a key of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassIssuer {
    /// Its address: `https:`, or `http:` where the way there is sealed otherwise (an onion service, loopback).
    pub url: String,
    /// Its keys by ascending epoch, no key twice.
    pub keys: Vec<IssuerKey>,
}

pub(super) fn write(e: &mut Encoder<Vec<u8>>, issuer: &PassIssuer) -> Written {
    e.array(2)?.str(&issuer.url)?;
    e.array(issuer.keys.len() as u64)?;
    for key in &issuer.keys {
        e.array(2)?.u32(key.epoch.0)?.bytes(&key.key.spki())?;
    }
    Ok(())
}

pub(super) fn read(d: &mut Decoder<'_>) -> Result<PassIssuer, ReadError> {
    expect(d.array()?, 2)?;
    let url = d.str()?.to_owned();
    let mut keys: Vec<IssuerKey> = Vec::new();
    for _ in 0..length(d.array()?)? {
        expect(d.array()?, 2)?;
        let epoch = PassEpoch(d.u32()?);
        let key = PassKey::from_spki(d.bytes()?).map_err(|_why| BulletinError::Passes)?;
        let fits = keys.last().is_none_or(|last| last.epoch < epoch)
            && keys.iter().all(|other| other.key != key);
        if !fits || keys.len() == ISSUER_KEYS_MAX {
            return Err(BulletinError::Passes.into());
        }
        keys.push(IssuerKey { epoch, key });
    }
    if keys.is_empty() || !issuer_url(&url) {
        return Err(BulletinError::Passes.into());
    }
    Ok(PassIssuer { url, keys })
}

/// An address that can be written down: a scheme of the web and printable ASCII.
fn issuer_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    url.len() <= ISSUER_URL_MAX
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic()))
}
