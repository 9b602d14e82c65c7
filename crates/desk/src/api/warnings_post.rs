//! `POST /api/warnings`: warns of an incident.

use axum::{extract::State, http::StatusCode};

use super::{
    Desk,
    refused::Json,
    types::{PublishRequest, Warning},
};
use crate::refusal::Refusal;

pub(super) async fn warnings_post(
    State(desk): State<Desk>,
    Json(request): Json<PublishRequest>,
) -> Result<(StatusCode, axum::Json<Warning>), Refusal> {
    let warning = desk.writer.warn(request).await?;
    Ok((StatusCode::CREATED, axum::Json(warning)))
}
