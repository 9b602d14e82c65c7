//! By what the desk reaches its relays and its issuer: HTTP, or what a test puts in its place.

use std::{error::Error, time::Duration};

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use futures_util::future::BoxFuture;
use reqwest::Client;
use thiserror::Error;

use crate::relays::WAIT_S;

/// Time to reach a relay at all.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for a whole exchange, the waiting included: slow lines carry a publication in it.
const WHOLE: Duration = Duration::from_secs(WAIT_S + 100);

/// Carries a request to where its address says, and brings the answer.
pub trait Line: Send + Sync + 'static {
    /// An answer with a body of at most `most` bytes; of one that is no success, the body may be left out.
    fn exchange(
        &self,
        request: Request<Bytes>,
        most: usize,
    ) -> BoxFuture<'_, Result<Response<Bytes>, LineError>>;
}

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LineError {
    /// No connection, or it broke.
    #[error("it does not answer")]
    Silent(#[source] Box<dyn Error + Send + Sync>),
    /// More bytes than asked for.
    #[error("it sends more than it was asked for")]
    TooMuch,
}

/// One client for all.
pub(crate) struct Http(Client);

impl Http {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            // A relay that sends the desk elsewhere is not obeyed: requests are signed for one place.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self(client))
    }
}

impl Line for Http {
    fn exchange(
        &self,
        request: Request<Bytes>,
        most: usize,
    ) -> BoxFuture<'_, Result<Response<Bytes>, LineError>> {
        let silent = |why: reqwest::Error| LineError::Silent(why.into());
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(silent)?;
            let mut response = self.0.execute(request).await.map_err(silent)?;
            let status = response.status();
            let mut bytes = Vec::new();
            if status.is_success() {
                let expected = response.content_length().unwrap_or(0);
                bytes.reserve(usize::try_from(expected).unwrap_or(0).min(most));
                while let Some(chunk) = response.chunk().await.map_err(silent)? {
                    if bytes.len() + chunk.len() > most {
                        return Err(LineError::TooMuch);
                    }
                    bytes.extend_from_slice(&chunk);
                }
            }
            let mut answer = Response::new(bytes.into());
            *answer.status_mut() = status;
            Ok(answer)
        })
    }
}
