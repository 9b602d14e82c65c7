//! Drill: an epoch is closed, then the desk is seized. What ties the reports of one person?
//!
//! The attacker has the database with its write-ahead log as they were before and after the closing,
//! the desk's key and all that is derived from it, and the keyring as it is after. It scores pairs of
//! reports of the closed epoch, in different incidents, by everything that could tell whether they
//! are of one person, and searches every file and every decrypted page for pseudonyms and tags. The
//! control is the same attacker with the keyring as it was before.
//!
//! Reports are drawn so that what they say gives nobody away: places and times are random, or those
//! of somebody else's report. Handwriting, habits and whereabouts are no business of keys.
//!
//! Within one incident the count of people that is kept by design can say that its reports are of one
//! person; that is measured apart and not bounded.

mod disk;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use lapwing_model::{Danger, Known, Observation, Place, Precision};
use lapwing_wire::KeyEpoch;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;

use crate::{
    closing,
    entry::{Came, Entry, Received, Seq},
    fold::Fold,
    standing::Nobody,
    store::{KeySource, Line, Loot, Store, StoreError},
    turn::write_effects,
};

pub use disk::{Disk, disk};

/// What a drill found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Which drill.
    pub name: &'static str,
    /// What `value` is.
    pub measure: &'static str,
    /// What was measured.
    pub value: f64,
    /// What it must not pass.
    pub bound: f64,
    /// Whether it did not, and nothing was found in the files.
    pub held: bool,
    /// Whether the attacker catches the same desk with the key not deleted.
    pub control_caught: bool,
    /// The area under the curve with the surviving keys.
    pub auc: f64,
    /// And with the key that was deleted.
    pub auc_of_control: f64,
    /// What the counts that are kept tell about pairs within one incident.
    pub auc_within_incidents: f64,
    /// Pseudonyms and tags found in files and pages.
    pub found: usize,
    /// Pairs of reports by one person that were scored, and as many by two.
    pub pairs: usize,
}

const WITNESSES: usize = 60;
const REPORTS: usize = 2_400;
const PAIRS_MAX: usize = 30_000;
const SHUFFLES: usize = 20;
const BOUND: f64 = 0.02;
const MARK: &[u8; 16] = b"drill: by nobody";

/// Runs the drill in an empty folder.
///
/// # Errors
/// When the desk's store gives out.
pub fn forgetting(dir: &Path, seed: u64) -> Result<Finding, StoreError> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let source = KeySource::File {
        path: dir.join("desk.key"),
        create: true,
    };
    let folder = dir.join("desk");
    let mut store = Store::create(&folder, &source)?;
    let epoch = KeyEpoch(2_958);
    let authors: Vec<[u8; 16]> = (0..WITNESSES)
        .map(|_| {
            let mut author = [0; 16];
            rng.fill_bytes(&mut author);
            author
        })
        .collect();
    let scene = play(&mut store, &mut rng, epoch, &authors)?;

    let before = copy(&folder, &dir.join("before"))?;
    let mut tags: Vec<[u8; 8]> = Vec::new();
    for epoch in store.ring().epochs() {
        let key = store.ring().get(epoch);
        let key = key.ok_or(StoreError::KeyForgotten(epoch))?;
        tags.extend(authors.iter().map(|a| key.tag(a).to_be_bytes()));
    }
    closing::close(&mut store, KeyEpoch(epoch.0 + 2).starts(), &mut Nobody)?;
    let after = copy(&folder, &dir.join("after"))?;
    drop(store);

    let folders = [before.clone(), after.clone()];
    let survived = Loot::take(&folders, &source, std::slice::from_ref(&after))?;
    let not_deleted = Loot::take(&folders, &source, &[before, after])?;
    let pairs = Pairs::draw(&scene, &survived, &mut rng);
    let (auc, off) = pairs.judge(&survived, &scene, &mut rng);
    let (auc_of_control, _) = pairs.judge(&not_deleted, &scene, &mut rng);
    let value = (auc - 0.5).abs() + off;
    let found = survived.occurrences(&authors) + survived.occurrences(&tags);
    // Who finds nothing must have been able to: the pages did open and say what was reported, and
    // every tie of the epoch was there to be looked at.
    let tied = scene
        .author
        .keys()
        .all(|seq| survived.sealed.contains_key(seq));
    let read = tied && survived.occurrences(&[*MARK]) > 0;
    Ok(Finding {
        name: "desk seized after an epoch was closed",
        measure: "AUC of linking reports of one person in different incidents: distance from 0.5, \
                  with its 95 % interval",
        value,
        bound: BOUND,
        held: value <= BOUND && found == 0 && read,
        control_caught: auc_of_control > 0.9,
        auc,
        auc_of_control,
        auc_within_incidents: pairs.within(&survived, &scene),
        found,
        pairs: pairs.same.len(),
    })
}

