//! What a coordinator does to their cell: each with an entry in the journal.

use lapwing_codebook::Sheet;
use lapwing_model::Place;
use lapwing_seal::{CellMessage, Invite, MESSAGE_MAX, MessageKey, REPLY_TEXT_MAX};
use lapwing_wire::INVITE_PASSES_LEN;

use super::{CellId, Member, MemberId, Record};
use crate::{
    entry::{CellDone, CellEvent, Entry},
    passes,
    refusal::Refusal,
    turn::Turn,
};

/// Longest name of a cell or of whom an invite is for, bytes.
const NAME_MAX: usize = 120;
/// An invite on paper is not meant to lie about for longer, seconds.
const INVITE_MAX_S: i64 = 90 * 86_400;

/// An invite that was made: given out once and kept nowhere.
pub(crate) struct Invited {
    pub(crate) invite: Invite,
    /// When it ends.
    pub(crate) expires: i64,
    /// For its square, where relays want passes and the desk has some.
    pub(crate) passes: Option<[u8; INVITE_PASSES_LEN]>,
    /// Relays want passes, and the desk has none.
    pub(crate) passes_missing: bool,
}

impl Turn<'_> {
    /// Makes a cell of a key pair whose secret half is wrapped already.
    pub(crate) fn cell_found(
        &mut self,
        public: &[u8],
        wrapped: &[u8],
        name: String,
    ) -> Result<CellId, Refusal> {
        let name = named(name)?;
        let cell = self.cells.found(&self.batch, public, wrapped, self.now())?;
        self.cells
            .record(&self.batch, cell, &Record::Named { name })?;
        self.cell_done(cell, CellDone::Founded)?;
        Ok(cell)
    }

    /// Makes an invite for somebody, or for the decoy of a witness whom the records of this cell name, to
    /// hold so many seconds.
    pub(crate) fn cell_invite(
        &mut self,
        cell: CellId,
        label: String,
        holds_s: i64,
        duress_of: Option<MemberId>,
    ) -> Result<Invited, Refusal> {
        if !self.cells.has(cell) {
            return Err(Refusal::NotFound);
        }
        let label = named(label)?;
        if !(1..=INVITE_MAX_S).contains(&holds_s) {
            return Err(Refusal::BadRequest("the time that the invite holds"));
        }
        let (now, expires) = (self.now(), self.now() + holds_s);
        let times = (now, expires);
        let invite = self
            .cells
            .invite(&self.batch, cell, &label, duress_of, times)?;
        self.cell_done(cell, CellDone::Invited)?;
        let issuing = self.office.issuer.is_some();
        let passes = if issuing {
            passes::for_invite(&self.batch, self.office.clock.now())?
        } else {
            None
        };
        Ok(Invited {
            invite,
            expires,
            passes,
            passes_missing: issuing && passes.is_none(),
        })
    }

    /// Withdraws an invite that nobody has used.
    pub(crate) fn cell_revoke(&mut self, cell: CellId, invite: &[u8; 32]) -> Result<(), Refusal> {
        self.cells.revoke(&self.batch, cell, invite)?;
        self.cell_done(cell, CellDone::Revoked)
    }

    /// Writes to a witness whom the records of this cell name, with the key they give: it goes into the next drops. What is longer than a slot goes
    /// in two.
    pub(crate) fn cell_write(
        &mut self,
        cell: CellId,
        member: MemberId,
        key: &MessageKey,
        text: &str,
    ) -> Result<(), Refusal> {
        if !self.cells.member(member).is_some_and(Member::is_known) {
            return Err(Refusal::NotFound);
        }
        let text = text.trim();
        if !(1..=MESSAGE_MAX).contains(&text.len()) {
            return Err(Refusal::BadRequest("the text"));
        }
        let at = self.now();
        for part in parts(text, REPLY_TEXT_MAX) {
            let text = part.to_owned();
            let message = CellMessage::Text {
                at,
                text: text.clone(),
            };
            let reply = self.cells.say(&self.batch, member, key, &message, at)?;
            let record = Record::Wrote {
                member,
                at,
                text,
                reply,
            };
            self.cells.record(&self.batch, cell, &record)?;
        }
        self.cell_done(cell, CellDone::Wrote)
    }

    /// Cuts off the phone of a witness whom the records of this cell name.
    pub(crate) fn cell_cut_off(&mut self, cell: CellId, member: MemberId) -> Result<(), Refusal> {
        let now = self.now();
        self.cells.cut_off(&self.batch, cell, member, now)?;
        self.cell_done(cell, CellDone::CutOff)
    }

    /// Makes a codebook sheet for somebody.
    pub(crate) fn cell_codebook(
        &mut self,
        cell: CellId,
        label: String,
        places: Vec<Place>,
        clock_min: i16,
    ) -> Result<(MemberId, Sheet), Refusal> {
        if !self.cells.has(cell) {
            return Err(Refusal::NotFound);
        }
        let label = named(label)?;
        let (at, printed) = (self.now(), (places, clock_min));
        let made = self
            .cells
            .make_codebook(&self.batch, cell, label, printed, at)?;
        self.cell_done(cell, CellDone::Codebook)?;
        Ok(made)
    }

    /// Cancels a codebook sheet that the records of this cell name.
    pub(crate) fn cell_codebook_end(
        &mut self,
        cell: CellId,
        sheet: MemberId,
    ) -> Result<(), Refusal> {
        let now = self.now();
        self.cells.end_codebook(&self.batch, cell, sheet, now)?;
        self.cell_done(cell, CellDone::CodebookEnded)
    }

    fn cell_done(&mut self, cell: CellId, done: CellDone) -> Result<(), Refusal> {
        let event = CellEvent { cell, done };
        self.append(self.now(), Entry::Cell(event), None)?;
        Ok(())
    }
}

fn named(name: String) -> Result<String, Refusal> {
    let name = name.trim();
    if (1..=NAME_MAX).contains(&name.len()) {
        Ok(name.to_owned())
    } else {
        Err(Refusal::BadRequest("the name"))
    }
}

/// Splits at a space where there is one, never within a character, into parts of at most `most` bytes.
fn parts(mut text: &str, most: usize) -> Vec<&str> {
    let mut out = Vec::new();
    while text.len() > most {
        let limit = (0..=most).rev().find(|&at| text.is_char_boundary(at));
        let limit = limit.unwrap_or(0);
        let (head, _) = text.split_at(limit);
        let at = head.rfind(' ').filter(|&at| at > 0).unwrap_or(limit);
        let (part, rest) = text.split_at(at);
        out.push(part);
        text = rest.trim_start();
    }
    if !text.is_empty() {
        out.push(text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_split_at_spaces_and_never_within_a_letter() {
        assert_eq!(parts("коротко", 433), ["коротко"]);
        assert_eq!(parts("як ви там", 12), ["як ви", "там"]);
        assert_eq!(parts("ааааа", 4), ["аа", "аа", "а"]);
        let long = "слово ".repeat(46);
        let split = parts(long.trim(), REPLY_TEXT_MAX);
        assert!(split.len() == 2 && split.iter().all(|part| part.len() <= REPLY_TEXT_MAX));
        assert_eq!(split.join(" "), long.trim());
    }
}
