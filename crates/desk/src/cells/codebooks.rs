//! Sheets of paper that stand for a phone (`docs/design/0017-codebook.md`).

use std::collections::HashMap;

use getrandom::SysRng;
use lapwing_codebook::{Book, Opened, SPOKEN, Sheet};
use lapwing_model::Place;
use lapwing_words::Symbol;
use rand_core::UnwrapErr;

use super::{CellId, Cells, DAY_S, MemberId, Record};
use crate::{
    refusal::Refusal,
    store::{Batch, StoreError},
};

/// As often a day may words that begin with a row of a sheet be wrong. Who changes them is right once in 2,048 times: with
/// ten a day, once in half a year, and each time the operator sees that they were wrong.
const FAILURES_A_DAY: u8 = 10;
const ROW: &str = "codebook";

/// Sheets, and what was tried today.
#[derive(Default)]
pub(super) struct Codebooks {
    book: Book,
    day: i64,
    failures: HashMap<MemberId, u8>,
}

/// What became of five words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByHand {
    /// No row begins with the first of them.
    Unknown,
    /// A row does, and the check is wrong, or was wrong too often today.
    Wrong,
    /// A report.
    Opened(Opened),
}

impl Cells {
    pub(super) fn know_codebook(&mut self, id: MemberId, sealed: &[u8]) -> Result<(), StoreError> {
        let sheet = self
            .working
            .open(&about(id), sealed)
            .and_then(|bytes| Sheet::from_bytes(&bytes))
            .ok_or(StoreError::Row(ROW))?;
        self.codebooks.book.enter(id, sheet);
        Ok(())
    }

    pub(super) fn has_codebook(&self, id: MemberId) -> bool {
        self.codebooks.book.sheet(id).is_some()
    }

    /// A sheet as it is now.
    pub(crate) fn codebook(&self, id: MemberId) -> Option<&Sheet> {
        self.codebooks.book.sheet(id)
    }

    /// Makes a sheet for somebody of this cell; its number and what is to be printed.
    pub(crate) fn make_codebook(
        &mut self,
        batch: &Batch<'_>,
        cell: CellId,
        label: String,
        (places, clock_min): (Vec<Place>, i16),
        at: i64,
    ) -> Result<(MemberId, Sheet), Refusal> {
        let sheet = Sheet::generate(&mut UnwrapErr(SysRng), places, clock_min)
            .map_err(|_why| Refusal::BadRequest("the clock of the sheet"))?;
        let id = self.free_id()?;
        let bytes = zeroize::Zeroizing::new(sheet.to_bytes());
        batch.codebook(id, &self.working.seal(&about(id), &bytes))?;
        let made = Record::Codebook {
            sheet: id,
            label,
            at,
        };
        self.record(batch, cell, &made)?;
        self.codebooks.book.enter(id, sheet.clone());
        Ok((id, sheet))
    }

    /// Cancels a sheet that the records of this cell name.
    pub(crate) fn end_codebook(
        &mut self,
        batch: &Batch<'_>,
        cell: CellId,
        sheet: MemberId,
        at: i64,
    ) -> Result<(), Refusal> {
        self.codebooks.book.leave(sheet).ok_or(Refusal::NotFound)?;
        batch.codebook_gone(sheet)?;
        Ok(self.record(batch, cell, &Record::CodebookEnded { sheet, at })?)
    }

    /// Whether a report by hand may be coming.
    pub(crate) fn begins_codebook(&self, word: Symbol) -> bool {
        self.codebooks.book.begins(word)
    }

    /// What five words are. Changes nothing but the count of failures.
    pub(crate) fn by_hand(&mut self, words: &[Symbol; SPOKEN], now: i64) -> ByHand {
        let Codebooks {
            book,
            day,
            failures,
        } = &mut self.codebooks;
        if *day != now.div_euclid(DAY_S) {
            *day = now.div_euclid(DAY_S);
            failures.clear();
        }
        let candidates: Vec<MemberId> = book.sheets(words[0]).collect();
        if candidates.is_empty() {
            return ByHand::Unknown;
        }
        let spent = |id: &MemberId| failures.get(id).is_some_and(|&n| n >= FAILURES_A_DAY);
        match book.open(words) {
            Ok(opened) if !spent(&opened.sheet) => ByHand::Opened(opened),
            _ => {
                for id in candidates {
                    let count = failures.entry(id).or_default();
                    *count = count.saturating_add(1);
                }
                ByHand::Wrong
            }
        }
    }

    /// Erases the row that was used.
    pub(crate) fn burn(&mut self, batch: &Batch<'_>, opened: &Opened) -> Result<(), StoreError> {
        let Self {
            codebooks, working, ..
        } = self;
        let left = codebooks.book.burn(opened.sheet, opened.row);
        let left = zeroize::Zeroizing::new(left.ok_or(StoreError::Row(ROW))?.to_bytes());
        batch.codebook(opened.sheet, &working.seal(&about(opened.sheet), &left))
    }
}

/// What a sheet's row is about.
fn about(id: MemberId) -> Vec<u8> {
    [b"codebook\n".as_slice(), &id.to_be_bytes()].concat()
}
