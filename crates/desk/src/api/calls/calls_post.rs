//! `POST /api/calls`: somebody calls.

use axum::{Json, extract::State, http::StatusCode};

use super::Desk;
use crate::{api::types::CallBegun, refusal::Refusal};

pub(super) async fn calls_post(
    State(desk): State<Desk>,
) -> Result<(StatusCode, Json<CallBegun>), Refusal> {
    let call = desk.lines.begin(desk.hub.now())?;
    Ok((StatusCode::CREATED, Json(CallBegun { call })))
}
