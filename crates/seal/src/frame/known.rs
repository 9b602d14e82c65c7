//! What an enrolled witness sends: any of five things, with the step of the chain it was said at.
//!
//! ```text
//! step id 8 · MAC 16 · label of the cell 8 · inner type 1 · inner body
//! ```
//!
//! | inner type | body |
//! | --- | --- |
//! | 3 message | UTF-8, 1 to 560 bytes |
//! | 4 check-in | CBOR map: 1 ids of replies that have come (array of u32, ascending, at most 64) · 2 whether all is well (bool), absent where nobody was asked |
//! | 5 media symbol | see [`MediaSymbol`] |
//! | 8 report | CBOR map: 1 seed of the field salts (32 bytes) · 2 observation (its encoding, as bytes) · 3 time of a replayed report, absent in live ones |
//! | 9 drill | as a report, made for practice |

use lapwing_model::{NOTE_MAX, Observation};
use minicbor::Decoder;
use zeroize::Zeroizing;

use super::{FrameError, MediaSymbol, array, bad, key, map, only, written};
use crate::{
    CELL_LABEL_LEN, CellLabel, FieldSeed, MAC_LEN, SEED_LEN, STEP_ID_LEN, StepId, StepKey,
};

/// Longest message, bytes of UTF-8: as long as the note of a report.
pub const MESSAGE_MAX: usize = NOTE_MAX;
/// Most replies acknowledged by one check-in.
pub const ACKS_MAX: usize = 64;

const MESSAGE: u8 = 3;
const CHECK_IN: u8 = 4;
const MEDIA: u8 = 5;
const REPORT: u8 = 8;
const DRILL: u8 = 9;

/// From a witness whom the desk knows by its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which step of which chain.
    pub id: StepId,
    /// That it was said at this step.
    pub mac: [u8; MAC_LEN],
    /// Whose coordinator it is for: the desk keeps of no witness which cell they are of.
    pub cell: CellLabel,
    /// What was said.
    pub said: Said,
}

/// What an enrolled witness can say.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Said {
    /// That the phone is there, and which replies it has.
    CheckIn(CheckIn),
    /// A part of a photo.
    Media(MediaSymbol),
    /// A message to the coordinator.
    Message(String),
    /// An observation.
    Report(Statement),
    /// An observation made up for practice: it never enters an incident.
    Drill(Statement),
}

/// A phone that shows that it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckIn {
    /// Ids of replies that have come, ascending, each once.
    pub acks: Vec<u32>,
    /// What the witness says of themselves. `None`: the phone speaks by itself, and nobody was asked.
    pub well: Option<bool>,
}

/// An observation as an enrolled witness sends it.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    /// Seed of the salts of its fields.
    pub seed: FieldSeed,
    /// What was seen.
    pub observation: Observation,
    /// When it came in originally, if it is replayed from a record; a live desk refuses it.
    pub replayed_at: Option<i64>,
}

impl Known {
    /// Says something at a step.
    pub fn say((id, step): (StepId, &StepKey), cell: CellLabel, said: Said) -> Self {
        let mac = step.mac(&[cell.as_bytes(), &said.encode()]);
        Self {
            id,
            mac,
            cell,
            said,
        }
    }

    /// Whether it was said by whoever holds this step.
    pub fn is_by(&self, step: &StepKey) -> bool {
        step.is_of(&self.mac, &[self.cell.as_bytes(), &self.said.encode()])
    }

    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let said = self.said.encode();
        let length = STEP_ID_LEN + MAC_LEN + CELL_LABEL_LEN + said.len();
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&self.mac);
        out.extend_from_slice(self.cell.as_bytes());
        out.extend_from_slice(&said);
        out
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, FrameError> {
        let (id, rest) = body
            .split_first_chunk::<STEP_ID_LEN>()
            .ok_or(FrameError::Encoding)?;
        let (mac, rest) = rest
            .split_first_chunk::<MAC_LEN>()
            .ok_or(FrameError::Encoding)?;
        let (cell, said) = rest
            .split_first_chunk::<CELL_LABEL_LEN>()
            .ok_or(FrameError::Encoding)?;
        Ok(Self {
            id: *id,
            mac: *mac,
            cell: CellLabel::from_bytes(*cell),
            said: Said::decode(said)?,
        })
    }
}

