//! `lapwing witness enrol`: join a cell.

use lapwing_witness::Standing;

use super::{Session, Witnessing, invite};
use crate::clock;

/// Asks the desk to know this witness. The answer comes with a drop: see `lapwing witness inbox`.
#[derive(clap::Args)]
pub(crate) struct Enrol {
    #[command(flatten)]
    me: Witnessing,
    /// The invite: its eight words, or the 22 digits of its code
    #[arg(required = true, value_name = "INVITE")]
    invite: Vec<String>,
}

impl Enrol {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let invite = invite::read(&self.invite.join(" "))?;
        let mut session = Session::open(&self.me.way, Some(&self.me.state)).await?;
        anyhow::ensure!(
            session.phone.standing() != Some(Standing::Known),
            "the desk knows this witness already; use another state file"
        );
        let envelope = session
            .phone
            .enrol(&mut session.rng, invite, clock::now())?;
        let delivered = session.send(&envelope, self.me.passes.as_deref()).await?;
        println!(
            "{}",
            serde_json::json!({ "asked": true, "tries": delivered.tries })
        );
        Ok(())
    }
}
