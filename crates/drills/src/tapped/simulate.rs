//! Many apps on the phone's own schedule, as a network sees them.

use lapwing_wire::{ANSWER_LEN, ENVELOPE_LEN};
use lapwing_witness::schedule::{Action, Outgoing, Request, Rhythm, Schedule};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::{Capture, Seen, Sitting};

const MINUTE: f64 = 60_000.0;
const DAY: i64 = 86_400_000;
/// An epoch of tags, in days.
const DAYS: i64 = 7;
/// What a bulletin and a drop weigh; the same for everybody who asks at one time.
const BULLETIN: u32 = 30_000;
const DROP: u32 = 32_768;
/// One request in so many is lost on the way.
const LOSS: f64 = 0.04;

/// How apps and people behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As built: the schedule alone decides.
    Kept,
    /// As built, and everybody who reports calls every report urgent.
    Urgent,
    /// As built, and people open the app once more than they would have, to report.
    OpenedToReport,
    /// Control: a report leaves at once, alone.
    AtOnce,
    /// Control: the envelope of the tick after a real one is left out, as if it had been paid in
    /// advance.
    SkippedAfterReal,
    /// Control: cover is sealed only when it is needed, just before it is sent.
    SealedWhenNeeded,
    /// Control: a real envelope that was lost is sent again after half a minute.
    RetriedWhenReal,
}

/// Captures of `epochs` epochs of each of `apps` apps; in about half of them somebody reported.
pub fn simulate(seed: u64, apps: u64, epochs: u64, rule: Rule) -> Vec<Capture> {
    let mut captures = Vec::new();
    for app in 0..apps {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_be_bytes());
        key[8..16].copy_from_slice(&app.to_be_bytes());
        let mut chance = Chance(ChaCha8Rng::from_seed(key));
        let person = Person::draw(&mut chance);
        for _ in 0..epochs {
            let capture = person.epoch(app, &mut chance, rule);
            // An app that was not opened shows nothing, and its person cannot have reported.
            captures.extend(capture);
        }
    }
    captures
}

/// Captures of one sitting each of so many apps with another mean gap, on a line that loses nothing: what
/// a browser on a workbench does. Half of their people put two reports in.
pub fn simulate_sittings(
    seed: u64,
    apps: u64,
    rhythm: Rhythm,
    length: i64,
    rule: Rule,
) -> Vec<Capture> {
    let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
    let sitting = Sitting {
        from: 0,
        to: length,
    };
    (0..apps)
        .map(|app| {
            let person = Person {
                opens: 0.0,
                sits: 0.0,
                slow: 5.0 + chance.exponential(50.0),
                seals: 2.0 + chance.exponential(15.0),
            };
            let reported = chance.happens(0.5);
            let mut put = |part: f64| (length as f64 * (part + 0.1 * chance.uniform())) as i64;
            let reports = if reported {
                vec![put(0.2), put(0.55)]
            } else {
                Vec::new()
            };
            let mut open = App {
                rhythm,
                loss: 0.0,
                ..App::new(&person, rule, reports)
            };
            open.sit(sitting, &mut None, &mut chance);
            Capture {
                app,
                sittings: vec![sitting],
                requests: open.requests,
                reported,
            }
        })
        .collect()
}

struct Chance(ChaCha8Rng);

impl Chance {
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    fn happens(&mut self, chance: f64) -> bool {
        self.uniform() < chance
    }
}

/// What stays the same of one phone and its person.
struct Person {
    /// Mean number of openings a day.
    opens: f64,
    /// Mean length of a sitting, milliseconds.
    sits: f64,
    /// Mean time of a request, milliseconds.
    slow: f64,
    /// How long sealing takes.
    seals: f64,
}

impl Person {
    fn draw(chance: &mut Chance) -> Self {
        Self {
            opens: 0.5 + chance.exponential(3.0),
            sits: 2.0 * MINUTE + chance.exponential(20.0 * MINUTE),
            slow: 80.0 + chance.exponential(600.0),
            seals: 2.0 + chance.exponential(15.0),
        }
    }

    fn epoch(&self, app: u64, chance: &mut Chance, rule: Rule) -> Option<Capture> {
        let reported = chance.happens(0.5);
        let mut sittings = self.sittings(chance, reported && rule == Rule::OpenedToReport);
        sittings.sort_unstable_by_key(|sitting| sitting.from);
        sittings.dedup_by(|later, earlier| later.from <= earlier.to);
        if sittings.is_empty() {
            return None;
        }
        let mut reports = Vec::new();
        if reported {
            let more = usize::from(chance.happens(0.4)) + usize::from(chance.happens(0.2));
            for _ in 0..=more {
                let n = (chance.uniform() * sittings.len() as f64) as usize;
                let Sitting { from, to } = sittings[n];
                // Putting a report in takes a minute or so, and people come in order to do it.
                let after = 20_000.0 + chance.exponential(MINUTE);
                reports.push((from as f64 + after).min(to as f64 - 1.0) as i64);
            }
            reports.sort_unstable();
        }
        let mut app_open = App::new(self, rule, reports);
        let mut last = None;
        for sitting in &sittings {
            app_open.sit(*sitting, &mut last, chance);
        }
        Some(Capture {
            app,
            sittings,
            requests: app_open.requests,
            reported,
        })
    }

