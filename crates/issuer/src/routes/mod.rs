//! The routes of `docs/HTTP.md`, one endpoint a file.
//!
//! ```text
//! GET  /.well-known/private-token-issuer-directory  directory_get  anybody
//! POST /v1/passes                                   passes_post    whoever is eligible
//! ```

mod directory_get;
mod passes_post;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderValue, Method, StatusCode, header},
    routing::{get, post},
};
use lapwing_http::Problem;
use tower_http::{cors, set_header::SetResponseHeaderLayer};

use crate::{Issuer, IssuerError};

pub(crate) fn router(issuer: Arc<Issuer>) -> Router {
    let cors = cors::CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
        .max_age(Duration::from_secs(86_400));
    let nosniff = SetResponseHeaderLayer::overriding(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    let no = |allow: &'static str| move || async move { Problem::method(allow) };
    Router::new()
        .route(
            "/.well-known/private-token-issuer-directory",
            get(directory_get::handler).fallback(no("GET, HEAD")),
        )
        .route(
            "/v1/passes",
            post(passes_post::handler).fallback(no("POST")),
        )
        .fallback(|| async { Problem::not_found() })
        .layer(nosniff)
        .layer(cors)
        .with_state(issuer)
}

impl From<IssuerError> for Problem {
    fn from(why: IssuerError) -> Self {
        // To the operator, who can do something; it names files and never who asked.
        tracing::error!("no passes are issued: {why}");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "issuer-unavailable",
            "this issuer cannot issue now",
        )
        .detail("send the same request again later")
        .header(header::RETRY_AFTER, HeaderValue::from_static("60"))
    }
}
