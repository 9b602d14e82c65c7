//! What phones on a command line say to a relay.

use std::time::Duration;

use anyhow::{Context, bail};
use lapwing_wire::{BULLETIN_MAX, Bulletin, Envelope, Pass, VerifyingKey};
use lapwing_witness::Phone;
use reqwest::{Client, StatusCode, Url, header::AUTHORIZATION};

/// Longest wait between two tries.
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// A desk publishes its first bulletin within moments of its start.
const BULLETIN_WAIT: Duration = Duration::from_secs(15);

/// One relay, over one pool of connections.
#[derive(Clone)]
pub(crate) struct RelayClient {
    http: Client,
    base: Url,
}

/// What became of an envelope.
pub(crate) struct Delivered {
    /// How often it was sent until an answer came.
    pub(crate) tries: u32,
}

impl RelayClient {
    /// A client for the relay at `base`, for example `http://127.0.0.1:8101`.
    pub(crate) fn new(base: &str) -> anyhow::Result<Self> {
        let mut base: Url = base
            .parse()
            .with_context(|| format!("{base} is not an address"))?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("no HTTP client could be made")?;
        Ok(Self { http, base })
    }

    fn url(&self, path: &str) -> anyhow::Result<Url> {
        self.base
            .join(path)
            .with_context(|| format!("{path} is not a path"))
    }

    /// The relay's bulletin and the key that signed it: `root_key` if given, else the one that it
    /// names, which is then only as trustworthy as the relay. Waits a while for a desk that has
    /// just been started.
    pub(crate) async fn bulletin(
        &self,
        root_key: Option<VerifyingKey>,
    ) -> anyhow::Result<(Vec<u8>, VerifyingKey)> {
        let started = tokio::time::Instant::now();
        let bytes = loop {
            let response = self
                .http
                .get(self.url("v1/bulletin")?)
                .send()
                .await
                .with_context(|| format!("the relay at {} does not answer", self.base))?;
            if response.status() != StatusCode::NOT_FOUND {
                break response.error_for_status()?.bytes().await?;
            }
            if started.elapsed() > BULLETIN_WAIT {
                bail!("the relay has no bulletin yet: start a desk that publishes to it");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        anyhow::ensure!(bytes.len() <= BULLETIN_MAX, "the bulletin is too large");
        let key = match root_key {
            Some(key) => key,
            None => Bulletin::claimed_root_key(&bytes).context("the bulletin does not hold")?,
        };
        Bulletin::verify(&bytes, &key).context("the bulletin does not hold")?;
        Ok((bytes.to_vec(), key))
    }

    /// A public file of the relay's, for example `/v1/drops/3`.
    pub(crate) async fn file(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let response = self
            .http
            .get(self.url(path.trim_start_matches('/'))?)
            .send()
            .await
            .with_context(|| format!("the relay at {} does not answer", self.base))?;
        let bytes = response.error_for_status()?.bytes().await?;
        anyhow::ensure!(bytes.len() <= BULLETIN_MAX, "the file is too large");
        Ok(bytes.to_vec())
    }

    /// Posts an envelope until the relay answers with a receipt for it, for at most `patience`.
    /// The same bytes every time, and the same pass: the relay keeps them once.
    pub(crate) async fn deliver(
        &self,
        envelope: &Envelope,
        pass: Option<&Pass>,
        patience: Duration,
    ) -> anyhow::Result<Delivered> {
        let started = tokio::time::Instant::now();
        let mut pause = Duration::from_millis(50);
        let mut tries = 0;
        loop {
            tries += 1;
            let trouble = match self.post(envelope, pass).await {
                Ok(_answer) => return Ok(Delivered { tries }),
                Err(Trouble::Refused(why) | Trouble::Pass(why)) => {
                    bail!("the relay refuses: {why}")
                }
                Err(Trouble::Passing(why)) => why,
            };
            if started.elapsed() > patience {
                bail!("the relay does not take the envelope: {trouble}");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    /// Posts an envelope, once. The answer, which is a receipt for it.
    pub(crate) async fn post(
        &self,
        envelope: &Envelope,
        pass: Option<&Pass>,
    ) -> Result<Vec<u8>, Trouble> {
        let passing = |why: reqwest::Error| Trouble::Passing(why.to_string());
        let url = self
            .url("v1/envelopes")
            .map_err(|why| Trouble::Refused(why.to_string()))?;
        let body = envelope.as_bytes().to_vec();
        let mut request = self.http.post(url).body(body);
        if let Some(pass) = pass {
            request = request.header(AUTHORIZATION, pass.authorization());
        }
        let response = request.send().await.map_err(passing)?;
        let status = response.status();
        let answer = response.bytes().await.map_err(passing)?;
        if status == StatusCode::CREATED {
            return match Phone::check_answer(envelope.as_bytes(), &answer) {
                Ok(()) => Ok(answer.to_vec()),
                Err(why) => Err(Trouble::Refused(why.to_string())),
            };
        }
        let why = serde_json::from_slice::<serde_json::Value>(&answer)
            .ok()
            .and_then(|problem| problem["title"].as_str().map(str::to_owned))
            .unwrap_or_else(|| status.to_string());
        // A full or absent store may recover; a malformed envelope never will.
        Err(match status {
            StatusCode::REQUEST_TIMEOUT => Trouble::Passing(why),
            _ if status.is_server_error() => Trouble::Passing(why),
            StatusCode::UNAUTHORIZED | StatusCode::CONFLICT => Trouble::Pass(why),
            _ => Trouble::Refused(why),
        })
    }
}

/// Why a relay did not take an envelope.
pub(crate) enum Trouble {
    /// Not now.
    Passing(String),
    /// Not with this pass, or not without one.
    Pass(String),
    /// Never.
    Refused(String),
}

/// Reads a root key from 64 hex digits.
pub(crate) fn root_key(text: &str) -> anyhow::Result<VerifyingKey> {
    let bytes: [u8; 32] = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .context("a root key is 64 hex digits, as `lapwing desk key` prints them")?;
    VerifyingKey::from_bytes(&bytes).context("these digits are no Ed25519 key")
}
