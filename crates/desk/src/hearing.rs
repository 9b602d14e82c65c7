//! What becomes of a whisper, forwarded by a gateway or typed during a call (`docs/design/0014-whispers.md`).

use std::sync::Arc;

use lapwing_codebook::SPOKEN;
use lapwing_model::{Gist, Observation};
use lapwing_seal::{AnswerWords, Bearer, CANDIDATES_MAX, Forwarded};
use lapwing_wire::Whisper;
use lapwing_words::Symbol;

use crate::{
    cells::{self, Alarm, ByHand, Standing},
    entry::{Came, Duplicate, Entry, Received, Seq},
    intake::refused,
    judge::BEHIND_S,
    store::StoreError,
    turn::Turn,
};

/// Reason for a whisper of nobody whom the desk knows.
const WHISPER: &str = "whisper";
/// Reason for one that speaks of what this form does not have.
const GIST: &str = "gist";

/// Takes a whisper that a gateway forwarded.
pub(crate) fn take_whisper(turn: &mut Turn<'_>, forwarded: &Forwarded) -> Result<Seq, StoreError> {
    let now = turn.now();
    if turn.cells.was_whispered(&forwarded.whispers) {
        return turn.append(now, Entry::Duplicate(Duplicate::Report), None);
    }
    // Nobody signs when it was heard: it must move a report neither into the future nor beyond what is taken at all.
    let heard_at = forwarded.heard_at.min(now);
    if heard_at < now.saturating_sub(BEHIND_S) {
        return turn.append(now, refused("too-old"), None);
    }
    let mut tries = CANDIDATES_MAX;
    let heard = hear(
        turn,
        &forwarded.whispers,
        heard_at,
        forwarded.bearer,
        &mut tries,
    )?;
    match heard {
        Some(heard) => Ok(heard.seq),
        None => turn.append(now, refused(WHISPER), None),
    }
}

/// A whisper that was heard and is in the journal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeardWhisper {
    /// Number of its entry in the journal.
    pub(crate) seq: Seq,
    /// The reading that was the right one.
    pub(crate) whisper: Whisper,
    /// The incident that it is in.
    pub(crate) incident: Option<u64>,
    /// What the desk answers.
    pub(crate) answer: AnswerWords,
    /// What was said; nothing where the form does not know it.
    pub(crate) observation: Option<Observation>,
    /// One of the form's phrases.
    pub(crate) phrase: Option<u8>,
    /// For practice.
    pub(crate) drill: bool,
    /// Under duress: it is in no incident.
    pub(crate) duress: bool,
}

/// Finds out whose whisper it is, and journals it. `None`: nobody's, and nothing was journalled.
pub(crate) fn hear(
    turn: &mut Turn<'_>,
    readings: &[Whisper],
    heard_at: i64,
    bearer: Bearer,
    tries: &mut usize,
) -> Result<Option<HeardWhisper>, StoreError> {
    let now = turn.now();
    let Some(said) = turn.cells.whispered(readings, tries, now) else {
        return Ok(None);
    };
    let member = said.member;
    let known = turn.cells.member(member).ok_or(StoreError::Row("member"))?;
    let (sector, decoy) = (known.sector, known.standing == Standing::Duress);
    turn.cells.accept_whisper(&turn.batch, &said)?;
    let form = Arc::clone(&turn.office.herald.form);
    let gist = Gist::from_bits(said.gist);
    let observation = gist.and_then(|gist| gist.observation(&form, sector, heard_at));
    let drill = gist.is_ok_and(|gist| gist.drill);
    let duress = decoy || gist.is_ok_and(|gist| gist.duress);
    let phrase = gist.ok().and_then(|gist| gist.phrase);
    let seq = match &observation {
        _ if duress => {
            let alarm = Alarm {
                at: heard_at.max(1),
                gist: said.gist,
            };
            turn.cells.alarm(&turn.batch, member, alarm)?;
            turn.append(now, Entry::Quarantined, None)?
        }
        Err(_) => turn.append(now, refused(GIST), None)?,
        Ok(_) if drill => {
            turn.cells.practised(&turn.batch, member)?;
            turn.append(now, Entry::Drill(bearer.into()), None)?
        }
        Ok(observation) => {
            let entry = Entry::Report(Box::new(Received {
                received: now,
                came: Came::Whisper {
                    heard_at,
                    bearer,
                    phrase,
                },
                observation: observation.clone(),
            }));
            turn.append(now, entry, Some(cells::author(member)))?
        }
    };
    Ok(Some(HeardWhisper {
        seq,
        whisper: said.whisper,
        incident: turn.fold.incident_of(seq),
        answer: said.answer,
        observation: observation.ok(),
        phrase,
        drill,
        duress,
    }))
}

/// A report by a codebook sheet that was heard and is in the journal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeardByHand {
    /// The incident that it is in.
    pub(crate) incident: Option<u64>,
    /// The word that the desk answers.
    pub(crate) answer: Symbol,
    /// What was said; nothing where the form does not know it.
    pub(crate) observation: Option<Observation>,
    /// For practice.
    pub(crate) drill: bool,
}

/// Finds out whether five words that are heard over a call are a report by a codebook sheet, journals it and erases the
/// row. `None`: they are none, and nothing was journalled.
pub(crate) fn hear_by_hand(
    turn: &mut Turn<'_>,
    words: &[Symbol; SPOKEN],
) -> Result<Option<HeardByHand>, StoreError> {
    let now = turn.now();
    let ByHand::Opened(opened) = turn.cells.by_hand(words, now) else {
        return Ok(None);
    };
    let sheet = turn.cells.codebook(opened.sheet);
    let sheet = sheet.ok_or(StoreError::Row("codebook"))?;
    let form = Arc::clone(&turn.office.herald.form);
    let said = opened.said;
    let observation = said.observation(&form, sheet.places(), sheet.clock_min(), now);
    turn.cells.burn(&turn.batch, &opened)?;
    let seq = match &observation {
        Err(_) => turn.append(now, refused(GIST), None)?,
        Ok(_) if opened.drill => turn.append(now, Entry::Drill(Bearer::Call.into()), None)?,
        Ok(observation) => {
            let entry = Entry::Report(Box::new(Received {
                received: now,
                came: Came::Whisper {
                    heard_at: now,
                    bearer: Bearer::Call,
                    phrase: None,
                },
                observation: observation.clone(),
            }));
            turn.append(now, entry, Some(cells::author(opened.sheet)))?
        }
    };
    Ok(Some(HeardByHand {
        incident: turn.fold.incident_of(seq),
        answer: opened.answer,
        observation: observation.ok(),
        drill: opened.drill,
    }))
}
