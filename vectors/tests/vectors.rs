//! Every decoder against the files, and the files against their generator.

use std::collections::BTreeSet;

use lapwing_model::Form;
use lapwing_seal::{Frame, ReceptionSecret, open};
use lapwing_vectors::{FORMATS, folder, read, text};
use lapwing_wire::{Envelope, KeyEpoch};

#[test]
fn every_case_is_decided_as_its_file_says() {
    for format in FORMATS {
        let file = read(format.name).unwrap();
        for case in &file.cases {
            let name = format!("{}: {}", format.name, case.name);
            let verdict = format.decide(&file.context, case).expect(&name);
            let (expect, value) = match verdict {
                Ok(value) => ("ok", value),
                Err(refusal) => (refusal.reason, refusal.value),
            };
            assert_eq!(
                (expect, &value),
                (case.expect.as_str(), &case.value),
                "{name}"
            );
        }
    }
}

#[test]
fn every_reason_has_a_case_and_every_case_a_known_reason() {
    for format in FORMATS {
        let file = read(format.name).unwrap();
        assert_eq!(file.reasons, format.reasons, "{}", format.name);
        let named: BTreeSet<&str> = file.reasons.iter().map(String::as_str).collect();
        let seen: BTreeSet<&str> = file
            .cases
            .iter()
            .map(|case| case.expect.as_str())
            .filter(|r| *r != "ok")
            .collect();
        assert_eq!(seen, named, "{}", format.name);
        assert!(file.accepted() > 0, "{}: nothing is accepted", format.name);
    }
}

#[test]
fn most_cases_are_refusals_and_names_are_unique() {
    let (mut accepted, mut all) = (0, 0);
    for format in FORMATS {
        let file = read(format.name).unwrap();
        accepted += file.accepted();
        all += file.cases.len();
        let names: BTreeSet<&str> = file.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), file.cases.len(), "{}", format.name);
    }
    assert!(accepted * 3 < all, "{accepted} of {all} are accepted");
}

#[test]
fn writing_the_files_again_changes_nothing() {
    for format in FORMATS {
        let path = folder().join(format.name).with_extension("json");
        let written = std::fs::read_to_string(&path).unwrap();
        let again = text(&format.file().unwrap()).unwrap();
        assert!(
            written == again,
            "{} differs: run `cargo run -p lapwing-vectors`",
            format.name
        );
    }
}

#[test]
fn every_file_has_its_format() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let formats: BTreeSet<String> = FORMATS.iter().map(|f| format!("{}.json", f.name)).collect();
    assert_eq!(files, formats);
}

#[test]
fn what_a_phone_sealed_opens_at_the_desk_and_fits_the_form() {
    let file = read("seal").unwrap();
    let week = KeyEpoch(u32::try_from(file.context["epoch"].as_u64().unwrap()).unwrap());
    let bytes = |value: &serde_json::Value| hex::decode(value.as_str().unwrap()).unwrap();
    let seed: [u8; 32] = bytes(&file.context["seed"]).try_into().unwrap();
    let secret = ReceptionSecret::from_seed(week, &seed);
    let sealed = file.cases.iter().filter(|case| case.expect == "ok");
    for case in sealed {
        let envelope = Envelope::from_bytes(&bytes(&case.value["envelope"])).unwrap();
        let Ok(Frame::Report(report)) = open(&envelope, &secret) else {
            panic!("{}: no report", case.name);
        };
        let input = case.input.as_ref().unwrap();
        assert_eq!(hex::encode(report.author), input["author"], "{}", case.name);
        assert_eq!(report.sequence, input["sequence"], "{}", case.name);
        let (seen, draft) = (&report.observation, &input["draft"]);
        assert_eq!(
            seen.fits(&Form::civil_protection()),
            Ok(()),
            "{}",
            case.name
        );
        assert_eq!(seen.note, draft["note"], "{}", case.name);
        // Rounded before sealing: the place that was put in is not in the envelope.
        let exact = [&draft["lat"], &draft["lon"]].map(|degrees| degrees.as_f64().unwrap());
        assert_ne!([seen.place.lat(), seen.place.lon()], exact, "{}", case.name);
    }
}
