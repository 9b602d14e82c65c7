//! Two documents, byte for byte. After a wanted change, `LAPWING_BLESS=1 cargo
//! test -p lapwing-warn golden` writes them again.

use std::path::Path;

use lapwing_warn::{feed, from_xml, to_xml};

use crate::fixtures::{feed_info, shelling, story};

fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("LAPWING_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(actual, expected, "{name}");
}

#[test]
fn an_alert_is_these_bytes() {
    compare("alert.xml", &to_xml(&shelling()));
}

#[test]
fn a_feed_is_these_bytes() {
    compare("feed.atom", &feed(&feed_info(), &story()));
}

#[test]
fn the_golden_alert_reads_back() {
    let xml = include_str!("../golden/alert.xml");
    assert_eq!(from_xml(xml).unwrap(), shelling());
}
