//! What the engine must know about kinds: how one is taken for another, how long a thing lasts, how far it spreads.

use serde::{Deserialize, Serialize};

/// Kinds with codes below this may have an entry of their own; all others are generic.
pub const TABLE_KINDS: usize = 32;

/// Code of a tornado in [`KindTable::storms`]; no kind of the *civil protection* form has it.
pub const TORNADO: u8 = 25;

/// How reports of a kind come together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Something that happens at one place and moment: an explosion. Reports are compared with the incident's
    /// most likely place and moment.
    Moment,
    /// Something that lasts, spreads or moves: a flood, a mined road. Reports are chained to the nearest reports.
    Spread {
        /// Distance within which a report continues the incident, kilometres.
        reach_km: f32,
        /// Time within which a report continues the incident, seconds.
        lasts_s: u32,
    },
}

/// The table of kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindTable {
    shapes: Vec<Option<Shape>>,
    grid_m: Vec<f32>,
    prior: Vec<f32>,
    /// `confusion[reported * TABLE_KINDS + truth]`: for each truth, the shares of what it is reported as sum to one.
    confusion: Vec<f32>,
    generic: Shape,
}

impl KindTable {
    /// A table in which every kind is generic: chained within a reach, with no kind ever ruling another out.
    #[must_use]
    pub fn generic(shape: Shape) -> Self {
        let mut confusion = vec![0.0; TABLE_KINDS * TABLE_KINDS];
        for k in 0..TABLE_KINDS {
            confusion[k * TABLE_KINDS + k] = 1.0;
        }
        Self {
            shapes: vec![None; TABLE_KINDS],
            grid_m: vec![0.0; TABLE_KINDS],
            prior: vec![1.0 / TABLE_KINDS as f32; TABLE_KINDS],
            confusion,
            generic: shape,
        }
    }

    /// The default form, *civil protection*. Kinds that a deployment adds are chained within 2 km and an hour until
    /// they are given a shape.
    ///
    /// The confusion of drones, missiles, explosions, shelling and fires is rounded from the development data
    /// (one in four shellings is reported as an explosion, and so on); every other kind is taken for another one
    /// in twenty times.
    #[must_use]
    pub fn civil_protection() -> Self {
        let mut table = Self::generic(Shape::Spread {
            reach_km: 2.0,
            lasts_s: 3_600,
        });
        table.prior.fill(0.0);
        for &(kind, share) in MOMENTS {
            table.shapes[usize::from(kind)] = Some(Shape::Moment);
            table.prior[usize::from(kind)] = share;
        }
        for &(kind, reach_km, lasts_s) in SPREADS {
            table.shapes[usize::from(kind)] = Some(Shape::Spread { reach_km, lasts_s });
        }
        let slip = 0.05 / (MOMENTS.len() - 1) as f32;
        for &(truth, _) in MOMENTS {
            for &(reported, _) in MOMENTS {
                let p = if reported == truth { 0.95 } else { slip };
                table.confusion[usize::from(reported) * TABLE_KINDS + usize::from(truth)] = p;
            }
        }
        for &(truth, reported, share) in TAKEN_FOR {
            let (truth, reported) = (usize::from(truth), usize::from(reported));
            let taken = &mut table.confusion[reported * TABLE_KINDS + truth];
            let moved = share - *taken;
            *taken = share;
            table.confusion[truth * TABLE_KINDS + truth] -= moved;
        }
        let total: f32 = table.prior.iter().sum();
        for p in &mut table.prior {
            *p /= total;
        }
        table
    }

    /// Storm reports: episodes of any kind within 50 km and 12 hours, but a tornado (code [`TORNADO`]) is one moving
    /// thing and followed by itself. For the storm files of the evaluation, and a pattern for what moves.
    #[must_use]
    pub fn storms() -> Self {
        Self::generic(Shape::Spread {
            reach_km: 50.0,
            lasts_s: 12 * 3_600,
        })
        .with_shape(
            TORNADO,
            Shape::Spread {
                reach_km: 10.0,
                lasts_s: 600,
            },
        )
    }

    /// States that places of a kind are rounded to a grid of this many metres before they are sent.
    #[must_use]
    pub fn with_grid(mut self, kind: u8, grid_m: f32) -> Self {
        if let Some(g) = self.grid_m.get_mut(usize::from(kind)) {
            *g = grid_m.max(0.0);
        }
        self
    }

    /// Replaces the shape of kinds that have no entry.
    #[must_use]
    pub fn with_generic(mut self, shape: Shape) -> Self {
        self.generic = shape;
        self
    }

