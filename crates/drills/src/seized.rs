//! Drill 1, *relay seized*: from what a relay stores, which envelopes are cover, and which two are of
//! one witness?
//!
//! The attacker has the relay's table: the bytes of every envelope, when it came, in which order. They
//! know the formats and the algorithms. For [`cover_told`] they have been told the truth about half of
//! the witnesses and judge the envelopes of the other half; for [`linked`] it is the same with pairs.
//!
//! [`crowd()`] makes the envelopes with what phones run: their schedule and their sealing. A crowd has a
//! [`Habit`]: what people do at certain hours is theirs and no secret of the table's; the measures say
//! what it tells and what is told beyond it.

mod bytes;
mod crowd;
mod drops;
mod histogram;
mod week;

use std::collections::BTreeMap;

use lapwing_wire::{ENVELOPE_LEN, HEADER_LEN};
use lapwing_witness::schedule::TICK_MEAN_MS;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

pub use crowd::{MARK, Rule, Sent, crowd};
pub use drops::{Published, answer_matched};
pub use week::Habit;

use crate::{
    Auc,
    learn::{self, Row},
};

/// One row of a relay's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it came, seconds.
    pub time: i64,
    /// The envelope.
    pub envelope: Box<[u8; ENVELOPE_LEN]>,
}

/// What is to be found out about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Whose it is.
    pub witness: u64,
    /// Whether it says anything.
    pub real: bool,
}

const DAY: i64 = 86_400;
/// What a crowd's public rhythm can tell is taken out by comparing only envelopes of one stretch of so
/// many seconds: the mean gap between two ticks. What the schedule does to a report it does within
/// that time; what differs from one stretch to another is when people do what they do.
const STRETCH: i64 = TICK_MEAN_MS as i64 / 1_000;

/// How well the attacker tells real envelopes from cover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// By all that there is, with the hour of the day and of the week.
    pub by_all: Auc,
    /// Among envelopes of the same five minutes: by bytes, order and times, without what is known of a
    /// crowd to whoever knows its habits.
    pub beyond_rhythm: Auc,
}

/// How well the attacker tells real envelopes from cover.
///
/// # Panics
/// When there are not as many truths as rows, or too few of either kind to be judged.
pub fn cover_told(table: &[Kept], truth: &[Truth]) -> Told {
    assert_eq!(table.len(), truth.len(), "a truth for each row");
    let histogram = histogram::scores(table, truth);
    let again = bytes::seen_again(table);
    let mut rows: Vec<Row> = (0..table.len())
        .map(|at| {
            let mut features = bytes::of(&table[at].envelope);
            features.extend([histogram[at], again[at]]);
            moments(table, at, &mut features);
            Row {
                features,
                positive: truth[at].real,
                owner: truth[at].witness,
            }
        })
        .collect();
    // The learner is not to spend itself on the rhythm where that does not count.
    let stretch = |at: usize| table[at].time.div_euclid(STRETCH).cast_unsigned();
    let beyond_rhythm = learn::guess_within(&rows, stretch);
    for (row, kept) in rows.iter_mut().zip(table) {
        rhythm(kept.time, &mut row.features);
    }
    Told {
        by_all: learn::guess(&rows),
        beyond_rhythm,
    }
}

/// How well real envelopes are told from cover by nothing but times, at relays with so few `apps` each
/// that a table shows when one of them was open.
///
/// # Panics
/// When there are too few.
pub fn few_told(seed: u64, relays: u64, apps: u64, habit: Habit) -> Auc {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for relay in 0..relays {
        let mut ticks: Vec<week::Tick> = (0..apps)
            .flat_map(|_| week::week(&mut chance, habit))
            .collect();
        ticks.sort_unstable_by_key(|tick| tick.at);
        let times: Vec<i64> = ticks.iter().map(|tick| tick.at.div_euclid(1_000)).collect();
        for (at, tick) in ticks.iter().enumerate() {
            let mut features = Vec::new();
            around(&times, at, &mut features);
            rhythm(times[at], &mut features);
            rows.push(Row {
                features,
                positive: tick.real,
                owner: relay,
            });
        }
    }
    learn::guess(&rows)
}

