//! Refusals of the desk as problem documents.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use lapwing_http::Problem;
use serde::de::DeserializeOwned;

use crate::{refusal::Refusal, store::StoreError};

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::BadRequest(what) => bad_request().detail(format!("{what} cannot be used")),
            Self::Busy => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "busy",
                "too many calls were begun just now",
            )
            .detail("wait some minutes; the words of calls that are going on are still taken"),
            Self::Changed(incident) => {
                let present = serde_json::to_value(&incident).expect("views are plain values");
                Problem::new(
                    StatusCode::CONFLICT,
                    "changed",
                    "somebody decided meanwhile",
                )
                .detail("look at the present state and decide again")
                .member("incident", present)
            }
            Self::Locked => Problem::new(StatusCode::FORBIDDEN, "locked", "this cell is locked")
                .detail("unlock it with its coordinator's passphrase"),
            Self::NeverPublic => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "never-public",
                "this kind is not for the public",
            ),
            Self::NotFound => Problem::not_found(),
            Self::Passphrase => Problem::new(
                StatusCode::FORBIDDEN,
                "passphrase",
                "the passphrase does not open this cell",
            )
            .detail("nobody but its coordinator knows it; without it the cell stays closed"),
            Self::Store(StoreError::PassphraseLength(_)) => {
                bad_request().detail("a passphrase needs at least 8 characters")
            }
            Self::Store(why) => {
                tracing::error!(%why, "the store did not answer");
                unavailable()
            }
            Self::Stopping => unavailable(),
            Self::WarningOver => Problem::new(
                StatusCode::CONFLICT,
                "warning-over",
                "the warning no longer holds",
            )
            .detail("publish a new one if the danger lasts"),
        };
        problem.into_response()
    }
}

fn unavailable() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "store",
        "the desk's store does not answer",
    )
    .detail("try again in a moment")
}

fn bad_request() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-request",
        "the request cannot be read",
    )
}

/// A JSON body.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::BytesRejection(_)) => {
                Err(bad_request().detail("the body is too long"))
            }
            Err(_) => Err(bad_request().detail("the body is not the JSON of docs/HTTP.md")),
        }
    }
}

/// The number in a path; what is no number names nothing.
pub(super) struct Number<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Number<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let number = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        number
            .map(|axum::extract::Path(id)| Self(id))
            .map_err(|_why| Problem::not_found())
    }
}
