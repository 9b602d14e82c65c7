//! `POST /api/cells/ID/lock`: ends the session.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};

use super::Desk;
use crate::api::refused::Number;

pub(super) async fn lock_post(
    State(desk): State<Desk>,
    Number(id): Number<u32>,
    headers: HeaderMap,
) -> StatusCode {
    desk.coordinators.close(&headers, id);
    StatusCode::NO_CONTENT
}
