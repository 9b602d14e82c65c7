//! A desk and real relays in one process, on ports of the system's choice, with one clock.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use lapwing_desk::{
    Clock, ClockMode, Desk, DeskConfig, DeskError, DropPlan, Gazetteer, KeySource, RelayUrl,
    StoreError,
};
use lapwing_model::{Danger, Form, Known, Observation, Place, Region};
use lapwing_relay::Relay;
use lapwing_seal::{FieldSeed, Frame, ReceptionPublic, Report, seal};
use lapwing_wire::{Bulletin, Envelope, VerifyingKey};
use lapwing_witness::{Draft, Phone};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) const NOW: i64 = 1_790_000_000;

/// A clock that a test turns by hand.
#[derive(Clone)]
pub(crate) struct HandClock(Arc<AtomicI64>);

impl HandClock {
    pub(crate) fn at(unix: i64) -> Self {
        Self(Arc::new(AtomicI64::new(unix)))
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Everything of one test.
pub(crate) struct World {
    pub(crate) clock: HandClock,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) mode: ClockMode,
    pub(crate) root: [u8; 32],
    pub(crate) relays: Vec<RunningRelay>,
    pub(crate) http: reqwest::Client,
    pub(crate) rng: ChaCha20Rng,
    last: Option<Frame>,
}

pub(crate) struct RunningRelay {
    pub(crate) url: String,
}

pub(crate) struct RunningDesk {
    pub(crate) url: String,
    pub(crate) cookie: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), DeskError>>,
    http: reqwest::Client,
}

impl World {
    pub(crate) async fn new(mode: ClockMode, relays: usize) -> Self {
        let mut world = Self {
            clock: HandClock::at(NOW),
            dir: tempfile::tempdir().unwrap(),
            mode,
            root: [0; 32],
            relays: Vec::new(),
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            rng: ChaCha20Rng::from_seed([9; 32]),
            last: None,
        };
        world.root = Desk::init(world.config()).unwrap().root_key();
        for n in 0..relays {
            let dir = world.dir.path().join(format!("relay-{n}"));
            std::fs::create_dir_all(&dir).unwrap();
            let relay = world.relay(dir).await;
            world.relays.push(relay);
        }
        world
    }

    async fn relay(&self, dir: PathBuf) -> RunningRelay {
        let clock = self.clock.clone();
        let root = VerifyingKey::from_bytes(&self.root).unwrap();
        let relay = Relay::open(&dir, root, Arc::new(move || clock.now()))
            .await
            .unwrap();
        let bound = lapwing_http::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let url = format!("http://{}", bound.address);
        tokio::spawn(async move {
            lapwing_http::serve(bound, relay.router(), None, std::future::pending())
                .await
                .unwrap();
        });
        RunningRelay { url }
    }

    pub(crate) fn desk_dir(&self) -> PathBuf {
        self.dir.path().join("desk")
    }

    pub(crate) fn key(&self) -> KeySource {
        KeySource::File {
            path: self.dir.path().join("desk.key"),
            create: true,
        }
    }

    pub(crate) fn config(&self) -> DeskConfig {
        let places = "geonameid,name,name_uk,oblast,lat,lon,population\n\
            1,Orikhiv,Оріхів,Zaporizka,47.5676,35.7858,14000\n";
        DeskConfig {
            data_dir: self.desk_dir(),
            key: self.key(),
            mode: self.mode,
            relays: self
                .relays
                .iter()
                .map(|r| RelayUrl::parse(&r.url).unwrap())
                .collect(),
            region: Region {
                south_west: Place::from_degrees(44.0, 22.0).unwrap(),
                north_east: Place::from_degrees(52.5, 40.3).unwrap(),
            },
            form: Form::civil_protection(),
            gazetteer: Gazetteer::from_csv(places.as_bytes()).unwrap(),
            web_dir: None,
            pmtiles: None,
            drops: DropPlan::default(),
            clock: Arc::new(self.clock.clone()),
        }
    }

    /// Starts the desk; after an abrupt stop its folder may be locked for a moment.
    pub(crate) async fn desk(&self) -> RunningDesk {
        let desk = loop {
            match Desk::open(self.config()) {
                Err(DeskError::Store(StoreError::Locked(_))) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                opened => break opened.unwrap(),
            }
        };
        let bound = lapwing_http::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let url = format!("http://{}", bound.address);
        let sign_in = desk.sign_in_address(bound.address);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(desk.run(bound, async move {
            let _ = stopped.await;
        }));
        let answer = self.http.get(sign_in).send().await.unwrap();
        assert_eq!(answer.status(), 303);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        RunningDesk {
            url,
            cookie,
            stop: Some(stop),
            task,
            http: self.http.clone(),
        }
    }

