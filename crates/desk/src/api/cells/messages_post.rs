//! `POST /api/cells/ID/members/ID/messages`: writes to a witness.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use super::Desk;
use crate::{
    api::{refused, types::MessageRequest},
    refusal::Refusal,
};

pub(super) async fn messages_post(
    State(desk): State<Desk>,
    Path((id, member)): Path<(String, String)>,
    headers: HeaderMap,
    refused::Json(message): refused::Json<MessageRequest>,
) -> Result<StatusCode, Refusal> {
    let number = |text: String| text.parse().map_err(|_why| Refusal::NotFound);
    let cell = desk.coordinators.cell(&headers, number(id)?)?;
    desk.writer
        .cell_write(cell.id, number(member)?, message.text)
        .await?;
    Ok(StatusCode::ACCEPTED)
}
