//! What the pages read: the present state, and a stream of changes.
//!
//! The writer puts changes in; nothing here waits for the store. Changes are gathered for
//! [`GATHER`] so that a flood of reports is a few events a second, each with the latest values.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use serde::Serialize;
use tokio::sync::{Notify, broadcast};

use crate::{
    api::types::{
        Clock as ClockView, ClockMode, Counters, Incident, IncidentChanges, KindView, Overview,
        RelayView, TextPair, Warning, WarningList,
    },
    clock::Clock,
    fold::Case,
};

/// Least time between two rounds of events.
const GATHER: Duration = Duration::from_millis(200);
/// Rounds between two overviews.
const OVERVIEW_EVERY: u32 = 5;
/// Events that a slow page may fall behind before it must load everything again.
const BEHIND_MAX: usize = 64;

/// One server-sent event, the same for every page.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) data: Arc<str>,
}

/// A relay as the desk sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RelayState {
    pub(crate) url: String,
    pub(crate) up: bool,
    pub(crate) cursor: u64,
    pub(crate) trouble: Option<String>,
    /// Number of the last bulletin it is known to have.
    pub(crate) bulletin: u64,
}

/// What does not change while the desk runs.
pub(crate) struct Fixed {
    pub(crate) mode: ClockMode,
    pub(crate) kinds: Vec<KindView>,
    pub(crate) region: [f64; 4],
}

/// A warning with the number of the first bulletin that carries it.
#[derive(Clone, Debug)]
pub(crate) struct ShownWarning {
    pub(crate) view: Warning,
    pub(crate) bulletin: Option<u64>,
}

#[derive(Default)]
struct State {
    cases: HashMap<u64, Arc<Case>>,
    warnings: BTreeMap<String, ShownWarning>,
    relays: Vec<RelayState>,
    counters: Counters,
    /// Time of the last entry.
    entry_at: i64,
}

#[derive(Default)]
struct Pending {
    changed: BTreeSet<u64>,
    gone: BTreeSet<u64>,
    warnings: bool,
    overview: bool,
}

/// The present state and the stream of changes.
pub(crate) struct Hub {
    fixed: Fixed,
    clock: Arc<dyn Clock>,
    state: RwLock<State>,
    pending: Mutex<Pending>,
    wake: Notify,
    events: broadcast::Sender<Event>,
}

/// Changes that the writer made durable.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) cases: Vec<Case>,
    pub(crate) gone: BTreeSet<u64>,
    pub(crate) forgotten: Vec<u64>,
    pub(crate) warnings: Vec<(String, ShownWarning)>,
    pub(crate) warnings_forgotten: Vec<String>,
    pub(crate) counters: Option<Counters>,
    pub(crate) entry_at: i64,
}

