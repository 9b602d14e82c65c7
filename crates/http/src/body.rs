//! Reading a body of bounded length.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::StatusCode,
};
use http_body_util::LengthLimitError;

use crate::Problem;

/// A body that has not arrived by then is given up.
const BODY_WAIT: Duration = Duration::from_secs(20);

/// At most `limit` bytes of a body, without taking in more. `None` when there are more.
///
/// # Errors
/// `too-slow` when it does not arrive.
pub async fn read_body(body: Body, limit: usize) -> Result<Option<Bytes>, Problem> {
    let why = match tokio::time::timeout(BODY_WAIT, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => return Ok(Some(bytes)),
        Ok(Err(why)) => Some(why.into_inner()),
        Err(_late) => None,
    };
    if why.is_some_and(|why| why.is::<LengthLimitError>()) {
        return Ok(None);
    }
    // Late, or ended before its announced length.
    Err(Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "too-slow",
        "the body did not arrive whole within 20 seconds",
    )
    .detail("send the same bytes again"))
}
