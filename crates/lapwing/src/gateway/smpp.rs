//! `lapwing gateway smpp`: a carrier.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use lapwing_gateway::{
    DefaultAlphabet,
    smpp::{Carrier, CarrierTls, serve},
};

use super::{secret, way::Way};
use crate::shutdown;

/// Binds to a carrier and takes what it delivers
#[derive(clap::Args)]
pub(crate) struct Smpp {
    #[command(flatten)]
    way: Way,
    /// The carrier's message centre
    #[arg(long, value_name = "HOST:PORT")]
    carrier: String,
    /// As whom to bind
    #[arg(long, value_name = "ID")]
    system_id: String,
    /// File of the password; or LAPWING_SMPP_PASSWORD
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// As what to bind, where the carrier asks for it
    #[arg(long, value_name = "TYPE", default_value = "")]
    system_type: String,
    /// Bind as a transceiver, for carriers that know no receivers; nothing is ever sent
    #[arg(long)]
    transceiver: bool,
    /// Speak TLS
    #[arg(long)]
    tls: bool,
    /// Authorities (PEM) that the carrier's certificate must be of; else those that this machine trusts
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_ca: Option<PathBuf>,
    /// Ask whether the carrier is there after so many silent seconds
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    enquire_s: u64,
    /// What coding scheme 0 means to the carrier: gsm7 or latin1
    #[arg(long, default_value = "gsm7", value_parser = alphabet)]
    alphabet: DefaultAlphabet,
}

fn alphabet(text: &str) -> Result<DefaultAlphabet, String> {
    match text {
        "gsm7" => Ok(DefaultAlphabet::Gsm7),
        "latin1" => Ok(DefaultAlphabet::Latin1),
        _ => Err("gsm7 or latin1".into()),
    }
}

impl Smpp {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let password = secret(self.password_file.as_deref(), "LAPWING_SMPP_PASSWORD")?
            .context("the password is missing: give --password-file or LAPWING_SMPP_PASSWORD")?;
        let (host, _port) = self
            .carrier
            .rsplit_once(':')
            .context("the carrier is HOST:PORT")?;
        let tls = if self.tls {
            Some(CarrierTls::new(host.trim_matches(['[', ']']), self.tls_ca)?)
        } else {
            None
        };
        let carrier = Carrier {
            address: self.carrier.clone(),
            system_id: self.system_id,
            password,
            system_type: self.system_type,
            transceiver: self.transceiver,
            tls,
            enquire: Duration::from_secs(self.enquire_s),
            alphabet: self.alphabet,
        };
        let ready = self.way.open()?;
        println!("gateway  {}", self.carrier);
        let mut asked = std::pin::pin!(shutdown::asked());
        tokio::select! {
            learned = ready.learn() => learned?,
            () = asked.as_mut() => return Ok(()),
        }
        serve(&carrier, ready.intake.clone(), asked).await?;
        ready.end().await;
        Ok(())
    }
}
