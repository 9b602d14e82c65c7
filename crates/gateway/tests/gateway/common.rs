//! A desk, a real relay in this process, and a gateway between them and whoever delivers.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt as _;
use lapwing_gateway::{Clock, Desk, Forwarding, Holding, Intake, Queue, Relay, Trouble, forward};
use lapwing_model::{Form, Place, Region};
use lapwing_seal::{Bearer, Forwarded, Frame, ReceptionSecret, open};
use lapwing_wire::{
    Bulletin, Envelope, IssuerKey, KeyEpoch, PASS_MODULUS_LEN, Pass, PassEpoch, PassIssuer,
    PassKey, Publication, ReceptionKey, SigningKey, VerifyingKey, Whisper, pull, records,
};
use lapwing_words::{Language, Style, WORDS, encode, pack};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

pub(crate) const NOW: i64 = 1_795_000_000;

/// A moment that tests move.
pub(crate) fn clock() -> (Clock, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(NOW));
    let read = Arc::clone(&now);
    (Arc::new(move || read.load(SeqCst)), now)
}

/// A desk: what a gateway seals to, and what opens it.
pub(crate) struct DeskKeys {
    pub(crate) root: SigningKey,
    secret: ReceptionSecret,
}

impl DeskKeys {
    pub(crate) fn new() -> Self {
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        Self {
            root: SigningKey::from_bytes(&[1; 32]),
            secret: ReceptionSecret::generate(&mut rng, KeyEpoch::at(NOW)),
        }
    }

    pub(crate) fn bulletin(&self, number: u64) -> Vec<u8> {
        self.sign(number, None)
    }

    pub(crate) fn bulletin_with_issuer(&self, number: u64) -> Vec<u8> {
        let modulus = [0xff; PASS_MODULUS_LEN];
        let issuer = PassIssuer {
            url: "https://issuer.example.org".into(),
            keys: vec![IssuerKey {
                epoch: PassEpoch::at(NOW),
                key: PassKey::from_modulus(&modulus).unwrap(),
            }],
        };
        self.sign(number, Some(issuer))
    }

    fn sign(&self, number: u64, passes: Option<PassIssuer>) -> Vec<u8> {
        let place = |lat, lon| Place::from_degrees(lat, lon).unwrap();
        let bulletin = Bulletin {
            root_key: self.root.verifying_key().to_bytes(),
            number,
            issued: NOW,
            expires: NOW + 1_000,
            region: Region {
                south_west: place(44.0, 22.0),
                north_east: place(52.5, 40.5),
            },
            keys: vec![ReceptionKey {
                epoch: self.secret.epoch(),
                public: self.secret.public_bytes(),
            }],
            form: Form::civil_protection().source().to_vec(),
            warnings: Vec::new(),
            files: Vec::new(),
            drops: None,
            passes,
        };
        bulletin.sign(&self.root)
    }

    pub(crate) fn open(&self, envelope: &Envelope) -> Forwarded {
        match open(envelope, &self.secret).unwrap() {
            Frame::Whisper(forwarded) => forwarded,
            other => panic!("{other:?}"),
        }
    }
}

/// A real relay over its own store, which can be unreachable.
pub(crate) struct NearRelay {
    router: Router,
    pub(crate) log_key: VerifyingKey,
    pub(crate) down: AtomicBool,
    /// So many answers are lost after the relay has given them.
    pub(crate) lost: AtomicU32,
    pub(crate) posts: AtomicU32,
    _folder: tempfile::TempDir,
}

impl NearRelay {
    pub(crate) async fn start(desk: &DeskKeys) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let root = desk.root.verifying_key();
        let relay = lapwing_relay::Relay::open(folder.path(), root, Arc::new(|| NOW))
            .await
            .unwrap();
        let log_key = relay.log_key();
        let near = Self {
            router: relay.router(),
            log_key,
            down: AtomicBool::new(false),
            lost: AtomicU32::new(0),
            posts: AtomicU32::new(0),
            _folder: folder,
        };
        let publication = Publication {
            bulletin: desk.bulletin(1),
            files: Vec::new(),
        };
        let request = Request::put("/v1/publication").body(publication.encode().into());
        assert_eq!(near.ask(request.unwrap()).await.0, StatusCode::NO_CONTENT);
        Arc::new(near)
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, body.to_vec())
    }

    /// All that it has, opened.
    pub(crate) async fn opened(&self, desk: &DeskKeys) -> Vec<Forwarded> {
        let query = "after=0";
        let headers = pull::sign(&desk.root, "/v1/envelopes", query, NOW);
        let request = Request::get(format!("/v1/envelopes?{query}"))
            .header("signature-input", headers.signature_input)
            .header("signature", headers.signature)
            .body(Body::empty())
            .unwrap();
        let (status, body) = self.ask(request).await;
        assert_eq!(status, StatusCode::OK);
        let records = records(&body).unwrap();
        let opened = records.iter().map(|record| desk.open(&record.envelope));
        opened.collect()
    }
}

