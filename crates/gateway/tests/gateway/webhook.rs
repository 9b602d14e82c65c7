//! Providers that call, in each shape, with what goes wrong there.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use crate::common::{DeskKeys, Gateway, NearRelay, only, until, whisper, words};
use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::BodyExt as _;
use lapwing_gateway::{
    Holding,
    webhook::{Fields, Provider, router},
};
use lapwing_words::{Language, Style};
use serde_json::json;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const HOLDING: Holding = Holding {
    wait: Duration::from_millis(100),
    at_once: 4,
};

struct Here {
    desk: DeskKeys,
    gateway: Gateway,
    router: Router,
    _folder: tempfile::TempDir,
}

fn provider() -> Provider {
    Provider::new(Zeroizing::new(SECRET.into())).unwrap()
}

fn here(provider: Provider, max: u64) -> Here {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::with(folder.path(), &desk, max, HOLDING);
    Here {
        router: router(gateway.intake.clone(), provider),
        desk,
        gateway,
        _folder: folder,
    }
}

struct Answer {
    status: StatusCode,
    kind: String,
    retry_after: Option<String>,
    body: String,
}

impl Answer {
    fn problem(&self) -> String {
        assert_eq!(self.kind, "application/problem+json");
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let name = body["type"].as_str().unwrap();
        name.strip_prefix("urn:lapwing:problem:")
            .unwrap()
            .to_owned()
    }
}

async fn call(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let (kind, retry_after) = (
        header("content-type").unwrap_or_default(),
        header("retry-after"),
    );
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer {
        status,
        kind,
        retry_after,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn post(router: &Router, shape: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(format!("/v1/{SECRET}/{shape}")).header("content-type", kind);
    call(router, request.body(body.into()).unwrap()).await
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs).finish()
}

fn text(seed: u8) -> String {
    words(seed, Language::Ukrainian, Style::Plain)
}

#[tokio::test]
async fn each_provider_gets_what_it_expects_and_the_desk_gets_the_whisper() {
    let here = here(
        provider().with_fields(Fields {
            from: "sender".into(),
            text: "message".into(),
        }),
        100,
    );
    let relay = NearRelay::start(&here.desk).await;
    let twilio = form(&[
        ("MessageSid", "SM1"),
        ("From", "+380441234567"),
        ("To", "+4747"),
        ("Body", &text(1)),
        ("NumMedia", "0"),
    ]);
    let answer = post(&here.router, "twilio", FORM, twilio).await;
    assert_eq!((answer.status, &*answer.kind), (StatusCode::OK, "text/xml"));
    assert!(answer.body.ends_with("<Response/>"), "{}", answer.body);
    let vonage = json!({
        "msisdn": "380441234567", "to": "4747", "messageId": "0A", "text": text(2), "type": "unicode",
    });
    let answer = post(&here.router, "vonage", JSON, vonage.to_string()).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, ""));
    let query = form(&[
        ("msisdn", "380441234567"),
        ("type", "text"),
        ("text", &text(3)),
    ]);
    let got = Request::get(format!("/v1/{SECRET}/vonage?{query}")).body(Body::empty());
    assert_eq!(
        call(&here.router, got.unwrap()).await.status,
        StatusCode::OK
    );
    let infobip = json!({ "results": [
        { "from": "380441234567", "to": "4747", "text": text(4), "messageId": "1" },
        { "from": "380441234567", "to": "4747", "text": "hello", "messageId": "2" },
        { "from": "380441234567", "to": "4747", "text": text(5), "messageId": "3" },
    ], "messageCount": 3, "pendingMessageCount": 0 });
    let answer = post(&here.router, "infobip", JSON, infobip.to_string()).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, ""));
    let plain = json!({ "sender": 380_441_234_567_u64, "message": text(6) });
    let answer = post(&here.router, "plain", JSON, plain.to_string()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let plain = form(&[("message", &text(7))]);
    let answer = post(&here.router, "plain", FORM, plain).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    here.gateway.forward_to(&relay);
    until("the queue is empty", async || {
        here.gateway.queue.count().await.unwrap() == 0
    })
    .await;
    let opened = relay.opened(&here.desk).await;
    let mut found: Vec<_> = opened.iter().map(|f| only(f).to_bytes()).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [1, 2, 3, 4, 5, 6, 7].map(|seed| whisper(seed).to_bytes())
    );
    assert_eq!(here.gateway.intake.counts().no_whisper(), 1);
}

