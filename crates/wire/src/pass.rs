//! A pass: a single-use token that admits one envelope and that nobody can tie to whoever fetched it.
//!
//! Privacy Pass, token type 0x0002, blind RSA with 2,048 bits (RFC 9577 2.2, RFC 9578 6):
//!
//! ```text
//! pass (354)  type = 0x0002 2 · nonce 32 · challenge digest 32 · key id 32 · authenticator 256
//! ```
//!
//! The authenticator is RSASSA-PSS (SHA-384, salt of 48 bytes) over the 98 bytes before it. Whoever has the
//! issuer's public key can verify it, so that a relay on hostile ground holds nothing with which passes could be
//! made. The challenge is the same for everybody and always: phones fetch passes long before they send, and a relay
//! that could choose challenges could mark phones by them.
//!
//! **Not here:** the arithmetic. Phones blind and finalise with `lapwing-pass`, loaded when first needed; relays
//! verify with a native library.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Token type of blind RSA with 2,048 bits (RFC 9578 8.2.2).
pub const PASS_TYPE: u16 = 0x0002;
/// Length of modulus, blinded message, and authenticator: 2,048 bits.
pub const PASS_MODULUS_LEN: usize = 2_048 / 8;
/// What the authenticator is over.
pub const PASS_INPUT_LEN: usize = 2 + 32 + 32 + 32;
/// Length of a pass.
pub const PASS_LEN: usize = PASS_INPUT_LEN + PASS_MODULUS_LEN;
/// Length of a pass key as RFC 9578 6.5 writes it.
pub const PASS_KEY_LEN: usize = SPKI_HEAD.len() + PASS_MODULUS_LEN + SPKI_TAIL.len();
/// Length of a pass epoch, in seconds: 28 days.
pub const PASS_EPOCH_S: i64 = 28 * 86_400;

/// How far a relay's clock may be behind the issuer's, in seconds, before it refuses the first passes of an epoch.
const CLOCK_SKEW_S: i64 = 300;
/// Issuer's name in the challenge. It is no address and can never become one (RFC 6761 6.4): which issuer is meant
/// is said by the key, and a general client that reads the challenge asks nobody.
const ISSUER_NAME: &str = "passes.lapwing.invalid";
const SCHEME: &str = "PrivateToken";
/// Longest `Authorization` that is read: a pass takes 493 characters.
const AUTHORIZATION_MAX: usize = 2_048;

/// Everything of a key before the modulus: there is one encoding of a key of this size and exponent.
///
/// ```text
/// 30 82 0152                      SEQUENCE, 338 bytes
/// 30 3d                             SEQUENCE: algorithm
/// 06 09 2a864886f70d01010a            id-RSASSA-PSS
/// 30 30                               SEQUENCE: parameters
/// a0 0d 30 0b 06 09 608648016503040202  hash: SHA-384
/// a1 1a 30 18 06 09 2a864886f70d010108  mask: MGF1
///       30 0b 06 09 608648016503040202    with SHA-384
/// a2 03 02 01 30                        salt: 48 bytes
/// 03 82 010f 00                     BIT STRING
/// 30 82 010a                          SEQUENCE: key
/// 02 82 0101 00                         INTEGER: modulus, 256 bytes follow
/// ```
const SPKI_HEAD: [u8; 81] = [
    0x30, 0x82, 0x01, 0x52, 0x30, 0x3d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x0a, 0x30, 0x30, 0xa0, 0x0d, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
    0x02, 0x02, 0xa1, 0x1a, 0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x08, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0xa2, 0x03,
    0x02, 0x01, 0x30, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01,
    0x00,
];
/// INTEGER: exponent 65,537.
const SPKI_TAIL: [u8; 5] = [0x02, 0x03, 0x01, 0x00, 0x01];

/// 28 days, counted from 1970-01-01, in which a key issues passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassEpoch(pub u32);

