use std::collections::{BTreeMap, BTreeSet, HashSet};

use lapwing_seal::{Content, RootSecret};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::*;

const START: u32 = 497_000;
const HOUR: i64 = 3_600;
const NOW: i64 = 1_790_000_000;

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn root(witness: u64) -> RootSecret {
    let mut bytes = [3; 32];
    bytes[..8].copy_from_slice(&witness.to_be_bytes());
    RootSecret::from_bytes(bytes)
}

fn message(id: u32) -> Reply {
    Reply {
        id,
        content: Content::Received { count: id, last: 0 },
    }
}

fn waiting(id: u32, since: i64) -> Waiting {
    Waiting {
        reply: message(id),
        since,
        shown: false,
    }
}

fn recipient(witness: u64, replies: Vec<Waiting>) -> Recipient {
    let mut bucket = [1; 32];
    bucket[..8].copy_from_slice(&witness.to_be_bytes());
    Recipient {
        witness,
        known: true,
        bucket: BucketSecret::from_bytes(bucket),
        chains: ReplyChains::new(&root(witness), START),
        replies,
    }
}

#[test]
fn phones_that_were_refused_get_what_witnesses_leave() {
    let old = |n| Recipient {
        known: false,
        ..recipient(n, vec![waiting(1, NOW - 9_000)])
    };
    let mut everybody: Vec<Recipient> = (1..=1_000).map(old).collect();
    everybody.push(recipient(2_000, queue(3)));
    let made = make(&mut rng(9), START, 1, NOW, &mut everybody);
    let of_witness = made.shown.iter().filter(|(who, _)| *who == 2_000).count();
    assert_eq!((of_witness, made.shown.len()), (3, SLOTS));
}

fn queue(count: u32) -> Vec<Waiting> {
    (0..count).map(|id| waiting(id, NOW - 10)).collect()
}

/// What a witness's phone finds in its bucket.
fn found(made: &Made, number: u32, recipient: &Recipient, buckets: u16, now: i64) -> Vec<Reply> {
    let bucket = recipient.bucket.bucket(now, buckets);
    let phone = ReplyChains::new(&root(recipient.witness), START);
    let found = phone
        .find(number, &made.drops[usize::from(bucket)])
        .unwrap();
    assert_eq!(found.unopened, 0);
    found.replies
}

fn mark(recipients: &mut [Recipient], made: &Made) {
    let shown: HashSet<_> = made.shown.iter().copied().collect();
    for r in recipients {
        for w in &mut r.replies {
            w.shown |= shown.contains(&(r.witness, w.reply.id));
        }
    }
}

#[test]
fn what_waits_is_found_by_its_phone_and_by_no_other() {
    let mut all: Vec<Recipient> = (0..20).map(|w| recipient(w, queue(2))).collect();
    let made = make(&mut rng(1), START + 5, 4, NOW, &mut all);
    assert_eq!(made.drops.len(), 4);
    assert_eq!(made.shown.len(), 40);
    for r in &all {
        assert_eq!(found(&made, START + 5, r, 4, NOW), [message(0), message(1)]);
        assert_eq!(r.chains.at(), START + 6, "no key seals twice");
        let stranger = ReplyChains::new(&root(r.witness + 1_000), START);
        for drop in &made.drops {
            let theirs = stranger.find(START + 5, drop).unwrap();
            assert_eq!(theirs, lapwing_seal::Found::default());
        }
    }
}

#[test]
fn a_drop_is_full_of_fresh_bytes_with_news_and_without() {
    let mut none: Vec<Recipient> = Vec::new();
    let mut quiet = vec![recipient(1, Vec::new())];
    let mut busy = vec![recipient(1, queue(8))];
    for all in [&mut none, &mut quiet, &mut busy] {
        let made = make(&mut rng(2), START, 3, NOW, all);
        let mut eights = HashSet::new();
        for drop in &made.drops {
            for eight in drop.as_bytes().as_chunks::<8>().0 {
                assert!(eights.insert(*eight), "eight bytes come twice");
            }
        }
        assert_eq!(eights.len(), 3 * 4_096);
    }
    assert_eq!(quiet[0].chains.at(), START + 1, "chains move without news");
}

#[test]
fn the_same_reply_has_no_eight_bytes_in_common_with_itself_at_the_next_number() {
    let mut all = vec![recipient(1, queue(8))];
    let windows = |made: &Made| -> HashSet<[u8; 8]> {
        let bytes = made.drops[0].as_bytes();
        bytes.windows(8).map(|w| w.try_into().unwrap()).collect()
    };
    let first = windows(&make(&mut rng(3), START, 1, NOW, &mut all));
    let second = make(&mut rng(4), START + 1, 1, NOW + HOUR, &mut all);
    assert_eq!(second.shown.len(), 8);
    assert!(first.is_disjoint(&windows(&second)));
    // Not even with the same randomness around it.
    let mut again = vec![recipient(1, queue(8))];
    let same = make(&mut rng(3), START, 1, NOW, &mut again);
    assert_eq!(windows(&same), first, "the test can tell");
}

#[test]
fn a_used_slot_stands_anywhere() {
    let mut places = BTreeSet::new();
    for seed in 0..200 {
        let mut all = vec![recipient(1, queue(8))];
        let made = make(&mut rng(seed), START, 1, NOW, &mut all);
        let phone = ReplyChains::new(&root(1), START);
        let hints = phone.hints(START).unwrap();
        let slots = made.drops[0].slots().enumerate();
        places.extend(slots.filter_map(|(n, s)| hints.place(s.hint).map(|_| n)));
    }
    assert_eq!(places.len(), SLOTS);
}

