//! A phone and its drop: what it asks for, what it reads, what it refuses.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use lapwing_model::{Form, Place, Region};
use lapwing_seal::{
    BUCKET_EPOCH_S, BucketSecret, Content, Found, ReceptionSecret, Reply, ReplyChains,
    ReplyChainsError, RootSecret,
};
use lapwing_wire::{
    Bulletin, Drop, DropError, Drops, KeyEpoch, ListedFile, ReceptionKey, SLOT_LEN, SLOTS,
    SigningKey,
};
use lapwing_witness::{Inbox, InboxError, Phone, PhoneError};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

const NOW: i64 = 1_795_000_000;
const BUCKETS: u16 = 4;

fn root() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

fn secret() -> RootSecret {
    RootSecret::from_bytes([6; 32])
}

fn inbox() -> Inbox {
    let chains = ReplyChains::new(&secret(), 500);
    Inbox::new(BucketSecret::from_bytes([7; 32]), Some(chains))
}

fn reply() -> Reply {
    Reply {
        id: 3,
        content: Content::Renew,
    }
}

/// Drops of a number, one reply for the phone in its own.
fn drops(number: u32) -> Vec<Drop> {
    let mut rng = ChaCha20Rng::from_seed([number as u8; 32]);
    let mine = BucketSecret::from_bytes([7; 32]).bucket(NOW, BUCKETS);
    let sealed = ReplyChains::new(&secret(), 500)
        .seal(number, &[&reply()])
        .unwrap()[0];
    (0..BUCKETS)
        .map(|bucket| {
            let mut slots = [[0; SLOT_LEN]; SLOTS];
            slots.iter_mut().for_each(|slot| rng.fill_bytes(slot));
            if bucket == mine {
                slots[17] = sealed;
            }
            Drop::from_slots(&slots)
        })
        .collect()
}

fn bulletin(number: u64, drops: Option<(u32, &[Drop])>) -> Vec<u8> {
    let key = ReceptionSecret::generate(&mut ChaCha20Rng::from_seed([1; 32]), KeyEpoch::at(NOW));
    let corner = Place::from_degrees(0.0, 0.0).unwrap();
    let listed = drops.map_or(&[][..], |(_, drops)| drops);
    Bulletin {
        root_key: root().verifying_key().to_bytes(),
        number,
        issued: NOW,
        expires: NOW + 1_000,
        region: Region {
            south_west: corner,
            north_east: corner,
        },
        keys: vec![ReceptionKey {
            epoch: key.epoch(),
            public: key.public_bytes(),
        }],
        form: Form::civil_protection().source().to_vec(),
        warnings: Vec::new(),
        files: (0..)
            .zip(listed)
            .map(|(bucket, drop)| ListedFile {
                name: Drops::name(bucket),
                sha256: Sha256::digest(drop.as_bytes()).into(),
            })
            .collect(),
        passes: None,
        drops: drops.map(|(number, drops)| Drops {
            number,
            period_s: 3_600,
            buckets: drops.len() as u16,
        }),
    }
    .sign(&root())
}

fn phone(number: u32, drops: &[Drop]) -> Phone {
    let mut phone = Phone::new(root().verifying_key().as_bytes(), [9; 16], 0).unwrap();
    phone
        .accept_bulletin(&bulletin(u64::from(number), Some((number, drops))), NOW)
        .unwrap();
    phone
}

#[test]
fn a_phone_fetches_its_bucket_and_finds_its_reply() {
    let drops = drops(510);
    let phone = phone(510, &drops);
    let mut inbox = inbox();
    let wanted = inbox.wanted(phone.bulletin().unwrap(), NOW).unwrap();
    assert_eq!(wanted.number, 510);
    assert_eq!(wanted.path, format!("/v1/drops/{}", wanted.bucket));
    let bytes = drops[usize::from(wanted.bucket)].as_bytes();
    let received = inbox.receive(phone.bulletin().unwrap(), wanted.bucket, bytes);
    assert_eq!(received.unwrap().replies, [reply()]);
    assert_eq!(
        inbox.chains().unwrap().at(),
        500,
        "enrolled ten numbers ago"
    );
    let other = (wanted.bucket + 1) % BUCKETS;
    let bytes = drops[usize::from(other)].as_bytes();
    let received = inbox.receive(phone.bulletin().unwrap(), other, bytes);
    assert_eq!(received, Ok(Found::default()));
}

