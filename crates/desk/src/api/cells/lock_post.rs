//! `POST /api/cells/ID/lock`: ends the session.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};

use super::Desk;

pub(super) async fn lock_post(State(desk): State<Desk>, headers: HeaderMap) -> StatusCode {
    desk.coordinators.close(&headers);
    StatusCode::NO_CONTENT
}