#[test]
fn a_witness_gets_eight_slots_and_a_long_queue_holds_nobody_up() {
    let mut all = vec![recipient(0, queue(1_000))];
    all.extend((1..=60).map(|w| recipient(w, vec![waiting(7, NOW)])));
    let made = make(&mut rng(5), START, 1, NOW, &mut all);
    let of = |who: u64| made.shown.iter().filter(|(w, _)| *w == who).count();
    assert_eq!(made.shown.len(), SLOTS);
    assert!((1..=60).all(|who| of(who) == 1));
    assert_eq!(of(0), 4, "what is left over");
    let mut alone = vec![recipient(0, queue(1_000))];
    let made = make(&mut rng(5), START, 1, NOW, &mut alone);
    let oldest: Vec<_> = (0..8).map(|id| (0, id)).collect();
    assert_eq!(made.shown, oldest);
}

#[test]
fn what_is_new_and_what_comes_again_leave_each_other_half() {
    let replies = |shown| {
        move |w| {
            let mut r = recipient(w, queue(1));
            r.replies[0].shown = shown;
            r
        }
    };
    for (again, fresh, wanted) in [(100, 100, (32, 32)), (100, 5, (59, 5)), (5, 100, (5, 59))] {
        let mut all: Vec<Recipient> = (0..again).map(replies(true)).collect();
        all.extend((1_000..1_000 + fresh).map(replies(false)));
        let made = make(&mut rng(6), START, 1, NOW, &mut all);
        let old = made.shown.iter().filter(|(w, _)| *w < 1_000).count();
        assert_eq!((old, made.shown.len() - old), wanted);
    }
}

#[test]
fn among_what_is_new_the_oldest_goes_first() {
    let mut all: Vec<Recipient> = (0..100)
        .map(|w| recipient(w, vec![waiting(1, NOW - 1_000 + w as i64)]))
        .collect();
    let made = make(&mut rng(7), START, 1, NOW, &mut all);
    let mut who: Vec<u64> = made.shown.iter().map(|(w, _)| *w).collect();
    who.sort_unstable();
    assert_eq!(who, (0..64).collect::<Vec<_>>());
}

#[test]
fn after_thirty_days_a_reply_is_given_up_and_told() {
    let mut all = vec![recipient(
        1,
        vec![
            waiting(1, NOW - REPLY_KEEP_S - 1),
            waiting(2, NOW - REPLY_KEEP_S),
        ],
    )];
    let made = make(&mut rng(8), START, 1, NOW, &mut all);
    assert_eq!(made.expired, [(1, 1)]);
    assert_eq!(made.shown, [(1, 2)]);
}

#[test]
fn a_witness_whose_chains_do_not_serve_is_told_and_the_rest_goes_on() {
    let mut ahead = recipient(1, queue(1));
    ahead.chains = ReplyChains::new(&root(1), START + 10);
    let mut all = vec![ahead, recipient(2, queue(1))];
    let made = make(&mut rng(9), START, 1, NOW, &mut all);
    assert_eq!(made.shown, [(2, 0)]);
    let past = ReplyChainsError::Past {
        at: START + 10,
        asked: START,
    };
    assert_eq!(made.stranded, [(1, past)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// Phones that come by each at its own rhythm, more replies than slots, acknowledgements that
    /// arrive or are lost: in the end everybody has everything, in full drops only.
    #[test]
    fn every_reply_arrives_in_the_end(
        seed in any::<u8>(),
        buckets in 1..4u16,
        queues in proptest::collection::vec((0..14u32, 1..5u32, any::<bool>()), 1..60),
    ) {
        let mut rng = rng(seed);
        let mut all: Vec<Recipient> = queues
            .iter()
            .enumerate()
            .map(|(w, &(count, _, _))| recipient(w as u64, queue(count)))
            .collect();
        let mut phones: Vec<ReplyChains> = all
            .iter()
            .map(|r| ReplyChains::new(&root(r.witness), START))
            .collect();
        let mut got: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
        // 30 days of hours are 720 numbers; far fewer suffice.
        for n in 0..400u32 {
            let now = NOW + i64::from(n) * HOUR;
            let made = make(&mut rng, START + n, buckets, now, &mut all);
            prop_assert!(made.expired.is_empty() && made.stranded.is_empty());
            prop_assert_eq!(made.drops.len(), usize::from(buckets));
            mark(&mut all, &made);
            for ((r, phone), &(_, rhythm, lossy)) in all.iter_mut().zip(&mut phones).zip(&queues) {
                if n % rhythm != 0 || r.replies.is_empty() {
                    continue;
                }
                let bucket = usize::from(r.bucket.bucket(now, buckets));
                let theirs = phone.find(START + n, &made.drops[bucket]).unwrap();
                phone.keep_window(START + n).unwrap();
                prop_assert_eq!(theirs.unopened, 0);
                let ids: BTreeSet<u32> = theirs.replies.iter().map(|reply| reply.id).collect();
                prop_assert_eq!(ids.len(), theirs.replies.len());
                got.entry(r.witness).or_default().extend(&ids);
                if !lossy || !rng.next_u32().is_multiple_of(3) {
                    r.replies.retain(|w| !ids.contains(&w.reply.id));
                }
            }
            if all.iter().all(|r| r.replies.is_empty()) {
                break;
            }
        }
        for (w, &(count, _, _)) in queues.iter().enumerate() {
            let got = got.remove(&(w as u64)).unwrap_or_default();
            prop_assert_eq!(got, (0..count).collect::<BTreeSet<_>>());
            prop_assert!(all[w].replies.is_empty());
        }
    }
}
