//! `DELETE /api/cells/ID/codebooks/ID`: cancels a codebook sheet. What was reported by it stays.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use super::Desk;
use crate::{api::blocking, cells::has_codebook, refusal::Refusal};

pub(super) async fn codebook_delete(
    State(desk): State<Desk>,
    Path((id, sheet)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let number = |text: String| text.parse().map_err(|_why| Refusal::NotFound);
    let cell = desk.coordinators.cell(&headers, number(id)?)?;
    let sheet = number(sheet)?;
    let (open, reader) = (Arc::clone(&cell), Arc::clone(&desk.reader));
    let records = blocking(move || Ok(open.records(&reader)?)).await?;
    if !has_codebook(&records, sheet) {
        return Err(Refusal::NotFound);
    }
    desk.writer.cell_codebook_end(cell.id, sheet).await?;
    Ok(StatusCode::NO_CONTENT)
}