/// Whose each report of the epoch is.
struct Scene {
    author: BTreeMap<Seq, usize>,
}

/// A week and a day of reports.
fn play(
    store: &mut Store,
    rng: &mut ChaCha20Rng,
    epoch: KeyEpoch,
    authors: &[[u8; 16]],
) -> Result<Scene, StoreError> {
    let mut fold = Fold::new();
    let mut scene = Scene {
        author: BTreeMap::new(),
    };
    let mut at = epoch.starts();
    let mut last: Option<(usize, Observation)> = None;
    let mut left = REPORTS + REPORTS / 7;
    while left > 0 {
        let mut batch = store.batch()?;
        for _ in 0..left.min(40) {
            left -= 1;
            let roll = rng.next_u32() % 100;
            let (author, mut observation) = match &last {
                // Somebody says it again.
                Some((author, seen)) if roll < 12 => (*author, seen.clone()),
                // Somebody else says the same.
                Some((_, seen)) if roll < 45 => {
                    (rng.next_u32() as usize % authors.len(), seen.clone())
                }
                _ => {
                    at += 360;
                    let author = rng.next_u32() as usize % authors.len();
                    (author, somewhere(rng)?)
                }
            };
            at += i64::from(rng.next_u32() % 60);
            observation.seen = at - 30;
            last = Some((author, observation.clone()));
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            let entry = Entry::Report(Box::new(Received {
                received: at,
                came: Came::Envelope {
                    relay_time: at,
                    leaf_salt: seed,
                    field_seed: seed,
                },
                observation,
            }));
            let (seq, at) = batch.append(at, &entry)?;
            let tags = Some(batch.tie(seq, at, &authors[author])?);
            if KeyEpoch::at(at) == epoch {
                scene.author.insert(seq, author);
            }
            fold.apply(&Line {
                seq,
                at,
                entry,
                tags,
            });
        }
        let effects = fold.effects();
        write_effects(&mut batch, &fold, &effects)?;
        batch.commit()?;
    }
    Ok(scene)
}

fn somewhere(rng: &mut ChaCha20Rng) -> Result<Observation, StoreError> {
    let share = |rng: &mut ChaCha20Rng| f64::from(rng.next_u32()) / f64::from(u32::MAX);
    let (lat, lon) = (45.0 + share(rng) * 6.0, 24.0 + share(rng) * 15.0);
    let place = Place::from_degrees(lat, lon).map_err(|_why| StoreError::Row("place"))?;
    Ok(Observation {
        kind: 1,
        place: place.rounded(Precision::Metres100),
        off_m: 300,
        seen: 0,
        seen_off_s: 0,
        count: None,
        heading: None,
        known: Known::Seen,
        danger: Danger::None,
        note: String::from_utf8_lossy(MARK).into_owned(),
    })
}

fn copy(from: &Path, to: &Path) -> Result<PathBuf, StoreError> {
    let failed = |source| StoreError::File {
        path: to.to_owned(),
        action: "copying",
        source,
    };
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Shared memory is made anew; the lock is the desk's.
        if entry.file_name() != "desk.db-shm" && entry.file_name() != "desk.lock" {
            fs::copy(entry.path(), to.join(entry.file_name())).map_err(failed)?;
        }
    }
    Ok(to.to_owned())
}

/// Pairs of reports.
struct Pairs {
    /// In different incidents, by one person.
    same: Vec<(Seq, Seq)>,
    /// In different incidents, of any two reports.
    any: Vec<(Seq, Seq)>,
    /// In one incident.
    within: Vec<(Seq, Seq)>,
}

impl Pairs {
    fn draw(scene: &Scene, loot: &Loot, rng: &mut ChaCha20Rng) -> Self {
        let seqs: Vec<Seq> = scene.author.keys().copied().collect();
        let mut pairs = Self {
            same: Vec::new(),
            any: Vec::new(),
            within: Vec::new(),
        };
        for (n, &a) in seqs.iter().enumerate() {
            for &b in &seqs[n + 1..] {
                let apart = loot.incident.get(&a) != loot.incident.get(&b);
                if !apart {
                    pairs.within.push((a, b));
                } else if scene.author[&a] == scene.author[&b] {
                    pairs.same.push((a, b));
                }
            }
        }
        shuffle(&mut pairs.same, rng);
        pairs.same.truncate(PAIRS_MAX);
        while pairs.any.len() < pairs.same.len() {
            let mut one = || seqs[rng.next_u32() as usize % seqs.len()];
            let (a, b) = (one(), one());
            let apart = loot.incident.get(&a) != loot.incident.get(&b);
            if apart && scene.author[&a] != scene.author[&b] {
                pairs.any.push((a.min(b), a.max(b)));
            }
        }
        pairs
    }