impl PassEpoch {
    /// The epoch of a time; times before 1970 belong to the first, times beyond the last to the last.
    pub fn at(unix: i64) -> Self {
        let epoch = unix.div_euclid(PASS_EPOCH_S).max(0);
        Self(u32::try_from(epoch).unwrap_or(u32::MAX))
    }

    /// First second of the epoch.
    pub fn starts(self) -> i64 {
        i64::from(self.0) * PASS_EPOCH_S
    }

    /// Whether passes of this epoch are taken at a time: those of the current one and the one before.
    pub fn accepted(self, now: i64) -> bool {
        self >= Self::oldest(now) && self <= Self::at(now.saturating_add(CLOCK_SKEW_S))
    }

    /// The oldest epoch whose passes are taken at a time.
    pub fn oldest(now: i64) -> Self {
        Self(Self::at(now).0.saturating_sub(1))
    }
}

/// An issuer's public key: RSA with 2,048 bits and exponent 65,537, for RSASSA-PSS with SHA-384.
#[derive(Clone, PartialEq, Eq)]
pub struct PassKey {
    modulus: Box<[u8; PASS_MODULUS_LEN]>,
}

impl core::fmt::Debug for PassKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PassKey").finish_non_exhaustive()
    }
}

/// The bytes are no key for passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an RSASSA-PSS key of 2048 bits with SHA-384, a salt of 48 bytes and exponent 65537")]
pub struct PassKeyError;

impl PassKey {
    /// From the modulus alone.
    ///
    /// # Errors
    /// When it has not exactly 2,048 bits, or is even.
    pub fn from_modulus(modulus: &[u8; PASS_MODULUS_LEN]) -> Result<Self, PassKeyError> {
        let [first, .., last] = modulus;
        if first & 0x80 == 0 || last & 1 == 0 {
            return Err(PassKeyError);
        }
        Ok(Self {
            modulus: Box::new(*modulus),
        })
    }

    /// Reads the SubjectPublicKeyInfo of RFC 9578 6.5. Nothing else than its one encoding is taken, since the key's
    /// name is the hash of these bytes. Whether the modulus is a product of two primes, nobody but its maker can say.
    ///
    /// # Errors
    /// When it is any other key, or encoded in any other way.
    pub fn from_spki(bytes: &[u8]) -> Result<Self, PassKeyError> {
        let modulus = bytes
            .strip_prefix(&SPKI_HEAD)
            .and_then(|rest| rest.strip_suffix(&SPKI_TAIL))
            .and_then(|modulus| modulus.try_into().ok())
            .ok_or(PassKeyError)?;
        Self::from_modulus(modulus)
    }

    /// The SubjectPublicKeyInfo of RFC 9578 6.5.
    pub fn spki(&self) -> [u8; PASS_KEY_LEN] {
        let mut out = [0; PASS_KEY_LEN];
        let (head, rest) = out.split_at_mut(SPKI_HEAD.len());
        let (modulus, tail) = rest.split_at_mut(PASS_MODULUS_LEN);
        head.copy_from_slice(&SPKI_HEAD);
        modulus.copy_from_slice(self.modulus.as_slice());
        tail.copy_from_slice(&SPKI_TAIL);
        out
    }

    /// The modulus, big-endian.
    pub fn modulus(&self) -> &[u8; PASS_MODULUS_LEN] {
        &self.modulus
    }

    /// The public exponent, big-endian.
    pub const EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];

    /// Its name in passes: SHA-256 of [`PassKey::spki`].
    pub fn id(&self) -> [u8; 32] {
        Sha256::digest(self.spki()).into()
    }
}

/// A pass key and the epoch in which it issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerKey {
    /// Its epoch.
    pub epoch: PassEpoch,
    /// The key.
    pub key: PassKey,
}

/// The challenge of this and every deployment (RFC 9577 2.1): token type, issuer's name, no redemption context (which
/// would tie a pass to a time or a relay), no origin (a pass is good at every relay of its desk).
pub fn challenge() -> Vec<u8> {
    let mut out = PASS_TYPE.to_be_bytes().to_vec();
    let name = u16::try_from(ISSUER_NAME.len()).expect("the name is short");
    out.extend_from_slice(&name.to_be_bytes());
    out.extend_from_slice(ISSUER_NAME.as_bytes());
    out.push(0);
    out.extend_from_slice(&0_u16.to_be_bytes());
    out
}

