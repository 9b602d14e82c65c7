//! What becomes of each envelope: one entry in the journal, whatever was in it.

use lapwing_seal::{CheckIn, Enrolment, Frame, InviteRefused, Known, Said, Statement};
use sha2::{Digest as _, Sha256};

use crate::{
    cells::{self, CellId, Enrolled, MemberId, Record, Speaker, Standing},
    entry::{Came, Drill, Duplicate, EnrolmentResult, Entry, Received, Refused, Seq},
    hearing::take_whisper,
    judge::judge,
    opening::Opened,
    store::StoreError,
    turn::Turn,
};

/// Reason for a step of nobody whom the desk knows.
const AUTHOR: &str = "author";
/// Reason for the label of no cell.
const CELL: &str = "cell";

/// Journals opened envelopes in order.
pub(crate) fn take(turn: &mut Turn<'_>, opened: Vec<Opened>) -> Result<(), StoreError> {
    for envelope in opened {
        let now = turn.now();
        if turn.batch.knows_envelope(&envelope.digest)? {
            turn.append(now, Entry::Duplicate(Duplicate::Envelope), None)?;
            continue;
        }
        let digest = envelope.digest;
        let about = About {
            relay_time: envelope.relay_time,
            leaf_salt: envelope.leaf_salt,
        };
        let seq = match envelope.frame {
            Err(reason) => turn.append(now, refused(reason), None)?,
            Ok(Frame::Cover) => turn.append(now, Entry::Cover, None)?,
            Ok(Frame::Enrolment(enrolment)) => take_enrolment(turn, &enrolment)?,
            Ok(Frame::Whisper(forwarded)) => take_whisper(turn, &forwarded)?,
            Ok(Frame::Known(known)) => take_known(turn, known, &digest, about)?,
            Ok(Frame::Report(report)) => {
                let statement = Statement {
                    seed: report.seed,
                    observation: report.observation,
                    replayed_at: report.replayed_at,
                };
                take_report(turn, statement, report.author, about)?
            }
            // A frame of a later version of the format, which this program knows nothing to do with.
            Ok(_) => turn.append(now, refused("type"), None)?,
        };
        turn.batch.envelope(&digest, seq)?;
    }
    Ok(())
}

/// What the relay says of an envelope.
#[derive(Clone, Copy)]
struct About {
    relay_time: i64,
    leaf_salt: [u8; 32],
}

impl About {
    fn came(self, statement: &Statement) -> Came {
        Came::Envelope {
            relay_time: self.relay_time,
            leaf_salt: self.leaf_salt,
            field_seed: *statement.seed.as_bytes(),
        }
    }
}

fn take_report(
    turn: &mut Turn<'_>,
    statement: Statement,
    author: [u8; 16],
    about: About,
) -> Result<Seq, StoreError> {
    let now = turn.now();
    let herald = &turn.office.herald;
    let judged = judge(
        &statement.observation,
        statement.replayed_at,
        &herald.form,
        herald.mode,
        now,
    );
    let received = match judged {
        Ok(received) => received,
        Err(reason) => return turn.append(now, refused(reason), None),
    };
    let seed_digest: [u8; 32] = Sha256::digest(statement.seed.as_bytes()).into();
    if turn.batch.knows_report(&seed_digest)? {
        return turn.append(now, Entry::Duplicate(Duplicate::Report), None);
    }
    let entry = Entry::Report(Box::new(Received {
        received,
        came: about.came(&statement),
        observation: statement.observation,
    }));
    let seq = turn.append(received, entry, Some(author))?;
    turn.batch.report(&seed_digest, seq)?;
    Ok(seq)
}

fn take_enrolment(turn: &mut Turn<'_>, enrolment: &Enrolment) -> Result<Seq, StoreError> {
    let now = turn.now();
    let result = match turn.cells.enrol(&turn.batch, enrolment, now)? {
        Enrolled::Joined => EnrolmentResult::Joined,
        Enrolled::Renewed => EnrolmentResult::Renewed,
        Enrolled::Refused(InviteRefused::Used) => EnrolmentResult::Used,
        Enrolled::Refused(InviteRefused::Expired) => EnrolmentResult::Expired,
        Enrolled::Refused(InviteRefused::Revoked) => EnrolmentResult::Revoked,
        Enrolled::Refused(_) | Enrolled::Unknown => EnrolmentResult::Unknown,
    };
    turn.append(now, Entry::Enrolment(result), None)
}

