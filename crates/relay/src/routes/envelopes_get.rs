//! `GET /v1/envelopes?after=N&limit=M&wait=S`: the desk's pull.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::IntoResponse,
};
use lapwing_http::Problem;
use lapwing_wire::pull;

use super::overloaded;
use crate::{Relay, Store};

const LIMIT_MAX: u32 = 4_096;
const LIMIT_DEFAULT: u32 = 1_024;
const WAIT_MAX_S: u64 = 30;

pub(crate) async fn handler<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<impl IntoResponse + use<S>, Problem> {
    let query = uri.query().unwrap_or_default();
    authenticate(&relay, uri.path(), query, &headers)?;
    let asked = Asked::parse(query)?;
    let _place = relay.pulls.try_acquire().map_err(|_full| overloaded())?;
    let mut newest = relay.store.newest();
    let mut records = relay.store.range(asked.after, asked.limit).await?;
    if records.is_empty() && !asked.wait.is_zero() {
        // An answer that is held back: what comes in is with the desk as soon as it is durable.
        let more = newest.wait_for(|&last| last > asked.after);
        if tokio::time::timeout(asked.wait, more)
            .await
            .is_ok_and(|seen| seen.is_ok())
        {
            records = relay.store.range(asked.after, asked.limit).await?;
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, records))
}

fn authenticate<S: Store>(
    relay: &Relay<S>,
    path: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let value = |name| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    };
    let (input, signature) = (value("signature-input"), value("signature"));
    pull::verify(&relay.desk, path, query, input, signature, (relay.clock)()).map_err(|why| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "not-the-desk",
            "only the desk of this relay may read envelopes",
        )
        .detail(why.to_string())
    })
}

struct Asked {
    after: u64,
    limit: u32,
    wait: Duration,
}

impl Asked {
    fn parse(query: &str) -> Result<Self, Problem> {
        let bad = |what: &str| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "bad-query",
                "the query is not one of a pull",
            )
            .detail(what.to_owned())
        };
        let mut asked = Self {
            after: 0,
            limit: LIMIT_DEFAULT,
            wait: Duration::ZERO,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let number = |max: u64| -> Result<u64, Problem> {
                let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
                let number = if digits {
                    value.parse::<u64>().ok()
                } else {
                    None
                };
                number
                    .filter(|&n| n <= max)
                    .ok_or_else(|| bad(&format!("{name} is out of range")))
            };
            match name {
                "after" => asked.after = number(i64::MAX.unsigned_abs())?,
                "limit" => {
                    asked.limit = u32::try_from(number(u64::from(LIMIT_MAX))?)
                        .map_err(|_big| bad("limit is out of range"))?;
                }
                "wait" => asked.wait = Duration::from_secs(number(WAIT_MAX_S)?),
                _ => return Err(bad("only after, limit and wait are known")),
            }
        }
        Ok(asked)
    }
}
