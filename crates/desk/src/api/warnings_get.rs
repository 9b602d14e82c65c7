//! `GET /api/warnings`.

use axum::{Json, extract::State};

use super::{Desk, types::WarningList};

pub(super) async fn warnings_get(State(desk): State<Desk>) -> Json<WarningList> {
    Json(desk.hub.warnings())
}
