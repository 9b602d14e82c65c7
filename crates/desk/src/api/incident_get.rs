//! `GET /api/incidents/ID`: with reports for and against.

use std::sync::Arc;

use axum::{Json, extract::State};
use lapwing_model::{Danger, Known};

use super::{
    Desk,
    refused::Number,
    types::{Incident, IncidentDetail, ReportView, Stance},
};
use crate::{
    entry::Received,
    fold::KeptView,
    refusal::Refusal,
    store::{StoreError, Voice},
};

pub(super) async fn incident_get(
    State(desk): State<Desk>,
    Number(id): Number<u64>,
) -> Result<Json<IncidentDetail>, Refusal> {
    let case = desk.hub.case(id);
    let reader = Arc::clone(&desk.reader);
    let read = move || match case {
        Some(case) => {
            let reports = reader.reports(&case.voices)?;
            Ok(Some((
                Incident::clone(&case.incident),
                case.history.clone(),
                reports,
            )))
        }
        // Closed so long ago that it is no longer in memory.
        None => {
            let Some(found) = i64::try_from(id)
                .ok()
                .map(|id| reader.incident(id))
                .transpose()?
                .flatten()
            else {
                return Ok(None);
            };
            let kept: KeptView =
                serde_json::from_str(&found.view).map_err(|_why| StoreError::Row("incident"))?;
            Ok(Some((kept.incident, kept.history, found.reports)))
        }
    };
    let found: Result<_, StoreError> = tokio::task::spawn_blocking(read)
        .await
        .map_err(|_gone| Refusal::Stopping)?;
    let (incident, history, reports) = found?.ok_or(Refusal::NotFound)?;
    let reports = reports
        .into_iter()
        .filter_map(|(voice, received)| Some(report(&voice, &received?)))
        .collect();
    Ok(Json(IncidentDetail {
        incident,
        reports,
        history,
    }))
}

fn report(voice: &Voice, received: &Received) -> ReportView {
    let seen = &received.observation;
    ReportView {
        report: voice.report.unsigned_abs(),
        person: voice.who.map(|who| who.person),
        stance: if voice.against {
            Stance::Against
        } else {
            Stance::For
        },
        weight: voice
            .who
            .map(|who| (f64::from(who.weight) * 1e3).round() / 1e3),
        repeat: voice.who.is_some_and(|who| who.repeat),
        kind: seen.kind,
        lat: seen.place.lat(),
        lon: seen.place.lon(),
        off_m: seen.off_m,
        seen: seen.seen,
        seen_off_s: seen.seen_off_s,
        received: received.received,
        known: match seen.known {
            Known::Seen => "seen",
            Known::Heard => "heard",
            Known::Told => "told",
        }
        .into(),
        count: seen.count,
        heading: seen.heading.map(lapwing_model::Heading::degrees),
        danger: match seen.danger {
            Danger::None => "none",
            Danger::Some => "some",
            Danger::Acute => "acute",
        }
        .into(),
        note: seen.note.clone(),
    }
}
