//! What a desk says to one witness, and how it lies sealed in a slot of a drop.
//!
//! ```text
//! slot 512  = hint 8 · ChaCha20-Poly1305(key, nonce 0, associated data hint, plaintext) 504
//! plaintext = type 1 · length 2 · body · zeros up to 488 bytes
//! ```
//!
//! The nonce is constant because a key seals one plaintext only (`reply_chains`). Type 1 is a reply;
//! its body is a deterministic CBOR map: 1 id · 2 kind, and by kind 3 what the cell says, sealed once
//! more (`message`), 5 why not (refused), 6 how many and 7 the last step (received).

use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, Key, KeyInit as _, Nonce, Tag};
use lapwing_wire::{HINT_LEN, SLOT_LEN, SLOT_SEALED_LEN, Slot, TAG_LEN};
use minicbor::{Decoder, Encoder};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::SealedMessage;

/// Length of the plaintext of a slot.
pub const REPLY_PLAINTEXT_LEN: usize = SLOT_SEALED_LEN - TAG_LEN;

const HEAD: usize = 3;
const REPLY: u8 = 1;
/// Longest body.
pub(crate) const BODY_MAX: usize = REPLY_PLAINTEXT_LEN - HEAD;
/// Map 1, three keys 3, kind 1, the longest id 5, head of more than 255 bytes 3.
pub(crate) const SEALED_OVERHEAD: usize = 1 + 3 + 1 + 5 + 3;

/// One answer to one witness.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// By which the phone acknowledges it; one a witness and answer.
    pub id: u32,
    /// What it says.
    pub content: Content,
}

/// What a reply says.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// From the cell: opens with the witness's [`MessageKey`](crate::MessageKey).
    FromCell(SealedMessage),
    /// The invite was not taken.
    Refused(InviteRefused),
    /// What the desk has of this phone.
    Received {
        /// How many of its frames, without those that came twice.
        count: u32,
        /// The highest step among them.
        last: u32,
    },
    /// Too many steps were lost: the phone must renew.
    Renew,
}

/// Why an invite was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InviteRefused {
    /// Somebody has used it.
    Used = 1,
    /// It was for a time that has passed.
    Expired = 2,
    /// The coordinator has withdrawn it.
    Revoked = 3,
    /// The desk has not made it.
    Unknown = 4,
}

/// Says the kind only: a reply may end up in an error message.
impl core::fmt::Debug for Reply {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Reply(kind {})", self.content.kind())
    }
}

/// Says the kind only.
impl core::fmt::Debug for Content {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Content(kind {})", self.kind())
    }
}

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A text that is empty or too long.
    #[error("a text of {0} bytes is no message")]
    Text(usize),
    /// A time before 1970.
    #[error("the time is out of range")]
    Time,
    /// Not sealed under this key, or changed.
    #[error("the slot does not open")]
    Seal,
    /// A type that this version does not know.
    #[error("type {0} of slots is not known here")]
    Type(u8),
    /// A stated length beyond the plaintext.
    #[error("the stated length of {0} bytes is beyond the plaintext")]
    Length(usize),
    /// Something other than zeros after the body.
    #[error("the padding is not zero")]
    Padding,
    /// A kind that this version does not know.
    #[error("kind {0} of replies is not known here")]
    Kind(u8),
    /// The body is not the deterministic encoding of a reply.
    #[error("the body is not the deterministic encoding of a reply")]
    Encoding,
}

impl From<minicbor::decode::Error> for ReplyError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Encoding
    }
}

const VEC: &str = "writing to a vector cannot fail";

impl Content {
    const fn kind(&self) -> u8 {
        match self {
            Self::FromCell(_) => 1,
            Self::Refused(_) => 3,
            Self::Received { .. } => 4,
            Self::Renew => 5,
        }
    }
}

impl Reply {
    /// The plaintext of a slot.
    pub fn encode(&self) -> Zeroizing<[u8; REPLY_PLAINTEXT_LEN]> {
        let body = self.body();
        let mut out = Zeroizing::new([0; REPLY_PLAINTEXT_LEN]);
        out[0] = REPLY;
        let length = u16::try_from(body.len()).expect("a body fits into a slot");
        out[1..HEAD].copy_from_slice(&length.to_be_bytes());
        out[HEAD..HEAD + body.len()].copy_from_slice(&body);
        out
    }

