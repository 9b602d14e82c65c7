//! What a desk keeps about a cell, for its coordinator's eyes: JSON, sealed to the cell.

use lapwing_seal::{CHAIN_KEY_LEN, MessageKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{CellId, MemberId};

/// One thing that happened in a cell. Times by the desk's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Record {
    /// A phone showed that it is there.
    CheckIn {
        member: MemberId,
        at: i64,
        /// What the witness said of themselves, if they did.
        well: Option<bool>,
    },
    /// A reply has come to the phone.
    Came {
        member: MemberId,
        at: i64,
        reply: u32,
    },
    /// An invite was made.
    Invited {
        /// Hash of its secret, hexadecimal.
        invite: String,
        /// What the coordinator calls whom it is for.
        label: String,
        at: i64,
        expires: i64,
    },
    /// Somebody joined by an invite.
    Joined {
        member: MemberId,
        /// Hash of its secret, hexadecimal.
        invite: String,
        at: i64,
        /// By which the coordinator writes to them, hexadecimal: kept here only.
        key: String,
    },
    /// A witness wrote.
    Message {
        member: MemberId,
        at: i64,
        text: String,
    },
    /// What the coordinator calls the cell.
    Named { name: String },
    /// A witness's phone began anew.
    Renewed {
        member: MemberId,
        at: i64,
        /// As in `Joined`: takes the place of the one before.
        key: String,
    },
    /// The coordinator wrote.
    Wrote {
        member: MemberId,
        at: i64,
        text: String,
        reply: u32,
    },
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("records have string keys and whole numbers")
    }

    /// Whose key of messages it tells, if any.
    pub(crate) fn key(&self) -> Option<(MemberId, MessageKey)> {
        let (Self::Joined { member, key, .. } | Self::Renewed { member, key, .. }) = self else {
            return None;
        };
        let mut bytes = Zeroizing::new([0; CHAIN_KEY_LEN]);
        hex::decode_to_slice(key, bytes.as_mut_slice()).ok()?;
        Some((*member, MessageKey::from_bytes(*bytes)))
    }

    /// Reads a record that was opened.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// By which a coordinator writes to a witness, if the records say that they are of this cell: whoever
/// renews says themselves which cell is to be told.
pub(crate) fn message_key(records: &[Record], member: MemberId) -> Option<MessageKey> {
    let joined =
        |record: &Record| matches!(record, Record::Joined { member: who, .. } if *who == member);
    if !records.iter().any(joined) {
        return None;
    }
    let keys = records.iter().rev().filter_map(Record::key);
    keys.filter(|(whose, _)| *whose == member)
        .map(|(_, key)| key)
        .next()
}

/// What a record lies under: cell and number.
pub(crate) fn about(cell: CellId, number: i64) -> Vec<u8> {
    [
        b"cell record\n".as_slice(),
        &cell.to_be_bytes(),
        &number.to_be_bytes(),
    ]
    .concat()
}
