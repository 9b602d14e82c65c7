//! What the desk's key opens of cells without any coordinator: for the drill.

use super::{MemberId, WorkingKey, about_reply, member};
use crate::store::{Batch, Store, StoreError};

/// Everything that the working key seals, opened.
pub(crate) fn at_any_hour(store: &Store) -> Result<Vec<Vec<u8>>, StoreError> {
    let working = WorkingKey::new(&store.working_key());
    let members = store.members()?.into_iter();
    let members = members.map(|(id, sealed)| working.open(&member::about(id), &sealed));
    let replies = store.replies()?.into_iter();
    let replies =
        replies.map(|(id, number, sealed)| working.open(&about_reply(id, number), &sealed));
    Ok(members
        .chain(replies)
        .flatten()
        .map(|plain| plain.to_vec())
        .collect())
}

/// The control: a desk that keeps what waits under its working key and no other.
pub(crate) fn keep_open(
    working: &WorkingKey,
    batch: &Batch<'_>,
    id: MemberId,
    number: u32,
    plain: &[u8],
) -> Result<(), StoreError> {
    let sealed = working.seal(&about_reply(id, number), plain);
    batch.reply(id, number, &sealed)
}
