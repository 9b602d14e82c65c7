//! A phone against a desk's keys: what it takes, what it refuses, what it sends.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use lapwing_model::{Danger, Form, Known, Place, Region};
use lapwing_seal::{Frame, ReceptionSecret, open};
use lapwing_wire::{Answer, Bulletin, KeyEpoch, Receipt, ReceptionKey, SigningKey, leaf_hash};
use lapwing_witness::{ComposeError, Draft, Phone, PhoneError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const NOW: i64 = 1_795_000_000;

struct Desk {
    root: SigningKey,
    secrets: Vec<ReceptionSecret>,
}

impl Desk {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let first = KeyEpoch::at(NOW).0;
        let secrets = (first..first + 3)
            .map(|n| ReceptionSecret::generate(&mut rng, KeyEpoch(n)))
            .collect();
        Self {
            root: SigningKey::from_bytes(&[2; 32]),
            secrets,
        }
    }

    fn bulletin(&self, number: u64) -> Vec<u8> {
        self.bulletin_until(number, NOW + 90 * 86_400)
    }

    fn bulletin_until(&self, number: u64, expires: i64) -> Vec<u8> {
        let place = |lat, lon| Place::from_degrees(lat, lon).unwrap();
        Bulletin {
            root_key: self.root.verifying_key().to_bytes(),
            number,
            issued: NOW,
            expires,
            region: Region {
                south_west: place(44.0, 22.0),
                north_east: place(52.5, 40.5),
            },
            keys: self
                .secrets
                .iter()
                .map(|s| ReceptionKey {
                    epoch: s.epoch(),
                    public: s.public_bytes(),
                })
                .collect(),
            form: Form::civil_protection().source().to_vec(),
            warnings: Vec::new(),
            files: Vec::new(),
            drops: None,
            passes: None,
        }
        .sign(&self.root)
    }

    fn phone(&self) -> Phone {
        let mut phone = Phone::new(self.root.verifying_key().as_bytes(), [9; 16], 0).unwrap();
        phone.accept_bulletin(&self.bulletin(5), NOW).unwrap();
        phone
    }
}

fn draft() -> Draft {
    Draft {
        kind: 9,
        lat: 48.012_345_6,
        lon: 37.812_345_6,
        off_m: 500,
        seen: NOW - 60,
        seen_off_s: 60,
        count: Some(12),
        heading: Some(4),
        known: Known::Seen,
        danger: Danger::None,
        note: "колона".into(),
    }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([3; 32])
}

#[test]
fn the_desk_reads_what_was_seen_no_finer_than_its_purpose() {
    let desk = Desk::new();
    let mut phone = desk.phone();
    let envelope = phone.report(&mut rng(), &draft(), NOW).unwrap();
    let Frame::Report(report) = open(&envelope, &desk.secrets[0]).unwrap() else {
        panic!("a report was sealed");
    };
    assert_eq!(
        (report.author, report.sequence, report.replayed_at),
        ([9; 16], 0, None)
    );
    assert_eq!(phone.next_sequence(), 1);
    report.observation.fits(&Form::civil_protection()).unwrap();
    // A kilometre of grid: the last digits that were put in are gone.
    assert!((report.observation.place.lat() - draft().lat).abs() > 1e-5);
    assert_eq!(report.observation.count, Some(12));
}

#[test]
fn a_report_of_next_week_is_sealed_to_next_weeks_key() {
    let desk = Desk::new();
    let later = NOW + 7 * 86_400;
    let late = Draft {
        seen: later,
        ..draft()
    };
    let envelope = desk.phone().report(&mut rng(), &late, later).unwrap();
    assert!(open(&envelope, &desk.secrets[1]).is_ok());
    let much_later = NOW + 60 * 86_400;
    let late = Draft {
        seen: much_later,
        ..draft()
    };
    let refused = desk.phone().report(&mut rng(), &late, much_later);
    assert!(matches!(refused, Err(PhoneError::NoKey(_))));
}

#[test]
fn a_clock_that_is_behind_the_desks_signature_does_not_keep_a_phone_from_sealing() {
    let desk = Desk::new();
    let behind = NOW - 8 * 86_400;
    let early = Draft {
        seen: behind,
        ..draft()
    };
    let envelope = desk.phone().report(&mut rng(), &early, behind).unwrap();
    assert!(open(&envelope, &desk.secrets[0]).is_ok());
}

