//! Who may leave an envelope: anybody, or whoever shows a pass.
//!
//! The order of checks is part of `docs/HTTP.md`: what costs least comes first, so that requests without a pass cost
//! less than the verification of one.

use std::{collections::HashMap, sync::Arc};

use aws_lc_rs::{
    rsa::PublicKeyComponents,
    signature::{ParsedPublicKey, RSA_PSS_2048_8192_SHA384},
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use lapwing_http::Problem;
use lapwing_wire::{Bulletin, Envelope, Pass, PassEpoch, PassKey, PassKeyError, www_authenticate};

use crate::{Relay, Spend, Store, StoreError};

/// Who may leave an envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Admission {
    /// Anybody.
    #[default]
    Open,
    /// Whoever shows a pass of the issuer that the desk's bulletin names.
    Passes,
}

/// The keys of the newest bulletin, by their id.
#[derive(Default)]
pub(crate) struct PassKeys(HashMap<[u8; 32], Arc<Verifier>>);

/// A key that passes are signed by.
pub(crate) struct Verifier {
    epoch: PassEpoch,
    key: PassKey,
    parsed: ParsedPublicKey,
}

impl PassKeys {
    pub(crate) fn of(bulletin: &Bulletin) -> Self {
        let issuer = bulletin.passes.iter();
        let keys = issuer.flat_map(|issuer| &issuer.keys).filter_map(|known| {
            // One that the library cannot use verifies nothing: as if it were not there.
            let verifier = Verifier::new(known.epoch, &known.key).ok()?;
            Some((known.key.id(), Arc::new(verifier)))
        });
        Self(keys.collect())
    }

    pub(crate) fn by_id(&self, id: &[u8; 32]) -> Option<Arc<Verifier>> {
        self.0.get(id).cloned()
    }

    /// The key of an epoch.
    pub(crate) fn of_epoch(&self, epoch: PassEpoch) -> Option<PassKey> {
        let found = self.0.values().find(|verifier| verifier.epoch == epoch);
        found.map(|verifier| verifier.key.clone())
    }
}

impl Verifier {
    fn new(epoch: PassEpoch, key: &PassKey) -> Result<Self, PassKeyError> {
        // SHA-384 for the message and the mask, and a salt as long as the hash: the 48 bytes of RFC 9474.
        let parsed = PublicKeyComponents {
            n: key.modulus().as_slice(),
            e: PassKey::EXPONENT.as_slice(),
        }
        .to_parsed_public_key(&RSA_PSS_2048_8192_SHA384)
        .map_err(|_why| PassKeyError)?;
        Ok(Self {
            epoch,
            key: key.clone(),
            parsed,
        })
    }

    fn signed(&self, pass: &Pass) -> bool {
        let held = self.parsed.verify_sig(&pass.input(), &pass.authenticator);
        held.is_ok()
    }
}

/// A pass as a request shows it: of the right form, by a key that is taken now. Its signature is not verified.
pub(crate) struct Shown {
    pass: Pass,
    verifier: Arc<Verifier>,
}

/// What can be said of a pass before the body is read.
pub(crate) fn shown<S: Store>(relay: &Relay<S>, headers: &HeaderMap) -> Result<Shown, Problem> {
    let refused = |name, title| {
        let key = relay.public.pass_key(PassEpoch::at((relay.clock)()));
        unauthorized(name, title, key.as_ref())
    };
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (shown.next(), shown.next()) else {
        let problem = refused("pass-missing", "this relay takes an envelope with one pass");
        return Err(problem.detail("fetch passes from the issuer that the bulletin names"));
    };
    let pass = value.to_str().ok().map(Pass::from_authorization);
    let pass = match pass {
        Some(Ok(pass)) => pass,
        Some(Err(why)) => {
            let problem = refused("pass-malformed", "this is no pass");
            return Err(problem.detail(why.to_string()));
        }
        None => return Err(refused("pass-malformed", "this is no pass")),
    };
    let known = relay.public.verifier(&pass.key_id);
    match known.filter(|verifier| verifier.epoch.accepted((relay.clock)())) {
        Some(verifier) => Ok(Shown { pass, verifier }),
        None => {
            let problem = refused("pass-key", "the pass is of a key that is not taken now");
            Err(problem.detail("take another pass, or fetch new ones"))
        }
    }
}

impl Shown {
    /// Whether this pass may be spent with this envelope. Storing both decides in the end.
    pub(crate) async fn check<S: Store>(
        self,
        relay: &Relay<S>,
        envelope: &Envelope,
    ) -> Result<Spend, Problem> {
        let spend = Spend {
            epoch: self.verifier.epoch,
            nullifier: self.pass.nullifier(),
        };
        match relay.store.spent(&spend).await? {
            // Verified when it was spent.
            Some(digest) if digest == envelope.digest() => return Ok(spend),
            Some(_) => return Err(spent()),
            None => {}
        }
        let turn = relay.verifying.acquire().await;
        let verified = tokio::task::spawn_blocking(move || self.verifier.signed(&self.pass)).await;
        drop(turn);
        if verified.map_err(|_gone| StoreError::Stopped)? {
            Ok(spend)
        } else {
            Err(unauthorized(
                "pass-signature",
                "the pass is not signed by the issuer",
                None,
            ))
        }
    }
}

/// The pass came with another envelope before.
pub(crate) fn spent() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "pass-spent",
        "the pass was spent with another envelope",
    )
    .detail("take another pass")
}

fn unauthorized(name: &'static str, title: &'static str, key: Option<&PassKey>) -> Problem {
    let challenge = HeaderValue::from_str(&www_authenticate(key))
        .expect("base64 and a scheme are fit for a header");
    Problem::new(StatusCode::UNAUTHORIZED, name, title).header(header::WWW_AUTHENTICATE, challenge)
}
