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
    let mut codec = CommandCodec::new().with_max_length(FRAME_MAX);
    let command = codec.decode(&mut bytes).ok().flatten();
    Ok(Frame {
        id,
        sequence,
        // Whatever the codec leaves over, it did not understand.
        command: command.filter(|_| bytes.is_empty()),
    })
}

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
