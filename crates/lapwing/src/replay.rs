//! `lapwing replay`: every row of a report file through the real path, from as many witnesses as
//! the file has sources.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lapwing_model::{Danger, Form, Known};
use lapwing_witness::{Draft, Phone};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tokio::sync::Semaphore;

use crate::{
    clock, entropy,
    relay_client::{RelayClient, root_key},
    rows::{self, DEFAULT_OFF_M, Row},
};

/// How long one envelope is tried before its row counts as failed.
const PATIENCE: Duration = Duration::from_secs(120);
/// Envelopes on their way at once.
const AT_ONCE: usize = 64;

/// Seals every row of a file and posts it to a relay, as its witnesses would have.
#[derive(clap::Args)]
pub(crate) struct Replay {
    /// Reports (CSV: report_id,t_report,t_seen,lat,lon,unc_m,kind,source)
    pub(crate) file: PathBuf,
    /// The relay, for example http://127.0.0.1:8101
    #[arg(long)]
    pub(crate) relay: String,
    /// How many times faster than it happened; `max` as fast as the relay takes it
    #[arg(long, default_value = "max", value_parser = speed)]
    pub(crate) speed: Speed,
    /// Who sends: `auto` gives each distinct source its own witness
    #[arg(long, default_value = "auto", value_parser = ["auto"])]
    pub(crate) witnesses: String,
    /// Shift all times so that the last report comes when the replay ends
    #[arg(long)]
    pub(crate) as_if_now: bool,
    /// The desk's root key (64 hex digits); without it the relay's word is taken
    #[arg(long, value_name = "HEX")]
    pub(crate) desk_root_key: Option<String>,
}

/// Pace of a replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// As fast as the relay takes it.
    Max,
    /// Times faster than it happened.
    Times(f64),
}

fn speed(text: &str) -> Result<Speed, String> {
    match text.parse::<f64>() {
        _ if text == "max" => Ok(Speed::Max),
        Ok(times) if times.is_finite() && times > 0.0 => Ok(Speed::Times(times)),
        _ => Err("a number above 0, or max".into()),
    }
}

#[derive(Default)]
struct Tally {
    accepted: AtomicU64,
    duplicates: AtomicU64,
    failed: AtomicU64,
}

impl Replay {
    /// Runs it and prints, last, one line of JSON.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let relay = RelayClient::new(&self.relay)?;
        let pinned = self.desk_root_key.as_deref().map(root_key).transpose()?;
        let (bulletin, key) = relay.bulletin(pinned).await?;
        if pinned.is_none() {
            eprintln!(
                "root key taken from the relay, not checked: {}",
                hex::encode(key.as_bytes())
            );
        }
        let now = clock::now();
        let mut base = Phone::new(key.as_bytes(), [0; 16], 0)?;
        base.accept_bulletin(&bulletin, now)?;
        let form = base.form().clone();
        let mut rows = rows::read(&self.file, &form)?;
        check_kinds(&rows, &form)?;
        if self.as_if_now {
            shift(&mut rows, now, self.speed);
        }

        // One phone a source; each seals its own rows in order, with randomness of its own.
        let mut phones: HashMap<&str, (Phone, ChaCha20Rng)> = HashMap::new();
        for row in &rows {
            if !phones.contains_key(row.source.as_str()) {
                let mut rng = ChaCha20Rng::from_seed(entropy::seed()?);
                let mut author = [0; 16];
                rng.fill_bytes(&mut author);
                phones.insert(&row.source, (base.another(author), rng));
            }
        }
        let bar = progress(rows.len() as u64);
        bar.set_message(format!("{} witnesses", phones.len()));

