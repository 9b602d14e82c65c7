//! Sizes, each derived from the ones before it.

/// Bytes of an encoded element of ristretto255 (RFC 9496).
pub(crate) const POINT: usize = 32;

/// Hidden public keys of a slot. They share the randomness of a block, so that eight elements carry seven: with one
/// key, two would carry one, and the file would be almost twice as long.
pub(crate) const KEYS: usize = 7;

/// Elements of a block: one for the randomness, one for each key.
pub(crate) const WIDTH: usize = 1 + KEYS;

/// Bytes of a block: sixteen fill a page of 4,096 bytes, so that a write that stops in the middle tears no block.
pub(crate) const BLOCK: usize = WIDTH * POINT;

/// Bytes that one element carries: an encoding less the byte at either end.
pub(crate) const CHUNK: usize = POINT - 2;

/// Blocks of content of a slot; with the unit, eighty fill five pages.
pub(crate) const BLOCKS: usize = 79;

/// Bytes of a slot: its unit, then its blocks.
pub(crate) const SLOT: usize = (1 + BLOCKS) * BLOCK;

/// Bytes that a slot's blocks carry.
pub(crate) const PAYLOAD: usize = BLOCKS * KEYS * CHUNK;

/// Fresh salt of every sealing: its key is used once.
pub(crate) const SEAL_SALT: usize = 32;

/// Tag of ChaCha20-Poly1305.
pub(crate) const TAG: usize = 16;

/// Length of the content, before it.
pub(crate) const LENGTH: usize = 2;

/// Most bytes of content a slot takes.
pub const CONTENT_MAX: usize = PAYLOAD - SEAL_SALT - TAG - LENGTH;

/// Slots of an image.
pub const SLOTS: usize = 8;

/// Bytes of the salt of an install.
pub const SALT_LEN: usize = 16;

/// Bytes of the header: magic, version, parameters of Argon2id, salt; the rest is zero. A page, so that slots begin on
/// one.
pub(crate) const HEADER: usize = 4_096;

/// Bytes of an image.
pub const IMAGE_LEN: usize = HEADER + SLOTS * SLOT;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_blocks_keep_to_pages() {
        assert_eq!(4_096 % BLOCK, 0);
        assert_eq!(SLOT % 4_096, 0);
        assert_eq!(HEADER % 4_096, 0);
    }

    #[test]
    fn the_numbers_of_the_documents_are_these() {
        assert_eq!(BLOCK, 256);
        assert_eq!(SLOT, 20_480);
        assert_eq!(PAYLOAD, 16_590);
        assert_eq!(CONTENT_MAX, 16_540);
        assert_eq!(IMAGE_LEN, 167_936);
    }
}
