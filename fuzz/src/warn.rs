//! Decoders of `lapwing-warn`.

use lapwing_warn::{from_xml, to_xml, validate};

/// A CAP 1.2 alert.
pub fn cap(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let Ok(alert) = from_xml(text) else {
        return false;
    };
    let _violations = validate(&alert);
    let written = to_xml(&alert);
    let again = from_xml(&written).expect("what is written can be read");
    assert_eq!(
        again, alert,
        "reading what was written gives the same alert"
    );
    assert_eq!(to_xml(&again), written, "writing is deterministic");
    true
}
