//! From post to visible incident, with 500 reports a second in the background.

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use lapwing_model::{Danger, Known};
use lapwing_wire::{Envelope, VerifyingKey};
use lapwing_witness::{Draft, Phone};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::mpsc,
};

use crate::{
    load::Connection,
    rounded,
    server::{Server, lapwing},
};

const BACKGROUND_PER_S: u32 = 500;
const PROBES: usize = 300;
const PROBE_EVERY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(20);

/// `path`: probes are single reports far from everything else, so that each becomes an incident of
/// its own and can be recognised on the desk's stream of changes.
pub(crate) fn run() -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let program = lapwing()?;
    let key = std::process::Command::new(&program)
        .args(["desk", "key", "--data", &at("desk")])
        .output()
        .context("the desk cannot be made")?;
    let key = String::from_utf8(key.stdout)?.trim().to_owned();
    let relay = Server::start(
        &program,
        &[
            "relay",
            "--data",
            &at("relay"),
            "--listen",
            "127.0.0.1:0",
            "--desk-root-key",
            &key,
        ],
        "relay",
    )?;
    let relay_url = relay.word("relay")?.to_owned();
    let desk = Server::start(
        &program,
        &[
            "desk",
            "--data",
            &at("desk"),
            "--relay",
            &relay_url,
            "--listen",
            "127.0.0.1:0",
        ],
        "desk",
    )?;
    let sign_in = desk.word("desk")?.to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let measured = runtime.block_on(measure(&relay_url, &sign_in, &key))?;
    let mut waits = measured.waits_ms;
    waits.sort_by(f64::total_cmp);
    let quantile = |share: f64| waits[((share * waits.len() as f64) as usize).min(waits.len() - 1)];
    // No limit of physics here: the issue's own bound for the way to the bulletin.
    let limit = 250.0;
    Ok(json!({
        "name": "path",
        "unit": "milliseconds from post to the incident on the desk's stream, p99",
        "value": rounded(quantile(0.99)),
        "limit": limit,
        "ratio": rounded(quantile(0.99) / limit),
        "p50_ms": rounded(quantile(0.5)),
        "max_ms": rounded(quantile(1.0)),
        "probes": waits.len(),
        "background_per_s": rounded(measured.background_per_s),
        "relay_resident_mib": rounded(relay.resident_mib()),
        "desk_resident_mib": rounded(desk.resident_mib()),
    }))
}

struct Measured {
    waits_ms: Vec<f64>,
    background_per_s: f64,
}

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

async fn measure(relay: &str, sign_in: &str, key: &str) -> anyhow::Result<Measured> {
    let relay = relay.trim_start_matches("http://").to_owned();
    let root = VerifyingKey::from_bytes(
        &hex::decode(key)?
            .try_into()
            .map_err(|_length| anyhow::anyhow!("the root key is none"))?,
    )?;
    let bulletin = bulletin(&relay).await?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).context("no randomness")?;
    let mut rng = ChaCha20Rng::from_seed(seed);

    let mut base = Phone::new(root.as_bytes(), [0; 16], 0)?;
    base.accept_bulletin(&bulletin, now())?;
    // Sealed beforehand: the phones are not what is measured.
    let mut seal = |kind: u8, lat: f64, lon: f64| -> anyhow::Result<Envelope> {
        let mut author = [0; 16];
        rng.fill_bytes(&mut author);
        let mut phone = base.another(author);
        let draft = Draft {
            kind,
            lat,
            lon,
            off_m: 300,
            seen: now() - 30,
            seen_off_s: 60,
            count: None,
            heading: None,
            known: Known::Seen,
            danger: Danger::None,
            note: String::new(),
        };
        Ok(phone.report(&mut rng, &draft, now())?)
    };
    // Probes lie on a grid of half a degree in the south, the background around many towns in the north.
    let probe_place = |n: usize| {
        (
            -60.0 + (n / 30) as f64 * 0.5,
            -150.0 + (n % 30) as f64 * 0.5,
        )
    };
    let probes: Vec<Envelope> = (0..PROBES)
        .map(|n| seal(6, probe_place(n).0, probe_place(n).1))
        .collect::<Result<_, _>>()?;
    let seconds = PROBES as u32 * PROBE_EVERY.as_millis() as u32 / 1_000 + 6;
    let background: Vec<Envelope> = (0..seconds * BACKGROUND_PER_S)
        .map(|n| {
            let town = f64::from(n % 400);
            seal(
                [1, 2, 6][n as usize % 3],
                46.0 + town * 0.015,
                24.0 + (town * 7.3) % 15.0,
            )
        })
        .collect::<Result<_, _>>()?;

    let mut events = Events::open(sign_in).await?;
    let (seen_in, mut seen) = mpsc::unbounded_channel();
    let listening = tokio::spawn(async move { events.places(&seen_in).await });
    let started = Instant::now();
    let total = background.len();
    let load = tokio::spawn(pace(relay.clone(), background));
    tokio::time::sleep(Duration::from_secs(2)).await;

    let mut connection = Connection::open(&relay).await?;
    let mut sent: HashMap<usize, Instant> = HashMap::new();
    let mut waits_ms = Vec::new();
    let nearest = |lat: f64, lon: f64| {
        let (row, column) = (((lat + 60.0) * 2.0).round(), ((lon + 150.0) * 2.0).round());
        (row >= 0.0 && (0.0..30.0).contains(&column)).then_some(row as usize * 30 + column as usize)
    };
    let mut ticks = tokio::time::interval(PROBE_EVERY);
    let mut next = 0;
    let mut last = Instant::now();
    while waits_ms.len() < PROBES {
        tokio::select! {
            _ = ticks.tick(), if next < PROBES => {
                sent.insert(next, Instant::now());
                connection.post(&probes[next], None).await?;
                next += 1;
                last = Instant::now();
            }
            place = seen.recv() => {
                let (lat, lon, at): (f64, f64, Instant) = place.context("the stream ended")?;
                if let Some(sent) = nearest(lat, lon).and_then(|n| sent.remove(&n)) {
                    waits_ms.push(at.duration_since(sent).as_secs_f64() * 1e3);
                }
            }
            () = tokio::time::sleep(PATIENCE) => {
                bail!("{} of {PROBES} probes became visible", waits_ms.len());
            }
        }
        if next == PROBES && last.elapsed() > PATIENCE {
            bail!("{} of {PROBES} probes became visible", waits_ms.len());
        }
    }
    listening.abort();
    load.await??;
    Ok(Measured {
        waits_ms,
        background_per_s: total as f64 / started.elapsed().as_secs_f64(),
    })
}