#[tokio::test]
async fn who_does_not_know_the_secret_finds_nothing() {
    let here = here(provider(), 100);
    let body = form(&[("From", "1"), ("Body", &text(1))]);
    for path in [
        "/".to_owned(),
        "/v1".to_owned(),
        "/v1/twilio".to_owned(),
        format!("/v1/{}/twilio", SECRET.replace('f', "e")),
        format!("/v1/{}/twilio", &SECRET[1..]),
        format!("/v1/{SECRET}/other"),
        format!("/v1/{SECRET}"),
    ] {
        let request = Request::post(&path).header("content-type", FORM);
        let answer = call(&here.router, request.body(body.clone().into()).unwrap()).await;
        assert_eq!(
            (answer.status, &*answer.problem()),
            (StatusCode::NOT_FOUND, "not-found"),
            "{path}"
        );
    }
    assert_eq!(here.gateway.queue.count().await.unwrap(), 0);
    for secret in ["", "short", "0123456789abcdef0123/56789abcdef"] {
        assert!(
            Provider::new(Zeroizing::new(secret.into())).is_err(),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn a_signature_is_asked_for_where_there_is_a_token() {
    const TOKEN: &str = "token of the account";
    const PUBLIC: &str = "https://gateway.example.org";
    let provider = provider().signed_by(Zeroizing::new(TOKEN.into()), &format!("{PUBLIC}/"));
    let here = here(provider, 100);
    let text = text(1);
    let mut pairs = [
        ("MessageSid", "SM1"),
        ("From", "+380441234567"),
        ("Body", &*text),
    ];
    let body = form(&pairs);
    let path = format!("/v1/{SECRET}/twilio?a=b");
    pairs.sort_unstable();
    let signed: String = pairs
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    let signature = STANDARD.encode(hmac::sign(
        &key,
        format!("{PUBLIC}{path}{signed}").as_bytes(),
    ));
    let posted = |body: &str, signature: Option<&str>| {
        let mut request = Request::post(&path).header("content-type", FORM);
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    };
    for (body, shown) in [
        (&*body, None),
        (&*body, Some("AAAA")),
        (&*body.replace("SM1", "SM2"), Some(&*signature)),
    ] {
        let answer = call(&here.router, posted(body, shown)).await;
        assert_eq!(
            (answer.status, &*answer.problem()),
            (StatusCode::FORBIDDEN, "signature")
        );
    }
    assert_eq!(here.gateway.queue.count().await.unwrap(), 0);
    let answer = call(&here.router, posted(&body, Some(&signature))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(here.gateway.queue.count().await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_says_why() {
    let here = here(provider(), 100);
    let long = form(&[("Body", &"x".repeat(70_000))]);
    for (shape, kind, body, status, name) in [
        ("twilio", FORM, "From=1", 400, "message-malformed"),
        ("twilio", JSON, "Body=1", 400, "message-malformed"),
        ("infobip", JSON, "{}", 400, "message-malformed"),
        ("plain", JSON, "[1]", 400, "message-malformed"),
        ("twilio", FORM, &*long, 413, "body-size"),
    ] {
        let answer = post(&here.router, shape, kind, body.to_owned()).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.problem()),
            (status, name),
            "{shape} {body:.20}"
        );
    }
    for (method, shape) in [
        (Method::GET, "twilio"),
        (Method::GET, "infobip"),
        (Method::PUT, "vonage"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1/{SECRET}/{shape}"));
        let answer = call(&here.router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{shape}");
    }
}

#[tokio::test]
async fn parts_wait_for_each_other_and_come_again() {
    let here = here(provider(), 100);
    let whole = words(1, Language::Ukrainian, Style::Errand(0));
    let letters: Vec<char> = whole.chars().collect();
    let part = |number: usize| {
        let text: String = letters.chunks(67).nth(number - 1).unwrap().iter().collect();
        let (total, number) = (letters.len().div_ceil(67).to_string(), number.to_string());
        form(&[
            ("msisdn", "380441234567"),
            ("type", "unicode"),
            ("text", &text),
            ("concat", "true"),
            ("concat-ref", "108"),
            ("concat-total", &total),
            ("concat-part", &number),
        ])
    };
    let total = letters.len().div_ceil(67);
    assert!(total >= 2);
    for number in 2..=total {
        let answer = post(&here.router, "vonage", FORM, part(number)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            (&*answer.problem(), answer.retry_after.as_deref()),
            ("part-waits", Some("30"))
        );
    }
    for number in 1..=total {
        let answer = post(&here.router, "vonage", FORM, part(number)).await;
        assert_eq!(answer.status, StatusCode::OK, "{number}");
    }
    let waiting = here.gateway.queue.after(0, 9).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(only(&here.desk.open(&waiting[0].envelope)), whisper(1));
}

#[tokio::test]
async fn what_cannot_be_kept_is_to_come_again() {
    let here = here(provider(), 1);
    let message = |seed| form(&[("From", "1"), ("Body", &text(seed))]);
    let health = || Request::get("/v1/health").body(Body::empty()).unwrap();
    assert_eq!(
        call(&here.router, health()).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        post(&here.router, "twilio", FORM, message(1)).await.status,
        StatusCode::OK
    );
    let full = post(&here.router, "twilio", FORM, message(2)).await;
    assert_eq!(
        (full.status.as_u16(), &*full.problem()),
        (503, "queue-full")
    );
    here.gateway
        .now
        .store(crate::common::NOW + 3_600 * 24 * 365, SeqCst);
    let unable = post(&here.router, "twilio", FORM, message(3)).await;
    assert_eq!(
        (unable.status.as_u16(), &*unable.problem()),
        (503, "not-ready")
    );
    assert_eq!(
        call(&here.router, health()).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    // What is no whisper needs no room.
    let junk = form(&[("From", "1"), ("Body", "hello")]);
    assert_eq!(
        post(&here.router, "twilio", FORM, junk).await.status,
        StatusCode::OK
    );
}
