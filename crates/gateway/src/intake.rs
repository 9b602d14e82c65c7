//! From a message to a sealed envelope on disk, and what whoever handed it over is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use lapwing_seal::{Bearer, Forwarded, Frame};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{
    Clock, Desk, Queue, QueueError,
    parts::{Parts, Step},
    reading::whispers_in,
};

/// A message as a carrier or provider hands it over. Lives in memory until it is read.
pub struct Message {
    /// Who sent it: needed to put parts together, and for nothing else.
    pub from: Zeroizing<String>,
    /// What it says.
    pub text: Zeroizing<String>,
    /// Which part of a longer one it is, if it is one.
    pub part: Option<Part>,
}

/// A part of a longer message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The same for all parts of a message.
    pub reference: u64,
    /// How many there are.
    pub total: u8,
    /// Which this is, from 1.
    pub number: u8,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is sealed and on disk: acknowledge it.
    Kept,
    /// It is no whisper and was dropped: acknowledge it, and do not answer the sender.
    NoWhisper,
    /// A part whose others are not here: let it be sent again.
    Waits,
    /// The queue is full: let it be sent again.
    Full,
    /// Nothing can be sealed or kept now: let it be sent again.
    Unable,
}

/// How parts wait for each other.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// So long.
    pub wait: Duration,
    /// So many at once; the others are to be sent again at once. Fewer than the carrier sends without an answer, else it
    /// would wait for us and we for it.
    pub at_once: usize,
}

impl Default for Holding {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            at_once: 4,
        }
    }
}

/// How many messages came to what since the start. Numbers, and nothing else, are counted.
#[derive(Debug, Default)]
pub struct Counts {
    kept: AtomicU64,
    no_whisper: AtomicU64,
    refused: AtomicU64,
}

impl Counts {
    /// Sealed and kept.
    pub fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }

    /// Dropped, since they were no whispers.
    pub fn no_whisper(&self) -> u64 {
        self.no_whisper.load(Ordering::Relaxed)
    }

    /// Left with the carrier.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// Where messages come in.
pub struct Intake {
    desk: Arc<Desk>,
    queue: Queue,
    clock: Clock,
    parts: Parts,
    wait: Duration,
    held: Semaphore,
    counts: Counts,
    /// The last that was to be sealed could not be.
    unable: AtomicBool,
}

impl Intake {
    /// `key` is from the operating system, and another at every start.
    pub fn new(
        desk: Arc<Desk>,
        queue: Queue,
        clock: Clock,
        key: &[u8; 32],
        holding: Holding,
    ) -> Self {
        Self {
            desk,
            queue,
            clock,
            parts: Parts::new(key),
            wait: holding.wait,
            held: Semaphore::new(holding.at_once),
            counts: Counts::default(),
            unable: AtomicBool::new(false),
        }
    }

    /// What came of messages so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Whether a message could be kept now.
    pub async fn ready(&self) -> bool {
        self.desk.ready().is_ok() && self.queue.count().await.is_ok()
    }

    /// Reads a message and keeps what it holds. When this says `Kept`, it is on disk. Goes on to its end when whoever
    /// waits for it is gone.
    pub async fn take(self: &Arc<Self>, message: Message) -> Verdict {
        let verdict = match message.part {
            None | Some(Part { total: 1, .. }) => {
                let intake = Arc::clone(self);
                let reading = tokio::spawn(async move { intake.read(message.text).await });
                reading.await.unwrap_or(Verdict::Unable)
            }
            Some(part) => self.take_part(message, part).await,
        };
        let counter = match verdict {
            Verdict::Kept => &self.counts.kept,
            Verdict::NoWhisper => &self.counts.no_whisper,
            Verdict::Waits | Verdict::Full | Verdict::Unable => &self.counts.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        verdict
    }

    async fn take_part(self: &Arc<Self>, message: Message, part: Part) -> Verdict {
        match self.parts.add(message, part) {
            Step::Settled(verdict) => verdict,
            Step::Wait(waiting) => {
                let Ok(_held) = self.held.try_acquire() else {
                    return Verdict::Waits;
                };
                match tokio::time::timeout(self.wait, waiting).await {
                    Ok(Ok(verdict)) => verdict,
                    // Too long, or another message came under its reference.
                    Ok(Err(_)) | Err(_) => Verdict::Waits,
                }
            }
            Step::Whole(whole) => {
                let (settling, text) = whole.apart();
                let intake = Arc::clone(self);
                let reading = tokio::spawn(async move {
                    let verdict = intake.read(text).await;
                    intake.parts.settle(&settling, verdict);
                    verdict
                });
                reading.await.unwrap_or(Verdict::Unable)
            }
        }
    }

    async fn read(self: &Arc<Self>, text: Zeroizing<String>) -> Verdict {
        let heard_at = (self.clock)();
        let intake = Arc::clone(self);
        let sealing = tokio::task::spawn_blocking(move || {
            let whispers = whispers_in(&text);
            if whispers.is_empty() {
                return Err(Verdict::NoWhisper);
            }
            let frame = Frame::Whisper(Forwarded {
                heard_at,
                bearer: Bearer::Text,
                whispers,
            });
            let sealed = intake.desk.seal(&frame);
            // Said once, not for each message that is brought again.
            let unable = intake.unable.swap(sealed.is_err(), Ordering::Relaxed);
            sealed.map_err(|why| {
                if !unable {
                    tracing::error!("nothing can be sealed, so nothing is taken: {why}");
                }
                Verdict::Unable
            })
        });
        let envelope = match sealing.await {
            Ok(Ok(envelope)) => envelope,
            Ok(Err(verdict)) => return verdict,
            Err(_gone) => return Verdict::Unable,
        };
        match self.queue.put(envelope).await {
            Ok(()) => Verdict::Kept,
            Err(QueueError::Full) => Verdict::Full,
            Err(_) => Verdict::Unable,
        }
    }
}
