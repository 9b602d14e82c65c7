//! `lapwing witness report`: one observation.

use std::path::PathBuf;

use anyhow::bail;
use lapwing_model::{Danger, Known};
use lapwing_witness::Draft;

use super::{Session, Way};
use crate::clock;

/// One report.
#[derive(clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    way: Way,
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

impl Report {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut session = Session::open(&self.way, self.state.as_deref()).await?;
        let now = clock::now();
        let phone = &mut session.phone;
        let kind = phone.form().kind_named(&self.kind).map(|kind| kind.code);
        let Some(kind) = kind else {
            bail!(
                "the form has no kind {}; `lapwing witness kinds` lists them",
                self.kind
            );
        };
        let envelope = phone.report(&mut session.rng, &self.draft(kind, now), now)?;
        let delivered = session.send(&envelope, self.passes.as_deref()).await?;
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
