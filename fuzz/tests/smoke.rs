//! Every target over its corpus and over mutations of it, drawn from a fixed seed: the same in every run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lapwing_fuzz::{TARGETS, Target};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Mutated inputs per target: some seconds for all of them together.
const ROUNDS: usize = 2_000;

/// Values on which lengths and ranges turn.
const EDGES: [u8; 8] = [0x00, 0x01, 0x17, 0x18, 0x7f, 0x80, 0x9f, 0xff];

fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(part)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = folder("corpus").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("no corpus for {name}: {error}"))
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect();
    files.sort();
    let committed = files
        .iter()
        .map(|file| fs::read(file).expect("the file can be read"));
    committed.chain(vectors(name)).collect()
}

/// The vectors of the format that a target reads. Those that tell their length alone would make mutation slow.
fn vectors(name: &str) -> impl Iterator<Item = Vec<u8>> {
    let format = match name {
        "answer" | "bundle" | "envelope" | "piece" | "publication" | "receipt" => name,
        "opening" => "envelope",
        "pass" => "pass",
        "pass_request" => "pass-request",
        "pulled" => "record",
        "reception_key" => "reception-key",
        // In the corpus already, or (what is signed) read by the target in another form.
        _ => "",
    };
    let cases = match format {
        "" => Vec::new(),
        _ => {
            lapwing_vectors::read(format)
                .expect("the vectors are there")
                .cases
        }
    };
    cases
        .into_iter()
        .map(|case| case.whole().expect("the vectors are well formed"))
        .filter(|data| data.len() <= 16_384)
}

fn draw(rng: &mut ChaCha20Rng, below: usize) -> usize {
    (rng.next_u64() % below.max(1) as u64) as usize
}

/// One to four changes of the kinds that find faults in decoders.
fn mutate(rng: &mut ChaCha20Rng, samples: &[Vec<u8>]) -> Vec<u8> {
    let mut data = samples[draw(rng, samples.len())].clone();
    for _ in 0..=draw(rng, 4) {
        let at = draw(rng, data.len());
        match draw(rng, 7) {
            0 => data.truncate(at),
            1 => data.push(rng.next_u32() as u8),
            2 if !data.is_empty() => data[at] ^= 1 << draw(rng, 8),
            3 if !data.is_empty() => data[at] = EDGES[draw(rng, EDGES.len())],
            4 => data.insert(at, EDGES[draw(rng, EDGES.len())]),
            5 if !data.is_empty() => {
                let end = at + draw(rng, data.len() - at);
                data.drain(at..end);
            }
            _ => {
                let other = &samples[draw(rng, samples.len())];
                let from = draw(rng, other.len());
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
        }
    }
    data
}

fn each(mut check: impl FnMut(&str, Target, &[Vec<u8>])) {
    for (name, target) in TARGETS {
        check(name, *target, &corpus(name));
    }
}

#[test]
fn no_target_fails_on_its_corpus_or_on_mutations_of_it() {
    each(|name, target, samples| {
        let mut rng = ChaCha20Rng::from_seed([42; 32]);
        for _ in 0..ROUNDS {
            let data = mutate(&mut rng, samples);
            let outcome = std::panic::catch_unwind(|| target(&data));
            assert!(
                outcome.is_ok(),
                "{name} fails on {} bytes: {data:02x?}",
                data.len()
            );
        }
        target(&[]);
    });
}

#[test]
fn every_corpus_holds_what_its_decoder_accepts_and_what_it_refuses() {
    each(|name, target, samples| {
        let accepted = samples.iter().filter(|sample| target(sample)).count();
        assert!(
            accepted > 0,
            "{name}: nothing in the corpus is accepted, so that mutations stay shallow"
        );
        assert!(
            accepted < samples.len(),
            "{name}: nothing in the corpus is refused"
        );
    });
}

#[test]
fn every_target_has_its_program_and_every_program_its_target() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let programs: BTreeSet<String> = fs::read_dir(folder("fuzz_targets"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .into_string()
                .unwrap()
                .replace(".rs", "")
        })
        .collect();
    assert_eq!(names, programs);
    let corpora: BTreeSet<String> = fs::read_dir(folder("corpus"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, corpora);
}
