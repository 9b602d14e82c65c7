//! Passes: each step on one core beside the raw operation of RSA that it cannot do without, and the relay with passes
//! beside the same relay without.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use anyhow::Context;
use aws_lc_rs::{rsa::PublicKeyComponents, signature::RSA_PSS_2048_8192_SHA384};
use lapwing_issuer::Signer;
use lapwing_model::{Form, Place, Region};
use lapwing_pass::Blinder;
use lapwing_wire::{
    Bulletin, IssuerKey, KeyEpoch, Pass, PassEpoch, PassIssuer, PassKey, Publication, ReceptionKey,
    SigningKey, challenge_digest,
};
use openssl::rsa::{Padding, Rsa};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::{
    crypto::medians,
    load::{Round, envelopes, post_all, refused_all},
    median, rounded,
    server::{Server, lapwing},
};

const ROUNDS: usize = 5;
const POSTS: usize = 4_000;
const FLOOD: usize = 20_000;
const CONNECTIONS: usize = 64;

/// `pass`: all of it.
pub(crate) fn run() -> anyhow::Result<Value> {
    let signer = Signer::generate()?;
    let mut result = steps(&signer)?;
    let ingest = ingest(&signer)?;
    result["ratio"] = ingest["ratio"].clone();
    result["ingest"] = ingest;
    Ok(result)
}

/// A pass as a phone gets one.
fn pass(blinder: &Blinder, signer: &Signer, rng: &mut ChaCha20Rng) -> anyhow::Result<Pass> {
    let blinding = blinder.blind(rng, &challenge_digest())?;
    let signature = signer.blind_sign(&blinding.blinded)?;
    Ok(blinder.finalize(&blinding, &signature)?)
}

fn steps(signer: &Signer) -> anyhow::Result<Value> {
    const FITS: &str = "what was made here holds";
    let secret = Rsa::private_key_from_der(&signer.der()?)?;
    let blinder = Blinder::new(signer.public())?;
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let challenge = challenge_digest();
    let blinding = blinder.blind(&mut rng, &challenge)?;
    let signature = signer.blind_sign(&blinding.blinded)?;
    let made = blinder.finalize(&blinding, &signature)?;
    let verifying = PublicKeyComponents {
        n: signer.public().modulus().as_slice(),
        e: PassKey::EXPONENT.as_slice(),
    }
    .to_parsed_public_key(&RSA_PSS_2048_8192_SHA384)
    .map_err(|why| anyhow::anyhow!("the key is rejected: {why}"))?;

    let mut out = [0; 256];
    let mut raw_private = || {
        let done = secret.private_encrypt(&blinding.blinded, &mut out, Padding::NONE);
        assert_eq!(done.expect(FITS), 256);
    };
    let mut out = [0; 256];
    let mut raw_public = || {
        let done = secret.public_encrypt(&signature, &mut out, Padding::NONE);
        assert_eq!(done.expect(FITS), 256);
    };
    let mut issue = || assert_eq!(signer.blind_sign(&blinding.blinded).expect(FITS), signature);
    let mut blind = || {
        blinder.blind(&mut rng, &challenge).expect(FITS);
    };
    let mut finalize = || assert_eq!(blinder.finalize(&blinding, &signature).expect(FITS), made);
    // The call that a relay makes for each pass that it has not seen.
    let mut verify = || {
        let held = verifying.verify_sig(&made.input(), &made.authenticator);
        held.expect(FITS);
    };
    let rates = medians(&mut [
        &mut raw_private,
        &mut raw_public,
        &mut issue,
        &mut blind,
        &mut finalize,
        &mut verify,
    ]);
    let [private, public, issue, blind, finalize, verify] = rates[..] else {
        anyhow::bail!("six were measured");
    };
    let step =
        |per_s: f64, raw: f64| json!({ "per_s": rounded(per_s), "to_raw": rounded(per_s / raw) });
    Ok(json!({
        "name": "pass",
        "unit": "verifications of a pass per second per core, as a relay does them",
        "value": rounded(verify),
        "limit": rounded(public),
        "raw_private_per_s": rounded(private),
        "raw_public_per_s": rounded(public),
        "issue": step(issue, private),
        "blind": step(blind, public),
        "finalize": step(finalize, public),
        "verify": step(verify, public),
        "verify_us": rounded(1e6 / verify),
    }))
}

