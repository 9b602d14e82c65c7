//! Every decoder against the files, and the files against their generator.

use std::collections::BTreeSet;

use lapwing_vectors::{FORMATS, folder, read, text};

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
