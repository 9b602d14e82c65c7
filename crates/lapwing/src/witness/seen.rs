//! What was seen, as arguments.

use anyhow::bail;
use lapwing_model::{Danger, Form, Known};
use lapwing_witness::Draft;

/// One observation.
#[derive(clap::Args)]
pub(super) struct Seen {
    /// Kind of the form, for example shelling (`lapwing witness kinds` lists them)
    #[arg(long)]
    pub(super) kind: String,
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
}

impl Seen {
    /// The draft of it, in this form.
    pub(super) fn draft(&self, form: &Form, now: i64) -> anyhow::Result<Draft> {
        let Some(kind) = form.kind_named(&self.kind) else {
            bail!(
                "the form has no kind {}; `lapwing witness kinds` lists them",
                self.kind
            );
        };
        let sectors = ["n", "ne", "e", "se", "s", "sw", "w", "nw"];
        Ok(Draft {
            kind: kind.code,
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
        })
    }
}
