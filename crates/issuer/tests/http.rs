//! The issuer as HTTP, with a phone's wallet on the other side.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use lapwing_issuer::{Codes, Issuer, IssuerError};
use lapwing_pass::{Blinder, PassCryptoError, WALLET_LEN_MAX, Wallet, WalletError};
use lapwing_wire::{
    IssuerKey, PASS_BATCH, PASS_EPOCH_S, PASS_REQUEST_LEN, PASS_RESPONSE_LEN, PassEpoch, PassKey,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::Value;
use tower::ServiceExt as _;

const NOW: i64 = 1_795_000_000;
const CODE: &str = "heron-4711-tundra-9";

fn issuer(folder: &Path, clock: &Arc<AtomicI64>) -> Result<Router, IssuerError> {
    let codes = Codes::parse(&format!("{CODE} 2\nstork-0815-meadow-2 1")).unwrap();
    let clock = Arc::clone(clock);
    let now = Arc::new(move || clock.load(Relaxed));
    Ok(Issuer::open(folder, Box::new(codes), now)?.router())
}

fn clock() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(NOW))
}

async fn send(router: &Router, request: Request<Body>) -> (u16, Vec<u8>) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, body.to_vec())
}

async fn ask(router: &Router, code: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let request = Request::post("/v1/passes")
        .header("authorization", format!("Bearer {code}"))
        .body(body.to_vec().into())
        .unwrap();
    send(router, request).await
}

/// As a desk reads them.
async fn keys(router: &Router) -> Vec<IssuerKey> {
    let path = "/.well-known/private-token-issuer-directory";
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (status, body) = send(router, request).await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["issuer-request-uri"], "/v1/passes");
    let keys = body["token-keys"].as_array().unwrap();
    keys.iter()
        .map(|key| {
            assert_eq!(key["token-type"], 2);
            let spki = URL_SAFE.decode(key["token-key"].as_str().unwrap()).unwrap();
            IssuerKey {
                epoch: PassEpoch::at(key["not-before"].as_i64().unwrap()),
                key: PassKey::from_spki(&spki).unwrap(),
            }
        })
        .collect()
}

fn problem(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["type"]
        .as_str()
        .unwrap()
        .strip_prefix("urn:lapwing:problem:")
        .unwrap()
        .to_owned()
}

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

#[tokio::test]
async fn a_phone_fetches_a_batch_keeps_it_and_takes_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let router = issuer(folder.path(), &clock()).unwrap();
    let key = keys(&router).await.remove(0);
    assert_eq!(key.epoch, PassEpoch::at(NOW));
    let mut wallet = Wallet::default();
    assert_eq!(
        wallet.receive(&[0; PASS_RESPONSE_LEN]),
        Err(WalletError::NoRequest)
    );
    let request = wallet.request(&mut rng(1), &key).unwrap();
    assert_eq!(request.len(), PASS_REQUEST_LEN);
    // The app is closed and opened before the answer comes; asking again is the same request.
    let mut wallet = Wallet::decode(&wallet.encode()).unwrap();
    assert_eq!(wallet.request(&mut rng(2), &key).unwrap(), request);
    let (status, response) = ask(&router, CODE, &request).await;
    assert_eq!((status, response.len()), (200, PASS_RESPONSE_LEN));
    assert_eq!(wallet.receive(&response), Ok(PASS_BATCH));
    assert_eq!(wallet.count(NOW), PASS_BATCH);
    let blinder = Blinder::new(&key.key).unwrap();
    let mut wallet = Wallet::decode(&wallet.encode()).unwrap();
    let mut nullifiers = std::collections::BTreeSet::new();
    while let Some(pass) = wallet.take(NOW) {
        blinder.verify(&pass).unwrap();
        nullifiers.insert(pass.nullifier());
    }
    assert_eq!(nullifiers.len(), PASS_BATCH);
    assert_eq!(wallet.count(NOW), 0);
}

#[tokio::test]
async fn passes_of_an_epoch_that_is_over_are_not_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let router = issuer(folder.path(), &clock).unwrap();
    let mut wallet = Wallet::default();
    for at in [NOW, NOW + PASS_EPOCH_S] {
        clock.store(at, Relaxed);
        let key = keys(&router).await.remove(0);
        let request = wallet.request(&mut rng(1), &key).unwrap();
        let (_, response) = ask(&router, CODE, &request).await;
        wallet.receive(&response).unwrap();
    }
    assert_eq!(wallet.encode().len(), WALLET_LEN_MAX - 324);
    let key = keys(&router).await.remove(0);
    assert_eq!(wallet.request(&mut rng(3), &key), Err(WalletError::Full));
    assert_eq!(wallet.count(NOW + PASS_EPOCH_S), 2 * PASS_BATCH);
    let first = wallet.take(NOW + PASS_EPOCH_S).unwrap();
    assert_ne!(first.key_id, key.key.id(), "the older ones go first");
    let later = NOW + 2 * PASS_EPOCH_S;
    assert_eq!(wallet.count(later), PASS_BATCH);
    assert_eq!(wallet.take(later).unwrap().key_id, key.key.id());
}

