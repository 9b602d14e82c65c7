//! `GET /api/incidents/ID/draft`: what a warning would say.

use axum::{Json, extract::State};

use super::{Desk, refused::Number, types::WarningDraft};
use crate::refusal::Refusal;

pub(super) async fn draft_get(
    State(desk): State<Desk>,
    Number(id): Number<u64>,
) -> Result<Json<WarningDraft>, Refusal> {
    let case = desk.hub.case(id).ok_or(Refusal::NotFound)?;
    Ok(Json(desk.herald.draft(&case.incident)?))
}
