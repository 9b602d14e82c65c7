//! What a phone sends to an issuer, and what it gets: requests for passes, always as many.
//!
//! ```text
//! request  (8,288)  32 of: token type = 0x0002 2 · last byte of the key id 1 · blinded message 256
//! response (8,192)  32 of: blind signature 256
//! ```
//!
//! One part is TokenRequest and TokenResponse of RFC 9578 6.1 and 6.2. All clients ask for the same number, so that
//! an issuer, or who watches it, cannot tell them apart by how many they fetch. All parts name the same key.

use thiserror::Error;

use crate::{PASS_MODULUS_LEN, PASS_TYPE};

/// Passes in one request. A witness who sends some envelopes a day, cover included, fetches about once a week.
pub const PASS_BATCH: usize = 32;
/// Length of one part of a request.
pub const TOKEN_REQUEST_LEN: usize = 2 + 1 + PASS_MODULUS_LEN;
/// Length of a request.
pub const PASS_REQUEST_LEN: usize = PASS_BATCH * TOKEN_REQUEST_LEN;
/// Length of a response.
pub const PASS_RESPONSE_LEN: usize = PASS_BATCH * PASS_MODULUS_LEN;

/// A blinded message or a blind signature.
pub type Blinded = [u8; PASS_MODULUS_LEN];

/// A request for a batch of passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassRequest {
    /// Last byte of the id of the key that is to sign: enough to choose among an issuer's few.
    pub key_hint: u8,
    /// What is to be signed, blinded by the phone.
    pub blinded: Box<[Blinded; PASS_BATCH]>,
}

/// A batch of blind signatures, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassResponse(pub Box<[Blinded; PASS_BATCH]>);

/// Why bytes are no request or response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IssuanceError {
    /// Another length.
    #[error("{expected} bytes expected, not {actual}")]
    Length {
        /// What it must be.
        expected: usize,
        /// What it is.
        actual: usize,
    },
    /// A part asks for another type of token.
    #[error("token type {0} is not issued here")]
    Type(u16),
    /// Two parts name different keys.
    #[error("a batch is signed by one key")]
    Keys,
}

impl PassRequest {
    /// The bytes of the request.
    pub fn encode(&self) -> Vec<u8> {
        self.blinded
            .iter()
            .flat_map(|blinded| token_request(self.key_hint, blinded))
            .collect()
    }

    /// Reads a request.
    ///
    /// # Errors
    /// When it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, IssuanceError> {
        length(bytes, PASS_REQUEST_LEN)?;
        let key_hint = bytes[2];
        let mut blinded = Box::new([[0; PASS_MODULUS_LEN]; PASS_BATCH]);
        for (out, part) in blinded
            .iter_mut()
            .zip(bytes.chunks_exact(TOKEN_REQUEST_LEN))
        {
            let kind = u16::from_be_bytes([part[0], part[1]]);
            if kind != PASS_TYPE {
                return Err(IssuanceError::Type(kind));
            }
            if part[2] != key_hint {
                return Err(IssuanceError::Keys);
            }
            out.copy_from_slice(&part[3..]);
        }
        Ok(Self { key_hint, blinded })
    }
}

impl PassResponse {
    /// The bytes of the response.
    pub fn encode(&self) -> Vec<u8> {
        self.0.as_flattened().to_vec()
    }

    /// Reads a response; only the phone that asked can tell whether the signatures hold.
    ///
    /// # Errors
    /// `Length`.
    pub fn decode(bytes: &[u8]) -> Result<Self, IssuanceError> {
        length(bytes, PASS_RESPONSE_LEN)?;
        let mut signatures = Box::new([[0; PASS_MODULUS_LEN]; PASS_BATCH]);
        signatures.as_flattened_mut().copy_from_slice(bytes);
        Ok(Self(signatures))
    }
}

/// One part of a request: the TokenRequest of RFC 9578 6.1.
pub fn token_request(key_hint: u8, blinded: &Blinded) -> [u8; TOKEN_REQUEST_LEN] {
    let mut out = [0; TOKEN_REQUEST_LEN];
    out[..2].copy_from_slice(&PASS_TYPE.to_be_bytes());
    out[2] = key_hint;
    out[3..].copy_from_slice(blinded);
    out
}

fn length(bytes: &[u8], expected: usize) -> Result<(), IssuanceError> {
    let actual = bytes.len();
    if actual == expected {
        Ok(())
    } else {
        Err(IssuanceError::Length { expected, actual })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PassRequest {
        let mut blinded = Box::new([[0; PASS_MODULUS_LEN]; PASS_BATCH]);
        for (n, part) in blinded.iter_mut().enumerate() {
            part.fill(n as u8);
        }
        PassRequest {
            key_hint: 8,
            blinded,
        }
    }

    #[test]
    fn request_and_response_read_back() {
        let bytes = request().encode();
        assert_eq!(bytes.len(), PASS_REQUEST_LEN);
        assert_eq!(PassRequest::decode(&bytes).unwrap(), request());
        let response = PassResponse(request().blinded);
        assert_eq!(PassResponse::decode(&response.encode()).unwrap(), response);
    }

    #[test]
    fn other_lengths_types_and_two_keys_are_refused() {
        let good = request().encode();
        for n in [0, 1, TOKEN_REQUEST_LEN, PASS_REQUEST_LEN - 1] {
            assert!(matches!(
                PassRequest::decode(&good[..n]),
                Err(IssuanceError::Length { actual, .. }) if actual == n
            ));
            assert!(PassResponse::decode(&good[..n]).is_err());
        }
        assert!(PassRequest::decode(&[&good[..], &[0]].concat()).is_err());
        for part in 0..PASS_BATCH {
            let mut bad = good.clone();
            bad[part * TOKEN_REQUEST_LEN + 1] = 1;
            assert_eq!(PassRequest::decode(&bad), Err(IssuanceError::Type(1)));
            let mut bad = good.clone();
            bad[part * TOKEN_REQUEST_LEN + 2] ^= 1;
            assert_eq!(PassRequest::decode(&bad), Err(IssuanceError::Keys));
        }
    }
}