#[test]
fn an_install_that_is_not_enrolled_asks_for_the_same() {
    let drops = drops(510);
    let phone = phone(510, &drops);
    let mut empty = Inbox::new(inbox().bucket().clone(), None);
    let bulletin = phone.bulletin().unwrap();
    let wanted = empty.wanted(bulletin, NOW).unwrap();
    assert_eq!(Some(&wanted), inbox().wanted(bulletin, NOW).as_ref());
    let bytes = drops[usize::from(wanted.bucket)].as_bytes();
    let received = empty.receive(bulletin, wanted.bucket, bytes);
    assert_eq!(received, Ok(Found::default()));
    assert_eq!(
        empty.receive(bulletin, wanted.bucket, &bytes[1..]),
        Err(InboxError::Drop(DropError::Length(32_767)))
    );
    let buckets: std::collections::HashSet<u16> = (0..40)
        .map(|n| {
            empty
                .wanted(bulletin, NOW + n * BUCKET_EPOCH_S)
                .unwrap()
                .bucket
        })
        .collect();
    assert_eq!(
        buckets.len(),
        usize::from(BUCKETS),
        "another one every 28 days"
    );
}

#[test]
fn a_drop_that_the_bulletin_does_not_list_is_not_looked_into() {
    let drops = drops(510);
    let phone = phone(510, &drops);
    let bulletin = phone.bulletin().unwrap();
    let mut inbox = inbox();
    let bucket = inbox.wanted(bulletin, NOW).unwrap().bucket;
    let mut bytes = drops[usize::from(bucket)].as_bytes().to_vec();
    bytes[0] ^= 1;
    assert_eq!(
        inbox.receive(bulletin, bucket, &bytes),
        Err(InboxError::Other)
    );
    let none = InboxError::NoDrop(BUCKETS);
    assert_eq!(inbox.receive(bulletin, BUCKETS, &bytes), Err(none));
    let before = self::drops(509);
    let older = before[usize::from(bucket)].as_bytes();
    assert_eq!(
        inbox.receive(bulletin, bucket, older),
        Err(InboxError::Other)
    );
}

#[test]
fn the_chains_follow_with_the_window_and_a_phone_away_for_too_long_must_renew() {
    let mut inbox = inbox();
    let drops = drops(600);
    let phone_now = phone(600, &drops);
    let bulletin = phone_now.bulletin().unwrap();
    let bucket = inbox.wanted(bulletin, NOW).unwrap().bucket;
    let bytes = drops[usize::from(bucket)].as_bytes();
    inbox.receive(bulletin, bucket, bytes).unwrap();
    assert_eq!(inbox.chains().unwrap().at(), 566);
    let again = inbox.receive(bulletin, bucket, bytes).unwrap();
    assert_eq!(again.replies, [reply()], "until it is acknowledged");

    let late = 566 + lapwing_seal::REPLY_ADVANCE_MAX + 1;
    let far = phone(late, &drops);
    let refused = inbox.receive(far.bulletin().unwrap(), bucket, bytes);
    let too_far = ReplyChainsError::TooFar {
        at: 566,
        asked: late,
    };
    assert_eq!(refused, Err(InboxError::Chains(too_far)));
}

#[test]
fn a_bulletin_with_older_drops_is_refused_even_with_a_higher_number() {
    let drops = drops(510);
    let mut phone = phone(510, &drops);
    let refused = phone.accept_bulletin(&bulletin(511, Some((509, &drops))), NOW);
    assert!(matches!(
        refused.unwrap_err(),
        PhoneError::OlderDrops {
            offered: 509,
            known: 510
        }
    ));
    phone
        .accept_bulletin(&bulletin(511, Some((510, &drops))), NOW)
        .unwrap();
    // A desk may stop making drops, not go back.
    phone.accept_bulletin(&bulletin(512, None), NOW).unwrap();
    assert!(inbox().wanted(phone.bulletin().unwrap(), NOW).is_none());
    assert!(
        phone
            .accept_bulletin(&bulletin(513, Some((509, &drops))), NOW)
            .is_err()
    );
}
