//! The image: a header and eight slots.
//!
//! ```text
//! header   "lapwing vault\n" 14 · version 2 · memory, KiB 4 · passes 4 · lanes 4 · salt 16 · zeros, to a page
//! slots    8 of 20,480 bytes
//! ```
//! Numbers are big-endian.

use rand_core::CryptoRng;
use subtle::ConditionallySelectable as _;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::key::{Params, SlotKey};
use crate::layout::{CONTENT_MAX, HEADER, IMAGE_LEN, SALT_LEN, SLOT, SLOTS};
use crate::slot;

const MAGIC: &[u8; 14] = b"lapwing vault\n";
const VERSION: u16 = 1;
const SALT_AT: usize = MAGIC.len() + 2 + 3 * 4;

/// Why bytes are no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImageError {
    /// It has another length.
    #[error("{0} bytes are no image")]
    Length(usize),
    /// It begins otherwise.
    #[error("this is no vault")]
    Magic,
    /// Of a later app.
    #[error("version {0} is not known")]
    Version(u16),
    /// Other parameters than those of the version.
    #[error("these parameters are not those of the version")]
    Params,
    /// Something where zeros belong.
    #[error("the rest of the header is not zero")]
    Rest,
}

/// Why something is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// More than a slot takes.
    #[error("{0} bytes are more than a slot takes")]
    TooFull(usize),
    /// Every slot is known to be in use.
    #[error("every slot is in use")]
    NoSlot,
}

/// Which of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotIndex(u8);

impl SlotIndex {
    /// The slot of this number; `None` when there are fewer.
    pub fn new(number: u8) -> Option<Self> {
        (usize::from(number) < SLOTS).then_some(Self(number))
    }

    /// Its number, counted from 0.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// What a key opened.
#[derive(Debug)]
pub struct Opened {
    /// Where it lies.
    pub slot: SlotIndex,
    /// What was put in.
    pub content: Zeroizing<Vec<u8>>,
}

/// The bytes that every install has.
#[derive(Clone, PartialEq, Eq)]
pub struct Image(Vec<u8>);

impl Image {
    /// That of a new install: no slot can be opened by anybody.
    pub fn fresh(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = vec![0; IMAGE_LEN];
        let Params {
            memory_kib,
            passes,
            lanes,
        } = Params::V1;
        let mut header = Vec::with_capacity(SALT_AT);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&VERSION.to_be_bytes());
        for number in [memory_kib, passes, lanes] {
            header.extend_from_slice(&number.to_be_bytes());
        }
        bytes[..SALT_AT].copy_from_slice(&header);
        let mut image = Self(bytes);
        image.burn(rng);
        image
    }

    /// Takes an image's bytes. Only the header is judged: a slot that holds no elements of the group is one that nobody
    /// can open, and is filled anew when the image is made afresh.
    ///
    /// # Errors
    /// When it is no image of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ImageError> {
        if bytes.len() != IMAGE_LEN {
            return Err(ImageError::Length(bytes.len()));
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(ImageError::Magic)?;
        let (version, rest) = rest.split_at(2);
        let version = u16::from_be_bytes([version[0], version[1]]);
        if version != VERSION {
            return Err(ImageError::Version(version));
        }
        let mut numbers = rest
            .chunks_exact(4)
            .map(|four| u32::from_be_bytes(four.try_into().expect("a chunk of four bytes")));
        let mut number = || numbers.next().unwrap_or_default();
        let params = Params {
            memory_kib: number(),
            passes: number(),
            lanes: number(),
        };
        if params != Params::V1 {
            return Err(ImageError::Params);
        }
        if bytes[SALT_AT + SALT_LEN..HEADER]
            .iter()
            .any(|&byte| byte != 0)
        {
            return Err(ImageError::Rest);
        }
        Ok(Self(bytes.to_vec()))
    }

    /// What is written to the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Salt of the install, for [`derive()`](crate::derive()).
    pub fn salt(&self) -> [u8; SALT_LEN] {
        self.0[SALT_AT..][..SALT_LEN]
            .try_into()
            .expect("a slice of the length of the salt")
    }

