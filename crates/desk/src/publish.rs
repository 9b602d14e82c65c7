//! Getting the bulletin to every relay: signed once, delivered until it is there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{Request, StatusCode},
};
use ed25519_dalek::VerifyingKey;
use lapwing_wire::{BULLETIN_MAX, Bulletin};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{
    clock::Clock,
    hub::Hub,
    line::Line,
    publication::Signed,
    refusal::Refusal,
    relays::{Backoff, RelayUrl, Trouble, ask, refused},
    writer::WriterHandle,
};

/// The latest publication, for every relay's task.
pub(crate) type Latest = watch::Receiver<Option<Arc<Signed>>>;

/// Bulletins are signed afresh at least this often, seconds.
const DAILY_S: i64 = 86_400;
/// How often to look at the desk's clock, which may be set while the machine's goes on.
const LOOK: Duration = Duration::from_secs(60);
/// Greatest numbers seen at a relay that this desk does not remember: its store came from a backup.
#[derive(Debug, Default)]
pub(crate) struct Above {
    pub(crate) bulletin: AtomicU64,
    pub(crate) drops: AtomicU32,
}

/// An answer to a publication says nothing; a proxy may say a little.
const NOTHING: usize = 4_096;
/// Least time between two bulletins.
const APART: Duration = Duration::from_secs(1);

/// Signs a bulletin whenever the last has become old, or its drops have.
pub(crate) struct Maker {
    pub(crate) writer: WriterHandle,
    pub(crate) clock: Arc<dyn Clock>,
    /// Rung when warnings or keys have changed.
    pub(crate) wake: Arc<Notify>,
    pub(crate) latest: watch::Sender<Option<Arc<Signed>>>,
    pub(crate) above: Arc<Above>,
}

impl Maker {
    /// Runs until dropped.
    pub(crate) async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            match self.once().await {
                Ok(due) => {
                    backoff.reset();
                    tokio::time::sleep(APART).await;
                    self.until(due).await;
                }
                Err(Refusal::Stopping) => return,
                Err(why) => {
                    tracing::error!(%why, "no bulletin could be signed");
                    tokio::time::sleep(backoff.next()).await;
                }
            }
        }
    }

    /// Signs a bulletin; gives when it will be old.
    pub(crate) async fn once(&self) -> Result<i64, Refusal> {
        let signed = self.writer.bulletin(Arc::clone(&self.above)).await?;
        let due = signed.drops_due.min(signed.issued + DAILY_S);
        self.latest.send_replace(Some(Arc::new(signed)));
        Ok(due)
    }

    /// Waits until `due` by the desk's clock, or until something has changed.
    async fn until(&self, due: i64) {
        loop {
            let left = due.saturating_sub(self.clock.now());
            let Some(left) = u64::try_from(left).ok().filter(|&left| left > 0) else {
                return;
            };
            let at_most = Instant::now() + LOOK.min(Duration::from_secs(left));
            if tokio::time::timeout_at(at_most, self.wake.notified())
                .await
                .is_ok()
            {
                return;
            }
        }
    }
}

/// Takes publications to one relay.
pub(crate) struct Deliverer {
    pub(crate) index: usize,
    pub(crate) relay: RelayUrl,
    pub(crate) line: Arc<dyn Line>,
    pub(crate) root: VerifyingKey,
    pub(crate) writer: WriterHandle,
    pub(crate) hub: Arc<Hub>,
    pub(crate) latest: Latest,
    pub(crate) wake: Arc<Notify>,
    pub(crate) above: Arc<Above>,
}

impl Deliverer {
    /// Runs until the desk stops.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            match self.once().await {
                Ok(()) => backoff.reset(),
                Err(trouble) => {
                    tracing::warn!(relay = self.index, %trouble, "a publication was not delivered");
                    // A newer one need not wait for its turn.
                    tokio::select! {
                        () = tokio::time::sleep(backoff.next()) => {}
                        Ok(()) = self.latest.changed() => self.latest.mark_changed(),
                    }
                    continue;
                }
            }
            if self.latest.changed().await.is_err() {
                return;
            }
        }
    }

    /// Takes the latest publication there, if there is one.
    pub(crate) async fn once(&mut self) -> Result<(), Trouble> {
        let Some(signed) = self.latest.borrow_and_update().clone() else {
            return Ok(());
        };
        self.deliver(&signed).await?;
        let number = signed.number;
        self.hub.relay(self.index, |relay| {
            relay.bulletin = relay.bulletin.max(number);
        });
        self.writer.delivered(self.relay.as_str(), number).await;
        Ok(())
    }

    async fn deliver(&self, signed: &Signed) -> Result<(), Trouble> {
        let request = Request::put(self.relay.at("/v1/publication").as_str())
            .header("content-type", "application/octet-stream");
        let answer = ask(&*self.line, request, signed.bytes.clone(), NOTHING).await?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::CONFLICT => self.catch_up(signed).await,
            status => Err(refused(status)),
        }
    }

    /// The relay has a number that is not below this one: either this very bulletin, whose answer
    /// was lost, or one that this desk does not remember.
    async fn catch_up(&self, signed: &Signed) -> Result<(), Trouble> {
        let request = Request::get(self.relay.at("/v1/bulletin").as_str());
        let answer = ask(&*self.line, request, Bytes::new(), BULLETIN_MAX).await?;
        if answer.status() != StatusCode::OK {
            return Err(refused(answer.status()));
        }
        let bytes = answer.into_body();
        let Ok(there) = Bulletin::verify(&bytes, &self.root) else {
            return Err(Trouble::NotTheDesk);
        };
        if there.number == signed.number && signed.bytes.get(4..4 + bytes.len()) == Some(&bytes[..])
        {
            return Ok(());
        }
        self.above
            .bulletin
            .fetch_max(there.number, Ordering::Relaxed);
        let drops = there.drops.map_or(0, |drops| drops.number);
        self.above.drops.fetch_max(drops, Ordering::Relaxed);
        self.wake.notify_one();
        Err(Trouble::Status(StatusCode::CONFLICT.as_u16()))
    }
}
