//! Admission by passes: order of checks, spending, retries, crashes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed},
    },
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::Request,
};
use lapwing_issuer::Signer;
use lapwing_model::{Form, Place, Region};
use lapwing_pass::Blinder;
use lapwing_relay::{Admission, Relay};
use lapwing_wire::{
    Bulletin, ENVELOPE_LEN, Envelope, IssuerKey, KeyEpoch, PASS_EPOCH_S, Pass, PassEpoch,
    PassIssuer, Publication, ReceptionKey, SigningKey, challenge_digest, pull, records,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::Value;
use tower::ServiceExt as _;

const NOW: i64 = 1_795_000_000;

/// Drawing them takes longer than the tests.
static KEYS: LazyLock<[Signer; 3]> =
    LazyLock::new(|| std::array::from_fn(|_| Signer::generate().unwrap()));

fn desk() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

/// A pass as a phone gets one.
fn pass(signer: &Signer, seed: u64) -> Pass {
    let blinder = Blinder::new(signer.public()).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let blinding = blinder.blind(&mut rng, &challenge_digest()).unwrap();
    let signature = signer.blind_sign(&blinding.blinded).unwrap();
    blinder.finalize(&blinding, &signature).unwrap()
}

fn envelope(n: u32) -> Envelope {
    let mut bytes = Envelope::header_for(KeyEpoch(n), &[0; 32]).to_vec();
    bytes.resize(ENVELOPE_LEN, 7);
    Envelope::from_bytes(&bytes).unwrap()
}

/// A bulletin with these keys, each with how many epochs it is from now.
fn publication(number: u64, keys: &[(i32, &Signer)]) -> Vec<u8> {
    let place = |lat, lon| Place::from_degrees(lat, lon).unwrap();
    let keys: Vec<IssuerKey> = keys
        .iter()
        .map(|&(away, signer)| IssuerKey {
            epoch: PassEpoch(PassEpoch::at(NOW).0.checked_add_signed(away).unwrap()),
            key: signer.public().clone(),
        })
        .collect();
    let bulletin = Bulletin {
        root_key: desk().verifying_key().to_bytes(),
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
        files: Vec::new(),
        drops: None,
        passes: (!keys.is_empty()).then(|| PassIssuer {
            url: "https://issuer.example".into(),
            keys,
        }),
    };
    Publication {
        bulletin: bulletin.sign(&desk()),
        files: Vec::new(),
    }
    .encode()
}

struct Answer {
    status: u16,
    body: Vec<u8>,
    challenge: Option<String>,
}

impl Answer {
    fn problem(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let kind = body["type"].as_str().unwrap();
        kind.strip_prefix("urn:lapwing:problem:")
            .unwrap()
            .to_owned()
    }
}

struct Site {
    router: Router,
    clock: Arc<AtomicI64>,
}

impl Site {
    async fn open(folder: &Path) -> Self {
        Self::open_at(folder, NOW).await
    }

    async fn open_at(folder: &Path, now: i64) -> Self {
        let clock = Arc::new(AtomicI64::new(now));
        let told = Arc::clone(&clock);
        let now = Arc::new(move || told.load(Relaxed));
        let relay = Relay::open(folder, desk().verifying_key(), now)
            .await
            .unwrap();
        let router = relay.admitting(Admission::Passes).router();
        Self { router, clock }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let challenge = response.headers().get("www-authenticate");
        let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer {
            status,
            body: body.to_vec(),
            challenge,
        }
    }

    async fn publish(&self, number: u64, keys: &[(i32, &Signer)]) {
        let body = publication(number, keys).into();
        let request = Request::put("/v1/publication").body(body).unwrap();
        assert_eq!(self.send(request).await.status, 204);
    }

    async fn post_as(&self, authorization: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = Request::post("/v1/envelopes");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn post(&self, pass: &Pass, envelope: &Envelope) -> Answer {
        let body = envelope.as_bytes().to_vec();
        self.post_as(Some(&pass.authorization()), body).await
    }

    async fn stored(&self) -> Vec<Envelope> {
        let query = "after=0&limit=4096";
        let signed = pull::sign(&desk(), "/v1/envelopes", query, self.clock.load(Relaxed));
        let request = Request::get(format!("/v1/envelopes?{query}"))
            .header("signature-input", signed.signature_input)
            .header("signature", signed.signature)
            .body(Body::empty())
            .unwrap();
        let answer = self.send(request).await;
        let records = records(&answer.body).unwrap();
        records.into_iter().map(|record| record.envelope).collect()
    }
}

#[tokio::test]
async fn a_pass_admits_one_envelope_and_a_retry_gets_the_same_receipt_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let [current, before, _] = &*KEYS;
    let site = Site::open(folder.path()).await;
    site.publish(1, &[(-1, before), (0, current)]).await;
    let (one, two, old) = (pass(current, 1), pass(current, 2), pass(before, 3));
    let first = site.post(&one, &envelope(1)).await;
    assert_eq!(first.status, 201);
    assert_eq!(site.post(&one, &envelope(1)).await.body, first.body);
    let reused = site.post(&one, &envelope(2)).await;
    assert_eq!(
        (reused.status, reused.problem().as_str()),
        (409, "pass-spent")
    );
    assert_eq!(site.post(&old, &envelope(3)).await.status, 201);
    // Another pass with an envelope that is there: the same receipt, and that pass is spent with it.
    assert_eq!(site.post(&two, &envelope(1)).await.body, first.body);
    assert_eq!(site.post(&two, &envelope(4)).await.problem(), "pass-spent");
    drop(site);
    let site = Site::open(folder.path()).await;
    assert_eq!(site.post(&one, &envelope(1)).await.body, first.body);
    assert_eq!(site.post(&one, &envelope(2)).await.problem(), "pass-spent");
    assert_eq!(site.stored().await, [envelope(1), envelope(3)]);
}

#[tokio::test]
async fn everything_else_is_refused_by_a_stable_type_in_the_order_of_the_documents() {
    let folder = tempfile::tempdir().unwrap();
    let [current, next, stranger] = &*KEYS;
    let site = Site::open(folder.path()).await;
    let good = pass(current, 1);
    // Before the first bulletin no key is known.
    assert_eq!(site.post(&good, &envelope(1)).await.problem(), "pass-key");
    site.publish(1, &[(0, current), (1, next)]).await;
    let whole = envelope(1).as_bytes().to_vec();
    let mut foreign = good.clone();
    foreign.challenge = [9; 32];
    let mut forged = good.clone();
    forged.authenticator[100] ^= 1;
    let mut renamed = pass(stranger, 2);
    renamed.key_id = current.public().id();
    let mut other_version = whole.clone();
    other_version[0] = 2;
    let good = good.authorization();
    let short = &whole[..2_047];
    let cases: [(Option<String>, &[u8], u16, &str); 11] = [
        (None, &whole, 401, "pass-missing"),
        (None, short, 401, "pass-missing"),
        (
            Some("PrivateToken token=abc".into()),
            &whole,
            401,
            "pass-malformed",
        ),
        (Some("Bearer abc".into()), short, 401, "pass-malformed"),
        (Some(foreign.authorization()), &whole, 401, "pass-malformed"),
        (
            Some(pass(stranger, 3).authorization()),
            short,
            401,
            "pass-key",
        ),
        (Some(pass(next, 4).authorization()), &whole, 401, "pass-key"),
        (Some(good.clone()), short, 400, "envelope-size"),
        (
            Some(forged.authorization()),
            &other_version,
            400,
            "envelope-header",
        ),
        (Some(forged.authorization()), &whole, 401, "pass-signature"),
        (Some(renamed.authorization()), &whole, 401, "pass-signature"),
    ];
    for (authorization, body, status, name) in cases {
        let answer = site.post_as(authorization.as_deref(), body.to_vec()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, name));
        assert_eq!(answer.challenge.is_some(), status == 401, "{name}");
    }
    // The announced length is looked at first of all.
    let request = Request::post("/v1/envelopes")
        .header("content-length", "3000")
        .body(Body::empty())
        .unwrap();
    assert_eq!(site.send(request).await.problem(), "envelope-size");
    let twice = Request::post("/v1/envelopes")
        .header("authorization", &good)
        .header("authorization", &good)
        .body(whole.clone().into())
        .unwrap();
    assert_eq!(site.send(twice).await.problem(), "pass-missing");
    let challenge = site.post_as(None, whole.clone()).await.challenge.unwrap();
    assert!(challenge.starts_with("PrivateToken challenge=\"") && challenge.contains("token-key="));
    assert!(site.stored().await.is_empty());
    // None of it has hurt the good one.
    assert_eq!(site.post_as(Some(&good), whole).await.status, 201);
}

