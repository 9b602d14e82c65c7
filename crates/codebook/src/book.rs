//! The desk's side: whose sheet a first word is of, and what the five words mean.

use std::collections::{BTreeMap, BTreeSet};

use lapwing_words::Symbol;
use thiserror::Error;

use crate::said::Said;
use crate::sheet::{SPOKEN, Sheet};

/// Rows that are tried for one report at most.
pub const CANDIDATES_MAX: usize = 64;

/// Sheets by number, and their rows by first word.
#[derive(Default)]
pub struct Book {
    sheets: BTreeMap<u32, Sheet>,
    rows: BTreeSet<(u16, u32, usize)>,
}

/// A report that a sheet's row opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Which sheet.
    pub sheet: u32,
    /// Which of its rows, to be burnt.
    pub row: usize,
    /// What was said.
    pub said: Said,
    /// Said for practice: it never enters an incident.
    pub drill: bool,
    /// The word by which the desk shows that it opened it.
    pub answer: Symbol,
}

/// Why five words are no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unopened {
    /// No sheet has a row with this word, or it was used.
    #[error("no sheet has an unused row that begins with this word: ask for the first word again")]
    Row,
    /// The check is not that of what was said.
    #[error("the last word does not fit the others: ask for all five again, spelt")]
    Check,
}

impl Book {
    /// Puts a sheet in, in place of what had its number.
    pub fn enter(&mut self, number: u32, sheet: Sheet) {
        self.leave(number);
        let rows = sheet.rows.iter().enumerate();
        let rows = rows.filter_map(|(n, row)| Some((row.as_ref()?.number, number, n)));
        self.rows.extend(rows);
        self.sheets.insert(number, sheet);
    }

    /// Takes a sheet out: nothing that is said by it is opened any more.
    pub fn leave(&mut self, number: u32) -> Option<Sheet> {
        let sheet = self.sheets.remove(&number)?;
        self.rows.retain(|&(_, of, _)| of != number);
        Some(sheet)
    }

    /// A sheet as it is now.
    pub fn sheet(&self, number: u32) -> Option<&Sheet> {
        self.sheets.get(&number)
    }

    /// Whether any row begins with this word: a report by hand may be coming.
    pub fn begins(&self, word: Symbol) -> bool {
        self.candidates(word).next().is_some()
    }

    /// The sheets that have an unused row with this word, at most [`CANDIDATES_MAX`].
    pub fn sheets(&self, word: Symbol) -> impl Iterator<Item = u32> {
        self.candidates(word).map(|(sheet, _)| sheet)
    }

    fn candidates(&self, word: Symbol) -> impl Iterator<Item = (u32, usize)> {
        let first = word.value();
        let all = self
            .rows
            .range((first, 0, 0)..=(first, u32::MAX, usize::MAX));
        all.map(|&(_, sheet, row)| (sheet, row))
            .take(CANDIDATES_MAX)
    }

    /// What five words say. Changes nothing: [`Book::burn`] does.
    ///
    /// # Errors
    /// When no row makes these words, or rows of two sheets do.
    pub fn open(&self, words: &[Symbol; SPOKEN]) -> Result<Opened, Unopened> {
        if !self.begins(words[0]) {
            return Err(Unopened::Row);
        }
        let mut opened = self.candidates(words[0]).filter_map(|(sheet, row)| {
            let (said, answer) = self.sheets.get(&sheet)?.read(row, words)?;
            Some(Opened {
                sheet,
                row,
                said,
                drill: row == 0,
                answer,
            })
        });
        match (opened.next(), opened.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(Unopened::Check),
        }
    }

    /// Erases a row, after what it opened was kept; answers the sheet as it is then, if it had the row.
    pub fn burn(&mut self, number: u32, row: usize) -> Option<&Sheet> {
        let sheet = self.sheets.get_mut(&number)?;
        let gone = sheet.rows.get_mut(row)?.take()?;
        self.rows.remove(&(gone.number, number, row));
        Some(sheet)
    }
}
