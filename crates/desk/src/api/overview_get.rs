//! `GET /api/overview`.

use axum::{Json, extract::State};

use super::{Desk, types::Overview};

pub(super) async fn overview_get(State(desk): State<Desk>) -> Json<Overview> {
    Json(desk.hub.overview())
}
