//! Eligibility by OpenID Connect: an ID token (OpenID Connect Core 1.0, 3.1.3.7) of a provider that the deployment
//! trusts to know who is one person.
//!
//! The token is bound to the request that it comes with: its `nonce` is [`nonce`] of the request. So it is good for
//! this batch alone; whoever steals it gets signatures that only the phone which blinded them can use.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{JwkSet, PublicKeyUse},
};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Checking, Eligibility, Eligible, Ineligible};

/// How far the provider's clock may be from ours, in seconds.
const SKEW_S: i64 = 60;
/// Keys are fetched again for a token whose key is not known, but not more often than this, in seconds.
const FETCH_APART_S: i64 = 60;
/// Largest set of keys.
const KEYS_MAX: usize = 256 << 10;
const FETCH_WAIT: Duration = Duration::from_secs(10);

/// Where the provider's keys are.
#[derive(Clone, Debug)]
pub enum KeySet {
    /// A file, read at the start.
    File(PathBuf),
    /// An address, `https:` or on loopback.
    Url(String),
}

/// A provider, and for whom its tokens must be.
pub struct OpenId {
    provider: String,
    audience: String,
    batches: u32,
    keys: Mutex<Keys>,
    source: Option<(reqwest::Client, String)>,
    /// One fetches, the others wait for it.
    fetching: tokio::sync::Mutex<()>,
}

struct Keys {
    set: Arc<JwkSet>,
    fetched: i64,
}

/// Why a provider cannot be set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenIdError {
    /// The file of keys.
    #[error("{} cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It holds no keys.
    #[error("{} is no set of keys (RFC 7517)", path.display())]
    Keys {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// Keys that anybody on the way could replace.
    #[error("keys are fetched by https only")]
    Insecure,
    /// No client.
    #[error("no client for the provider can be made")]
    Client(#[source] reqwest::Error),
}

/// What is read of an ID token.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The `nonce` with which a phone must ask the provider for the token of this request: SHA-256 of the request, in
/// base64url without padding.
pub fn nonce(request: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(request)
}

impl OpenId {
    /// A provider by its issuer identifier, the client id that tokens must be for, and how many batches a person gets
    /// in an epoch.
    ///
    /// # Errors
    /// When the keys cannot be had that way.
    pub fn new(
        provider: String,
        audience: String,
        batches: u32,
        keys: &KeySet,
    ) -> Result<Self, OpenIdError> {
        let (set, source) = match keys {
            KeySet::File(path) => (read(path)?, None),
            KeySet::Url(url) => {
                let local = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
                if !url.starts_with("https://") && !local.iter().any(|at| url.starts_with(at)) {
                    return Err(OpenIdError::Insecure);
                }
                let client = reqwest::Client::builder()
                    .timeout(FETCH_WAIT)
                    .redirect(reqwest::redirect::Policy::none())
                    .build()
                    .map_err(OpenIdError::Client)?;
                (JwkSet::default(), Some((client, url.clone())))
            }
        };
        Ok(Self {
            provider,
            audience,
            batches,
            keys: Mutex::new(Keys {
                set: Arc::new(set),
                fetched: i64::MIN,
            }),
            source,
            fetching: tokio::sync::Mutex::new(()),
        })
    }

    async fn entitled(
        &self,
        token: &str,
        request: &[u8; 32],
        now: i64,
    ) -> Result<Eligible, Ineligible> {
        let header = jsonwebtoken::decode_header(token).map_err(|_why| Ineligible::Unknown)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(Ineligible::Unknown);
        }
        let kid = header.kid.as_deref();
        let key = match self.key(kid, header.alg) {
            Some(key) => key,
            None => {
                self.fetch(now).await?;
                self.key(kid, header.alg).ok_or(Ineligible::Unknown)?
            }
        };
        // Of this one algorithm: a key is of one family, and a token does not choose among them.
        let mut rules = Validation::new(header.alg);
        // Times are compared with the issuer's clock, below; the audience must be this one alone.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
        rules.set_issuer(&[&self.provider]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules)
            .map_err(|_why| Ineligible::Unknown)?
            .claims;
        let for_us = match &claims.aud {
            Audience::One(one) => *one == self.audience,
            Audience::Many(many) => many.as_slice() == std::slice::from_ref(&self.audience),
        };
        if !for_us || claims.iss != self.provider || claims.sub.is_empty() {
            return Err(Ineligible::Unknown);
        }
        let early = now.saturating_add(SKEW_S);
        if claims.exp <= now.saturating_sub(SKEW_S)
            || claims.iat > early
            || claims.nbf.is_some_and(|from| from > early)
        {
            return Err(Ineligible::Expired);
        }
        let bound = claims.nonce.unwrap_or_default();
        if !bool::from(bound.as_bytes().ct_eq(nonce(request).as_bytes())) {
            return Err(Ineligible::OtherRequest);
        }
        let mut identity = Zeroizing::new(b"openid\n".to_vec());
        // Length first, so that no two pairs of provider and subject are the same bytes.
        identity.extend_from_slice(&(claims.iss.len() as u64).to_be_bytes());
        identity.extend_from_slice(claims.iss.as_bytes());
        identity.extend_from_slice(claims.sub.as_bytes());
        Ok(Eligible {
            identity,
            batches: self.batches,
        })
    }

    /// The key that a token names. One that names none is held against the only key there is.
    fn key(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let set = Arc::clone(&self.keys().set);
        let jwk = match (kid, set.keys.as_slice()) {
            (Some(kid), _) => set.find(kid)?,
            (None, [only]) => only,
            (None, _) => return None,
        };
        let to_sign = matches!(
            jwk.common.public_key_use,
            None | Some(PublicKeyUse::Signature)
        );
        let named = jwk.common.key_algorithm.map(|named| named.to_string());
        let fits = named.is_none_or(|named| named == format!("{algorithm:?}"));
        if to_sign && fits {
            DecodingKey::from_jwk(jwk).ok()
        } else {
            None
        }
    }

    async fn fetch(&self, now: i64) -> Result<(), Ineligible> {
        let Some((client, url)) = &self.source else {
            return Ok(());
        };
        let _turn = self.fetching.lock().await;
        if now.saturating_sub(self.keys().fetched) < FETCH_APART_S {
            return Ok(());
        }
        let got = async {
            let response = client.get(url).send().await?.error_for_status()?;
            response.bytes().await
        };
        let bytes = got.await.map_err(|_why| Ineligible::Unreachable)?;
        if bytes.len() > KEYS_MAX {
            return Err(Ineligible::Unreachable);
        }
        let set: JwkSet = serde_json::from_slice(&bytes).map_err(|_why| Ineligible::Unreachable)?;
        *self.keys() = Keys {
            set: Arc::new(set),
            fetched: now,
        };
        Ok(())
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        // Replaced as a whole.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Eligibility for OpenId {
    fn check<'a>(&'a self, credential: &'a str, request: &'a [u8; 32], now: i64) -> Checking<'a> {
        Box::pin(self.entitled(credential, request, now))
    }
}

fn read(path: &Path) -> Result<JwkSet, OpenIdError> {
    let text = std::fs::read_to_string(path).map_err(|source| OpenIdError::File {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| OpenIdError::Keys {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
