//! A load tool small enough not to be what is measured: closed loops of raw HTTP/1.1 on kept
//! connections, on one thread.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lapwing_wire::{ENVELOPE_LEN, Envelope, KeyEpoch};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What one round of load saw.
pub(crate) struct Round {
    /// Requests per second.
    pub(crate) per_s: f64,
    /// Milliseconds from request to whole answer, sorted.
    pub(crate) waits_ms: Vec<f64>,
}

impl Round {
    /// The wait that a share of all requests stays below.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let at = (share * self.waits_ms.len() as f64) as usize;
        self.waits_ms
            .get(at.min(self.waits_ms.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

/// Envelopes that a relay cannot tell from sealed ones.
pub(crate) fn envelopes(count: usize) -> anyhow::Result<Vec<Envelope>> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).context("no randomness")?;
    let mut rng = ChaCha20Rng::from_seed(seed);
    (0..count)
        .map(|_| {
            let mut bytes = [0; ENVELOPE_LEN];
            rng.fill_bytes(&mut bytes);
            bytes[..38].copy_from_slice(&Envelope::header_for(KeyEpoch(2_968), &[0; 32]));
            Ok(Envelope::from_bytes(&bytes)?)
        })
        .collect()
}

/// Posts all envelopes over `connections` connections, each as fast as it is answered.
pub(crate) async fn post_all(
    address: &str,
    envelopes: &[Envelope],
    connections: usize,
) -> anyhow::Result<Round> {
    let start = Instant::now();
    let share = envelopes.len().div_ceil(connections);
    let mut tasks = tokio::task::JoinSet::new();
    for part in envelopes.chunks(share) {
        let (address, part) = (address.to_owned(), part.to_vec());
        tasks.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut waits = Vec::with_capacity(part.len());
            for envelope in &part {
                waits.push(connection.post(envelope).await?);
            }
            anyhow::Ok(waits)
        });
    }
    let mut waits = Vec::new();
    while let Some(done) = tasks.join_next().await {
        waits.extend(done??);
    }
    let per_s = waits.len() as f64 / start.elapsed().as_secs_f64();
    let mut waits_ms: Vec<f64> = waits
        .iter()
        .map(|w: &Duration| w.as_secs_f64() * 1e3)
        .collect();
    waits_ms.sort_by(f64::total_cmp);
    Ok(Round { per_s, waits_ms })
}

/// One kept connection.
pub(crate) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "POST /v1/envelopes HTTP/1.1\r\nHost: {address}\r\nContent-Length: {ENVELOPE_LEN}\r\n\r\n"
        );
        Ok(Self {
            stream,
            request: request.into_bytes(),
            answer: vec![0; 4_096],
        })
    }

    /// Posts one envelope and waits for the whole answer.
    pub(crate) async fn post(&mut self, envelope: &Envelope) -> anyhow::Result<Duration> {
        let start = Instant::now();
        let head = self.request.len();
        self.request.extend_from_slice(envelope.as_bytes());
        let sent = self.stream.write_all(&self.request).await;
        self.request.truncate(head);
        sent?;
        let mut filled = 0;
        loop {
            let n = self.stream.read(&mut self.answer[filled..]).await?;
            if n == 0 {
                bail!("the server closed the connection");
            }
            filled += n;
            if let Some(whole) = answered(&self.answer[..filled])? {
                if whole > filled {
                    continue;
                }
                return Ok(start.elapsed());
            }
        }
    }
}

/// Length of the answer once its header is here.
fn answered(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("the header is no text")?;
    if !head.starts_with("HTTP/1.1 201") {
        bail!(
            "the server refused: {}",
            head.lines().next().unwrap_or_default()
        );
    }
    let length = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        })
        .context("the answer has no length")?;
    Ok(Some(end + 4 + length))
}
