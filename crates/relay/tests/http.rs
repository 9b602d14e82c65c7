//! The relay as HTTP: every answer and every refusal of `docs/HTTP.md`.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of these tests stop the test as the tests themselves do"
)]

use std::{
    collections::BTreeSet,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request, Response, StatusCode},
};
use futures_util::Stream;
use http_body_util::BodyExt as _;
use lapwing_model::{Form, Place, Region};
use lapwing_relay::{NewEnvelope, Relay, Spend, Store, StoreError, Stored};
use lapwing_wire::{
    ANSWER_LEN, Answer, BUCKETS_MAX, Bulletin, DROP_LEN, Drops, ENVELOPE_LEN, Envelope, KeyEpoch,
    ListedFile, PUBLICATION_MAX, PassEpoch, Publication, ReceptionKey, SigningKey, VerifyingKey,
    pull, records,
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tower::ServiceExt as _;

const NOW: i64 = 1_795_000_000;

fn desk() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

struct TestRelay {
    router: Router,
    log_key: VerifyingKey,
    _folder: tempfile::TempDir,
}

async fn relay() -> TestRelay {
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::open(folder.path(), desk().verifying_key(), Arc::new(|| NOW))
        .await
        .unwrap();
    let log_key = relay.log_key();
    TestRelay {
        router: relay.router(),
        log_key,
        _folder: folder,
    }
}

fn envelope(n: u32) -> Envelope {
    let mut bytes = Envelope::header_for(KeyEpoch(n), &[0; 32]).to_vec();
    bytes.resize(ENVELOPE_LEN, 7);
    Envelope::from_bytes(&bytes).unwrap()
}

async fn send(router: &Router, request: Request<Body>) -> (Response<()>, Vec<u8>) {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    (Response::from_parts(parts, ()), body)
}

async fn post(router: &Router, body: impl Into<Body>) -> (Response<()>, Vec<u8>) {
    send(
        router,
        Request::post("/v1/envelopes").body(body.into()).unwrap(),
    )
    .await
}

async fn get(router: &Router, path: &str) -> (Response<()>, Vec<u8>) {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn pull_as(
    router: &Router,
    key: &SigningKey,
    query: &str,
    at: i64,
) -> (Response<()>, Vec<u8>) {
    let headers = pull::sign(key, "/v1/envelopes", query, at);
    let request = Request::get(format!("/v1/envelopes?{query}"))
        .header("signature-input", headers.signature_input)
        .header("signature", headers.signature)
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

fn problem(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    let kind = body["type"].as_str().unwrap();
    assert!(!body["title"].as_str().unwrap().is_empty());
    kind.strip_prefix("urn:lapwing:problem:")
        .unwrap()
        .to_owned()
}

fn publication(number: u64, key: &SigningKey, feed: &[u8]) -> Publication {
    let place = |lat, lon| Place::from_degrees(lat, lon).unwrap();
    let mut files = vec![feed.to_vec(), b"<alert/>".to_vec()];
    files.extend((0..2).map(|bucket| drop_of(number, bucket)));
    let names = ["warnings.atom", "warnings/one.xml", "drops/0", "drops/1"];
    let bulletin = Bulletin {
        root_key: key.verifying_key().to_bytes(),
        number,
        issued: NOW,
        expires: NOW + 1_000,
        region: Region {
            south_west: place(44.0, 22.0),
            north_east: place(52.5, 40.5),
        },
        keys: vec![ReceptionKey {
            epoch: KeyEpoch::at(NOW),
            public: Box::new([3; 1_216]),
        }],
        form: Form::civil_protection().source().to_vec(),
        warnings: Vec::new(),
        files: names
            .iter()
            .zip(&files)
            .map(|(name, file)| ListedFile {
                name: (*name).to_owned(),
                sha256: Sha256::digest(file).into(),
            })
            .collect(),
        drops: Some(Drops {
            number: number as u32,
            period_s: 3_600,
            buckets: 2,
        }),
        passes: None,
    };
    Publication {
        bulletin: bulletin.sign(key),
        files,
    }
}

/// What stands for the drop of a bucket.
fn drop_of(number: u64, bucket: u8) -> Vec<u8> {
    vec![(number as u8).wrapping_mul(16).wrapping_add(bucket); DROP_LEN]
}

async fn publish(router: &Router, publication: &Publication) -> (Response<()>, Vec<u8>) {
    let request = Request::put("/v1/publication")
        .body(publication.encode().into())
        .unwrap();
    send(router, request).await
}

#[tokio::test]
async fn an_envelope_gets_a_receipt_and_a_retry_the_same_one() {
    let relay = relay().await;
    let (response, first) = post(&relay.router, envelope(1).as_bytes().to_vec()).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(first.len(), ANSWER_LEN);
    let answer = Answer::decode(&first).unwrap();
    answer.check(&envelope(1)).unwrap();
    answer.receipt.verify(&relay.log_key).unwrap();
    assert_eq!(answer.receipt.time, NOW);
    let (_, again) = post(&relay.router, envelope(1).as_bytes().to_vec()).await;
    assert_eq!(again, first);
    let (_, other) = post(&relay.router, envelope(2).as_bytes().to_vec()).await;
    assert_ne!(other, first);
}

#[tokio::test]
async fn anything_but_one_envelope_is_refused_by_a_stable_type() {
    let relay = relay().await;
    let whole = envelope(1).as_bytes().to_vec();
    let mut other_version = whole.clone();
    other_version[0] = 2;
    let mut other_suite = whole.clone();
    other_suite[1] = 7;
    let cases = [
        (Vec::new(), 400, "envelope-size"),
        (whole[..2_047].to_vec(), 400, "envelope-size"),
        ([whole.clone(), vec![0]].concat(), 413, "envelope-size"),
        (vec![0; 1 << 20], 413, "envelope-size"),
        (other_version, 400, "envelope-header"),
        (other_suite, 400, "envelope-header"),
    ];
    for (body, status, name) in cases {
        let length = body.len();
        let (response, body) = post(&relay.router, body).await;
        assert_eq!(response.status(), status, "{length}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(problem(&body), name, "{length}");
    }
}

#[tokio::test]
async fn only_the_desk_pulls_and_only_in_range() {
    let relay = relay().await;
    for n in 1..=3 {
        post(&relay.router, envelope(n).as_bytes().to_vec()).await;
    }
    let (response, body) = pull_as(&relay.router, &desk(), "after=1&limit=10", NOW).await;
    assert_eq!(response.status(), StatusCode::OK);
    let got = records(&body).unwrap();
    assert_eq!(got.iter().map(|r| r.index).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(got[0].envelope, envelope(2));

    let stranger = SigningKey::from_bytes(&[9; 32]);
    for (key, at) in [(&stranger, NOW), (&desk(), NOW - 301), (&desk(), NOW + 301)] {
        let (response, body) = pull_as(&relay.router, key, "after=0", at).await;
        assert_eq!(
            (response.status().as_u16(), problem(&body).as_str()),
            (401, "not-the-desk")
        );
    }
    let (response, body) = get(&relay.router, "/v1/envelopes?after=0").await;
    assert_eq!(
        (response.status().as_u16(), problem(&body).as_str()),
        (401, "not-the-desk")
    );
    for query in [
        "after=-1",
        "after=+1",
        "limit=5000",
        "wait=31",
        "after=",
        "shell=1",
        "after",
    ] {
        let (response, body) = pull_as(&relay.router, &desk(), query, NOW).await;
        let got = (response.status().as_u16(), problem(&body));
        assert_eq!(got, (400, "bad-query".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_waiting_pull_is_answered_when_something_comes() {
    let relay = relay().await;
    let router = relay.router.clone();
    let waiting =
        tokio::spawn(async move { pull_as(&router, &desk(), "after=0&wait=30", NOW).await });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    post(&relay.router, envelope(1).as_bytes().to_vec()).await;
    let (_, body) = waiting.await.unwrap();
    assert_eq!(records(&body).unwrap().len(), 1);
}

#[tokio::test]
async fn a_publication_is_served_as_it_is_and_never_goes_back() {
    let relay = relay().await;
    for path in ["/v1/bulletin", "/v1/warnings.atom", "/v1/warnings/one.xml"] {
        let (response, body) = get(&relay.router, path).await;
        assert_eq!(
            (response.status().as_u16(), problem(&body).as_str()),
            (404, "not-found")
        );
    }
    let five = publication(5, &desk(), b"<feed/>");
    assert_eq!(
        publish(&relay.router, &five).await.0.status(),
        StatusCode::NO_CONTENT
    );
    let (response, body) = get(&relay.router, "/v1/bulletin").await;
    assert_eq!(body, five.bulletin);
    let etag = response.headers()["etag"].clone();
    let request = Request::get("/v1/bulletin")
        .header("if-none-match", &etag)
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        send(&relay.router, request).await.0.status(),
        StatusCode::NOT_MODIFIED
    );
    let (response, body) = get(&relay.router, "/v1/warnings.atom").await;
    assert_eq!(body, b"<feed/>");
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/atom")
    );
    let (response, body) = get(&relay.router, "/v1/warnings/one.xml").await;
    assert_eq!(
        (body.as_slice(), &response.headers()["content-type"]),
        (
            b"<alert/>".as_slice(),
            &"application/cap+xml".parse().unwrap()
        )
    );
    for number in [4, 5] {
        let (response, body) = publish(&relay.router, &publication(number, &desk(), b"x")).await;
        assert_eq!(
            (response.status().as_u16(), problem(&body).as_str()),
            (409, "publication-old")
        );
    }
}

#[tokio::test]
async fn drops_are_the_same_bytes_for_everybody_and_change_with_their_number() {
    let relay = relay().await;
    assert_eq!(get(&relay.router, "/v1/drops/0").await.0.status(), 404);
    publish(&relay.router, &publication(5, &desk(), b"x")).await;
    let (first, body) = get(&relay.router, "/v1/drops/1").await;
    assert_eq!((first.status().as_u16(), body), (200, drop_of(5, 1)));
    assert_eq!(first.headers()["content-type"], "application/octet-stream");
    assert_eq!(first.headers()["content-length"], "32768");
    assert_eq!(first.headers()["cache-control"], "public, max-age=10");
    let (again, _) = get(&relay.router, "/v1/drops/1").await;
    assert_eq!(
        first.headers(),
        again.headers(),
        "nothing tells two askers apart"
    );
    let known = Request::get("/v1/drops/1")
        .header("if-none-match", &first.headers()["etag"])
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(&relay.router, known).await.0.status(), 304);
    for unknown in [
        "2",
        "01",
        "-1",
        "",
        "0/",
        "../bulletin",
        "..%2Fbulletin",
        "256",
    ] {
        let (response, _) = get(&relay.router, &format!("/v1/drops/{unknown}")).await;
        assert_eq!(response.status(), 404, "{unknown}");
    }
    publish(&relay.router, &publication(6, &desk(), b"x")).await;
    let (other, body) = get(&relay.router, "/v1/drops/1").await;
    assert_eq!(body, drop_of(6, 1));
    assert_ne!(first.headers()["etag"], other.headers()["etag"]);
}

#[tokio::test]
async fn as_many_drops_as_there_may_be_are_taken() {
    let relay = relay().await;
    let mut most = publication(5, &desk(), b"x");
    let mut bulletin = Bulletin::verify(&most.bulletin, &desk().verifying_key()).unwrap();
    bulletin.drops.as_mut().unwrap().buckets = BUCKETS_MAX;
    for bucket in 2..BUCKETS_MAX {
        let drop = drop_of(5, bucket as u8);
        bulletin.files.push(ListedFile {
            name: Drops::name(bucket),
            sha256: Sha256::digest(&drop).into(),
        });
        most.files.push(drop);
    }
    most.bulletin = bulletin.sign(&desk());
    assert_eq!(publish(&relay.router, &most).await.0.status(), 204);
    let (_, body) = get(&relay.router, "/v1/drops/255").await;
    assert_eq!(body.len(), DROP_LEN);
}

#[tokio::test]
async fn a_publication_that_the_desk_did_not_sign_is_refused() {
    let relay = relay().await;
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let mut swapped = publication(5, &desk(), b"<feed/>");
    swapped.files[0] = b"<other/>".to_vec();
    let mut short = publication(5, &desk(), b"<feed/>");
    short.files.pop();
    for bad in [publication(5, &stranger, b"<feed/>"), swapped, short] {
        let (response, body) = publish(&relay.router, &bad).await;
        let got = (response.status().as_u16(), problem(&body));
        assert_eq!(got, (422, "publication-refused".to_owned()));
    }
    let request = Request::put("/v1/publication")
        .body(vec![0; PUBLICATION_MAX + 1].into())
        .unwrap();
    assert_eq!(
        send(&relay.router, request).await.0.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        get(&relay.router, "/v1/bulletin").await.0.status(),
        StatusCode::NOT_FOUND
    );
}

/// What every route must be asked.
struct Route {
    path: &'static str,
    allow: &'static str,
    /// The method that takes a body, and the most it takes.
    takes: Option<(Method, usize)>,
    /// The method that only the desk may use.
    desk_only: Option<Method>,
}

fn routes() -> [Route; 7] {
    let public = |path| Route {
        path,
        allow: "GET, HEAD",
        takes: None,
        desk_only: None,
    };
    [
        Route {
            path: "/v1/envelopes",
            allow: "GET, HEAD, POST",
            takes: Some((Method::POST, ENVELOPE_LEN)),
            desk_only: Some(Method::GET),
        },
        public("/v1/bulletin"),
        public("/v1/warnings.atom"),
        public("/v1/warnings/one.xml"),
        public("/v1/drops/0"),
        Route {
            path: "/v1/publication",
            allow: "PUT",
            takes: Some((Method::PUT, PUBLICATION_MAX)),
            desk_only: None,
        },
        public("/v1/health"),
    ]
}

fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn every_route_refuses_other_methods_strangers_and_what_is_too_long() {
    let relay = relay().await;
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    for route in routes() {
        let path = route.path;
        for method in methods.clone() {
            if route.allow.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let (response, body) = send(&relay.router, request(method, path, Body::empty())).await;
            let got = (response.status().as_u16(), problem(&body));
            assert_eq!(got, (405, "method".to_owned()), "{path}");
            assert_eq!(response.headers()["allow"], route.allow, "{path}");
        }
        if let Some((method, most)) = route.takes {
            // Also when it comes without a length and never ends.
            let endless = Body::from_stream(Endless);
            for body in [Body::from(vec![0; most + 1]), endless] {
                let answer = send(&relay.router, request(method.clone(), path, body)).await;
                assert_eq!(answer.0.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
                problem(&answer.1);
            }
        }
        if let Some(method) = route.desk_only {
            let (response, body) = send(&relay.router, request(method, path, Body::empty())).await;
            let got = (response.status().as_u16(), problem(&body));
            assert_eq!(got, (401, "not-the-desk".to_owned()), "{path}");
        }
    }
    let (response, body) = get(&relay.router, "/v1/cat").await;
    let got = (response.status().as_u16(), problem(&body));
    assert_eq!(got, (404, "not-found".to_owned()));
}

/// Zeros without end.
struct Endless;

impl Stream for Endless {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(Bytes::from_static(&[0; 1_024]))))
    }
}

#[tokio::test]
async fn every_route_of_the_document_is_walked_here() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/HTTP.md");
    let document = std::fs::read_to_string(document).unwrap();
    let relay = document.split("## Issuer").next().unwrap();
    let paths: BTreeSet<_> = relay
        .split('`')
        .filter_map(|code| {
            let (method, path) = code.split_once(' ')?;
            let path = path.split(['?', ',', ' ']).next()?;
            matches!(method, "GET" | "POST" | "PUT")
                .then(|| path.replace("ID", "one").replace("BUCKET", "0"))
        })
        .collect();
    let walked: BTreeSet<_> = routes().iter().map(|r| r.path.to_owned()).collect();
    assert_eq!(paths, walked);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_late_or_breaks_off_is_given_up() {
    let store = Failing(|| StoreError::Stopped);
    let relay = Relay::over(store, desk().verifying_key(), Arc::new(|| NOW)).await;
    let router = relay.unwrap().router();
    for (method, path) in [
        (Method::POST, "/v1/envelopes"),
        (Method::PUT, "/v1/publication"),
    ] {
        let late = Body::from_stream(futures_util::stream::pending::<Result<Bytes, Infallible>>());
        let broken = Body::from_stream(futures_util::stream::iter([
            Ok(Bytes::from_static(&[1; 100])),
            Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
        ]));
        for body in [late, broken] {
            let (response, body) = send(&router, request(method.clone(), path, body)).await;
            let got = (response.status().as_u16(), problem(&body));
            assert_eq!(got, (408, "too-slow".to_owned()), "{path}");
        }
    }
}

#[tokio::test]
async fn the_same_envelope_at_once_is_stored_once_and_answered_alike() {
    let relay = relay().await;
    let mut posting = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let router = relay.router.clone();
        posting.spawn(async move { post(&router, envelope(1).as_bytes().to_vec()).await });
    }
    let answers: BTreeSet<_> = posting
        .join_all()
        .await
        .into_iter()
        .map(|(response, body)| (response.status().as_u16(), body))
        .collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers.first().unwrap().0, 201);
    let (_, body) = pull_as(&relay.router, &desk(), "after=0", NOW).await;
    assert_eq!(records(&body).unwrap().len(), 1);
}

#[tokio::test]
async fn pulls_beyond_those_that_a_relay_bears_are_told_to_come_back() {
    let relay = relay().await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let router = relay.router.clone();
        waiting.spawn(async move { pull_as(&router, &desk(), "after=0&wait=30", NOW).await });
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let (response, body) = pull_as(&relay.router, &desk(), "after=0", NOW).await;
    let got = (response.status().as_u16(), problem(&body));
    assert_eq!(got, (503, "overloaded".to_owned()));
    assert!(response.headers().contains_key("retry-after"));
    // Reports still come in, and every pull that waited gets them.
    post(&relay.router, envelope(1).as_bytes().to_vec()).await;
    for (response, body) in waiting.join_all().await {
        assert_eq!(response.status(), 200);
        assert_eq!(records(&body).unwrap().len(), 1);
    }
    let (response, _) = pull_as(&relay.router, &desk(), "after=0", NOW).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_tag_is_known_in_a_list_and_after_a_proxy() {
    let relay = relay().await;
    publish(&relay.router, &publication(5, &desk(), b"<feed/>")).await;
    let (response, _) = get(&relay.router, "/v1/warnings.atom").await;
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    let cases = [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (tag.trim_matches('"').to_owned(), 200),
    ];
    for (tags, status) in cases {
        let request = Request::get("/v1/warnings.atom")
            .header("if-none-match", &tags)
            .body(Body::empty())
            .unwrap();
        let (response, body) = send(&relay.router, request).await;
        assert_eq!(response.status(), status, "{tags}");
        assert_eq!(body.is_empty(), status == 304, "{tags}");
        assert_eq!(response.headers()["cache-control"], "public, max-age=10");
    }
}

#[tokio::test]
async fn any_page_may_ask_and_nothing_is_remembered_of_it() {
    let relay = relay().await;
    let request = Request::post("/v1/envelopes")
        .header("origin", "https://example.org")
        .body(envelope(1).as_bytes().to_vec().into())
        .unwrap();
    let (response, _) = send(&relay.router, request).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn a_relay_started_for_another_desk_serves_nothing_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let clock: lapwing_relay::Clock = Arc::new(|| NOW);
    let first = Relay::open(folder.path(), desk().verifying_key(), clock.clone())
        .await
        .unwrap();
    let router = first.router();
    publish(&router, &publication(5, &desk(), b"<feed/>")).await;
    drop(router);
    let again = Relay::open(folder.path(), desk().verifying_key(), clock.clone())
        .await
        .unwrap();
    assert_eq!(
        get(&again.router(), "/v1/bulletin").await.0.status(),
        StatusCode::OK
    );
    let other = SigningKey::from_bytes(&[9; 32]).verifying_key();
    let foreign = Relay::open(folder.path(), other, clock).await.unwrap();
    assert_eq!(
        get(&foreign.router(), "/v1/bulletin").await.0.status(),
        StatusCode::NOT_FOUND
    );
}

/// A store that fails as it is told.
struct Failing(Failure);

type Failure = fn() -> StoreError;

impl Store for Failing {
    async fn put(&self, _: NewEnvelope) -> Result<Stored, StoreError> {
        Err(self.0())
    }
    async fn spent(&self, _: &Spend) -> Result<Option<[u8; 32]>, StoreError> {
        Err(self.0())
    }
    async fn forget_passes(&self, _: PassEpoch) -> Result<(), StoreError> {
        Err(self.0())
    }
    async fn range(&self, _: u64, _: u32) -> Result<Vec<u8>, StoreError> {
        Err(self.0())
    }
    fn newest(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }
    async fn publication(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }
    async fn publish(&self, _: u64, _: Vec<u8>) -> Result<bool, StoreError> {
        Err(self.0())
    }
    async fn log_key(&self) -> Result<[u8; 32], StoreError> {
        Ok([0; 32])
    }
    async fn healthy(&self) -> Result<(), StoreError> {
        Err(self.0())
    }
}

#[tokio::test]
async fn a_store_that_fails_is_said_on_every_route_that_needs_it() {
    let cases: [(Failure, u16, &str); 3] = [
        (|| StoreError::Full, 507, "store-full"),
        (|| StoreError::Overloaded, 503, "overloaded"),
        (|| StoreError::Stopped, 503, "store-unavailable"),
    ];
    for (why, status, name) in cases {
        let relay = Relay::over(Failing(why), desk().verifying_key(), Arc::new(|| NOW)).await;
        let router = relay.unwrap().router();
        let answers = [
            post(&router, envelope(1).as_bytes().to_vec()).await,
            pull_as(&router, &desk(), "after=0", NOW).await,
            publish(&router, &publication(5, &desk(), b"<feed/>")).await,
            get(&router, "/v1/health").await,
        ];
        for (response, body) in answers {
            assert_eq!(
                (response.status().as_u16(), problem(&body).as_str()),
                (status, name)
            );
            assert!(response.headers().contains_key("retry-after"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn garbage_is_refused_and_never_breaks_the_relay(body in proptest::collection::vec(any::<u8>(), 0..3_000)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let relay = relay().await;
            let (response, _) = post(&relay.router, body.clone()).await;
            assert!(response.status().is_client_error() || Envelope::from_bytes(&body).is_ok());
            let request = Request::put("/v1/publication").body(body.into()).unwrap();
            assert_eq!(send(&relay.router, request).await.0.status(), 422);
            assert_eq!(get(&relay.router, "/v1/health").await.0.status(), 204);
        });
    }
}