impl Said {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (kind, body) = match self {
            Self::CheckIn(check_in) => (CHECK_IN, check_in.encode()),
            Self::Message(text) => (MESSAGE, Zeroizing::new(text.as_bytes().to_vec())),
            Self::Media(symbol) => (MEDIA, symbol.encode()),
            Self::Report(statement) => (REPORT, statement.encode()),
            Self::Drill(statement) => (DRILL, statement.encode()),
        };
        let mut out = Zeroizing::new(Vec::with_capacity(1 + body.len()));
        out.push(kind);
        out.extend_from_slice(&body);
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (&kind, body) = bytes.split_first().ok_or(FrameError::Encoding)?;
        match kind {
            CHECK_IN => only(body, CheckIn::read, CheckIn::encode).map(Self::CheckIn),
            MESSAGE if (1..=MESSAGE_MAX).contains(&body.len()) => core::str::from_utf8(body)
                .map(|text| Self::Message(text.to_owned()))
                .map_err(|_why| FrameError::Encoding),
            MESSAGE => Err(FrameError::Length(body.len())),
            MEDIA => MediaSymbol::decode(body).map(Self::Media),
            REPORT => only(body, Statement::read, Statement::encode).map(Self::Report),
            DRILL => only(body, Statement::read, Statement::encode).map(Self::Drill),
            other => Err(FrameError::Type(other)),
        }
    }
}

impl CheckIn {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        written(|e| {
            e.map(1 + u64::from(self.well.is_some()))?;
            e.u8(1)?.array(self.acks.len() as u64)?;
            for ack in &self.acks {
                e.u32(*ack)?;
            }
            if let Some(well) = self.well {
                e.u8(2)?.bool(well)?;
            }
            Ok(())
        })
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, FrameError> {
        let members = map(d, 1..=2)?;
        key(d, 1)?;
        let count = d
            .array()
            .map_err(bad)?
            .filter(|n| *n <= ACKS_MAX as u64)
            .ok_or(FrameError::Encoding)?;
        let acks = (0..count)
            .map(|_| d.u32().map_err(bad))
            .collect::<Result<Vec<_>, _>>()?;
        if !acks.is_sorted_by(|a, b| a < b) {
            return Err(FrameError::Encoding);
        }
        let well = if members == 2 {
            key(d, 2)?;
            Some(d.bool().map_err(bad)?)
        } else {
            None
        };
        Ok(Self { acks, well })
    }
}

impl Statement {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        written(|e| {
            e.map(2 + u64::from(self.replayed_at.is_some()))?;
            e.u8(1)?.bytes(self.seed.as_bytes())?;
            e.u8(2)?.bytes(&self.observation.encode())?;
            if let Some(at) = self.replayed_at {
                e.u8(3)?.i64(at)?;
            }
            Ok(())
        })
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, FrameError> {
        let members = map(d, 2..=3)?;
        key(d, 1)?;
        let seed = FieldSeed::from_bytes(array::<SEED_LEN>(d.bytes().map_err(bad)?)?);
        key(d, 2)?;
        let observation = Observation::decode(d.bytes().map_err(bad)?)?;
        let replayed_at = if members == 3 {
            key(d, 3)?;
            Some(d.i64().map_err(bad)?)
        } else {
            None
        };
        Ok(Self {
            seed,
            observation,
            replayed_at,
        })
    }
}