#[tokio::test]
async fn an_issuer_with_a_key_of_its_own_for_somebody_is_noticed_before_anything_is_kept() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let honest = issuer(here.path(), &clock()).unwrap();
    let key = keys(&honest).await.remove(0);
    let mut wallet = Wallet::default();
    let request = wallet.request(&mut rng(1), &key).unwrap();
    // Signed by a key that is not in the bulletin: the request is renamed on the way, so that it signs.
    let other = issuer(there.path(), &clock()).unwrap();
    let hint = keys(&other).await[0].key.id()[31];
    let mut renamed = request.clone();
    for part in renamed.chunks_exact_mut(PASS_REQUEST_LEN / PASS_BATCH) {
        part[2] = hint;
    }
    let (status, response) = ask(&other, CODE, &renamed).await;
    // A message may lie above the other modulus; then there is nothing to try.
    if status == 200 {
        let refused = wallet.receive(&response);
        assert_eq!(
            refused,
            Err(WalletError::Crypto(PassCryptoError::Signature))
        );
    } else {
        assert_eq!(status, 422);
    }
    // One signature of 32 that is another's spoils the batch.
    let (_, mut response) = ask(&honest, CODE, &request).await;
    response[PASS_RESPONSE_LEN - 1] ^= 1;
    let refused = wallet.receive(&response);
    assert_eq!(
        refused,
        Err(WalletError::Crypto(PassCryptoError::Signature))
    );
    assert_eq!(wallet.count(NOW), 0);
    response[PASS_RESPONSE_LEN - 1] ^= 1;
    assert_eq!(wallet.receive(&response), Ok(PASS_BATCH));
}

#[tokio::test]
async fn a_code_gets_its_batches_and_a_retry_costs_none() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let router = issuer(folder.path(), &clock).unwrap();
    let key = keys(&router).await.remove(0);
    let request = |seed| Wallet::default().request(&mut rng(seed), &key).unwrap();
    let (status, first) = ask(&router, CODE, &request(1)).await;
    assert_eq!(status, 200);
    assert_eq!(ask(&router, CODE, &request(2)).await.0, 200);
    // Nothing came: the same request again, also after a restart.
    drop(router);
    let router = issuer(folder.path(), &clock).unwrap();
    assert_eq!(ask(&router, CODE, &request(1)).await, (200, first));
    let (status, body) = ask(&router, CODE, &request(3)).await;
    assert_eq!((status, problem(&body).as_str()), (429, "passes-used"));
    // The other code is another's.
    assert_eq!(
        ask(&router, "stork-0815-meadow-2", &request(3)).await.0,
        200
    );
    // A new epoch, a new allowance; the old key does not sign any more.
    clock.store(NOW + PASS_EPOCH_S, Relaxed);
    let (status, body) = ask(&router, CODE, &request(4)).await;
    assert_eq!((status, problem(&body).as_str()), (409, "pass-epoch"));
    let key = keys(&router).await.remove(0);
    let request = Wallet::default().request(&mut rng(5), &key).unwrap();
    assert_eq!(ask(&router, CODE, &request).await.0, 200);
}

#[tokio::test]
async fn refusals_have_stable_types() {
    let folder = tempfile::tempdir().unwrap();
    let router = issuer(folder.path(), &clock()).unwrap();
    let key = keys(&router).await.remove(0);
    let good = Wallet::default().request(&mut rng(1), &key).unwrap();
    let changed = |at: usize, to: u8| {
        let mut bad = good.clone();
        bad[at] = to;
        bad
    };
    let too_large = {
        let mut bad = good.clone();
        bad[3..259].fill(0xff);
        bad
    };
    let longer = [&good[..], &[0]].concat();
    let cases = [
        (CODE, &good[..good.len() - 1], 400, "pass-request"),
        (CODE, &[][..], 400, "pass-request"),
        (CODE, &longer, 413, "pass-request"),
        (CODE, &changed(1, 1), 422, "pass-request"),
        (CODE, &changed(2, good[2] ^ 1), 422, "pass-request"),
        (CODE, &too_large, 422, "pass-request"),
        ("heron-4711-tundra-8", &good, 403, "not-eligible"),
    ];
    for (code, body, status, name) in cases {
        let (got, body) = ask(&router, code, body).await;
        assert_eq!((got, problem(&body).as_str()), (status, name));
    }
    for header in ["", "Bearer", "Bearer ", "Basic abc"] {
        let request = Request::post("/v1/passes")
            .header("authorization", header)
            .body(good.clone().into())
            .unwrap();
        let (status, body) = send(&router, request).await;
        assert_eq!(
            (status, problem(&body).as_str()),
            (401, "credential-missing"),
            "{header}"
        );
    }
    let request = Request::get("/v1/passes").body(Body::empty()).unwrap();
    assert_eq!(send(&router, request).await.0, 405);
    // None of these was counted.
    assert_eq!(ask(&router, CODE, &good).await.0, 200);
}

#[tokio::test]
async fn a_folder_has_one_issuer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = issuer(folder.path(), &clock()).unwrap();
    let second = issuer(folder.path(), &clock()).map(|_| ());
    assert!(matches!(second, Err(IssuerError::InUse(_))), "{second:?}");
    drop(first);
    assert!(issuer(folder.path(), &clock()).is_ok());
}
