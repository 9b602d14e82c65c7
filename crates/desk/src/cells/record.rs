//! What a desk keeps about a cell, for its coordinator's eyes: JSON, sealed to the cell.

use serde::{Deserialize, Serialize};

use super::{CellId, MemberId};

/// One thing that happened in a cell. Times by the desk's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Record {
    /// A phone showed that it is there.
    CheckIn {
        member: MemberId,
        at: i64,
        well: bool,
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
    },
    /// A reply was given up: the phone did not acknowledge it in 30 days.
    Lost {
        member: MemberId,
        at: i64,
        reply: u32,
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
    Renewed { member: MemberId, at: i64 },
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

    /// Reads a record that was opened.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
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