    /// The bulletin at a relay, once there is one with at least this number.
    pub(crate) async fn bulletin(&self, relay: usize, number: u64) -> Bulletin {
        let root = VerifyingKey::from_bytes(&self.root).unwrap();
        let url = format!("{}/v1/bulletin", self.relays[relay].url);
        eventually("a bulletin", async || {
            let answer = self.http.get(&url).send().await.unwrap();
            if answer.status() != 200 {
                return None;
            }
            let bytes = answer.bytes().await.unwrap();
            let bulletin = Bulletin::verify(&bytes, &root).unwrap();
            (bulletin.number >= number).then_some(bulletin)
        })
        .await
    }

    pub(crate) async fn reception(&self) -> ReceptionPublic {
        let bulletin = self.bulletin(0, 1).await;
        let key = bulletin.key_at(self.clock.now()).unwrap();
        ReceptionPublic::parse(key.epoch, &key.public).unwrap()
    }

    /// A phone that has the bulletin.
    pub(crate) async fn phone(&self, author: u8) -> Phone {
        let url = format!("{}/v1/bulletin", self.relays[0].url);
        self.bulletin(0, 1).await;
        let bytes = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let mut phone = Phone::new(&self.root, [author; 16], 0).unwrap();
        phone.accept_bulletin(&bytes, self.clock.now()).unwrap();
        phone
    }

    pub(crate) async fn post(&self, relay: usize, envelope: &Envelope) {
        let url = format!("{}/v1/envelopes", self.relays[relay].url);
        let body = envelope.as_bytes().to_vec();
        let answer = self.http.post(url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
    }

    /// Sends what a phone would compose.
    pub(crate) async fn send(&mut self, phone: &mut Phone, draft: &Draft) {
        let now = self.clock.now();
        let envelope = phone.report(&mut self.rng, draft, now).unwrap();
        self.post(0, &envelope).await;
    }

    /// Seals a report that no honest phone would compose.
    pub(crate) fn sealed(
        &mut self,
        to: &ReceptionPublic,
        sequence: u32,
        change: impl FnOnce(&mut Report),
    ) -> Envelope {
        let form = Form::civil_protection();
        let mut report = Report {
            author: [77; 16],
            sequence,
            seed: FieldSeed::generate(&mut self.rng),
            observation: Observation {
                kind: 1,
                place: Place::from_degrees(47.57, 35.79)
                    .unwrap()
                    .rounded(form.kind(1).unwrap().precision),
                off_m: 200,
                seen: self.clock.now() - 60,
                seen_off_s: 0,
                count: None,
                heading: None,
                known: Known::Seen,
                danger: Danger::None,
                note: String::new(),
            },
            replayed_at: None,
        };
        change(&mut report);
        let frame = Frame::Report(report);
        let envelope = seal(&mut self.rng, to, &frame).unwrap();
        self.last = Some(frame);
        envelope
    }

    /// The report that was sealed last, in another envelope.
    pub(crate) fn sealed_again(&mut self, to: &ReceptionPublic) -> Envelope {
        seal(&mut self.rng, to, self.last.as_ref().unwrap()).unwrap()
    }
}

impl RunningDesk {
    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.take().unwrap().send(());
        (&mut self.task).await.unwrap().unwrap();
    }

    /// Ends it wherever it is.
    pub(crate) async fn cut_off(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub(crate) async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.request_with(method, path, body, &[]).await
    }

    /// With headers of one's own; an answer without a body is null.
    pub(crate) async fn request_with(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        let value = match bytes.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&bytes).unwrap(),
        };
        (status, value)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, value) = self.request(reqwest::Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    /// Counters, once so many envelopes have been taken.
    pub(crate) async fn counters(&self, envelopes: u64) -> Value {
        eventually("so many envelopes", async || {
            let counters = self.get("/api/overview").await["counters"].clone();
            let count = |name: &str| counters[name].as_u64().unwrap();
            let refused: u64 = counters["refused"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["count"].as_u64().unwrap())
                .sum();
            let all = count("accepted") + count("duplicates") + count("cover") + refused;
            (all >= envelopes).then_some(counters)
        })
        .await
    }

    pub(crate) async fn incidents(&self) -> Vec<Value> {
        self.get("/api/incidents").await["incidents"]
            .as_array()
            .unwrap()
            .clone()
    }

    pub(crate) async fn events(&self) -> reqwest::Response {
        let answer = self
            .http
            .get(format!("{}/api/events", self.url))
            .header("cookie", &self.cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer
    }
}

/// Tries until there is something, for at most twenty seconds.
pub(crate) async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1_000 {
        if let Some(value) = attempt().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come about");
}

/// A report as a person would make it.
pub(crate) fn draft(kind: u8, lat: f64, lon: f64, seen: i64) -> Draft {
    Draft {
        kind,
        lat,
        lon,
        off_m: 300,
        seen,
        seen_off_s: 0,
        count: None,
        heading: None,
        known: Known::Seen,
        danger: Danger::None,
        note: String::new(),
    }
}

/// Whether any file below `dir` holds these bytes.
pub(crate) fn holds(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        let content = std::fs::read(&path).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}
