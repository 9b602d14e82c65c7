//! One fixed-size file of sealed replies; everybody in a bucket downloads the same bytes.
//!
//! ```text
//! drop 32,768 = 64 slots of 512 · slot = hint 8 · sealed reply 504
//! ```
//!
//! To whoever has no chain of a witness every slot is random, used or not, so any 32,768 bytes are
//! a drop. Whether it is the desk's, the bulletin says: a drop is a file of the publication under
//! the name of its bucket ([`Drops::name`]), and the bulletin lists its hash.

use thiserror::Error;

/// Length of the hint by which a phone finds its own among the slots.
pub const HINT_LEN: usize = 8;
/// Length of a slot.
pub const SLOT_LEN: usize = 512;
/// Length of the sealed reply in a slot, tag included.
pub const SLOT_SEALED_LEN: usize = SLOT_LEN - HINT_LEN;
/// Slots of a drop.
pub const SLOTS: usize = 64;
/// Length of a drop.
pub const DROP_LEN: usize = SLOTS * SLOT_LEN;

/// Most buckets of a desk. Every bucket costs each phone 44 bytes in each bulletin and each relay a
/// drop in each publication: 256 of them are 11 KiB and 8 MiB.
pub const BUCKETS_MAX: u16 = 256;
/// Shortest and longest time between two drops, seconds.
pub const DROP_PERIOD_S: core::ops::RangeInclusive<u32> = 60..=86_400;

/// Where the names of drops begin, below `/v1/`.
pub(crate) const FOLDER: &str = "drops/";

/// What a bulletin says of the drops published with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drops {
    /// Grows by one a period; all drops of a number are made at once.
    pub number: u32,
    /// Time between two numbers, seconds.
    pub period_s: u32,
    /// How many there are: files `drops/0` to `drops/N-1` of the publication.
    pub buckets: u16,
}

impl Drops {
    /// Whether period and count are such as a bulletin may state.
    pub fn allowed(&self) -> bool {
        DROP_PERIOD_S.contains(&self.period_s) && (1..=BUCKETS_MAX).contains(&self.buckets)
    }

    /// Name of the file of a bucket; below `/v1/` it is also its address.
    pub fn name(bucket: u16) -> String {
        format!("{FOLDER}{bucket}")
    }
}

/// A drop's bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Drop(Box<[u8; DROP_LEN]>);

/// Why bytes are no drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DropError {
    /// Not [`DROP_LEN`] bytes.
    #[error("a drop has {DROP_LEN} bytes, these are {0}")]
    Length(usize),
}

/// One slot of a drop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Slot<'a> {
    /// What a phone compares with its own.
    pub hint: &'a [u8; HINT_LEN],
    /// The sealed reply, or as many random bytes.
    pub sealed: &'a [u8; SLOT_SEALED_LEN],
}

impl Drop {
    /// Reads a drop. Total: every [`DROP_LEN`] bytes are one.
    ///
    /// # Errors
    /// When the length is another.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DropError> {
        let whole: &[u8; DROP_LEN] = bytes
            .try_into()
            .map_err(|_length| DropError::Length(bytes.len()))?;
        Ok(Self(Box::new(*whole)))
    }

    /// Puts a drop together.
    pub fn from_slots(slots: &[[u8; SLOT_LEN]; SLOTS]) -> Self {
        let mut bytes = Box::new([0; DROP_LEN]);
        bytes.copy_from_slice(slots.as_flattened());
        Self(bytes)
    }

    /// All of it.
    pub fn as_bytes(&self) -> &[u8; DROP_LEN] {
        &self.0
    }

    /// Its slots in order.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = Slot<'_>> {
        self.0.as_chunks().0.iter().map(Slot::of)
    }
}

impl<'a> Slot<'a> {
    /// The parts of a slot.
    pub fn of(bytes: &'a [u8; SLOT_LEN]) -> Self {
        const WHOLE: &str = "a slot is a hint and a sealed reply";
        let (hint, sealed) = bytes.split_first_chunk().expect(WHOLE);
        Self {
            hint,
            sealed: sealed.try_into().expect(WHOLE),
        }
    }
}

/// Says nothing: thirty-two kilobytes of noise.
impl core::fmt::Debug for Drop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Drop(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_is_sixty_four_slots_and_nothing_else() {
        assert_eq!(DROP_LEN, 32_768);
        assert_eq!(SLOT_SEALED_LEN, 504);
        let bytes: Vec<u8> = (0..DROP_LEN).map(|n| (n / SLOT_LEN) as u8).collect();
        let drop = Drop::from_bytes(&bytes).unwrap();
        assert_eq!(drop.as_bytes().as_slice(), bytes);
        assert_eq!(drop.slots().len(), SLOTS);
        for (n, slot) in drop.slots().enumerate() {
            assert_eq!(slot.hint, &[n as u8; HINT_LEN]);
            assert_eq!(slot.sealed, &[n as u8; SLOT_SEALED_LEN]);
        }
        let slots: Vec<[u8; SLOT_LEN]> = (0..SLOTS).map(|n| [n as u8; SLOT_LEN]).collect();
        assert_eq!(Drop::from_slots(&slots.try_into().unwrap()), drop);
    }

    #[test]
    fn every_other_length_is_refused() {
        for n in [0, 1, SLOT_LEN, DROP_LEN - 1, DROP_LEN + 1, 2 * DROP_LEN] {
            assert_eq!(Drop::from_bytes(&vec![0; n]), Err(DropError::Length(n)));
        }
    }
}
