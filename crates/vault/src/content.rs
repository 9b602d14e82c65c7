//! What a slot holds: a few fields of bytes, whose meaning is that of others (`lapwing-witness`).
//!
//! Deterministic CBOR (RFC 8949 4.2.1): a map from field number to byte string; what is empty is left out.

use minicbor::{Decoder, Encoder};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::layout::CONTENT_MAX;

/// A field of the content. The limits are such that fields that are each full still fit a slot together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Who the phone is to the desk: chains, or the secret of a pseudonym.
    Identity,
    /// The conversation with the desk.
    Conversation,
    /// Passes.
    Passes,
    /// Drafts, and sealed envelopes beyond the open outbox.
    Outbox,
}

impl Field {
    /// All of them, by number.
    pub const ALL: [Self; 4] = [
        Self::Identity,
        Self::Conversation,
        Self::Passes,
        Self::Outbox,
    ];

    /// Its number in the encoding.
    pub const fn number(self) -> u8 {
        match self {
            Self::Identity => 1,
            Self::Conversation => 2,
            Self::Passes => 3,
            Self::Outbox => 4,
        }
    }

    /// The field of a number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.number() == number)
    }

    /// Most bytes it takes.
    pub const fn limit(self) -> usize {
        match self {
            Self::Identity => 2_048,
            Self::Conversation => 6_144,
            Self::Passes => 4_096,
            Self::Outbox => 4_096,
        }
    }
}

/// Why content is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContentError {
    /// More than the field takes.
    #[error("{offered} bytes are too many: {field:?} takes {limit}")]
    TooFull {
        /// Which.
        field: Field,
        /// How many.
        offered: usize,
        /// How many it takes.
        limit: usize,
    },
    /// No deterministic CBOR, or not of this shape.
    #[error("this is no content")]
    Malformed,
    /// A field of a later app.
    #[error("field {0} is not known")]
    Field(u8),
}

/// What a slot holds.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct VaultContent {
    fields: [Vec<u8>; 4],
}

impl VaultContent {
    /// What is in a field; empty when nothing is.
    pub fn field(&self, field: Field) -> &[u8] {
        &self.fields[usize::from(field.number() - 1)]
    }

    /// Puts bytes into a field, in place of what is there.
    ///
    /// # Errors
    /// `TooFull`; what was there stays.
    pub fn put(&mut self, field: Field, bytes: &[u8]) -> Result<(), ContentError> {
        if bytes.len() > field.limit() {
            return Err(ContentError::TooFull {
                field,
                offered: bytes.len(),
                limit: field.limit(),
            });
        }
        let place = &mut self.fields[usize::from(field.number() - 1)];
        place.zeroize();
        place.extend_from_slice(bytes);
        Ok(())
    }

    /// The bytes that a slot takes.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let full = Field::ALL
            .into_iter()
            .filter(|&field| !self.field(field).is_empty());
        // All at once: growing would leave copies of what is secret behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(CONTENT_MAX));
        let mut cbor = Encoder::new(&mut *bytes);
        let written: Result<(), minicbor::encode::Error<core::convert::Infallible>> = (|| {
            cbor.map(full.clone().count() as u64)?;
            for field in full {
                cbor.u8(field.number())?.bytes(self.field(field))?;
            }
            Ok(())
        })();
        written.expect("writing into memory does not fail");
        bytes
    }

    /// Reads what [`VaultContent::encode`] wrote.
    ///
    /// # Errors
    /// `Malformed`, `Field`, `TooFull`.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let mut content = Self::default();
        let mut cbor = Decoder::new(bytes);
        let malformed = |_why| ContentError::Malformed;
        let fields = cbor
            .map()
            .map_err(malformed)?
            .ok_or(ContentError::Malformed)?;
        for _ in 0..fields {
            let number = cbor.u8().map_err(malformed)?;
            let field = Field::numbered(number).ok_or(ContentError::Field(number))?;
            content.put(field, cbor.bytes().map_err(malformed)?)?;
        }
        // One encoding only: no other order, no field twice, no empty one, no longer heads, nothing behind.
        if content.encode().as_slice() != bytes {
            return Err(ContentError::Malformed);
        }
        Ok(content)
    }
}

/// Says nothing of what is inside.
impl core::fmt::Debug for VaultContent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("VaultContent(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_put_in_comes_out_and_has_one_encoding(lengths in any::<[u16; 4]>(), fill in any::<u8>()) {
            let mut content = VaultContent::default();
            for (field, length) in Field::ALL.into_iter().zip(lengths) {
                let bytes = vec![fill; usize::from(length) % (field.limit() + 1)];
                content.put(field, &bytes).unwrap();
            }
            let bytes = content.encode();
            prop_assert_eq!(VaultContent::decode(&bytes).unwrap(), content);
        }

        #[test]
        fn whatever_is_read_is_written_again(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(content) = VaultContent::decode(&bytes) {
                prop_assert_eq!(content.encode().to_vec(), bytes);
            }
        }
    }

    #[test]
    fn fields_that_are_all_full_fit_a_slot() {
        let mut content = VaultContent::default();
        for field in Field::ALL {
            content.put(field, &vec![7; field.limit()]).unwrap();
            assert_eq!(
                content.put(field, &vec![8; field.limit() + 1]),
                Err(ContentError::TooFull {
                    field,
                    offered: field.limit() + 1,
                    limit: field.limit(),
                })
            );
            assert_eq!(content.field(field), vec![7; field.limit()]);
        }
        assert!(content.encode().len() <= CONTENT_MAX);
    }
}
