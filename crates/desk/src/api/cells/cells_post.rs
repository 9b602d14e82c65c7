//! `POST /api/cells`: makes a cell.

use axum::{Json, extract::State, http::StatusCode};
use getrandom::SysRng;
use lapwing_seal::CellSecret;
use rand_core::UnwrapErr;

use super::Desk;
use crate::{
    api::{
        blocking, refused,
        types::{CellFounding, CellUnlocked},
    },
    cells::wrap,
    refusal::Refusal,
    store::KeyCost,
};

pub(super) async fn cells_post(
    State(desk): State<Desk>,
    refused::Json(founding): refused::Json<CellFounding>,
) -> Result<(StatusCode, Json<CellUnlocked>), Refusal> {
    let CellFounding { name, passphrase } = founding;
    let (secret, wrapped) = blocking(move || {
        let secret = CellSecret::generate(&mut UnwrapErr(SysRng));
        let wrapped = wrap(&passphrase, KeyCost::STANDARD, &secret)?;
        Ok((secret, wrapped))
    })
    .await?;
    let public = secret.public_bytes().to_vec();
    let id = desk.writer.cell_found(public, wrapped, name).await?;
    let session = desk.coordinators.open(id, secret)?;
    Ok((StatusCode::CREATED, Json(CellUnlocked { id, session })))
}
