//! `DELETE /api/cells/ID/invites/HASH`: withdraws an invite that nobody has used.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use super::Desk;
use crate::refusal::Refusal;

pub(super) async fn invite_delete(
    State(desk): State<Desk>,
    Path((id, invite)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let id = id.parse().map_err(|_why| Refusal::NotFound)?;
    let cell = desk.coordinators.cell(&headers, id)?;
    let mut hash = [0; 32];
    hex::decode_to_slice(invite, &mut hash).map_err(|_why| Refusal::NotFound)?;
    desk.writer.cell_revoke(cell.id, hash).await?;
    Ok(StatusCode::NO_CONTENT)
}