/// Says nothing of what was said: a frame may end up in an error message.
impl core::fmt::Debug for Said {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::CheckIn(_) => "CheckIn(..)",
            Self::Message(_) => "Message(..)",
            Self::Media(_) => "Media(..)",
            Self::Report(_) => "Report(..)",
            Self::Drill(_) => "Drill(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Frame, MEDIA_NAME_LEN, MEDIA_SYMBOL_LEN, Purpose, RootSecret, Speaker,
        frame::tests::report, report_name,
    };

    fn step() -> (StepId, StepKey) {
        Speaker::new(RootSecret::from_bytes([4; 32]).chain(Purpose::Mac)).take()
    }

    fn statement() -> Statement {
        let report = report();
        Statement {
            seed: report.seed,
            observation: report.observation,
            replayed_at: None,
        }
    }

    fn cell() -> CellLabel {
        CellLabel::from_bytes([6; CELL_LABEL_LEN])
    }

    fn said() -> [Said; 4] {
        let check_in = |well| {
            Said::CheckIn(CheckIn {
                acks: vec![1, 7, u32::MAX],
                well,
            })
        };
        [
            check_in(None),
            check_in(Some(true)),
            Said::Message("вода скінчилася".into()),
            Said::Report(statement()),
        ]
    }

    #[test]
    fn everything_said_reads_back_and_holds_at_its_step_only() {
        let (id, key) = step();
        let (_, other) = Speaker::new(RootSecret::from_bytes([5; 32]).chain(Purpose::Mac)).take();
        for said in said() {
            let known = Known::say((id, &key), cell(), said);
            let frame = Frame::Known(known.clone());
            assert_eq!(Frame::decode(&frame.encode().unwrap()).unwrap(), frame);
            assert!(known.is_by(&key) && !known.is_by(&other));
            let moved = Known {
                cell: CellLabel::from_bytes([7; CELL_LABEL_LEN]),
                ..known
            };
            assert!(
                !moved.is_by(&key),
                "what was said to one cell is not to another"
            );
        }
    }

    #[test]
    fn no_two_things_said_share_a_mac() {
        let (id, key) = step();
        let macs = said().map(|said| Known::say((id, &key), cell(), said).mac);
        let different: std::collections::HashSet<_> = macs.iter().collect();
        assert_eq!(different.len(), macs.len());
    }

    #[test]
    fn the_longest_report_and_message_fit() {
        let (id, key) = step();
        let mut longest = statement();
        longest.replayed_at = Some(i64::MAX);
        longest.observation.note = "x".repeat(NOTE_MAX);
        longest.observation.count = Some(u16::MAX);
        longest.observation.off_m = u32::MAX;
        longest.observation.seen_off_s = u32::MAX;
        longest.observation.heading = lapwing_model::Heading::from_sector(7);
        let acks = (u32::MAX - 63..=u32::MAX).collect();
        for said in [
            Said::Report(longest),
            Said::Message("x".repeat(MESSAGE_MAX)),
            Said::CheckIn(CheckIn {
                acks,
                well: Some(false),
            }),
        ] {
            let frame = Frame::Known(Known::say((id, &key), cell(), said));
            assert_eq!(Frame::decode(&frame.encode().unwrap()).unwrap(), frame);
        }
    }

    #[test]
    fn a_symbol_of_a_photo_fills_the_envelope() {
        let (id, key) = step();
        let symbol = MediaSymbol {
            report: report_name(&statement().seed),
            photo: [3; MEDIA_NAME_LEN],
            length: 40_000,
            id: 0xff_ff_ff,
            symbol: Box::new([9; MEDIA_SYMBOL_LEN]),
        };
        let known = Known::say((id, &key), cell(), Said::Media(symbol));
        let body = known.encode().len();
        assert!((868..=871).contains(&body), "{body}");
        let frame = Frame::Known(known);
        assert_eq!(Frame::decode(&frame.encode().unwrap()).unwrap(), frame);
        assert_eq!(Said::decode(&[MEDIA; 837]), Err(FrameError::Length(836)));
        assert_eq!(Said::decode(&[MEDIA; 839]), Err(FrameError::Length(838)));
        let mut empty = [MEDIA; 838];
        empty[33..35].fill(0);
        assert_eq!(Said::decode(&empty), Err(FrameError::Encoding));
        assert!(Said::decode(&[MEDIA; 838]).is_ok());
    }

    #[test]
    fn acknowledgements_out_of_order_twice_or_too_many_are_refused() {
        let (id, key) = step();
        for acks in [vec![2, 1], vec![1, 1], (0..65).collect()] {
            let said = Said::CheckIn(CheckIn { acks, well: None });
            let known = Known::say((id, &key), cell(), said);
            let bytes = Frame::Known(known).encode().unwrap();
            assert_eq!(Frame::decode(&bytes), Err(FrameError::Encoding));
        }
    }

    #[test]
    fn a_message_that_is_empty_too_long_or_no_text_is_refused() {
        for (body, why) in [
            (vec![], FrameError::Length(0)),
            (vec![b'x'; MESSAGE_MAX + 1], FrameError::Length(561)),
            (vec![0xff], FrameError::Encoding),
        ] {
            let bytes = [vec![MESSAGE], body].concat();
            assert_eq!(Said::decode(&bytes), Err(why));
        }
        assert_eq!(Said::decode(&[6]), Err(FrameError::Type(6)));
        assert_eq!(Said::decode(&[]), Err(FrameError::Encoding));
    }
}
