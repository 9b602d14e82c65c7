//! `lapwing words` with the real program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

use serde_json::{Value, json};

const HEX: &str = "00112233445566778899aabbccfc";

fn words(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lapwing"))
        .arg("words")
        .args(arguments)
        .output()
        .unwrap()
}

fn encoded(lang: &str) -> Vec<String> {
    let out = words(&["encode", "--lang", lang, HEX]);
    assert!(out.status.success());
    let text = String::from_utf8(out.stdout).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

fn decoded(lang: &str, heard: &[String]) -> (Value, i32, String) {
    let mut arguments = vec!["decode", "--lang", lang];
    arguments.extend(heard.iter().map(String::as_str));
    let out = words(&arguments);
    let said = serde_json::from_slice(&out.stdout).unwrap_or(Value::Null);
    (
        said,
        out.status.code().unwrap(),
        String::from_utf8(out.stderr).unwrap(),
    )
}

#[test]
fn a_report_is_said_in_fourteen_words_and_read_again_in_both_languages() {
    for lang in ["uk", "en"] {
        let said = encoded(lang);
        assert_eq!(said.len(), 14);
        let ok = json!({ "hex": HEX, "corrected": [], "status": "ok" });
        assert_eq!(decoded(lang, &said), (ok, 0, String::new()));
    }
}

#[test]
fn two_wrong_or_four_missing_words_are_mended_and_their_positions_told_from_one() {
    let said = encoded("uk");
    let mut wrong = said.clone();
    wrong.swap(0, 13);
    let mended =
        |corrected: Value| json!({ "hex": HEX, "corrected": corrected, "status": "corrected" });
    assert_eq!(
        decoded("uk", &wrong),
        (mended(json!([1, 14])), 0, String::new())
    );
    let mut missing = said;
    for at in [2, 3, 7, 11] {
        missing[at] = "_".to_owned();
    }
    assert_eq!(
        decoded("uk", &missing),
        (mended(json!([3, 4, 8, 12])), 0, String::new())
    );
}

#[test]
fn a_word_that_is_not_in_the_list_counts_as_missing_and_what_was_meant_is_named() {
    let said = encoded("en");
    let mut heard = said.clone();
    heard[4] = format!("{}q", said[4]);
    let (answer, code, _) = decoded("en", &heard);
    assert_eq!((&answer["hex"], code), (&json!(HEX), 0));
    assert_eq!(answer["corrected"], json!([5]));
    let unread =
        json!([{ "position": 5, "text": heard[4], "reason": "unknown", "candidates": [said[4]] }]);
    assert_eq!(answer["unread"], unread);
}

#[test]
fn what_is_beyond_the_code_is_refused_with_what_to_do() {
    let mut heard = encoded("uk");
    heard.swap(0, 13);
    heard.swap(3, 8);
    let (answer, code, said) = decoded("uk", &heard);
    assert_eq!(
        answer,
        json!({ "hex": null, "corrected": [], "status": "refused" })
    );
    assert_eq!(code, 1);
    assert!(said.contains("ask for the words again"), "{said}");
}

#[test]
fn a_word_left_out_is_offered() {
    let mut heard = encoded("uk");
    heard.remove(5);
    let (answer, code, _) = decoded("uk", &heard);
    assert_eq!((&answer["status"], code), (&json!("refused"), 1));
    let offer = json!({ "slip": "left-out", "position": 6, "hex": HEX, "corrected": [6], "status": "corrected" });
    assert_eq!(answer["offers"], json!([offer]));
}

#[test]
fn what_makes_no_sense_is_told_apart_from_a_refusal() {
    for (arguments, told) in [
        (
            vec!["encode", "--lang", "uk", "00"],
            "28 hexadecimal digits",
        ),
        (
            vec!["encode", "--lang", "uk", &"0g".repeat(14)],
            "28 hexadecimal digits",
        ),
        (
            vec!["encode", "--lang", "uk", &"ff".repeat(14)],
            "must be 0, 4, 8 or c",
        ),
        (vec!["encode", "--lang", "ru", HEX], "possible values"),
        (vec!["encode", HEX], "--lang"),
        (vec!["decode", "--lang", "uk", "яблуко"], "write _ for each"),
        (vec!["decode", "--lang", "uk"], "required"),
    ] {
        let out = words(&arguments);
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(told), "{arguments:?}: {said}");
        assert!(out.stdout.is_empty());
    }
}
