//! `GET /api/incidents`.

use axum::{Json, extract::State};

use super::{
    Desk,
    types::{Incident, IncidentList},
};

pub(super) async fn incidents_get(State(desk): State<Desk>) -> Json<IncidentList> {
    let cases = desk.hub.incidents();
    Json(IncidentList {
        incidents: cases
            .iter()
            .map(|case| Incident::clone(&case.incident))
            .collect(),
    })
}