/// SHA-256 of [`challenge`]: what every pass carries.
pub fn challenge_digest() -> [u8; 32] {
    Sha256::digest(challenge()).into()
}

/// `WWW-Authenticate` of a refusal for want of a pass (RFC 9577 2.1).
pub fn www_authenticate(key: Option<&PassKey>) -> String {
    let challenge = URL_SAFE.encode(challenge());
    match key {
        Some(key) => format!(
            "{SCHEME} challenge=\"{challenge}\", token-key=\"{}\"",
            URL_SAFE.encode(key.spki())
        ),
        None => format!("{SCHEME} challenge=\"{challenge}\""),
    }
}

/// A pass.
#[derive(Clone, PartialEq, Eq)]
pub struct Pass {
    /// Drawn by the phone.
    pub nonce: [u8; 32],
    /// SHA-256 of the challenge: [`challenge_digest`] in ours.
    pub challenge: [u8; 32],
    /// [`PassKey::id`] of the key that signed it.
    pub key_id: [u8; 32],
    /// The signature, unblinded by the phone.
    pub authenticator: [u8; PASS_MODULUS_LEN],
}

impl core::fmt::Debug for Pass {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Whoever reads it could spend it.
        f.debug_struct("Pass").finish_non_exhaustive()
    }
}

/// Why something is no pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PassError {
    /// No `PrivateToken` credentials with one `token`.
    #[error("not the credentials of a PrivateToken")]
    Credentials,
    /// Another length.
    #[error("a pass has 354 bytes, not {0}")]
    Length(usize),
    /// Another token type.
    #[error("token type {0} is not taken here")]
    Type(u16),
    /// For another challenge than that of Lapwing.
    #[error("the pass answers another challenge")]
    Challenge,
}

impl Pass {
    /// What the authenticator is over.
    pub fn input(&self) -> [u8; PASS_INPUT_LEN] {
        pass_input(&self.nonce, &self.challenge, &self.key_id)
    }

    /// The bytes of the pass.
    pub fn encode(&self) -> [u8; PASS_LEN] {
        let mut out = [0; PASS_LEN];
        let (input, authenticator) = out.split_at_mut(PASS_INPUT_LEN);
        input.copy_from_slice(&self.input());
        authenticator.copy_from_slice(&self.authenticator);
        out
    }

    /// Reads a pass; checks neither its challenge nor its signature.
    ///
    /// # Errors
    /// `Length` or `Type`.
    pub fn decode(bytes: &[u8]) -> Result<Self, PassError> {
        let b: &[u8; PASS_LEN] = bytes
            .try_into()
            .map_err(|_length| PassError::Length(bytes.len()))?;
        let kind = u16::from_be_bytes([b[0], b[1]]);
        if kind != PASS_TYPE {
            return Err(PassError::Type(kind));
        }
        Ok(Self {
            nonce: part(b, 2),
            challenge: part(b, 34),
            key_id: part(b, 66),
            authenticator: part(b, PASS_INPUT_LEN),
        })
    }

