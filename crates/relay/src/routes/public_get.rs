//! `GET /v1/bulletin`, `/v1/warnings.atom`, `/v1/warnings/ID.xml`, `/v1/drops/BUCKET`: the same bytes
//! for everybody.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use lapwing_http::Problem;

use crate::{
    Relay, Store,
    public::{BULLETIN, PublicFile},
};

pub(crate) async fn bulletin<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        relay.public.file(BULLETIN),
        "application/octet-stream",
        &headers,
    )
}

pub(crate) async fn feed<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        relay.public.file("warnings.atom"),
        "application/atom+xml; charset=utf-8",
        &headers,
    )
}

pub(crate) async fn warning<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        relay.public.file(&format!("warnings/{name}")),
        "application/cap+xml",
        &headers,
    )
}

pub(crate) async fn drop<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    Path(bucket): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        relay.public.file(&format!("drops/{bucket}")),
        "application/octet-stream",
        &headers,
    )
}

fn answer(
    file: Option<PublicFile>,
    kind: &'static str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let file = file.ok_or_else(Problem::not_found)?;
    let etag = HeaderValue::from_str(&file.etag).map_err(|_why| Problem::not_found())?;
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| names(tags, &file.etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], file.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    // A cache between must not give a bulletin and the files of another one for longer than this.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=10"),
    );
    Ok(response)
}

/// Whether an `If-None-Match` names this file. The comparison is the weak one (RFC 9110 13.1.2): a
/// proxy that compresses marks the tag with `W/`.
fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}
