//! What the vault costs on this machine: `cargo run --release -p lapwing-vault --example cost`.

use std::time::Instant;

use lapwing_vault::{Image, Params, SlotKey, derive};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

const TRIES: usize = 5;

fn main() {
    let rng = &mut ChaCha20Rng::from_seed([1; 32]);
    let mut image = Image::fresh(rng);
    least("make afresh", || image.rerandomise(rng));
    least("burn", || image.burn(rng));
    let (key, other) = (SlotKey::new(&[3; 32]), SlotKey::new(&[4; 32]));
    let slot = image.claim(rng, &key, &[7; 9_000], &[]).expect("it fits");
    least("write", || {
        image
            .write(rng, &key, slot, &[8; 9_000])
            .expect("it still fits");
    });
    least("open, found", || assert!(image.open(&key).is_some()));
    least("open, not found", || assert!(image.open(&other).is_none()));
    let salt = image.salt();
    least("Argon2id", || {
        drop(derive(b"passphrase", &salt, Params::V1))
    });
}

/// Prints the shortest of a few runs.
fn least(what: &str, mut run: impl FnMut()) {
    let times = (0..TRIES).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    });
    let best = times.fold(f64::INFINITY, f64::min);
    println!("{what:<16} {best:8.1} ms");
}
