//! `GET /api/incidents/ID`: with reports for and against.

use std::sync::Arc;

use axum::{Json, extract::State};
use lapwing_model::{Danger, Form, Known, Observation};
use lapwing_seal::Bearer;

use super::{
    Desk,
    refused::Number,
    types::{Incident, IncidentDetail, ReportBearer, ReportView, Stance, TextPair},
};
use crate::{
    entry::{Came, Received},
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
        .filter_map(|(voice, received)| Some(report(&desk.herald.form, &voice, &received?)))
        .collect();
    Ok(Json(IncidentDetail {
        incident,
        reports,
        history,
    }))
}

fn report(form: &Form, voice: &Voice, received: &Received) -> ReportView {
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
        known: known(seen).into(),
        count: seen.count,
        heading: heading(seen),
        danger: match seen.danger {
            Danger::None => "none",
            Danger::Some => "some",
            Danger::Acute => "acute",
        }
        .into(),
        note: seen.note.clone(),
        bearer: match received.came {
            Came::Envelope { .. } => ReportBearer::Envelope,
            Came::Whisper { bearer, .. } => match bearer {
                Bearer::Call => ReportBearer::Call,
                Bearer::Text => ReportBearer::Text,
                Bearer::Paper => ReportBearer::Paper,
            },
        },
        phrase: match received.came {
            Came::Whisper { phrase: code, .. } => phrase(form, code),
            Came::Envelope { .. } => None,
        },
    }
}

pub(super) fn known(seen: &Observation) -> &'static str {
    match seen.known {
        Known::Seen => "seen",
        Known::Heard => "heard",
        Known::Told => "told",
    }
}

/// Degrees clockwise from north.
pub(super) fn heading(seen: &Observation) -> Option<f64> {
    seen.heading.map(lapwing_model::Heading::degrees)
}

/// The sentence of the form with this code.
pub(super) fn phrase(form: &Form, code: Option<u8>) -> Option<TextPair> {
    let text = &form.phrase(code?)?.text;
    Some(TextPair {
        uk: text.uk.clone(),
        en: text.en.clone(),
    })
}
