//! A provider, over HTTP: it calls, and is told when what it brought is on disk.
//!
//! Requests, answers and refusals are those of `docs/HTTP.md`.

mod shapes;
mod signature;

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use lapwing_http::{Problem, read_body};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{Intake, Verdict};

pub use shapes::Fields;
use shapes::{Given, Shape};

/// A long message as a form, with all else that providers send along.
const BODY_MAX: usize = 64 << 10;
/// Requests at once; more are to come again.
const AT_ONCE: usize = 256;
/// Shorter secrets are guessed.
const SECRET_MIN: usize = 24;
/// When a provider is to try again, in seconds.
const LATER: &str = "30";
/// What tells the provider of this shape to send the person nothing.
const NOTHING_TO_SAY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// Who may call, and what is in a call.
pub struct Provider {
    secret: Zeroizing<String>,
    fields: Fields,
    signed: Option<Signed>,
}

/// What is needed to check signatures.
struct Signed {
    /// The account's token.
    token: Zeroizing<String>,
    /// Where the provider calls, up to the path.
    public: String,
}

/// The secret in the path is too short to be one.
#[derive(Debug, thiserror::Error)]
#[error(
    "the secret has {0} characters, and needs {SECRET_MIN} or more: letters, digits, - and _; draw one with `openssl rand -hex 16`"
)]
pub struct WeakSecret(usize);

impl Provider {
    /// A provider that calls `/v1/SECRET/SHAPE`.
    ///
    /// # Errors
    /// When the secret is short, or does not go into a path as it is.
    pub fn new(secret: Zeroizing<String>) -> Result<Self, WeakSecret> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if secret.len() < SECRET_MIN || !secret.chars().all(plain) {
            return Err(WeakSecret(secret.len()));
        }
        Ok(Self {
            secret,
            fields: Fields::default(),
            signed: None,
        })
    }

    /// The names in a plain shape.
    #[must_use]
    pub fn with_fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }

    /// Takes calls in Twilio's shape only with a signature by `token`, over an address that begins with `public`.
    #[must_use]
    pub fn signed_by(mut self, token: Zeroizing<String>, public: &str) -> Self {
        let public = public.trim_end_matches('/').to_owned();
        self.signed = Some(Signed { token, public });
        self
    }
}

struct Webhook {
    intake: Arc<Intake>,
    provider: Provider,
    turns: Semaphore,
}

/// All routes.
pub fn router(intake: Arc<Intake>, provider: Provider) -> Router {
    let webhook = Webhook {
        intake,
        provider,
        turns: Semaphore::new(AT_ONCE),
    };
    Router::new()
        .route("/v1/health", get(health))
        .route("/v1/{secret}/{shape}", any(message))
        .fallback(|| async { Problem::not_found() })
        .with_state(Arc::new(webhook))
}

async fn health(State(webhook): State<Arc<Webhook>>) -> Result<StatusCode, Problem> {
    if webhook.intake.ready().await {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unable())
    }
}

async fn message(
    State(webhook): State<Arc<Webhook>>,
    Path((secret, shape)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let provider = &webhook.provider;
    // A wrong secret and a wrong path look alike.
    if verify_slices_are_equal(secret.as_bytes(), provider.secret.as_bytes()).is_err() {
        return Err(Problem::not_found());
    }
    let shape = Shape::named(&shape).ok_or_else(Problem::not_found)?;
    let Ok(_turn) = webhook.turns.try_acquire() else {
        return Err(later("overloaded", "too many requests at once"));
    };
    let given = match method {
        Method::POST => posted(provider, shape, &uri, &headers, body).await?,
        Method::GET if shape.by_get() => Given::form(uri.query().unwrap_or_default().as_bytes()),
        _ if shape.by_get() => return Err(Problem::method("GET, POST")),
        _ => return Err(Problem::method("POST")),
    };
    let messages = shape
        .messages(&given, &provider.fields)
        .map_err(|why| malformed().detail(why.to_string()))?;
    for message in messages {
        match webhook.intake.take(message).await {
            Verdict::Kept | Verdict::NoWhisper => {}
            Verdict::Waits => {
                return Err(later(
                    "part-waits",
                    "the other parts of this message have not come",
                ));
            }
            Verdict::Full => return Err(later("queue-full", "the queue is full, or its disk")),
            Verdict::Unable => return Err(unable()),
        }
    }
    Ok(match shape {
        Shape::Twilio => ([(header::CONTENT_TYPE, "text/xml")], NOTHING_TO_SAY).into_response(),
        Shape::Vonage | Shape::Infobip => StatusCode::OK.into_response(),
        Shape::Plain => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn posted(
    provider: &Provider,
    shape: Shape,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Given, Problem> {
    let body = read_body(body, BODY_MAX).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-size",
            "the body is longer than a message",
        )
        .detail("at most 65536 bytes are read")
    })?;
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if let (Shape::Twilio, Some(Signed { token, public })) = (shape, &provider.signed) {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let shown = text("x-twilio-signature").unwrap_or_default();
        if !signature::holds(token, &format!("{public}{path}"), &body, shown) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "signature",
                "the signature is missing or does not hold",
            )
            .detail("the token and the public address must be those of the account"));
        }
    }
    let kind = text("content-type").unwrap_or_default();
    Given::body(kind, &body).map_err(|why| malformed().detail(why.to_string()))
}

fn malformed() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "message-malformed",
        "this is no message of that shape",
    )
}

fn unable() -> Problem {
    later("not-ready", "nothing can be sealed or kept now")
}

fn later(name: &'static str, title: &'static str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, name, title)
        .detail("send it again")
        .header(header::RETRY_AFTER, HeaderValue::from_static(LATER))
}
