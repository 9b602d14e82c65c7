//! One slot: a universal re-encryption (Golle, Jakobsson, Juels, Syverson, CT-RSA 2004) over ristretto255.
//!
//! ```text
//! unit        U0, U1 = x1·U0, …, U7 = x7·U0              an encryption of the neutral element
//! block       A, C1 = x1·A + M1, …, C7 = x7·A + M7       79 of them; M carries 30 bytes
//! afresh      unit' = α·unit, block' = block + β·unit    α ≠ 0 and a β for each block, at random; no key needed
//! payload     salt 32 · ChaCha20-Poly1305(HKDF(salt, sealing), nonce 0, length 2 · content · zeros) · tag 16
//! ```
//!
//! A slot that nobody uses is random elements. In a group of prime order these *are* such a ciphertext, of random
//! content under random keys that nobody has, so that making it afresh is the same.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use curve25519_dalek::{
    RistrettoPoint, Scalar,
    ristretto::{CompressedRistretto, RistrettoBasepointTable},
    traits::IsIdentity as _,
};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::element;
use crate::key::SlotKey;
use crate::layout::{
    BLOCK, BLOCKS, CHUNK, CONTENT_MAX, KEYS, LENGTH, PAYLOAD, POINT, SEAL_SALT, SLOT, TAG, WIDTH,
};

/// What a content is sealed for, besides its key.
const PURPOSE: &[u8] = b"lapwing vault content v1\n";

type Row = [RistrettoPoint; WIDTH];

/// A slot that nobody can open.
pub(crate) fn fill(rng: &mut impl CryptoRng, slot: &mut [u8]) {
    for point in slot.chunks_exact_mut(POINT) {
        point.copy_from_slice(RistrettoPoint::random(rng).compress().as_bytes());
    }
}

/// Makes it afresh without opening it. A slot that is none any more (a page that flash lost, a stranger's hand) would
/// stay recognisable for ever, so that it is filled instead: nobody could open it anyway.
pub(crate) fn rerandomise(rng: &mut impl CryptoRng, slot: &mut [u8]) {
    let made = afresh(rng, slot);
    match made {
        Some(fresh) => slot.copy_from_slice(&fresh),
        None => fill(rng, slot),
    }
}

fn afresh(rng: &mut impl CryptoRng, slot: &[u8]) -> Option<Vec<u8>> {
    let mut rows = slot.chunks_exact(BLOCK);
    let unit = read(rows.next()?)?;
    // Of the neutral element every multiple is the same: whoever wrote it there would know the slot again.
    if unit.iter().any(|element| element.is_identity()) {
        return None;
    }
    let tables = unit.each_ref().map(RistrettoBasepointTable::create);
    let mut fresh = Vec::with_capacity(SLOT);
    let alpha = nonzero(rng);
    write(&mut fresh, &multiples(&tables, &alpha));
    for row in rows {
        let beta = Scalar::random(rng);
        let mut block = read(row)?;
        for (element, more) in block.iter_mut().zip(multiples(&tables, &beta)) {
            *element += more;
        }
        write(&mut fresh, &block);
    }
    Some(fresh)
}

/// Whether the unit is one under this key. Takes the same time either way.
pub(crate) fn is_under(key: &SlotKey, slot: &[u8]) -> Choice {
    let point = |at: usize| {
        let bytes = slot[at * POINT..][..POINT].try_into();
        CompressedRistretto(bytes.expect("a slice of the length of an element"))
    };
    let unit = point(0).decompress().unwrap_or_default();
    (unit * key.scalars[0]).compress().ct_eq(&point(1))
        & !Choice::from(u8::from(unit.is_identity()))
}

