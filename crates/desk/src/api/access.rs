//! Who may speak to the desk: a browser on this machine that was given the key.

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use lapwing_http::Problem;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Desk;

/// The key that opens the pages, and the cookie that it becomes.
#[derive(Clone)]
pub(crate) struct Access {
    /// SHA-256 of the key in the address: compared by digest, so that timing says nothing.
    key: [u8; 32],
    /// SHA-256 of the cookie's value.
    cookie: [u8; 32],
    /// Cookies know no ports: desks on one machine are told apart by name.
    name: String,
    value: String,
}

impl Access {
    pub(crate) fn new(key: &[u8; 32], root: &[u8; 32]) -> Self {
        let value: [u8; 32] = Sha256::new_with_prefix(b"lapwing desk cookie\n")
            .chain_update(key)
            .finalize()
            .into();
        let value = hex::encode(value);
        Self {
            key: Sha256::digest(hex::encode(key)).into(),
            cookie: Sha256::digest(&value).into(),
            name: format!("lapwing-desk-{}", hex::encode(&root[..4])),
            value,
        }
    }

    #[cfg(test)]
    pub(super) fn for_tests(&self) -> String {
        format!("{}={}", self.name, self.value)
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|(name, value)| {
                name == self.name && <[u8; 32]>::from(Sha256::digest(value)) == self.cookie
            })
    }
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    key: Option<String>,
}

/// `GET /?key=…`: turns the key into a cookie and takes it out of the address.
pub(super) async fn sign_in(
    State(desk): State<Desk>,
    Query(query): Query<SignIn>,
    request: Request,
    next: Next,
) -> Response {
    let Some(key) = query.key.filter(|_| request.uri().path() == "/") else {
        return next.run(request).await;
    };
    if <[u8; 32]>::from(Sha256::digest(&key)) != desk.access.key {
        return not_signed_in().into_response();
    }
    let cookie = format!(
        "{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000",
        desk.access.name, desk.access.value
    );
    let mut response = Redirect::to("/").into_response();
    let cookie = HeaderValue::from_str(&cookie).expect("hexadecimal digits and a fixed text");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// Everything under `/api` needs the cookie.
pub(super) async fn signed_in(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if desk.access.has_cookie(request.headers()) {
        next.run(request).await
    } else {
        not_signed_in().into_response()
    }
}

fn not_signed_in() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "sign-in",
        "this browser is not signed in",
    )
    .detail("open the address that `lapwing desk` printed when it started")
}

/// Refuses names that are not loopback, and writes that come from another page.
pub(super) async fn this_host(request: Request, next: Next) -> Response {
    let headers = request.headers();
    // HTTP/2 has the name in the address and not in a header.
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .or_else(|| {
            request
                .uri()
                .authority()
                .map(|authority| authority.as_str())
        });
    let foreign = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "host",
            "the desk answers on loopback names only",
        )
        .into_response()
    };
    let Some(host) = host.filter(|host| is_loopback(host)) else {
        return foreign();
    };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && let Some(origin) = headers.get(header::ORIGIN) {
        let same = origin
            .to_str()
            .is_ok_and(|origin| origin.strip_prefix("http://") == Some(host));
        if !same {
            return foreign();
        }
    }
    next.run(request).await
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// Headers of every answer: nothing from elsewhere runs, frames or learns the address.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    /// MapLibre starts its worker from a blob and styles its elements inline.
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
        img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; \
        manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let mut response = next.run(request).await;
    let all = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in all {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in [
            "localhost",
            "localhost:7007",
            "127.0.0.1:80",
            "[::1]:7007",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:80",
            "10.0.0.1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
