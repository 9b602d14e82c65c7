//! The routes of `docs/HTTP.md`, one endpoint a file.
//!
//! ```text
//! POST /v1/envelopes        envelopes_post    anybody
//! GET  /v1/envelopes        envelopes_get     the desk
//! GET  /v1/bulletin         public_get        anybody
//! GET  /v1/warnings.atom    public_get        anybody
//! GET  /v1/warnings/ID.xml  public_get        anybody
//! PUT  /v1/publication      publication_put   whoever has a bulletin signed by the desk
//! GET  /v1/health           health_get        anybody
//! ```

mod envelopes_get;
mod envelopes_post;
mod health_get;
mod public_get;
mod publication_put;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, Method, StatusCode, header},
    routing::{get, post, put},
};
use lapwing_http::Problem;
use tower_http::{cors, set_header::SetResponseHeaderLayer};

use crate::{Relay, Store, StoreError};

/// A body that has not arrived by then is given up.
const BODY_WAIT: Duration = Duration::from_secs(20);

pub(crate) fn router<S: Store>(relay: Arc<Relay<S>>) -> Router {
    let cors = cors::CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(Duration::from_secs(86_400));
    let nosniff = SetResponseHeaderLayer::overriding(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    let no = |allow: &'static str| move || async move { Problem::method(allow) };
    Router::new()
        .route(
            "/v1/envelopes",
            post(envelopes_post::handler::<S>)
                .get(envelopes_get::handler::<S>)
                .fallback(no("GET, HEAD, POST")),
        )
        .route(
            "/v1/bulletin",
            get(public_get::bulletin::<S>).fallback(no("GET, HEAD")),
        )
        .route(
            "/v1/warnings.atom",
            get(public_get::feed::<S>).fallback(no("GET, HEAD")),
        )
        .route(
            "/v1/warnings/{name}",
            get(public_get::warning::<S>).fallback(no("GET, HEAD")),
        )
        .route(
            "/v1/publication",
            put(publication_put::handler::<S>).fallback(no("PUT")),
        )
        .route(
            "/v1/health",
            get(health_get::handler::<S>).fallback(no("GET, HEAD")),
        )
        .fallback(|| async { Problem::not_found() })
        .layer(nosniff)
        .layer(cors)
        .with_state(relay)
}

/// At most `limit` bytes of a body. `None` when there are more.
async fn read(body: Body, limit: usize) -> Result<Option<Bytes>, Problem> {
    match tokio::time::timeout(BODY_WAIT, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(Some(bytes)),
        // Too long, or the connection broke; who broke it reads no answer.
        Ok(Err(_)) => Ok(None),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "the body did not arrive within 20 seconds",
        )
        .detail("send the same bytes again")),
    }
}

impl From<StoreError> for Problem {
    fn from(why: StoreError) -> Self {
        let later = |s| HeaderValue::from_static(s);
        match why {
            StoreError::Full => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "store-full",
                "this relay's disk is full",
            )
            .detail("nothing acknowledged is lost; send the same bytes later or to another relay")
            .header(header::RETRY_AFTER, later("60")),
            StoreError::Overloaded => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                "too many requests wait here",
            )
            .detail("send the same bytes again in a moment")
            .header(header::RETRY_AFTER, later("2")),
            StoreError::Folder { .. }
            | StoreError::Schema { .. }
            | StoreError::Stopped
            | StoreError::Randomness
            | StoreError::Database(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "store-unavailable",
                "this relay's store does not answer",
            )
            .detail("send the same bytes later or to another relay")
            .header(header::RETRY_AFTER, later("10")),
        }
    }
}
