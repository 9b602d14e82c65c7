//! What a searcher with one picture of the file, or two taken apart, can tell of a slot: used or not?
//!
//! The searcher is a set of measures; for each, the area under the curve (AUC) says how well it parts used slots from
//! unused ones. Broken vaults, which leave what a careless one would leave, show that the measures can tell. They do
//! not break ristretto255: that nobody can is the assumption of `docs/design/0009-vault.md`.

use std::collections::HashMap;

use curve25519_dalek::{
    RistrettoPoint, Scalar, ristretto::CompressedRistretto, traits::IsIdentity as _,
};
use lapwing_vault::{CONTENT_MAX, IMAGE_LEN, Image, SLOTS, SlotIndex, SlotKey};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

const HEADER: usize = 4_096;
const SLOT: usize = (IMAGE_LEN - HEADER) / SLOTS;
const PHONES: u8 = 10;

/// A slot at two times.
struct Pair {
    before: Vec<u8>,
    after: Vec<u8>,
    used: bool,
}

type Measure = fn(&Pair) -> f64;

const MEASURES: [(&str, Measure); 7] = [
    ("elements that stayed", stayed),
    ("elements that are none", |pair| {
        none(&pair.before) + none(&pair.after)
    }),
    ("elements that are there twice", |pair| {
        twice(&pair.before) + twice(&pair.after)
    }),
    ("blocks that moved alike", moved_alike),
    ("sum of all bytes", |pair| {
        bytes(&pair.before) + bytes(&pair.after)
    }),
    ("spread of byte values", |pair| {
        spread(&pair.before) + spread(&pair.after)
    }),
    ("length when packed", |pair| {
        runs(&pair.before) + runs(&pair.after)
    }),
];

fn element(bytes: &[u8]) -> Option<RistrettoPoint> {
    CompressedRistretto(bytes.try_into().expect("32 bytes")).decompress()
}

fn stayed(pair: &Pair) -> f64 {
    let both = pair.before.chunks(32).zip(pair.after.chunks(32));
    both.filter(|(a, b)| a == b).count() as f64
}

fn none(slot: &[u8]) -> f64 {
    slot.chunks(32)
        .filter(|bytes| element(bytes).is_none())
        .count() as f64
}

fn twice(slot: &[u8]) -> f64 {
    let mut seen: HashMap<&[u8], usize> = HashMap::new();
    for bytes in slot.chunks(32) {
        *seen.entry(bytes).or_default() += 1;
    }
    seen.values().filter(|&&count| count > 1).sum::<usize>() as f64
}

/// Neighbouring blocks that moved by the same element.
fn moved_alike(pair: &Pair) -> f64 {
    let moves: Vec<Option<RistrettoPoint>> = (1..80)
        .map(|row| {
            let at = row * 256;
            let now = element(&pair.after[at..][..32])?;
            Some(now - element(&pair.before[at..][..32])?).filter(|moved| !moved.is_identity())
        })
        .collect();
    let alike = |two: &&[Option<RistrettoPoint>]| two[0].is_some() && two[0] == two[1];
    moves.windows(2).filter(alike).count() as f64
}

fn bytes(slot: &[u8]) -> f64 {
    slot.iter().map(|&byte| f64::from(byte)).sum()
}

fn spread(slot: &[u8]) -> f64 {
    let mut counts = [0_f64; 256];
    for &byte in slot {
        counts[usize::from(byte)] += 1.0;
    }
    counts.iter().map(|count| count * count).sum()
}

/// What a packer would gain: bytes that are like the one before.
fn runs(slot: &[u8]) -> f64 {
    slot.windows(2).filter(|two| two[0] == two[1]).count() as f64
}

/// Area under the curve: how often a used slot measures more than an unused one, a tie for half.
fn auc(pairs: &[Pair], measure: Measure) -> f64 {
    let measured = |used| -> Vec<f64> {
        let of = pairs.iter().filter(|pair| pair.used == used);
        of.map(measure).collect()
    };
    let (used, unused) = (measured(true), measured(false));
    let mut sum = 0.0;
    for a in &used {
        for b in &unused {
            sum += f64::from(u8::from(a > b)) + f64::from(u8::from(a == b)) / 2.0;
        }
    }
    sum / (used.len() * unused.len()) as f64
}

/// How far from one half chance alone brings the area, four standard deviations.
fn chance(pairs: &[Pair]) -> f64 {
    let used = pairs.iter().filter(|pair| pair.used).count() as f64;
    let unused = pairs.len() as f64 - used;
    4.0 * ((used + unused + 1.0) / (12.0 * used * unused)).sqrt()
}

/// The measure that tells most, and how far from one half it comes.
fn strongest(pairs: &[Pair]) -> (&'static str, f64) {
    MEASURES
        .into_iter()
        .map(|(name, measure)| (name, (auc(pairs, measure) - 0.5).abs()))
        .rev()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .expect("there are measures")
}

