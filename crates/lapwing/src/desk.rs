//! `lapwing desk`: the trusted server.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use lapwing_desk::{
    ClockMode, DeskConfig, DropPlan, Gazetteer, Issuer, KeySource, RelayUrl, SystemClock,
};
use lapwing_model::{Form, Place, Region};
use lapwing_wire::ISSUER_URL_MAX;
use zeroize::Zeroizing;

use crate::shutdown;

/// Settlements that come with the program.
const PLACES: &[u8] = include_bytes!("../../../data/gazetteer/ua_places.csv");

/// Opens envelopes, fuses reports into incidents, warns
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Desk {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    run: Run,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Print the desk's root key, making the desk if there is none
    Key(Which),
    /// Derive everything again from the journal and say whether it is the same
    Rebuild(Which),
    /// Go on without a keyring that is lost for good
    Recover(Which),
}

/// Which desk.
#[derive(clap::Args)]
struct Which {
    #[command(flatten)]
    store: StoreArgs,
    #[arg(long, default_value = "live", value_parser = mode)]
    clock: ClockMode,
}

/// Folder and key of a desk.
#[derive(clap::Args)]
pub(crate) struct StoreArgs {
    /// Folder of its store
    #[arg(long, default_value = "lapwing-data/desk")]
    data: PathBuf,
    /// File with the key of its store; made if missing [default: DATA.key, next to the folder]
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    key_file: Option<PathBuf>,
    /// File with the passphrase of its store, `-` for standard input
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Run {
    #[command(flatten)]
    store: StoreArgs,
    /// A relay to pull from and publish to; may be given several times
    #[arg(long = "relay", value_name = "URL")]
    relays: Vec<String>,
    /// The issuer of passes, named with its keys in the bulletin
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// File with the issuer's code for this desk: two passes then go into each invite
    #[arg(long, value_name = "FILE", requires = "issuer")]
    issuer_code_file: Option<PathBuf>,
    /// Where to listen, on loopback only
    #[arg(long, default_value = "127.0.0.1:8102")]
    listen: SocketAddr,
    /// `live`, or `replay`: take the time from replayed reports
    #[arg(long, default_value = "live", value_parser = mode)]
    clock: ClockMode,
    /// Folder of the built pages (web/desk/dist)
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// A detailed map (PMTiles)
    #[arg(long, value_name = "FILE")]
    pmtiles: Option<PathBuf>,
    #[command(flatten)]
    region: RegionArgs,
    #[command(flatten)]
    drops: DropArgs,
}

/// How the desk answers.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct DropArgs {
    /// Seconds between two drops of replies, 60 to 86400; phones follow 8784 of them at once
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = period)]
    drop_period: u32,
    /// How many drops there are, 1 to 256: each holds 64 replies, phones share one among many
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = buckets)]
    drop_buckets: u16,
}

impl Default for DropArgs {
    fn default() -> Self {
        let plan = DropPlan::default();
        Self {
            drop_period: plan.period_s(),
            drop_buckets: plan.buckets(),
        }
    }
}

impl DropArgs {
    fn plan(self) -> DropPlan {
        DropPlan::new(self.drop_period, self.drop_buckets).expect("clap has looked at both")
    }
}

fn period(text: &str) -> Result<u32, String> {
    let plan = text.parse().ok().and_then(|s| DropPlan::new(s, 1));
    plan.map(DropPlan::period_s)
        .ok_or_else(|| "60 to 86400".into())
}

fn buckets(text: &str) -> Result<u16, String> {
    let plan = text.parse().ok().and_then(|n| DropPlan::new(3_600, n));
    plan.map(DropPlan::buckets).ok_or_else(|| "1 to 256".into())
}

/// What a deployment looks after.
#[derive(clap::Args)]
pub(crate) struct RegionArgs {
    /// West, south, east, north in degrees
    #[arg(long, value_name = "W,S,E,N", default_value = "22.0,44.0,40.3,52.5", allow_hyphen_values = true, value_parser = region)]
    region: Region,
    /// Settlements (CSV: geonameid,name,name_uk,oblast,lat,lon,population) [default: Ukraine's]
    #[arg(long, value_name = "FILE")]
    places: Option<PathBuf>,
}

