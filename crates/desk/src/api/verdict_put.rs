//! `PUT /api/incidents/ID/verdict`.

use axum::extract::State;

use super::{
    Desk,
    refused::{Json, Number},
    types::{Incident, VerdictRequest},
};
use crate::refusal::Refusal;

pub(super) async fn verdict_put(
    State(desk): State<Desk>,
    Number(id): Number<u64>,
    Json(request): Json<VerdictRequest>,
) -> Result<axum::Json<Incident>, Refusal> {
    let incident = desk
        .writer
        .decide(id, request.verdict, request.version)
        .await?;
    Ok(axum::Json(Incident::clone(&incident)))
}