fn take_known(
    turn: &mut Turn<'_>,
    known: Known,
    digest: &[u8; 32],
    about: About,
) -> Result<Seq, StoreError> {
    let now = turn.now();
    let member = match turn.cells.speaker(&known) {
        Speaker::Member(member) => member,
        Speaker::Again => return turn.append(now, Entry::Duplicate(Duplicate::Report), None),
        // What was seen is not lost with the step by which it was said: it counts as an unknown
        // witness's, as whoever says it could have sent it anyway.
        Speaker::Unknown => {
            let Said::Report(statement) = known.said else {
                return turn.append(now, refused(AUTHOR), None);
            };
            let mut once = [0; 16];
            once.copy_from_slice(&digest[..16]);
            return take_report(turn, statement, once, about);
        }
    };
    turn.cells.accept(&turn.batch, member, &known.id)?;
    let cell = turn.cells.labelled(known.cell);
    let forced = turn.cells.member(member).map(|who| who.standing) == Some(Standing::Duress);
    match (known.said, cell) {
        (Said::Report(statement), Some(cell)) if forced => {
            quarantine(turn, cell, member, statement, about)
        }
        (Said::Report(_), None) if forced => turn.append(now, refused(CELL), None),
        (Said::Report(statement), _) => take_report(turn, statement, cells::author(member), about),
        (Said::Drill(statement), cell) => take_drill(turn, cell, member, &statement),
        (Said::CheckIn(check_in), Some(cell)) => take_check_in(turn, cell, member, &check_in),
        (Said::Message(text), Some(cell)) => {
            let at = now;
            let message = Record::Message { member, at, text };
            turn.cells.record(&turn.batch, cell, &message)?;
            turn.append(now, Entry::Message, None)
        }
        (Said::CheckIn(_) | Said::Message(_), None) => turn.append(now, refused(CELL), None),
        _ => turn.append(now, refused("type"), None),
    }
}

/// What comes from a decoy is told to the coordinator: never fused, never published.
fn quarantine(
    turn: &mut Turn<'_>,
    cell: CellId,
    member: MemberId,
    statement: Statement,
    about: About,
) -> Result<Seq, StoreError> {
    let at = turn.now();
    let seed_digest: [u8; 32] = Sha256::digest(statement.seed.as_bytes()).into();
    if turn.batch.knows_report(&seed_digest)? {
        return turn.append(at, Entry::Duplicate(Duplicate::Report), None);
    }
    let report = Received {
        received: at,
        came: about.came(&statement),
        observation: statement.observation,
    };
    let record = Record::quarantined(member, at, &report);
    turn.cells.record(&turn.batch, cell, &record)?;
    let seq = turn.append(at, Entry::Quarantined, None)?;
    turn.batch.report(&seed_digest, seq)?;
    Ok(seq)
}

/// What somebody made up to practise is looked at as a report would be, and kept nowhere.
fn take_drill(
    turn: &mut Turn<'_>,
    cell: Option<CellId>,
    member: MemberId,
    statement: &Statement,
) -> Result<Seq, StoreError> {
    let at = turn.now();
    let herald = &turn.office.herald;
    let seen = &statement.observation;
    if let Err(reason) = judge(seen, statement.replayed_at, &herald.form, herald.mode, at) {
        return turn.append(at, refused(reason), None);
    }
    turn.cells.practised(&turn.batch, member)?;
    if let Some(cell) = cell {
        let there = Record::CheckIn {
            member,
            at,
            well: None,
        };
        turn.cells.record(&turn.batch, cell, &there)?;
    }
    turn.append(at, Entry::Drill(Drill::Envelope), None)
}

fn take_check_in(
    turn: &mut Turn<'_>,
    cell: CellId,
    member: MemberId,
    check_in: &CheckIn,
) -> Result<Seq, StoreError> {
    let at = turn.now();
    let acks = &check_in.acks;
    for reply in turn.cells.acknowledge(&turn.batch, member, acks)? {
        let came = Record::Came { member, at, reply };
        turn.cells.record(&turn.batch, cell, &came)?;
    }
    let well = check_in.well;
    let there = Record::CheckIn { member, at, well };
    turn.cells.record(&turn.batch, cell, &there)?;
    turn.append(at, Entry::CheckIn, None)
}

pub(crate) fn refused(reason: &str) -> Entry {
    Entry::Refused(Refused {
        reason: reason.to_owned(),
    })
}
