//! Whoever takes the call: compares each word with all of the list.

use std::thread;

use lapwing_words::Symbol;

use crate::features::{BANDS, Energies, Features, Spectra, features};
use crate::line::Call;
use crate::voice::Samples;
use crate::warp::{straight, warped};

/// A word as it was heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    /// The nearest.
    pub word: Symbol,
    /// By what share the second nearest is further off.
    pub lead: f32,
}

impl Guess {
    /// The word, unless the second is nearly as near.
    pub fn taken(self, lead: f32) -> Option<Symbol> {
        (self.lead >= lead).then_some(self.word)
    }
}

/// Sounds that the rough measure leaves to be compared.
const TRIED: usize = 400;

/// Knows how every word of the list sounds, in somebody's voice.
pub struct Listener {
    spectra: Spectra,
    known: Vec<(Symbol, Vec<Energies>)>,
}

impl Listener {
    /// Who has heard every word said by the same voices; a word may be there several times.
    pub fn new(said: impl IntoIterator<Item = (Symbol, Samples)>) -> Self {
        let spectra = Spectra::new();
        let mut known: Vec<_> = said
            .into_iter()
            .map(|(word, samples)| (word, spectra.energies(&samples)))
            .collect();
        let loud = mean_total(known.iter().flat_map(|(_, frames)| frames)).max(1e-12);
        for (_, frames) in &mut known {
            frames
                .iter_mut()
                .flatten()
                .for_each(|energy| *energy /= loud);
        }
        Self { spectra, known }
    }

    /// Takes a call down, word by word.
    pub fn hear(&self, call: &Call) -> Vec<Guess> {
        let of = |spans: &[std::ops::Range<usize>]| -> Vec<Vec<Energies>> {
            let sound = spans.iter().map(|span| &call.samples[span.clone()]);
            sound.map(|sound| self.spectra.energies(sound)).collect()
        };
        let (words, pauses) = (of(&call.words), of(&call.pauses));
        let noise = mean(pauses.iter().flatten());
        let loud = mean_total(words.iter().flatten()) - noise.iter().sum::<f32>();
        let expected = self.expected(noise, loud.max(1e-9));
        let weights = weights(expected.iter().flat_map(|(_, frames)| frames));
        let weighed = |frames: Vec<Features>| -> Vec<Features> {
            let weigh = |frame: Features| std::array::from_fn(|n| frame[n] * weights[n]);
            frames.into_iter().map(weigh).collect()
        };
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(word, frames)| (word, weighed(frames)))
            .collect();
        let heard: Vec<_> = words.iter().map(|word| weighed(features(word))).collect();
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = heard.len().div_ceil(workers).max(1);
        thread::scope(|scope| {
            let expected = &expected;
            let parts = heard.chunks(share).map(|part| {
                scope.spawn(move || {
                    part.iter()
                        .map(|word| nearest(word, expected))
                        .collect::<Vec<_>>()
                })
            });
            let parts: Vec<_> = parts.collect();
            let done = parts
                .into_iter()
                .map(|part| part.join().expect("it does not panic"));
            done.flatten().collect()
        })
    }

    /// The words as they would sound over this noise.
    fn expected(&self, noise: Energies, loud: f32) -> Vec<(Symbol, Vec<Features>)> {
        let over = |frame: &Energies| std::array::from_fn(|band| loud * frame[band] + noise[band]);
        self.known
            .iter()
            .map(|(word, frames)| {
                let frames: Vec<Energies> = frames.iter().map(over).collect();
                (*word, features(&frames))
            })
            .collect()
    }
}

/// The nearest word, and its lead over the nearest other one.
fn nearest(heard: &[Features], expected: &[(Symbol, Vec<Features>)]) -> Guess {
    // In order of a rough measure, so that the first are near and the others are soon given up.
    let mut order: Vec<(f32, usize)> = (0..)
        .zip(expected)
        .map(|(n, (_, frames))| (straight(heard, frames), n))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut best = (f32::INFINITY, Symbol::default());
    let mut second = f32::INFINITY;
    for (_, n) in order.into_iter().take(TRIED) {
        let (word, frames) = &expected[n];
        let far = warped(heard, frames, second);
        if far < best.0 {
            if *word != best.1 {
                second = best.0;
            }
            best = (far, *word);
        } else if far < second && *word != best.1 {
            second = far;
        }
    }
    let lead = if second.is_finite() {
        second / best.0.max(1e-9) - 1.0
    } else {
        0.0
    };
    Guess { word: best.1, lead }
}

