use lapwing_wire::{Drop, SLOTS};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::*;
use crate::reply::tests::replies;

const START: u32 = 500_000;

fn root() -> RootSecret {
    RootSecret::from_bytes([7; 32])
}

fn chains() -> ReplyChains {
    ReplyChains::new(&root(), START)
}

/// A drop of random slots with these at the end, last first.
fn drop_of(slots: &[[u8; SLOT_LEN]]) -> Drop {
    let mut all = [[0; SLOT_LEN]; SLOTS];
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    all.iter_mut().for_each(|slot| rng.fill_bytes(slot));
    for (n, slot) in slots.iter().enumerate() {
        all[SLOTS - 1 - n] = *slot;
    }
    Drop::from_slots(&all)
}

fn drop_at(number: u32) -> Drop {
    let replies = replies();
    let replies: Vec<&Reply> = replies.iter().collect();
    drop_of(&chains().seal(number, &replies).unwrap())
}

#[test]
fn a_phone_finds_its_replies_in_their_order_and_no_others() {
    let drop = drop_at(START + 9);
    let found = chains().find(START + 9, &drop).unwrap();
    assert_eq!(found.replies, replies());
    assert_eq!(found.unopened, 0);
    let stranger = ReplyChains::new(&RootSecret::from_bytes([8; 32]), START);
    assert_eq!(stranger.find(START + 9, &drop).unwrap(), Found::default());
}

#[test]
fn a_phone_looks_for_thirty_five_numbers_by_eight() {
    assert_eq!(chains().hints(START + 100).unwrap().count(), 280);
    assert_eq!(
        chains().hints(START + 2).unwrap().count(),
        24,
        "it was not there before"
    );
    let newest = START + 100;
    for (number, there) in [
        (newest - 35, false),
        (newest - 34, true),
        (newest, true),
        (newest + 1, false),
    ] {
        let found = chains().find(newest, &drop_at(number)).unwrap();
        assert_eq!(!found.replies.is_empty(), there, "{number}");
    }
}

#[test]
fn a_drop_that_was_not_read_can_be_read_until_the_window_has_passed() {
    let drop = drop_at(START + 40);
    let mut phone = chains();
    phone.keep_window(START + 40 + 34).unwrap();
    assert_eq!(phone.at(), START + 40);
    assert_eq!(phone.find(START + 40, &drop).unwrap().replies, replies());
    phone.keep_window(START + 40 + 35).unwrap();
    let past = ReplyChainsError::Past {
        at: START + 41,
        asked: START + 40,
    };
    assert_eq!(phone.find(START + 40, &drop), Err(past));
    phone.keep_window(START).unwrap();
    assert_eq!(phone.at(), START + 41, "an old number moves nothing back");
}

#[test]
fn a_number_is_sealed_once_and_a_refusal_moves_nothing() {
    let mut desk = chains();
    let reply = replies().remove(1);
    assert_eq!(desk.seal(START, &[&reply]).unwrap().len(), 1);
    assert_eq!(desk.at(), START + 1);
    let past = ReplyChainsError::Past {
        at: START + 1,
        asked: START,
    };
    assert_eq!(desk.seal(START, &[&reply]), Err(past));
    assert_eq!(desk.seal(START, &[]), Err(past));
    let before = desk.to_bytes();
    assert_eq!(
        desk.seal(START + 1, &[&reply; 9]),
        Err(ReplyChainsError::TooMany(9))
    );
    assert_eq!(desk.to_bytes(), before);
}

#[test]
fn chains_go_a_year_of_hours_and_no_farther() {
    let mut far = chains();
    let last = START + REPLY_ADVANCE_MAX;
    let too_far = ReplyChainsError::TooFar {
        at: START,
        asked: last + 1,
    };
    assert_eq!(far.advance_to(last + 1), Err(too_far));
    assert_eq!(far.hints(last + 1).unwrap_err(), too_far);
    assert_eq!(far.at(), START);
    assert_eq!(far.find(last, &drop_at(last)).unwrap().replies, replies());
    far.advance_to(last).unwrap();
    assert_eq!(far.at(), last);
    assert!(far.seal(u32::MAX, &[]).is_err());
}

#[test]
fn a_copied_hint_is_counted_and_opens_nothing() {
    let number = START + 1;
    let reply = replies().remove(1);
    let mine = chains().seal(number, &[&reply]).unwrap()[0];
    let mut copied = [5; SLOT_LEN];
    copied[..HINT_LEN].copy_from_slice(&mine[..HINT_LEN]);
    let found = chains().find(number, &drop_of(&[mine, copied])).unwrap();
    assert_eq!(found.replies, [reply]);
    assert_eq!(found.unopened, 1);
}

#[test]
fn kept_chains_are_the_same_chains() {
    let mut moved = chains();
    moved.advance_to(START + 7).unwrap();
    assert_eq!(ReplyChains::from_bytes(&moved.to_bytes()), moved);
}

#[test]
fn hints_keys_and_buckets_are_those_of_the_formulas() {
    // Computed with Python's hmac and hashlib from the formulas of the design.
    let mut at = chains();
    at.advance_to(START + 2).unwrap();
    assert_eq!(hex::encode(hint(&at.hint, 3)), "7a69d6e08a5eb63a");
    assert_eq!(
        hex::encode(*key(&at.reply, 3)),
        "f428904c3ce32c4e205bf9b850dc7cd13a87f671669d5c715ec02a2d1588aee6"
    );
    let secret = BucketSecret::from_bytes([5; 32]);
    let epoch_740 = 740 * 28 * 86_400;
    assert_eq!(secret.bucket(epoch_740, 16), 11);
    assert_eq!(secret.bucket(epoch_740, 255), 203);
}

#[test]
fn a_bucket_stays_for_28_days_and_all_are_used_alike() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let secret = BucketSecret::generate(&mut rng);
    let start = 740 * BUCKET_EPOCH_S;
    let bucket = |at| secret.bucket(at, 256);
    assert_eq!(bucket(start), bucket(start + BUCKET_EPOCH_S - 1));
    let over_years: std::collections::HashSet<u16> = (0..60)
        .map(|n| bucket(start + n * BUCKET_EPOCH_S))
        .collect();
    assert!(over_years.len() > 40, "it moves");
    let mut used = [0; 16];
    for _ in 0..16_000 {
        used[usize::from(BucketSecret::generate(&mut rng).bucket(start, 16))] += 1;
    }
    // Six standard deviations around a thousand.
    assert!(used.iter().all(|n| (816..1_184).contains(n)), "{used:?}");
    assert_eq!(secret.bucket(i64::MIN, 1), 0);
    assert_eq!(secret.bucket(i64::MAX, 1), 0);
}

#[test]
fn debugging_prints_no_secret() {
    let shown = format!(
        "{:?} {:?} {:?}",
        chains(),
        chains().hints(START).unwrap(),
        BucketSecret::from_bytes([5; 32])
    );
    assert_eq!(shown, "ReplyChains(at 500000) Hints(..) BucketSecret(..)");
}
