//! `lapwing witness report`: one observation.

use std::path::PathBuf;

use super::{Session, Way, seen::Seen};
use crate::clock;

/// One report.
#[derive(clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    way: Way,
    #[command(flatten)]
    seen: Seen,
    /// For practice: it goes the way of a report and never enters an incident
    #[arg(long, requires = "state")]
    drill: bool,
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
        let draft = self.seen.draft(session.me.phone.form(), now)?;
        let (phone, rng) = (&mut session.me.phone, &mut session.me.rng);
        let envelope = if self.drill {
            phone.drill(rng, &draft, now)?
        } else {
            phone.report(rng, &draft, now)?
        };
        let delivered = session.send(&envelope, self.passes.as_deref()).await?;
        println!(
            "{}",
            serde_json::json!({ "accepted": true, "tries": delivered.tries, "kind": self.seen.kind })
        );
        Ok(())
    }
}
