//! Updates, cancellations, and which warnings hold.

use crate::alert::{Alert, AlertError, AlertFields, Info, Reference};
use crate::codes::MsgType;
use crate::text::{Text, Token};
use crate::time::Time;

/// Why a message cannot follow another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// It would be sent no later than what it follows.
    #[error("message would be sent no later than the one it follows")]
    NotLater,
    /// Only alerts and updates can be followed.
    #[error("message of type {} cannot be followed", msg_type.as_str())]
    NotFollowable {
        /// What it is.
        msg_type: MsgType,
    },
    /// An info that expires no later than the message is sent would be over
    /// before it begins.
    #[error("info {info} expires before the message is sent")]
    Expired {
        /// Which info, from 0.
        info: usize,
    },
    /// Parts that do not go together.
    #[error("parts of the alert do not go together")]
    Alert(#[from] AlertError),
}

impl Alert {
    /// An update that supersedes this message and all before it.
    ///
    /// Sender, status, scope, addresses and incidents stay. The references are
    /// cumulative: a receiver that missed the messages between still learns
    /// that the first is superseded.
    ///
    /// # Errors
    /// [`ChainError`] if it cannot follow this message.
    pub fn update(
        &self,
        identifier: Token,
        sent: Time,
        infos: Vec<Info>,
    ) -> Result<Self, ChainError> {
        let over = |info: &Info| info.expires.is_some_and(|expires| expires <= sent);
        if let Some(info) = infos.iter().position(over) {
            return Err(ChainError::Expired { info });
        }
        self.follow(MsgType::Update, identifier, sent, self.note.clone(), infos)
    }

    /// A cancellation of this message and all before it, `note` saying why
    /// (CAP 1.2, 3.2.1 `msgType`, `note`). `infos` tell the public;
    /// [`cancelled`](crate::cancelled) writes them.
    ///
    /// # Errors
    /// [`ChainError`] if it cannot follow this message.
    pub fn cancel(
        &self,
        identifier: Token,
        sent: Time,
        note: Option<Text>,
        infos: Vec<Info>,
    ) -> Result<Self, ChainError> {
        self.follow(MsgType::Cancel, identifier, sent, note, infos)
    }

    fn follow(
        &self,
        msg_type: MsgType,
        identifier: Token,
        sent: Time,
        note: Option<Text>,
        infos: Vec<Info>,
    ) -> Result<Self, ChainError> {
        if !matches!(self.msg_type, MsgType::Alert | MsgType::Update) {
            return Err(ChainError::NotFollowable {
                msg_type: self.msg_type,
            });
        }
        if sent <= self.sent {
            return Err(ChainError::NotLater);
        }
        let mut references = self.references.clone();
        references.push(self.reference());
        references.sort();
        references.dedup();
        Ok(Self::new(AlertFields {
            identifier,
            sent,
            msg_type,
            note,
            references,
            infos,
            ..self.clone().into_fields()
        })?)
    }

    /// When the last of its infos expires; `None` if one never does, or if
    /// there is none.
    #[must_use]
    pub fn expires(&self) -> Option<Time> {
        let all: Option<Vec<_>> = self.infos.iter().map(|info| info.expires).collect();
        all?.into_iter().max()
    }
}

/// The warnings that hold at `now` (Unix seconds), in order of sending.
///
/// A warning holds from its `effective` time, or else when it was sent, to its
/// `expires` time, in any of its infos, unless a later update or cancellation
/// of the same sender and status refers to it. Another sender cannot cancel
/// it, and an exercise cannot cancel what is actual. What an update has
/// superseded does not come back when the update expires. Messages sent after
/// `now` do nothing yet. Exercises and tests are among the results: whoever
/// shows them says so, or leaves them out by their status.
#[must_use]
pub fn in_force(alerts: &[Alert], now: i64) -> Vec<&Alert> {
    let sent: Vec<&Alert> = alerts
        .iter()
        .filter(|alert| alert.sent.unix() <= now)
        .collect();
    let over = |alert: &Alert| {
        sent.iter().any(|later| {
            matches!(later.msg_type, MsgType::Update | MsgType::Cancel)
                && later.sender == alert.sender
                && later.status == alert.status
                && later.sent > alert.sent
                && later.references.iter().any(|r| names(r, alert))
        })
    };
    let holds = |alert: &&&Alert| {
        matches!(alert.msg_type, MsgType::Alert | MsgType::Update)
            && alert.infos.iter().any(|info| info.holds(now))
            && !over(alert)
    };
    let mut holding: Vec<&Alert> = sent.iter().filter(holds).copied().collect();
    holding.sort_by(|a, b| (a.sent, &a.identifier).cmp(&(b.sent, &b.identifier)));
    holding.dedup_by(|a, b| a.reference() == b.reference());
    holding
}

impl Info {
    fn holds(&self, now: i64) -> bool {
        self.effective.is_none_or(|from| from.unix() <= now)
            && self.expires.is_none_or(|to| now < to.unix())
    }
}

fn names(reference: &Reference, alert: &Alert) -> bool {
    reference.identifier == alert.identifier
        && reference.sender == alert.sender
        && reference.sent == alert.sent
}
