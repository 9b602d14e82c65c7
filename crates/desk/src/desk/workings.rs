//! The desk's parts, each of which takes steps: in loops while the desk runs, else when somebody says so.

use std::{sync::Arc, time::Duration};

use ed25519_dalek::SigningKey;
use lapwing_model::Region;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use super::{Desk, DeskConfig, DeskError, Issuer};
use crate::{
    api::{self, Access, Coordinators, Lines},
    cells::{Cells, MemberStandings},
    herald::Herald,
    hub::{Fixed, Hub, RelayState, kind_views},
    issuer::Watcher,
    line::Line,
    opening::Secrets,
    publish::{Above, Deliverer, Maker},
    pull::Puller,
    store::{Store, StoreError},
    writer::{self, Ending, Office, WriterHandle},
};

/// Everything of a desk that is open.
pub(super) struct Workings {
    /// What its pages work with.
    pub(super) pages: api::Desk,
    pub(super) maker: Maker,
    /// One a relay, in the order of the configuration.
    pub(super) pullers: Vec<Puller>,
    /// One a relay, in the order of the configuration.
    pub(super) deliverers: Vec<Deliverer>,
    pub(super) ending: Ending,
    watcher: Option<Watcher>,
}

impl Desk {
    /// Starts the thread that writes, and nothing else. `stopped` tells the pages that the desk is stopping.
    pub(super) fn workings(
        self,
        line: &Arc<dyn Line>,
        stopped: watch::Receiver<bool>,
    ) -> Result<Workings, DeskError> {
        let Self {
            config,
            store,
            fold,
            keys,
            secrets,
            issuer,
        } = self;
        let hub = Arc::new(hub(&config, &store)?);
        let reader = Arc::new(store.reader()?);
        let secrets = {
            let shared = Secrets::default();
            shared.replace(secrets);
            shared
        };
        let publish = Arc::new(Notify::new());
        let office = Office {
            hub: Arc::clone(&hub),
            herald: Herald {
                form: Arc::new(config.form.clone()),
                gazetteer: Arc::new(config.gazetteer.clone()),
                sender: sender(&keys.root),
                mode: config.mode,
            },
            clock: Arc::clone(&config.clock),
            root: keys.root.clone(),
            region: config.region,
            secrets: secrets.clone(),
            issuer: issuer.as_ref().map(|issuer| issuer.url.as_str().to_owned()),
            standings: Box::<MemberStandings>::default(),
            publish: Arc::clone(&publish),
            drops: config.drops,
        };
        let herald = office.herald.clone();
        let cursors = config
            .relays
            .iter()
            .map(|relay| store.cursor(relay.as_str()))
            .collect::<Result<Vec<_>, _>>()?;
        let cells = Cells::load(&store)?;
        let (writer, ending) = writer::start(store, fold, cells, office);

        let (latest, latest_of_all) = watch::channel(None);
        let above = Arc::new(Above::default());
        let puller = |(index, (relay, after))| Puller {
            index,
            relay,
            line: Arc::clone(line),
            root: keys.root.clone(),
            clock: Arc::clone(&config.clock),
            secrets: secrets.clone(),
            writer: writer.clone(),
            hub: Arc::clone(&hub),
            after,
        };
        let deliverer = |(index, relay)| Deliverer {
            index,
            relay,
            line: Arc::clone(line),
            root: keys.root.verifying_key(),
            writer: writer.clone(),
            hub: Arc::clone(&hub),
            latest: latest_of_all.clone(),
            wake: Arc::clone(&publish),
            above: Arc::clone(&above),
        };
        let relays = || config.relays.iter().cloned();
        Ok(Workings {
            pullers: relays().zip(cursors).enumerate().map(puller).collect(),
            deliverers: relays().enumerate().map(deliverer).collect(),
            maker: Maker {
                writer: writer.clone(),
                clock: Arc::clone(&config.clock),
                wake: Arc::clone(&publish),
                latest,
                above: Arc::clone(&above),
            },
            watcher: issuer.map(|Issuer { url, code }| Watcher {
                issuer: url,
                code,
                line: Arc::clone(line),
                writer: writer.clone(),
                wake: Arc::clone(&publish),
            }),
            ending,
            pages: api::Desk {
                hub,
                reader,
                writer,
                herald,
                access: Access::new(&keys.sign_in, &keys.root.verifying_key().to_bytes()),
                coordinators: Coordinators::default(),
                lines: Lines::default(),
                stopped,
                web_dir: config.web_dir,
                pmtiles: config.pmtiles,
            },
        })
    }
}

impl Workings {
    /// Begins the loops.
    pub(super) fn begin(self) -> (JoinSet<()>, Ending) {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.maker.run());
        for puller in self.pullers {
            tasks.spawn(puller.run());
        }
        for deliverer in self.deliverers {
            tasks.spawn(deliverer.run());
        }
        if let Some(watcher) = self.watcher {
            tasks.spawn(watcher.run());
        }
        let api::Desk { hub, writer, .. } = self.pages;
        tasks.spawn(async move { hub.gather().await });
        tasks.spawn(time_passes(writer));
        (tasks, self.ending)
    }
}

async fn time_passes(writer: WriterHandle) {
    let mut every = tokio::time::interval(Duration::from_secs(5));
    loop {
        every.tick().await;
        if let Err(why) = writer.time_passed().await {
            tracing::warn!(%why, "the passing of time was not journalled");
        }
    }
}

/// `sender` of the desk's CAP messages: unique by its key.
fn sender(root: &SigningKey) -> String {
    format!(
        "lapwing-{}",
        hex::encode(&root.verifying_key().to_bytes()[..8])
    )
}

fn hub(config: &DeskConfig, store: &Store) -> Result<Hub, StoreError> {
    let relays = config
        .relays
        .iter()
        .map(|relay| {
            Ok(RelayState {
                url: relay.as_str().to_owned(),
                up: false,
                cursor: store.cursor(relay.as_str())?.unsigned_abs(),
                trouble: None,
                bulletin: store.delivery(relay.as_str())?.unsigned_abs(),
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let Region {
        south_west,
        north_east,
    } = config.region;
    let fixed = Fixed {
        mode: config.mode,
        kinds: kind_views(&config.form),
        region: [
            south_west.lon(),
            south_west.lat(),
            north_east.lon(),
            north_east.lat(),
        ],
    };
    Ok(Hub::new(fixed, Arc::clone(&config.clock), relays))
}
