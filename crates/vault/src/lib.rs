//! What a phone keeps: one image of fixed size on every install, with slots that are opened by a passphrase each, and
//! that are re-randomised at every opening of the app without being opened.
//!
//! The construction, what it rests on and what it does not do are in `docs/design/0009-vault.md`: universal
//! re-encryption (Golle, Jakobsson, Juels, Syverson 2004) over ristretto255 (RFC 9496), around ChaCha20-Poly1305
//! (RFC 8439) under a key from Argon2id (RFC 9106).
//!
//! **In scope:** [`Image`], [`derive()`], [`SlotKey`], [`VaultContent`], the two copies of a file.
//! **Out of scope:** files and workers (`web/witness`), the meaning of what is kept (`lapwing-witness`). No I/O, no
//! clock, no randomness of its own.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod content;
mod copies;
mod element;
mod image;
mod key;
mod layout;
mod slot;

pub use content::{ContentError, Field, VaultContent};
pub use copies::{COPY_LEN, FILE_LEN, copy_of, whole};
pub use image::{Image, ImageError, Opened, SlotIndex, WriteError};
pub use key::{Params, Secret, SlotKey, derive};
pub use layout::{CONTENT_MAX, IMAGE_LEN, SALT_LEN, SLOTS};
