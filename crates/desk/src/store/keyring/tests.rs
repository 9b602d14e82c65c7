//! What the keyring promises, at every step at which it may die.

use proptest::prelude::*;

use super::*;

fn key() -> Key {
    Zeroizing::new([5; 32])
}

fn seed(n: u8) -> Key {
    Zeroizing::new([n; 32])
}

/// Everything below a folder.
fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn filled(dir: &Path) -> Keyring {
    let mut keyring = Keyring::create(dir, key()).unwrap();
    keyring.ensure(40).unwrap();
    keyring.ensure(41).unwrap();
    keyring
        .change_receptions(vec![(41, seed(1)), (42, seed(2))], &[])
        .unwrap();
    keyring
}

#[test]
fn what_was_put_in_is_there_again_and_what_was_forgotten_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut keyring = filled(dir.path());
    let tag = keyring.ensure(41).unwrap().tag(&[9; 16]);
    assert!(keyring.forget(40).unwrap());
    assert!(!keyring.forget(40).unwrap(), "nothing is left to forget");
    keyring.change_receptions(Vec::new(), &[41]).unwrap();
    let reader = keyring.ring().clone();
    drop(keyring);
    let keyring = Keyring::open(dir.path(), key()).unwrap();
    assert_eq!(keyring.ring().epochs(), [41]);
    assert_eq!(keyring.ring().get(41).unwrap().tag(&[9; 16]), tag);
    assert!(keyring.receptions().keys().eq([&42]));
    assert!(reader.get(40).is_none(), "who shares the ring forgets too");
    assert_eq!(files(dir.path()), [FILE]);
}

#[test]
fn it_dies_at_any_step_and_holds_either_what_was_or_what_was_to_be() {
    type Change = fn(&mut Keyring) -> Result<(), StoreError>;
    let changes: [Change; 3] = [
        |k| k.ensure(42).map(drop),
        |k| k.forget(40).map(drop),
        |k| k.change_receptions(vec![(43, seed(3))], &[41]),
    ];
    for change in changes {
        let mut died = 0;
        for steps in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let mut keyring = filled(dir.path());
            let before = keyring.held.clone();
            keyring.steps_left = Some(steps);
            let done = change(&mut keyring);
            // The process that goes on, and the one that starts again, find the same.
            keyring.steps_left = None;
            keyring.settle().unwrap();
            let went_on = keyring.held.clone();
            drop(keyring);
            let after = Keyring::open(dir.path(), key()).unwrap();
            assert!(after.held == went_on, "step {steps}");
            assert_eq!(files(dir.path()), [FILE], "step {steps}");
            if done.is_ok() {
                assert!(after.held != before);
                break;
            }
            died += 1;
            // Put in place at the fourth step, of eight.
            assert_eq!(after.held != before, steps >= 4, "step {steps}");
        }
        assert_eq!(died, 8);
    }
}

#[test]
fn a_process_that_dies_without_a_word_leaves_what_the_next_one_repairs() {
    // As above, with nothing repaired by the process that died.
    for steps in 0..8 {
        let dir = tempfile::tempdir().unwrap();
        let mut keyring = filled(dir.path());
        let before = keyring.held.clone();
        keyring.steps_left = Some(steps);
        assert!(keyring.forget(40).is_err());
        drop(keyring);
        let after = Keyring::open(dir.path(), key()).unwrap();
        assert_eq!(after.held != before, steps >= 4, "step {steps}");
        assert_eq!(files(dir.path()), [FILE], "step {steps}");
    }
}

#[test]
fn the_old_file_is_overwritten_before_it_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let mut keyring = filled(dir.path());
    keyring.steps_left = Some(6);
    assert!(keyring.forget(40).is_err());
    let old = fs::read(dir.path().join(OLD)).unwrap();
    assert!(old.len() > FIRST_LINE.len() && old.iter().all(|byte| *byte == 0));
}

#[test]
fn a_keyring_that_is_missing_or_damaged_is_named_and_no_other_made() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path()));
    let path = dir.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    let other_key = Keyring::open(dir.path(), Zeroizing::new([6; 32])).map(drop);
    assert!(matches!(other_key, Err(StoreError::KeyringDamaged(p)) if p == path));
    for n in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[n] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let got = Keyring::open(dir.path(), key()).map(drop);
        assert!(matches!(got, Err(StoreError::KeyringDamaged(_))), "{n}");
    }
    fs::remove_file(&path).unwrap();
    let got = Keyring::open(dir.path(), key()).map(drop);
    assert!(matches!(got, Err(StoreError::KeyringMissing(p)) if p == path));
    assert!(files(dir.path()).is_empty());
}

#[test]
fn secrets_do_not_lie_open_and_the_file_is_its_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = filled(dir.path());
    let bytes = fs::read(dir.path().join(FILE)).unwrap();
    for secret in keyring
        .held
        .tags
        .values()
        .chain(keyring.held.receptions.values())
    {
        assert!(!bytes.windows(8).any(|w| secret.windows(8).any(|s| s == w)));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }
}

proptest! {
    #[test]
    fn decoding_is_total_and_strict(plain in proptest::collection::vec(0_u8..3, 0..120)) {
        if let Some(held) = decode(&plain) {
            // What is read is what would be written.
            let sealed = seal(&key(), &held).unwrap();
            let aad = Payload { msg: &sealed[FIRST_LINE.len() + NONCE_LEN..], aad: FIRST_LINE };
            let nonce = XNonce::try_from(&sealed[FIRST_LINE.len()..][..NONCE_LEN]).unwrap();
            let again = XChaCha20Poly1305::new((&*key()).into()).decrypt(&nonce, aad).unwrap();
            prop_assert_eq!(again, plain);
        }
    }

    #[test]
    fn what_is_sealed_opens_the_same(
        tags in proptest::collection::btree_map(any::<u32>(), any::<[u8; 32]>(), 0..5),
        receptions in proptest::collection::btree_map(any::<u32>(), any::<[u8; 32]>(), 0..5),
    ) {
        let keys = |map: BTreeMap<u32, [u8; 32]>| -> BTreeMap<u32, Key> {
            map.into_iter().map(|(e, s)| (e, Zeroizing::new(s))).collect()
        };
        let held = Held { tags: keys(tags), receptions: keys(receptions) };
        let sealed = seal(&key(), &held).unwrap();
        prop_assert!(open(&key(), &sealed) == Some(held));
        let longer = [sealed.as_slice(), &[0]].concat();
        prop_assert!(open(&key(), &longer).is_none());
    }
}