impl Hub {
    pub(crate) fn new(fixed: Fixed, clock: Arc<dyn Clock>, relays: Vec<RelayState>) -> Self {
        Self {
            fixed,
            clock,
            state: RwLock::new(State {
                relays,
                ..State::default()
            }),
            pending: Mutex::default(),
            wake: Notify::new(),
            events: broadcast::channel(BEHIND_MAX).0,
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, get: impl FnOnce(&State) -> T) -> T {
        get(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows what the writer made durable.
    pub(crate) fn show(&self, changes: Changes) {
        {
            let mut pending = self.pending();
            for case in &changes.cases {
                pending.changed.insert(case.incident.id);
            }
            for gone in &changes.gone {
                pending.changed.remove(gone);
                pending.gone.insert(*gone);
            }
            pending.warnings |= !changes.warnings.is_empty();
            pending.overview |= changes.counters.is_some();
        }
        self.write(|state| {
            for case in changes.cases {
                state.cases.insert(case.incident.id, Arc::new(case));
            }
            for id in changes.gone.iter().chain(&changes.forgotten) {
                state.cases.remove(id);
            }
            state.warnings.extend(changes.warnings);
            for id in &changes.warnings_forgotten {
                state.warnings.remove(id);
            }
            if let Some(counters) = changes.counters {
                state.counters = counters;
            }
            state.entry_at = state.entry_at.max(changes.entry_at);
        });
        self.wake.notify_one();
    }

    /// Puts the whole state in place and tells the pages to load it again.
    pub(crate) fn replace(&self, changes: Changes) {
        self.write(|state| {
            state.cases = changes
                .cases
                .into_iter()
                .map(|case| (case.incident.id, Arc::new(case)))
                .collect();
            state.warnings = changes.warnings.into_iter().collect();
            state.counters = changes.counters.unwrap_or_default();
            state.entry_at = changes.entry_at;
        });
        *self.pending() = Pending::default();
        self.send("reload", &());
    }

    /// Changes what is known of a relay.
    pub(crate) fn relay(&self, index: usize, change: impl FnOnce(&mut RelayState)) {
        let (noticed, delivered) = self.write(|state| {
            let Some(relay) = state.relays.get_mut(index) else {
                return (false, false);
            };
            let before = relay.clone();
            change(relay);
            let noticed = before.up != relay.up || before.trouble != relay.trouble;
            (noticed, before.bulletin != relay.bulletin)
        });
        {
            let mut pending = self.pending();
            pending.overview |= noticed;
            pending.warnings |= delivered;
        }
        if noticed || delivered {
            self.wake.notify_one();
        }
    }

    /// The incident, if it is live or closed lately.
    pub(crate) fn case(&self, id: u64) -> Option<Arc<Case>> {
        self.read(|state| state.cases.get(&id).cloned())
    }

    /// Incidents of the last day, by the desk's clock, newest first; live ones whatever their age.
    pub(crate) fn incidents(&self) -> Vec<Arc<Case>> {
        const DAY_S: i64 = 86_400;
        let since = self.now() - DAY_S;
        let mut cases: Vec<Arc<Case>> = self.read(|state| {
            let recent =
                |case: &&Arc<Case>| !case.incident.closed || case.incident.last_report >= since;
            state.cases.values().filter(recent).cloned().collect()
        });
        cases.sort_by_key(|case| std::cmp::Reverse((case.incident.last_report, case.incident.id)));
        cases
    }

    /// All warnings in memory, newest first.
    pub(crate) fn warnings(&self) -> WarningList {
        self.read(|state| {
            let mut warnings: Vec<Warning> = state
                .warnings
                .values()
                .map(|shown| reach(shown, &state.relays))
                .collect();
            warnings.sort_by(|a, b| b.sent.cmp(&a.sent).then_with(|| b.id.cmp(&a.id)));
            WarningList { warnings }
        })
    }

    /// Now, by the desk's clock.
    pub(crate) fn now(&self) -> i64 {
        match self.fixed.mode {
            ClockMode::Live => self.clock.now(),
            ClockMode::Replay => self.read(|state| state.entry_at),
        }
    }

    /// Everything but incidents and warnings.
    pub(crate) fn overview(&self) -> Overview {
        let clock = ClockView {
            mode: self.fixed.mode,
            now: self.now(),
        };
        self.read(|state| Overview {
            clock,
            kinds: self.fixed.kinds.clone(),
            region: self.fixed.region,
            counters: state.counters.clone(),
            relays: state
                .relays
                .iter()
                .map(|relay| RelayView {
                    url: relay.url.clone(),
                    up: relay.up,
                    cursor: relay.cursor,
                    trouble: relay.trouble.clone(),
                })
                .collect(),
            feeds: state
                .relays
                .iter()
                .map(|relay| format!("{}/v1/warnings.atom", relay.url))
                .collect(),
        })
    }

    /// A stream of events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Sends gathered changes, until dropped.
    pub(crate) async fn gather(&self) {
        let mut rounds_since_overview = OVERVIEW_EVERY;
        loop {
            let waiting = self.pending().overview;
            if waiting {
                // An overview that was held back goes out even when nothing else happens.
                let _ = tokio::time::timeout(GATHER, self.wake.notified()).await;
            } else {
                self.wake.notified().await;
            }
            rounds_since_overview = rounds_since_overview.saturating_add(1);
            let overview_due = rounds_since_overview >= OVERVIEW_EVERY;
            if self.round(overview_due) {
                rounds_since_overview = 0;
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    /// One round; `true` when an overview was among it.
    fn round(&self, overview_due: bool) -> bool {
        let mut pending = self.pending();
        let overview = overview_due && pending.overview;
        let rest = Pending {
            overview: pending.overview && !overview,
            ..Pending::default()
        };
        let now = std::mem::replace(&mut *pending, rest);
        drop(pending);
        if self.events.receiver_count() == 0 {
            return overview;
        }
        if !now.changed.is_empty() || !now.gone.is_empty() {
            let changed: Vec<Incident> = self.read(|state| {
                let case = |id: &u64| state.cases.get(id).map(|c| Incident::clone(&c.incident));
                now.changed.iter().filter_map(case).collect()
            });
            let gone = now.gone.into_iter().collect();
            self.send("incidents", &IncidentChanges { changed, gone });
        }
        if now.warnings {
            self.send("warnings", &self.warnings());
        }
        if overview {
            self.send("overview", &self.overview());
        }
        overview
    }

    fn send(&self, name: &'static str, value: &impl Serialize) {
        let data = serde_json::to_string(value).expect("views have finite numbers");
        // Nobody listening is no failure.
        let _ = self.events.send(Event {
            name,
            data: data.into(),
        });
    }
}

fn reach(shown: &ShownWarning, relays: &[RelayState]) -> Warning {
    let has = |relay: &&RelayState| shown.bulletin.is_some_and(|n| relay.bulletin >= n);
    let published_to = u32::try_from(relays.iter().filter(has).count()).unwrap_or(u32::MAX);
    Warning {
        published_to,
        ..shown.view.clone()
    }
}

/// The form's kinds, as the pages need them.
pub(crate) fn kind_views(form: &lapwing_model::Form) -> Vec<KindView> {
    use lapwing_model::Warns;
    let view = |kind: &lapwing_model::Kind| KindView {
        code: kind.code,
        name: kind.name.clone(),
        label: TextPair {
            uk: kind.label.uk.clone(),
            en: kind.label.en.clone(),
        },
        warns: match kind.warns {
            Warns::Alone => "alone",
            Warns::Never => "never",
            Warns::Officer => "officer",
        }
        .into(),
        precision_m: kind.precision.metres(),
    };
    form.kinds().iter().map(view).collect()
}
