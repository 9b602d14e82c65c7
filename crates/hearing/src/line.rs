//! A telephone line: pauses, noise, and the coding of a telephone exchange.

use std::ops::Range;

use anyhow::Result;
use lapwing_words::{COUNT, Language, Symbol};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::voice::{Samples, Voice};
use crate::{RATE, sox};

/// Seconds of noise that are made; calls hear it from different points.
const NOISE_S: usize = 60;
/// Seconds between words.
const PAUSE_S: f32 = 0.6;
/// Seconds by which the listener is wrong at each end of a word, at most.
const UNSURE_S: f32 = 0.05;
/// Loudness of the words on the line: 20 dB below full.
const LOUD: f32 = 0.1;
/// Voices of a babble, none of which speaks or is listened for.
const BABBLE: [Voice; 6] = [
    voice("m5", 165, 40),
    voice("belinda", 150, 60),
    voice("m7", 180, 50),
    voice("f5", 170, 45),
    voice("m8", 140, 55),
    voice("f1", 160, 70),
];
const BABBLE_WORDS: usize = 60;

const fn voice(variant: &'static str, speed: u32, pitch: u32) -> Voice {
    Voice {
        variant,
        speed,
        pitch,
    }
}

/// What is heard beside the speaker.
pub struct Noise(Samples);

impl Noise {
    /// Like rain: as loud at every pitch that the line lets through.
    ///
    /// # Errors
    /// When SoX cannot be run.
    pub fn white(seed: u64) -> Result<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let samples: Samples = (0..NOISE_S * RATE as usize)
            .map(|_| {
                // A sum of twelve is near enough to a bell.
                let sum: f32 = (0..12).map(|_| unit(&mut rng)).sum();
                0.1 * (sum - 6.0)
            })
            .collect();
        Ok(Self(sox::narrowed(&samples, RATE)?))
    }

    /// Like a market: six other voices that say words of the list, all at once.
    ///
    /// # Errors
    /// When espeak-ng or SoX cannot be run.
    pub fn babble(language: Language, seed: u64) -> Result<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut all = vec![0.0; NOISE_S * RATE as usize];
        for voice in BABBLE {
            let words: Vec<Symbol> = (0..BABBLE_WORDS).map(|_| any(&mut rng)).collect();
            let said = voice.say(language, &words)?.concat();
            let loud = LOUD / power(&said).sqrt().max(1e-6);
            let endless = said
                .iter()
                .cycle()
                .skip(rng.next_u32() as usize % said.len().max(1));
            for (sample, more) in all.iter_mut().zip(endless) {
                *sample += loud * more;
            }
        }
        Ok(Self(all))
    }
}

/// A telephone line.
pub struct Line<'a> {
    /// What is heard beside the speaker, and how many decibels the words are louder; none on a good line.
    pub noise: Option<(&'a Noise, f32)>,
}

/// What comes out of the line.
pub struct Call {
    pub(crate) samples: Samples,
    /// Where the listener believes that words are.
    pub(crate) words: Vec<Range<usize>>,
    /// Where nobody speaks.
    pub(crate) pauses: Vec<Range<usize>>,
}

impl Line<'_> {
    /// Carries words with pauses between them.
    ///
    /// # Errors
    /// When SoX cannot be run.
    pub fn carry(&self, words: &[Samples], seed: u64) -> Result<Call> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut sent: Samples = Vec::new();
        let mut spans = Vec::new();
        let mut pauses = Vec::new();
        let pause = (PAUSE_S * RATE as f32) as usize;
        let unsure = UNSURE_S * RATE as f32;
        let scale = LOUD / power(&words.concat()).sqrt().max(1e-6);
        for word in words {
            let start = sent.len() + pause;
            pauses.push(sent.len() + pause / 4..start - pause / 4);
            sent.resize(start, 0.0);
            sent.extend(word.iter().map(|sample| scale * sample));
            let [before, behind] = [(); 2].map(|()| (unsure * unit(&mut rng)) as usize);
            spans.push(start - before..sent.len() + behind);
        }
        sent.resize(sent.len() + pause, 0.0);
        if let Some((Noise(noise), decibels)) = self.noise {
            let loud = LOUD / power(noise).sqrt() * 10_f32.powf(-decibels / 20.0);
            let from = rng.next_u32() as usize % noise.len();
            for (sample, noise) in sent.iter_mut().zip(noise.iter().cycle().skip(from)) {
                *sample += loud * noise;
            }
        }
        Ok(Call {
            samples: sox::coded(&sent)?,
            words: spans,
            pauses,
        })
    }
}

fn power(samples: &[f32]) -> f32 {
    let sum: f32 = samples.iter().map(|sample| sample * sample).sum();
    sum / samples.len().max(1) as f32
}

/// From 0 to 1.
fn unit(rng: &mut ChaCha20Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1 << 24) as f32
}

fn any(rng: &mut ChaCha20Rng) -> Symbol {
    Symbol::new((rng.next_u32() as usize % COUNT) as u16).expect("there are so many words")
}
