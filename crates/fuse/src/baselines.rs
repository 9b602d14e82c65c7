//! The standard methods that fusing is compared with, on positions and stated times alone.
//!
//! All three project positions as `metrics.py` of the evaluation data does: equirectangular kilometres about the
//! mean latitude. That is right for one country and wrong across the antimeridian, which is what these methods do
//! in practice. Labels are numbers from 0 in order of each cluster's first report; noise of DBSCAN is a cluster of
//! its own.

use crate::geo::{KM_PER_LAT, KM_PER_LON};
use crate::hash::FastMap;
use crate::sighting::Sighting;

/// A point in kilometres and seconds.
#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
    t: f64,
}

fn points(sightings: &[Sighting]) -> Vec<Point> {
    let mean = sightings.iter().map(|s| s.lat).sum::<f64>() / sightings.len().max(1) as f64;
    let km_per_lon = KM_PER_LON * mean.to_radians().cos();
    sightings
        .iter()
        .map(|s| Point {
            x: s.lon * km_per_lon,
            y: s.lat * KM_PER_LAT,
            t: s.seen as f64,
        })
        .collect()
}

/// Fixed window: two reports within `km` and `s` seconds of each other (of the same kind, if asked) are linked, and
/// linked reports are one cluster.
#[must_use]
pub fn window(sightings: &[Sighting], km: f64, s: f64, same_kind: bool) -> Vec<u64> {
    let points = points(sightings);
    let grid = Grid::new(&points, km, s);
    let mut sets = Sets::new(points.len());
    for (i, a) in points.iter().enumerate() {
        grid.near(a, |j| {
            let b = &points[j];
            if j < i
                && (a.t - b.t).abs() <= s
                && (a.x - b.x).powi(2) + (a.y - b.y).powi(2) <= km * km
                && (!same_kind || sightings[i].kind == sightings[j].kind)
            {
                sets.join(i, j);
            }
        });
    }
    sets.labels()
}

