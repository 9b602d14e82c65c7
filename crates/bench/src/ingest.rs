//! Durable posts on loopback, against the same accept loop that discards the body.

use serde_json::{Value, json};

use crate::{
    load::{Round, envelopes, post_all},
    median, rounded,
    server::{Server, lapwing},
};

const ROUNDS: usize = 5;
const POSTS: usize = 20_000;
const CONNECTIONS: usize = 64;

/// `ingest`: load tool, server and disk share the machine in both cases.
pub(crate) fn run() -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("relay");
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let arguments = [
        "relay",
        "--data",
        &data.to_string_lossy(),
        "--listen",
        "127.0.0.1:0",
        "--desk-root-key",
        key,
    ];
    let relay = Server::start(&lapwing()?, &arguments, "relay")?;
    let discard = Server::start(&std::env::current_exe()?, &["discard"], "relay")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut rounds: [Vec<Round>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (server, rounds) in [&relay, &discard].into_iter().zip(&mut rounds) {
            let address = server.word("relay")?.trim_start_matches("http://");
            let batch = envelopes(POSTS)?;
            rounds.push(runtime.block_on(post_all(address, &batch, &[], CONNECTIONS))?);
        }
    }
    let [durable, discarded] = &rounds;
    let of = |rounds: &[Round], f: &dyn Fn(&Round) -> f64| median(rounds.iter().map(f).collect());
    let ratios = durable
        .iter()
        .zip(discarded)
        .map(|(a, b)| a.per_s / b.per_s)
        .collect();
    Ok(json!({
        "name": "ingest",
        "unit": "durable posts per second on loopback, 64 connections",
        "value": rounded(of(durable, &|r| r.per_s)),
        "limit": rounded(of(discarded, &|r| r.per_s)),
        "ratio": rounded(median(ratios)),
        "p50_ms": rounded(of(durable, &|r| r.quantile(0.5))),
        "p99_ms": rounded(of(durable, &|r| r.quantile(0.99))),
        "relay_resident_mib": rounded(relay.resident_mib()),
        "stored": ROUNDS * POSTS,
    }))
}
