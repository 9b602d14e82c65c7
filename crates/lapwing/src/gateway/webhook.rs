//! `lapwing gateway webhook`: a provider.

use std::{fs, io::Write as _, net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use lapwing_gateway::webhook::{Fields, Provider, router};
use zeroize::Zeroizing;

use super::{secret, way::Way};
use crate::{entropy, relay::Tls, shutdown};

/// Takes the calls of a provider of text messages
#[derive(clap::Args)]
pub(crate) struct Webhook {
    #[command(flatten)]
    way: Way,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8104")]
    listen: SocketAddr,
    /// File of the secret in the address that the provider calls; or LAPWING_WEBHOOK_SECRET. Without either one is drawn and
    /// kept in the folder
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// File of the account's token, by which Twilio signs; or LAPWING_TWILIO_TOKEN
    #[arg(long, value_name = "FILE", requires = "public_url")]
    twilio_token_file: Option<PathBuf>,
    /// The address that the provider calls, up to the path: signatures are over it
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Name of the sender's field in the plain shape
    #[arg(long, value_name = "NAME", default_value = "from")]
    from_field: String,
    /// Name of the text's field in the plain shape
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_field: String,
    #[command(flatten)]
    tls: Tls,
}

impl Webhook {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let token = secret(self.twilio_token_file.as_deref(), "LAPWING_TWILIO_TOKEN")?;
        let given = secret(self.secret_file.as_deref(), "LAPWING_WEBHOOK_SECRET")?;
        let ready = self.way.open()?;
        let (secret, whence) = match given {
            Some(secret) => (secret, "of the secret that was given".to_owned()),
            None => {
                let path = ready.folder.join("secret");
                let whence = format!("SECRET is in {}", path.display());
                (kept_secret(&path)?, whence)
            }
        };
        let mut provider = Provider::new(secret)?.with_fields(Fields {
            from: self.from_field,
            text: self.text_field,
        });
        if let Some(token) = token {
            let public = self.public_url.context(
                "signatures are over the address that the provider calls: give --public-url",
            )?;
            provider = provider.signed_by(token, &public);
        }
        let bound = lapwing_http::bind(self.listen).await?;
        let tls = self.tls.files();
        let scheme = if tls.is_some() { "https" } else { "http" };
        println!("webhook  {scheme}://{}", bound.address);
        println!("calls    /v1/SECRET/twilio, …/vonage, …/infobip, …/plain; {whence}");
        let router = router(ready.intake.clone(), provider);
        // Calls are told to come again until there are keys to seal to.
        let serving = lapwing_http::serve(bound, router, tls.as_ref(), shutdown::asked());
        let mut serving = std::pin::pin!(serving);
        tokio::select! {
            served = serving.as_mut() => served?,
            learned = ready.learn() => {
                learned?;
                serving.await?;
            }
        }
        ready.end().await;
        Ok(())
    }
}

/// The secret that was drawn at the first start.
fn kept_secret(path: &PathBuf) -> anyhow::Result<Zeroizing<String>> {
    let wrong = |what| format!("{} cannot be {what}", path.display());
    if !path.exists() {
        let seed = Zeroizing::new(entropy::seed()?);
        let text = Zeroizing::new(hex::encode(&seed[..16]));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let write = |mut file: fs::File| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        let written = options.open(path).and_then(write);
        written.with_context(|| wrong("written"))?;
    }
    let text = fs::read_to_string(path).with_context(|| wrong("read"))?;
    Ok(Zeroizing::new(text.trim_end().to_owned()))
}
