//! Pieces and bundles, as couriers meet them.

use lapwing_courier::bundle::{ENTRY_LEN, HEAD_LEN, SUM_LEN};
use lapwing_courier::{
    BUNDLE_MAX, Bundle, BundleError, Collector, DONE_MAX, HELD_MAX, NEEDED, PRINTED, Piece,
    PieceError, Pieces, RUN, Show, Taken, UNFINISHED_MAX, tag_of,
};
use lapwing_wire::{ENVELOPE_LEN, Envelope, KeyEpoch};
use proptest::prelude::*;

/// One that is told from others by its number.
fn envelope(number: u32) -> Envelope {
    let mut bytes = Envelope::header_for(KeyEpoch(2_959), &[7; 32]).to_vec();
    let mut state = u64::from(number) + 1;
    bytes.resize_with(ENVELOPE_LEN, || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    Envelope::from_bytes(&bytes).expect("it is one")
}

fn envelopes(count: u32) -> Vec<Envelope> {
    (0..count).map(envelope).collect()
}

/// What a collector makes of pieces of one envelope with these numbers.
fn gathered(pieces: &Pieces, ids: impl IntoIterator<Item = u32>) -> Option<Envelope> {
    let mut collector = Collector::default();
    ids.into_iter()
        .find_map(|id| match collector.take(&pieces.piece(id).encode()) {
            Ok(Taken::Whole(envelope)) => Some(envelope),
            Ok(Taken::New { .. }) => None,
            other => panic!("{other:?}"),
        })
}

#[test]
fn the_first_sixteen_pieces_are_the_envelope_itself() {
    let one = envelope(1);
    let pieces = Pieces::of(&one);
    let parts: Vec<u8> = (0..NEEDED as u32)
        .flat_map(|id| pieces.piece(id).symbol)
        .collect();
    assert_eq!(parts, one.as_bytes());
    assert_eq!(gathered(&pieces, 0..NEEDED as u32), Some(one));
}

/// Whether numbers suffice depends on the numbers alone, so trying one envelope tries all.
#[test]
fn of_a_printed_page_any_three_codes_may_be_missing() {
    let one = envelope(2);
    let pieces = Pieces::of(&one);
    for (a, b, c) in
        (0..PRINTED).flat_map(|a| (0..=a).flat_map(move |b| (0..=b).map(move |c| (a, b, c))))
    {
        {
            let without = (0..PRINTED).filter(|id| ![a, b, c].contains(id));
            assert_eq!(
                gathered(&pieces, without),
                Some(one.clone()),
                "without {c}, {b} and {a}"
            );
        }
    }
}

#[test]
fn a_loop_of_which_a_third_is_lost_still_ends() {
    let sent = envelopes(5);
    let mut worst = 0;
    for seed in 0..100_u64 {
        let (mut collector, mut state, mut whole) = (Collector::default(), seed + 1, Vec::new());
        for (shown, (_, piece)) in Show::new(&sent).enumerate() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            if (state >> 33) % 10 < 3 {
                continue;
            }
            if let Taken::Whole(envelope) = collector.take(&piece.encode()).unwrap() {
                whole.push(envelope);
            }
            if whole.len() == sent.len() {
                worst = worst.max(shown + 1);
                break;
            }
        }
        whole.sort_by_key(|one| sent.iter().position(|sent| sent == one));
        assert_eq!(whole, sent);
        assert_eq!(collector.begun(), 0);
    }
    // Two rounds, where one without loss takes sixteen pieces of each twenty-four.
    assert!(worst <= 2 * sent.len() * RUN as usize, "{worst}");
}

#[test]
fn a_loop_shows_envelope_after_envelope_and_never_a_piece_twice() {
    let sent = envelopes(3);
    let shown: Vec<_> = Show::new(&sent).take(10 * 3 * RUN as usize).collect();
    let run = RUN as usize;
    assert!(shown[..run].iter().all(|&(which, _)| which == 0));
    assert!(shown[run..2 * run].iter().all(|&(which, _)| which == 1));
    let mut seen: Vec<_> = shown
        .iter()
        .map(|(which, piece)| (*which, piece.id()))
        .collect();
    for (which, piece) in &shown {
        assert_eq!(piece.tag, tag_of(&sent[*which]));
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), shown.len());
    assert_eq!(Show::new(&[]).next(), None);
    assert_eq!(Show::new(&sent).envelopes(), 3);
}

