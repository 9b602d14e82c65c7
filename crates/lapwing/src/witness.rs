//! `lapwing witness`: a witness on a command line.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use lapwing_model::{Danger, Form, Known};
use lapwing_witness::{Draft, Phone};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::{
    clock, entropy, passes,
    relay_client::{RelayClient, root_key},
};

/// What a witness does from a shell.
#[derive(clap::Subcommand)]
pub(crate) enum Witness {
    /// Seal one observation and send it
    Report(Box<Report>),
    /// Fetch a batch of passes
    Passes(passes::Passes),
    /// List the kinds of the form
    Kinds,
}

/// One report.
#[derive(clap::Args)]
pub(crate) struct Report {
    /// The relay, for example http://127.0.0.1:8101
    #[arg(long)]
    relay: String,
    /// The desk's root key (64 hex digits), as `lapwing desk key` prints it
    #[arg(long, value_name = "HEX")]
    desk_root_key: String,
    /// Kind of the form, for example shelling (`lapwing witness kinds` lists them)
    #[arg(long)]
    kind: String,
    /// Latitude, WGS 84 decimal degrees
    #[arg(long, allow_negative_numbers = true)]
    lat: f64,
    /// Longitude, WGS 84 decimal degrees
    #[arg(long, allow_negative_numbers = true)]
    lon: f64,
    /// How far off the place may be, in metres
    #[arg(long, default_value_t = 500)]
    off: u32,
    /// How many minutes ago it was seen
    #[arg(long, default_value_t = 0)]
    minutes_ago: u32,
    /// How many
    #[arg(long)]
    count: Option<u16>,
    /// Which way it moved
    #[arg(long, value_parser = ["n", "ne", "e", "se", "s", "sw", "w", "nw"])]
    heading: Option<String>,
    /// How you know
    #[arg(long, default_value = "seen", value_parser = ["seen", "heard", "told"])]
    known: String,
    /// Danger to yourself
    #[arg(long, default_value = "none", value_parser = ["none", "some", "acute"])]
    danger: String,
    /// At most 560 bytes
    #[arg(long, default_value = "")]
    note: String,
    /// File that keeps the pseudonym, so that two reports count as one person's; without it each
    /// report comes from somebody new
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// File of passes (`lapwing witness passes`), for desks whose bulletin names an issuer
    #[arg(long, value_name = "FILE")]
    passes: Option<PathBuf>,
}

impl Witness {
    /// Runs it.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Report(report) => report.run().await,
            Self::Passes(passes) => passes.run().await,
            Self::Kinds => {
                for kind in Form::civil_protection().kinds() {
                    println!("{:<16} {:<28} {}", kind.name, kind.label.en, kind.label.uk);
                }
                Ok(())
            }
        }
    }
}

impl Report {
    async fn run(self) -> anyhow::Result<()> {
        let relay = RelayClient::new(&self.relay)?;
        let key = root_key(&self.desk_root_key)?;
        let (bulletin, _) = relay.bulletin(Some(key)).await?;
        let mut rng = ChaCha20Rng::from_seed(entropy::seed()?);
        let (author, sequence) = match &self.state {
            Some(path) => read_state(path)?.unwrap_or_else(|| new_author(&mut rng)),
            None => new_author(&mut rng),
        };
        let now = clock::now();
        let mut phone = Phone::new(key.as_bytes(), author, sequence)?;
        phone.accept_bulletin(&bulletin, now)?;
        let kind = phone.form().kind_named(&self.kind).map(|kind| kind.code);
        let Some(kind) = kind else {
            bail!(
                "the form has no kind {}; `lapwing witness kinds` lists them",
                self.kind
            );
        };
        let envelope = phone.report(&mut rng, &self.draft(kind, now), now)?;
        // Before it is sent: a sequence number that is used twice would count as one report.
        if let Some(path) = &self.state {
            write_state(path, &author, phone.next_sequence())?;
        }
        let named = phone.bulletin().is_some_and(|b| b.passes.is_some());
        let pass = match &self.passes {
            Some(path) if named => passes::take(path, now)?,
            _ => None,
        };
        if named && pass.is_none() {
            eprintln!("no pass at hand: a relay that asks for one will refuse");
        }
        let delivered = relay
            .deliver(&envelope, pass.as_ref(), Duration::from_secs(30))
            .await?;
        println!(
            "{}",
            serde_json::json!({ "accepted": true, "tries": delivered.tries, "kind": self.kind })
        );
        Ok(())
    }

    fn draft(&self, kind: u8, now: i64) -> Draft {
        let sectors = ["n", "ne", "e", "se", "s", "sw", "w", "nw"];
        Draft {
            kind,
            lat: self.lat,
            lon: self.lon,
            off_m: self.off,
            seen: now - i64::from(self.minutes_ago) * 60,
            seen_off_s: if self.minutes_ago == 0 { 60 } else { 300 },
            count: self.count,
            heading: self
                .heading
                .as_deref()
                .and_then(|name| sectors.iter().position(|&s| s == name))
                .map(|sector| sector as u8),
            known: match self.known.as_str() {
                "heard" => Known::Heard,
                "told" => Known::Told,
                _ => Known::Seen,
            },
            danger: match self.danger.as_str() {
                "some" => Danger::Some,
                "acute" => Danger::Acute,
                _ => Danger::None,
            },
            note: self.note.clone(),
        }
    }
}

type Author = ([u8; 16], u32);

fn new_author(rng: &mut ChaCha20Rng) -> Author {
    let mut author = [0; 16];
    rng.fill_bytes(&mut author);
    (author, 0)
}

/// `AUTHOR_HEX SEQUENCE`, or nothing when there is no file yet.
fn read_state(path: &Path) -> anyhow::Result<Option<Author>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why).with_context(|| format!("{} cannot be read", path.display())),
    };
    let parsed = text.trim().split_once(' ').and_then(|(author, sequence)| {
        let author = hex::decode(author).ok()?.try_into().ok()?;
        Some((author, sequence.parse().ok()?))
    });
    parsed
        .map(Some)
        .with_context(|| format!("{} is not a state file", path.display()))
}

/// Written beside and renamed, so that a crash leaves the old one or the new one.
fn write_state(path: &Path, author: &[u8; 16], sequence: u32) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&beside)?;
        writeln!(file, "{} {sequence}", hex::encode(author))?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
