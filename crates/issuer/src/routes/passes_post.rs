//! `POST /v1/passes`: sign a batch for whoever is eligible.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::IntoResponse,
};
use lapwing_http::{Problem, read_body};
use lapwing_wire::{
    IssuanceError, PASS_BATCH, PASS_MODULUS_LEN, PASS_REQUEST_LEN, PassRequest, PassResponse,
};
use sha2::{Digest as _, Sha256};

use crate::{Ineligible, Issuer, IssuerError, Signer, SignerError};

/// Longest credential: an ID token with some claims.
const CREDENTIAL_MAX: usize = 8_192;

pub(crate) async fn handler(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let _place = issuer.requests.try_acquire().map_err(|_full| busy())?;
    let credential = credential(&headers)?;
    let body = read_body(body, PASS_REQUEST_LEN)
        .await?
        .ok_or_else(|| malformed(StatusCode::PAYLOAD_TOO_LARGE))?;
    let request = PassRequest::decode(&body).map_err(|why| match why {
        IssuanceError::Length { .. } => malformed(StatusCode::BAD_REQUEST),
        _ => malformed(StatusCode::UNPROCESSABLE_ENTITY).detail(why.to_string()),
    })?;
    let ring = issuer.ring().await?;
    let signer = ring.signing(request.key_hint).ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "pass-epoch",
            "passes are issued with the key of the current epoch only",
        )
        .detail("fetch the newest bulletin, and look whether the clock is right")
    })?;
    if request
        .blinded
        .iter()
        .any(|m| m >= signer.public().modulus())
    {
        return Err(malformed(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let digest: [u8; 32] = Sha256::digest(&body).into();
    let now = (issuer.clock)();
    let eligible = issuer.eligible.check(credential, &digest, now).await;
    let eligible = eligible.map_err(ineligible)?;
    let turn = issuer.signing.acquire().await;
    let signing = {
        let (issuer, epoch) = (Arc::clone(&issuer), ring.epoch());
        move || {
            // Counted before it is signed: a crash between the two costs nobody anything, since the same request is
            // not counted again.
            if !issuer.ledger().grant(epoch, &eligible, &digest)? {
                return Ok(None);
            }
            sign(&signer, &request).map(Some)
        }
    };
    let signed = tokio::task::spawn_blocking(signing).await;
    drop(turn);
    let signed = signed.map_err(|_gone| IssuerError::Stopped)??;
    let response = signed.ok_or_else(|| {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "passes-used",
            "all passes of this epoch were fetched with this credential",
        )
        .detail("more come with the next epoch")
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, response.encode()))
}

fn sign(signer: &Signer, request: &PassRequest) -> Result<PassResponse, IssuerError> {
    let mut signatures = Box::new([[0; PASS_MODULUS_LEN]; PASS_BATCH]);
    for (out, message) in signatures.iter_mut().zip(request.blinded.iter()) {
        *out = signer.blind_sign(message).map_err(|why| match why {
            SignerError::Message => unreachable!("looked at before anything was counted"),
            other => IssuerError::Signer(other),
        })?;
    }
    Ok(PassResponse(signatures))
}

/// The credential of `Authorization: Bearer …` (RFC 6750 2.1): a code or an ID token.
fn credential(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (shown.next(), shown.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    };
    value
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, credential)| credential.trim())
        .filter(|credential| (1..=CREDENTIAL_MAX).contains(&credential.len()))
        .ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "credential-missing",
                "passes are for whoever shows a code or an ID token",
            )
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        })
}

fn malformed(status: StatusCode) -> Problem {
    Problem::new(
        status,
        "pass-request",
        "the body is not a request for one batch of passes",
    )
}

fn ineligible(why: Ineligible) -> Problem {
    let (status, name, title) = match why {
        Ineligible::Unknown => (
            StatusCode::FORBIDDEN,
            "not-eligible",
            "this credential gets no passes",
        ),
        Ineligible::Expired => (
            StatusCode::FORBIDDEN,
            "credential-expired",
            "this credential is not valid now",
        ),
        Ineligible::OtherRequest => (
            StatusCode::FORBIDDEN,
            "credential-bound",
            "this credential is for another request",
        ),
        Ineligible::Unreachable => {
            return Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "provider-silent",
                "whoever vouches for the credential does not answer",
            )
            .detail("send the same request again later")
            .header(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
    };
    Problem::new(status, name, title).detail(why.to_string())
}

fn busy() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        "too many requests wait here",
    )
    .detail("send the same request again in a moment")
    .header(header::RETRY_AFTER, HeaderValue::from_static("2"))
}
