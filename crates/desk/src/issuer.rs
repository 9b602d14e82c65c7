//! The keys of the issuer of passes: fetched, pinned, published; and passes from it for invites.
//!
//! The desk vouches for them towards everybody by its signature on the bulletin. What it has published for an epoch
//! stands: an issuer that shows another key later, to mark somebody by it, is not followed.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::{Request, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use lapwing_wire::{
    IssuerKey, PASS_KEY_LEN, PASS_RESPONSE_LEN, PASS_TYPE, PassEpoch, PassIssuer, PassKey,
};
use serde::Deserialize;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::{
    line::Line,
    refusal::Refusal,
    relays::{Backoff, RelayUrl, Trouble, ask, refused},
    store::{Store, StoreError},
    writer::WriterHandle,
};

const SETTING: &str = "pass-keys";
const ROW_LEN: usize = 4 + PASS_KEY_LEN;
/// An issuer makes a key a whole epoch before it is used.
const EVERY: Duration = Duration::from_secs(3_600);
const DIRECTORY_MAX: usize = 64 << 10;

/// What is read of an issuer's directory (RFC 9578 4).
#[derive(Deserialize)]
struct Directory {
    #[serde(rename = "token-keys")]
    keys: Vec<TokenKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct TokenKey {
    token_type: u16,
    token_key: String,
    not_before: Option<i64>,
}

/// The keys of a directory that are for passes and for one epoch; others are passed over.
fn read(directory: &[u8]) -> Option<Vec<IssuerKey>> {
    let directory: Directory = serde_json::from_slice(directory).ok()?;
    let keys = directory.keys.iter().filter_map(|key| {
        let from = key.not_before?;
        let epoch = PassEpoch::at(from);
        if key.token_type != PASS_TYPE || epoch.starts() != from {
            return None;
        }
        let spki = URL_SAFE.decode(&key.token_key).ok()?;
        let key = PassKey::from_spki(&spki).ok()?;
        Some(IssuerKey { epoch, key })
    });
    Some(keys.collect())
}

/// Keeps the keys of epochs that have none yet; answers whether there were any. A different key for an epoch that has
/// one is left aside, with a warning.
pub(crate) fn pin(store: &mut Store, offered: &[IssuerKey], now: i64) -> Result<bool, StoreError> {
    let mut pinned = pinned(store)?;
    let oldest = PassEpoch::oldest(now);
    let newest = PassEpoch(PassEpoch::at(now).0.saturating_add(1));
    let kept = pinned.len();
    pinned.retain(|known| known.epoch >= oldest);
    let mut changed = pinned.len() != kept;
    for key in offered {
        if key.epoch < oldest || key.epoch > newest {
            continue;
        }
        match pinned.iter().find(|known| known.epoch == key.epoch) {
            Some(known) if known.key == key.key => {}
            Some(_) => tracing::warn!(
                epoch = key.epoch.0,
                "the issuer shows another key than before; the one published stays"
            ),
            // One key for two epochs would make passes of both at once.
            None if pinned.iter().any(|known| known.key == key.key) => {
                tracing::warn!(epoch = key.epoch.0, "the issuer shows a key a second time");
            }
            None => {
                pinned.push(key.clone());
                changed = true;
            }
        }
    }
    if changed {
        pinned.sort_by_key(|known| known.epoch);
        let mut bytes = Vec::with_capacity(pinned.len() * ROW_LEN);
        for known in &pinned {
            bytes.extend_from_slice(&known.epoch.0.to_be_bytes());
            bytes.extend_from_slice(&known.key.spki());
        }
        let batch = store.batch()?;
        batch.set(SETTING, &bytes)?;
        batch.commit()?;
    }
    Ok(changed)
}

/// The keys that the bulletin names.
pub(crate) fn pinned(store: &Store) -> Result<Vec<IssuerKey>, StoreError> {
    let bytes = store.setting_bytes(SETTING)?.unwrap_or_default();
    let (rows, rest) = bytes.as_chunks::<ROW_LEN>();
    let read = |row: &[u8; ROW_LEN]| {
        let (epoch, spki) = row.split_first_chunk()?;
        Some(IssuerKey {
            epoch: PassEpoch(u32::from_be_bytes(*epoch)),
            key: PassKey::from_spki(spki).ok()?,
        })
    };
    match rows.iter().map(read).collect() {
        Some(keys) if rest.is_empty() => Ok(keys),
        _ => Err(StoreError::Row(SETTING)),
    }
}

/// What the bulletin of `now` says of the issuer at `url`.
pub(crate) fn published(
    store: &Store,
    url: Option<&str>,
    now: i64,
) -> Result<Option<PassIssuer>, StoreError> {
    let Some(url) = url else { return Ok(None) };
    let oldest = PassEpoch::oldest(now);
    let mut keys = pinned(store)?;
    keys.retain(|known| known.epoch >= oldest);
    Ok((!keys.is_empty()).then(|| PassIssuer {
        url: url.to_owned(),
        keys,
    }))
}

/// Looks at an issuer's directory from time to time, and fetches passes if the desk has a code for some.
pub(crate) struct Watcher {
    pub(crate) issuer: RelayUrl,
    pub(crate) code: Option<Zeroizing<String>>,
    pub(crate) line: Arc<dyn Line>,
    pub(crate) writer: WriterHandle,
    /// Rung when a bulletin has become old.
    pub(crate) wake: Arc<Notify>,
}

impl Watcher {
    /// Runs until dropped.
    pub(crate) async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            let done = match self.look().await {
                Ok(()) => self.fetch().await,
                missed => missed,
            };
            let wait = match done {
                Ok(()) => {
                    backoff.reset();
                    EVERY
                }
                Err(Some(trouble)) => {
                    tracing::warn!(%trouble, "the issuer's keys or passes could not be fetched");
                    backoff.next()
                }
                Err(None) => return,
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Nothing as an error: the desk is stopping.
    async fn look(&self) -> Result<(), Option<Trouble>> {
        let at = self
            .issuer
            .at("/.well-known/private-token-issuer-directory");
        let request = Request::get(at.as_str());
        let answer = ask(&*self.line, request, Bytes::new(), DIRECTORY_MAX)
            .await
            .map_err(Some)?;
        if answer.status() != StatusCode::OK {
            return Err(Some(refused(answer.status())));
        }
        let keys = read(answer.body()).ok_or(Some(Trouble::Directory))?;
        match self.writer.pass_keys(keys).await {
            Ok(changed) => {
                if changed {
                    self.wake.notify_one();
                }
                Ok(())
            }
            Err(why) => Err(stored(why)),
        }
    }

    /// A batch of passes for invites, if few are left.
    async fn fetch(&self) -> Result<(), Option<Trouble>> {
        let Some(code) = &self.code else {
            return Ok(());
        };
        let Some(request) = self.writer.pass_request().await.map_err(stored)? else {
            return Ok(());
        };
        let to = self.issuer.at("/v1/passes");
        let asked =
            Request::post(to.as_str()).header("authorization", format!("Bearer {}", code.as_str()));
        let answer = ask(&*self.line, asked, request, PASS_RESPONSE_LEN)
            .await
            .map_err(Some)?;
        if answer.status() != StatusCode::OK {
            return Err(Some(refused(answer.status())));
        }
        let bytes = answer.into_body().to_vec();
        match self.writer.pass_response(bytes).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Some(Trouble::Passes)),
            Err(why) => Err(stored(why)),
        }
    }
}

