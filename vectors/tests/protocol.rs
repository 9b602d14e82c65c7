//! `docs/PROTOCOL.md` shows the bytes of the vectors.

use std::collections::BTreeSet;

use lapwing_vectors::read;

/// The page, line by line.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PROTOCOL.md");
    std::fs::read_to_string(path).expect("the page is there")
}

/// What a line shows: some bytes, and how many there are.
fn shown(line: &str) -> (Vec<u8>, usize) {
    let digits = |text: &str| hex::decode(text.replace(' ', "")).expect(line);
    let column = line
        .split("  ")
        .next()
        .expect("there is always a first part");
    match column.split_once('…') {
        None => {
            let bytes = digits(column);
            let length = bytes.len();
            (bytes, length)
        }
        Some((first, length)) => {
            let length = length.trim().trim_end_matches(" bytes").replace(',', "");
            (digits(first), length.parse().expect(line))
        }
    }
}

/// Blocks that begin with `format: name of a case`.
fn blocks(page: &str) -> Vec<(&str, &str, Vec<&str>)> {
    let mut found = Vec::new();
    for block in page.split("```text\n").skip(1) {
        let block = block.split("```").next().expect("the block ends");
        let mut lines = block.lines();
        let title = lines.next().expect("a block has lines");
        if let Some((format, case)) = title.split_once(": ")
            && !title.starts_with("Signature")
        {
            found.push((format, case, lines.collect()));
        }
    }
    found
}

#[test]
fn the_bytes_on_the_page_are_those_of_the_vectors() {
    let page = page();
    for (format, name, lines) in blocks(&page) {
        let file = read(format).unwrap();
        let case = file.cases.iter().find(|case| case.name == name);
        let bytes = case.expect(name).whole().unwrap();
        let mut at = 0;
        for line in lines {
            let (first, length) = shown(line);
            assert_eq!(&bytes[at..at + first.len()], first, "{format}: {line}");
            at += length;
        }
        assert_eq!(at, bytes.len(), "{format}: every byte is on the page");
    }
}

#[test]
fn every_format_of_bytes_is_on_the_page() {
    let page = page();
    let shown: BTreeSet<&str> = blocks(&page).iter().map(|(format, _, _)| *format).collect();
    let formats = [
        "answer",
        "bulletin",
        "bundle",
        "cell-message",
        "drop",
        "envelope",
        "frame",
        "observation",
        "piece",
        "publication",
        "receipt",
        "record",
        "reply",
        "whisper",
    ];
    assert_eq!(shown, BTreeSet::from(formats));
}

#[test]
fn the_signature_on_the_page_is_that_of_the_vectors() {
    let file = read("pull").unwrap();
    let input = file.cases[0].members().unwrap();
    for (header, member) in [
        ("Signature-Input", "signature_input"),
        ("Signature", "signature"),
    ] {
        let line = format!("\n{header}: {}\n", input[member].as_str().unwrap());
        assert!(page().contains(&line), "{line}");
    }
}

#[test]
fn every_reason_is_on_the_page() {
    let page = page();
    for format in lapwing_vectors::FORMATS {
        // These two speak of what a phone composes, and the app has words for it.
        if matches!(format.name, "rounding" | "seal") {
            continue;
        }
        for reason in format.reasons {
            assert!(
                page.contains(&format!("`{reason}`")),
                "{}: {reason}",
                format.name
            );
        }
    }
}
