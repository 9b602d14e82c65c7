//! Whose a whisper is (`docs/design/0014-whispers.md`).

use std::collections::{HashMap, VecDeque};

use lapwing_model::Sector;
use lapwing_seal::{AnswerWords, Overheard, WhisperIndex, WhisperListener};
use lapwing_wire::{Whisper, WhisperKind};

use super::{Alarm, Cells, DAY_S, Member, MemberId};
use crate::store::{Batch, StoreError};

/// As often a day may a tag fail for one witness. With 32 bits of tag a stranger who speaks for them is right once in
/// sixty million days, and nobody else is kept from being heard meanwhile.
const FAILURES_A_DAY: u8 = 64;
/// Whispers that were heard, by which the same text delivered twice is known again.
const HEARD: usize = 1_000;

/// By what witnesses are known over a call, and what was tried today.
#[derive(Default)]
pub(super) struct Whispers {
    index: WhisperIndex,
    day: i64,
    failures: HashMap<MemberId, u8>,
    heard: VecDeque<Whisper>,
}

impl Whispers {
    pub(super) fn enter(&mut self, id: MemberId, listener: &WhisperListener) {
        self.index.enter(id, listener);
    }

    pub(super) fn leave(&mut self, id: MemberId, listener: &WhisperListener) {
        self.index.leave(id, listener);
    }
}

/// A whisper that a witness's step opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whispered {
    pub(crate) member: MemberId,
    /// To be accepted.
    pub(crate) step: u32,
    /// 54 bits.
    pub(crate) gist: u64,
    /// What to answer.
    pub(crate) answer: AnswerWords,
    /// Which of the readings it was.
    pub(crate) whisper: Whisper,
}

/// What the desk notes of a witness outside of their cell's records, since a whisper does not tell the cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemberNotes {
    pub(crate) id: MemberId,
    /// How often they practised.
    pub(crate) drills: u32,
    /// The last whisper under duress.
    pub(crate) alarm: Option<Alarm>,
    /// Within it the whisper names its place.
    pub(crate) sector: Sector,
}

impl Cells {
    /// The notes about a witness, if there is such a one.
    pub(crate) fn notes(&self, id: MemberId) -> Option<MemberNotes> {
        let member = self.members.get(&id)?;
        Some(MemberNotes {
            id,
            drills: member.drills,
            alarm: member.alarm,
            sector: member.sector,
        })
    }

    /// The reading that a witness said, of all that words may mean. Of `tries` one is taken for each candidate whose tag
    /// is looked at; with none left nobody is found. Changes nothing but the count of failures.
    pub(crate) fn whispered(
        &mut self,
        readings: &[Whisper],
        tries: &mut usize,
        now: i64,
    ) -> Option<Whispered> {
        let day = now.div_euclid(DAY_S);
        if self.whispers.day != day {
            self.whispers.day = day;
            self.whispers.failures.clear();
        }
        let reports = readings.iter().filter(|w| w.kind == WhisperKind::Report);
        for whisper in reports {
            for (member, step) in self.whispers.index.candidates(whisper.id) {
                let failures = self.whispers.failures.entry(member).or_default();
                if *tries == 0 || *failures >= FAILURES_A_DAY {
                    continue;
                }
                *tries -= 1;
                let opened = self.members.get(&member);
                let opened = opened.and_then(|who| who.whispers.open(step, whisper));
                if let Some(Overheard { gist, answer }) = opened {
                    return Some(Whispered {
                        member,
                        step,
                        gist,
                        answer,
                        whisper: *whisper,
                    });
                }
                *failures += 1;
            }
        }
        None
    }

    /// Whether one of these was heard lately.
    pub(crate) fn was_whispered(&self, readings: &[Whisper]) -> bool {
        readings.iter().any(|w| self.whispers.heard.contains(w))
    }

    /// Uses the step up.
    pub(crate) fn accept_whisper(
        &mut self,
        batch: &Batch<'_>,
        said: &Whispered,
    ) -> Result<(), StoreError> {
        let moved = self.member_mut(said.member)?.whispers.accept(said.step);
        self.whispers.index.moved(said.member, &moved);
        if self.whispers.heard.len() >= HEARD {
            self.whispers.heard.pop_front();
        }
        self.whispers.heard.push_back(said.whisper);
        let member = self.member_mut(said.member)?;
        member.heard = member.heard.saturating_add(1);
        self.write(batch, said.member)
    }

    /// Notes that a witness said something under duress.
    pub(crate) fn alarm(
        &mut self,
        batch: &Batch<'_>,
        id: MemberId,
        alarm: Alarm,
    ) -> Result<(), StoreError> {
        self.member_mut(id)?.alarm = Some(alarm);
        self.write(batch, id)
    }

    /// Notes that a witness practised.
    pub(crate) fn practised(&mut self, batch: &Batch<'_>, id: MemberId) -> Result<(), StoreError> {
        let member = self.member_mut(id)?;
        member.drills = member.drills.saturating_add(1);
        self.write(batch, id)
    }

    fn member_mut(&mut self, id: MemberId) -> Result<&mut Member, StoreError> {
        self.members.get_mut(&id).ok_or(StoreError::Row("member"))
    }
}
