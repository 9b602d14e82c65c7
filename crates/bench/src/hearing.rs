//! Ten reports spoken over a bad telephone line: what of them comes through, and that nothing else does.
//!
//! Two voices say each report; somebody who knows how four others say every word takes them down (`lapwing-hearing`).
//! What the code makes of it is tried against the tags of a desk of a thousand witnesses.

use std::path::PathBuf;

use lapwing_hearing::{Guess, Line, Listener, Noise, Voice};
use lapwing_seal::{WhisperIndex, WhisperListener, WhisperSpeaker};
use lapwing_wire::{Whisper, WhisperKind};
use lapwing_words::{COUNT, Language, Symbol, WORDS, decode, unpack};
use serde_json::{Map, Value, json};

use crate::rounded;
use crate::whisper::{gists, root, spoken};

const WITNESSES: u32 = 1_000;
/// Who knows the words.
const KNOWN: [Voice; 4] = [
    voice("m1", 150, 45),
    voice("f2", 150, 55),
    voice("f4", 150, 50),
    voice("m4", 150, 50),
];
/// Who speaks.
const SPEAKERS: [Voice; 2] = [voice("f3", 135, 60), voice("m3", 165, 35)];
/// Words are this many decibels louder than the noise.
const RATIOS: [i16; 5] = [20, 15, 10, 5, 0];
/// The second word must be further off by this share, or none is taken down. A wrong word costs the code as much as two
/// missing ones, so those that are wrong as often as right are better left out.
const LEAD: f32 = 0.015;

const fn voice(variant: &'static str, speed: u32, pitch: u32) -> Voice {
    Voice {
        variant,
        speed,
        pitch,
    }
}

/// A report on its way.
struct Said {
    witness: u32,
    gist: u64,
    words: [Symbol; WORDS],
}

struct Desk {
    listeners: Vec<WhisperListener>,
    index: WhisperIndex,
}

/// What came of the reports of a line.
#[derive(Default)]
struct Outcome {
    words: u32,
    wrong: u32,
    missing: u32,
    reports: u32,
    exact: u32,
    corrected: u32,
    refused: u32,
    accepted_wrong: u32,
}

/// `hearing`: share of reports that come through, by language and noise.
pub(crate) fn run() -> anyhow::Result<Value> {
    let desk = Desk::of(WITNESSES);
    let mut table = Map::new();
    let mut all = Outcome::default();
    for &language in Language::ALL {
        for (line, outcome) in of(language, &desk)? {
            all.add(&outcome);
            table.insert(format!("{}_{line}", language.code()), outcome.json());
        }
    }
    anyhow::ensure!(all.accepted_wrong == 0, "a wrong report was accepted");
    Ok(json!({
        "name": "hearing",
        "unit": "share of spoken reports accepted over all lines; limit: those with at most two wrong words or four missing",
        "value": all.share(all.exact + all.corrected),
        "limit": 1,
        "ratio": all.share(all.exact + all.corrected),
        "accepted_wrong": all.accepted_wrong,
        "lines": table,
    }))
}

fn of(language: Language, desk: &Desk) -> anyhow::Result<Vec<(String, Outcome)>> {
    let kept = std::env::var_os("LAPWING_HEARING").map(PathBuf::from);
    let list: Vec<Symbol> = (0..COUNT as u16).filter_map(Symbol::new).collect();
    let mut known = Vec::new();
    for voice in KNOWN {
        let said = voice.say_once(language, &list, kept.as_deref())?;
        known.extend(list.iter().copied().zip(said));
    }
    let listener = Listener::new(known);
    let reports = reports();
    let mut spoken = Vec::new();
    for voice in SPEAKERS {
        for said in &reports {
            spoken.push((said, voice.say(language, &said.words)?));
        }
    }
    let noises = [
        ("white", Noise::white(1)?),
        ("babble", Noise::babble(language, 2)?),
    ];
    let mut lines = vec![("clean".to_owned(), Line { noise: None })];
    for (name, noise) in &noises {
        for ratio in RATIOS {
            let noise = Some((noise, f32::from(ratio)));
            lines.push((format!("{name}_{ratio}_db"), Line { noise }));
        }
    }
    let mut outcomes = Vec::new();
    for (name, line) in lines {
        let mut outcome = Outcome::default();
        for (n, (said, sounds)) in (0..).zip(&spoken) {
            let heard = listener.hear(&line.carry(sounds, n)?);
            outcome.take(said, &heard, desk);
        }
        eprintln!("{} {name}: {}", language.code(), outcome.json());
        outcomes.push((name, outcome));
    }
    Ok(outcomes)
}

