//! The desk as a whole: making one, opening it, running it, deriving it again.

mod by_hand;
mod workings;

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use ed25519_dalek::SigningKey;
use lapwing_model::{Form, Region};
use lapwing_seal::ReceptionSecret;
use thiserror::Error;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::{
    api,
    cells::MemberStandings,
    clock::Clock,
    closing,
    drops::DropPlan,
    fold::Fold,
    gazetteer::Gazetteer,
    line::{Http, Line},
    reception,
    relays::RelayUrl,
    store::{DerivedDigest, KeySource, Store, StoreError},
    writer,
};

pub use by_hand::{ByHand, StepError};

pub use crate::api::types::ClockMode;

/// Everything that a desk is told from outside.
#[derive(Clone)]
pub struct DeskConfig {
    /// Its folder.
    pub data_dir: PathBuf,
    /// The key of its store.
    pub key: KeySource,
    /// Live, or replaying the past. Fixed when the first entry is written.
    pub mode: ClockMode,
    /// The relays that it pulls from and publishes to.
    pub relays: Vec<RelayUrl>,
    /// What it looks after.
    pub region: Region,
    /// What may be reported.
    pub form: Form,
    /// Names of places.
    pub gazetteer: Gazetteer,
    /// The built pages; without them there is only the API.
    pub web_dir: Option<PathBuf>,
    /// A detailed map, served with the pages.
    pub pmtiles: Option<PathBuf>,
    /// How often drops are made, and how many.
    pub drops: DropPlan,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
}

/// Why a desk does not open or stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeskError {
    /// Its folder.
    #[error("the desk's store does not open")]
    Store(#[from] StoreError),
    /// A live desk must not take the past for the present, nor the other way round.
    #[error("this desk was made for {made:?} and is started for {asked:?}")]
    Mode {
        /// When it was made.
        made: ClockMode,
        /// Now.
        asked: ClockMode,
    },
    /// The address asked for is not loopback.
    #[error("the desk listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The network.
    #[error("the desk cannot be served")]
    Serve(#[source] lapwing_http::ServeError),
    /// The client for relays.
    #[error("no client for relays can be made")]
    Client(#[source] reqwest::Error),
}

/// The issuer of passes.
pub struct Issuer {
    /// Where it is.
    pub url: RelayUrl,
    /// What entitles the desk to passes of its own, two of which go into each invite.
    pub code: Option<Zeroizing<String>>,
}

/// An open desk.
pub struct Desk {
    config: DeskConfig,
    store: Store,
    fold: Fold,
    keys: Keys,
    secrets: BTreeMap<u32, ReceptionSecret>,
    issuer: Option<Issuer>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("dir", &self.config.data_dir)
            .finish_non_exhaustive()
    }
}

struct Keys {
    root: SigningKey,
    sign_in: Zeroizing<[u8; 32]>,
}

/// What a rebuild found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Entries in the journal.
    pub entries: u64,
    /// Whether the derived state is the same as before.
    pub identical: bool,
    /// SHA-256 of the derived state.
    pub digest: [u8; 32],
}

const ROOT: &str = "root-seed";
const SIGN_IN: &str = "sign-in-key";
const MODE: &str = "mode";

impl Desk {
    /// Makes a desk in a folder that has none: store, root key, reception keys.
    ///
    /// # Errors
    /// When there is one already, or the folder or key cannot be used.
    pub fn init(config: DeskConfig) -> Result<Self, DeskError> {
        let mut store = Store::create(&config.data_dir, &config.key)?;
        found(&mut store, config.mode)?;
        Self::with_store(config, store)
    }

    /// Opens a desk: checks the end of its journal and folds all of it.
    ///
    /// # Errors
    /// When the folder, the key or the journal does not hold, or the mode is another.
    pub fn open(config: DeskConfig) -> Result<Self, DeskError> {
        let mut store = Store::open(&config.data_dir, &config.key)?;
        // A crash between making the store and founding the desk leaves it without keys.
        if store.setting::<32>(ROOT)?.is_none() {
            found(&mut store, config.mode)?;
        }
        Self::with_store(config, store)
    }

    /// Opens the desk in the folder, or makes one.
    ///
    /// # Errors
    /// As [`Desk::open`] and [`Desk::init`].
    pub fn open_or_init(config: DeskConfig) -> Result<Self, DeskError> {
        match Self::open(config.clone()) {
            Err(DeskError::Store(StoreError::Missing(_))) => Self::init(config),
            opened => opened,
        }
    }