/// Phones with four slots in use, before and after `between`.
fn phones(
    spoil_first: fn(&mut ChaCha20Rng, &mut [u8], bool),
    between: fn(&mut ChaCha20Rng, &mut Image, &[(SlotKey, SlotIndex)]),
) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for phone in 0..PHONES {
        let rng = &mut ChaCha20Rng::from_seed([phone; 32]);
        let mut image = Image::fresh(rng);
        let mut slots: Vec<(SlotKey, SlotIndex)> = Vec::new();
        for number in 0..SLOTS as u8 / 2 {
            let key = SlotKey::new(&[number + 1; 32]);
            let avoid: Vec<SlotIndex> = slots.iter().map(|(_, slot)| *slot).collect();
            // Half of them hold hardly anything, the others all they can.
            let content = vec![b'x'; if number % 2 == 0 { 3 } else { CONTENT_MAX }];
            let slot = image
                .claim(rng, &key, &content, &avoid)
                .expect("half of the slots are free");
            slots.push((key, slot));
        }
        let used = |number: usize| {
            slots
                .iter()
                .any(|(_, slot)| usize::from(slot.number()) == number)
        };
        let mut bytes = image.as_bytes().to_vec();
        for (number, slot) in bytes[HEADER..].chunks_mut(SLOT).enumerate() {
            spoil_first(rng, slot, used(number));
        }
        let before = Image::parse(&bytes).expect("the header is as it was");
        let mut after = before.clone();
        between(rng, &mut after, &slots);
        let both = before.as_bytes()[HEADER..]
            .chunks(SLOT)
            .zip(after.as_bytes()[HEADER..].chunks(SLOT));
        pairs.extend(both.enumerate().map(|(number, (before, after))| Pair {
            before: before.to_vec(),
            after: after.to_vec(),
            used: used(number),
        }));
    }
    pairs
}

fn nothing_spoilt(_: &mut ChaCha20Rng, _: &mut [u8], _used: bool) {}

fn write(rng: &mut ChaCha20Rng, image: &mut Image, slots: &[(SlotKey, SlotIndex)]) {
    for (key, slot) in slots {
        image
            .write(rng, key, *slot, b"something new")
            .expect("it fits");
    }
}

#[test]
fn two_pictures_tell_no_used_slot_from_an_unused_one_whether_it_was_written_or_not() {
    type Between = fn(&mut ChaCha20Rng, &mut Image, &[(SlotKey, SlotIndex)]);
    let opened: Between = |rng, image, _| image.rerandomise(rng);
    let written: Between = |rng, image, slots| {
        image.rerandomise(rng);
        write(rng, image, slots);
    };
    for (what, between) in [("opened", opened), ("written", written)] {
        let pairs = phones(nothing_spoilt, between);
        let (measure, off) = strongest(&pairs);
        assert!(off < chance(&pairs), "{what}: {measure} tells, {off}");
    }
}

#[test]
fn a_vault_that_is_written_without_being_made_afresh_is_caught() {
    let (measure, off) = strongest(&phones(nothing_spoilt, write));
    assert_eq!((measure, off), ("elements that stayed", 0.5));
}

#[test]
fn a_vault_that_moves_all_blocks_of_a_written_slot_alike_is_caught() {
    let pairs = phones(nothing_spoilt, |rng, image, slots| {
        let mut bytes = image.as_bytes().to_vec();
        image.rerandomise(rng);
        let fresh = image.as_bytes().to_vec();
        for (number, slot) in bytes[HEADER..].chunks_mut(SLOT).enumerate() {
            let from = HEADER + number * SLOT;
            if !slots
                .iter()
                .any(|(_, used)| usize::from(used.number()) == number)
            {
                slot.copy_from_slice(&fresh[from..][..SLOT]);
                continue;
            }
            let unit: Vec<_> = slot[..256]
                .chunks(32)
                .map(|bytes| element(bytes).unwrap())
                .collect();
            let beta = Scalar::random(rng);
            for row in slot.chunks_mut(256) {
                for (bytes, unit) in row.chunks_mut(32).zip(&unit) {
                    let moved = element(bytes).unwrap() + unit * beta;
                    bytes.copy_from_slice(moved.compress().as_bytes());
                }
            }
        }
        *image = Image::parse(&bytes).unwrap();
    });
    let (measure, off) = strongest(&pairs);
    assert_eq!((measure, off), ("blocks that moved alike", 0.5));
}

#[test]
fn a_vault_whose_unused_slots_are_random_bytes_is_caught_in_one_picture() {
    let pairs = phones(
        |rng, slot, used| {
            if !used {
                rng.fill_bytes(slot);
            }
        },
        |_, _, _| (),
    );
    let (measure, off) = strongest(&pairs);
    assert_eq!((measure, off), ("elements that are none", 0.5));
}

#[test]
fn a_vault_that_leaves_its_padding_to_be_seen_is_caught_in_one_picture() {
    let pairs = phones(
        |_, slot, used| {
            if used {
                // Blocks behind a short content encrypted alike: one randomness for all of them.
                let block = slot[40 * 256..][..256].to_vec();
                for row in slot[41 * 256..].chunks_mut(256) {
                    row.copy_from_slice(&block);
                }
            }
        },
        |_, _, _| (),
    );
    assert_eq!(auc(&pairs, |pair| twice(&pair.before)), 1.0);
}