fn stored(why: Refusal) -> Option<Trouble> {
    match why {
        Refusal::Stopping => None,
        why => Some(Trouble::Store(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::KeySource;
    use serde_json::json;

    const NOW: i64 = 1_795_000_000;

    fn key(epoch: u32, fill: u8) -> IssuerKey {
        IssuerKey {
            epoch: PassEpoch(epoch),
            key: PassKey::from_modulus(&[fill; 256]).unwrap(),
        }
    }

    #[test]
    fn a_key_that_was_published_for_an_epoch_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let source = KeySource::File {
            path: dir.path().join("key"),
            create: true,
        };
        let mut store = Store::create(dir.path(), &source).unwrap();
        let this = PassEpoch::at(NOW).0;
        let url = Some("https://issuer.example");
        assert_eq!(published(&store, url, NOW).unwrap(), None);
        let first = [key(this, 0xf1), key(this + 1, 0xf3)];
        assert!(pin(&mut store, &first, NOW).unwrap());
        assert!(!pin(&mut store, &first, NOW).unwrap());
        let other = [key(this, 0xf5), key(this + 1, 0xf7), key(this + 2, 0xf9)];
        assert!(!pin(&mut store, &other, NOW).unwrap());
        let shown = published(&store, url, NOW).unwrap().unwrap();
        assert_eq!(shown.keys, first);
        assert_eq!(published(&store, None, NOW).unwrap(), None);
        // An epoch on, there is room for the next; the same key does not serve again.
        let later = PassEpoch(this + 1).starts();
        assert!(!pin(&mut store, &[key(this + 2, 0xf3)], later).unwrap());
        assert!(pin(&mut store, &[key(this + 2, 0xf9)], later).unwrap());
        let shown = published(&store, url, later).unwrap().unwrap();
        assert_eq!(shown.keys, [&first[..], &[key(this + 2, 0xf9)]].concat());
        // Two on, the first is taken nowhere any more.
        let last = PassEpoch(this + 2).starts();
        let shown = published(&store, url, last).unwrap().unwrap();
        assert_eq!(shown.keys[0], first[1]);
        assert!(pin(&mut store, &[], last).unwrap());
    }

    #[test]
    fn a_directory_is_read_for_what_concerns_passes() {
        let good = key(740, 0xf1);
        let text = |key: &IssuerKey| URL_SAFE.encode(key.key.spki());
        let entry = |kind: u16, key: &str, from: i64| json!({ "token-type": kind, "token-key": key, "not-before": from });
        let starts = PassEpoch(740).starts();
        let directory = json!({
            "issuer-request-uri": "/elsewhere",
            "token-keys": [
                entry(2, &text(&good), starts),
                entry(1, &text(&good), starts),
                entry(2, &text(&good), starts + 1),
                entry(2, "AAAA", starts),
                { "token-type": 2, "token-key": text(&good) },
            ],
        });
        assert_eq!(read(directory.to_string().as_bytes()), Some(vec![good]));
        for bad in ["", "{}", "[]", r#"{"token-keys": 1}"#] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
    }
}
