//! What a desk keeps about a cell, for its coordinator's eyes: JSON, sealed to the cell.

use lapwing_seal::{CHAIN_KEY_LEN, MessageKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{CellId, MemberId};
use crate::entry::Received;

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
    /// A codebook sheet was made.
    Codebook {
        sheet: MemberId,
        /// What the coordinator calls whom it is for.
        label: String,
        at: i64,
    },
    /// The coordinator cancelled a codebook sheet.
    CodebookEnded { sheet: MemberId, at: i64 },
    /// The coordinator ended what the desk has with a witness's phone.
    CutOff { member: MemberId, at: i64 },
    /// An invite was made.
    Invited {
        /// Hash of its secret, hexadecimal.
        invite: String,
        /// What the coordinator calls whom it is for.
        label: String,
        at: i64,
        expires: i64,
        /// Whose decoy is to join by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duress_of: Option<MemberId>,
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
    /// A report by whoever forces a witness: kept here, and nowhere else.
    Quarantined {
        member: MemberId,
        at: i64,
        /// As an entry `report` of the journal would have it, hexadecimal.
        report: String,
    },
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

    /// A report that is kept for the coordinator alone.
    pub(crate) fn quarantined(member: MemberId, at: i64, report: &Received) -> Self {
        Self::Quarantined {
            member,
            at,
            report: hex::encode(report.encode()),
        }
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

/// Whether the records name this witness, as no decoy and as not cut off.
pub(crate) fn has_witness(records: &[Record], member: MemberId) -> bool {
    let ended =
        |record: &Record| matches!(record, Record::CutOff { member: who, .. } if *who == member);
    if records.iter().any(ended) {
        return false;
    }
    let by = records.iter().find_map(|record| match record {
        Record::Joined {
            member: who,
            invite,
            ..
        } if *who == member => Some(invite),
        _ => None,
    });
    let is_decoy = |by: &String| {
        records.iter().any(|record| {
            matches!(record, Record::Invited { invite, duress_of: Some(_), .. } if invite == by)
        })
    };
    by.is_some_and(|by| !is_decoy(by))
}

/// Whether the records name this codebook sheet.
pub(crate) fn has_codebook(records: &[Record], sheet: MemberId) -> bool {
    let made = |record: &Record| matches!(record, Record::Codebook { sheet: which, .. } if *which == sheet);
    records.iter().any(made)
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
