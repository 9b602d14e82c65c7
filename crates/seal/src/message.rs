//! What a cell says to one of its witnesses, sealed a second time inside of a reply: a desk keeps replies until they
//! have come, and must not be able to read these.
//!
//! ```text
//! sealed 472 = nonce 12 · ChaCha20-Poly1305(key, nonce, associated data id 4, plaintext 444) · tag 16
//! key        = secret(`message` · id 4) of step 0 of the chain `Message`
//! plaintext  = kind 1 · what was said · zeros up to 444 bytes
//! ```
//!
//! Kind 1 is a text: time 8 · length 2 · text. Kind 2 takes an invite: label of the cell 8. The chain does not move: the keys
//! of slots do, and this key is left to the phone and to what is sealed to the cell. The nonce is random although an id is
//! given to one reply, because a desk whose transaction failed, or that comes back from a backup, gives it again.

use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, Key, KeyInit as _, Nonce, Tag};
use lapwing_wire::TAG_LEN;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    CELL_LABEL_LEN, CHAIN_KEY_LEN, CellLabel, ChainKey, Purpose, ReplyError, RootSecret,
    reply::{BODY_MAX, SEALED_OVERHEAD},
};

/// Length of what a cell says, sealed: whatever it is.
pub const SEALED_MESSAGE_LEN: usize = BODY_MAX - SEALED_OVERHEAD;
/// Length of the same, opened.
pub const CELL_MESSAGE_LEN: usize = SEALED_MESSAGE_LEN - NONCE_LEN - TAG_LEN;
/// Longest text of a message, in bytes of UTF-8: 216 Cyrillic letters. What is longer goes in two.
pub const REPLY_TEXT_MAX: usize = CELL_MESSAGE_LEN - TEXT_HEAD;

const NONCE_LEN: usize = 12;
const TEXT: u8 = 1;
const WELCOME: u8 = 2;
/// Kind 1, time 8, length 2.
const TEXT_HEAD: usize = 1 + 8 + 2;

/// By which a coordinator writes to one witness. The desk has it for the moment of an enrolment, and seals it to the
/// cell.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageKey(ChainKey);

/// What a cell says.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellMessage {
    /// The coordinator wrote.
    Text {
        /// When it was written: it may be read weeks later.
        at: i64,
        /// 1 to [`REPLY_TEXT_MAX`] bytes.
        text: String,
    },
    /// The invite was taken, into this cell.
    Welcome {
        /// What the phone says from now on with all that it says.
        cell: CellLabel,
    },
}

/// What a cell says, as a reply carries it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedMessage(Box<[u8; SEALED_MESSAGE_LEN]>);

impl MessageKey {
    /// That of an enrolment.
    pub fn of(root: &RootSecret) -> Self {
        Self(root.chain(Purpose::Message))
    }

    /// One that was kept.
    pub const fn from_bytes(bytes: [u8; CHAIN_KEY_LEN]) -> Self {
        Self(ChainKey::from_bytes(bytes))
    }

    /// For keeping, where nobody but coordinator and witness reads it.
    pub const fn as_bytes(&self) -> &[u8; CHAIN_KEY_LEN] {
        self.0.as_bytes()
    }

    /// Seals what the reply with this id is to carry.
    ///
    /// # Errors
    /// `Text` and `Time`: a message that is none.
    pub fn seal(
        &self,
        rng: &mut impl CryptoRng,
        id: u32,
        message: &CellMessage,
    ) -> Result<SealedMessage, ReplyError> {
        let plaintext = message.encode()?;
        let mut out = Box::new([0; SEALED_MESSAGE_LEN]);
        let (nonce, sealed) = out.split_at_mut(NONCE_LEN);
        rng.fill_bytes(nonce);
        let nonce = Nonce::try_from(&*nonce).expect("12 bytes");
        let (body, tag) = sealed.split_at_mut(CELL_MESSAGE_LEN);
        body.copy_from_slice(plaintext.as_slice());
        let made = self
            .cipher(id)
            .encrypt_inout_detached(&nonce, &id.to_be_bytes(), body.into())
            .expect("a message is far below the limit of the cipher");
        tag.copy_from_slice(&made);
        Ok(SealedMessage(out))
    }

