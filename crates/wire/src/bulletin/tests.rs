//! What a bulletin says, and what is none.

use lapwing_model::Place;
use proptest::prelude::*;

use super::*;
use crate::PassKey;

fn root() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn bulletin() -> Bulletin {
    let place = |lat, lon| Place::from_degrees(lat, lon).unwrap();
    Bulletin {
        root_key: root().verifying_key().to_bytes(),
        number: 7,
        issued: 1_790_000_000,
        expires: 1_797_000_000,
        region: Region {
            south_west: place(44.0, 22.0),
            north_east: place(52.5, 40.5),
        },
        keys: (2_959..2_972)
            .map(|n| ReceptionKey {
                epoch: KeyEpoch(n),
                public: Box::new([n as u8; RECEPTION_PUBLIC_LEN]),
            })
            .collect(),
        form: b"{}".to_vec(),
        warnings: vec![BulletinWarning {
            id: "lapwing-1".into(),
            kind: 2,
            state: WarningState::Active,
            sent: 1_790_000_000,
            expires: 1_790_003_600,
            severity: "Severe".into(),
            urgency: "Immediate".into(),
            certainty: "Likely".into(),
            centre: place(48.0, 37.8),
            radius_m: 5_000,
            texts: vec![WarningText {
                lang: "uk".into(),
                headline: "Обстріл".into(),
                description: "Повідомляють троє людей.".into(),
                instruction: "В укриття.".into(),
                area: "Донецьк".into(),
            }],
        }],
        files: vec![ListedFile {
            name: "warnings.atom".into(),
            sha256: [2; 32],
        }],
        drops: None,
        passes: None,
    }
}

fn with_drops(buckets: u16) -> Bulletin {
    let mut b = bulletin();
    b.files.extend((0..buckets).map(|bucket| ListedFile {
        name: Drops::name(bucket),
        sha256: [bucket as u8; 32],
    }));
    b.drops = Some(Drops {
        number: 497_000,
        period_s: 3_600,
        buckets,
    });
    b
}

fn read(b: &Bulletin) -> Result<Bulletin, BulletinError> {
    Bulletin::verify(&b.sign(&root()), &root().verifying_key())
}

#[test]
fn drops_are_optional_and_read_back() {
    for buckets in [1, 16, drop::BUCKETS_MAX] {
        let b = with_drops(buckets);
        assert_eq!(read(&b).unwrap(), b);
        assert_eq!(b.drop_sha256(buckets - 1), Some(&[(buckets - 1) as u8; 32]));
        assert_eq!(b.drop_sha256(buckets), None);
    }
}

fn pass_key(epoch: u32, fill: u8) -> IssuerKey {
    let key = PassKey::from_modulus(&[fill; 256]).unwrap();
    IssuerKey {
        epoch: PassEpoch(epoch),
        key,
    }
}

fn with_passes(url: &str, keys: Vec<IssuerKey>) -> Bulletin {
    let url = url.into();
    Bulletin {
        passes: Some(PassIssuer { url, keys }),
        ..bulletin()
    }
}

#[test]
fn drops_other_than_stated_are_refused() {
    let change = |how: fn(&mut Bulletin)| {
        let mut b = with_drops(3);
        how(&mut b);
        read(&b)
    };
    fn drops(b: &mut Bulletin) -> &mut Drops {
        b.drops.as_mut().unwrap()
    }
    let wrong: [fn(&mut Bulletin); 10] = [
        |b| b.drops = None,
        |b| drops(b).buckets = 2,
        |b| drops(b).buckets = 4,
        |b| drops(b).buckets = 0,
        |b| drops(b).period_s = 59,
        |b| drops(b).period_s = 86_401,
        |b| b.files.swap(1, 2),
        |b| b.files[2].name = "drops/01".into(),
        |b| b.files[3].name = "drops/3".into(),
        |b| *b = with_drops(drop::BUCKETS_MAX + 1),
    ];
    for (n, how) in wrong.into_iter().enumerate() {
        assert_eq!(change(how), Err(BulletinError::Drops), "{n}");
    }
}