    /// Reads a plaintext. Total.
    ///
    /// # Errors
    /// When it is not exactly one reply in its only encoding.
    pub fn decode(plaintext: &[u8; REPLY_PLAINTEXT_LEN]) -> Result<Self, ReplyError> {
        if plaintext[0] != REPLY {
            return Err(ReplyError::Type(plaintext[0]));
        }
        let length = usize::from(u16::from_be_bytes([plaintext[1], plaintext[2]]));
        let (body, padding) = plaintext[HEAD..]
            .split_at_checked(length)
            .ok_or(ReplyError::Length(length))?;
        if padding.iter().any(|&b| b != 0) {
            return Err(ReplyError::Padding);
        }
        let reply = Self::read(&mut Decoder::new(body))?;
        // One value, one encoding: this also refuses trailing bytes.
        if *reply.body() == body {
            Ok(reply)
        } else {
            Err(ReplyError::Encoding)
        }
    }

    fn body(&self) -> Zeroizing<Vec<u8>> {
        let mut e = Encoder::new(Vec::with_capacity(REPLY_PLAINTEXT_LEN));
        self.write(&mut e).expect(VEC);
        Zeroizing::new(e.into_writer())
    }

    fn write(
        &self,
        e: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        let members = match &self.content {
            Content::Renew => 2,
            Content::Refused(_) | Content::FromCell(_) => 3,
            Content::Received { .. } => 4,
        };
        e.map(members)?.u8(1)?.u32(self.id)?;
        e.u8(2)?.u8(self.content.kind())?;
        match &self.content {
            Content::Renew => e,
            Content::FromCell(sealed) => e.u8(3)?.bytes(sealed.as_bytes())?,
            Content::Refused(why) => e.u8(5)?.u8(*why as u8)?,
            Content::Received { count, last } => e.u8(6)?.u32(*count)?.u8(7)?.u32(*last)?,
        };
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, ReplyError> {
        fn key(d: &mut Decoder<'_>, wanted: u8) -> Result<(), ReplyError> {
            match d.u8() {
                Ok(found) if found == wanted => Ok(()),
                _ => Err(ReplyError::Encoding),
            }
        }
        // How many members there are, the comparison with the encoding tells.
        d.map()?;
        key(d, 1)?;
        let id = d.u32()?;
        key(d, 2)?;
        let content = match d.u8()? {
            1 => {
                key(d, 3)?;
                let sealed = SealedMessage::from_bytes(d.bytes()?);
                Content::FromCell(sealed.ok_or(ReplyError::Encoding)?)
            }
            3 => {
                key(d, 5)?;
                Content::Refused(match d.u8()? {
                    1 => InviteRefused::Used,
                    2 => InviteRefused::Expired,
                    3 => InviteRefused::Revoked,
                    4 => InviteRefused::Unknown,
                    _ => return Err(ReplyError::Encoding),
                })
            }
            4 => {
                key(d, 6)?;
                let count = d.u32()?;
                key(d, 7)?;
                let last = d.u32()?;
                Content::Received { count, last }
            }
            5 => Content::Renew,
            other => return Err(ReplyError::Kind(other)),
        };
        Ok(Self { id, content })
    }
}

/// Seals a reply. The key must never seal another one: `ReplyChains::seal` sees to that.
pub(crate) fn seal_slot(
    key: &[u8; 32],
    hint: &[u8; HINT_LEN],
    plaintext: &[u8; REPLY_PLAINTEXT_LEN],
) -> [u8; SLOT_LEN] {
    let mut slot = [0; SLOT_LEN];
    let (head, sealed) = slot.split_at_mut(HINT_LEN);
    head.copy_from_slice(hint);
    let (body, tag) = sealed.split_at_mut(REPLY_PLAINTEXT_LEN);
    body.copy_from_slice(plaintext);
    let made = ChaCha20Poly1305::new(&Key::from(*key))
        .encrypt_inout_detached(&Nonce::default(), hint, body.into())
        .expect("a slot is far below the limit of the cipher");
    tag.copy_from_slice(&made);
    slot
}

/// Opens a slot with the key of its hint.
pub(crate) fn open_slot(key: &[u8; 32], slot: Slot<'_>) -> Result<Reply, ReplyError> {
    const PARTS: &str = "a sealed reply is a plaintext and a tag";
    let (body, tag) = slot.sealed.split_last_chunk::<TAG_LEN>().expect(PARTS);
    let mut plaintext: Zeroizing<[u8; REPLY_PLAINTEXT_LEN]> =
        Zeroizing::new(body.try_into().expect(PARTS));
    ChaCha20Poly1305::new(&Key::from(*key))
        .decrypt_inout_detached(
            &Nonce::default(),
            slot.hint,
            plaintext.as_mut_slice().into(),
            &Tag::from(*tag),
        )
        .map_err(|_why| ReplyError::Seal)?;
    Reply::decode(&plaintext)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::SEALED_MESSAGE_LEN;
    use proptest::prelude::*;

    pub(crate) fn replies() -> Vec<Reply> {
        let sealed =
            |n: u8| Content::FromCell(SealedMessage::from_bytes(&[n; SEALED_MESSAGE_LEN]).unwrap());
        [
            sealed(0xff),
            sealed(1),
            Content::Refused(InviteRefused::Used),
            Content::Refused(InviteRefused::Unknown),
            Content::Received {
                count: 3,
                last: u32::MAX,
            },
            Content::Renew,
        ]
        .into_iter()
        .map(|content| Reply {
            id: u32::MAX,
            content,
        })
        .collect()
    }

    #[test]
    fn every_reply_reads_back_and_the_longest_fills_the_slot() {
        assert_eq!(REPLY_PLAINTEXT_LEN, 488);
        for reply in replies() {
            assert_eq!(Reply::decode(&reply.encode()), Ok(reply));
        }
        let longest = replies().swap_remove(0).encode();
        assert_eq!(longest[1..3], [0x01, 0xe5], "485 bytes: none is left over");
    }

    #[test]
    fn the_sealing_is_that_of_the_specification() {
        use chacha20poly1305::aead::{Aead as _, Payload};
        let (key, hint) = ([7; 32], [9; HINT_LEN]);
        let plaintext = replies()[1].encode();
        let slot = seal_slot(&key, &hint, &plaintext);
        let payload = Payload {
            msg: plaintext.as_slice(),
            aad: &hint,
        };
        let whole = ChaCha20Poly1305::new(&key.into())
            .encrypt(&[0; 12].into(), payload)
            .unwrap();
        assert_eq!(slot[..HINT_LEN], hint);
        assert_eq!(slot[HINT_LEN..], whole);
        assert_eq!(open_slot(&key, Slot::of(&slot)), Ok(replies().remove(1)));
    }

    #[test]
    fn a_slot_with_any_bit_changed_does_not_open() {
        let key = [7; 32];
        let slot = seal_slot(&key, &[9; HINT_LEN], &replies()[2].encode());
        for bit in 0..SLOT_LEN * 8 {
            let mut bad = slot;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                open_slot(&key, Slot::of(&bad)),
                Err(ReplyError::Seal),
                "{bit}"
            );
        }
    }

    #[test]
    fn debugging_prints_nothing_of_the_content() {
        let shown = format!("{:?} {:?}", replies()[0], replies()[4].content);
        assert_eq!(shown, "Reply(kind 1) Content(kind 4)");
    }

    proptest! {
        #[test]
        fn any_plaintext_gives_a_value_or_a_reason(
            kind in 0..3u8, body in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut bytes = [0; REPLY_PLAINTEXT_LEN];
            bytes[0] = kind;
            bytes[2] = body.len() as u8;
            bytes[3..3 + body.len()].copy_from_slice(&body);
            if let Ok(reply) = Reply::decode(&bytes) {
                prop_assert_eq!(*reply.encode(), bytes);
            }
        }

        #[test]
        fn a_reply_with_any_byte_changed_is_another_or_none(
            which in 0..6usize, at in 0..40usize, by in 1..=255u8,
        ) {
            let reply = replies().swap_remove(which);
            let mut bytes = reply.encode();
            bytes[at] ^= by;
            if let Ok(other) = Reply::decode(&bytes) {
                prop_assert_ne!(other, reply);
            }
        }
    }
}
