//! The way from a gateway to the desk: its queue, the keys to seal to, the relay, passes.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use lapwing_gateway::{
    Desk, Forwarding, Holding, Intake, QUEUE_MAX, Queue, Relay, Trouble, forward,
};
use lapwing_wire::{BulletinError, Envelope, Pass, VerifyingKey};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::secret;
use crate::{
    clock, entropy, passes,
    relay_client::{self, RelayClient, root_key},
};

/// Between two tries to get the first bulletin.
const LEARN_PAUSE: Duration = Duration::from_secs(5);
/// Between two tries to fetch passes.
const FETCH_PAUSE: Duration = Duration::from_secs(600);

/// The way to the desk.
#[derive(clap::Args)]
pub(super) struct Way {
    /// Folder of the queue
    #[arg(long, default_value = "lapwing-data/gateway")]
    data: PathBuf,
    /// The relay: its address
    #[arg(long, value_name = "URL")]
    relay: String,
    /// The desk's root key (64 hex digits), as `lapwing desk key` prints it
    #[arg(long, value_name = "HEX", env = "LAPWING_DESK_ROOT_KEY")]
    desk_root_key: String,
    /// The relay's log key, as it prints it: then only receipts that it signed count
    #[arg(long, value_name = "HEX")]
    relay_log_key: Option<String>,
    /// Forward what waits once in so many seconds, all together
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    forward_every_s: u64,
    /// Envelopes that may wait; beyond it messages stay with whoever brings them
    #[arg(long, value_name = "N", default_value_t = QUEUE_MAX)]
    queue_max: u64,
    /// How long the parts of a long message wait for each other, in seconds, before they are to be sent again
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=60))]
    part_wait_s: u64,
    /// Parts that wait at once: fewer than are sent without an answer, and 0 where each answer is waited for
    #[arg(long, value_name = "N", default_value_t = 4)]
    parts_waiting: usize,
    /// File of passes (`lapwing witness passes`), for desks whose bulletin names an issuer
    #[arg(long, value_name = "FILE")]
    passes: Option<PathBuf>,
    /// File of the code by which to fetch more passes when there are none left; or LAPWING_PASS_CODE
    #[arg(long, value_name = "FILE", requires = "passes")]
    pass_code_file: Option<PathBuf>,
}

/// A gateway that forwards, and waits for messages.
pub(super) struct Ready {
    pub(super) intake: Arc<Intake>,
    pub(super) folder: PathBuf,
    queue: Queue,
    desk: Arc<Desk>,
    relay: Arc<Client>,
    forwarding: JoinHandle<()>,
}

impl Way {
    /// Opens the queue and begins to forward what waits in it.
    pub(super) fn open(self) -> anyhow::Result<Ready> {
        let root = root_key(&self.desk_root_key)?;
        let log_key = self.relay_log_key.as_deref().map(root_key).transpose();
        let log_key = log_key.context("that is no log key")?;
        let client = Client {
            http: RelayClient::new(&self.relay)?,
            root,
            passes: self.passes.clone(),
            code: secret(self.pass_code_file.as_deref(), "LAPWING_PASS_CODE")?,
            fetched: Mutex::default(),
        };
        let queue = Queue::open(&self.data, self.queue_max)?;
        let desk = Desk::open(&root, &self.data, Arc::new(clock::now), entropy::seed()?)
            .with_context(|| bulletin_of(&self.data))?;
        let desk = Arc::new(desk);
        let holding = Holding {
            wait: Duration::from_secs(self.part_wait_s),
            at_once: self.parts_waiting,
        };
        let key = Zeroizing::new(entropy::seed()?);
        let clock = Arc::new(clock::now);
        let intake = Intake::new(Arc::clone(&desk), queue.clone(), clock, &key, holding);
        let relay = Arc::new(client);
        let forwarding = Forwarding {
            every: Duration::from_secs(self.forward_every_s),
            seed: entropy::seed()?,
            log_key,
        };
        let forwarding = forward(
            Arc::clone(&relay),
            Arc::clone(&desk),
            queue.clone(),
            forwarding,
        );
        Ok(Ready {
            intake: Arc::new(intake),
            folder: self.data,
            queue,
            desk,
            relay,
            forwarding: tokio::spawn(forwarding),
        })
    }
}

