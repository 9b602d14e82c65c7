//! `lapwing gateway`: text messages in, envelopes out.

mod smpp;
mod way;
mod webhook;

use std::{fs, path::Path};

use anyhow::Context as _;
use zeroize::Zeroizing;

/// What hands messages over
#[derive(clap::Subcommand)]
pub(crate) enum Gateway {
    /// A carrier, over SMPP 3.4: this binds to it
    Smpp(Box<smpp::Smpp>),
    /// A provider, over HTTP: it calls this
    Webhook(Box<webhook::Webhook>),
}

impl Gateway {
    /// Serves until told to stop.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Smpp(smpp) => smpp.run().await,
            Self::Webhook(webhook) => webhook.run().await,
        }
    }
}

/// A secret out of a file or of the environment, never of an argument: those are seen by everybody on the machine.
fn secret(file: Option<&Path>, variable: &str) -> anyhow::Result<Option<Zeroizing<String>>> {
    let text = match file {
        Some(path) => {
            let text = fs::read_to_string(path);
            Zeroizing::new(text.with_context(|| format!("{} cannot be read", path.display()))?)
        }
        None => match std::env::var(variable) {
            Ok(text) => Zeroizing::new(text),
            Err(_unset) => return Ok(None),
        },
    };
    Ok(Some(Zeroizing::new(text.trim_end().to_owned())))
}
