//! Decoders of `lapwing-courier`.

use std::sync::LazyLock;

use lapwing_courier::{Bundle, Collector, HELD_MAX, Piece, Pieces, Taken, VERSION, tag_of};
use lapwing_wire::{ENVELOPE_LEN, Envelope, KeyEpoch};

/// One whose pieces are gathered: made once, since that is most of the work.
static HONEST: LazyLock<(Envelope, Pieces)> = LazyLock::new(|| {
    let mut bytes = Envelope::header_for(KeyEpoch(1), &[2; 32]).to_vec();
    bytes.resize(ENVELOPE_LEN, 3);
    let honest = Envelope::from_bytes(&bytes).expect("it is one");
    let pieces = Pieces::of(&honest);
    (honest, pieces)
});

/// What a QR code held, alone; and pieces with the numbers that the data name, of which some are spoilt.
pub fn piece(data: &[u8]) -> bool {
    let mut collector = Collector::default();
    let taken = collector.take(data);
    assert_eq!(
        taken.is_ok(),
        collector.begun() == 1,
        "one piece is no envelope"
    );
    let (honest, pieces) = &*HONEST;
    // Not those that are meant to be one piece: putting together takes a thousand times as long as reading.
    let numbers = if data.first() == Some(&VERSION) {
        &[]
    } else {
        data
    };
    for (count, chunk) in numbers.chunks_exact(4).take(HELD_MAX).enumerate() {
        let mut piece = pieces.piece(u32::from_be_bytes([0, chunk[1], chunk[2], chunk[3]]));
        // With the top bit set a symbol that is none of the envelope's.
        piece.symbol[0] ^= chunk[0] & 0x80;
        match collector.take(&piece.encode()).expect("it is a piece") {
            Taken::Whole(envelope) => assert_eq!(envelope, *honest),
            Taken::New { tag, have } => {
                assert_eq!(tag, tag_of(honest));
                assert!(have <= HELD_MAX && have <= count + 1);
            }
            _ => {}
        }
    }
    let Ok(piece) = Piece::decode(data) else {
        return false;
    };
    assert_eq!(piece.encode().as_slice(), data);
    true
}

/// A file of envelopes, whole or not.
pub fn bundle(data: &[u8]) -> bool {
    let saved = Bundle::salvage(data);
    if let Ok(saved) = &saved {
        let again = Bundle::new(saved.envelopes.clone()).expect("some, and not too many");
        assert_eq!(Bundle::decode(&again.encode()), Ok(again));
    }
    let Ok(bundle) = Bundle::decode(data) else {
        return false;
    };
    assert_eq!(bundle.encode(), data);
    assert_eq!(saved.map(|saved| saved.lost), Ok(0));
    true
}
