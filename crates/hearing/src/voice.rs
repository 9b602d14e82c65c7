//! Words as espeak-ng says them, one by one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, ensure};
use lapwing_words::{Language, Symbol};

use crate::{RATE, sox};

/// Sound at [`RATE`], from -1 to 1.
pub type Samples = Vec<f32>;

/// Quieter than the loudest by so much is silence at an end of a word: 40 dB.
const SILENCE: f32 = 0.01;
/// Seconds between two words on their way through SoX.
const GAP_S: f32 = 0.2;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// A variant of espeak-ng, such as `m3` or `f2`.
    pub variant: &'static str,
    /// Words a minute.
    pub speed: u32,
    /// From 0 to 99.
    pub pitch: u32,
}

impl Voice {
    /// Says words, each on its own and without silence around it, as a telephone lets them through.
    ///
    /// # Errors
    /// When espeak-ng or SoX cannot be run.
    pub fn say(self, language: Language, words: &[Symbol]) -> Result<Vec<Samples>> {
        let folder = tempfile::tempdir()?;
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = words.len().div_ceil(workers).max(1);
        let parts: Vec<Result<Vec<Samples>>> = thread::scope(|scope| {
            let parts = words.chunks(share).enumerate().map(|(n, part)| {
                let file = folder.path().join(format!("{n}.wav"));
                scope.spawn(move || self.part(language, part, &file))
            });
            let parts: Vec<_> = parts.collect();
            let joined = parts
                .into_iter()
                .map(|part| part.join().expect("it does not panic"));
            joined.collect()
        });
        Ok(parts.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// The same, kept in a folder from one run to the next where there is one.
    ///
    /// # Errors
    /// As [`Voice::say`]; when the folder cannot be written.
    pub fn say_once(
        self,
        language: Language,
        words: &[Symbol],
        kept: Option<&Path>,
    ) -> Result<Vec<Samples>> {
        let Some(folder) = kept else {
            return self.say(language, words);
        };
        let path = self.path(language, folder);
        let text: Vec<&str> = words.iter().map(|&symbol| language.word(symbol)).collect();
        let text = text.join(" ");
        if let Some(said) = fs::read(&path)
            .ok()
            .and_then(|bytes| unpacked(&bytes, &text))
        {
            return Ok(said);
        }
        let said = self.say(language, words)?;
        fs::create_dir_all(folder)?;
        fs::write(&path, packed(&said, &text)).context("what was said cannot be kept")?;
        Ok(said)
    }

    fn path(self, language: Language, folder: &Path) -> PathBuf {
        let Self {
            variant,
            speed,
            pitch,
        } = self;
        folder.join(format!("{}-{variant}-{speed}-{pitch}", language.code()))
    }

    fn part(self, language: Language, words: &[Symbol], file: &Path) -> Result<Vec<Samples>> {
        let mut all = Vec::new();
        let mut spans = Vec::new();
        let mut rate = RATE;
        for &word in words {
            let (samples, its) = self.word(language.code(), language.word(word), file)?;
            rate = its;
            let gap = (GAP_S * rate as f32) as usize;
            spans.push(all.len() + gap / 2..all.len() + 3 * gap / 2 + samples.len());
            all.resize(all.len() + gap, 0.0);
            all.extend(samples);
            all.resize(all.len() + gap, 0.0);
        }
        let narrow = sox::narrowed(&all, rate)?;
        let scaled = |at: usize| at * RATE as usize / rate as usize;
        let trim = |span: std::ops::Range<usize>| {
            let end = scaled(span.end).min(narrow.len());
            trimmed(&narrow[scaled(span.start).min(end)..end]).to_vec()
        };
        Ok(spans.into_iter().map(trim).collect())
    }

    /// One word as the synthesiser makes it, and its rate.
    fn word(self, code: &str, word: &str, file: &Path) -> Result<(Samples, u32)> {
        let voice = format!("{code}+{}", self.variant);
        let [speed, pitch] = [self.speed, self.pitch].map(|number| number.to_string());
        let mut command = Command::new("espeak-ng");
        command.args(["-v", &voice, "-s", &speed, "-p", &pitch, "-w"]);
        let done = command.arg(file).arg(word).output();
        let done = done.context("espeak-ng cannot be started")?;
        ensure!(
            done.status.success(),
            "espeak-ng: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        let mut wav = hound::WavReader::open(file)?;
        let rate = wav.spec().sample_rate;
        let samples = wav
            .samples::<i16>()
            .map(|sample| Ok(f32::from(sample?) / 32_768.0));
        Ok((samples.collect::<Result<_>>()?, rate))
    }
}

fn trimmed(samples: &[f32]) -> &[f32] {
    let loudest = samples
        .iter()
        .fold(0.0_f32, |most, sample| most.max(sample.abs()));
    let heard = |sample: &f32| sample.abs() > SILENCE * loudest;
    let from = samples.iter().position(heard).unwrap_or(0);
    let to = samples.iter().rposition(heard).map_or(0, |last| last + 1);
    &samples[from..to.max(from)]
}

/// The words, a line feed, and for each word its number of samples and these, 16 bits each.
fn packed(said: &[Samples], text: &str) -> Vec<u8> {
    let mut out = format!("{text}\n").into_bytes();
    for samples in said {
        out.extend((samples.len() as u32).to_le_bytes());
        let whole = samples.iter().map(|sample| (sample * 32_767.0) as i16);
        out.extend(whole.flat_map(i16::to_le_bytes));
    }
    out
}

fn unpacked(bytes: &[u8], text: &str) -> Option<Vec<Samples>> {
    let mut rest = bytes.strip_prefix(text.as_bytes())?.strip_prefix(b"\n")?;
    let mut said = Vec::new();
    while let Some((count, behind)) = rest.split_first_chunk() {
        let samples = behind.get(..2 * u32::from_le_bytes(*count) as usize)?;
        rest = &behind[samples.len()..];
        let (samples, _) = samples.as_chunks();
        let float = |&sample: &[u8; 2]| f32::from(i16::from_le_bytes(sample)) / 32_767.0;
        said.push(samples.iter().map(float).collect());
    }
    (rest.is_empty() && said.len() == text.split(' ').count()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_at_the_ends_goes_and_within_stays() {
        let sound = [0.0, 0.001, 0.5, 0.0, 0.0, -0.4, 0.004, 0.0];
        assert_eq!(trimmed(&sound), &sound[2..6]);
        assert!(trimmed(&[0.0; 9]).is_empty());
    }

    #[test]
    fn what_was_kept_of_other_words_or_cut_short_is_not_used() {
        let said = vec![vec![0.5, -0.5], vec![], vec![1.0]];
        let bytes = packed(&said, "a b c");
        let back = unpacked(&bytes, "a b c").unwrap();
        assert_eq!(back.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 1]);
        assert!((back[0][1] + 0.5).abs() < 1e-3);
        assert_eq!(unpacked(&bytes, "a b d"), None);
        assert_eq!(unpacked(&bytes[..bytes.len() - 1], "a b c"), None);
        assert_eq!(unpacked(&bytes[..bytes.len() - 6], "a b c"), None);
    }
}