        let tally = Arc::new(Tally::default());
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let started = Instant::now();
        let first = rows.first().map_or(0, |row| row.at);
        let mut sending = tokio::task::JoinSet::new();
        for row in &rows {
            if let Speed::Times(times) = self.speed {
                let due = Duration::from_secs_f64((row.at - first).max(0) as f64 / times);
                tokio::time::sleep(due.saturating_sub(started.elapsed())).await;
            }
            let permit = Arc::clone(&room)
                .acquire_owned()
                .await
                .context("the semaphore is open")?;
            let (phone, rng) = phones
                .get_mut(row.source.as_str())
                .context("every source has one")?;
            let envelope = phone
                .replayed(rng, &draft(row), row.at, clock::now())
                .with_context(|| format!("report {} cannot be sealed", row.id))?;
            let (relay, tally, bar) = (relay.clone(), Arc::clone(&tally), bar.clone());
            sending.spawn(async move {
                match relay.deliver(&envelope, None, PATIENCE).await {
                    Ok(delivered) => {
                        tally.accepted.fetch_add(1, Relaxed);
                        if delivered.tries > 1 {
                            tally
                                .duplicates
                                .fetch_add(u64::from(delivered.tries) - 1, Relaxed);
                        }
                    }
                    Err(why) => {
                        tally.failed.fetch_add(1, Relaxed);
                        bar.suspend(|| eprintln!("{why:#}"));
                    }
                }
                bar.inc(1);
                drop(permit);
            });
            while sending.try_join_next().is_some() {}
        }
        while let Some(done) = sending.join_next().await {
            done.context("a sender stopped")?;
        }
        bar.finish_and_clear();
        let failed = tally.failed.load(Relaxed);
        println!(
            "{}",
            serde_json::json!({
                "reports": rows.len(),
                "accepted": tally.accepted.load(Relaxed),
                "duplicates": tally.duplicates.load(Relaxed),
                "failed": failed,
                "seconds": (started.elapsed().as_secs_f64() * 1e3).round() / 1e3,
            })
        );
        if failed > 0 {
            bail!("{failed} reports could not be delivered");
        }
        Ok(())
    }
}

/// Moves a record of the past so that it ends when its replay does.
fn shift(rows: &mut [Row], now: i64, speed: Speed) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return;
    };
    let playing = match speed {
        Speed::Max => 0.0,
        Speed::Times(times) => (last.at - first.at) as f64 / times,
    };
    let by = now + playing.round() as i64 - last.at;
    for row in rows {
        row.at += by;
        row.seen += by;
    }
}

fn check_kinds(rows: &[Row], form: &Form) -> anyhow::Result<()> {
    match rows.iter().find(|row| form.kind(row.kind).is_none()) {
        Some(row) => bail!(
            "report {} is of a kind that the desk's form does not have",
            row.id
        ),
        None => Ok(()),
    }
}

fn draft(row: &Row) -> Draft {
    Draft {
        kind: row.kind,
        lat: row.lat,
        lon: row.lon,
        off_m: row.off_m.unwrap_or(DEFAULT_OFF_M),
        seen: row.seen,
        seen_off_s: 0,
        count: None,
        heading: None,
        known: Known::Seen,
        danger: Danger::None,
        note: String::new(),
    }
}

fn progress(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta} {msg}");
    bar.set_style(style.unwrap_or_else(|_why| ProgressStyle::default_bar()));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_hour_ends_when_its_replay_does() {
        let row = |at: i64| Row {
            id: String::new(),
            at,
            seen: at - 60,
            lat: 0.0,
            lon: 0.0,
            off_m: None,
            kind: 1,
            source: String::new(),
        };
        let mut rows = [row(1_000), row(1_600), row(4_600)];
        shift(&mut rows, 1_790_000_000, Speed::Times(60.0));
        assert_eq!(rows[2].at, 1_790_000_060);
        assert_eq!((rows[0].at, rows[0].seen), (1_789_996_460, 1_789_996_400));
        shift(&mut rows, 1_790_000_000, Speed::Max);
        assert_eq!(rows[2].at, 1_790_000_000);
        shift(&mut [], 1_790_000_000, Speed::Max);
    }

    #[test]
    fn a_speed_is_a_positive_number_or_max() {
        assert_eq!(speed("max"), Ok(Speed::Max));
        assert_eq!(speed("60"), Ok(Speed::Times(60.0)));
        for wrong in ["0", "-1", "inf", "fast", ""] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
