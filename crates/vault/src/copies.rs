//! The file: the image twice, so that a phone that dies while writing loses nothing.
//!
//! ```text
//! copy    image · SHA-256(image), to a page
//! file    copy · copy
//! ```
//!
//! Writer: first copy, flush, second copy, flush. Reader: the first copy if it is whole, else the second. The hash has
//! no key: it tells a write that stopped half-way, and tells a searcher nothing. Both copies are always the same bytes.

use sha2::{Digest as _, Sha256};

use crate::image::{Image, ImageError};
use crate::layout::IMAGE_LEN;

/// Bytes of a copy.
pub const COPY_LEN: usize = IMAGE_LEN + 4_096;

/// Bytes of the file.
pub const FILE_LEN: usize = 2 * COPY_LEN;

/// One copy, to be written at 0 and at [`COPY_LEN`].
pub fn copy_of(image: &Image) -> Vec<u8> {
    let mut copy = Vec::with_capacity(COPY_LEN);
    copy.extend_from_slice(image.as_bytes());
    copy.extend_from_slice(&Sha256::digest(image.as_bytes()));
    copy.resize(COPY_LEN, 0);
    copy
}

/// The image of a file.
///
/// # Errors
/// `Length`; what is wrong with the image when no copy is whole.
pub fn whole(file: &[u8]) -> Result<Image, ImageError> {
    if file.len() != FILE_LEN {
        return Err(ImageError::Length(file.len()));
    }
    let is_whole = |copy: &&[u8]| Sha256::digest(&copy[..IMAGE_LEN])[..] == copy[IMAGE_LEN..][..32];
    let (first, second) = file.split_at(COPY_LEN);
    // Neither whole is no crash: somebody wrote here. Its slots may still open, each for itself.
    let chosen = [first, second].into_iter().find(is_whole).unwrap_or(first);
    Image::parse(&chosen[..IMAGE_LEN])
}
