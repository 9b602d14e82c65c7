//! `lapwing relay`: the untrusted server.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context;
use lapwing_http::TlsFiles;
use lapwing_relay::Admission;

use crate::{clock, relay_client::root_key, shutdown};

/// Keeps sealed envelopes that it cannot read
#[derive(clap::Args)]
pub(crate) struct Relay {
    /// Folder of its store
    #[arg(long, default_value = "lapwing-data/relay")]
    data: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8101")]
    listen: SocketAddr,
    /// Root key of the desk that may pull and publish here (64 hex digits; `lapwing desk key`)
    #[arg(long, value_name = "HEX", env = "LAPWING_DESK_ROOT_KEY")]
    desk_root_key: String,
    /// Who may leave an envelope: anybody, or whoever shows a pass of the issuer that the bulletin names
    #[arg(long, default_value = "open", value_parser = admission)]
    admission: Admission,
    #[command(flatten)]
    tls: Tls,
}

pub(crate) fn admission(text: &str) -> Result<Admission, String> {
    match text {
        "open" => Ok(Admission::Open),
        "passes" => Ok(Admission::Passes),
        _ => Err("open or passes".into()),
    }
}

/// TLS files; without them put a proxy in front that drops addresses (docs/RUNNING.md).
#[derive(clap::Args)]
pub(crate) struct Tls {
    /// Certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Tls {
    pub(crate) fn files(self) -> Option<TlsFiles> {
        let (certificate, key) = self.tls_cert.zip(self.tls_key)?;
        Some(TlsFiles { certificate, key })
    }
}

impl Relay {
    /// Serves until told to stop.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let desk = root_key(&self.desk_root_key)?;
        let relay = lapwing_relay::Relay::open(&self.data, desk, Arc::new(clock::now))
            .await
            .with_context(|| format!("the relay in {} does not open", self.data.display()))?
            .admitting(self.admission);
        let log_key = hex::encode(relay.log_key().as_bytes());
        let bound = lapwing_http::bind(self.listen).await?;
        let tls = self.tls.files();
        let scheme = if tls.is_some() { "https" } else { "http" };
        println!("relay    {scheme}://{}", bound.address);
        println!("log key  {log_key}");
        lapwing_http::serve(bound, relay.router(), tls.as_ref(), shutdown::asked()).await?;
        Ok(())
    }
}