#[test]
fn the_issuer_of_passes_reads_back_and_its_key_of_the_epoch_is_found() {
    let keys = vec![pass_key(739, 0xfd), pass_key(740, 0xff)];
    let good = with_passes("https://issuer.example/", keys);
    let bytes = good.sign(&root());
    assert_eq!(
        Bulletin::verify(&bytes, &root().verifying_key()),
        Ok(good.clone())
    );
    let at = PassEpoch(740).starts();
    assert_eq!(good.pass_key_at(at), Some(&pass_key(740, 0xff)));
    assert_eq!(good.pass_key_at(at - 1), Some(&pass_key(739, 0xfd)));
    assert_eq!(good.pass_key_at(PassEpoch(741).starts()), None);
    assert_eq!(bulletin().pass_key_at(at), None);
}

#[test]
fn an_issuer_that_is_not_well_formed_is_refused() {
    let url = "https://issuer.example";
    let long = format!("https://{}", "x".repeat(ISSUER_URL_MAX));
    for bad in [
        with_passes(url, vec![]),
        with_passes(url, vec![pass_key(2, 0xff), pass_key(1, 0xfd)]),
        with_passes(url, vec![pass_key(2, 0xff), pass_key(2, 0xfd)]),
        with_passes(url, vec![pass_key(1, 0xff), pass_key(2, 0xff)]),
        with_passes(
            url,
            (0..5).map(|n| pass_key(n, 0xf1 + 2 * n as u8)).collect(),
        ),
        with_passes("", vec![pass_key(1, 0xff)]),
        with_passes("https://", vec![pass_key(1, 0xff)]),
        with_passes("ftp://issuer.example", vec![pass_key(1, 0xff)]),
        with_passes("https://issuer example", vec![pass_key(1, 0xff)]),
        with_passes(&long, vec![pass_key(1, 0xff)]),
    ] {
        let refused = Bulletin::verify(&bad.sign(&root()), &root().verifying_key());
        assert_eq!(refused, Err(BulletinError::Passes), "{bad:?}");
    }
}

#[test]
fn a_bulletin_reads_back() {
    let bytes = bulletin().sign(&root());
    assert_eq!(
        Bulletin::verify(&bytes, &root().verifying_key()).unwrap(),
        bulletin()
    );
    assert_eq!(
        Bulletin::claimed_root_key(&bytes).unwrap(),
        root().verifying_key()
    );
}

#[test]
fn another_desks_bulletin_is_refused() {
    let other = SigningKey::from_bytes(&[2; 32]);
    let bytes = bulletin().sign(&other);
    let refused = Bulletin::verify(&bytes, &root().verifying_key());
    assert_eq!(refused, Err(BulletinError::Signature));
    let refused = Bulletin::verify(&bytes, &other.verifying_key());
    assert_eq!(refused, Err(BulletinError::RootKey));
}

#[test]
fn truncations_and_trailing_bytes_are_refused() {
    let bytes = bulletin().sign(&root());
    for n in 0..bytes.len() {
        assert!(
            Bulletin::verify(&bytes[..n], &root().verifying_key()).is_err(),
            "{n}"
        );
    }
    let (map, signature) = bytes.split_at(bytes.len() - 64);
    let longer = [map, &[0], signature].concat();
    assert_eq!(
        Bulletin::verify(&longer, &root().verifying_key()),
        Err(BulletinError::Encoding)
    );
}

#[test]
fn file_names_that_lead_elsewhere_are_refused() {
    for name in [
        "",
        "../key",
        "/etc",
        "a//b",
        ".hidden",
        "a/../b",
        "пошта",
        "a b",
    ] {
        let mut bad = bulletin();
        bad.files[0].name = name.into();
        let refused = Bulletin::verify(&bad.sign(&root()), &root().verifying_key());
        assert_eq!(refused, Err(BulletinError::FileName), "{name}");
    }
}

#[test]
fn keys_out_of_order_are_refused() {
    let mut bad = bulletin();
    bad.keys.swap(0, 1);
    let refused = Bulletin::verify(&bad.sign(&root()), &root().verifying_key());
    assert_eq!(refused, Err(BulletinError::Keys));
}

#[test]
fn the_key_of_the_week_is_found() {
    let at = KeyEpoch(2_960).starts() + 5;
    assert_eq!(bulletin().key_at(at).unwrap().epoch, KeyEpoch(2_960));
    assert!(bulletin().key_at(0).is_none());
}

proptest! {
    #[test]
    fn any_bytes_give_a_value_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Bulletin::verify(&bytes, &root().verifying_key());
        let _ = Bulletin::decode(&bytes);
    }
}
