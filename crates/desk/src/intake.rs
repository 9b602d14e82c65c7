//! What becomes of each envelope: one entry in the journal, whatever was in it.

use lapwing_seal::{Frame, Report};
use sha2::{Digest as _, Sha256};

use crate::{
    entry::{Duplicate, Entry, Received, Refused},
    judge::judge,
    opening::Opened,
    store::StoreError,
    turn::Turn,
};

/// Journals opened envelopes in order.
pub(crate) fn take(turn: &mut Turn<'_>, opened: Vec<Opened>) -> Result<(), StoreError> {
    for envelope in opened {
        let now = turn.now();
        if turn.batch.knows_envelope(&envelope.digest)? {
            turn.append(now, Entry::Duplicate(Duplicate::Envelope), None)?;
            continue;
        }
        let digest = envelope.digest;
        let seq = match envelope.frame {
            Err(reason) => turn.append(now, refused(reason), None)?,
            Ok(Frame::Cover) => turn.append(now, Entry::Cover, None)?,
            Ok(Frame::Report(report)) => {
                take_report(turn, report, envelope.relay_time, envelope.leaf_salt)?
            }
            // A frame of a later version of the format, which this program knows nothing to do with.
            Ok(_) => turn.append(now, refused("type"), None)?,
        };
        turn.batch.envelope(&digest, seq)?;
    }
    Ok(())
}

fn take_report(
    turn: &mut Turn<'_>,
    report: Report,
    relay_time: i64,
    leaf_salt: [u8; 32],
) -> Result<i64, StoreError> {
    let now = turn.now();
    let herald = &turn.office.herald;
    let received = match judge(&report, &herald.form, herald.mode, now) {
        Ok(received) => received,
        Err(reason) => return turn.append(now, refused(reason), None),
    };
    let seed_digest: [u8; 32] = Sha256::digest(report.seed.as_bytes()).into();
    if turn.batch.knows_report(&seed_digest)? {
        return turn.append(now, Entry::Duplicate(Duplicate::Report), None);
    }
    let entry = Entry::Report(Box::new(Received {
        received,
        relay_time,
        leaf_salt,
        field_seed: *report.seed.as_bytes(),
        observation: report.observation,
    }));
    let seq = turn.append(received, entry, Some(report.author))?;
    turn.batch.report(&seed_digest, seq)?;
    Ok(seq)
}

fn refused(reason: &str) -> Entry {
    Entry::Refused(Refused {
        reason: reason.to_owned(),
    })
}
