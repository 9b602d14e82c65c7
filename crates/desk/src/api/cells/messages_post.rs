//! `POST /api/cells/ID/members/ID/messages`: writes to a witness.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use super::Desk;
use crate::{
    api::{blocking, refused, types::MessageRequest},
    cells::message_key,
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
    let member = number(member)?;
    let reader = Arc::clone(&desk.reader);
    let open = Arc::clone(&cell);
    let records = blocking(move || Ok(open.records(&reader)?)).await?;
    let key = message_key(&records, member).ok_or(Refusal::NotFound)?;
    desk.writer
        .cell_write(cell.id, member, key, message.text)
        .await?;
    Ok(StatusCode::ACCEPTED)
}
