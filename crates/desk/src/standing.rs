//! Standing: how right somebody was, in five coarse levels, which outlive what they are computed from.
//!
//! At the closing of an epoch, everybody who is still tied to reports in incidents that an analyst
//! confirmed or disputed gets a level. The level says nothing of which reports they were.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    api::types::Verdict,
    entry::Seq,
    fold::Case,
    store::{Batch, Epoch, StoreError},
};

/// 0 (mostly wrong) to 4 (mostly right); 2 is as often right as wrong.
pub(crate) type Level = u8;

/// How often somebody was right and wrong, by incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Score {
    right: u32,
    wrong: u32,
}

impl Score {
    /// A fifth of the way for a fifth of the rate, with one imagined word either way (Laplace's rule
    /// of succession): nobody comes to an end of the scale by a single incident.
    fn level(self) -> Level {
        let (right, all) = (self.right + 1, self.right + self.wrong + 2);
        u8::try_from((5 * right / all).min(4)).expect("at most four")
    }
}

/// Scores by the tags of the epochs that close.
#[derive(Debug, Default)]
pub(crate) struct Tally(HashMap<u64, Score>);

impl Tally {
    /// Who spoke for a confirmed incident or against a disputed one was right. Everybody counts once
    /// an incident, with their first report in it.
    pub(crate) fn of(
        cases: &[Case],
        verdicts: &BTreeMap<u64, Verdict>,
        authors: &HashMap<Seq, u64>,
    ) -> Self {
        let mut scores: HashMap<u64, Score> = HashMap::new();
        for case in cases {
            let happened = match verdicts.get(&case.incident.id) {
                Some(Verdict::Confirmed) => true,
                Some(Verdict::Disputed) => false,
                Some(Verdict::Open) | None => continue,
            };
            let mut heard = HashSet::new();
            for voice in case.voices.iter() {
                let (Some(who), Some(tag)) = (voice.who, authors.get(&voice.report)) else {
                    continue;
                };
                if heard.insert(who.person) {
                    let score = scores.entry(*tag).or_default();
                    match happened != voice.against {
                        true => score.right += 1,
                        false => score.wrong += 1,
                    }
                }
            }
        }
        Self(scores)
    }

    /// The level of somebody with these tags; `None` for who said nothing that was decided.
    pub(crate) fn level(&self, tags: impl IntoIterator<Item = u64>) -> Option<Level> {
        let scores = tags.into_iter().filter_map(|tag| self.0.get(&tag));
        let sum = scores.fold(Score::default(), |a, b| Score {
            right: a.right + b.right,
            wrong: a.wrong + b.wrong,
        });
        (sum != Score::default()).then(|| sum.level())
    }
}

/// Who keeps levels: the desk's members. Unknown witnesses have none, since nothing of them lasts.
pub(crate) trait Standings: Send {
    /// Those who are known by more than a tag, by what they are known to [`Batch::tie`].
    fn authors(&mut self, batch: &Batch<'_>) -> Result<Vec<[u8; 16]>, StoreError>;

    /// Keeps somebody's level of the epochs up to `epoch`, in the transaction that closes them.
    fn keep(
        &mut self,
        batch: &mut Batch<'_>,
        author: &[u8; 16],
        epoch: Epoch,
        level: Level,
    ) -> Result<(), StoreError>;
}

impl dyn Standings + '_ {
    /// Gives everybody who has one their level.
    pub(crate) fn close(
        &mut self,
        batch: &mut Batch<'_>,
        epoch: Epoch,
        tally: &Tally,
    ) -> Result<(), StoreError> {
        let closing: Vec<_> = batch
            .ring()
            .epochs()
            .into_iter()
            .filter(|of| *of <= epoch)
            .filter_map(|of| batch.ring().get(of))
            .collect();
        for author in self.authors(batch)? {
            if let Some(level) = tally.level(closing.iter().map(|key| key.tag(&author))) {
                self.keep(batch, &author, epoch, level)?;
            }
        }
        Ok(())
    }
}

/// A desk without members.
#[cfg(any(test, feature = "drill"))]
pub(crate) struct Nobody;

#[cfg(any(test, feature = "drill"))]
impl Standings for Nobody {
    fn authors(&mut self, _batch: &Batch<'_>) -> Result<Vec<[u8; 16]>, StoreError> {
        Ok(Vec::new())
    }

    fn keep(
        &mut self,
        _batch: &mut Batch<'_>,
        _author: &[u8; 16],
        _epoch: Epoch,
        _level: Level,
    ) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_five_and_nobody_gets_to_an_end_by_one_incident() {
        let level = |right, wrong| Score { right, wrong }.level();
        assert_eq!([level(1, 0), level(0, 1)], [3, 1]);
        assert_eq!([level(1, 1), level(20, 20)], [2, 2]);
        assert_eq!([level(3, 0), level(500, 1)], [4, 4]);
        assert_eq!([level(0, 3), level(0, 4)], [1, 0]);
        for right in 0..40 {
            for wrong in 0..40 {
                assert!(level(right + 1, wrong) >= level(right, wrong));
                assert!(level(right, wrong + 1) <= level(right, wrong));
            }
        }
    }
}