/// The relay with passes beside the relay without: durable posts, and the processor time of a flood.
fn ingest(signer: &Signer) -> anyhow::Result<Value> {
    let desk = SigningKey::from_bytes(&[1; 32]);
    let root_key = hex::encode(desk.verifying_key().as_bytes());
    let folder = tempfile::tempdir()?;
    let start = |name: &str| {
        let data = folder.path().join(name);
        let data = data.to_string_lossy();
        let arguments = [
            "relay",
            "--data",
            &data,
            "--listen",
            "127.0.0.1:0",
            "--desk-root-key",
            &root_key,
            "--admission",
            name,
        ];
        Server::start(&lapwing()?, &arguments, "relay")
    };
    let (with, without) = (start("passes")?, start("open")?);
    let address = |server: &Server| {
        let url = server.word("relay")?;
        anyhow::Ok(url.trim_start_matches("http://").to_owned())
    };
    publish(&address(&with)?, &publication(&desk, signer)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let blinder = Blinder::new(signer.public())?;
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let mut rounds: [Vec<Round>; 2] = Default::default();
    let mut spent_us = Vec::new();
    for _ in 0..ROUNDS {
        let passes = (0..POSTS)
            .map(|_| pass(&blinder, signer, &mut rng))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let before = with.processor_s()?;
        for (at, server, passes) in [(0, &with, &passes[..]), (1, &without, &[])] {
            let batch = envelopes(POSTS)?;
            let address = address(server)?;
            let posting = post_all(&address, &batch, passes, CONNECTIONS);
            rounds[at].push(runtime.block_on(posting)?);
        }
        spent_us.push((with.processor_s()? - before) * 1e6 / POSTS as f64);
    }
    let mut forged = pass(&blinder, signer, &mut rng)?;
    let flood = |pass: Option<&Pass>| -> anyhow::Result<f64> {
        let before = with.processor_s()?;
        runtime.block_on(refused_all(&address(&with)?, FLOOD, pass, CONNECTIONS))?;
        Ok((with.processor_s()? - before) * 1e6 / FLOOD as f64)
    };
    let without_pass_us = flood(None)?;
    rng.fill_bytes(&mut forged.authenticator[128..]);
    let forged_us = flood(Some(&forged))?;
    let [on, off] = &rounds;
    let of = |rounds: &[Round], f: &dyn Fn(&Round) -> f64| median(rounds.iter().map(f).collect());
    let ratios = on.iter().zip(off).map(|(a, b)| a.per_s / b.per_s).collect();
    Ok(json!({
        "unit": "durable posts per second on loopback, 64 connections",
        "with_passes": rounded(of(on, &|r| r.per_s)),
        "without": rounded(of(off, &|r| r.per_s)),
        "ratio": rounded(median(ratios)),
        "p99_ms_with_passes": rounded(of(on, &|r| r.quantile(0.99))),
        "p99_ms_without": rounded(of(off, &|r| r.quantile(0.99))),
        "processor_us": {
            "good_pass": rounded(median(spent_us)),
            "forged_pass": rounded(forged_us),
            "no_pass": rounded(without_pass_us),
        },
    }))
}

fn publication(desk: &SigningKey, signer: &Signer) -> anyhow::Result<Vec<u8>> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = i64::try_from(now.as_secs())?;
    let corner = Place::from_degrees(0.0, 0.0)?;
    let bulletin = Bulletin {
        root_key: desk.verifying_key().to_bytes(),
        number: 1,
        issued: now,
        expires: now + 86_400,
        region: Region {
            south_west: corner,
            north_east: corner,
        },
        keys: vec![ReceptionKey {
            epoch: KeyEpoch::at(now),
            public: Box::new([3; 1_216]),
        }],
        form: Form::civil_protection().source().to_vec(),
        warnings: Vec::new(),
        files: Vec::new(),
        drops: None,
        passes: Some(PassIssuer {
            url: "https://issuer.example".into(),
            keys: vec![IssuerKey {
                epoch: PassEpoch::at(now),
                key: signer.public().clone(),
            }],
        }),
    };
    Ok(Publication {
        bulletin: bulletin.sign(desk),
        files: Vec::new(),
    }
    .encode())
}

fn publish(address: &str, body: &[u8]) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "PUT /v1/publication HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).context("no answer")?;
    anyhow::ensure!(status == "204", "the relay answers {status}");
    Ok(())
}