/// Takes off both layers. `None`: another key's, or changed by a stranger.
pub(crate) fn open(key: &SlotKey, slot: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut payload = Vec::with_capacity(PAYLOAD);
    for row in slot.chunks_exact(BLOCK).skip(1) {
        let [a, c @ ..] = read(row)?;
        for (scalar, c) in key.scalars.iter().zip(c) {
            payload.extend_from_slice(&element::to_chunk(&(c - a * scalar)));
        }
    }
    let (salt, sealed) = payload.split_at(SEAL_SALT);
    let sealed = Payload {
        msg: sealed,
        aad: PURPOSE,
    };
    let padded = cipher(key, salt).decrypt(&Nonce::default(), sealed).ok()?;
    let mut padded = Zeroizing::new(padded);
    let length = usize::from(u16::from_be_bytes([padded[0], padded[1]]));
    if length > CONTENT_MAX {
        return None;
    }
    padded.drain(..LENGTH);
    padded.truncate(length);
    Some(padded)
}

/// Seals content into the slot, whatever was there before. Everything in it is drawn afresh: that it was written looks
/// like that it was made afresh.
///
/// The caller has checked the length.
pub(crate) fn seal(rng: &mut impl CryptoRng, key: &SlotKey, content: &[u8], slot: &mut [u8]) {
    let length = u16::try_from(content.len()).expect("the content fits the slot");
    let mut padded = Zeroizing::new(Vec::with_capacity(LENGTH + CONTENT_MAX));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(content);
    padded.resize(LENGTH + CONTENT_MAX, 0);
    let mut payload = vec![0; SEAL_SALT];
    rng.fill_bytes(&mut payload);
    let plain = Payload {
        msg: &padded,
        aad: PURPOSE,
    };
    let sealed = cipher(key, &payload)
        .encrypt(&Nonce::default(), plain)
        .expect("ChaCha20-Poly1305 takes this length");
    payload.extend_from_slice(&sealed);
    debug_assert_eq!(payload.len(), LENGTH + CONTENT_MAX + TAG + SEAL_SALT);

    let base = loop {
        let element = RistrettoPoint::random(rng);
        if !element.is_identity() {
            break element;
        }
    };
    let mut unit = [base; WIDTH];
    for (element, scalar) in unit[1..].iter_mut().zip(&key.scalars) {
        *element = base * scalar;
    }
    let tables = unit.each_ref().map(RistrettoBasepointTable::create);
    let mut fresh = Vec::with_capacity(SLOT);
    write(&mut fresh, &unit);
    for chunks in payload.chunks_exact(KEYS * CHUNK) {
        let mut block = multiples(&tables, &Scalar::random(rng));
        for (element, chunk) in block[1..].iter_mut().zip(chunks.chunks_exact(CHUNK)) {
            *element += element::from_chunk(chunk.try_into().expect("a chunk of its length"));
        }
        write(&mut fresh, &block);
    }
    slot.copy_from_slice(&fresh);
}

/// The cipher of one sealing: its key is never used again, so that the nonce need not vary.
fn cipher(key: &SlotKey, salt: &[u8]) -> ChaCha20Poly1305 {
    let mut once = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), &key.sealing)
        .expand(PURPOSE, &mut *once)
        .expect("32 bytes are within the limit of HKDF");
    ChaCha20Poly1305::new((&*once).into())
}

fn multiples(tables: &[RistrettoBasepointTable; WIDTH], by: &Scalar) -> Row {
    tables.each_ref().map(|table| table * by)
}

fn nonzero(rng: &mut impl CryptoRng) -> Scalar {
    loop {
        let scalar = Scalar::random(rng);
        if scalar != Scalar::ZERO {
            return scalar;
        }
    }
}

fn read(row: &[u8]) -> Option<Row> {
    let mut elements = Row::default();
    for (element, bytes) in elements.iter_mut().zip(row.chunks_exact(POINT)) {
        let bytes = bytes
            .try_into()
            .expect("a chunk of the length of an element");
        *element = CompressedRistretto(bytes).decompress()?;
    }
    Some(elements)
}

fn write(into: &mut Vec<u8>, row: &Row) {
    for element in row {
        into.extend_from_slice(element.compress().as_bytes());
    }
}

const _: () = assert!(BLOCKS * KEYS * CHUNK == PAYLOAD && CONTENT_MAX <= u16::MAX as usize);
