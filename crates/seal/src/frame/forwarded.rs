//! A whisper on its way to the desk, forwarded by whoever heard or read it.
//!
//! ```text
//! CBOR map: 1 when it was heard (seconds since 1970 UTC) · 2 bearer · 3 whispers (array of 1 to 16 byte strings of 14)
//! ```
//!
//! A gateway cannot tell which reading of a text with a word left out is the right one: it forwards every one that is a
//! codeword, and at most one of them is genuine. It holds no key, and who said it is not said.

use lapwing_wire::{WHISPER_LEN, Whisper};
use minicbor::Decoder;
use zeroize::Zeroizing;

use super::{FrameError, array, bad, key, map, only, written};

/// Most readings of one text.
pub const FORWARDED_MAX: usize = 16;

/// A whisper that somebody else heard or read.
#[derive(Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// When it was heard, in seconds since 1970 UTC: what its time is counted from.
    pub heard_at: i64,
    /// What carried it.
    pub bearer: Bearer,
    /// One to sixteen readings, of which at most one is genuine.
    pub whispers: Vec<Whisper>,
}

/// What carried a whisper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// Words over a call.
    Call = 0,
    /// A text message.
    Text = 1,
    /// A sheet or a code on paper.
    Paper = 2,
}

impl Forwarded {
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        written(|e| {
            e.map(3)?.u8(1)?.i64(self.heard_at)?;
            e.u8(2)?.u8(self.bearer as u8)?;
            e.u8(3)?.array(self.whispers.len() as u64)?;
            for whisper in &self.whispers {
                e.bytes(&whisper.to_bytes())?;
            }
            Ok(())
        })
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, FrameError> {
        only(body, Self::read, Self::encode)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, FrameError> {
        map(d, 3..=3)?;
        key(d, 1)?;
        let heard_at = d.i64().map_err(bad)?;
        key(d, 2)?;
        let bearer = match d.u8().map_err(bad)? {
            0 => Bearer::Call,
            1 => Bearer::Text,
            2 => Bearer::Paper,
            _ => return Err(FrameError::Encoding),
        };
        key(d, 3)?;
        let count = d
            .array()
            .map_err(bad)?
            .filter(|n| (1..=FORWARDED_MAX as u64).contains(n))
            .ok_or(FrameError::Encoding)?;
        let whisper = |_| {
            let bytes = array::<WHISPER_LEN>(d.bytes().map_err(bad)?)?;
            Whisper::from_bytes(&bytes).map_err(|_why| FrameError::Encoding)
        };
        let whispers = (0..count).map(whisper).collect::<Result<_, _>>()?;
        Ok(Self {
            heard_at,
            bearer,
            whispers,
        })
    }
}

/// Says nothing of what was heard, nor when.
impl core::fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Forwarded").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, RootSecret, WhisperSpeaker};
    use lapwing_wire::WhisperKind;

    fn forwarded(count: usize) -> Frame {
        let mut phone = WhisperSpeaker::new(&RootSecret::from_bytes([1; 32]));
        let say = |_| phone.say(WhisperKind::Report, 5).0;
        Frame::Whisper(Forwarded {
            heard_at: 1_790_000_000,
            bearer: Bearer::Text,
            whispers: (0..count).map(say).collect(),
        })
    }

    #[test]
    fn one_to_sixteen_readings_read_back_and_no_other_number_does() {
        for (count, reads) in [(0, false), (1, true), (FORWARDED_MAX, true), (17, false)] {
            let frame = forwarded(count);
            let bytes = frame.encode().expect("it fits");
            assert_eq!(
                Frame::decode(&bytes).ok(),
                reads.then_some(frame),
                "{count}"
            );
        }
    }

    #[test]
    fn debugging_says_neither_what_nor_when() {
        assert_eq!(format!("{:?}", forwarded(1)), "Whisper(Forwarded { .. })");
    }
}
