//! `POST /api/warnings/ID/update`: another message in the place of the last.

use axum::extract::{Path, State};

use super::{
    Desk,
    refused::Json,
    types::{PublishRequest, Warning},
};
use crate::refusal::Refusal;

pub(super) async fn warning_update_post(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    Json(request): Json<PublishRequest>,
) -> Result<axum::Json<Warning>, Refusal> {
    Ok(axum::Json(desk.writer.update(id, request).await?))
}
