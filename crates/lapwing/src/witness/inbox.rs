//! `lapwing witness inbox`: read what the desk has answered.

use lapwing_seal::Content;
use lapwing_witness::Standing;
use serde_json::{Value, json};

use super::{Session, Witnessing};
use crate::clock;

/// Fetches the current drop of the witness's bucket.
#[derive(clap::Args)]
pub(crate) struct Inbox {
    #[command(flatten)]
    me: Witnessing,
}

impl Inbox {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut session = Session::open(&self.me.way, Some(&self.me.state)).await?;
        let now = clock::now();
        let Some(wanted) = session.phone.wanted(now) else {
            anyhow::bail!("this desk answers nobody: its bulletin speaks of no drops");
        };
        let drop = session.relay.file(&wanted.path).await?;
        let received = session.phone.receive(wanted.bucket, &drop)?;
        session.keep()?;
        let new: Vec<_> = received
            .replies
            .into_iter()
            .filter(|reply| !session.state.acks.contains(&reply.id))
            .collect();
        for reply in &new {
            println!("{}", view(reply.id, &reply.content));
        }
        // Only whom the desk knows can acknowledge; others read why they are not known.
        if new.is_empty() || session.phone.standing() != Some(Standing::Known) {
            return Ok(());
        }
        let ids: Vec<u32> = new.iter().map(|reply| reply.id).collect();
        session.state.acks.extend(&ids);
        let envelope = session.phone.check_in(&mut session.rng, ids, true, now)?;
        session.send(&envelope, self.me.passes.as_deref()).await?;
        Ok(())
    }
}

fn view(id: u32, content: &Content) -> Value {
    match content {
        Content::Message { at, text } => json!({ "id": id, "message": text, "at": at }),
        Content::Enrolled => json!({ "id": id, "enrolled": true }),
        Content::Refused(why) => {
            json!({ "id": id, "enrolled": false, "why": format!("{why:?}").to_lowercase() })
        }
        Content::Received { count, .. } => json!({ "id": id, "received": count }),
        Content::Renew => json!({ "id": id, "renew": true }),
        _ => json!({ "id": id }),
    }
}