    /// Under what a relay remembers that a pass is spent: SHA-256 of all its bytes.
    ///
    /// All, because then only who holds the pass can name it: over the nonce alone, whoever learns a nonce could have
    /// it signed once more and spend it first. And one pass has one such name: verification refuses an
    /// authenticator that is not below the modulus (RFC 8017 5.2.2), so that a signature has a single encoding, and a
    /// second signature over the same input is a second act of issuing.
    pub fn nullifier(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// The value of `Authorization`. 354 bytes need no padding, which RFC 9577 2.2 asks for otherwise.
    pub fn authorization(&self) -> String {
        format!("{SCHEME} token=\"{}\"", URL_SAFE.encode(self.encode()))
    }

    /// Reads the value of `Authorization` (RFC 9577 2.2): unknown parameters are ignored, `token` is there once. The
    /// signature is not checked.
    ///
    /// # Errors
    /// `Credentials`, `Length`, `Type`, `Challenge`, in this order.
    pub fn from_authorization(value: &str) -> Result<Self, PassError> {
        let token = token(value).ok_or(PassError::Credentials)?;
        let bytes = URL_SAFE
            .decode(token)
            .map_err(|_why| PassError::Credentials)?;
        let pass = Self::decode(&bytes)?;
        if pass.challenge != challenge_digest() {
            return Err(PassError::Challenge);
        }
        Ok(pass)
    }
}

/// What an authenticator is over: the input of RFC 9578 6.1.
pub fn pass_input(
    nonce: &[u8; 32],
    challenge: &[u8; 32],
    key_id: &[u8; 32],
) -> [u8; PASS_INPUT_LEN] {
    let mut out = [0; PASS_INPUT_LEN];
    out[..2].copy_from_slice(&PASS_TYPE.to_be_bytes());
    out[2..34].copy_from_slice(nonce);
    out[34..66].copy_from_slice(challenge);
    out[66..].copy_from_slice(key_id);
    out
}

/// The parameter `token` of `PrivateToken` credentials (RFC 9110 11.4).
fn token(value: &str) -> Option<&str> {
    if value.len() > AUTHORIZATION_MAX {
        return None;
    }
    let (scheme, mut rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let mut found = None;
    loop {
        let (name, value, more) = parameter(rest)?;
        if name.eq_ignore_ascii_case("token") && found.replace(value).is_some() {
            return None;
        }
        match more.trim_start_matches(BLANK).strip_prefix(',') {
            Some(next) => rest = next,
            None if more.trim_matches(BLANK).is_empty() => return found,
            None => return None,
        }
    }
}

const BLANK: [char; 2] = [' ', '\t'];

/// `name = token` or `name = quoted-string`, and what follows (RFC 9110 5.6.2, 5.6.4).
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let text = text.trim_start_matches(BLANK);
    let (name, value) = text.split_once('=')?;
    let (name, value) = (
        name.trim_end_matches(BLANK),
        value.trim_start_matches(BLANK),
    );
    if name.is_empty() || !name.chars().all(in_token) {
        return None;
    }
    let Some(quoted) = value.strip_prefix('"') else {
        let end = value.find(|c| !in_token(c)).unwrap_or(value.len());
        let (value, more) = value.split_at_checked(end)?;
        return (!value.is_empty()).then_some((name, value, more));
    };
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // An escape inside is left as it is: no pass is written with one.
            '"' => return Some((name, quoted.get(..at)?, quoted.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pass() -> Pass {
        Pass {
            nonce: [1; 32],
            challenge: challenge_digest(),
            key_id: [3; 32],
            authenticator: [4; PASS_MODULUS_LEN],
        }
    }

    fn key() -> PassKey {
        PassKey::from_modulus(&[0xff; PASS_MODULUS_LEN]).unwrap()
    }

    #[test]
    fn a_pass_and_its_header_read_back() {
        assert_eq!(Pass::decode(&pass().encode()).unwrap(), pass());
        let header = pass().authorization();
        assert_eq!(Pass::from_authorization(&header).unwrap(), pass());
        assert_eq!(header.len(), 493);
    }

    #[test]
    fn the_header_is_read_as_rfc_9577_writes_it() {
        let token = URL_SAFE.encode(pass().encode());
        for good in [
            format!("PrivateToken token=\"{token}\""),
            format!("privatetoken  TOKEN = {token}"),
            format!("PrivateToken realm=\"a, \\\"b\", token=\"{token}\" , extra=1"),
        ] {
            assert_eq!(Pass::from_authorization(&good), Ok(pass()), "{good}");
        }
        let credentials = Err(PassError::Credentials);
        for bad in [
            String::new(),
            "PrivateToken".into(),
            "PrivateToken ".into(),
            "PrivateToken token=".into(),
            format!("PrivateToken {token}"),
            format!("Bearer token=\"{token}\""),
            format!("PrivateToken token=\"{token}"),
            format!("PrivateToken token=\"{token}\","),
            format!("PrivateToken token=\"{token}\" more"),
            format!("PrivateToken token=\"{token}\", token=\"{token}\""),
            format!("PrivateToken token=\"+{token}\""),
            format!("PrivateToken token=\"\\{token}\""),
            format!(
                "PrivateToken a=\"{}\", token=\"{token}\"",
                "x".repeat(2_000)
            ),
        ] {
            assert_eq!(Pass::from_authorization(&bad), credentials, "{bad}");
        }
    }

    #[test]
    fn other_lengths_types_and_challenges_are_refused() {
        let good = pass().encode();
        for n in 0..PASS_LEN {
            assert_eq!(Pass::decode(&good[..n]), Err(PassError::Length(n)));
        }
        let longer = [&good[..], &[0]].concat();
        assert_eq!(Pass::decode(&longer), Err(PassError::Length(PASS_LEN + 1)));
        let mut other = good;
        other[1] = 1;
        assert_eq!(Pass::decode(&other), Err(PassError::Type(1)));
        let foreign = Pass {
            challenge: [9; 32],
            ..pass()
        };
        let refused = Pass::from_authorization(&foreign.authorization());
        assert_eq!(refused, Err(PassError::Challenge));
    }

    #[test]
    fn a_key_has_one_encoding() {
        let spki = key().spki();
        assert_eq!(PassKey::from_spki(&spki), Ok(key()));
        let modulus = SPKI_HEAD.len()..SPKI_HEAD.len() + PASS_MODULUS_LEN;
        for at in 0..PASS_KEY_LEN {
            let mut bad = spki;
            bad[at] ^= 0x81;
            let read = PassKey::from_spki(&bad);
            // The inner bytes of a modulus may be anything.
            let free = modulus.contains(&at) && at != modulus.start && at != modulus.end - 1;
            assert_eq!(read.is_ok(), free, "byte {at}");
            assert!(PassKey::from_spki(&spki[..at]).is_err());
        }
        assert!(PassKey::from_spki(&[&spki[..], &[0]].concat()).is_err());
    }

    #[test]
    fn two_epochs_are_accepted_and_the_next_within_the_skew_of_clocks() {
        let epoch = PassEpoch(740);
        let (starts, next) = (epoch.starts(), PassEpoch(741).starts());
        assert_eq!(next - starts, 2_419_200);
        assert!(!epoch.accepted(starts - 301));
        assert!(epoch.accepted(starts - 300));
        assert!(epoch.accepted(next));
        assert!(epoch.accepted(PassEpoch(742).starts() - 1));
        assert!(!epoch.accepted(PassEpoch(742).starts()));
        assert_eq!(PassEpoch::at(i64::MIN), PassEpoch(0));
        assert!(PassEpoch::at(i64::MAX) >= PassEpoch::oldest(i64::MAX));
    }

    #[test]
    fn the_challenge_binds_to_no_time_and_no_relay() {
        assert_eq!(
            challenge(),
            [b"\0\x02\0\x16passes.lapwing.invalid".as_slice(), &[0, 0, 0]].concat()
        );
        assert!(www_authenticate(Some(&key())).contains("token-key"));
        assert!(www_authenticate(None).starts_with("PrivateToken challenge=\"AAI"));
    }

    #[test]
    fn every_bit_of_a_pass_counts_for_its_nullifier() {
        let other = Pass {
            authenticator: [5; PASS_MODULUS_LEN],
            ..pass()
        };
        assert_ne!(pass().nullifier(), other.nullifier());
    }

    proptest! {
        #[test]
        fn any_text_gives_a_pass_or_a_reason(text in ".{0,200}") {
            let _ = Pass::from_authorization(&text);
            let _ = Pass::from_authorization(&format!("PrivateToken {text}"));
            let _ = Pass::from_authorization(&format!("PrivateToken token=\"{text}"));
        }
    }
}
