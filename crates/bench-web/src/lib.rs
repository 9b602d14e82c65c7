//! Finding one's reply among many slots, by three ways: what `cargo xtask bench find` measures, the
//! same code natively and in a browser.
//!
//! Slots are random but for one reply that is really sealed. Each way answers how many it found, so
//! that a way which finds nothing is noticed. No part of what phones load.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, Key, KeyInit as _, Nonce, Tag};
use lapwing_seal::{Content, Reply, ReplyChains, RootSecret};
use lapwing_wire::{DROP_LEN, Drop, SLOT_LEN, SLOTS};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use wasm_bindgen::prelude::*;
use x25519_dalek::{PublicKey, StaticSecret};

const ENROLLED: u32 = 497_000;
const NUMBER: u32 = ENROLLED + 100;
const POINT_LEN: usize = 32;
const TAG_LEN: usize = 16;

/// A phone and the drops in which its reply lies.
#[wasm_bindgen]
pub struct Haystack {
    chains: ReplyChains,
    drops: Vec<Drop>,
    key: [u8; 32],
    secret: StaticSecret,
    slots: usize,
}

#[wasm_bindgen]
impl Haystack {
    /// So many slots (whole drops: the last is filled up), the reply in the last one.
    #[wasm_bindgen(constructor)]
    pub fn new(slots: usize) -> Self {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let drops = slots.div_ceil(SLOTS);
        let mut bytes = vec![0; drops * DROP_LEN];
        rng.fill_bytes(&mut bytes);
        let chains = || ReplyChains::new(&RootSecret::from_bytes([9; 32]), ENROLLED);
        let reply = Reply {
            id: 1,
            content: Content::Renew,
        };
        let sealed = chains()
            .seal(NUMBER, &[&reply])
            .expect("the number is near");
        let last = bytes.len() - SLOT_LEN;
        bytes[last..].copy_from_slice(&sealed[0]);
        // The same for the two other ways, in slots of their own.
        let (key, secret) = ([3; 32], StaticSecret::from([5; 32]));
        seal_for_trial(&mut bytes[..SLOT_LEN], 0, &key);
        let sender = StaticSecret::from([6; 32]);
        let shared = sender.diffie_hellman(&PublicKey::from(&secret));
        let slot = &mut bytes[SLOT_LEN..2 * SLOT_LEN];
        slot[..POINT_LEN].copy_from_slice(PublicKey::from(&sender).as_bytes());
        seal_for_trial(slot, POINT_LEN, &Sha256::digest(shared.as_bytes()).into());
        Self {
            chains: chains(),
            drops: bytes
                .chunks_exact(DROP_LEN)
                .map(|drop| Drop::from_bytes(drop).expect("whole drops were made"))
                .collect(),
            key,
            secret,
            slots: drops * SLOTS,
        }
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Lapwing's way: hints of 35 numbers by 8 are made once, then compared.
    pub fn by_hints(&self) -> usize {
        let hints = self.chains.hints(NUMBER).expect("the number is near");
        let slots = self.drops.iter().flat_map(Drop::slots);
        slots
            .filter(|slot| hints.place(slot.hint).is_some())
            .count()
    }

    /// All that a phone does with one drop: hints, comparison, opening.
    pub fn one_drop(&self) -> usize {
        let last = self.drops.last().expect("there is one at least");
        let found = self.chains.find(NUMBER, last);
        found.expect("the number is near").replies.len()
    }

    /// Trial decryption with one symmetric key: one attempt a slot, though a witness has eight keys.
    pub fn by_trial(&self) -> usize {
        let opens = |slot: &&[u8; SLOT_LEN]| open_trial(&slot[..], &self.key);
        self.all().filter(opens).count()
    }

    /// Trial decryption by key agreement, as CoverDrop has it: one X25519 and one attempt a slot.
    pub fn by_agreement(&self) -> usize {
        let opens = |slot: &&[u8; SLOT_LEN]| {
            let (point, sealed) = slot
                .split_first_chunk::<POINT_LEN>()
                .expect("a slot is longer than a point");
            let shared = self.secret.diffie_hellman(&PublicKey::from(*point));
            open_trial(sealed, &Sha256::digest(shared.as_bytes()).into())
        };
        self.all().filter(opens).count()
    }

    fn all(&self) -> impl Iterator<Item = &[u8; SLOT_LEN]> {
        self.drops
            .iter()
            .flat_map(|drop| drop.as_bytes().as_chunks().0)
    }
}

fn seal_for_trial(slot: &mut [u8], from: usize, key: &[u8; 32]) {
    let (body, tag) = slot[from..]
        .split_last_chunk_mut::<TAG_LEN>()
        .expect("a slot is longer than a tag");
    let made = ChaCha20Poly1305::new(&Key::from(*key))
        .encrypt_inout_detached(&Nonce::default(), &[], body.into())
        .expect("a slot is far below the limit of the cipher");
    tag.copy_from_slice(&made);
}

fn open_trial(sealed: &[u8], key: &[u8; 32]) -> bool {
    let (body, tag) = sealed
        .split_last_chunk::<TAG_LEN>()
        .expect("a slot is longer than a tag");
    // Where the bytes lie is not the question: a copy on the stack.
    let mut copy = [0; SLOT_LEN];
    let copy = &mut copy[..body.len()];
    copy.copy_from_slice(body);
    ChaCha20Poly1305::new(&Key::from(*key))
        .decrypt_inout_detached(&Nonce::default(), &[], copy.into(), &Tag::from(*tag))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_finds_the_one_that_is_there() {
        let hay = Haystack::new(200);
        assert_eq!(hay.slots(), 256);
        assert_eq!(hay.by_hints(), 1);
        assert_eq!(hay.one_drop(), 1);
        assert_eq!(hay.by_trial(), 1);
        assert_eq!(hay.by_agreement(), 1);
    }
}