/// How well the attacker tells that two envelopes are of one witness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linked {
    /// Against pairs of two witnesses that came as far apart: whether anything says which of the apps
    /// that were open sent them.
    pub as_far_apart: Auc,
    /// Against pairs of any two of two witnesses: a phone sends more than once while it is open, so that
    /// what came within minutes is of one phone more often than what came on two days.
    pub any: Auc,
}

/// How well the attacker tells pairs of envelopes of one witness from pairs of two, of so many envelopes.
///
/// # Panics
/// As [`cover_told`].
pub fn linked(table: &[Kept], truth: &[Truth], seed: u64, envelopes: usize) -> Linked {
    assert_eq!(table.len(), truth.len(), "a truth for each row");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut below = |n: usize| (chance.next_u64() % n as u64) as usize;
    // Both of a pair are of one half of the witnesses: what is judged was not learned from.
    let half = |at: usize| usize::from(learn::is_taught(truth[at].witness));
    let mut halves = [Vec::new(), Vec::new()];
    let mut own: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, one) in truth.iter().enumerate() {
        halves[half(at)].push(at);
        own.entry(one.witness).or_default().push(at);
    }
    let [mut near, mut any] = [Vec::new(), Vec::new()];
    for _ in 0..envelopes {
        let at = below(table.len());
        let (mates, all) = (&own[&truth[at].witness], &halves[half(at)]);
        let mate = mates[below(mates.len())];
        let stranger = |other: &&usize| truth[**other].witness != truth[at].witness;
        // The one that came just before or just after the mate.
        let from = all.partition_point(|&other| other < mate);
        let beside = if below(2) == 0 {
            all[..from].iter().rev().find(stranger)
        } else {
            all[from..].iter().find(stranger)
        };
        let other = all[below(all.len())];
        let (Some(&beside), true) = (beside, mate != at && stranger(&&other)) else {
            continue;
        };
        let row = |with: usize| Row {
            features: pair(table, at.min(with), at.max(with)),
            positive: with == mate,
            owner: truth[at].witness,
        };
        let same = row(mate);
        near.extend([same.clone(), row(beside)]);
        any.extend([same, row(other)]);
    }
    Linked {
        as_far_apart: learn::guess(&near),
        any: learn::guess(&any),
    }
}

fn pair(table: &[Kept], first: usize, second: usize) -> Vec<f64> {
    let (a, b) = (&table[first], &table[second]);
    let mut features = bytes::shared(&a.envelope, &b.envelope);
    let apart = b.time - a.time;
    features.extend([
        apart as f64,
        apart.rem_euclid(60) as f64,
        apart.rem_euclid(3_600) as f64,
        apart.rem_euclid(DAY) as f64,
        (second - first) as f64,
    ]);
    features
}

/// When it came within its stretch, and what came around it.
fn moments(table: &[Kept], at: usize, out: &mut Vec<f64>) {
    for every in [2, 60, STRETCH] {
        out.push(table[at].time.rem_euclid(every) as f64);
    }
    let from = at.saturating_sub(AROUND);
    let times: Vec<i64> = table[from..table.len().min(at + AROUND + 1)]
        .iter()
        .map(|kept| kept.time)
        .collect();
    around(&times, at - from, out);
    out.push((at % 2) as f64);
}

/// How far the next ones before and after are.
fn around(times: &[i64], at: usize, out: &mut Vec<f64>) {
    for back in 1..=AROUND {
        let before = at.checked_sub(back).map(|n| times[at] - times[n]);
        out.push(before.map_or(-1.0, |gap| gap as f64));
        let after = times.get(at + back).map(|next| next - times[at]);
        out.push(after.map_or(-1.0, |gap| gap as f64));
    }
}

const AROUND: usize = 3;

/// The time of the hour, of the day, of the week.
fn rhythm(time: i64, out: &mut Vec<f64>) {
    for every in [3_600, DAY, 7 * DAY] {
        out.push(time.rem_euclid(every) as f64);
    }
}

const SHARE: core::ops::Range<usize> = HEADER_LEN..HEADER_LEN + lapwing_wire::KEM_SHARE_LEN;
