//! The weekly reception keys: thirteen ahead, and none kept longer than promised.

use std::collections::BTreeMap;

use getrandom::SysRng;
use lapwing_seal::ReceptionSecret;
use lapwing_wire::{KeyEpoch, RECEPTION_WEEKS, ReceptionKey};
use rand_core::UnwrapErr;
use zeroize::Zeroizing;

use crate::store::{Store, StoreError};

/// Makes what is missing and deletes what must be gone at `now`; gives all secrets that remain, or
/// `None` when nothing had to change.
pub(crate) fn roll(
    store: &mut Store,
    now: i64,
) -> Result<Option<BTreeMap<u32, ReceptionSecret>>, StoreError> {
    let kept: Vec<u32> = store.receptions().map(|(epoch, _)| epoch).collect();
    let first = KeyEpoch::at(now).0;
    let old: Vec<u32> = kept
        .iter()
        .copied()
        .filter(|&epoch| KeyEpoch(epoch).forgotten() <= now)
        .collect();
    let missing: Vec<_> = (first..first.saturating_add(RECEPTION_WEEKS))
        .filter(|epoch| !kept.contains(epoch))
        .map(|epoch| {
            let secret = ReceptionSecret::generate(&mut UnwrapErr(SysRng), KeyEpoch(epoch));
            (epoch, Zeroizing::new(*secret.seed()))
        })
        .collect();
    if old.is_empty() && missing.is_empty() {
        return Ok(None);
    }
    store.change_receptions(missing, &old)?;
    Ok(Some(load(store)))
}

/// All secrets in the keyring.
pub(crate) fn load(store: &Store) -> BTreeMap<u32, ReceptionSecret> {
    store
        .receptions()
        .map(|(epoch, seed)| (epoch, ReceptionSecret::from_seed(KeyEpoch(epoch), seed)))
        .collect()
}

/// The public keys that a bulletin of `now` carries.
pub(crate) fn published(secrets: &BTreeMap<u32, ReceptionSecret>, now: i64) -> Vec<ReceptionKey> {
    let first = KeyEpoch::at(now).0;
    secrets
        .range(first..first.saturating_add(RECEPTION_WEEKS))
        .map(|(&epoch, secret)| ReceptionKey {
            epoch: KeyEpoch(epoch),
            public: secret.public_bytes(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::KeySource;
    use lapwing_wire::WEEK_S;

    #[test]
    fn thirteen_keys_are_ahead_and_a_secret_goes_35_days_after_its_week() {
        let dir = tempfile::tempdir().unwrap();
        let source = KeySource::File {
            path: dir.path().join("key"),
            create: true,
        };
        let mut store = Store::create(dir.path(), &source).unwrap();
        let start = KeyEpoch::at(1_790_000_000).starts();
        let week = KeyEpoch::at(start).0;
        let made = roll(&mut store, start).unwrap().unwrap();
        assert!(made.keys().copied().eq(week..week + 13));
        assert!(roll(&mut store, start + WEEK_S - 1).unwrap().is_none());

        let seed = *made[&week].seed();
        let last_moment = KeyEpoch(week).forgotten() - 1;
        let then = roll(&mut store, last_moment).unwrap().unwrap();
        assert_eq!(then[&week].seed(), &seed, "kept to the last second");
        // Six weeks on: the week itself and 35 days, so week + 5 is the present one.
        let after = roll(&mut store, last_moment + 1).unwrap().unwrap();
        assert!(after.keys().copied().eq(week + 1..week + 19));
        let public = published(&after, last_moment + 1);
        assert_eq!(public.len(), 13);
        assert_eq!(public[0].epoch, KeyEpoch(week + 6));
    }
}
