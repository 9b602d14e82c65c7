//! Servers in processes of their own, and the one that discards.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::Context;
use axum::{Router, body::Bytes, extract::DefaultBodyLimit, http::StatusCode, routing::post};
use lapwing_wire::{ANSWER_LEN, ENVELOPE_LEN};

/// A server's process; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Words that it printed after each label.
    said: Vec<(String, String)>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a program and reads lines of `label word` until `last` is among the labels.
    pub(crate) fn start(
        program: &std::path::Path,
        arguments: &[&str],
        last: &str,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .env("LAPWING_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let out = child.stdout.take().context("its output is a pipe")?;
        let mut said = Vec::new();
        let mut lines = BufReader::new(out).lines();
        for line in lines.by_ref() {
            let line = line?;
            let mut words = line.rsplitn(2, char::is_whitespace);
            if let (Some(word), Some(label)) = (words.next(), words.next()) {
                said.push((label.trim().to_owned(), word.to_owned()));
            }
            if said.last().is_some_and(|(label, _)| label == last) {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, said })
    }

    /// The word after a label.
    pub(crate) fn word(&self, label: &str) -> anyhow::Result<&str> {
        self.said
            .iter()
            .find(|(l, _)| l == label)
            .map(|(_, word)| word.as_str())
            .with_context(|| format!("the server did not say its {label}"))
    }

    /// Processor time that it has used so far, in seconds.
    pub(crate) fn processor_s(&self) -> anyhow::Result<f64> {
        // Fields 14 and 15 (user and system), in ticks of a hundredth of a second on Linux; the second field is a
        // name in parentheses.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat.rsplit_once(')').context("a line of its own kind")?.1;
        let ticks: f64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        Ok(ticks / 100.0)
    }

    /// Resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> f64 {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id()));
        let pages = statm
            .ok()
            .and_then(|s| s.split(' ').nth(1)?.parse::<f64>().ok());
        pages.unwrap_or_default() * 4_096.0 / 1_048_576.0
    }
}

/// The program under test, as `cargo xtask bench` names it.
pub(crate) fn lapwing() -> anyhow::Result<std::path::PathBuf> {
    let program = std::env::var_os("LAPWING_BIN");
    Ok(program
        .context("LAPWING_BIN must name the program; run `cargo xtask bench`")?
        .into())
}

/// Listens like a relay, reads the body, answers as many bytes, keeps nothing.
pub(crate) fn discard() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let bound = lapwing_http::bind(([127, 0, 0, 1], 0).into()).await?;
        println!("relay http://{}", bound.address);
        let take = |body: Bytes| async move {
            let status = if body.len() == ENVELOPE_LEN {
                StatusCode::CREATED
            } else {
                StatusCode::BAD_REQUEST
            };
            (status, [0_u8; ANSWER_LEN])
        };
        let router = Router::new()
            .route("/v1/envelopes", post(take))
            .layer(DefaultBodyLimit::max(ENVELOPE_LEN));
        lapwing_http::serve(bound, router, None, std::future::pending()).await?;
        Ok(())
    })
}