impl Relay for NearRelay {
    async fn bulletin(&self) -> Result<Vec<u8>, Trouble> {
        self.reachable()?;
        let request = Request::get("/v1/bulletin").body(Body::empty()).unwrap();
        Ok(self.ask(request).await.1)
    }

    async fn post(&self, envelope: &Envelope, _pass: Option<&Pass>) -> Result<Vec<u8>, Trouble> {
        self.reachable()?;
        let body = envelope.as_bytes().to_vec();
        let request = Request::post("/v1/envelopes").body(body.into()).unwrap();
        let (status, answer) = self.ask(request).await;
        assert_eq!(status, StatusCode::CREATED);
        self.posts.fetch_add(1, SeqCst);
        if self.lost.load(SeqCst) > 0 {
            self.lost.fetch_sub(1, SeqCst);
            return Err(Trouble::Passing("the answer is lost".into()));
        }
        Ok(answer)
    }

    async fn pass(&self) -> Option<Pass> {
        None
    }
}

impl NearRelay {
    fn reachable(&self) -> Result<(), Trouble> {
        if self.down.load(SeqCst) {
            return Err(Trouble::Passing("down".into()));
        }
        Ok(())
    }
}

/// A gateway without the part that a carrier speaks to.
pub(crate) struct Gateway {
    pub(crate) intake: Arc<Intake>,
    pub(crate) queue: Queue,
    pub(crate) desk: Arc<Desk>,
    pub(crate) now: Arc<AtomicI64>,
    folder: PathBuf,
    forwarding: Mutex<Option<JoinHandle<()>>>,
}

pub(crate) const SOON: Duration = Duration::from_millis(30);

impl Gateway {
    pub(crate) fn open(folder: &Path, desk: &DeskKeys) -> Self {
        Self::with(folder, desk, 1_000, Holding::default())
    }

    pub(crate) fn with(folder: &Path, keys: &DeskKeys, max: u64, holding: Holding) -> Self {
        let (clock, now) = clock();
        let queue = Queue::open(folder, max).unwrap();
        let root = keys.root.verifying_key();
        let desk = Arc::new(Desk::open(&root, folder, Arc::clone(&clock), [3; 32]).unwrap());
        desk.accept(&keys.bulletin(1)).unwrap();
        let intake = Intake::new(Arc::clone(&desk), queue.clone(), clock, &[4; 32], holding);
        Self {
            intake: Arc::new(intake),
            queue,
            desk,
            now,
            folder: folder.to_owned(),
            forwarding: Mutex::default(),
        }
    }

    pub(crate) fn forward_to(&self, relay: &Arc<NearRelay>) {
        let forwarding = Forwarding {
            every: SOON,
            seed: [5; 32],
            log_key: Some(relay.log_key),
        };
        let forwarding = forward(
            Arc::clone(relay),
            Arc::clone(&self.desk),
            self.queue.clone(),
            forwarding,
        );
        let forwarding = tokio::spawn(forwarding);
        *self.forwarding.lock().unwrap() = Some(forwarding);
    }

    /// Ends without a word, as a power cut would; what is on disk is all that is left.
    pub(crate) fn kill(self) -> PathBuf {
        if let Some(forwarding) = self.forwarding.lock().unwrap().take() {
            forwarding.abort();
        }
        self.folder.clone()
    }
}

/// Waits until something is true.
pub(crate) async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .is_err()
    {
        panic!("waited in vain until {what}");
    }
}

pub(crate) fn whisper(seed: u8) -> Whisper {
    let mut bytes = [seed; 14];
    bytes[0] &= 0x3f;
    bytes[5] = 0x5a;
    bytes[13] &= 0xfc;
    Whisper::from_bytes(&bytes).unwrap()
}

pub(crate) fn words(seed: u8, language: Language, style: Style) -> String {
    let words: [_; WORDS] = encode(&pack(&whisper(seed).to_bytes()).unwrap());
    language.message(&words, style)
}

/// The only whisper that was forwarded.
pub(crate) fn only(forwarded: &Forwarded) -> Whisper {
    assert_eq!(forwarded.heard_at, NOW);
    assert_eq!(forwarded.bearer, Bearer::Text);
    let [whisper] = forwarded.whispers[..] else {
        panic!("{} readings", forwarded.whispers.len());
    };
    whisper
}