fn bulletin_of(folder: &Path) -> String {
    let path = folder.join("bulletin");
    format!(
        "the bulletin that was kept cannot be used; if the desk is another now, delete {}",
        path.display()
    )
}

impl Ready {
    /// Waits until there are keys to seal to: from the disk, else from the relay.
    pub(super) async fn learn(&self) -> anyhow::Result<()> {
        let mut told = false;
        while let Err(missing) = self.desk.ready() {
            let why = match self.relay.http.bulletin(Some(self.relay.root)).await {
                Ok((bytes, _key)) => match self.desk.accept(&bytes) {
                    Ok(()) => continue,
                    Err(why) => why.to_string(),
                },
                // Another desk's stays another desk's, however long this waits.
                Err(why) if why.is::<BulletinError>() => return Err(why),
                Err(why) => format!("{why:#}"),
            };
            if !told {
                tracing::warn!("no message is taken yet: {missing}: {why}");
                told = true;
            }
            tokio::time::sleep(LEARN_PAUSE).await;
        }
        Ok(())
    }

    /// Ends the forwarding. What waits stays on disk.
    pub(super) async fn end(self) {
        self.forwarding.abort();
        let counts = self.intake.counts();
        let waiting = self.queue.count().await.unwrap_or_default();
        tracing::info!(
            "stopped: {} kept, {} without a whisper, {} put off; {waiting} envelopes wait",
            counts.kept(),
            counts.no_whisper(),
            counts.refused(),
        );
    }
}

/// The relay, and the passes that are shown to it.
struct Client {
    http: RelayClient,
    root: VerifyingKey,
    passes: Option<PathBuf>,
    code: Option<Zeroizing<String>>,
    /// When passes were last fetched, or could not be.
    fetched: Mutex<Option<Instant>>,
}

impl From<relay_client::Trouble> for Trouble {
    fn from(trouble: relay_client::Trouble) -> Self {
        match trouble {
            relay_client::Trouble::Passing(why) => Self::Passing(why),
            relay_client::Trouble::Pass(why) => Self::Pass(why),
            relay_client::Trouble::Refused(why) => Self::Refused(why),
        }
    }
}

impl Relay for Client {
    async fn bulletin(&self) -> Result<Vec<u8>, Trouble> {
        match self.http.bulletin(Some(self.root)).await {
            Ok((bytes, _key)) => Ok(bytes),
            Err(why) => Err(Trouble::Passing(format!("{why:#}"))),
        }
    }

    async fn post(&self, envelope: &Envelope, pass: Option<&Pass>) -> Result<Vec<u8>, Trouble> {
        Ok(self.http.post(envelope, pass).await?)
    }

    async fn pass(&self) -> Option<Pass> {
        let path = self.passes.as_deref()?;
        match self.take_or_fetch(path).await {
            Ok(pass) => pass,
            Err(why) => {
                tracing::warn!("no pass can be had: {why:#}");
                None
            }
        }
    }
}

impl Client {
    async fn take_or_fetch(&self, path: &Path) -> anyhow::Result<Option<Pass>> {
        let held = passes::take(path, clock::now())?;
        let Some(code) = self.code.as_ref().filter(|_| held.is_none()) else {
            return Ok(held);
        };
        {
            let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
            if fetched.is_some_and(|at| at.elapsed() < FETCH_PAUSE) {
                return Ok(None);
            }
            *fetched = Some(Instant::now());
        }
        let bulletin = passes::current(&self.http, self.root).await?;
        passes::fetch(path, &bulletin, None, code).await?;
        passes::take(path, clock::now())
    }
}