fn mode(text: &str) -> Result<ClockMode, String> {
    match text {
        "live" => Ok(ClockMode::Live),
        "replay" => Ok(ClockMode::Replay),
        _ => Err("live or replay".into()),
    }
}

fn region(text: &str) -> Result<Region, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map_while(|n| n.trim().parse().ok())
        .collect();
    let &[west, south, east, north] = numbers.as_slice() else {
        return Err("four numbers with commas between: west, south, east, north".into());
    };
    let corner = |lat, lon| Place::from_degrees(lat, lon).map_err(|why| why.to_string());
    if west >= east || south >= north {
        return Err("west must lie west of east, south south of north".into());
    }
    Ok(Region {
        south_west: corner(south, west)?,
        north_east: corner(north, east)?,
    })
}

impl StoreArgs {
    /// The embedded default: everything below one folder, its key beside it.
    pub(crate) fn in_folder(data: PathBuf) -> Self {
        Self {
            data,
            key_file: None,
            passphrase_file: None,
        }
    }

    fn key(&self) -> anyhow::Result<KeySource> {
        if let Some(path) = &self.passphrase_file {
            let text = if path.as_os_str() == "-" {
                std::io::read_to_string(std::io::stdin()).context("no passphrase on standard input")
            } else {
                std::fs::read_to_string(path)
                    .with_context(|| format!("{} cannot be read", path.display()))
            };
            let text = Zeroizing::new(text?);
            let words = text.lines().next().unwrap_or_default().trim();
            return Ok(KeySource::Passphrase(Zeroizing::new(words.to_owned())));
        }
        let path = match &self.key_file {
            Some(path) => path.clone(),
            None => {
                let mut name = self
                    .data
                    .file_name()
                    .context("the folder needs a name")?
                    .to_owned();
                name.push(".key");
                self.data.with_file_name(name)
            }
        };
        Ok(KeySource::File { path, create: true })
    }
}

/// What a desk needs to open.
pub(crate) fn config(
    store: &StoreArgs,
    mode: ClockMode,
    relays: &[String],
    region: &RegionArgs,
    web: Option<PathBuf>,
    pmtiles: Option<PathBuf>,
    drops: DropArgs,
) -> anyhow::Result<DeskConfig> {
    let relays = relays
        .iter()
        .map(|url| RelayUrl::parse(url).with_context(|| format!("{url} is no address of a relay")))
        .collect::<anyhow::Result<_>>()?;
    Ok(DeskConfig {
        data_dir: store.data.clone(),
        key: store.key()?,
        mode,
        relays,
        region: region.region,
        form: Form::civil_protection(),
        gazetteer: gazetteer(region.places.as_deref())?,
        web_dir: web.map(existing).transpose()?,
        pmtiles: pmtiles.map(existing).transpose()?,
        drops: drops.plan(),
        clock: Arc::new(SystemClock),
    })
}

fn existing(path: PathBuf) -> anyhow::Result<PathBuf> {
    if path.exists() {
        Ok(path)
    } else {
        bail!("there is no {}", path.display())
    }
}

fn gazetteer(path: Option<&Path>) -> anyhow::Result<Gazetteer> {
    match path {
        None => Gazetteer::from_csv(PLACES).context("the bundled settlements do not hold"),
        Some(path) => {
            let file =
                File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Gazetteer::from_csv(file).with_context(|| format!("{} does not hold", path.display()))
        }
    }
}

impl RegionArgs {
    /// Ukraine.
    pub(crate) fn bundled() -> anyhow::Result<Self> {
        let region = region("22.0,44.0,40.3,52.5").map_err(anyhow::Error::msg)?;
        Ok(Self {
            region,
            places: None,
        })
    }

    /// West, south, east, north in degrees.
    pub(crate) fn degrees(&self) -> [f64; 4] {
        let Region {
            south_west,
            north_east,
        } = self.region;
        [
            south_west.lon(),
            south_west.lat(),
            north_east.lon(),
            north_east.lat(),
        ]
    }
}

