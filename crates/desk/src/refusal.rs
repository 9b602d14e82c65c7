//! Why the desk does not do what somebody at it asked.

use thiserror::Error;

use crate::{api::types::Incident, herald::HeraldError, store::StoreError};

/// A refusal that the pages can act on.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    /// A value cannot stand.
    #[error("{0} cannot be used")]
    BadRequest(&'static str),
    /// More calls than people can take.
    #[error("too many calls were begun just now")]
    Busy,
    /// Somebody decided meanwhile.
    #[error("somebody decided meanwhile")]
    Changed(Box<Incident>),
    /// The cell was not unlocked, or not lately.
    #[error("this cell is locked")]
    Locked,
    /// The kind never warns.
    #[error("this kind is not for the public")]
    NeverPublic,
    /// No such thing, or it is too old to be changed.
    #[error("there is no such thing")]
    NotFound,
    /// It does not open the cell.
    #[error("the passphrase does not open this cell")]
    Passphrase,
    /// The store did not take it.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
    /// The desk is stopping.
    #[error("the desk is stopping")]
    Stopping,
    /// The warning was called off or expired.
    #[error("the warning no longer holds")]
    WarningOver,
}

impl From<HeraldError> for Refusal {
    fn from(why: HeraldError) -> Self {
        match why {
            HeraldError::NeverPublic => Self::NeverPublic,
            HeraldError::Over => Self::WarningOver,
            HeraldError::Value(name) => Self::BadRequest(name),
            HeraldError::Alert => Self::BadRequest("the text of the form"),
        }
    }
}
