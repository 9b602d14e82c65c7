//! The witness core for browsers: `lapwing-witness` through wasm-bindgen, and nothing besides.
//!
//! The app gives what a core crate must not take for itself: the clock as Unix seconds, and 32
//! bytes of the browser's randomness for each start. Structured values cross as JSON. What is
//! refused is thrown as a string with a stable short name ([`code_of`]), never as prose: the app has
//! the words, in two languages.
//!
//! **In scope:** conversion of values, names of refusals.
//! **Out of scope:** every decision (`lapwing-witness`), storage and HTTP (`web/witness`).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod code;
mod draft;
mod enrol;
mod release;
mod schedule;
mod view;
mod whisper;

pub use code::code_of;
pub use release::release;
pub use schedule::{Schedule, bucket};

use lapwing_model::Place;
use lapwing_witness::Phone as Core;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// A phone that trusts one desk.
#[wasm_bindgen]
pub struct Phone {
    core: Core,
    rng: ChaCha20Rng,
}

#[wasm_bindgen]
impl Phone {
    /// `root_key`: 64 hex digits; `author`: 16 bytes; `seed`: 32 fresh bytes of the browser's
    /// cryptographic randomness, never used twice.
    ///
    /// # Errors
    /// `root-key`, `author`, `seed`.
    #[wasm_bindgen(constructor)]
    pub fn new(root_key: &str, author: &[u8], next_sequence: u32, seed: &[u8]) -> Thrown<Self> {
        let mut root = [0; 32];
        hex::decode_to_slice(root_key, &mut root).map_err(|_why| thrown("root-key"))?;
        let author = author.try_into().map_err(|_why| thrown("author"))?;
        let seed = seed.try_into().map_err(|_why| thrown("seed"))?;
        let core = Core::new(&root, author, next_sequence).map_err(refused)?;
        let rng = ChaCha20Rng::from_seed(seed);
        Ok(Self { core, rng })
    }

    /// Takes a bulletin; `now` in Unix seconds. Answers with what the app shows of it, as JSON.
    ///
    /// # Errors
    /// `bulletin-…`, `form`.
    pub fn accept_bulletin(&mut self, bytes: &[u8], now: f64) -> Thrown<String> {
        let bulletin = self
            .core
            .accept_bulletin(bytes, now as i64)
            .map_err(refused)?;
        Ok(view::bulletin(bulletin).to_string())
    }

    /// Takes back the bulletin that the app kept, even past its time, so that a phone which was
    /// offline for weeks can seal. Answers as `accept_bulletin`.
    ///
    /// # Errors
    /// `bulletin-…`, `form`.
    pub fn recall_bulletin(&mut self, bytes: &[u8]) -> Thrown<String> {
        let bulletin = self.core.recall_bulletin(bytes).map_err(refused)?;
        Ok(view::bulletin(bulletin).to_string())
    }

    /// The form in force, as the JSON that the desk signed.
    pub fn form(&self) -> String {
        String::from_utf8_lossy(self.core.form().source()).into_owned()
    }

    /// Seals a report (JSON as in `draft`) into an envelope of 2,048 bytes.
    ///
    /// # Errors
    /// What must be changed (`note-long`, `future`, …) or is missing (`no-bulletin`, `no-key`).
    pub fn report(&mut self, draft: &str, now: f64) -> Thrown<Vec<u8>> {
        let draft = draft::read(draft).ok_or_else(|| thrown("draft"))?;
        let sealed = self.core.report(&mut self.rng, &draft, now as i64);
        Ok(sealed.map_err(refused)?.as_bytes().to_vec())
    }

    /// Seals cover: an envelope that only the desk can tell from a report.
    ///
    /// # Errors
    /// `no-bulletin`, `no-key`.
    pub fn cover(&mut self, now: f64) -> Thrown<Vec<u8>> {
        let sealed = self.core.cover(&mut self.rng, now as i64);
        Ok(sealed.map_err(refused)?.as_bytes().to_vec())
    }

    /// Where the report will say that it was: latitude and longitude, rounded for this kind.
    ///
    /// # Errors
    /// `kind`, `place`.
    pub fn round(&self, kind: u8, lat: f64, lon: f64) -> Thrown<Vec<f64>> {
        let kind = self.core.form().kind(kind).ok_or_else(|| thrown("kind"))?;
        let exact = Place::from_degrees(lat, lon).map_err(|_why| thrown("place"))?;
        let place = exact.rounded(kind.precision);
        Ok(vec![place.lat(), place.lon()])
    }

    /// Whether `answer` is a receipt for `envelope`; returns or throws.
    ///
    /// # Errors
    /// `answer`.
    pub fn check_answer(envelope: &[u8], answer: &[u8]) -> Thrown<()> {
        Core::check_answer(envelope, answer).map_err(|_why| thrown("answer"))
    }

    /// Number of the next report: kept by the app before the envelope leaves it.
    pub fn next_sequence(&self) -> u32 {
        self.core.next_sequence()
    }
}

fn thrown(code: &str) -> JsValue {
    JsValue::from_str(code)
}

fn refused(why: lapwing_witness::PhoneError) -> JsValue {
    thrown(code_of(&why))
}