#[tokio::test]
async fn epochs_end_and_what_was_spent_in_them_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let [current, next, _] = &*KEYS;
    let spent = || -> i64 {
        let db = rusqlite::Connection::open(folder.path().join("relay.sqlite")).unwrap();
        db.query_row("SELECT count(*) FROM pass", [], |row| row.get(0))
            .unwrap()
    };
    let site = Site::open(folder.path()).await;
    site.publish(1, &[(0, current), (1, next)]).await;
    assert_eq!(site.post(&pass(current, 1), &envelope(1)).await.status, 201);
    assert_eq!(
        site.post(&pass(next, 2), &envelope(2)).await.problem(),
        "pass-key"
    );
    site.clock.store(NOW + PASS_EPOCH_S, Relaxed);
    assert_eq!(site.post(&pass(next, 2), &envelope(2)).await.status, 201);
    assert_eq!(site.post(&pass(current, 3), &envelope(3)).await.status, 201);
    site.publish(2, &[(0, current), (1, next)]).await;
    assert_eq!(spent(), 3);
    site.clock.store(NOW + 2 * PASS_EPOCH_S, Relaxed);
    assert_eq!(
        site.post(&pass(current, 4), &envelope(4)).await.problem(),
        "pass-key"
    );
    site.publish(3, &[(0, current), (1, next)]).await;
    assert_eq!(spent(), 1, "the two of the epoch that is over are gone");
    drop(site);
    Site::open_at(folder.path(), NOW + 3 * PASS_EPOCH_S).await;
    assert_eq!(spent(), 0);
}