#[test]
fn progress_is_told_and_what_is_done_is_not_begun_again() {
    let one = envelope(4);
    let (pieces, tag) = (Pieces::of(&one), tag_of(&one));
    let mut collector = Collector::default();
    let mut take = |id| collector.take(&pieces.piece(id).encode()).unwrap();
    assert_eq!(take(3), Taken::New { tag, have: 1 });
    assert_eq!(take(3), Taken::Again { tag, have: 1 });
    assert_eq!(take(100), Taken::New { tag, have: 2 });
    for id in 4..17 {
        assert!(matches!(take(id), Taken::New { .. }));
    }
    let last = (17..30).find_map(|id| match take(id) {
        Taken::Whole(envelope) => Some(envelope),
        _ => None,
    });
    assert_eq!(last, Some(one.clone()));
    assert_eq!(take(0), Taken::Done(tag));
    let mut other = Collector::default();
    assert!(matches!(
        other.take(&pieces.piece(0).encode()),
        Ok(Taken::New { .. })
    ));
    other.know(&one);
    assert_eq!(
        (other.begun(), other.take(&pieces.piece(1).encode())),
        (0, Ok(Taken::Done(tag)))
    );
}

#[test]
fn a_piece_that_is_not_of_its_envelope_spoils_only_that_envelope_and_only_once() {
    let (one, two) = (envelope(5), envelope(6));
    let mut collector = Collector::default();
    let mut false_one = Pieces::of(&two).piece(2);
    false_one.tag = tag_of(&one);
    collector.take(&Pieces::of(&two).piece(0).encode()).unwrap();
    collector.take(&false_one.encode()).unwrap();
    let pieces = Pieces::of(&one);
    let spoilt = (3..30)
        .map(|id| collector.take(&pieces.piece(id).encode()).unwrap())
        .find(|taken| !matches!(taken, Taken::New { .. }));
    assert_eq!(spoilt, Some(Taken::Spoilt(tag_of(&one))));
    assert_eq!(collector.begun(), 1);
    let whole = (0..30).find_map(|id| match collector.take(&pieces.piece(id).encode()) {
        Ok(Taken::Whole(envelope)) => Some(envelope),
        _ => None,
    });
    assert_eq!(whole, Some(one));
}

#[test]
fn what_is_whole_and_no_envelope_is_not_given_out() {
    // The bytes of one whose version is not known.
    let mut bytes = *envelope(7).as_bytes();
    bytes[0] = 2;
    let digest = <sha2::Sha256 as sha2::Digest>::digest(bytes);
    let mut collector = Collector::default();
    let mut last = None;
    for (id, symbol) in bytes.chunks(128).enumerate() {
        let mut piece = Pieces::of(&envelope(7)).piece(id as u32);
        piece.tag.copy_from_slice(&digest[..8]);
        piece.symbol.copy_from_slice(symbol);
        last = collector.take(&piece.encode()).ok();
    }
    assert!(matches!(last, Some(Taken::Spoilt(_))));
}

#[test]
fn what_is_held_is_bounded_and_the_oldest_makes_way() {
    let mut collector = Collector::default();
    let sent: Vec<Pieces> = envelopes(2 * UNFINISHED_MAX as u32)
        .iter()
        .map(Pieces::of)
        .collect();
    for pieces in &sent {
        collector.take(&pieces.piece(0).encode()).unwrap();
    }
    assert_eq!(collector.begun(), UNFINISHED_MAX);
    let mut have = |n: usize| match collector.take(&sent[n].piece(1).encode()).unwrap() {
        Taken::New { have, .. } => have,
        other => panic!("{other:?}"),
    };
    assert_eq!(have(2 * UNFINISHED_MAX - 1), 2);
    assert_eq!(have(0), 1);
    // Of the finished ones, too.
    let mut collector = Collector::default();
    let many = envelopes(DONE_MAX as u32 + 1);
    for envelope in &many {
        collector.know(envelope);
    }
    let mut first = |n: usize| {
        collector
            .take(&Pieces::of(&many[n]).piece(0).encode())
            .unwrap()
    };
    assert!(matches!(first(DONE_MAX), Taken::Done(_)));
    assert!(matches!(first(0), Taken::New { have: 1, .. }));
}

#[test]
fn a_bundle_reads_back_and_every_changed_byte_is_found() {
    let bundle = Bundle::new(envelopes(3)).unwrap();
    let bytes = bundle.encode();
    assert_eq!(bytes.len(), HEAD_LEN + 3 * ENTRY_LEN + SUM_LEN);
    assert_eq!(Bundle::decode(&bytes).as_ref(), Ok(&bundle));
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 0x40;
        assert!(Bundle::decode(&other).is_err(), "{at}");
    }
    for cut in 0..bytes.len() {
        assert!(Bundle::decode(&bytes[..cut]).is_err(), "{cut}");
    }
    assert_eq!(Bundle::new(vec![]), Err(BundleError::Count(0)));
    assert_eq!(
        Bundle::new(vec![envelope(0); BUNDLE_MAX + 1]),
        Err(BundleError::Count(1_025))
    );
    assert!(Bundle::decode(&Bundle::new(vec![envelope(0); BUNDLE_MAX]).unwrap().encode()).is_ok());
}

