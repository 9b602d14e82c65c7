//! A load tool small enough not to be what is measured: closed loops of raw HTTP/1.1 on kept
//! connections, on one thread.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lapwing_wire::{ENVELOPE_LEN, Envelope, KeyEpoch, Pass};
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

/// Posts all envelopes over `connections` connections, each as fast as it is answered; with a pass each, if there are
/// any.
pub(crate) async fn post_all(
    address: &str,
    envelopes: &[Envelope],
    passes: &[Pass],
    connections: usize,
) -> anyhow::Result<Round> {
    let start = Instant::now();
    let share = envelopes.len().div_ceil(connections);
    let mut tasks = tokio::task::JoinSet::new();
    let mut passes = passes.chunks(share);
    for part in envelopes.chunks(share) {
        let (address, part) = (address.to_owned(), part.to_vec());
        let passes = passes.next().unwrap_or_default().to_vec();
        tasks.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut waits = Vec::with_capacity(part.len());
            for (at, envelope) in part.iter().enumerate() {
                waits.push(connection.post(envelope, passes.get(at)).await?);
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

/// Posts one envelope again and again, with a pass that is no good or none; every answer is a refusal.
pub(crate) async fn refused_all(
    address: &str,
    times: usize,
    pass: Option<&Pass>,
    connections: usize,
) -> anyhow::Result<()> {
    let envelope = envelopes(1)?.remove(0);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (address, envelope, pass) = (address.to_owned(), envelope.clone(), pass.cloned());
        tasks.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            for _ in 0..times / connections {
                match connection.exchange(&envelope, pass.as_ref()).await {
                    Ok((_, status)) => anyhow::ensure!(status == 401, "answered with {status}"),
                    // A server may end a connection of which it did not read the body.
                    Err(_ended) => connection = Connection::open(&address).await?,
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// One kept connection.
pub(crate) struct Connection {
    stream: TcpStream,
    head: Vec<u8>,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /v1/envelopes HTTP/1.1\r\nHost: {address}\r\nContent-Length: {ENVELOPE_LEN}\r\n"
        );
        Ok(Self {
            stream,
            head: head.into_bytes(),
            request: Vec::with_capacity(4_096),
            answer: vec![0; 4_096],
        })
    }

    /// Posts one envelope and waits for the whole answer, which must be a receipt.
    pub(crate) async fn post(
        &mut self,
        envelope: &Envelope,
        pass: Option<&Pass>,
    ) -> anyhow::Result<Duration> {
        match self.exchange(envelope, pass).await? {
            (took, 201) => Ok(took),
            (_, status) => bail!("the server refused with {status}"),
        }
    }

    /// Posts one envelope and waits for the whole answer: how long it took, and its status.
    async fn exchange(
        &mut self,
        envelope: &Envelope,
        pass: Option<&Pass>,
    ) -> anyhow::Result<(Duration, u16)> {
        let start = Instant::now();
        self.request.clear();
        self.request.extend_from_slice(&self.head);
        if let Some(pass) = pass {
            let line = format!("Authorization: {}\r\n", pass.authorization());
            self.request.extend_from_slice(line.as_bytes());
        }
        self.request.extend_from_slice(b"\r\n");
        self.request.extend_from_slice(envelope.as_bytes());
        self.stream.write_all(&self.request).await?;
        let mut filled = 0;
        loop {
            let n = self.stream.read(&mut self.answer[filled..]).await?;
            if n == 0 {
                bail!("the server closed the connection");
            }
            filled += n;
            if let Some((whole, status)) = answered(&self.answer[..filled])? {
                if whole > filled {
                    continue;
                }
                return Ok((start.elapsed(), status));
            }
        }
    }
}

/// Length and status of the answer once its header is here.
fn answered(bytes: &[u8]) -> anyhow::Result<Option<(usize, u16)>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("the header is no text")?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.context("the answer has no status")?;
    let length = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        })
        .context("the answer has no length")?;
    Ok(Some((end + 4 + length, status)))
}
