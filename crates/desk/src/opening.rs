//! From records to frames: the only place where envelopes are opened.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use lapwing_seal::{Frame, OpenError, ReceptionSecret, open};
use lapwing_wire::Record;

/// The reception secrets that the desk has now, by week.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<RwLock<Arc<BTreeMap<u32, ReceptionSecret>>>>);

impl Secrets {
    /// Puts another set in place.
    pub(crate) fn replace(&self, secrets: BTreeMap<u32, ReceptionSecret>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(secrets);
    }

    /// The present set.
    pub(crate) fn present(&self) -> Arc<BTreeMap<u32, ReceptionSecret>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A record after opening, or why it did not open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) index: i64,
    pub(crate) digest: [u8; 32],
    pub(crate) relay_time: i64,
    pub(crate) leaf_salt: [u8; 32],
    pub(crate) frame: Result<Frame, &'static str>,
}

/// Reason for a week whose secret is gone or was never made.
const NO_KEY: &str = "no-key";

fn open_one(record: &Record, secrets: &BTreeMap<u32, ReceptionSecret>) -> Opened {
    let frame = match secrets.get(&record.envelope.epoch().0) {
        Some(secret) => open(&record.envelope, secret).map_err(|why: OpenError| why.reason()),
        None => Err(NO_KEY),
    };
    Opened {
        index: i64::try_from(record.index).unwrap_or(i64::MAX),
        digest: record.envelope.digest(),
        relay_time: record.time,
        leaf_salt: record.salt,
        frame,
    }
}

/// Fewer than this are not worth another thread.
const SHARE_MIN: usize = 8;

/// Opens records on all cores, in order. Blocks: not for the async runtime's threads.
pub(crate) fn open_all(
    records: &[Record],
    secrets: &BTreeMap<u32, ReceptionSecret>,
) -> Vec<Opened> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = records.len().div_ceil(cores).max(SHARE_MIN);
    if records.len() <= share {
        return records
            .iter()
            .map(|record| open_one(record, secrets))
            .collect();
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = records
            .chunks(share)
            .map(|part| {
                scope.spawn(|| {
                    part.iter()
                        .map(|r| open_one(r, secrets))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("opening is total"))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_wire::{Envelope, KeyEpoch};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    #[test]
    fn order_is_kept_and_reasons_are_named() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let week = KeyEpoch(2_970);
        let secret = ReceptionSecret::generate(&mut rng, week);
        let foreign = ReceptionSecret::generate(&mut rng, KeyEpoch(2_971));
        let record = |index: u64, envelope: Envelope| Record {
            index,
            time: 5,
            salt: [0; 32],
            envelope,
        };
        let records: Vec<Record> = (1..=40)
            .map(|index| {
                let to = if index == 7 {
                    foreign.public()
                } else {
                    secret.public()
                };
                let envelope = lapwing_seal::seal(&mut rng, &to, &Frame::Cover).unwrap();
                let mut bytes = *envelope.as_bytes();
                bytes[2_047] ^= u8::from(index == 9);
                record(index, Envelope::from_bytes(&bytes).unwrap())
            })
            .collect();
        let secrets = BTreeMap::from([(week.0, secret)]);
        let opened = open_all(&records, &secrets);
        assert!(opened.iter().map(|o| o.index).eq(1..=40));
        for o in &opened {
            let expected = match o.index {
                7 => Err("no-key"),
                9 => Err("seal"),
                _ => Ok(Frame::Cover),
            };
            assert_eq!(o.frame, expected, "{}", o.index);
        }
    }
}
