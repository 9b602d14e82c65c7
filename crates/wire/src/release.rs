//! What a release of an app consists of, signed: `manifest.sig`, beside the app's files.
//!
//! ```text
//! lapwing release v1
//! version 1790000000
//! SHA-256 in hex, a space, the path; a line a file, by path
//! signature Ed25519 in hex, over all lines above
//! ```
//!
//! Lines end in a line feed, the last one too. The service worker of an installed app takes an
//! update only when this holds under the key that the app was built with, every file has its hash,
//! and the version has grown.

use core::{fmt::Write as _, str};

use ed25519_dalek::{Signature, Signer as _};
use thiserror::Error;

use crate::{SigningKey, VerifyingKey};

/// Longest manifest that is read.
pub const RELEASE_MAX: usize = 1 << 20;
/// Largest version: browsers count exactly up to here.
pub const VERSION_MAX: u64 = (1 << 53) - 1;

const HEAD: &str = "lapwing release v1\nversion ";
const SIGNATURE: &str = "signature ";
/// `signature `, 64 bytes in hex, a line feed.
const SIGNATURE_LINE: usize = SIGNATURE.len() + 128 + 1;

/// The files of one version of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Only grows.
    pub version: u64,
    /// By path.
    pub files: Vec<ReleaseFile>,
}

/// One file of an app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseFile {
    /// Absolute, as a browser asks for it: `/assets/index.js`.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// Why bytes are no release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// Longer than [`RELEASE_MAX`].
    #[error("a manifest of {0} bytes is too long")]
    Length(usize),
    /// Not signed, or by another key.
    #[error("the release is not signed by this key")]
    Signature,
    /// The first lines are others.
    #[error("the release has no version")]
    Version,
    /// This line names no file.
    #[error("line {0} names no file")]
    Line(usize),
    /// The files are not in order, or one is named twice.
    #[error("line {0} is out of order")]
    Order(usize),
    /// There are none.
    #[error("a release without files")]
    Empty,
}

impl Release {
    /// The signed manifest. Files are put in order; paths must be such as [`Release::verify`] takes.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let mut files: Vec<&ReleaseFile> = self.files.iter().collect();
        files.sort();
        let mut text = format!("{HEAD}{}\n", self.version);
        for file in files {
            push_hex(&mut text, &file.sha256);
            text.push(' ');
            text.push_str(&file.path);
            text.push('\n');
        }
        let signature = key.sign(text.as_bytes()).to_bytes();
        text.push_str(SIGNATURE);
        push_hex(&mut text, &signature);
        text.push('\n');
        text.into_bytes()
    }

    /// Reads a manifest, its signature first.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, ReleaseError> {
        if bytes.len() > RELEASE_MAX {
            return Err(ReleaseError::Length(bytes.len()));
        }
        let at = bytes
            .len()
            .checked_sub(SIGNATURE_LINE)
            .ok_or(ReleaseError::Signature)?;
        let (signed, line) = bytes.split_at(at);
        let signature = line
            .strip_prefix(SIGNATURE.as_bytes())
            .and_then(|line| line.strip_suffix(b"\n"))
            .and_then(unhex::<64>)
            .ok_or(ReleaseError::Signature)?;
        key.verify_strict(signed, &Signature::from_bytes(&signature))
            .map_err(|_why| ReleaseError::Signature)?;
        Self::parse(signed)
    }

    fn parse(signed: &[u8]) -> Result<Self, ReleaseError> {
        let text = str::from_utf8(signed).map_err(|_why| ReleaseError::Version)?;
        let rest = text.strip_prefix(HEAD).ok_or(ReleaseError::Version)?;
        let (version, rest) = rest.split_once('\n').ok_or(ReleaseError::Version)?;
        let version = number(version).ok_or(ReleaseError::Version)?;
        let mut files: Vec<ReleaseFile> = Vec::new();
        // What stands before each line feed; a rest without one is a line that does not end.
        for (n, line) in rest.split_inclusive('\n').enumerate() {
            let line_number = n + 3;
            let file = file(line).ok_or(ReleaseError::Line(line_number))?;
            if files.last().is_some_and(|last| last.path >= file.path) {
                return Err(ReleaseError::Order(line_number));
            }
            files.push(file);
        }
        if files.is_empty() {
            return Err(ReleaseError::Empty);
        }
        Ok(Self { version, files })
    }
}

