//! `GET /v1/health`: whether the store takes writes.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use lapwing_http::Problem;

use crate::{Relay, Store};

pub(crate) async fn handler<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
) -> Result<StatusCode, Problem> {
    relay.store.healthy().await?;
    Ok(StatusCode::NO_CONTENT)
}
