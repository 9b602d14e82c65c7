//! The vault for browsers: `lapwing-vault` through wasm-bindgen, and nothing besides.
//!
//! A module of its own, so that it is loaded after the first paint, and only by the two workers that need it: one keeps
//! the file, the other derives a key and ends. What is refused is thrown as a string with a stable short name.
//!
//! **In scope:** conversion of values, which slots were opened since the app was.
//! **Out of scope:** every decision (`lapwing-vault`), files and workers (`web/witness`).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use lapwing_vault::{
    Field, Image, Params, SlotIndex, SlotKey, VaultContent, copy_of, derive, whole,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// The secret of a passphrase. Slow, and takes 64 MiB: for a worker that ends after it.
///
/// # Errors
/// `salt`.
#[wasm_bindgen]
pub fn secret(passphrase: &str, salt: &[u8]) -> Thrown<Vec<u8>> {
    let salt = salt.try_into().map_err(|_why| thrown("salt"))?;
    Ok(derive(passphrase.as_bytes(), &salt, Params::V1).to_vec())
}

/// The vault of this phone, in memory.
#[wasm_bindgen]
pub struct Vault {
    image: Image,
    /// As it was read.
    read: Image,
    rng: ChaCha20Rng,
    open: Option<Open>,
    /// Slots that were opened since the app was: a new passphrase is never put there.
    known: Vec<SlotIndex>,
}

struct Open {
    key: SlotKey,
    slot: SlotIndex,
    content: VaultContent,
}

#[wasm_bindgen]
impl Vault {
    /// That of a new install. `seed`: 32 fresh bytes of the browser's cryptographic randomness, never used twice.
    ///
    /// # Errors
    /// `seed`.
    pub fn fresh(seed: &[u8]) -> Thrown<Self> {
        let mut rng = seeded(seed)?;
        Ok(Self::of(Image::fresh(&mut rng), rng))
    }

    /// That of a file.
    ///
    /// # Errors
    /// `seed`, `image`.
    pub fn read(file: &[u8], seed: &[u8]) -> Thrown<Self> {
        let image = whole(file).map_err(|_why| thrown("image"))?;
        Ok(Self::of(image, seeded(seed)?))
    }

    fn of(image: Image, rng: ChaCha20Rng) -> Self {
        Self {
            read: image.clone(),
            image,
            rng,
            open: None,
            known: Vec::new(),
        }
    }

    /// Takes the file again, which another tab may have written. What is open stays open if its slot still does.
    ///
    /// # Errors
    /// `image`, `content`.
    pub fn refresh(&mut self, file: &[u8]) -> Thrown<()> {
        let image = whole(file).map_err(|_why| thrown("image"))?;
        if image == self.image {
            return Ok(());
        }
        self.image = image;
        let Some(Open { key, .. }) = self.open.take() else {
            return Ok(());
        };
        self.open_with(key).map(|_still| ())
    }

    /// What to write, once at 0 and once behind it.
    pub fn copy(&self) -> Vec<u8> {
        copy_of(&self.image)
    }

    /// Salt for [`secret`].
    pub fn salt(&self) -> Vec<u8> {
        self.image.salt().to_vec()
    }

    /// Makes one slot afresh; `false`: there is none of this number. To be written after the last.
    pub fn rerandomise(&mut self, slot: u8) -> bool {
        let slot = SlotIndex::new(slot);
        if let Some(slot) = slot {
            self.image.rerandomise_slot(&mut self.rng, slot);
        }
        slot.is_some()
    }

    /// Whether the file is the one that was read: another tab may have written it.
    pub fn is_of(&self, file: &[u8]) -> bool {
        whole(file).is_ok_and(|image| image == self.read)
    }

    /// Opens the slot of a secret, in place of what is open. `false`: it has none; what is open stays.
    ///
    /// # Errors
    /// `secret`, `content` (of a later app).
    pub fn open(&mut self, secret: &[u8]) -> Thrown<bool> {
        self.open_with(key(secret)?)
    }

    fn open_with(&mut self, key: SlotKey) -> Thrown<bool> {
        let Some(opened) = self.image.open(&key) else {
            return Ok(false);
        };
        let content = VaultContent::decode(&opened.content).map_err(|_why| thrown("content"))?;
        self.opened(key, opened.slot, content);
        Ok(true)
    }

    /// Gives a secret a slot of its own with nothing in it, and opens it. To be written.
    ///
    /// # Errors
    /// `secret`, `taken` (it has one already), `no-slot`.
    pub fn claim(&mut self, secret: &[u8]) -> Thrown<()> {
        let key = key(secret)?;
        if self.image.open(&key).is_some() {
            return Err(thrown("taken"));
        }
        let content = VaultContent::default();
        let slot = self
            .image
            .claim(&mut self.rng, &key, &content.encode(), &self.known)
            .map_err(|_why| thrown("no-slot"))?;
        self.opened(key, slot, content);
        Ok(())
    }

    fn opened(&mut self, key: SlotKey, slot: SlotIndex, content: VaultContent) {
        if !self.known.contains(&slot) {
            self.known.push(slot);
        }
        self.open = Some(Open { key, slot, content });
    }

    /// A field of what is open; `undefined` when nothing is.
    ///
    /// # Errors
    /// `field`.
    pub fn field(&self, number: u8) -> Thrown<Option<Vec<u8>>> {
        let field = Field::numbered(number).ok_or_else(|| thrown("field"))?;
        Ok(self
            .open
            .as_ref()
            .map(|open| open.content.field(field).to_vec()))
    }

    /// Puts bytes into a field of what is open. To be written.
    ///
    /// # Errors
    /// `closed`, `field`, `too-full`.
    pub fn put(&mut self, number: u8, bytes: &[u8]) -> Thrown<()> {
        let field = Field::numbered(number).ok_or_else(|| thrown("field"))?;
        let open = self.open.as_mut().ok_or_else(|| thrown("closed"))?;
        open.content
            .put(field, bytes)
            .map_err(|_why| thrown("too-full"))?;
        self.image
            .write(&mut self.rng, &open.key, open.slot, &open.content.encode())
            .map_err(|_why| thrown("too-full"))
    }

    /// How many slots were opened since the app was.
    pub fn known(&self) -> usize {
        self.known.len()
    }

    /// Forgets the key and what it opened.
    pub fn close(&mut self) {
        self.open = None;
    }
}

fn key(secret: &[u8]) -> Thrown<SlotKey> {
    let secret = secret.try_into().map_err(|_why| thrown("secret"))?;
    Ok(SlotKey::new(secret))
}

fn seeded(seed: &[u8]) -> Thrown<ChaCha20Rng> {
    let seed = seed.try_into().map_err(|_why| thrown("seed"))?;
    Ok(ChaCha20Rng::from_seed(seed))
}

fn thrown(name: &str) -> JsValue {
    JsValue::from_str(name)
}