impl Desk {
    /// Serves until told to stop, or does the one thing asked for.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.verb {
            None => self.run.run().await,
            Some(Verb::Key(at)) => {
                let config = config(
                    &at.store,
                    at.clock,
                    &[],
                    &RegionArgs::bundled()?,
                    None,
                    None,
                    DropArgs::default(),
                )?;
                let desk = lapwing_desk::Desk::open_or_init(config)?;
                println!("{}", hex::encode(desk.root_key()));
                Ok(())
            }
            Some(Verb::Recover(at)) => {
                match lapwing_desk::Desk::recover(&at.store.data, &at.store.key()?)? {
                    0 => println!("nothing is lost: the keyring has every key that is needed"),
                    epochs => println!(
                        "{epochs} weeks closed: who sent which of their reports is forgotten, \
                         incidents stay as they were shown"
                    ),
                }
                Ok(())
            }
            Some(Verb::Rebuild(at)) => {
                let rebuilt = lapwing_desk::Desk::rebuild(&at.store.data, &at.store.key()?)?;
                println!(
                    "{}",
                    serde_json::json!({
                        "entries": rebuilt.entries,
                        "identical": rebuilt.identical,
                        "digest": hex::encode(rebuilt.digest),
                    })
                );
                if !rebuilt.identical {
                    bail!("what the desk showed was not what its journal says; it is now");
                }
                Ok(())
            }
        }
    }
}

impl Run {
    async fn run(self) -> anyhow::Result<()> {
        if self.relays.is_empty() {
            bail!("a desk needs at least one relay: --relay http://127.0.0.1:8101");
        }
        let config = config(
            &self.store,
            self.clock,
            &self.relays,
            &self.region,
            self.web,
            self.pmtiles,
            self.drops,
        )?;
        // A longer one would make the bulletin one that nobody takes.
        let fits = |url: &String| url.len() <= ISSUER_URL_MAX;
        anyhow::ensure!(
            self.issuer.as_ref().is_none_or(fits),
            "the issuer's address is too long"
        );
        let issuer = self
            .issuer
            .map(|url| issuer(&url, self.issuer_code_file.as_deref()))
            .transpose()?;
        let desk = lapwing_desk::Desk::open_or_init(config)?.issuing(issuer);
        let bound = lapwing_http::bind(self.listen).await?;
        println!("desk      {}", desk.sign_in_address(bound.address));
        println!("root key  {}", hex::encode(desk.root_key()));
        desk.run(bound, shutdown::asked()).await?;
        Ok(())
    }
}

/// An issuer, and the code that a file holds.
pub(crate) fn issuer(url: &str, code_file: Option<&Path>) -> anyhow::Result<Issuer> {
    let code = |path: &Path| {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let text = Zeroizing::new(text);
        anyhow::ensure!(!text.trim().is_empty(), "{} is empty", path.display());
        anyhow::Ok(Zeroizing::new(text.trim().to_owned()))
    };
    Ok(Issuer {
        url: RelayUrl::parse(url).with_context(|| format!("{url} is no address"))?,
        code: code_file.map(code).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_of_a_minute_to_a_day_and_at_most_256() {
        assert_eq!((period("60"), period("86400")), (Ok(60), Ok(86_400)));
        assert_eq!((buckets("1"), buckets("256")), (Ok(1), Ok(256)));
        for wrong in ["", "59", "86401", "-1", "hourly"] {
            assert!(period(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "0", "257", "65537"] {
            assert!(buckets(wrong).is_err(), "{wrong}");
        }
        assert_eq!(DropArgs::default().plan(), DropPlan::default());
    }

    #[test]
    fn a_region_is_four_numbers_in_order() {
        assert!(region("22,44,40.3,52.5").is_ok());
        for wrong in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "40,44,22,52",
            "22,52,40,44",
            "a,b,c,d",
        ] {
            assert!(region(wrong).is_err(), "{wrong}");
        }
    }
}