    fn with_store(config: DeskConfig, mut store: Store) -> Result<Self, DeskError> {
        let made = match store.setting::<1>(MODE)?.ok_or(StoreError::Row(MODE))?[0] {
            0 => ClockMode::Live,
            _ => ClockMode::Replay,
        };
        if made != config.mode {
            return Err(DeskError::Mode {
                made,
                asked: config.mode,
            });
        }
        let secrets = match reception::roll(&mut store, config.clock.now())? {
            Some(secrets) => secrets,
            None => reception::load(&store),
        };
        let keys = Keys::read(&store)?;
        let now = match config.mode {
            ClockMode::Live => config.clock.now(),
            ClockMode::Replay => store.head().at,
        };
        closing::close(&mut store, now, &mut MemberStandings::default())?;
        let fold = writer::fold_journal(&mut store)?;
        Ok(Self {
            config,
            store,
            fold,
            keys,
            secrets,
            issuer: None,
        })
    }

    /// Names an issuer of passes in the bulletin, with the keys that it shows from now on.
    #[must_use]
    pub fn issuing(mut self, issuer: Option<Issuer>) -> Self {
        self.issuer = issuer;
        self
    }

    /// The Ed25519 key by which phones and relays know this desk.
    pub fn root_key(&self) -> [u8; 32] {
        self.keys.root.verifying_key().to_bytes()
    }

    /// Where a person at the desk begins, with the key that becomes a cookie.
    pub fn sign_in_address(&self, at: SocketAddr) -> String {
        format!(
            "http://{at}/?key={}",
            hex::encode(self.keys.sign_in.as_slice())
        )
    }

    /// Runs the desk on a loopback socket until `shutdown`.
    ///
    /// # Errors
    /// When the socket is not on loopback, or the store gives out at the start.
    pub async fn run(
        self,
        bound: lapwing_http::Bound,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), DeskError> {
        if !bound.address.ip().is_loopback() {
            return Err(DeskError::NotLoopback(bound.address));
        }
        let line: Arc<dyn Line> = Arc::new(Http::new().map_err(DeskError::Client)?);
        let (stop, stopped) = watch::channel(false);
        let workings = self.workings(&line, stopped)?;
        let app = api::router(workings.pages.clone());
        let (mut tasks, ending) = workings.begin();
        let result = lapwing_http::serve(bound, app, None, async move {
            shutdown.await;
            // Streams end, so that the connections do.
            stop.send_replace(true);
        })
        .await
        .map_err(DeskError::Serve);
        tasks.shutdown().await;
        ending.end().await;
        result
    }

    /// Derives everything again from the journal alone, after checking all of it: from the last
    /// closing on, and what was kept at closings before.
    ///
    /// # Errors
    /// When the store does not open or the journal does not follow from itself.
    pub fn rebuild(data_dir: &Path, key: &KeySource) -> Result<Rebuilt, DeskError> {
        let mut store = Store::open(data_dir, key)?;
        store.verify()?;
        let mut fold = closing::fold(&store.journal())?;
        let entries = store.head().seq.unsigned_abs();
        let mut batch = store.batch()?;
        let before: DerivedDigest = batch.derived_digest()?;
        let effects = fold.effects();
        closing::write_all(&mut batch, &fold, &effects)?;
        let digest = batch.derived_digest()?;
        batch.commit()?;
        Ok(Rebuilt {
            entries,
            identical: digest == before,
            digest,
        })
    }
}

impl Desk {
    /// Goes on without a keyring that is lost, or after a database from before the keyring's last
    /// forgetting was put back: nobody knows any more which of the reports so far are of one person;
    /// incidents stay as they are shown. Gives the number of epochs that were closed by it, 0 when
    /// nothing was lost.
    ///
    /// # Errors
    /// When the store does not open, its journal does not follow from itself, or its keyring is
    /// damaged (then it may still be found whole elsewhere).
    pub fn recover(data_dir: &Path, key: &KeySource) -> Result<usize, DeskError> {
        let mut store = Store::open_without_keyring(data_dir, key)?;
        store.verify()?;
        Ok(closing::recover(&mut store)?)
    }
}

impl Keys {
    fn read(store: &Store) -> Result<Self, StoreError> {
        let need = |name| store.setting::<32>(name)?.ok_or(StoreError::Row(name));
        Ok(Self {
            root: SigningKey::from_bytes(&*need(ROOT)?),
            sign_in: need(SIGN_IN)?,
        })
    }
}

/// Draws the desk's keys.
fn found(store: &mut Store, mode: ClockMode) -> Result<(), StoreError> {
    let batch = store.batch()?;
    for name in [ROOT, SIGN_IN] {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_why| StoreError::Randomness)?;
        batch.set(name, key.as_slice())?;
    }
    batch.set(MODE, &[u8::from(mode == ClockMode::Replay)])?;
    batch.commit()
}
