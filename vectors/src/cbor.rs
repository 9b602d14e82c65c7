//! Encodings that the encoders never make, byte by byte.

/// Head of a CBOR item (RFC 8949 3) in its shortest form.
pub(crate) fn head(major: u8, argument: u64) -> Vec<u8> {
    let bytes = argument.to_be_bytes();
    let (short, rest): (u8, &[u8]) = match argument {
        0..=23 => (bytes[7], &[]),
        24..=0xff => (24, &bytes[7..]),
        0x100..=0xffff => (25, &bytes[6..]),
        0x1_0000..=0xffff_ffff => (26, &bytes[4..]),
        _ => (27, &bytes),
    };
    [&[major << 5 | short], rest].concat()
}

/// A map with these entries in this order, whatever their order is.
pub(crate) fn map(entries: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut out = head(5, entries.len() as u64);
    for (key, value) in entries {
        out.extend(head(0, *key));
        out.extend_from_slice(value);
    }
    out
}

/// `bytes` with the first occurrence of `old` replaced: the place that a case is about.
pub(crate) fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(old.len())
        .position(|window| window == old)
        .expect("the bytes to be replaced are there");
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}
