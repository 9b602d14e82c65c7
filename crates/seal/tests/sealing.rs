//! What is not sealed.

use lapwing_model::{Danger, Form, Known, Observation, Place};
use lapwing_seal::{FieldSeed, Frame, FrameError, ReceptionSecret, Report, SealError, seal};
use lapwing_wire::KeyEpoch;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// A report whose note has so many bytes: more than a phone composes.
fn noted(bytes: usize) -> Frame {
    let kind = Form::civil_protection().kinds()[0].clone();
    let place = Place::from_degrees(48.0, 37.8).expect("it is on earth");
    Frame::Report(Report {
        author: [7; 16],
        sequence: 3,
        seed: FieldSeed::from_bytes([8; 32]),
        observation: Observation {
            kind: kind.code,
            place: place.rounded(kind.precision),
            off_m: 300,
            seen: 1_790_000_000,
            seen_off_s: 60,
            count: None,
            heading: None,
            known: Known::Heard,
            danger: Danger::None,
            note: "x".repeat(bytes),
        },
        replayed_at: None,
    })
}

#[test]
fn a_report_that_does_not_fit_is_refused_and_not_cut() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let to = ReceptionSecret::generate(&mut rng, KeyEpoch(2_969)).public();
    // 96 bytes of the body are not the note; 871 fit.
    assert!(seal(&mut rng, &to, &noted(775)).is_ok());
    for (note, body) in [(776, 872), (70_000, 70_100)] {
        assert_eq!(
            seal(&mut rng, &to, &noted(note)).unwrap_err(),
            SealError::Frame(FrameError::TooLong(body))
        );
    }
}
