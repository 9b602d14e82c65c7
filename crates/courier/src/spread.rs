//! RFC 6330 for one object that is a single source block, with parameters that both sides know.

use raptorq::{
    Decoder, EncodingPacket, ObjectTransmissionInformation, PayloadId, SourceBlockEncoder,
};

/// Symbols are numbered in 24 bits (RFC 6330 3.2).
pub(crate) const SYMBOLS: u32 = 1 << 24;

/// One source block, no sub-blocks, symbols of any length.
fn parameters(length: usize, symbol: u16) -> ObjectTransmissionInformation {
    ObjectTransmissionInformation::new(length as u64, symbol, 1, 1, 1)
}

/// Makes symbols of an object.
#[derive(Clone)]
pub(crate) struct Source {
    encoder: SourceBlockEncoder,
    /// The source symbols themselves, which are the first.
    source: Vec<EncodingPacket>,
}

impl Source {
    /// `object` is a whole number of symbols long.
    pub(crate) fn new(object: &[u8], symbol: u16) -> Self {
        let encoder = SourceBlockEncoder::new(0, &parameters(object.len(), symbol), object);
        let source = encoder.source_packets();
        Self { encoder, source }
    }

    /// The symbol of a number below [`SYMBOLS`].
    pub(crate) fn symbol(&self, id: u32) -> Vec<u8> {
        let repair = || {
            let after = id % SYMBOLS - self.source.len() as u32;
            self.encoder.repair_packets(after, 1).pop()
        };
        let packet = self.source.get(id as usize).cloned().or_else(repair);
        packet.expect("one was asked for").split().1
    }
}

/// The object of `length` bytes, if the symbols are enough. Each number may be there once, each symbol has its length.
pub(crate) fn gather<'a>(
    symbols: impl Iterator<Item = (u32, &'a [u8])>,
    length: usize,
    symbol: u16,
) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new(parameters(length, symbol));
    symbols
        .map(|(id, bytes)| {
            let packet = EncodingPacket::new(PayloadId::new(0, id % SYMBOLS), bytes.to_vec());
            decoder.decode(packet)
        })
        .last()
        .flatten()
}
