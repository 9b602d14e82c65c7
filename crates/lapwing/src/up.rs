//! `lapwing up`: relay, desk and both pages in one process on embedded stores.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use lapwing_desk::ClockMode;
use lapwing_http::Bound;
use lapwing_relay::Admission;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    clock,
    desk::{self, DropArgs, RegionArgs, StoreArgs},
    issuer::Issuing,
    relay::admission,
    replay::{Replay, Speed},
    shutdown, web,
};

/// The hour that the demo plays.
const HOUR: &[u8] = include_bytes!("../../../data/attack-days/hour.csv");
/// An hour in a minute.
const DEMO_SPEED: f64 = 60.0;

/// Starts everything on this machine
#[derive(clap::Args)]
pub(crate) struct Up {
    /// Folder of all stores
    #[arg(long, default_value = "lapwing-data")]
    data: PathBuf,
    /// Folder of the built witness app
    #[arg(long, value_name = "DIR", default_value = "web/witness/dist")]
    web: PathBuf,
    /// Folder of the built desk pages
    #[arg(long, value_name = "DIR", default_value = "web/desk/dist")]
    desk_web: PathBuf,
    /// Witness app; the relay listens on the next port, the desk and the issuer after it; 0: any free ones
    #[arg(long, default_value_t = 8_100)]
    port: u16,
    /// A detailed map for the desk (PMTiles)
    #[arg(long, value_name = "FILE")]
    pmtiles: Option<PathBuf>,
    /// Play the bundled hour of reports, sixty times as fast, on a desk of its own
    #[arg(long)]
    demo: bool,
    /// Who may leave an envelope: anybody (`open`), or whoever shows a pass (`passes`): then an issuer is started too, and
    /// a code for its passes is printed
    #[arg(long, default_value = "open", value_parser = admission, conflicts_with = "demo")]
    admission: Admission,
    #[command(flatten)]
    drops: DropArgs,
    #[command(flatten)]
    rhythm: web::RhythmArgs,
}

impl Up {
    /// Serves until told to stop.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let (folder, mode) = if self.demo {
            let folder = self.data.join("demo");
            // The hour has happened once; a second one over it would be other people.
            if folder.exists() {
                std::fs::remove_dir_all(&folder)
                    .with_context(|| format!("{} cannot be emptied", folder.display()))?;
            }
            (folder, ClockMode::Replay)
        } else {
            (self.data.clone(), ClockMode::Live)
        };
        let web_socket = self.socket(0).await?;
        let relay_socket = self.socket(1).await?;
        let desk_socket = self.socket(2).await?;
        let relay_url = format!("http://{}", relay_socket.address);
        let issuing = match self.admission {
            Admission::Open => None,
            Admission::Passes => Some(Issuing::open(
                &folder.join("issuer"),
                self.socket(3).await?,
            )?),
        };

        let region = RegionArgs::bundled()?;
        let config = desk::config(
            &StoreArgs::in_folder(folder.join("desk")),
            mode,
            std::slice::from_ref(&relay_url),
            &region,
            Some(self.desk_web.clone()),
            self.pmtiles.clone(),
            self.drops,
        )?;
        let desk = lapwing_desk::Desk::open_or_init(config)?
            .issuing(issuing.as_ref().map(Issuing::for_desk).transpose()?);
        let root_key = hex::encode(desk.root_key());
        let desk_key = lapwing_wire::VerifyingKey::from_bytes(&desk.root_key())
            .context("the desk's root key is none")?;
        let relay =
            lapwing_relay::Relay::open(&folder.join("relay"), desk_key, Arc::new(clock::now))
                .await?
                .admitting(self.admission);
        let app = web::router(
            &self.web,
            &web::Deployment {
                root_key: &root_key,
                relays: std::slice::from_ref(&relay_url),
                issuer: issuing.as_ref().map(|issuing| issuing.url.as_str()),
                region: region.degrees(),
                rhythm: self.rhythm,
                framed_by: &[],
            },
        )?;

        println!();
        println!("  Witness app   http://{}/", web_socket.address);
        println!(
            "  Desk          {}",
            desk.sign_in_address(desk_socket.address)
        );
        println!("  Relay         {relay_url}");
        println!("  Warnings      {relay_url}/v1/warnings.atom");
        println!("  Root key      {root_key}");
        if let Some(Issuing { url, phones, .. }) = &issuing {
            println!("  Issuer        {url}");
            println!("  Code          {phones}");
        }
        println!("  Data          {}", folder.display());
        println!();

        let (stop, stopped) = watch::channel(false);
        let told = move || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.wait_for(|&stop| stop).await;
            }
        };
        let mut roles: JoinSet<anyhow::Result<()>> = JoinSet::new();
        let until = told();
        roles.spawn(async move {
            Ok(lapwing_http::serve(relay_socket, relay.router(), None, until).await?)
        });
        let until = told();
        roles.spawn(async move { Ok(lapwing_http::serve(web_socket, app, None, until).await?) });
        let until = told();
        roles.spawn(async move { Ok(desk.run(desk_socket, until).await?) });
        if let Some(Issuing { issuer, socket, .. }) = issuing {
            let until = told();
            roles.spawn(async move {
                Ok(lapwing_http::serve(socket, issuer.router(), None, until).await?)
            });
        }
        if self.demo {
            // Not among the roles: when the hour is over the desk goes on.
            tokio::spawn(async move {
                if let Err(why) = play(&folder, &relay_url, root_key).await {
                    tracing::error!("the demo does not play: {why:#}");
                }
            });
        }
        let ended = tokio::select! {
            () = shutdown::asked() => Ok(()),
            Some(ended) = roles.join_next() => ended.context("a role stopped").flatten(),
        };
        stop.send_replace(true);
        while let Some(role) = roles.join_next().await {
            role.context("a role stopped")??;
        }
        ended
    }

    /// The `nth` port from the first, or a free one.
    async fn socket(&self, nth: u16) -> anyhow::Result<Bound> {
        let port = match self.port {
            0 => 0,
            first => first.saturating_add(nth),
        };
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        lapwing_http::bind(address)
            .await
            .context("try --port 0 for free ones")
    }
}

async fn play(folder: &Path, relay: &str, root_key: String) -> anyhow::Result<()> {
    let file = folder.join("hour.csv");
    std::fs::write(&file, HOUR).with_context(|| format!("{} cannot be written", file.display()))?;
    let replay = Replay {
        file,
        relay: relay.to_owned(),
        speed: Speed::Times(DEMO_SPEED),
        witnesses: "auto".to_owned(),
        // As if it were happening: what a visitor reports meanwhile belongs to the same hour.
        as_if_now: true,
        desk_root_key: Some(root_key),
    };
    replay.run().await
}
