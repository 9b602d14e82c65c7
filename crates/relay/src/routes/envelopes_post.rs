//! `POST /v1/envelopes`: keep one envelope, answer with a receipt.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use lapwing_http::Problem;
use lapwing_wire::{
    ANSWER_LEN, Answer, ENVELOPE_LEN, Envelope, EnvelopeError, Receipt, SALT_LEN, leaf_hash,
};

use super::read;
use crate::{NewEnvelope, Relay, Store, StoreError};

pub(crate) async fn handler<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    body: Body,
) -> Result<impl IntoResponse + use<S>, Problem> {
    let body = read(body, ENVELOPE_LEN)
        .await?
        .ok_or_else(|| size(ENVELOPE_LEN + 1))?;
    let envelope = Envelope::from_bytes(&body).map_err(refused)?;
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_why| StoreError::Randomness)?;
    let new = NewEnvelope {
        envelope: envelope.clone(),
        salt,
        time: (relay.clock)(),
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
