//! `DELETE /api/cells/ID/members/ID`: cuts off a witness's phone. What was written stays in the cell.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use super::Desk;
use crate::{api::blocking, cells::message_key, refusal::Refusal};

pub(super) async fn member_delete(
    State(desk): State<Desk>,
    Path((id, member)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let number = |text: String| text.parse().map_err(|_why| Refusal::NotFound);
    let cell = desk.coordinators.cell(&headers, number(id)?)?;
    let member = number(member)?;
    let (open, reader) = (Arc::clone(&cell), Arc::clone(&desk.reader));
    let records = blocking(move || Ok(open.records(&reader)?)).await?;
    message_key(&records, member).ok_or(Refusal::NotFound)?;
    desk.writer.cell_cut_off(cell.id, member).await?;
    Ok(StatusCode::NO_CONTENT)
}
