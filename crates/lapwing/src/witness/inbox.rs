//! `lapwing witness inbox`: read what the desk has answered.

use lapwing_seal::Content;
use lapwing_witness::{Message, Standing};
use serde_json::{Value, json};

use super::{Session, Witnessing};
use crate::clock;

/// Fetches the current drop of the witness's bucket.
#[derive(clap::Args)]
pub(crate) struct Inbox {
    #[command(flatten)]
    me: Witnessing,
    /// Tell the coordinator that you are well (`true`) or not (`false`); said only when you say so.
    #[arg(long)]
    well: Option<bool>,
}

impl Inbox {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut session = Session::open(&self.me.way, Some(&self.me.state)).await?;
        let now = clock::now();
        let Some(wanted) = session.me.phone.wanted(now) else {
            anyhow::bail!("this desk answers nobody: its bulletin speaks of no drops");
        };
        let drop = session.relay.file(&wanted.path).await?;
        let received = session.me.phone.receive(wanted.bucket, &drop)?;
        session.me.keep()?;
        let replies = received.replies.iter();
        let replies = replies.map(|reply| (reply.id, view(reply.id, &reply.content)));
        let messages = received.messages.iter().map(|Message { id, at, text }| {
            let shown = json!({ "id": id, "message": text, "at": at });
            (*id, shown)
        });
        let welcome = received
            .welcome
            .map(|id| (id, json!({ "id": id, "enrolled": true })));
        let new: Vec<(u32, Value)> = welcome
            .into_iter()
            .chain(replies)
            .chain(messages)
            .filter(|(id, _)| !session.me.state.acks.contains(id))
            .collect();
        for (_, shown) in &new {
            println!("{shown}");
        }
        // Only whom the desk knows can acknowledge; others read why they are not known.
        let nothing = new.is_empty() && self.well.is_none();
        if nothing || session.me.phone.standing() != Some(Standing::Known) {
            return Ok(());
        }
        let ids: Vec<u32> = new.iter().map(|(id, _)| *id).collect();
        session.me.state.acks.extend(&ids);
        let envelope = session
            .me
            .phone
            .check_in(&mut session.me.rng, ids, self.well, now)?;
        session.send(&envelope, self.me.passes.as_deref()).await?;
        Ok(())
    }
}

fn view(id: u32, content: &Content) -> Value {
    match content {
        Content::Refused(why) => {
            json!({ "id": id, "enrolled": false, "why": format!("{why:?}").to_lowercase() })
        }
        Content::Received { count, .. } => json!({ "id": id, "received": count }),
        Content::Renew => json!({ "id": id, "renew": true }),
        _ => json!({ "id": id }),
    }
}
