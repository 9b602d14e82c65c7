//! Labels for a whole recorded stream.

use crate::engine::{Change, Fuse};
use crate::hash::FastMap;
use crate::parameters::Parameters;
use crate::sighting::{IncidentId, Sighting};

/// One label per report, in the order of the input; equal label = same incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The incident each report was put into as it arrived.
    pub on_arrival: Vec<u64>,
    /// The incident it was in when all had been taken in.
    pub last: Vec<u64>,
}

/// Runs a fresh engine over sightings in the given order, which should be the order of arrival.
///
/// A quiet report that speaks against nothing gets a label of its own, above all incident numbers. A number that
/// comes twice while it is live is one report: both rows get its label.
#[must_use]
pub fn label_all(sightings: &[Sighting], parameters: Parameters) -> Labels {
    let mut fuse = Fuse::new(parameters);
    let mut labels = Labels {
        on_arrival: Vec::with_capacity(sightings.len()),
        last: Vec::new(),
    };
    // Row of each report's latest appearance, and the rows before it with the same number.
    let mut rows: FastMap<u64, usize> = FastMap::default();
    let mut taken_over: FastMap<u64, u64> = FastMap::default();
    for (row, s) in sightings.iter().enumerate() {
        let Change {
            incident,
            gone,
            moved,
            ..
        } = fuse.report(s);
        let own = u64::MAX - row as u64;
        let label = incident.map_or(own, |IncidentId(id)| id);
        labels.on_arrival.push(label);
        labels.last.push(label);
        rows.insert(s.report, row);
        for (report, IncidentId(id)) in moved {
            if let Some(&row) = rows.get(&report) {
                labels.last[row] = id;
            }
        }
        for (IncidentId(from), IncidentId(into)) in gone {
            taken_over.insert(from, into);
        }
    }
    // Quiet reports are not moved one by one: they follow the incident they spoke against. So do rows whose
    // number came again.
    for label in &mut labels.last {
        while let Some(&into) = taken_over.get(label) {
            *label = into;
        }
    }
    labels
}
