//! A relay that can be started again from its folder, and whose store may hand out what it holds in a way that the
//! relay's own code never would.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::AtomicI64},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{Method, Request, StatusCode},
};
use lapwing_relay::{NewEnvelope, Relay, Spend, SqliteStore, Store, StoreError, Stored};
use lapwing_wire::{PassEpoch, Record, VerifyingKey, records};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::{clocks::Clocks, world::copy};

/// How a relay hands out what came in since the last pull.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    /// As it is stored.
    Honest,
    /// In another order, some of it twice, and some that was handed out before.
    Muddled(u64),
    /// Not all of it yet.
    HoldsBack(u64),
    /// Under a time that is none.
    Lies,
}

/// What a relay has told the desk: an order of its own.
pub(crate) struct Told {
    mood: Mood,
    /// How far it has looked into its store.
    seen: u64,
    held: Vec<Record>,
    log: Vec<Record>,
}

impl Told {
    fn tell(&mut self, new: Vec<Record>) {
        self.seen = new.last().map_or(self.seen, |record| record.index);
        let mut due = std::mem::take(&mut self.held);
        due.extend(new);
        match self.mood {
            Mood::Honest => {}
            Mood::Muddled(seed) => {
                let rng = &mut ChaCha20Rng::seed_from_u64(seed);
                let again = |from: &[Record], rng: &mut ChaCha20Rng| {
                    from.get(below(rng, from.len().max(1))).cloned()
                };
                let twice = [
                    again(&due, rng),
                    again(&self.log, rng),
                    again(&self.log, rng),
                ];
                due.extend(twice.into_iter().flatten());
                shuffle(rng, &mut due);
            }
            Mood::HoldsBack(seed) => {
                let rng = &mut ChaCha20Rng::seed_from_u64(seed);
                let kept = below(rng, due.len() + 1);
                self.held = due.split_off(kept);
            }
            Mood::Lies => due.iter_mut().for_each(|record| record.time = 0),
        }
        for mut record in due {
            record.index = self.log.len() as u64 + 1;
            self.log.push(record);
        }
    }
}

/// A store over the real one.
struct Crooked {
    real: SqliteStore,
    told: Arc<Mutex<Told>>,
}

impl Store for Crooked {
    async fn put(&self, new: NewEnvelope) -> Result<Stored, StoreError> {
        self.real.put(new).await
    }

    async fn spent(&self, spend: &Spend) -> Result<Option<[u8; 32]>, StoreError> {
        self.real.spent(spend).await
    }

    async fn forget_passes(&self, oldest: PassEpoch) -> Result<(), StoreError> {
        self.real.forget_passes(oldest).await
    }

    async fn range(&self, after: u64, limit: u32) -> Result<Vec<u8>, StoreError> {
        let seen = self.told.lock().unwrap().seen;
        let new = self.real.range(seen, u32::MAX).await?;
        let mut told = self.told.lock().unwrap();
        told.tell(records(&new).unwrap());
        let mut out = Vec::new();
        for record in told
            .log
            .iter()
            .filter(|record| record.index > after)
            .take(limit as usize)
        {
            record.encode_into(&mut out);
        }
        Ok(out)
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.real.newest()
    }

    async fn publication(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.real.publication().await
    }

    async fn publish(&self, number: u64, bytes: Vec<u8>) -> Result<bool, StoreError> {
        self.real.publish(number, bytes).await
    }

    async fn log_key(&self) -> Result<[u8; 32], StoreError> {
        self.real.log_key().await
    }

    async fn healthy(&self) -> Result<(), StoreError> {
        self.real.healthy().await
    }
}

/// One relay.
pub(crate) struct RelayHost {
    dir: PathBuf,
    desk: VerifyingKey,
    clock: Arc<AtomicI64>,
    told: Arc<Mutex<Told>>,
    router: Option<Router>,
}

impl RelayHost {
    pub(crate) async fn new(dir: &Path, desk: VerifyingKey, clock: Arc<AtomicI64>) -> Self {
        let told = Told {
            mood: Mood::Honest,
            seen: 0,
            held: Vec::new(),
            log: Vec::new(),
        };
        let mut host = Self {
            dir: dir.to_owned(),
            desk,
            clock,
            told: Arc::new(Mutex::new(told)),
            router: None,
        };
        host.restart(None).await;
        host
    }

    /// Ends it and opens what its folder holds; with `elsewhere`, a copy of the files as they are before it ends.
    pub(crate) async fn restart(&mut self, elsewhere: Option<PathBuf>) {
        if let Some(elsewhere) = elsewhere {
            copy(&self.dir, &elsewhere);
            self.dir = elsewhere;
        }
        self.router = None;
        let store = Crooked {
            real: SqliteStore::open(&self.dir).unwrap(),
            told: Arc::clone(&self.told),
        };
        let clock = Clocks::reader(&self.clock);
        let relay = Relay::over(store, self.desk, clock).await.unwrap();
        self.router = Some(relay.router());
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.told.lock().unwrap().mood = mood;
    }

    /// A request and its answer.
    pub(crate) async fn answers(&self, request: Request<Bytes>) -> (StatusCode, Bytes) {
        let router = self.router.clone().unwrap();
        let answer = router.oneshot(request.map(Body::from)).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, body)
    }

    pub(crate) async fn post(&self, envelope: &[u8]) -> (StatusCode, Bytes) {
        let body = Bytes::copy_from_slice(envelope);
        self.answers(request(Method::POST, "/v1/envelopes", body))
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> Option<Bytes> {
        let (status, body) = self.answers(request(Method::GET, path, Bytes::new())).await;
        (status == StatusCode::OK).then_some(body)
    }

    pub(crate) async fn put(&self, publication: Bytes) -> StatusCode {
        let request = request(Method::PUT, "/v1/publication", publication);
        self.answers(request).await.0
    }
}

fn request(method: Method, path: &str, body: Bytes) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(path);
    request.body(body).unwrap()
}

/// A number below `n`.
pub(crate) fn below(rng: &mut ChaCha20Rng, n: usize) -> usize {
    (rng.next_u64() % n as u64) as usize
}

pub(crate) fn shuffle<T>(rng: &mut ChaCha20Rng, list: &mut [T]) {
    for last in (1..list.len()).rev() {
        list.swap(last, below(rng, last + 1));
    }
}
