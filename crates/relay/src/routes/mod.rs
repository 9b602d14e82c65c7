//! The routes of `docs/HTTP.md`, one endpoint a file.
//!
//! ```text
//! POST /v1/envelopes        envelopes_post    anybody
//! GET  /v1/envelopes        envelopes_get     the desk
//! GET  /v1/bulletin         public_get        anybody
//! GET  /v1/warnings.atom    public_get        anybody
//! GET  /v1/warnings/ID.xml  public_get        anybody
//! GET  /v1/drops/BUCKET     public_get        anybody
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
    http::{HeaderValue, Method, StatusCode, header},
    routing::{get, post, put},
};
use lapwing_http::Problem;
use tower_http::{cors, set_header::SetResponseHeaderLayer};

use crate::{Relay, Store, StoreError, admission};

pub(crate) fn router<S: Store>(relay: Arc<Relay<S>>) -> Router {
    let cors = cors::CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
        ])
        .expose_headers([header::ETAG, header::RETRY_AFTER, header::WWW_AUTHENTICATE])
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
            "/v1/drops/{bucket}",
            get(public_get::drop::<S>).fallback(no("GET, HEAD")),
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

fn overloaded() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        "too many requests wait here",
    )
    .detail("send the same request again in a moment")
    .header(header::RETRY_AFTER, HeaderValue::from_static("2"))
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
            StoreError::Overloaded => overloaded(),
            StoreError::Spent => admission::spent(),
            StoreError::Folder { .. }
            | StoreError::Schema { .. }
            | StoreError::InUse { .. }
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
