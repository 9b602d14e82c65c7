//! Decoders of `lapwing-vault`.

use lapwing_vault::{CONTENT_MAX, FILE_LEN, IMAGE_LEN, Image, VaultContent, whole};

/// What a slot holds.
pub fn vault_content(data: &[u8]) -> bool {
    let Ok(content) = VaultContent::decode(data) else {
        return false;
    };
    assert_eq!(*content.encode(), data, "content has one encoding");
    assert!(data.len() <= CONTENT_MAX, "what is read can be written");
    true
}

/// An image. `data` is its beginning, the rest is zeros: a slot may hold anything, and would only hide the header from
/// mutation.
pub fn vault_image(data: &[u8]) -> bool {
    assert!(
        whole(data).is_err() || data.len() == FILE_LEN,
        "a file has one length"
    );
    let mut bytes = data.to_vec();
    bytes.resize(IMAGE_LEN.max(data.len()), 0);
    let Ok(image) = Image::parse(&bytes) else {
        return false;
    };
    assert_eq!(image.as_bytes(), bytes, "an image keeps its bytes");
    true
}