/// Greedy online: each report joins the nearest incident whose mean place is within `km` and whose mean stated time is
/// within `s` seconds, else starts one. (Means did best of twelve variants with first, last and latest.) Sightings must be in order of arrival.
#[must_use]
pub fn greedy(sightings: &[Sighting], km: f64, s: f64) -> Vec<u64> {
    struct Open {
        at: Point,
        n: f64,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut cells: FastMap<(i64, i64, i64), Vec<usize>> = FastMap::default();
    let cell = |p: &Point| {
        (
            (p.x / km).floor() as i64,
            (p.y / km).floor() as i64,
            (p.t / s).floor() as i64,
        )
    };
    let mut labels = Vec::with_capacity(sightings.len());
    for p in points(sightings) {
        let (cx, cy, ct) = cell(&p);
        let mut best: Option<(f64, usize)> = None;
        for key in around(cx, cy, ct) {
            for &k in cells.get(&key).map_or(&[][..], Vec::as_slice) {
                let o = &open[k].at;
                let d2 = (o.x - p.x).powi(2) + (o.y - p.y).powi(2);
                if (o.t - p.t).abs() <= s && d2 <= km * km && best.is_none_or(|b| (d2, k) < b) {
                    best = Some((d2, k));
                }
            }
        }
        let k = match best {
            Some((_, k)) => {
                let before = cell(&open[k].at);
                let o = &mut open[k];
                o.n += 1.0;
                o.at.x += (p.x - o.at.x) / o.n;
                o.at.y += (p.y - o.at.y) / o.n;
                o.at.t += (p.t - o.at.t) / o.n;
                let after = cell(&o.at);
                if before != after {
                    if let Some(list) = cells.get_mut(&before) {
                        list.retain(|&x| x != k);
                    }
                    cells.entry(after).or_default().push(k);
                }
                k
            }
            None => {
                open.push(Open { at: p, n: 1.0 });
                cells.entry((cx, cy, ct)).or_default().push(open.len() - 1);
                open.len() - 1
            }
        };
        labels.push(k as u64);
    }
    labels
}

/// DBSCAN in space and scaled time: neighbours are within `eps_km` when a minute counts as `km_per_min` kilometres;
/// a core report has at least `min_points` neighbours, itself included. A report between two clusters goes to the
/// one found first, as in scikit-learn.
#[must_use]
pub fn dbscan(sightings: &[Sighting], eps_km: f64, km_per_min: f64, min_points: usize) -> Vec<u64> {
    let mut points = points(sightings);
    for p in &mut points {
        p.t = p.t / 60.0 * km_per_min;
    }
    let grid = Grid::new(&points, eps_km, eps_km);
    let near = |i: usize| {
        let a = points[i];
        let mut list = Vec::new();
        grid.near(&a, |j| {
            let b = &points[j];
            if (a.x - b.x).powi(2) + (a.y - b.y).powi(2) + (a.t - b.t).powi(2) <= eps_km * eps_km {
                list.push(j);
            }
        });
        list
    };
    const UNSEEN: u64 = u64::MAX;
    let mut labels = vec![UNSEEN; points.len()];
    let core: Vec<bool> = (0..points.len())
        .map(|i| near(i).len() >= min_points)
        .collect();
    let mut next = 0;
    for i in 0..points.len() {
        if labels[i] != UNSEEN || !core[i] {
            continue;
        }
        let mut queue = vec![i];
        labels[i] = next;
        while let Some(k) = queue.pop() {
            for j in near(k) {
                if labels[j] == UNSEEN {
                    labels[j] = next;
                    if core[j] {
                        queue.push(j);
                    }
                }
            }
        }
        next += 1;
    }
    for label in &mut labels {
        if *label == UNSEEN {
            *label = next;
            next += 1;
        }
    }
    let mut names: FastMap<u64, u64> = FastMap::default();
    for label in &mut labels {
        let next = names.len() as u64;
        *label = *names.entry(*label).or_insert(next);
    }
    labels
}

fn around(x: i64, y: i64, t: i64) -> impl Iterator<Item = (i64, i64, i64)> {
    (0..27).map(move |i| (x + i % 3 - 1, y + i / 3 % 3 - 1, t + i / 9 - 1))
}

/// Points by cells as large as the reach, so that neighbours are in 27 cells.
struct Grid {
    km: f64,
    t: f64,
    cells: FastMap<(i64, i64, i64), Vec<u32>>,
}

impl Grid {
    fn new(points: &[Point], km: f64, t: f64) -> Self {
        let mut grid = Self {
            km: km.max(1e-6),
            t: t.max(1e-6),
            cells: FastMap::default(),
        };
        for (i, p) in points.iter().enumerate() {
            grid.cells.entry(grid.cell(p)).or_default().push(i as u32);
        }
        grid
    }

    fn cell(&self, p: &Point) -> (i64, i64, i64) {
        (
            (p.x / self.km).floor() as i64,
            (p.y / self.km).floor() as i64,
            (p.t / self.t).floor() as i64,
        )
    }

    fn near(&self, p: &Point, mut f: impl FnMut(usize)) {
        let (x, y, t) = self.cell(p);
        for key in around(x, y, t) {
            if let Some(list) = self.cells.get(&key) {
                list.iter().for_each(|&j| f(j as usize));
            }
        }
    }
}

/// Disjoint sets.
struct Sets(Vec<u32>);

impl Sets {
    fn new(n: usize) -> Self {
        Self((0..n as u32).collect())
    }

    fn root(&mut self, mut i: usize) -> usize {
        while self.0[i] as usize != i {
            self.0[i] = self.0[self.0[i] as usize];
            i = self.0[i] as usize;
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b) as u32;
    }

    fn labels(mut self) -> Vec<u64> {
        let mut names: FastMap<usize, u64> = FastMap::default();
        (0..self.0.len())
            .map(|i| {
                let root = self.root(i);
                let next = names.len() as u64;
                *names.entry(root).or_insert(next)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sighting::HowKnown;

    fn at(seen: i64, east_km: f64, kind: u8) -> Sighting {
        Sighting {
            report: seen.cast_unsigned(),
            at: seen,
            seen,
            seen_unc_s: 0,
            lat: 0.0,
            lon: east_km / KM_PER_LON,
            unc_m: 0.0,
            kind,
            source: 0,
            heading: None,
            how_known: HowKnown::Seen,
        }
    }

    #[test]
    fn a_window_chains_what_is_near_in_both() {
        let s = [
            at(0, 0.0, 1),
            at(100, 1.0, 2),
            at(200, 2.0, 1),
            at(2_000, 2.0, 1),
            at(150, 9.0, 1),
        ];
        assert_eq!(window(&s, 1.5, 360.0, false), [0, 0, 0, 1, 2]);
        assert_eq!(window(&s, 1.5, 360.0, true), [0, 1, 2, 3, 4]);
        assert_eq!(window(&s, 2.5, 360.0, true), [0, 1, 0, 2, 3]);
    }

    #[test]
    fn greedy_takes_the_nearest_incident() {
        let s = [
            at(0, 0.0, 1),
            at(10, 4.0, 1),
            at(20, 2.5, 1),
            at(5_000, 2.5, 1),
        ];
        assert_eq!(greedy(&s, 3.0, 360.0), [0, 1, 1, 2]);
    }

    #[test]
    fn dbscan_needs_enough_neighbours_for_a_core() {
        let s = [at(0, 0.0, 1), at(0, 0.9, 1), at(0, 1.8, 1), at(0, 5.0, 1)];
        assert_eq!(dbscan(&s, 1.0, 0.35, 3), [0, 0, 0, 1]);
        assert_eq!(dbscan(&s, 1.0, 0.35, 4), [0, 1, 2, 3]);
        // A minute counts as 0.35 km: 3 minutes apart is 1.05 km.
        let s = [at(0, 0.0, 1), at(180, 0.0, 1), at(340, 0.0, 1)];
        assert_eq!(dbscan(&s, 1.0, 0.35, 2), [0, 1, 1]);
    }
}
