//! Talking to relays: the desk calls out, nothing calls in.

use std::time::Duration;

use axum::{
    body::Bytes,
    http::{Response, StatusCode, request::Builder},
};
use reqwest::Url;
use thiserror::Error;

use crate::line::{Line, LineError};

/// How long a relay is asked to hold back an empty answer, seconds.
pub(crate) const WAIT_S: u64 = 20;

/// The address of a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayUrl(Url);

/// Why an address is not a relay's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RelayUrlError {
    /// Not an address at all.
    #[error("the address cannot be read")]
    Malformed,
    /// Neither `http` nor `https`, or with query or fragment.
    #[error("a relay's address begins with http:// or https:// and has no query")]
    Shape,
}

impl RelayUrl {
    /// Reads the address under which `/v1/…` is found.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, RelayUrlError> {
        let mut url = Url::parse(text).map_err(|_why| RelayUrlError::Malformed)?;
        let odd = !matches!(url.scheme(), "http" | "https")
            || url.query().is_some()
            || url.fragment().is_some();
        if odd {
            return Err(RelayUrlError::Shape);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The address of something at the relay.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }
}

/// What went wrong with a relay.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    /// There is no answer that could be read.
    #[error(transparent)]
    Line(#[from] LineError),
    /// 401.
    #[error(
        "it does not take this desk's signature: it serves another desk, or the clocks are more than five minutes apart"
    )]
    NotTheDesk,
    /// 404 where a relay has something.
    #[error("there is no relay at this address")]
    NotARelay,
    /// Any other refusal.
    #[error("it answers with status {0}")]
    Status(u16),
    /// Not records, or out of order.
    #[error("it sends what are no records")]
    Records(#[source] lapwing_wire::RecordError),
    /// Not the passes that were asked for.
    #[error("it sends passes that its key in the bulletin did not sign")]
    Passes,
    /// Not an issuer's directory.
    #[error("it sends what is no directory of an issuer")]
    Directory,
    /// The desk's own store.
    #[error("the desk's own store does not take more")]
    Store(#[source] crate::refusal::Refusal),
}

/// Asks, for an answer with a body of at most `most` bytes.
pub(crate) async fn ask(
    line: &dyn Line,
    request: Builder,
    body: impl Into<Bytes>,
    most: usize,
) -> Result<Response<Bytes>, Trouble> {
    let request = request
        .body(body.into())
        .map_err(|why| LineError::Silent(why.into()))?;
    Ok(line.exchange(request, most).await?)
}

/// The trouble that a status stands for.
pub(crate) fn refused(status: StatusCode) -> Trouble {
    match status {
        StatusCode::UNAUTHORIZED => Trouble::NotTheDesk,
        StatusCode::NOT_FOUND => Trouble::NotARelay,
        other => Trouble::Status(other.as_u16()),
    }
}

/// Waiting times between attempts: 0.2 s, doubling up to 15 s.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(15);

    /// Time before the next attempt.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = Self::FIRST.saturating_mul(1 << self.failures.min(10));
        self.failures += 1;
        wait.min(Self::LONGEST)
    }

    /// The last attempt succeeded.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_their_path_and_lose_their_last_slash() {
        let plain = RelayUrl::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!(plain.as_str(), "http://127.0.0.1:8080");
        assert_eq!(
            plain.at("/v1/health").as_str(),
            "http://127.0.0.1:8080/v1/health"
        );
        let below = RelayUrl::parse("https://relay.example/lapwing/").unwrap();
        assert_eq!(below.at("/v1/health").path(), "/lapwing/v1/health");
        assert_eq!(
            RelayUrl::parse("relay.example"),
            Err(RelayUrlError::Malformed)
        );
        for odd in ["ftp://relay.example", "http://relay.example/?a=1"] {
            assert_eq!(RelayUrl::parse(odd), Err(RelayUrlError::Shape), "{odd}");
        }
    }

    #[test]
    fn waiting_grows_to_fifteen_seconds_and_starts_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000]);
        backoff.reset();
        assert_eq!(backoff.next(), Backoff::FIRST);
    }
}