/// Decimal, from 1, in its one form.
fn number(text: &str) -> Option<u64> {
    let version: u64 = text.parse().ok()?;
    let one_form = text.starts_with(|first: char| ('1'..='9').contains(&first));
    (one_form && version <= VERSION_MAX).then_some(version)
}

fn file(line: &str) -> Option<ReleaseFile> {
    let (hash, path) = line.strip_suffix('\n')?.split_once(' ')?;
    let sha256 = unhex(hash.as_bytes())?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = path
        .strip_prefix('/')?
        .split('/')
        .all(|part| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain));
    good.then(|| ReleaseFile {
        path: path.to_owned(),
        sha256,
    })
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes what is written to it");
    }
}

/// Lower case only, so that a release has one form.
fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    let pairs: &[[u8; 2]; N] = pairs.try_into().ok()?;
    let mut out = [0; N];
    for (byte, &[high, low]) in out.iter_mut().zip(pairs) {
        *byte = nibble(high)? << 4 | nibble(low)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    fn release() -> Release {
        let file = |path: &str, sha256| ReleaseFile {
            path: path.to_owned(),
            sha256: [sha256; 32],
        };
        Release {
            version: 1_790_000_000,
            files: vec![
                file("/assets/index-a_B3.js", 1),
                file("/index.html", 0xfe),
                file("/sw.js", 3),
            ],
        }
    }

    fn signed(text: &str) -> Result<Release, ReleaseError> {
        let signature = key().sign(text.as_bytes()).to_bytes();
        let mut text = text.to_owned() + SIGNATURE;
        push_hex(&mut text, &signature);
        text.push('\n');
        Release::verify(text.as_bytes(), &key().verifying_key())
    }

    fn line(path: &str) -> String {
        format!("{} {path}\n", "ab".repeat(32))
    }

    #[test]
    fn a_release_reads_back_and_any_changed_byte_is_noticed() {
        let bytes = release().sign(&key());
        let public = key().verifying_key();
        assert_eq!(Release::verify(&bytes, &public), Ok(release()));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x20;
            assert!(Release::verify(&other, &public).is_err(), "byte {at}");
        }
        for cut in 0..bytes.len() {
            assert!(Release::verify(&bytes[..cut], &public).is_err());
        }
        let stranger = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert_eq!(
            Release::verify(&bytes, &stranger),
            Err(ReleaseError::Signature)
        );
    }

    #[test]
    fn files_are_put_in_order_before_they_are_signed() {
        let mut turned = release();
        turned.files.reverse();
        assert_eq!(turned.sign(&key()), release().sign(&key()));
    }

    #[test]
    fn what_is_signed_must_still_be_a_release() {
        let head = format!("{HEAD}7\n");
        let good = signed(&(head.clone() + &line("/a"))).unwrap();
        assert_eq!((good.version, good.files.len()), (7, 1));
        let refused = |text: &str| signed(text).unwrap_err();
        for version in ["0", "07", "+7", "", "9007199254740992", "x", "-1"] {
            let text = format!("{HEAD}{version}\n{}", line("/a"));
            assert_eq!(refused(&text), ReleaseError::Version, "{version}");
        }
        assert_eq!(
            refused("lapwing release v2\nversion 7\n"),
            ReleaseError::Version
        );
        assert_eq!(refused(&head), ReleaseError::Empty);
        for path in [
            "a", "/", "//a", "/a/", "/../a", "/./a", "/a b", "/ї", "/a?b", "/a%2f", "",
        ] {
            assert_eq!(
                refused(&(head.clone() + &line(path))),
                ReleaseError::Line(3),
                "{path}"
            );
        }
        let two = |a: &str, b: &str| head.clone() + &line(a) + &line(b);
        assert_eq!(refused(&two("/b", "/a")), ReleaseError::Order(4));
        assert_eq!(refused(&two("/a", "/a")), ReleaseError::Order(4));
        assert_eq!(refused(two("/a", "/b").trim_end()), ReleaseError::Line(4));
        let loud = format!("{head}{} /a\n", "AB".repeat(32));
        assert_eq!(refused(&loud), ReleaseError::Line(3));
    }

    #[test]
    fn a_manifest_without_end_is_not_read() {
        let long = vec![b'a'; RELEASE_MAX + 1];
        let refused = Release::verify(&long, &key().verifying_key());
        assert_eq!(refused, Err(ReleaseError::Length(RELEASE_MAX + 1)));
    }
}