    /// Gives a kind (below [`TABLE_KINDS`]) a shape of its own; other codes are left as they are.
    #[must_use]
    pub fn with_shape(mut self, kind: u8, shape: Shape) -> Self {
        if let Some(s) = self.shapes.get_mut(usize::from(kind)) {
            *s = Some(shape);
        }
        self
    }

    /// How reports of this kind come together.
    #[must_use]
    pub fn shape(&self, kind: u8) -> Shape {
        self.shapes
            .get(usize::from(kind))
            .copied()
            .flatten()
            .unwrap_or(self.generic)
    }

    /// True if the table has an entry for the kind.
    #[must_use]
    pub fn knows(&self, kind: u8) -> bool {
        self.shapes
            .get(usize::from(kind))
            .is_some_and(Option::is_some)
    }

    /// Standard deviation per axis, in kilometres, that rounding to the kind's grid adds.
    pub(crate) fn grid_sigma_km(&self, kind: u8) -> f64 {
        // A uniform distribution one cell wide has the standard deviation width / sqrt(12).
        f64::from(self.grid_m.get(usize::from(kind)).copied().unwrap_or(0.0)) / 1000.0 * 0.288_675
    }

    /// Shares of the true kinds among moments.
    pub(crate) fn prior(&self) -> &[f32] {
        &self.prior
    }

    /// Chance that what truly is each kind is reported as `kind`.
    pub(crate) fn likelihoods(&self, kind: u8) -> &[f32] {
        let first = usize::from(kind) % TABLE_KINDS * TABLE_KINDS;
        &self.confusion[first..first + TABLE_KINDS]
    }
}

/// Kind, share among moments.
const MOMENTS: &[(u8, f32)] = &[
    (1, 0.42),
    (2, 0.15),
    (3, 0.07),
    (4, 0.19),
    (5, 0.02),
    (6, 0.11),
    (11, 0.02),
    (14, 0.02),
    (15, 0.02),
    (21, 0.02),
    (23, 0.02),
];

/// Kind, reach in kilometres, time in seconds within which the next report continues it.
const SPREADS: &[(u8, f32, u32)] = &[
    (7, 0.3, 30 * 86_400),
    (8, 0.15, 7 * 86_400),
    (9, 6.0, 1_800),
    (10, 0.5, 6 * 3_600),
    (12, 0.3, 3 * 3_600),
    (13, 1.0, 7 * 86_400),
    (16, 0.5, 12 * 3_600),
    (17, 2.0, 6 * 3_600),
    (18, 4.0, 6 * 3_600),
    (19, 4.0, 12 * 3_600),
    (20, 6.0, 6 * 3_600),
    (22, 3.0, 12 * 3_600),
    (24, 1.5, 1_800),
];

/// Truth, what it is reported as, how often.
const TAKEN_FOR: &[(u8, u8, f32)] = &[
    (1, 2, 0.12),
    (1, 3, 0.06),
    (1, 6, 0.10),
    (1, 15, 0.02),
    (2, 1, 0.25),
    (2, 6, 0.045),
    (2, 15, 0.02),
    (3, 1, 0.18),
    (3, 4, 0.13),
    (3, 5, 0.02),
    (4, 1, 0.11),
    (4, 3, 0.08),
    (4, 5, 0.02),
    (5, 3, 0.10),
    (5, 4, 0.10),
    (6, 1, 0.16),
    (6, 15, 0.02),
    (6, 21, 0.02),
    (11, 1, 0.10),
    (11, 2, 0.10),
    (15, 1, 0.25),
    (15, 6, 0.10),
    (21, 6, 0.20),
    (23, 11, 0.10),
    (23, 14, 0.10),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_true_kind_is_reported_as_something() {
        let table = KindTable::civil_protection();
        for &(truth, _) in MOMENTS {
            let total: f32 = (0..TABLE_KINDS as u8)
                .map(|k| table.likelihoods(k)[usize::from(truth)])
                .sum();
            assert!((total - 1.0).abs() < 1e-5, "{truth}: {total}");
        }
        let total: f32 = table.prior().iter().sum();
        assert!((total - 1.0).abs() < 1e-5);
    }

    #[test]
    fn an_unknown_kind_takes_the_generic_shape() {
        let shape = Shape::Spread {
            reach_km: 60.0,
            lasts_s: 43_200,
        };
        let table = KindTable::civil_protection().with_generic(shape);
        assert_eq!(table.shape(200), shape);
        assert_eq!(table.shape(0), shape);
        assert_eq!(table.shape(1), Shape::Moment);
        assert!(!table.knows(200));
    }
}
