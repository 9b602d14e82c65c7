//! The people at the desk, who use its pages.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use lapwing_seal::Invite;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const PASSPHRASE: &str = "горіх під вікном";
const HOST: &str = "127.0.0.1:9";

/// A browser at the desk.
pub(crate) struct Pages {
    app: Router,
    cookie: String,
    /// The session of the cell, once it is unlocked.
    session: Option<String>,
}

impl Pages {
    pub(crate) async fn open(app: Router, sign_in: &str) -> Self {
        let path = sign_in.trim_start_matches(&format!("http://{HOST}"));
        let request = Request::get(path).header("host", HOST);
        let request = request.body(Body::empty()).unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self {
            app,
            cookie,
            session: None,
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", HOST)
            .header("cookie", &self.cookie)
            .header("content-type", "application/json");
        if let Some(session) = &self.session {
            request = request.header("lapwing-cell", session);
        }
        let body = body.map_or(Body::empty(), |body| body.to_string().into());
        let answer = self.app.clone().oneshot(request.body(body).unwrap()).await;
        let answer = answer.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert!(
            status.is_success(),
            "{path}: {status} {}",
            String::from_utf8_lossy(&bytes)
        );
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await
    }

    /// Makes the one cell.
    pub(crate) async fn found(&mut self) {
        let body = json!({ "name": "двір", "passphrase": PASSPHRASE });
        let made = self.ask(Method::POST, "/api/cells", Some(body)).await;
        self.session = made["session"].as_str().map(str::to_owned);
    }

    async fn unlock(&mut self) {
        if self.session.is_none() {
            let body = json!({ "passphrase": PASSPHRASE });
            let made = self
                .ask(Method::POST, "/api/cells/1/unlock", Some(body))
                .await;
            self.session = made["session"].as_str().map(str::to_owned);
        }
    }

    pub(crate) async fn invite(&mut self, label: &str, holds_s: i64) -> Invite {
        self.unlock().await;
        let body = json!({ "label": label, "holds_s": holds_s });
        let made = self
            .ask(Method::POST, "/api/cells/1/invites", Some(body))
            .await;
        let code = hex::decode(made["code"].as_str().unwrap()).unwrap();
        Invite::from_checked(&code.try_into().unwrap()).unwrap()
    }

    /// The cell, as its coordinator sees it.
    pub(crate) async fn cell(&mut self) -> Value {
        self.unlock().await;
        self.get("/api/cells/1").await
    }

    /// Writes to whoever joined by the invite with this label; `false`: nobody has yet.
    pub(crate) async fn write(&mut self, label: &str, text: &str) -> bool {
        let cell = self.cell().await;
        let members = cell["members"].as_array().unwrap();
        let Some(member) = members.iter().find(|member| member["label"] == label) else {
            return false;
        };
        let path = format!("/api/cells/1/members/{}/messages", member["id"]);
        self.ask(Method::POST, &path, Some(json!({ "text": text })))
            .await;
        true
    }
}
