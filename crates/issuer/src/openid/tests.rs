//! Tokens that are good, and those that are not, one fault each.

use openssl::{
    bn::BigNumContext,
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkey::Private,
    rsa::Rsa,
};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_795_000_000;
const PROVIDER: &str = "https://login.example";
const AUDIENCE: &str = "lapwing-passes";
const REQUEST: [u8; 32] = [7; 32];

struct Provider {
    rsa: Rsa<Private>,
    ec: EcKey<Private>,
}

impl Provider {
    fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self {
            rsa: Rsa::generate(2_048).unwrap(),
            ec: EcKey::generate(&group).unwrap(),
        }
    }

    fn keys(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut context = BigNumContext::new().unwrap();
        let (mut x, mut y) = (
            openssl::bn::BigNum::new().unwrap(),
            openssl::bn::BigNum::new().unwrap(),
        );
        self.ec
            .public_key()
            .affine_coordinates(self.ec.group(), &mut x, &mut y, &mut context)
            .unwrap();
        let (x, y) = (x.to_vec_padded(32).unwrap(), y.to_vec_padded(32).unwrap());
        json!({ "keys": [
            { "kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256",
              "n": text(&self.rsa.n().to_vec()), "e": text(&self.rsa.e().to_vec()) },
            { "kty": "EC", "kid": "e", "crv": "P-256", "x": text(&x), "y": text(&y) },
        ]})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = match header["alg"].as_str() {
            Some("RS256") => {
                let key = openssl::pkey::PKey::from_rsa(self.rsa.clone()).unwrap();
                let hash = openssl::hash::MessageDigest::sha256();
                let mut signer = openssl::sign::Signer::new(hash, &key).unwrap();
                signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap()
            }
            Some("ES256") => {
                let digest = openssl::sha::sha256(signed.as_bytes());
                let made = openssl::ecdsa::EcdsaSig::sign(&digest, &self.ec).unwrap();
                let half = |n: &openssl::bn::BigNumRef| n.to_vec_padded(32).unwrap();
                [half(made.r()), half(made.s())].concat()
            }
            Some("HS256") => {
                // What an attacker would do who takes the public key for a shared secret.
                let key = openssl::pkey::PKey::hmac(&self.rsa.n().to_vec()).unwrap();
                let hash = openssl::hash::MessageDigest::sha256();
                let mut signer = openssl::sign::Signer::new(hash, &key).unwrap();
                signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap()
            }
            _ => Vec::new(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims() -> Value {
    json!({ "iss": PROVIDER, "sub": "ann", "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW,
            "nonce": nonce(&REQUEST) })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn open_id(provider: &Provider, folder: &Path) -> OpenId {
    let path = folder.join("keys.json");
    std::fs::write(&path, provider.keys().to_string()).unwrap();
    let (provider, audience) = (PROVIDER.to_owned(), AUDIENCE.to_owned());
    OpenId::new(provider, audience, 3, &KeySet::File(path)).unwrap()
}

#[tokio::test]
async fn a_token_of_the_provider_for_this_request_entitles() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::new();
    let open_id = open_id(&provider, folder.path());
    let mut identities = Vec::new();
    for (alg, kid) in [("RS256", "r"), ("ES256", "e")] {
        let header = json!({ "alg": alg, "kid": kid, "typ": "JWT" });
        for claims in [claims(), with("aud", json!([AUDIENCE]))] {
            let token = provider.token(&header, &claims);
            let checked = open_id.check(&token, &REQUEST, NOW).await;
            let eligible = checked.map_err(|why| format!("{alg}: {why}")).unwrap();
            assert_eq!(eligible.batches, 3);
            identities.push(eligible.identity);
        }
    }
    identities.dedup();
    assert_eq!(identities.len(), 1, "one person, however they sign in");
    let header = json!({ "alg": "RS256", "kid": "r" });
    let bob = provider.token(&header, &with("sub", json!("bob")));
    let bob = open_id.check(&bob, &REQUEST, NOW).await.ok().unwrap();
    assert_ne!(bob.identity, identities[0]);
}

#[tokio::test]
async fn a_token_with_one_fault_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::new();
    let open_id = open_id(&provider, folder.path());
    let rs = json!({ "alg": "RS256", "kid": "r" });
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    let unknown = Ineligible::Unknown;
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let cases = [
        (
            "another provider",
            rs.clone(),
            with("iss", json!("https://evil.example")),
            unknown,
        ),
        (
            "another audience",
            rs.clone(),
            with("aud", json!("other")),
            unknown,
        ),
        (
            "two audiences",
            rs.clone(),
            with("aud", json!([AUDIENCE, "other"])),
            unknown,
        ),
        ("no subject", rs.clone(), with("sub", json!("")), unknown),
        ("subject missing", rs.clone(), without("sub"), unknown),
        ("expiry missing", rs.clone(), without("exp"), unknown),
        (
            "expired",
            rs.clone(),
            with("exp", json!(NOW - 60)),
            Ineligible::Expired,
        ),
        (
            "of the future",
            rs.clone(),
            with("iat", json!(NOW + 61)),
            Ineligible::Expired,
        ),
        (
            "not yet",
            rs.clone(),
            with("nbf", json!(NOW + 61)),
            Ineligible::Expired,
        ),
        (
            "no nonce",
            rs.clone(),
            without("nonce"),
            Ineligible::OtherRequest,
        ),
        (
            "another nonce",
            rs.clone(),
            with("nonce", json!(nonce(&[8; 32]))),
            Ineligible::OtherRequest,
        ),
        ("no algorithm", header("none", "r"), claims(), unknown),
        (
            "the public key as a secret",
            header("HS256", "r"),
            claims(),
            unknown,
        ),
        (
            "a key of another kind",
            header("ES256", "r"),
            claims(),
            unknown,
        ),
        ("an unknown key", header("RS256", "x"), claims(), unknown),
        (
            "no key among two",
            json!({ "alg": "RS256" }),
            claims(),
            unknown,
        ),
    ];
    for (name, header, claims, why) in cases {
        let token = provider.token(&header, &claims);
        let refused = open_id.check(&token, &REQUEST, NOW).await.err();
        assert_eq!(refused, Some(why), "{name}");
    }
    let stranger = Provider::new();
    let token = stranger.token(&rs, &claims());
    assert_eq!(
        open_id.check(&token, &REQUEST, NOW).await.err(),
        Some(unknown)
    );
    let good = provider.token(&rs, &claims());
    for bad in [
        &good[..good.len() - 2],
        &format!("{good}AA"),
        "",
        "a.b.c",
        "..",
        &good[1..],
    ] {
        assert_eq!(
            open_id.check(bad, &REQUEST, NOW).await.err(),
            Some(unknown),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn keys_are_fetched_when_a_token_names_a_new_one_and_only_safely() {
    let insecure = KeySet::Url("http://login.example/keys".into());
    let refused = OpenId::new(PROVIDER.into(), AUDIENCE.into(), 1, &insecure).map(|_| ());
    assert!(matches!(refused, Err(OpenIdError::Insecure)));

    let provider = Provider::new();
    let keys = provider.keys().to_string();
    let bound = lapwing_http::bind(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let url = format!("http://{}/keys", bound.address);
    let app = axum::Router::new().route("/keys", axum::routing::get(|| async move { keys }));
    let server = tokio::spawn(lapwing_http::serve(
        bound,
        app,
        None,
        std::future::pending(),
    ));
    let open_id = OpenId::new(PROVIDER.into(), AUDIENCE.into(), 1, &KeySet::Url(url)).unwrap();
    let token = provider.token(&json!({ "alg": "ES256", "kid": "e" }), &claims());
    assert!(open_id.check(&token, &REQUEST, NOW).await.is_ok());
    server.abort();
    let _ = server.await;
    // The keys are there; and a token that names another cannot make us ask without end.
    assert!(open_id.check(&token, &REQUEST, NOW).await.is_ok());
    let other = provider.token(&json!({ "alg": "ES256", "kid": "x" }), &claims());
    let soon = open_id.check(&other, &REQUEST, NOW + 59).await.err();
    assert_eq!(soon, Some(Ineligible::Unknown));
    let later = open_id.check(&other, &REQUEST, NOW + 61).await.err();
    assert_eq!(later, Some(Ineligible::Unreachable));
}