/// Posts at a steady pace, over connections enough that a slow answer does not hold it up.
async fn pace(relay: String, envelopes: Vec<Envelope>) -> anyhow::Result<()> {
    const LANES: usize = 16;
    let mut lanes = tokio::task::JoinSet::new();
    let gap = Duration::from_secs_f64(1.0 / f64::from(BACKGROUND_PER_S));
    let start = Instant::now();
    for lane in 0..LANES {
        let relay = relay.clone();
        let mine: Vec<(usize, Envelope)> = envelopes
            .iter()
            .cloned()
            .enumerate()
            .skip(lane)
            .step_by(LANES)
            .collect();
        lanes.spawn(async move {
            let mut connection = Connection::open(&relay).await?;
            for (n, envelope) in mine {
                let due = gap * u32::try_from(n).unwrap_or(u32::MAX);
                tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
                connection.post(&envelope, None).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = lanes.join_next().await {
        done??;
    }
    Ok(())
}

/// The relay's bulletin, as soon as the desk has published one.
async fn bulletin(relay: &str) -> anyhow::Result<Vec<u8>> {
    for _ in 0..100 {
        let mut stream = TcpStream::connect(relay).await?;
        let request =
            format!("GET /v1/bulletin HTTP/1.1\r\nHost: {relay}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        if answer.starts_with(b"HTTP/1.1 200")
            && let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n")
        {
            return Ok(answer.split_off(end + 4));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the desk publishes no bulletin");
}

/// The desk's stream of changes.
struct Events(BufReader<TcpStream>);

impl Events {
    async fn open(sign_in: &str) -> anyhow::Result<Self> {
        let rest = sign_in.trim_start_matches("http://");
        let (address, path) = rest
            .split_once('/')
            .context("the desk's address has a key")?;
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let cookie = answer
            .lines()
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("set-cookie")
                    .then(|| value.split(';').next())?
            })
            .context("signing in gives a cookie")?;
        let mut stream = TcpStream::connect(address).await?;
        let request = format!(
            "GET /api/events HTTP/1.1\r\nHost: {address}\r\nCookie:{cookie}\r\nAccept: text/event-stream\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Places of all changed incidents, with the moment they were read.
    async fn places(
        &mut self,
        seen: &mpsc::UnboundedSender<(f64, f64, Instant)>,
    ) -> anyhow::Result<()> {
        let mut line = String::new();
        let mut data = String::new();
        while self.0.read_line(&mut line).await? > 0 {
            // Chunk sizes stand on lines of their own and are neither data nor names.
            if let Some(rest) = line.strip_prefix("data:") {
                data.push_str(rest.trim());
                if let Ok(Value::Object(event)) = serde_json::from_str::<Value>(&data) {
                    let at = Instant::now();
                    for incident in event
                        .get("changed")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten()
                    {
                        if let (Some(lat), Some(lon)) =
                            (incident["lat"].as_f64(), incident["lon"].as_f64())
                        {
                            let _ = seen.send((lat, lon, at));
                        }
                    }
                }
                data.clear();
            }
            line.clear();
        }
        Ok(())
    }
}
