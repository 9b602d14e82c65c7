//! The route table, walked.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode},
};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::writer::{Ending, tests::desk_for_pages};

const ROOT: [u8; 32] = [5; 32];
const KEY: [u8; 32] = [6; 32];

pub(super) struct Pages {
    app: Router,
    pub(super) desk: Desk,
    cookie: String,
    _ending: Ending,
    _dir: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

/// The application over an empty desk, with pages that say so.
pub(super) fn pages() -> Pages {
    let dir = tempfile::tempdir().unwrap();
    let web = dir.path().join("web");
    std::fs::create_dir_all(web.join("assets")).unwrap();
    std::fs::write(web.join("index.html"), "<title>desk</title>").unwrap();
    std::fs::write(web.join("assets/app-1.js"), "1").unwrap();
    let map = dir.path().join("map.pmtiles");
    std::fs::write(&map, [7; 100]).unwrap();
    let (stop, stopped) = watch::channel(false);
    let access = Access::new(&KEY, &ROOT);
    let cookie = access.for_tests();
    let (hub, reader, writer, herald, ending) = desk_for_pages(dir.path());
    let desk = Desk {
        hub,
        reader: Arc::new(reader),
        writer,
        herald,
        access,
        coordinators: Coordinators::default(),
        lines: Lines::default(),
        stopped,
        web_dir: Some(web),
        pmtiles: Some(map),
    };
    Pages {
        app: router(desk.clone()),
        desk,
        cookie,
        _ending: ending,
        _dir: dir,
        _stop: stop,
    }
}

impl Pages {
    pub(super) async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:7007")
    }

    pub(super) fn signed_in(&self, method: &str, path: &str) -> axum::http::request::Builder {
        self.request(method, path).header("cookie", &self.cookie)
    }
}

fn empty(builder: axum::http::request::Builder) -> Request<Body> {
    builder.body(Body::empty()).unwrap()
}

pub(super) async fn problem(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json",
        "{status}"
    );
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["status"], status.as_u16());
    let name = body["type"]
        .as_str()
        .unwrap()
        .strip_prefix("urn:lapwing:problem:")
        .unwrap();
    (status, name.to_owned())
}

#[tokio::test]
async fn nothing_under_api_answers_without_the_cookie() {
    let pages = pages();
    for (path, methods) in ROUTES {
        for method in methods.iter().chain(&["GET", "DELETE"]) {
            let bare = pages.ask(empty(pages.request(method, path))).await;
            assert_eq!(
                problem(bare).await,
                (StatusCode::UNAUTHORIZED, "sign-in".into()),
                "{path}"
            );
            let wrong = pages
                .request(method, path)
                .header("cookie", format!("{}0", pages.cookie));
            let wrong = pages.ask(empty(wrong)).await;
            assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
    }
}

#[tokio::test]
async fn another_method_is_refused_with_the_ones_there_are() {
    let pages = pages();
    for (path, methods) in ROUTES {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            if methods.contains(&method) {
                continue;
            }
            let answer = pages.ask(empty(pages.signed_in(method, path))).await;
            if methods.is_empty() {
                assert_eq!(
                    problem(answer).await,
                    (StatusCode::NOT_FOUND, "not-found".into())
                );
                continue;
            }
            assert_eq!(
                answer.headers()["allow"],
                methods.join(", "),
                "{method} {path}"
            );
            let expected = (StatusCode::METHOD_NOT_ALLOWED, "method".to_owned());
            assert_eq!(problem(answer).await, expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn another_name_and_another_page_are_refused() {
    let pages = pages();
    for (path, methods) in ROUTES.into_iter().chain([("/", ["GET"].as_slice())]) {
        for method in methods {
            let rebound = Request::builder()
                .method(*method)
                .uri(path)
                .header("host", "desk.example.org")
                .header("cookie", &pages.cookie);
            let answer = pages.ask(empty(rebound)).await;
            assert_eq!(
                problem(answer).await,
                (StatusCode::FORBIDDEN, "host".into()),
                "{path}"
            );
            if *method != "GET" {
                let foreign = pages
                    .signed_in(method, path)
                    .header("origin", "http://localhost:1");
                let answer = pages.ask(empty(foreign)).await;
                assert_eq!(
                    problem(answer).await,
                    (StatusCode::FORBIDDEN, "host".into()),
                    "{path}"
                );
            }
        }
    }
    let nameless = Request::builder()
        .uri("/api/overview")
        .header("cookie", &pages.cookie);
    assert_eq!(
        pages.ask(empty(nameless)).await.status(),
        StatusCode::FORBIDDEN
    );
    let own = pages
        .signed_in("POST", "/api/warnings/x/cancel")
        .header("origin", "http://localhost:7007");
    assert_eq!(pages.ask(empty(own)).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_body_that_is_too_long_or_no_json_is_refused() {
    let pages = pages();
    for (method, path) in [
        ("PUT", "/api/incidents/1/verdict"),
        ("POST", "/api/warnings"),
        ("POST", "/api/warnings/x/update"),
        ("POST", "/api/cells"),
        ("POST", "/api/cells/1/unlock"),
        ("POST", "/api/cells/1/invites"),
        ("POST", "/api/cells/1/members/1/messages"),
    ] {
        for body in ["{".to_owned(), "{}".to_owned(), " ".repeat(BODY_MAX + 1)] {
            let request = pages
                .signed_in(method, path)
                .header("content-type", "application/json")
                .body(Body::from(body))
                .unwrap();
            let answer = problem(pages.ask(request).await).await;
            assert_eq!(
                answer,
                (StatusCode::BAD_REQUEST, "bad-request".into()),
                "{path}"
            );
        }
    }
    for path in [
        "/api/incidents/x",
        "/api/incidents/99999999999999999999",
        "/api/incidents/5",
    ] {
        let answer = pages.ask(empty(pages.signed_in("GET", path))).await;
        assert_eq!(
            problem(answer).await,
            (StatusCode::NOT_FOUND, "not-found".into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_key_becomes_a_cookie_that_scripts_cannot_read() {
    let pages = pages();
    let key = hex::encode(KEY);
    let answer = pages
        .ask(empty(pages.request("GET", &format!("/?key={key}"))))
        .await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with(&pages.cookie) && !cookie.contains(&key));
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{attribute}");
    }
    let wrong = pages.ask(empty(pages.request("GET", "/?key=00"))).await;
    assert_eq!(
        problem(wrong).await,
        (StatusCode::UNAUTHORIZED, "sign-in".into())
    );
}

#[tokio::test]
async fn pages_are_files_and_nothing_in_them_may_call_elsewhere() {
    let pages = pages();
    for path in ["/", "/incidents/4"] {
        let answer = pages.ask(empty(pages.request("GET", path))).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"));
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "<title>desk</title>");
    }
    let asset = pages
        .ask(empty(pages.request("GET", "/assets/app-1.js")))
        .await;
    assert!(
        asset.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let missing = pages
        .ask(empty(pages.request("GET", "/assets/app-2.js")))
        .await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(missing.headers()["cache-control"], "no-cache");
    let part = pages
        .request("GET", "/map.pmtiles")
        .header("range", "bytes=10-19");
    let part = pages.ask(empty(part)).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        part.into_body().collect().await.unwrap().to_bytes().len(),
        10
    );
}
