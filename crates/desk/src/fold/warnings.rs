//! Warnings: chains of CAP messages, and which hold.

use serde::{Deserialize, Serialize};

use super::{Fold, KEPT_S};
use crate::{
    api::types::Warning,
    entry::{Issued, Message},
    store::WarningRow,
};

/// Messages about one danger, the first an alert, each of the others in the place of all before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chain {
    /// The incident that it is about now.
    pub(crate) incident: u64,
    /// All messages, never empty.
    pub(crate) messages: Vec<Issued>,
    /// Whether it holds.
    pub(crate) state: ChainState,
    /// Number of the first bulletin after the latest message.
    pub(crate) bulletin: Option<u64>,
}

/// Whether a warning holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChainState {
    /// Until it expires.
    Active,
    /// Called off.
    Cancelled,
    /// By itself over.
    Expired,
}

impl Chain {
    /// Its latest message.
    pub(crate) fn latest(&self) -> &Issued {
        self.messages.last().expect("a chain begins with a message")
    }

    /// When it is over, by the desk's clock.
    pub(crate) fn expires(&self) -> i64 {
        self.latest().at + i64::from(self.latest().holds_s)
    }

    /// As the pages have it, without what changes by relay.
    pub(crate) fn view(&self) -> Warning {
        let last = self.latest();
        Warning {
            id: last.id.clone(),
            incident: self.incident,
            kind: last.kind,
            state: match self.state {
                ChainState::Active => "active",
                ChainState::Cancelled => "cancelled",
                ChainState::Expired => "expired",
            }
            .into(),
            by_rule: self.messages.iter().any(|m| m.by_rule),
            sent: last.at,
            expires: self.expires(),
            severity: last.severity.clone(),
            lat: f64::from(last.lat_e7) / 1e7,
            lon: f64::from(last.lon_e7) / 1e7,
            radius_m: f64::from(last.radius_m),
            texts: last.texts.clone(),
            published_to: 0,
        }
    }

    /// As the derived tables keep it.
    pub(crate) fn row(&self) -> WarningRow {
        WarningRow {
            id: self.latest().chain.clone(),
            incident: self.incident.cast_signed(),
            sent: self.latest().at,
            view: serde_json::to_string(&self.view()).expect("views have finite numbers"),
        }
    }
}

impl Fold {
    /// Takes a message that went out.
    pub(super) fn issue(&mut self, issued: &Issued) {
        let (state, what) = match issued.message {
            Message::Alert => (ChainState::Active, "warned"),
            Message::Update => (ChainState::Active, "updated"),
            Message::Cancel => (ChainState::Cancelled, "cancelled"),
        };
        let incident = self.resolve(issued.incident, issued.report);
        let chain = self
            .warnings
            .entry(issued.chain.clone())
            .or_insert_with(|| Chain {
                incident,
                messages: Vec::new(),
                state,
                bulletin: None,
            });
        chain.messages.push(issued.clone());
        chain.state = state;
        chain.bulletin = None;
        let incident = chain.incident;
        self.effects.warnings.insert(issued.chain.clone());
        self.note(incident, issued.at, what);
    }

    /// Ends what is over, and lets go of what ended long ago.
    pub(super) fn expire_warnings(&mut self, now: i64) {
        let over: Vec<(String, u64)> = self
            .warnings
            .iter()
            .filter(|(_, w)| w.state == ChainState::Active && w.expires() <= now)
            .map(|(id, w)| (id.clone(), w.incident))
            .collect();
        for (id, incident) in over {
            if let Some(chain) = self.warnings.get_mut(&id) {
                chain.state = ChainState::Expired;
            }
            self.effects.warnings.insert(id);
            if self.cases.contains_key(&incident) {
                self.touch(incident);
            }
        }
        let old = |w: &Chain| w.expires() < now - KEPT_S;
        let gone: Vec<String> = self
            .warnings
            .iter()
            .filter(|(_, w)| old(w))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            let chain = self.warnings.remove(&id);
            if self.effects.warnings.remove(&id) {
                self.effects.parting_warnings.extend(chain);
            }
            self.effects.warnings_forgotten.push(id);
        }
    }

    /// A bulletin carries every message before it.
    pub(super) fn bulletin_made(&mut self, number: u64) {
        self.bulletin = self.bulletin.max(number);
        for (id, chain) in self
            .warnings
            .iter_mut()
            .filter(|(_, w)| w.bulletin.is_none())
        {
            chain.bulletin = Some(number);
            self.effects.carried.insert(id.clone());
        }
    }

    /// Warnings of an incident that became part of another are about that one.
    pub(super) fn warnings_follow(&mut self, gone: u64, into: u64) {
        for (id, chain) in self.warnings.iter_mut().filter(|(_, w)| w.incident == gone) {
            chain.incident = into;
            self.effects.warnings.insert(id.clone());
        }
    }

    /// Identifier of the warning in force for an incident.
    pub(super) fn warning_of(&self, incident: u64) -> Option<String> {
        self.warnings
            .values()
            .filter(|w| w.incident == incident && w.state == ChainState::Active)
            .max_by_key(|w| w.latest().at)
            .map(|w| w.latest().id.clone())
    }
}
