//! `GET /.well-known/private-token-issuer-directory` (RFC 9578 4): for desks, which put the keys into the bulletin.

use std::sync::Arc;

use axum::{extract::State, http::header, response::IntoResponse};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use lapwing_http::Problem;
use lapwing_wire::PASS_TYPE;
use serde_json::json;

use crate::Issuer;

pub(crate) async fn handler(
    State(issuer): State<Arc<Issuer>>,
) -> Result<impl IntoResponse, Problem> {
    let keys: Vec<_> = issuer
        .ring()
        .await?
        .public()
        .iter()
        .map(|known| {
            json!({
                "token-type": PASS_TYPE,
                "token-key": URL_SAFE.encode(known.key.spki()),
                "not-before": known.epoch.starts(),
            })
        })
        .collect();
    let directory = json!({ "issuer-request-uri": "/v1/passes", "token-keys": keys });
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/private-token-issuer-directory",
        ),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    Ok((headers, directory.to_string()))
}
