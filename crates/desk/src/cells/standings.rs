//! Where the levels of witnesses lie when epochs close: beside their rows, and nowhere shown.

use std::collections::HashMap;

use super::{MemberId, author};
use crate::{
    standing::{Level, Standings},
    store::{Batch, Epoch, StoreError},
};

/// Keeps levels with the witnesses of the store.
#[derive(Default)]
pub(crate) struct MemberStandings(HashMap<[u8; 16], MemberId>);

impl Standings for MemberStandings {
    fn authors(&mut self, batch: &Batch<'_>) -> Result<Vec<[u8; 16]>, StoreError> {
        let ids = batch.member_ids()?;
        self.0 = ids.into_iter().map(|id| (author(id), id)).collect();
        Ok(self.0.keys().copied().collect())
    }

    fn keep(
        &mut self,
        batch: &mut Batch<'_>,
        author: &[u8; 16],
        _epoch: Epoch,
        level: Level,
    ) -> Result<(), StoreError> {
        match self.0.get(author) {
            Some(&id) => batch.member_level(id, level),
            None => Ok(()),
        }
    }
}
