//! A desk whose steps are taken by whoever holds it, one at a time, and by nobody else.

use std::sync::Arc;

use axum::Router;
use thiserror::Error;
use tokio::sync::watch;

use super::{Desk, DeskError, workings::Workings};
use crate::{api, line::Line, refusal::Refusal, relays::Trouble};

/// What [`Desk::run`] does in loops and on a socket, step by step: for tests of what happens when steps come in another
/// order, late, or not at all. Dropping it at any moment is a crash: every step is one transaction.
pub struct ByHand {
    workings: Workings,
    /// The pages end with it.
    _stop: watch::Sender<bool>,
}

/// Why a step was not taken. Nothing of it has happened, and it may be taken again.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct StepError(#[from] Trouble);

impl From<Refusal> for StepError {
    fn from(why: Refusal) -> Self {
        Self(Trouble::Store(why))
    }
}

impl Desk {
    /// Hands the steps over; `line` carries the requests to relays.
    ///
    /// # Errors
    /// When the store gives out at the start.
    pub fn by_hand(self, line: Arc<dyn Line>) -> Result<ByHand, DeskError> {
        let (stop, stopped) = watch::channel(false);
        Ok(ByHand {
            workings: self.workings(&line, stopped)?,
            _stop: stop,
        })
    }
}

impl ByHand {
    /// Pulls once from a relay, in the order of the configuration: opens and journals what is new.
    ///
    /// # Errors
    /// When there was no answer, or one that is no pull's.
    pub async fn pull(&mut self, relay: usize) -> Result<(), StepError> {
        Ok(self.workings.pullers[relay].once(0).await?)
    }

    /// Signs a bulletin, with other drops if their time has come; gives when it will be old.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn publish(&mut self) -> Result<i64, StepError> {
        Ok(self.workings.maker.once().await?)
    }

    /// Takes the newest publication to a relay, if one was made since the start.
    ///
    /// # Errors
    /// When there was no answer or a refusal.
    pub async fn deliver(&mut self, relay: usize) -> Result<(), StepError> {
        Ok(self.workings.deliverers[relay].once().await?)
    }

    /// Lets time do its part: keys, expiry, closing of epochs.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn time_passes(&self) -> Result<(), StepError> {
        Ok(self.workings.pages.writer.time_passed().await?)
    }

    /// What is served to the people at the desk.
    pub fn app(&self) -> Router {
        api::router(self.workings.pages.clone())
    }

    /// Ends it after the steps taken so far, and lets go of its folder.
    pub async fn end(self) {
        self.workings.ending.end().await;
    }
}