#[tokio::test]
async fn one_pass_shown_many_times_at_once_admits_one_envelope() {
    let folder = tempfile::tempdir().unwrap();
    let [current, ..] = &*KEYS;
    let site = Arc::new(Site::open(folder.path()).await);
    site.publish(1, &[(0, current)]).await;
    let one = pass(current, 1);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let (site, one) = (Arc::clone(&site), one.clone());
        tasks.spawn(async move { site.post(&one, &envelope(n)).await.status });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(
        statuses[1..].iter().all(|&status| status == 409),
        "{statuses:?}"
    );
    assert_eq!(site.stored().await.len(), 1);
}

/// A request that has no pass, or not a good one, is refused on its header: its body is never taken in.
#[tokio::test]
async fn a_flood_without_passes_is_refused_before_a_byte_of_its_bodies_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let [current, _, stranger] = &*KEYS;
    let site = Site::open(folder.path()).await;
    site.publish(1, &[(0, current)]).await;
    let read = Arc::new(AtomicUsize::new(0));
    let body = || {
        let read = Arc::clone(&read);
        Body::from_stream(futures_util::stream::once(async move {
            read.fetch_add(1, Relaxed);
            Ok::<_, std::io::Error>(Bytes::from(envelope(1).as_bytes().to_vec()))
        }))
    };
    let headers = [
        None,
        Some("PrivateToken token=abc".to_owned()),
        Some(pass(stranger, 1).authorization()),
    ];
    for authorization in &headers {
        for _ in 0..20 {
            let refused = site.post_as(authorization.as_deref(), body()).await;
            assert_eq!(refused.status, 401);
        }
    }
    assert_eq!(read.load(Relaxed), 0);
    // The body that counts is one that can be read.
    assert_eq!(
        site.post_as(Some(&pass(current, 2).authorization()), body())
            .await
            .status,
        201
    );
    assert_eq!(read.load(Relaxed), 1);
}

#[tokio::test]
async fn an_open_relay_takes_envelopes_whatever_they_show() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::open(folder.path(), desk().verifying_key(), Arc::new(|| NOW));
    let site = Site {
        router: relay.await.unwrap().router(),
        clock: Arc::new(AtomicI64::new(NOW)),
    };
    let whole = envelope(1).as_bytes().to_vec();
    assert_eq!(site.post_as(None, whole.clone()).await.status, 201);
    assert_eq!(site.post_as(Some("Bearer x"), whole).await.status, 201);
}