fn mean<'a>(frames: impl Iterator<Item = &'a Energies>) -> Energies {
    let mut sums = [0.0; BANDS];
    let mut count = 0.0_f32;
    for frame in frames {
        sums.iter_mut()
            .zip(frame)
            .for_each(|(sum, energy)| *sum += energy);
        count += 1.0;
    }
    sums.map(|sum| sum / count.max(1.0))
}

fn mean_total<'a>(frames: impl Iterator<Item = &'a Energies>) -> f32 {
    mean(frames).iter().sum()
}

/// What each coefficient is multiplied with, so that all vary as much.
fn weights<'a>(frames: impl Iterator<Item = &'a Features>) -> Features {
    let mut squares: Features = [0.0; _];
    let mut count = 0.0_f32;
    for frame in frames {
        squares
            .iter_mut()
            .zip(frame)
            .for_each(|(sum, value)| *sum += value * value);
        count += 1.0;
    }
    squares.map(|sum| (count / sum.max(1e-9)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RATE;

    /// A sound of three tones, one after the other: a "word".
    fn sound(pitches: [f32; 3], length: usize) -> Samples {
        let mut samples = Vec::new();
        for hertz in pitches {
            let turn = std::f32::consts::TAU * hertz / RATE as f32;
            samples.extend((0..length).map(|n| 0.3 * (turn * n as f32).sin()));
        }
        samples
    }

    fn symbol(n: u16) -> Symbol {
        Symbol::new(n).unwrap()
    }

    fn words() -> Vec<(Symbol, Samples)> {
        let pitches = [
            [500.0, 900.0, 2_000.0],
            [500.0, 2_000.0, 900.0],
            [2_800.0, 700.0, 1_500.0],
        ];
        (0..)
            .zip(pitches)
            .map(|(n, pitches)| (symbol(n), sound(pitches, 1_000)))
            .collect()
    }

    /// A call without a line, so that the test needs no program: noise of a sawtooth, and words of another length.
    fn call(said: &[Samples], noise: f32) -> Call {
        let mut call = Call {
            samples: Vec::new(),
            words: Vec::new(),
            pauses: Vec::new(),
        };
        for word in said {
            let start = call.samples.len() + 4_000;
            call.pauses.push(call.samples.len()..start);
            call.samples.resize(start, 0.0);
            call.samples.extend(word);
            call.words.push(start..call.samples.len());
        }
        for (n, sample) in call.samples.iter_mut().enumerate() {
            let grain = (n as u32).wrapping_mul(2_654_435_761) >> 16;
            *sample += noise * (grain as f32 / 32_768.0 - 1.0);
        }
        call
    }

    #[test]
    fn words_are_told_apart_at_another_speed_and_over_noise() {
        let listener = Listener::new(words());
        let said = [[500.0, 2_000.0, 900.0], [2_800.0, 700.0, 1_500.0]].map(|p| sound(p, 1_300));
        for noise in [0.0, 0.1] {
            let heard = listener.hear(&call(&said, noise));
            let taken: Vec<_> = heard.iter().map(|guess| guess.word.value()).collect();
            assert_eq!(taken, [1, 2], "{heard:?}");
            assert!(heard.iter().all(|guess| guess.lead > 0.3), "{heard:?}");
        }
    }

    #[test]
    fn a_word_between_two_has_little_lead_and_is_not_taken_down() {
        let mut known = words();
        known[1].1 = sound([500.0, 900.0, 2_050.0], 1_000);
        let listener = Listener::new(known);
        let heard = listener.hear(&call(&[sound([500.0, 900.0, 2_025.0], 1_100)], 0.02));
        assert!(heard[0].lead < 0.3, "{heard:?}");
        assert_eq!(heard[0].taken(0.5), None);
        assert!(heard[0].taken(0.0).is_some());
    }

    #[test]
    fn the_same_word_in_another_voice_is_no_second() {
        let mut known = words();
        let again = sound([510.0, 910.0, 2_000.0], 900);
        known.push((symbol(0), again));
        let heard = Listener::new(known).hear(&call(&[sound([505.0, 905.0, 2_000.0], 1_000)], 0.0));
        assert_eq!(heard[0].word, symbol(0));
        assert!(heard[0].lead > 0.3, "{heard:?}");
    }
}
