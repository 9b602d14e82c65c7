//! Sound as numbers that are alike for one word: mel-frequency cepstral coefficients and their slopes.

use std::f32::consts::PI;
use std::sync::{Arc, LazyLock};

use realfft::{RealFftPlanner, RealToComplex};

use crate::RATE;

/// Bands of a mel spectrum.
pub(crate) const BANDS: usize = 20;
/// Coefficients of a frame: the first twelve of the cepstrum and their slopes.
pub(crate) const DIMENSIONS: usize = 2 * CEPSTRUM;
/// Samples from one frame to the next: 10 ms.
pub(crate) const HOP: usize = RATE as usize / 100;

const CEPSTRUM: usize = 12;
/// 25 ms.
const FRAME: usize = RATE as usize / 40;
const LENGTH: usize = 256;
/// What a telephone lets through, in hertz.
const BAND: [f32; 2] = [300.0, 3_400.0];
/// Frames before and behind of which a slope is taken.
const SLOPE: usize = 2;

/// Power in each band of one frame.
pub(crate) type Energies = [f32; BANDS];
/// One frame.
pub(crate) type Features = [f32; DIMENSIONS];

/// Takes sound apart into bands.
pub(crate) struct Spectra {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// For each band, the first bin and the weights from there.
    bands: Vec<(usize, Vec<f32>)>,
}

fn mel(hertz: f32) -> f32 {
    2_595.0 * (1.0 + hertz / 700.0).log10()
}

impl Spectra {
    pub(crate) fn new() -> Self {
        let window = (0..FRAME)
            .map(|n| 0.54 - 0.46 * (2.0 * PI * n as f32 / (FRAME - 1) as f32).cos())
            .collect();
        let [low, high] = BAND.map(mel);
        let step = (high - low) / (BANDS + 1) as f32;
        let bin_mel = |bin: usize| mel(bin as f32 * RATE as f32 / LENGTH as f32);
        let bands = (0..BANDS)
            .map(|band| {
                let middle = low + step * (band + 1) as f32;
                let weight = |bin: usize| 1.0 - (bin_mel(bin) - middle).abs() / step;
                let first = (0..LENGTH / 2).find(|&bin| weight(bin) > 0.0);
                let first = first.expect("a band holds a bin");
                let weights = (first..LENGTH / 2).map(weight).take_while(|&w| w > 0.0);
                (first, weights.collect())
            })
            .collect();
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(LENGTH),
            window,
            bands,
        }
    }

    /// Of every frame that fits.
    pub(crate) fn energies(&self, samples: &[f32]) -> Vec<Energies> {
        let mut input = self.fft.make_input_vec();
        let mut output = self.fft.make_output_vec();
        let starts = (0..samples.len().saturating_sub(FRAME - 1)).step_by(HOP);
        starts
            .map(|start| {
                input.fill(0.0);
                let frame = &samples[start..start + FRAME];
                for ((slot, sample), weight) in input.iter_mut().zip(frame).zip(&self.window) {
                    *slot = sample * weight;
                }
                self.fft
                    .process(&mut input, &mut output)
                    .expect("the buffers are those of the plan");
                std::array::from_fn(|band| {
                    let (first, weights) = &self.bands[band];
                    let bins = output[*first..].iter().zip(weights);
                    bins.map(|(bin, weight)| bin.norm_sqr() * weight).sum()
                })
            })
            .collect()
    }
}

