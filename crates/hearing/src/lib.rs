//! Words spoken by a synthesiser over a telephone line with noise, and a listener who takes them down.
//!
//! A benchmark's means of saying how many reports come through a bad line, without people: nothing of it is shipped.
//!
//! - **Speaking** ([`Voice`]): espeak-ng, one word at a time.
//! - **The line** ([`Line`]): SoX limits it to 300–3,400 Hz at 8 kHz; white noise or the babble of other voices is added
//!   at a stated ratio of powers; SoX codes and decodes it as G.711 µ-law.
//! - **Listening** ([`Listener`]): every word of the list as another voice says it, compared by mel-frequency cepstral
//!   coefficients and their slopes under dynamic time warping. The listener knows where words begin and end to some 50
//!   ms, allows for the noise in the pauses, and knows nothing but the list: no grammar, no voice of the speaker, no
//!   second asking. A word whose best match is hardly better than that of the second is not taken down.
//!
//! What it says is an order of magnitude. It is worse than people, who hear ordinary words at 0 dB; and the speakers are
//! synthetic, one like the other, where people in fear are not.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod features;
mod line;
mod listener;
mod sox;
mod voice;
mod warp;

pub use line::{Call, Line, Noise};
pub use listener::{Guess, Listener};
pub use voice::{Samples, Voice};

/// Samples a second of a telephone line.
pub const RATE: u32 = 8_000;
