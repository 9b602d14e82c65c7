//! Who may have passes: pluggable.

use std::pin::Pin;

use thiserror::Error;
use zeroize::Zeroizing;

/// Somebody who may have passes in the current epoch.
pub struct Eligible {
    /// The same bytes for the same person or code; kept as a hash under a key of the epoch only.
    pub identity: Zeroizing<Vec<u8>>,
    /// Batches in an epoch.
    pub batches: u32,
}

/// Why somebody may not. None of these says whether anything like the credential exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Ineligible {
    /// Nothing that is known here, or not signed by whom it should be.
    #[error("the credential is not known here")]
    Unknown,
    /// It was good once, or will be.
    #[error("the credential is not valid now; get a fresh one")]
    Expired,
    /// It was made for another request.
    #[error("the credential is bound to another request")]
    OtherRequest,
    /// Who could tell does not answer.
    #[error("whoever vouches for the credential does not answer; try again later")]
    Unreachable,
}

/// The answer of an [`Eligibility`], when it comes.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Result<Eligible, Ineligible>> + Send + 'a>>;

/// Decides who may have passes.
pub trait Eligibility: Send + Sync + 'static {
    /// Whether this credential entitles its bearer at `now`. `request` is the SHA-256 of the request that came with
    /// it, for credentials that are bound to one.
    fn check<'a>(&'a self, credential: &'a str, request: &'a [u8; 32], now: i64) -> Checking<'a>;
}

/// Whoever one of several finds eligible: the first that knows the credential decides.
pub struct AnyOf(pub Vec<Box<dyn Eligibility>>);

impl Eligibility for AnyOf {
    fn check<'a>(&'a self, credential: &'a str, request: &'a [u8; 32], now: i64) -> Checking<'a> {
        Box::pin(async move {
            for one in &self.0 {
                match one.check(credential, request, now).await {
                    Err(Ineligible::Unknown) => {}
                    decided => return decided,
                }
            }
            Err(Ineligible::Unknown)
        })
    }
}
