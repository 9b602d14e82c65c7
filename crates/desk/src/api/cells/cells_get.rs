//! `GET /api/cells`: which cells there are.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::Desk;
use crate::{
    api::{
        blocking,
        types::{CellLine, CellList},
    },
    refusal::Refusal,
};

pub(super) async fn cells_get(State(desk): State<Desk>) -> Result<Json<CellList>, Refusal> {
    let reader = Arc::clone(&desk.reader);
    let cells = blocking(move || Ok(reader.cells()?)).await?;
    let line = |(id, made)| CellLine { id, made };
    Ok(Json(CellList {
        cells: cells
            .into_iter()
            .map(|row| line((row.id, row.made)))
            .collect(),
    }))
}
