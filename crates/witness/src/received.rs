//! What a drop held for one phone, opened.

use lapwing_seal::{CellMessage, Content, Found, Reply};

use crate::membership::Membership;

/// What came with a drop. The same comes again at every number until it is acknowledged; it is known by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Id of the reply by which the desk took the invite.
    pub welcome: Option<u32>,
    /// Of the desk itself, in its order.
    pub replies: Vec<Reply>,
    /// Of the coordinator, in the desk's order.
    pub messages: Vec<Message>,
    /// What has a hint of this phone and does not open, in the slot or in the reply: not to be acknowledged.
    pub unopened: usize,
}

/// What the coordinator wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// By which the phone acknowledges it.
    pub id: u32,
    /// When it was written, by the desk's clock.
    pub at: i64,
    /// The words.
    pub text: String,
}

impl Received {
    /// Opens what was found with what the phone keeps of its enrolment; a welcome takes effect.
    pub(crate) fn open(found: Found, mut membership: Option<&mut Membership>) -> Self {
        let mut received = Self {
            unopened: found.unopened,
            ..Self::default()
        };
        for reply in found.replies {
            let Content::FromCell(sealed) = &reply.content else {
                received.replies.push(reply);
                continue;
            };
            let kept = membership.as_deref_mut();
            let opened = kept.and_then(|kept| Some((kept.open(reply.id, sealed)?, kept)));
            match opened {
                Some((CellMessage::Text { at, text }, _)) => received.messages.push(Message {
                    id: reply.id,
                    at,
                    text,
                }),
                Some((CellMessage::Welcome { cell }, kept)) => {
                    kept.welcome(cell);
                    received.welcome = Some(reply.id);
                }
                // What a later version of the format says would come again for 30 days.
                Some(_) | None => received.unopened += 1,
            }
        }
        received
    }
}

/// Says nothing of what was written.
impl core::fmt::Debug for Message {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Message({})", self.id)
    }
}
