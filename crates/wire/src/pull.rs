//! The desk's signature on a pull: an HTTP message signature (RFC 9421) with the root key.
//!
//! Exactly one form is made and taken:
//!
//! ```text
//! Signature-Input: desk=("@method" "@path" "@query");created=1790000000;keyid="desk";alg="ed25519"
//! Signature: desk=:BASE64:
//! ```
//!
//! A signature, and not a shared secret, because the relay stands on hostile ground and then holds
//! nothing with which it could pose as the desk elsewhere.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use thiserror::Error;

/// How far the clocks of desk and relay may be apart, in seconds.
pub const CLOCK_SKEW_S: i64 = 300;

/// The two header values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullHeaders {
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// Why a pull is not the desk's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PullError {
    /// `Signature-Input` is not of the one form.
    #[error("the signature input is not of the form that a relay takes")]
    Input,
    /// The clocks differ too much, or it was recorded and sent again.
    #[error("the signature was made more than 300 s from now")]
    Time,
    /// `Signature` is not of the one form.
    #[error("the signature is not of the form that a relay takes")]
    Form,
    /// Signed by somebody else.
    #[error("the signature is not the desk's")]
    Signature,
}

const COMPONENTS: &str = r#"("@method" "@path" "@query")"#;
const TAIL: &str = r#";keyid="desk";alg="ed25519""#;

/// Signs `GET path?query`; `query` without the question mark.
pub fn sign(key: &SigningKey, path: &str, query: &str, created: i64) -> PullHeaders {
    let parameters = format!("{COMPONENTS};created={created}{TAIL}");
    let signature = key.sign(base(path, query, &parameters).as_bytes());
    PullHeaders {
        signature_input: format!("desk={parameters}"),
        signature: format!("desk=:{}:", STANDARD.encode(signature.to_bytes())),
    }
}

/// Whether the desk signed `GET path?query` within [`CLOCK_SKEW_S`] of `now`.
///
/// # Errors
/// What is wrong with the signature.
pub fn verify(
    key: &VerifyingKey,
    path: &str,
    query: &str,
    signature_input: &str,
    signature: &str,
    now: i64,
) -> Result<(), PullError> {
    let parameters = signature_input
        .strip_prefix("desk=")
        .ok_or(PullError::Input)?;
    let created: i64 = parameters
        .strip_prefix(COMPONENTS)
        .and_then(|rest| rest.strip_prefix(";created="))
        .and_then(|rest| rest.strip_suffix(TAIL))
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or(PullError::Input)?;
    if created.abs_diff(now) > CLOCK_SKEW_S.unsigned_abs() {
        return Err(PullError::Time);
    }
    let signature: [u8; 64] = signature
        .strip_prefix("desk=:")
        .and_then(|rest| rest.strip_suffix(':'))
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(PullError::Form)?;
    key.verify_strict(
        base(path, query, parameters).as_bytes(),
        &Signature::from_bytes(&signature),
    )
    .map_err(|_why| PullError::Signature)
}

/// The signature base (RFC 9421 2.5).
fn base(path: &str, query: &str, parameters: &str) -> String {
    format!(
        "\"@method\": GET\n\"@path\": {path}\n\"@query\": ?{query}\n\"@signature-params\": {parameters}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn taken(path: &str, query: &str, headers: &PullHeaders, now: i64) -> Result<(), PullError> {
        let (input, signature) = (&headers.signature_input, &headers.signature);
        verify(&key().verifying_key(), path, query, input, signature, now)
    }

    #[test]
    fn the_desks_own_pull_is_taken() {
        let h = sign(&key(), "/v1/envelopes", "after=3&limit=10", NOW);
        assert_eq!(
            taken("/v1/envelopes", "after=3&limit=10", &h, NOW + 300),
            Ok(())
        );
        assert_eq!(
            h.signature_input,
            r#"desk=("@method" "@path" "@query");created=1790000000;keyid="desk";alg="ed25519""#
        );
    }

    #[test]
    fn another_query_time_or_key_is_refused() {
        let h = sign(&key(), "/v1/envelopes", "after=3", NOW);
        assert_eq!(
            taken("/v1/envelopes", "after=2", &h, NOW),
            Err(PullError::Signature)
        );
        assert_eq!(
            taken("/v1/bulletin", "after=3", &h, NOW),
            Err(PullError::Signature)
        );
        assert_eq!(
            taken("/v1/envelopes", "after=3", &h, NOW + 301),
            Err(PullError::Time)
        );
        assert_eq!(
            taken("/v1/envelopes", "after=3", &h, NOW - 301),
            Err(PullError::Time)
        );
        let other = sign(
            &SigningKey::from_bytes(&[6; 32]),
            "/v1/envelopes",
            "after=3",
            NOW,
        );
        assert_eq!(
            taken("/v1/envelopes", "after=3", &other, NOW),
            Err(PullError::Signature)
        );
    }

    #[test]
    fn other_forms_are_refused() {
        let good = sign(&key(), "/v1/envelopes", "", NOW);
        let with = |input: &str, signature: &str| PullHeaders {
            signature_input: input.to_owned(),
            signature: signature.to_owned(),
        };
        for input in [
            "",
            "desk=",
            "sig1=()",
            "desk=(\"@method\");created=1790000000",
        ] {
            let h = with(input, &good.signature);
            assert_eq!(
                taken("/v1/envelopes", "", &h, NOW),
                Err(PullError::Input),
                "{input}"
            );
        }
        let plus = good.signature_input.replace("created=", "created=+");
        let h = with(&plus, &good.signature);
        assert_eq!(taken("/v1/envelopes", "", &h, NOW), Err(PullError::Input));
        for signature in ["", "desk=::", "desk=:AAAA:", "other=:AAAA:"] {
            let h = with(&good.signature_input, signature);
            assert_eq!(
                taken("/v1/envelopes", "", &h, NOW),
                Err(PullError::Form),
                "{signature}"
            );
        }
    }
}
