//! When the app sends and fetches, and from which bucket.

use lapwing_seal::BucketSecret;
use lapwing_witness::schedule::{Outgoing, Rhythm, Schedule as Core};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use wasm_bindgen::prelude::*;

use crate::{Thrown, thrown};

/// The ticks of one app while it is open; times in milliseconds since 1970.
#[wasm_bindgen]
pub struct Schedule {
    core: Core,
    rng: ChaCha20Rng,
}

#[wasm_bindgen]
impl Schedule {
    /// The app was opened at `now`; `last` is when this install last ticked, if it knows. `seed`: 32
    /// fresh bytes of the browser's cryptographic randomness.
    ///
    /// # Errors
    /// `rhythm`, `seed`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        mean_ms: u32,
        visit_ms: u32,
        seed: &[u8],
        now: f64,
        last: Option<f64>,
    ) -> Thrown<Self> {
        let rhythm = Rhythm::new(mean_ms, visit_ms).map_err(|_why| thrown("rhythm"))?;
        let seed = seed.try_into().map_err(|_why| thrown("seed"))?;
        let mut rng = ChaCha20Rng::from_seed(seed);
        let core = Core::at_opening(rhythm, &mut rng, now as i64, last.map(|last| last as i64));
        Ok(Self { core, rng })
    }

    /// When the next tick is due.
    pub fn next_at(&self) -> f64 {
        self.core.next_at() as f64
    }

    /// A tick; answers whether the real envelope that waits is the one to leave.
    pub fn tick(&mut self, now: f64, waiting: bool) -> bool {
        let action = self.core.tick(&mut self.rng, now as i64, waiting);
        action.send == Outgoing::Real
    }
}

/// Which of `count` drops an install fetches; `secret`: its 32 bytes, `now` in Unix seconds.
///
/// # Errors
/// `bucket`.
#[wasm_bindgen]
pub fn bucket(secret: &[u8], now: f64, count: u16) -> Thrown<u16> {
    let secret = secret.try_into().map_err(|_why| thrown("bucket"))?;
    Ok(BucketSecret::from_bytes(secret).bucket(now as i64, count))
}