#[test]
fn an_older_expired_or_foreign_bulletin_is_refused() {
    let desk = Desk::new();
    let mut phone = desk.phone();
    assert!(matches!(
        phone.accept_bulletin(&desk.bulletin(4), NOW),
        Err(PhoneError::Older {
            offered: 4,
            known: 5
        })
    ));
    phone.accept_bulletin(&desk.bulletin(5), NOW).unwrap();
    let expired = phone.accept_bulletin(&desk.bulletin(6), NOW + 91 * 86_400);
    assert!(matches!(expired, Err(PhoneError::Expired)));
    let other = Desk {
        root: SigningKey::from_bytes(&[7; 32]),
        secrets: Desk::new().secrets,
    };
    let foreign = phone.accept_bulletin(&other.bulletin(9), NOW);
    assert!(matches!(foreign, Err(PhoneError::Bulletin(_))));
}

#[test]
fn a_kept_bulletin_past_its_time_still_seals_until_its_keys_run_out() {
    let desk = Desk::new();
    let later = NOW + 7 * 86_400;
    let bytes = desk.bulletin_until(5, later);
    let mut phone = Phone::new(desk.root.verifying_key().as_bytes(), [9; 16], 3).unwrap();
    assert!(matches!(
        phone.accept_bulletin(&bytes, later),
        Err(PhoneError::Expired)
    ));
    phone.recall_bulletin(&bytes).unwrap();
    let late = Draft {
        seen: later,
        ..draft()
    };
    let envelope = phone.report(&mut rng(), &late, later).unwrap();
    assert!(open(&envelope, &desk.secrets[1]).is_ok());
    let mut forged = bytes;
    *forged.last_mut().unwrap() ^= 1;
    assert!(phone.recall_bulletin(&forged).is_err());
    assert!(phone.recall_bulletin(&desk.bulletin(4)).is_err());
}

#[test]
fn a_draft_that_does_not_fit_names_what_to_change() {
    let mut phone = Desk::new().phone();
    let mut refuse = |draft: Draft| match phone.report(&mut rng(), &draft, NOW) {
        Err(PhoneError::Compose(why)) => why,
        other => panic!("{:?}", other.map(|_| ())),
    };
    assert_eq!(
        refuse(Draft {
            note: "я".repeat(281),
            ..draft()
        }),
        ComposeError::Note(562)
    );
    assert_eq!(
        refuse(Draft {
            heading: Some(8),
            ..draft()
        }),
        ComposeError::Heading(8)
    );
    assert_eq!(
        refuse(Draft {
            seen: NOW + 601,
            ..draft()
        }),
        ComposeError::Future
    );
    assert!(matches!(
        refuse(Draft {
            lat: f64::NAN,
            ..draft()
        }),
        ComposeError::Place(_)
    ));
    assert!(matches!(
        refuse(Draft {
            kind: 62,
            ..draft()
        }),
        ComposeError::Unfit(_)
    ));
    assert_eq!(phone.next_sequence(), 0);
}

#[test]
fn without_a_bulletin_nothing_can_be_sealed() {
    let desk = Desk::new();
    let mut phone = Phone::new(desk.root.verifying_key().as_bytes(), [9; 16], 0).unwrap();
    assert!(matches!(
        phone.report(&mut rng(), &draft(), NOW),
        Err(PhoneError::NoBulletin)
    ));
    assert!(matches!(
        phone.cover(&mut rng(), NOW),
        Err(PhoneError::NoBulletin)
    ));
}

#[test]
fn cover_and_report_differ_only_for_the_desk() {
    let desk = Desk::new();
    let mut phone = desk.phone();
    let cover = phone.cover(&mut rng(), NOW).unwrap();
    let report = phone.report(&mut rng(), &draft(), NOW).unwrap();
    assert_eq!(cover.as_bytes()[..6], report.as_bytes()[..6]);
    assert_eq!(open(&cover, &desk.secrets[0]).unwrap(), Frame::Cover);
}

#[test]
fn an_answer_counts_only_for_its_own_envelope() {
    let desk = Desk::new();
    let mut phone = desk.phone();
    let a = phone.report(&mut rng(), &draft(), NOW).unwrap();
    let b = phone.cover(&mut rng(), NOW).unwrap();
    let salt = [4; 32];
    let log = SigningKey::from_bytes(&[8; 32]);
    let answer = Answer {
        receipt: Receipt::sign(&log, leaf_hash(&salt, &a), NOW),
        salt,
    }
    .encode();
    Phone::check_answer(a.as_bytes(), &answer).unwrap();
    assert!(Phone::check_answer(b.as_bytes(), &answer).is_err());
    assert!(Phone::check_answer(a.as_bytes(), &answer[1..]).is_err());
}
