//! Whether a request is of who has the account's token: `X-Twilio-Signature`.
//!
//! The base64 of HMAC-SHA1 over the address that was called and, behind it, names and values of the form in the order of the
//! names. SHA-1 is what they use; as an HMAC it is not broken.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Whether the signature is of this address and form.
pub(super) fn holds(token: &str, url: &str, body: &[u8], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    hmac::verify(&key, signed(url, body).as_bytes(), &signature).is_ok()
}

fn signed(url: &str, body: &[u8]) -> zeroize::Zeroizing<String> {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).collect();
    pairs.sort();
    let mut text = zeroize::Zeroizing::new(url.to_owned());
    for (name, value) in &pairs {
        text.push_str(name);
        text.push_str(value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.com/myapp.php?foo=1&bar=2";
    const TOKEN: &str = "12345";
    const BODY: &[u8] =
        b"To=%2B18005551212&CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675310&Caller=%2B14158675310";

    #[test]
    fn names_are_sorted_and_values_are_as_they_were_typed() {
        assert_eq!(
            *signed(URL, BODY),
            "https://example.com/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDECaller+14158675310Digits1234From+14158675310To+18005551212"
        );
    }

    #[test]
    fn the_example_of_the_provider_holds_and_nothing_else_does() {
        // Their documentation's example.
        let signature = "L/OH5YylLD5NRKLltdqwSvS0BnU=";
        assert!(holds(TOKEN, URL, BODY, signature));
        assert!(!holds("12346", URL, BODY, signature));
        assert!(!holds(TOKEN, "https://example.com/", BODY, signature));
        assert!(!holds(TOKEN, URL, b"Digits=1", signature));
        for other in ["", "L/OH5YylLD5NRKLltdqwSvS0BnV=", "AAAA", "no base64"] {
            assert!(!holds(TOKEN, URL, BODY, other), "{other}");
        }
    }
}
