//! Warnings that go out without a person.
//!
//! A kind of the form may warn by itself. Then an incident fires once, when enough independent
//! people report it and the desk is sure enough; not when a warning already covers it, and not more
//! often in an hour than people can take in.

use lapwing_model::{Form, Warns};

use crate::{
    api::types::{Incident, Verdict},
    fold::{Chain, ChainState},
};

/// The desk must be at least this sure.
pub(crate) const CONFIDENCE: f64 = 0.8;
/// Warnings by rule in an hour of the desk's clock. Beyond it something is wrong, or everything is
/// on fire, and people decide.
pub(crate) const PER_HOUR: usize = 60;
const HOUR_S: i64 = 3_600;

/// Whether the rules warn of `incident` at `now`, given all warnings in memory.
pub(crate) fn fires<'a>(
    incident: &Incident,
    form: &Form,
    now: i64,
    warnings: impl Iterator<Item = &'a Chain> + Clone,
) -> bool {
    let Some(kind) = form.kind(incident.kind) else {
        return false;
    };
    if kind.warns != Warns::Alone
        || incident.closed
        || incident.verdict == Verdict::Disputed
        || incident.sources < u32::from(kind.sources)
        || incident.confidence < CONFIDENCE
    {
        return false;
    }
    // One warning an incident: when an officer called it off, the rules do not argue.
    if warnings.clone().any(|w| w.incident == incident.id) {
        return false;
    }
    let in_force = |w: &&Chain| w.state == ChainState::Active && w.expires() > now;
    let covered = warnings
        .clone()
        .filter(in_force)
        .any(|w| w.latest().kind == incident.kind && covers(w, incident));
    let fired = |w: &Chain| {
        w.messages
            .first()
            .is_some_and(|m| m.by_rule && m.at > now - HOUR_S)
    };
    !covered && warnings.filter(|w| fired(w)).count() < PER_HOUR
}

/// Whether people around the incident have been warned by `warning` already.
fn covers(warning: &Chain, incident: &Incident) -> bool {
    const PER_DEGREE: f64 = 111_320.0;
    let area = warning.latest();
    let (lat, lon) = (f64::from(area.lat_e7) / 1e7, f64::from(area.lon_e7) / 1e7);
    let north = (incident.lat - lat) * PER_DEGREE;
    let turn = (incident.lon - lon).rem_euclid(360.0);
    let east = turn.min(360.0 - turn) * PER_DEGREE * lat.to_radians().cos();
    north.hypot(east) + incident.radius_m <= f64::from(area.radius_m)
}
