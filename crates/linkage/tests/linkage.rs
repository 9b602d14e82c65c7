//! The drill, small: large enough to fail.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use lapwing_issuer::Signer;
use lapwing_linkage::{Client, link};

/// The published key of RFC 9578 B.2, so that the figures are the same in every run, and one that was just drawn.
fn keys() -> [Signer; 2] {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../vectors/published/privacy-pass-type-2.json"
    );
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let pem = hex::decode(file["vectors"][0]["skS"].as_str().unwrap()).unwrap();
    let published = openssl::rsa::Rsa::private_key_from_pem(&pem).unwrap();
    let published = Signer::from_der(&published.private_key_to_der().unwrap()).unwrap();
    [published, Signer::generate().unwrap()]
}

#[test]
fn passes_of_the_wallet_that_ships_are_linked_no_better_than_by_chance() {
    let linked = link(Client::Shipped, &keys(), 24, 1).unwrap();
    assert_eq!(linked.comparisons, 24 * 32 / 2);
    assert!(linked.low < 0.5 && 0.5 < linked.high, "{linked:?}");
    assert!(linked.high - linked.low < 0.11, "{linked:?}");
}

#[test]
fn clients_that_are_broken_are_caught() {
    let keys = keys();
    for (client, least) in [
        (Client::RepeatedRandomness, 0.99),
        (Client::SmallFactor, 0.99),
        // Two tags halve the crowd: a false pair is told by its key every second time.
        (Client::TaggedKey, 0.65),
    ] {
        let linked = link(client, &keys, 8, 2).unwrap();
        assert!(
            linked.auc > least && linked.low > 0.55,
            "{client:?}: {linked:?}"
        );
    }
    let linked = link(Client::TaggedKey, &keys, 6, 3).unwrap();
    assert_eq!(linked.feature, "the key");
}