#[test]
fn of_a_damaged_card_every_envelope_that_is_whole_counts() {
    let sent = envelopes(8);
    let bytes = Bundle::new(sent.clone()).unwrap().encode();
    // A block of the card that reads as zeros.
    let mut holed = bytes.clone();
    holed[2_560..3_072].fill(0);
    let saved = Bundle::salvage(&holed).unwrap();
    assert_eq!((saved.envelopes.len(), saved.lost), (7, 1));
    assert!(
        saved.envelopes.iter().all(|one| sent.contains(one)) && !saved.envelopes.contains(&sent[1])
    );
    // The end is missing, as when the card was pulled out.
    let saved = Bundle::salvage(&bytes[..5 * 2_048]).unwrap();
    assert_eq!((saved.envelopes, saved.lost), (sent[..4].to_vec(), 4));
    // The first block is gone, and with it the head.
    let mut headless = bytes.clone();
    headless[..512].fill(0);
    let saved = Bundle::salvage(&headless).unwrap();
    assert_eq!((saved.envelopes, saved.lost), (sent[1..].to_vec(), 1));
    // Only the digest at the end.
    let mut unsummed = bytes.clone();
    *unsummed.last_mut().unwrap() ^= 1;
    let saved = Bundle::salvage(&unsummed).unwrap();
    assert_eq!((saved.envelopes, saved.lost), (sent.clone(), 0));
    // What is there twice counts once.
    let twice = Bundle::new(vec![sent[0].clone(), sent[0].clone()]).unwrap();
    assert_eq!(
        Bundle::salvage(&twice.encode()).unwrap().envelopes,
        sent[..1]
    );
    assert_eq!(Bundle::salvage(&[]), Err(BundleError::Length(0)));
    assert_eq!(Bundle::salvage(&[0; 10_000]), Err(BundleError::Magic));
    let mut hopeless = bytes;
    hopeless[HEAD_LEN..].fill(3);
    assert_eq!(Bundle::salvage(&hopeless), Err(BundleError::Sum));
}

proptest! {
    #[test]
    fn any_twenty_pieces_of_any_numbers_make_the_envelope(
        number: u32,
        ids in proptest::collection::btree_set(0..=lapwing_courier::ID_MAX, HELD_MAX),
    ) {
        let one = envelope(number);
        prop_assert_eq!(gathered(&Pieces::of(&one), ids), Some(one));
    }

    #[test]
    fn junk_is_refused_and_leaves_nothing_behind(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut collector = Collector::default();
        prop_assert!(collector.take(&bytes).is_err());
        prop_assert_eq!(collector.begun(), 0);
        prop_assert!(Bundle::decode(&bytes).is_err() && Bundle::salvage(&bytes).is_err());
    }

    #[test]
    fn false_symbols_of_any_number_never_give_a_false_envelope(
        ids in proptest::collection::btree_set(0..=lapwing_courier::ID_MAX, 1..50),
        fill: u8,
    ) {
        let mut collector = Collector::default();
        let honest = Pieces::of(&envelope(9));
        for id in ids {
            let mut piece = honest.piece(id);
            piece.symbol[(id % 128) as usize] ^= fill | 1;
            let taken = collector.take(&piece.encode());
            prop_assert!(!matches!(taken, Ok(Taken::Whole(_))));
        }
    }

    #[test]
    fn a_misread_piece_is_refused(at in 0..lapwing_courier::PIECE_LEN, by in 1..=255_u8) {
        let mut bytes = Pieces::of(&envelope(3)).piece(5).encode();
        bytes[at] ^= by;
        prop_assert!(matches!(Piece::decode(&bytes), Err(PieceError::Version(_) | PieceError::Check)));
    }
}

#[test]
fn sixteen_pieces_are_enough_nearly_always_and_seventeen_hardly_ever_fail() {
    let pieces = Pieces::of(&envelope(10));
    let mut state = 1_u64;
    let mut failed = [0, 0];
    for _ in 0..3_000 {
        let mut ids = std::collections::BTreeSet::new();
        while ids.len() < NEEDED + 1 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            ids.insert((state >> 40) as u32);
        }
        for (more, failed) in failed.iter_mut().enumerate() {
            *failed +=
                i32::from(gathered(&pieces, ids.iter().copied().take(NEEDED + more)).is_none());
        }
    }
    assert!(failed[0] <= 30 && failed[1] <= 1, "{failed:?} of 3,000");
    println!("{failed:?}");
}