/// Ten reports by ten people.
fn reports() -> Vec<Said> {
    let reports = (0..).step_by(97).zip(gists());
    reports
        .map(|(witness, gist)| {
            let (whisper, _) = WhisperSpeaker::new(&root(witness)).say(WhisperKind::Report, gist);
            Said {
                witness,
                gist,
                words: spoken(&whisper),
            }
        })
        .collect()
}

impl Desk {
    fn of(witnesses: u32) -> Self {
        let of = |n| WhisperListener::new(&root(n));
        let listeners: Vec<_> = (0..witnesses).map(of).collect();
        let mut index = WhisperIndex::default();
        for (n, listener) in (0..).zip(&listeners) {
            index.enter(n, listener);
        }
        Self { listeners, index }
    }

    /// The witnesses whose tags take it, and the gist.
    fn accepts(&self, whisper: &Whisper) -> Vec<(u32, u64)> {
        let candidates = self.index.candidates(whisper.id);
        let opened = candidates.filter_map(|(witness, step)| {
            let heard = self.listeners[witness as usize].open(step, whisper)?;
            Some((witness, heard.gist))
        });
        opened.collect()
    }
}

impl Outcome {
    fn take(&mut self, said: &Said, heard: &[Guess], desk: &Desk) {
        let taken: [Option<Symbol>; WORDS] = std::array::from_fn(|n| heard[n].taken(LEAD));
        for (taken, said) in taken.iter().zip(said.words) {
            self.words += 1;
            self.missing += u32::from(taken.is_none());
            self.wrong += u32::from(taken.is_some_and(|word| word != said));
        }
        self.reports += 1;
        let decoded = decode(&taken).ok();
        let accepted = decoded.as_ref().map_or_else(Vec::new, |decoded| {
            let whisper = Whisper::from_bytes(&unpack(&decoded.data));
            whisper.map_or_else(|_| Vec::new(), |whisper| desk.accepts(&whisper))
        });
        let right = accepted.contains(&(said.witness, said.gist));
        let exact = decoded.is_some_and(|decoded| decoded.corrected.is_empty());
        self.exact += u32::from(right && exact);
        self.corrected += u32::from(right && !exact);
        self.refused += u32::from(accepted.is_empty());
        self.accepted_wrong += accepted.len() as u32 - u32::from(right);
    }

    fn add(&mut self, other: &Self) {
        self.words += other.words;
        self.wrong += other.wrong;
        self.missing += other.missing;
        self.reports += other.reports;
        self.exact += other.exact;
        self.corrected += other.corrected;
        self.refused += other.refused;
        self.accepted_wrong += other.accepted_wrong;
    }

    fn share(&self, reports: u32) -> Value {
        rounded(f64::from(reports) / f64::from(self.reports.max(1)))
    }

    fn json(&self) -> Value {
        let of_words = |count: u32| rounded(f64::from(count) / f64::from(self.words.max(1)));
        json!({
            "words_wrong": of_words(self.wrong),
            "words_missing": of_words(self.missing),
            "exact": self.share(self.exact),
            "corrected": self.share(self.corrected),
            "refused": self.share(self.refused),
            "accepted_wrong": self.accepted_wrong,
        })
    }
}
