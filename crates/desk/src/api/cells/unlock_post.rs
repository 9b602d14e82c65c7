//! `POST /api/cells/ID/unlock`: opens a cell with its coordinator's passphrase.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::Desk;
use crate::{
    api::{
        blocking,
        refused::{self, Number},
        types::{CellUnlocked, CellUnlocking},
    },
    cells::unwrap,
    refusal::Refusal,
};

pub(super) async fn unlock_post(
    State(desk): State<Desk>,
    Number(id): Number<u32>,
    refused::Json(unlocking): refused::Json<CellUnlocking>,
) -> Result<Json<CellUnlocked>, Refusal> {
    let reader = Arc::clone(&desk.reader);
    let secret = blocking(move || {
        let cells = reader.cells()?;
        let row = cells
            .iter()
            .find(|row| row.id == id)
            .ok_or(Refusal::NotFound)?;
        unwrap(&unlocking.passphrase, &row.public, &row.wrapped).ok_or(Refusal::Passphrase)
    })
    .await?;
    let session = desk.coordinators.open(id, secret)?;
    Ok(Json(CellUnlocked { id, session }))
}