    /// Opens what the reply with this id carried.
    ///
    /// # Errors
    /// `Seal`: under another key, of another id, or changed. Else when it is not exactly one message in its only encoding.
    pub fn open(&self, id: u32, sealed: &SealedMessage) -> Result<CellMessage, ReplyError> {
        const PARTS: &str = "a sealed message is a nonce, a plaintext and a tag";
        let (nonce, rest) = sealed.0.split_first_chunk::<NONCE_LEN>().expect(PARTS);
        let (body, tag) = rest.split_last_chunk::<TAG_LEN>().expect(PARTS);
        let mut plaintext: Zeroizing<[u8; CELL_MESSAGE_LEN]> =
            Zeroizing::new(body.try_into().expect(PARTS));
        self.cipher(id)
            .decrypt_inout_detached(
                &Nonce::from(*nonce),
                &id.to_be_bytes(),
                plaintext.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_why| ReplyError::Seal)?;
        CellMessage::decode(&plaintext)
    }

    fn cipher(&self, id: u32) -> ChaCha20Poly1305 {
        let label = [b"message".as_slice(), &id.to_be_bytes()].concat();
        let key = Zeroizing::new(self.0.secret(&label));
        ChaCha20Poly1305::new(&Key::from(*key))
    }
}

impl SealedMessage {
    /// From the inside of a reply: any bytes of the length, until somebody opens them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SEALED_MESSAGE_LEN] = bytes.try_into().ok()?;
        Some(Self(Box::new(*bytes)))
    }

    /// For the inside of a reply.
    pub const fn as_bytes(&self) -> &[u8; SEALED_MESSAGE_LEN] {
        &self.0
    }
}

impl CellMessage {
    /// What is sealed.
    ///
    /// # Errors
    /// `Text` and `Time`: a message that is none.
    pub fn encode(&self) -> Result<Zeroizing<[u8; CELL_MESSAGE_LEN]>, ReplyError> {
        let mut out = Zeroizing::new([0; CELL_MESSAGE_LEN]);
        match self {
            Self::Text { at, .. } if *at < 0 => return Err(ReplyError::Time),
            Self::Text { at, text } => {
                let end = TEXT_HEAD + text.len();
                if text.is_empty() || end > CELL_MESSAGE_LEN {
                    return Err(ReplyError::Text(text.len()));
                }
                let length = u16::try_from(text.len()).expect("a text fits into a slot");
                out[0] = TEXT;
                out[1..9].copy_from_slice(&at.to_be_bytes());
                out[9..TEXT_HEAD].copy_from_slice(&length.to_be_bytes());
                out[TEXT_HEAD..end].copy_from_slice(text.as_bytes());
            }
            Self::Welcome { cell } => {
                out[0] = WELCOME;
                out[1..=CELL_LABEL_LEN].copy_from_slice(cell.as_bytes());
            }
        }
        Ok(out)
    }

    /// Reads what was sealed. Total.
    ///
    /// # Errors
    /// When it is not exactly one message in its only encoding.
    pub fn decode(plaintext: &[u8; CELL_MESSAGE_LEN]) -> Result<Self, ReplyError> {
        let (&kind, rest) = plaintext.split_first().expect("it has bytes");
        let (said, padding) = match kind {
            TEXT => {
                let (at, rest) = rest.split_first_chunk().ok_or(ReplyError::Encoding)?;
                let (length, rest) = rest.split_first_chunk().ok_or(ReplyError::Encoding)?;
                let at = i64::from_be_bytes(*at);
                let length = usize::from(u16::from_be_bytes(*length));
                let (text, padding) = rest
                    .split_at_checked(length)
                    .filter(|(text, _)| !text.is_empty())
                    .ok_or(ReplyError::Text(length))?;
                let text = core::str::from_utf8(text).map_err(|_why| ReplyError::Encoding)?;
                if at < 0 {
                    return Err(ReplyError::Time);
                }
                let text = text.to_owned();
                (Self::Text { at, text }, padding)
            }
            WELCOME => {
                let (cell, padding) = rest.split_first_chunk().ok_or(ReplyError::Encoding)?;
                let cell = CellLabel::from_bytes(*cell);
                (Self::Welcome { cell }, padding)
            }
            other => return Err(ReplyError::Kind(other)),
        };
        if padding.iter().any(|&b| b != 0) {
            return Err(ReplyError::Padding);
        }
        Ok(said)
    }
}

/// Says nothing: a key may end up in an error message.
impl core::fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MessageKey(..)")
    }
}

/// Says nothing of what was said.
impl core::fmt::Debug for CellMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CellMessage(..)")
    }
}

