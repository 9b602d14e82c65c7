//! `lapwing witness passes`, and the file in which a witness on a command line keeps them.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use lapwing_pass::Wallet;
use lapwing_wire::{Bulletin, PASS_RESPONSE_LEN, Pass, VerifyingKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::{
    clock, entropy,
    relay_client::{RelayClient, root_key},
};

/// Fetches a batch of passes.
#[derive(clap::Args)]
pub(crate) struct Passes {
    /// A relay, for the bulletin that names the issuer and its keys
    #[arg(long)]
    relay: String,
    /// The desk's root key (64 hex digits), as `lapwing desk key` prints it
    #[arg(long, value_name = "HEX")]
    desk_root_key: String,
    /// Another way to the issuer; its keys are those of the bulletin in any case
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The code that entitles to passes, or an ID token
    #[arg(long)]
    code: String,
    /// File that keeps the passes
    #[arg(long, value_name = "FILE")]
    passes: PathBuf,
}

impl Passes {
    /// Runs it.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let key = root_key(&self.desk_root_key)?;
        let bulletin = current(&RelayClient::new(&self.relay)?, key).await?;
        let issuer = self.issuer.as_deref();
        let (fetched, passes) = fetch(&self.passes, &bulletin, issuer, &self.code).await?;
        println!(
            "{}",
            serde_json::json!({ "fetched": fetched, "passes": passes })
        );
        Ok(())
    }
}

/// Fetches a batch into a file. How many came, and how many there are now.
pub(crate) async fn fetch(
    path: &Path,
    bulletin: &Bulletin,
    issuer: Option<&str>,
    code: &str,
) -> anyhow::Result<(usize, usize)> {
    let Some(named) = &bulletin.passes else {
        bail!("this desk's relays take envelopes without passes");
    };
    let now = clock::now();
    let pass_key = bulletin
        .pass_key_at(now)
        .context("the bulletin has no key of this epoch; is the clock right?")?;
    let mut wallet = read(path)?;
    let mut rng = ChaCha20Rng::from_seed(entropy::seed()?);
    let request = wallet.request(&mut rng, pass_key)?;
    // Kept before it is sent: if the answer is lost, the same request is made again and not counted twice.
    write(path, &wallet)?;
    let response = ask(issuer.unwrap_or(&named.url), code, request).await?;
    let fetched = wallet.receive(&response)?;
    write(path, &wallet)?;
    Ok((fetched, wallet.count(now)))
}

/// The relay's bulletin, if it holds now.
pub(crate) async fn current(relay: &RelayClient, key: VerifyingKey) -> anyhow::Result<Bulletin> {
    let (bytes, _) = relay.bulletin(Some(key)).await?;
    let bulletin = Bulletin::verify(&bytes, &key).context("the bulletin does not hold")?;
    anyhow::ensure!(bulletin.expires > clock::now(), "the bulletin has expired");
    Ok(bulletin)
}

async fn ask(issuer: &str, code: &str, request: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("no HTTP client could be made")?;
    let response = http
        .post(format!("{}/v1/passes", issuer.trim_end_matches('/')))
        .bearer_auth(code)
        .body(request)
        .send()
        .await
        .with_context(|| format!("the issuer at {issuer} does not answer"))?;
    let status = response.status();
    let body = response.bytes().await.context("the answer broke off")?;
    if status.is_success() && body.len() == PASS_RESPONSE_LEN {
        return Ok(body.to_vec());
    }
    let why = serde_json::from_slice::<serde_json::Value>(&body)
        .ok()
        .and_then(|problem| problem["title"].as_str().map(str::to_owned))
        .unwrap_or_else(|| status.to_string());
    bail!("the issuer refuses: {why}")
}

/// Takes a pass out of the file, if there is a file with one.
pub(crate) fn take(path: &Path, now: i64) -> anyhow::Result<Option<Pass>> {
    let mut wallet = read(path)?;
    let pass = wallet.take(now);
    if pass.is_some() {
        // Gone before it is shown: a pass that is shown twice ties two envelopes together.
        write(path, &wallet)?;
    }
    Ok(pass)
}

/// An empty wallet when there is no file yet.
fn read(path: &Path) -> anyhow::Result<Wallet> {
    match fs::read(path) {
        Ok(bytes) => {
            Wallet::decode(&bytes).with_context(|| format!("{} holds no passes", path.display()))
        }
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Wallet::default()),
        Err(why) => Err(why).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// Written beside and renamed, so that a crash leaves the old one or the new one; readable by its owner alone.
fn write(path: &Path, wallet: &Wallet) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(&wallet.encode())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
