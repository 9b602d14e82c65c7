//! What became of envelopes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    api::types::{Counters, RefusedCount},
    entry::Entry,
};

/// Envelopes by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    accepted: u64,
    duplicates: u64,
    cover: u64,
    enrolments: u64,
    messages: u64,
    check_ins: u64,
    #[serde(default)]
    drills: u64,
    refused: BTreeMap<String, u64>,
}

impl Counts {
    /// Counts an entry; `false` when it is not about an envelope.
    pub(super) fn count(&mut self, entry: &Entry) -> bool {
        match entry {
            Entry::Report(_) => self.accepted += 1,
            Entry::Duplicate(_) => self.duplicates += 1,
            Entry::CheckIn => self.check_ins += 1,
            Entry::Cover => self.cover += 1,
            Entry::Drill(_) => self.drills += 1,
            Entry::Enrolment(_) => self.enrolments += 1,
            // Both go to the coordinator; a count of its own would tell everybody who signs in that
            // somebody is being forced.
            Entry::Message | Entry::Quarantined => self.messages += 1,
            Entry::Refused(why) => match self.refused.get_mut(&why.reason) {
                Some(n) => *n += 1,
                None => drop(self.refused.insert(why.reason.clone(), 1)),
            },
            Entry::Bulletin(_)
            | Entry::Cell(_)
            | Entry::Closing(_)
            | Entry::Remains(_)
            | Entry::Tick
            | Entry::Verdict(_)
            | Entry::Warning(_) => return false,
        }
        true
    }

    /// As the pages have it.
    pub(crate) fn view(&self) -> Counters {
        let refused = self.refused.iter().map(|(reason, count)| RefusedCount {
            reason: reason.clone(),
            count: *count,
        });
        Counters {
            accepted: self.accepted,
            duplicates: self.duplicates,
            cover: self.cover,
            enrolments: self.enrolments,
            messages: self.messages,
            check_ins: self.check_ins,
            drills: self.drills,
            refused: refused.collect(),
        }
    }
}