    fn sittings(&self, chance: &mut Chance, one_more: bool) -> Vec<Sitting> {
        let mut sittings = Vec::new();
        for day in 0..DAYS {
            // Poisson, by exponential gaps.
            let mut spent = chance.exponential(1.0 / self.opens);
            while spent < 1.0 {
                sittings.push(self.sitting(day, chance));
                spent += chance.exponential(1.0 / self.opens);
            }
        }
        if one_more {
            let day = (chance.uniform() * DAYS as f64) as i64;
            sittings.push(self.sitting(day, chance));
        }
        sittings
    }

    fn sitting(&self, day: i64, chance: &mut Chance) -> Sitting {
        // People are awake from six to eleven.
        let hour = 6.0 + 17.0 * chance.uniform();
        let from = day * DAY + (hour * 60.0 * MINUTE) as i64;
        let length = 30_000.0 + chance.exponential(self.sits);
        Sitting {
            from,
            to: from + length as i64,
        }
    }
}

struct App<'a> {
    person: &'a Person,
    rule: Rule,
    rhythm: Rhythm,
    /// How likely a request is lost on the way.
    loss: f64,
    /// When reports were put in.
    reports: Vec<i64>,
    /// How many of them have left at once.
    urgent: usize,
    /// How many of them a relay has.
    sent: usize,
    /// The last request ends then.
    busy: i64,
    /// The next tick sends nothing.
    skip: bool,
    requests: Vec<Seen>,
}

impl<'a> App<'a> {
    fn new(person: &'a Person, rule: Rule, reports: Vec<i64>) -> Self {
        Self {
            person,
            rule,
            rhythm: Rhythm::default(),
            loss: LOSS,
            reports,
            urgent: 0,
            sent: 0,
            busy: i64::MIN,
            skip: false,
            requests: Vec::new(),
        }
    }

    fn sit(&mut self, sitting: Sitting, last: &mut Option<i64>, chance: &mut Chance) {
        let mut schedule = Schedule::at_opening(self.rhythm, &mut chance.0, sitting.from, *last);
        loop {
            let at = schedule.next_at();
            // What was put in before this tick and does not wait for it.
            while let Some(put) = self.reports.get(self.urgent).copied()
                && put < at.min(sitting.to)
            {
                self.urgent += 1;
                match self.rule {
                    Rule::Urgent => self.tick(put, schedule.urgent(), chance),
                    Rule::AtOnce => {
                        let start = put.max(self.busy);
                        self.busy = self.send(start, true, chance);
                    }
                    _ => {}
                }
            }
            if at >= sitting.to {
                return;
            }
            let waiting = self.waiting(at);
            let action = schedule.tick(&mut chance.0, at, waiting);
            self.tick(at, action, chance);
            *last = Some(at);
        }
    }

    fn waiting(&self, at: i64) -> bool {
        self.reports.get(self.sent).is_some_and(|&put| put <= at)
    }

    fn tick(&mut self, at: i64, action: Action, chance: &mut Chance) {
        let real = action.send == Outgoing::Real;
        let seals = (self.person.seals * (0.7 + 0.6 * chance.uniform())) as i64;
        let late = self.rule == Rule::SealedWhenNeeded;
        let mut start = at.max(self.busy) + if late { 0 } else { seals };
        for request in action.requests {
            let answer = match request {
                Request::Bulletin => BULLETIN,
                Request::Drop => DROP,
                Request::Envelope => {
                    if late && !real {
                        start += seals;
                    }
                    if !core::mem::take(&mut self.skip) {
                        start = self.send(start, real, chance);
                    }
                    continue;
                }
            };
            start = self.ask(start, request, 0, answer, chance).0;
        }
        self.busy = start;
    }

    /// One envelope; answers when that is over.
    fn send(&mut self, start: i64, real: bool, chance: &mut Chance) -> i64 {
        let (up, down) = (ENVELOPE_LEN as u32, ANSWER_LEN as u32);
        let (mut end, mut taken) = self.ask(start, Request::Envelope, up, down, chance);
        if real && !taken && self.rule == Rule::RetriedWhenReal {
            (end, taken) = self.ask(end + 30_000, Request::Envelope, up, down, chance);
        }
        if real && taken {
            self.sent += 1;
            self.skip = self.rule == Rule::SkippedAfterReal;
        }
        end
    }

    fn ask(
        &mut self,
        at: i64,
        kind: Request,
        up: u32,
        down: u32,
        chance: &mut Chance,
    ) -> (i64, bool) {
        let lost = chance.happens(self.loss);
        let patience = if lost { 5_000.0 } else { 0.0 };
        let took = self.person.slow * (0.5 + chance.uniform()) + patience;
        let until = at + took as i64;
        self.requests.push(Seen {
            at,
            until,
            kind,
            up,
            down: if lost { 0 } else { down },
        });
        // A moment of the phone's own between one request and the next.
        (until + (3.0 * chance.uniform()) as i64, !lost)
    }
}