    /// Cost of a passphrase, for [`derive()`](crate::derive()).
    pub const fn params(&self) -> Params {
        Params::V1
    }

    /// Makes every slot afresh, used or not, without opening any.
    pub fn rerandomise(&mut self, rng: &mut impl CryptoRng) {
        for slot in self.slots_mut() {
            slot::rerandomise(rng, slot);
        }
    }

    /// The same for one slot, for those who must not be busy for as long as all of them take.
    pub fn rerandomise_slot(&mut self, rng: &mut impl CryptoRng, slot: SlotIndex) {
        slot::rerandomise(rng, self.slot_mut(slot));
    }

    /// Opens the slot of this key, if it has one. As far as a program can, it takes the same time either way: all units
    /// are compared, and one slot is unwrapped.
    pub fn open(&self, key: &SlotKey) -> Option<Opened> {
        let mut chosen = 0_u8;
        let mut found = 0_u8;
        for (number, slot) in (0_u8..).zip(self.0[HEADER..].chunks_exact(SLOT)) {
            let fits = slot::is_under(key, slot);
            chosen.conditional_assign(&number, fits);
            found.conditional_assign(&1, fits);
        }
        let slot = SlotIndex(chosen);
        let content = slot::open(key, self.slot(slot))?;
        (found == 1).then_some(Opened { slot, content })
    }

    /// Writes new content into a slot that this key opened.
    ///
    /// # Errors
    /// `TooFull`.
    pub fn write(
        &mut self,
        rng: &mut impl CryptoRng,
        key: &SlotKey,
        slot: SlotIndex,
        content: &[u8],
    ) -> Result<(), WriteError> {
        if content.len() > CONTENT_MAX {
            return Err(WriteError::TooFull(content.len()));
        }
        slot::seal(rng, key, content, self.slot_mut(slot));
        Ok(())
    }

    /// Gives a new key a slot, at random among those that are not in `avoid`.
    ///
    /// Nothing tells a slot that somebody uses from one that nobody does, for us neither: **content whose passphrase
    /// was not entered before this may be overwritten**, with a chance of one in those that are left. The app has the
    /// person open all of theirs first, and says so.
    ///
    /// # Errors
    /// `TooFull`, `NoSlot`.
    pub fn claim(
        &mut self,
        rng: &mut impl CryptoRng,
        key: &SlotKey,
        content: &[u8],
        avoid: &[SlotIndex],
    ) -> Result<SlotIndex, WriteError> {
        let free: Vec<SlotIndex> = (0_u8..)
            .map_while(SlotIndex::new)
            .filter(|slot| !avoid.contains(slot))
            .collect();
        let last = free.len().checked_sub(1).ok_or(WriteError::NoSlot)?;
        let slot = free[below(rng, last)];
        self.write(rng, key, slot, content)?;
        Ok(slot)
    }

    /// Ends everything: a new salt, so that no passphrase leads to a key any more, and new slots.
    pub fn burn(&mut self, rng: &mut impl CryptoRng) {
        rng.fill_bytes(&mut self.0[SALT_AT..][..SALT_LEN]);
        for slot in self.slots_mut() {
            slot::fill(rng, slot);
        }
    }

    fn slot(&self, slot: SlotIndex) -> &[u8] {
        &self.0[HEADER + usize::from(slot.0) * SLOT..][..SLOT]
    }

    fn slot_mut(&mut self, slot: SlotIndex) -> &mut [u8] {
        &mut self.0[HEADER + usize::from(slot.0) * SLOT..][..SLOT]
    }

    fn slots_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.0[HEADER..].chunks_exact_mut(SLOT)
    }
}

/// A number from 0 to `last`, each as likely.
fn below(rng: &mut impl CryptoRng, last: usize) -> usize {
    let mask = u8::MAX >> (last as u8).leading_zeros().min(7);
    loop {
        let mut drawn = [0];
        rng.fill_bytes(&mut drawn);
        let drawn = usize::from(drawn[0] & mask);
        if drawn <= last {
            return drawn;
        }
    }
}

/// Says nothing of what is inside.
impl core::fmt::Debug for Image {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Image(..)")
    }
}