/// Says nothing.
impl core::fmt::Debug for SealedMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealedMessage(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    fn key(n: u8) -> MessageKey {
        MessageKey::of(&RootSecret::from_bytes([n; 32]))
    }

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([5; 32])
    }

    fn message(text: &str) -> CellMessage {
        CellMessage::Text {
            at: 1_790_000_000,
            text: text.into(),
        }
    }

    #[test]
    fn a_word_opens_with_its_key_and_id_only_and_not_when_changed() {
        assert_eq!((SEALED_MESSAGE_LEN, REPLY_TEXT_MAX), (472, 433));
        let longest = "ж".repeat(REPLY_TEXT_MAX / 2);
        let cell = CellLabel::from_bytes([0xff; CELL_LABEL_LEN]);
        let welcome = CellMessage::Welcome { cell };
        for said in [message("Так"), message(&longest), welcome] {
            let sealed = key(1).seal(&mut rng(), 7, &said).unwrap();
            assert_eq!(key(1).open(7, &sealed), Ok(said));
            assert_eq!(key(2).open(7, &sealed), Err(ReplyError::Seal));
            assert_eq!(key(1).open(8, &sealed), Err(ReplyError::Seal));
            for bit in 0..SEALED_MESSAGE_LEN * 8 {
                let mut changed = sealed.clone();
                changed.0[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(key(1).open(7, &changed), Err(ReplyError::Seal), "{bit}");
            }
        }
    }

    #[test]
    fn the_same_word_under_the_same_id_is_sealed_differently() {
        let (mut rng, said) = (rng(), message("Так"));
        let (a, b) = (
            key(1).seal(&mut rng, 7, &said),
            key(1).seal(&mut rng, 7, &said),
        );
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.0.windows(8).all(|w| !b.0.windows(8).any(|v| v == w)));
    }

    #[test]
    fn a_text_that_is_empty_or_too_long_and_a_time_before_1970_are_refused() {
        for n in [0, REPLY_TEXT_MAX + 1] {
            let refused = key(1).seal(&mut rng(), 1, &message(&"x".repeat(n)));
            assert_eq!(refused, Err(ReplyError::Text(n)));
        }
        let early = CellMessage::Text {
            at: -1,
            text: "x".into(),
        };
        assert_eq!(key(1).seal(&mut rng(), 1, &early), Err(ReplyError::Time));
    }

    #[test]
    fn the_sealing_is_that_of_the_specification() {
        use chacha20poly1305::aead::{Aead as _, Payload};
        let id = 7_u32.to_be_bytes();
        let said = message("Так");
        let sealed = key(1).seal(&mut rng(), 7, &said).unwrap();
        let chain = RootSecret::from_bytes([1; 32]).chain(Purpose::Message);
        let secret = chain.secret(&[b"message".as_slice(), &id].concat());
        let opened = ChaCha20Poly1305::new(&secret.into())
            .decrypt(
                &Nonce::try_from(&sealed.0[..12]).unwrap(),
                Payload {
                    msg: &sealed.0[12..],
                    aad: &id,
                },
            )
            .unwrap();
        let mut plain = vec![1];
        plain.extend_from_slice(&1_790_000_000_i64.to_be_bytes());
        plain.extend_from_slice(&[0, 6]);
        plain.extend_from_slice("Так".as_bytes());
        plain.resize(444, 0);
        assert_eq!(opened, plain);
    }

    #[test]
    fn debugging_prints_nothing() {
        let sealed = key(1).seal(&mut rng(), 1, &message("Так")).unwrap();
        let shown = format!("{:?} {:?} {sealed:?}", key(1), message("Так"));
        assert_eq!(shown, "MessageKey(..) CellMessage(..) SealedMessage(..)");
    }

    proptest! {
        #[test]
        fn any_plaintext_gives_a_value_or_a_reason(
            kind in 0..4u8, start in any::<u8>(), length in 0..500u16, body in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut bytes = [0; CELL_MESSAGE_LEN];
            bytes[0] = kind;
            bytes[1] = start;
            bytes[9..11].copy_from_slice(&length.to_be_bytes());
            bytes[11..11 + body.len()].copy_from_slice(&body);
            if let Ok(said) = CellMessage::decode(&bytes) {
                prop_assert_eq!(*said.encode().unwrap(), bytes);
            }
        }

        #[test]
        fn any_text_that_fits_reads_back(text in "\\PC{1,120}", at in 0..=i64::MAX) {
            let said = CellMessage::Text { at, text };
            if let Ok(bytes) = said.encode() {
                prop_assert_eq!(CellMessage::decode(&bytes), Ok(said));
            }
        }
    }
}
