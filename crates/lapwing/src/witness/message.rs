//! `lapwing witness message`: write to the coordinator.

use super::{Session, Witnessing};
use crate::clock;

/// Writes to the coordinator of the witness's cell.
#[derive(clap::Args)]
pub(crate) struct Message {
    #[command(flatten)]
    me: Witnessing,
    /// At most 560 bytes
    text: String,
}

impl Message {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut session = Session::open(&self.me.way, Some(&self.me.state)).await?;
        let envelope = session
            .me
            .phone
            .message(&mut session.me.rng, &self.text, clock::now())?;
        let delivered = session.send(&envelope, self.me.passes.as_deref()).await?;
        println!(
            "{}",
            serde_json::json!({ "accepted": true, "tries": delivered.tries })
        );
        Ok(())
    }
}
