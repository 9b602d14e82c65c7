//! `POST /api/warnings/ID/cancel`: calls it off.

use axum::{
    Json,
    extract::{Path, State},
};

use super::{Desk, types::Warning};
use crate::refusal::Refusal;

pub(super) async fn warning_cancel_post(
    State(desk): State<Desk>,
    Path(id): Path<String>,
) -> Result<Json<Warning>, Refusal> {
    Ok(Json(desk.writer.cancel(id).await?))
}
