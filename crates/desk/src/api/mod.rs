//! The desk's HTTP for the people at it, as fixed in `docs/HTTP.md`: one endpoint a file.

mod access;
mod calls;
mod cells;
mod draft_get;
mod events_get;
mod incident_get;
mod incidents_get;
mod overview_get;
mod pages;
mod refused;
pub mod types;
#[cfg(test)]
mod typescript;
mod verdict_put;
mod warning_cancel_post;
mod warning_update_post;
mod warnings_get;
mod warnings_post;

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{MethodRouter, get, post, put},
};
use lapwing_http::Problem;
use tokio::sync::watch;

use crate::{herald::Herald, hub::Hub, refusal::Refusal, store::Reader, writer::WriterHandle};

pub(crate) use access::Access;
pub(crate) use calls::Lines;
pub(crate) use cells::Coordinators;

/// What the endpoints work with.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) hub: Arc<Hub>,
    pub(crate) reader: Arc<Reader>,
    pub(crate) writer: WriterHandle,
    pub(crate) herald: Herald,
    pub(crate) access: Access,
    pub(crate) coordinators: Coordinators,
    pub(crate) lines: Lines,
    /// True when the desk is stopping.
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) web_dir: Option<PathBuf>,
    pub(crate) pmtiles: Option<PathBuf>,
}

/// Longest body of a request: a warning in two languages.
const BODY_MAX: usize = 64 * 1024;

/// Every route under `/api`, with the methods it takes.
#[cfg(test)]
const ROUTES: [(&str, &[&str]); 20] = [
    ("/api/calls", &["POST"]),
    ("/api/calls/x", &["PUT"]),
    ("/api/calls/words/uk", &["GET"]),
    ("/api/cells", &["GET", "POST"]),
    ("/api/cells/1", &["GET"]),
    ("/api/cells/1/unlock", &["POST"]),
    ("/api/cells/1/lock", &["POST"]),
    ("/api/cells/1/invites", &["POST"]),
    ("/api/cells/1/invites/x", &["DELETE"]),
    ("/api/cells/1/members/1/messages", &["POST"]),
    ("/api/overview", &["GET"]),
    ("/api/incidents", &["GET"]),
    ("/api/incidents/1", &["GET"]),
    ("/api/incidents/1/verdict", &["PUT"]),
    ("/api/incidents/1/draft", &["GET"]),
    ("/api/warnings", &["GET", "POST"]),
    ("/api/warnings/x/update", &["POST"]),
    ("/api/warnings/x/cancel", &["POST"]),
    ("/api/events", &["GET"]),
    ("/api/nothing", &[]),
];

/// The whole application.
pub(crate) fn router(desk: Desk) -> Router {
    let api = Router::new()
        .route("/overview", only(get(overview_get::overview_get), "GET"))
        .route("/incidents", only(get(incidents_get::incidents_get), "GET"))
        .route(
            "/incidents/{id}",
            only(get(incident_get::incident_get), "GET"),
        )
        .route(
            "/incidents/{id}/verdict",
            only(put(verdict_put::verdict_put), "PUT"),
        )
        .route(
            "/incidents/{id}/draft",
            only(get(draft_get::draft_get), "GET"),
        )
        .route(
            "/warnings",
            only(
                get(warnings_get::warnings_get).post(warnings_post::warnings_post),
                "GET, POST",
            ),
        )
        .route(
            "/warnings/{id}/update",
            only(post(warning_update_post::warning_update_post), "POST"),
        )
        .route(
            "/warnings/{id}/cancel",
            only(post(warning_cancel_post::warning_cancel_post), "POST"),
        )
        .nest("/calls", calls::router())
        .nest("/cells", cells::router())
        .route("/events", only(get(events_get::events_get), "GET"))
        .fallback(|| async { Problem::not_found() })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(
            desk.clone(),
            access::signed_in,
        ));
    let pages = pages::pages(&desk);
    Router::new()
        .nest("/api", api)
        .merge(pages)
        .layer(middleware::from_fn_with_state(
            desk.clone(),
            access::this_host,
        ))
        .layer(middleware::from_fn(access::headers))
        .with_state(desk)
}

fn only(methods: MethodRouter<Desk>, allow: &'static str) -> MethodRouter<Desk> {
    methods.fallback(move || async move { Problem::method(allow) })
}

/// Work that must not hold up the async runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_gone| Refusal::Stopping)?
}

#[cfg(test)]
mod tests;