    /// The area under the curve, and half its 95 % interval: twice what it varies by when the same
    /// scores are dealt to persons by lot.
    fn judge(&self, loot: &Loot, scene: &Scene, rng: &mut ChaCha20Rng) -> (f64, f64) {
        let scores = |pairs: &[(Seq, Seq)]| -> Vec<f64> {
            pairs.iter().map(|&(a, b)| score(loot, a, b)).collect()
        };
        let (same, any) = (scores(&self.same), scores(&self.any));
        let auc = area(&same, &any);
        let seqs: Vec<Seq> = scene.author.keys().copied().collect();
        let mut squares = 0.0;
        for _ in 0..SHUFFLES {
            let mut dealt = seqs.clone();
            shuffle(&mut dealt, rng);
            let other: HashMap<Seq, Seq> = seqs.iter().copied().zip(dealt).collect();
            let by_lot: Vec<f64> = self
                .same
                .iter()
                .map(|(a, b)| score(loot, other[a], other[b]))
                .collect();
            squares += (area(&by_lot, &any) - 0.5).powi(2);
        }
        (auc, 1.96 * (squares / SHUFFLES as f64).sqrt())
    }

    /// What the counts tell about pairs within one incident: fewer people than reports.
    fn within(&self, loot: &Loot, scene: &Scene) -> f64 {
        let mut people: HashMap<i64, (Vec<usize>, usize)> = HashMap::new();
        for (seq, author) in &scene.author {
            if let Some(incident) = loot.incident.get(seq) {
                let (who, reports) = people.entry(*incident).or_default();
                if !who.contains(author) {
                    who.push(*author);
                }
                *reports += 1;
            }
        }
        let told = |(a, _): &(Seq, Seq)| {
            let incident = loot.incident.get(a);
            let (who, reports) = incident.and_then(|i| people.get(i))?;
            Some((*reports - who.len()) as f64 / *reports as f64)
        };
        let (same, other): (Vec<_>, Vec<_>) = self
            .within
            .iter()
            .partition(|(a, b)| scene.author[a] == scene.author[b]);
        let scores = |pairs: &[(Seq, Seq)]| pairs.iter().filter_map(told).collect::<Vec<f64>>();
        area(&scores(&same), &scores(&other))
    }
}

/// How much speaks for two reports being of one person.
fn score(loot: &Loot, a: Seq, b: Seq) -> f64 {
    let shares = |of: &HashMap<Seq, Vec<u64>>| match (of.get(&a), of.get(&b)) {
        (Some(x), Some(y)) => x.iter().any(|tag| y.contains(tag)),
        _ => false,
    };
    let mut score = 0.0;
    if shares(&loot.tags) {
        score += 1e6;
    }
    if let (Some(x), Some(y)) = (loot.persons.get(&a), loot.persons.get(&b)) {
        score += if x.iter().any(|who| y.contains(who)) {
            1e4
        } else {
            0.0
        };
    }
    // Whatever a sealed tie might give away: the same bytes in the same places, the same weight.
    if let (Some(x), Some(y)) = (loot.sealed.get(&a), loot.sealed.get(&b)) {
        score += x.iter().zip(y).filter(|(x, y)| x == y).count() as f64;
        let bits = |bytes: &[u8]| bytes.iter().map(|b| b.count_ones()).sum::<u32>();
        score += 1.0 / (2.0 + f64::from(bits(x).abs_diff(bits(y))));
    }
    score
}

/// How often a score of the first is above one of the second, ties counting half.
fn area(first: &[f64], second: &[f64]) -> f64 {
    if first.is_empty() || second.is_empty() {
        return 0.5;
    }
    let mut sorted = second.to_vec();
    sorted.sort_by(f64::total_cmp);
    let above: f64 = first
        .iter()
        .map(|x| {
            let below = sorted.partition_point(|y| y < x);
            let up_to = sorted.partition_point(|y| y <= x);
            (below + up_to) as f64 / 2.0
        })
        .sum();
    above / (first.len() as f64 * second.len() as f64)
}

fn shuffle<T>(items: &mut [T], rng: &mut ChaCha20Rng) {
    for n in (1..items.len()).rev() {
        items.swap(n, rng.next_u32() as usize % (n + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_seized_after_a_closing_ties_nobodys_reports_and_one_that_kept_the_key_does() {
        let dir = tempfile::tempdir().unwrap();
        let finding = forgetting(dir.path(), 1).unwrap();
        println!("{finding:#?}");
        assert!(finding.pairs >= 20_000);
        assert_eq!(finding.found, 0);
        assert!(finding.held, "{finding:?}");
        assert!(finding.control_caught, "{finding:?}");
    }

    #[test]
    fn the_area_under_the_curve_is_what_it_should_be() {
        assert!((area(&[1.0, 2.0], &[0.0, 0.5]) - 1.0).abs() < 1e-12);
        assert!((area(&[0.0], &[0.0]) - 0.5).abs() < 1e-12);
        assert!((area(&[1.0, 0.0], &[0.5, 0.5]) - 0.5).abs() < 1e-12);
    }
}
