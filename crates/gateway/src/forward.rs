//! From the queue to the relay, in fixed intervals.
//!
//! Whoever sees a carrier and the relay can tie a message to an envelope by the moment. That all of an interval leave
//! together, in an order of their own, makes it no worse than the interval; it hides nothing where few messages come.

use std::{sync::Arc, time::Duration};

use lapwing_wire::{Answer, Envelope, Pass, VerifyingKey};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tokio::time::Instant;

use crate::{Desk, Queue, QueueError, queue::Waiting};

/// Envelopes that are read at once.
const BATCH: usize = 64;
/// Longest pause after troubles.
const PAUSE_MAX: Duration = Duration::from_secs(600);
/// How often the relay is asked for the bulletin.
const REFRESH: Duration = Duration::from_secs(3_600);

/// A relay, over whatever the program speaks to it.
pub trait Relay: Send + Sync + 'static {
    /// The bulletin that it has.
    fn bulletin(&self) -> impl Future<Output = Result<Vec<u8>, Trouble>> + Send;

    /// Posts an envelope, once; the answer as it came.
    fn post(
        &self,
        envelope: &Envelope,
        pass: Option<&Pass>,
    ) -> impl Future<Output = Result<Vec<u8>, Trouble>> + Send;

    /// Takes a pass out of where they are kept, for good; fetches more where that can be done.
    fn pass(&self) -> impl Future<Output = Option<Pass>> + Send;
}

/// Why a relay did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer, or cannot now.
    Passing(String),
    /// It does not take this pass, or wants one.
    Pass(String),
    /// It does not take this envelope.
    Refused(String),
}

/// When envelopes leave.
#[derive(Clone, Copy, Debug)]
pub struct Forwarding {
    /// All that wait, once in this time.
    pub every: Duration,
    /// Draws the order; from the operating system.
    pub seed: [u8; 32],
    /// The key by which the relay signs its receipts, where it is known.
    pub log_key: Option<VerifyingKey>,
}

/// Forwards until it is dropped. Nothing is lost by that: what was not acknowledged waits in the queue.
pub async fn forward<R: Relay>(
    relay: Arc<R>,
    desk: Arc<Desk>,
    queue: Queue,
    forwarding: Forwarding,
) {
    let mut forwarder = Forwarder {
        relay,
        desk,
        queue,
        rng: ChaCha20Rng::from_seed(forwarding.seed),
        log_key: forwarding.log_key,
        troubled: false,
    };
    let mut refreshed: Option<Instant> = None;
    let mut pause = forwarding.every;
    loop {
        tokio::time::sleep(pause).await;
        let old = refreshed.is_none_or(|at| at.elapsed() >= REFRESH);
        // What troubles may be that the relay wants passes now, which the newest bulletin says.
        if (old || forwarder.troubled) && forwarder.refresh().await {
            refreshed = Some(Instant::now());
        }
        pause = match forwarder.round().await {
            Ok(()) => forwarding.every,
            Err(()) => (pause * 2).min(PAUSE_MAX).max(forwarding.every),
        };
    }
}

struct Forwarder<R> {
    relay: Arc<R>,
    desk: Arc<Desk>,
    queue: Queue,
    rng: ChaCha20Rng,
    log_key: Option<VerifyingKey>,
    /// The last round did not end well: said once.
    troubled: bool,
}

impl<R: Relay> Forwarder<R> {
    async fn refresh(&self) -> bool {
        match self.relay.bulletin().await {
            Ok(bytes) => {
                if let Err(why) = self.desk.accept(&bytes) {
                    tracing::warn!("the relay's bulletin is not taken: {why}");
                }
                true
            }
            Err(_) => false,
        }
    }

    /// Sends all that wait. What is refused stays and does not keep the others.
    async fn round(&mut self) -> Result<(), ()> {
        let done = self.all().await;
        let (troubled, why) = match &done {
            Ok(0) => (false, String::new()),
            Ok(n) => (true, format!("the relay does not take {n} envelopes")),
            Err(why) => (true, why.clone()),
        };
        if troubled && !self.troubled {
            tracing::warn!("envelopes wait, and are sent again: {why}");
        } else if self.troubled && !troubled {
            tracing::info!("the relay takes envelopes again");
        }
        self.troubled = troubled;
        if troubled { Err(()) } else { Ok(()) }
    }

    /// How many were refused.
    async fn all(&mut self) -> Result<usize, String> {
        let (mut last, mut refused) = (0, 0);
        loop {
            let mut waiting = self
                .queue
                .after(last, BATCH)
                .await
                .map_err(|why| why.to_string())?;
            let Some(newest) = waiting.last().map(|waiting| waiting.id) else {
                return Ok(refused);
            };
            last = newest;
            while !waiting.is_empty() {
                let drawn = self.rng.next_u64() % waiting.len() as u64;
                let next = waiting.swap_remove(drawn as usize);
                match self.one(next).await {
                    Ok(()) => {}
                    // The others would fare no better, and each pass that is tried in vain is gone.
                    Err(Trouble::Passing(why) | Trouble::Pass(why)) => return Err(why),
                    Err(Trouble::Refused(_)) => refused += 1,
                }
            }
        }
    }

    async fn one(&self, waiting: Waiting) -> Result<(), Trouble> {
        let Waiting { id, envelope, pass } = waiting;
        let stopped = |why: QueueError| Trouble::Passing(why.to_string());
        let pass = match pass {
            None if self.desk.names_issuer() => {
                let pass = self.relay.pass().await;
                if pass.is_some() {
                    self.queue.bind(id, pass.clone()).await.map_err(stopped)?;
                }
                pass
            }
            bound => bound,
        };
        let answer = match self.relay.post(&envelope, pass.as_ref()).await {
            Ok(answer) => answer,
            Err(trouble) => {
                if matches!(trouble, Trouble::Pass(_)) && pass.is_some() {
                    // Spent, or of an epoch that is over: the next round shows another.
                    self.queue.bind(id, None).await.map_err(stopped)?;
                }
                return Err(trouble);
            }
        };
        self.receipt(&envelope, &answer)
            .map_err(|why| Trouble::Refused(why.to_string()))?;
        self.queue.remove(id).await.map_err(stopped)
    }

    fn receipt(
        &self,
        envelope: &Envelope,
        answer: &[u8],
    ) -> Result<(), lapwing_wire::ReceiptError> {
        let answer = Answer::decode(answer)?;
        answer.check(envelope)?;
        match &self.log_key {
            Some(key) => answer.receipt.verify(key),
            None => Ok(()),
        }
    }
}
