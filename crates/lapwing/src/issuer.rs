//! `lapwing issuer`: signs passes.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use lapwing_desk::RelayUrl;
use lapwing_http::Bound;
use lapwing_issuer::{AnyOf, Codes, Eligibility, KeySet, OpenId};
use zeroize::Zeroizing;

use crate::{clock, entropy, relay::Tls, shutdown};

/// Signs passes for whoever may have them, without seeing them
#[derive(clap::Args)]
pub(crate) struct Issuer {
    /// Folder of its keys and counts
    #[arg(long, default_value = "lapwing-data/issuer")]
    data: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8103")]
    listen: SocketAddr,
    /// File of codes that get passes: a code and a number of batches (32 passes each, every 28 days) a line
    #[arg(long, value_name = "FILE")]
    codes: Option<PathBuf>,
    /// OpenID Connect: the provider's issuer identifier
    #[arg(
        long,
        value_name = "URL",
        requires = "openid_audience",
        requires = "openid_keys"
    )]
    openid: Option<String>,
    /// The client id that ID tokens must be for
    #[arg(long, value_name = "ID", requires = "openid")]
    openid_audience: Option<String>,
    /// The provider's keys (RFC 7517): a file, or an https: address
    #[arg(long, value_name = "FILE|URL", requires = "openid")]
    openid_keys: Option<String>,
    /// Batches that a person gets every 28 days
    #[arg(long, value_name = "N", default_value_t = 4, requires = "openid")]
    openid_batches: u32,
    #[command(flatten)]
    tls: Tls,
}

impl Issuer {
    /// Serves until told to stop.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let eligible = self.eligible()?;
        let issuer = lapwing_issuer::Issuer::open(&self.data, eligible, Arc::new(clock::now))
            .with_context(|| format!("the issuer in {} does not open", self.data.display()))?;
        let bound = lapwing_http::bind(self.listen).await?;
        let tls = self.tls.files();
        let scheme = if tls.is_some() { "https" } else { "http" };
        println!("issuer   {scheme}://{}", bound.address);
        lapwing_http::serve(bound, issuer.router(), tls.as_ref(), shutdown::asked()).await?;
        Ok(())
    }

    fn eligible(&self) -> anyhow::Result<Box<dyn Eligibility>> {
        let mut any: Vec<Box<dyn Eligibility>> = Vec::new();
        if let Some(path) = &self.codes {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            let codes = Codes::parse(&Zeroizing::new(text))
                .with_context(|| format!("{} does not hold", path.display()))?;
            any.push(Box::new(codes));
        }
        if let Some(provider) = &self.openid {
            // clap has seen to it that both are there.
            let audience = self.openid_audience.clone().unwrap_or_default();
            let keys = self.openid_keys.clone().unwrap_or_default();
            let keys = if keys.contains("://") {
                KeySet::Url(keys)
            } else {
                KeySet::File(keys.into())
            };
            let open_id = OpenId::new(provider.clone(), audience, self.openid_batches, &keys)?;
            any.push(Box::new(open_id));
        }
        if any.is_empty() {
            bail!("nobody may have passes: give --codes FILE or --openid URL");
        }
        Ok(Box::new(AnyOf(any)))
    }
}

/// A new file that its owner alone can read.
fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, bytes)
}

/// An issuer beside everything else on one machine, with two codes: the desk's, and one for phones.
pub(crate) struct Issuing {
    pub(crate) issuer: lapwing_issuer::Issuer,
    pub(crate) socket: Bound,
    pub(crate) url: String,
    /// The code for phones.
    pub(crate) phones: String,
    desk: Zeroizing<String>,
}

/// Batches in an epoch for each of the two codes: plenty for one machine.
const BATCHES: u32 = 1_000;

impl Issuing {
    /// Opens it, drawing codes if the folder has none.
    pub(crate) fn open(folder: &Path, socket: Bound) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let path = folder.join("codes");
        if !path.exists() {
            let [desk, phones] =
                [entropy::seed()?, entropy::seed()?].map(|seed| hex::encode(&seed[..10]));
            let text = format!("desk-{desk} {BATCHES}\nphone-{phones} {BATCHES}\n");
            write_secret(&path, text.as_bytes())
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let codes =
            Codes::parse(&text).with_context(|| format!("{} does not hold", path.display()))?;
        let code = |whose: &str| {
            text.split_whitespace()
                .find(|word| word.starts_with(whose))
                .map(str::to_owned)
                .with_context(|| format!("{} has no code that begins with {whose}", path.display()))
        };
        Ok(Self {
            issuer: lapwing_issuer::Issuer::open(folder, Box::new(codes), Arc::new(clock::now))
                .with_context(|| format!("the issuer in {} does not open", folder.display()))?,
            url: format!("http://{}", socket.address),
            socket,
            phones: code("phone-")?,
            desk: Zeroizing::new(code("desk-")?),
        })
    }

    /// What the desk is told of it.
    pub(crate) fn for_desk(&self) -> anyhow::Result<lapwing_desk::Issuer> {
        Ok(lapwing_desk::Issuer {
            url: RelayUrl::parse(&self.url).context("the issuer's address is none")?,
            code: Some(self.desk.clone()),
        })
    }
}
