//! Decoders of `lapwing-model`.

use lapwing_model::{Form, Observation};

/// An observation: one value, one encoding.
pub fn observation(data: &[u8]) -> bool {
    let Ok(seen) = Observation::decode(data) else {
        return false;
    };
    assert_eq!(seen.encode(), data, "an observation has one encoding");
    // Whatever was decoded, holding it against a form must not fail badly.
    let form = Form::civil_protection();
    let _verdict = seen.fits(&form);
    true
}

/// A form, from JSON that a bulletin carries.
pub fn form(data: &[u8]) -> bool {
    let Ok(form) = Form::parse(data) else {
        return false;
    };
    assert_eq!(
        form.source(),
        data,
        "a form keeps the bytes that were signed"
    );
    assert!(
        form.kinds().is_sorted_by(|a, b| a.code < b.code),
        "kinds are found by binary search"
    );
    for kind in form.kinds() {
        assert_eq!(form.kind(kind.code), Some(kind));
    }
    true
}