/// The cosine transform of the logarithms, less its mean over the word (so that neither loudness nor the line's colour
/// counts), and its slopes.
pub(crate) fn features(energies: &[Energies]) -> Vec<Features> {
    let mut cepstra: Vec<[f32; CEPSTRUM]> = energies.iter().map(cepstrum).collect();
    let count = cepstra.len().max(1) as f32;
    for n in 0..CEPSTRUM {
        let mean = cepstra.iter().map(|frame| frame[n]).sum::<f32>() / count;
        cepstra.iter_mut().for_each(|frame| frame[n] -= mean);
    }
    let last = cepstra.len().saturating_sub(1);
    (0..cepstra.len())
        .map(|at| {
            let mut frame = [0.0; DIMENSIONS];
            frame[..CEPSTRUM].copy_from_slice(&cepstra[at]);
            for n in 0..CEPSTRUM {
                let rise = |by: usize| {
                    by as f32
                        * (cepstra[(at + by).min(last)][n] - cepstra[at.saturating_sub(by)][n])
                };
                let norm: usize = (1..=SLOPE).map(|by| 2 * by * by).sum();
                frame[CEPSTRUM + n] = (1..=SLOPE).map(rise).sum::<f32>() / norm as f32;
            }
            frame
        })
        .collect()
}

/// What each band counts in each coefficient.
static TURNS: LazyLock<[[f32; BANDS]; CEPSTRUM]> = LazyLock::new(|| {
    let scale = (2.0 / BANDS as f32).sqrt();
    let turn = |n: usize, band: usize| PI * n as f32 * (band as f32 + 0.5) / BANDS as f32;
    std::array::from_fn(|n| std::array::from_fn(|band| scale * turn(n, band).cos()))
});

fn cepstrum(energies: &Energies) -> [f32; CEPSTRUM] {
    let logs = energies.map(|energy| energy.max(1e-12).ln());
    TURNS.map(|turns| turns.iter().zip(logs).map(|(turn, log)| turn * log).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, loud: f32) -> Vec<f32> {
        let turn = 2.0 * PI * hertz / RATE as f32;
        (0..RATE / 4)
            .map(|n| loud * (turn * n as f32).sin())
            .collect()
    }

    fn loudest(energies: &Energies) -> usize {
        (0..BANDS)
            .max_by(|&a, &b| energies[a].total_cmp(&energies[b]))
            .unwrap()
    }

    #[test]
    fn a_tone_is_loudest_in_the_band_that_holds_it_and_bands_rise() {
        let spectra = Spectra::new();
        let bands: Vec<usize> = [400.0, 700.0, 1_100.0, 1_800.0, 2_600.0, 3_300.0]
            .map(|hertz| loudest(&spectra.energies(&tone(hertz, 0.3))[5]))
            .to_vec();
        assert!(bands.is_sorted_by(|a, b| a < b), "{bands:?}");
        let [low, high] = BAND.map(mel);
        let of = |hertz: f32| (mel(hertz) - low) / (high - low) * (BANDS + 1) as f32 - 1.0;
        assert!((bands[3] as f32 - of(1_800.0)).abs() < 1.0, "{bands:?}");
    }

    #[test]
    fn a_frame_is_10_ms_and_what_is_too_short_has_none() {
        let spectra = Spectra::new();
        assert_eq!(spectra.energies(&tone(500.0, 1.0)).len(), 23);
        assert_eq!(spectra.energies(&[0.1; FRAME]).len(), 1);
        assert!(spectra.energies(&[0.1; FRAME - 1]).is_empty());
        assert!(features(&[]).is_empty());
    }

    #[test]
    fn loudness_does_not_count_and_a_steady_sound_has_no_slope() {
        let spectra = Spectra::new();
        let change: Vec<f32> = [tone(500.0, 0.2), tone(2_000.0, 0.2)].concat();
        let louder: Vec<f32> = change.iter().map(|sample| 3.0 * sample).collect();
        let [soft, loud] = [change, louder].map(|sound| features(&spectra.energies(&sound)));
        let differences = soft.iter().flatten().zip(loud.iter().flatten());
        assert!(differences.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) < 0.01);
        let slope = |frame: &Features| {
            frame[CEPSTRUM..]
                .iter()
                .map(|x| x.abs())
                .fold(0.0, f32::max)
        };
        assert!(
            slope(&soft[8]) < 0.1 * slope(&soft[24]),
            "{} {}",
            slope(&soft[8]),
            slope(&soft[24])
        );
    }
}
