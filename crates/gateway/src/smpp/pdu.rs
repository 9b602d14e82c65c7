//! Frames of SMPP, one at a time.
//!
//! The codec reads a frame that has been cut out by its length: one that it cannot read costs an answer and not the
//! connection, which would bring the same frame again.

use std::io;

use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    pdus::{DataSmResp, DeliverSmResp},
    tokio_codec::CommandCodec,
};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_util::{
    bytes::BytesMut,
    codec::{Decoder as _, Encoder as _},
};

/// Length, command, status, sequence: four bytes each.
const HEADER: usize = 16;
/// The longest message payload, with all else that a frame may have.
const FRAME_MAX: usize = HEADER + (64 << 10) + 1_024;

/// A frame as it came.
pub(crate) struct Frame {
    pub(crate) id: u32,
    pub(crate) sequence: u32,
    /// `None` when the codec does not read it.
    pub(crate) command: Option<Command>,
}

/// The next frame.
///
/// # Errors
/// When the stream ends, or has lost its frames.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).await?;
    let [length, id, _status, sequence] = [0, 4, 8, 12]
        .map(|at| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]));
    let length = length as usize;
    if !(HEADER..=FRAME_MAX).contains(&length) {
        return Err(io::Error::other("a frame has an impossible length"));
    }
    let mut bytes = BytesMut::zeroed(length);
    bytes[..HEADER].copy_from_slice(&header);
    stream.read_exact(&mut bytes[HEADER..]).await?;
    let command = decode(bytes.clone()).or_else(|| decode(plainer(id, &bytes)?));
    Ok(Frame {
        id,
        sequence,
        command,
    })
}

/// What the codec makes of a frame, if it understands all of it.
fn decode(mut bytes: BytesMut) -> Option<Command> {
    let mut codec = CommandCodec::new().with_max_length(FRAME_MAX);
    let command = codec.decode(&mut bytes).ok().flatten();
    command.filter(|_| bytes.is_empty())
}

/// A message without the optional parameters that a gateway does not need: the codec refuses a frame for a length that a
/// carrier has wrong in one of them, and the carrier would not learn from it.
fn plainer(id: u32, frame: &[u8]) -> Option<BytesMut> {
    let is_deliver = id == u32::from(CommandId::DeliverSm);
    if !is_deliver && id != u32::from(CommandId::DataSm) {
        return None;
    }
    let mut rest = frame.get(HEADER..)?;
    let mut skip = |fields: &[Field]| {
        for field in fields {
            let length = match field {
                Field::Text => rest.iter().position(|&byte| byte == 0)? + 1,
                Field::Fixed(length) => *length,
                Field::Counted => usize::from(*rest.first()?) + 1,
            };
            rest = rest.get(length..)?;
        }
        Some(())
    };
    // Service, then type, plan and number of both ends.
    skip(&[
        Field::Text,
        Field::Fixed(2),
        Field::Text,
        Field::Fixed(2),
        Field::Text,
    ])?;
    if is_deliver {
        // Class, protocol, priority; two times; receipt, replacement, coding, canned message; the text.
        skip(&[
            Field::Fixed(3),
            Field::Text,
            Field::Text,
            Field::Fixed(4),
            Field::Counted,
        ])?;
    } else {
        // Class, receipt, coding.
        skip(&[Field::Fixed(3)])?;
    }
    let mut out = BytesMut::from(&frame[..frame.len() - rest.len()]);
    while let [t0, t1, l0, l1, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let parameter = rest.get(..4 + length)?;
        let needed = match u16::from_be_bytes([t0, t1]) {
            PAYLOAD => true,
            SAR_REFERENCE => length == 2,
            SAR_TOTAL | SAR_NUMBER => length == 1,
            _ => false,
        };
        if needed {
            out.extend_from_slice(parameter);
        }
        rest = &rest[4 + length..];
    }
    let length = u32::try_from(out.len()).ok()?;
    out[..4].copy_from_slice(&length.to_be_bytes());
    Some(out)
}

enum Field {
    /// Ends with a zero.
    Text,
    /// So many bytes.
    Fixed(usize),
    /// As many as its first byte says.
    Counted,
}

/// Optional parameters that are read (SMPP 3.4 5.3.2).
const PAYLOAD: u16 = 0x0424;
const SAR_REFERENCE: u16 = 0x020c;
const SAR_TOTAL: u16 = 0x020e;
const SAR_NUMBER: u16 = 0x020f;

/// The bytes of a frame.
pub(crate) fn bytes(status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> BytesMut {
    let mut out = BytesMut::new();
    let command = Command::new(status, sequence, pdu);
    CommandCodec::new()
        .encode(&command, &mut out)
        .expect("writing to memory cannot fail");
    out
}

/// The answer to a message.
pub(crate) fn answer(id: u32, status: CommandStatus, sequence: u32) -> BytesMut {
    if id == u32::from(CommandId::DataSm) {
        bytes(status, sequence, DataSmResp::default())
    } else {
        bytes(status, sequence, DeliverSmResp::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rusmpp::{
        pdus::DeliverSm,
        tlvs::MessageDeliveryRequestTlvValue as Extra,
        types::{COctetString, OctetString},
    };

    fn read_all(mut bytes: &[u8]) -> io::Result<Frame> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(read(&mut bytes))
    }

    fn message() -> BytesMut {
        let sm = DeliverSm::builder()
            .source_addr(COctetString::from_slice(b"380441234567\0").unwrap())
            .short_message(OctetString::from_slice(b"zebra").unwrap())
            .push_tlv(Extra::SarMsgRefNum(7))
            .build();
        bytes(CommandStatus::EsmeRok, 9, sm)
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let frame = read_all(&message()).unwrap();
        assert_eq!((frame.id, frame.sequence), (5, 9));
        assert!(matches!(
            frame.command.as_ref().and_then(Command::pdu),
            Some(Pdu::DeliverSm(_))
        ));
    }

    #[test]
    fn impossible_lengths_end_the_stream() {
        for length in [0, 15, FRAME_MAX as u32 + 1, u32::MAX] {
            let mut bytes = message();
            bytes[..4].copy_from_slice(&length.to_be_bytes());
            assert!(read_all(&bytes).is_err(), "{length}");
        }
        let whole = message();
        for cut in 0..whole.len() {
            assert!(read_all(&whole[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        /// The codec is not ours: whatever a carrier sends, it must not take the session down with it.
        #[test]
        fn any_frame_is_read_or_not(
            id in prop::sample::select(vec![1_u32, 4, 5, 0x15, 0x103, 0x8000_0001, 0x8000_0009]),
            body in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            let length = (HEADER + body.len()) as u32;
            let header = [length, id, 0, 1].map(u32::to_be_bytes).concat();
            let frame = read_all(&[header, body].concat()).unwrap();
            prop_assert_eq!(frame.sequence, 1);
        }

        #[test]
        fn a_message_with_any_byte_changed_is_read_or_not(at in HEADER..60_usize, to: u8) {
            let mut bytes = message();
            let at = at.min(bytes.len() - 1);
            bytes[at] = to;
            let frame = read_all(&bytes).unwrap();
            prop_assert_eq!((frame.id, frame.sequence), (5, 9));
        }
    }
}
