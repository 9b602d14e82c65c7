//! `POST /v1/envelopes`: keep one envelope, answer with a receipt.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use lapwing_http::{Problem, read_body};
use lapwing_wire::{
    ANSWER_LEN, Answer, ENVELOPE_LEN, Envelope, EnvelopeError, Receipt, SALT_LEN, leaf_hash,
};

use crate::{Admission, NewEnvelope, Relay, Store, StoreError, admission};

pub(crate) async fn handler<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse + use<S>, Problem> {
    if let Some(length) = announced(&headers).filter(|&length| length != ENVELOPE_LEN) {
        return Err(size(length));
    }
    let shown = match relay.admission {
        Admission::Open => None,
        Admission::Passes => Some(admission::shown(&relay, &headers)?),
    };
    let body = read_body(body, ENVELOPE_LEN)
        .await?
        .ok_or_else(|| size(ENVELOPE_LEN + 1))?;
    let envelope = Envelope::from_bytes(&body).map_err(refused)?;
    let spend = match shown {
        None => None,
        Some(shown) => Some(shown.check(&relay, &envelope).await?),
    };
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_why| StoreError::Randomness)?;
    let new = NewEnvelope {
        envelope: envelope.clone(),
        salt,
        time: (relay.clock)(),
        spend,
    };
    let stored = relay.store.put(new).await?;
    // From what is stored and a deterministic signature: a retry gets the same bytes.
    let leaf = leaf_hash(&stored.salt, &envelope);
    let receipt = Receipt::sign(&relay.log_key, leaf, stored.time);
    let answer: [u8; ANSWER_LEN] = Answer {
        receipt,
        salt: stored.salt,
    }
    .encode();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::CREATED, headers, answer))
}

/// The length that a request announces. One that is none is left to whoever reads the body.
fn announced(headers: &HeaderMap) -> Option<usize> {
    let value = headers.get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

fn refused(why: EnvelopeError) -> Problem {
    match why {
        EnvelopeError::Length(length) => size(length),
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "envelope-header",
            "this relay does not carry envelopes of that version or suite",
        )
        .detail("update the app"),
    }
}

fn size(length: usize) -> Problem {
    let status = if length > ENVELOPE_LEN {
        StatusCode::PAYLOAD_TOO_LARGE
    } else {
        StatusCode::BAD_REQUEST
    };
    Problem::new(status, "envelope-size", "the body is not one envelope")
        .detail("an envelope has exactly 2048 bytes")
}
