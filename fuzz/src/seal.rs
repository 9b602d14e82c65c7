//! Decoders of `lapwing-seal`.

use std::sync::LazyLock;

use lapwing_seal::{
    CELL_MESSAGE_LEN, CellMessage, Frame, REPLY_PLAINTEXT_LEN, ReceptionPublic, ReceptionSecret,
    Reply, ReplyChains, RootSecret, open, open_portable, root,
};
use lapwing_wire::{Drop, Envelope, KeyEpoch, PLAINTEXT_LEN};

/// The week that the fuzzed envelopes are sealed to.
pub const EPOCH: KeyEpoch = KeyEpoch(2_969);

/// The secret of that week.
pub fn secret() -> ReceptionSecret {
    ReceptionSecret::from_seed(EPOCH, &[9; 32])
}

/// The plaintext of an envelope; shorter inputs are filled with zeros, as the padding is.
pub fn frame(data: &[u8]) -> bool {
    let mut plaintext = [0; PLAINTEXT_LEN];
    let Some(part) = plaintext.get_mut(..data.len()) else {
        return false;
    };
    part.copy_from_slice(data);
    let Ok(frame) = Frame::decode(&plaintext) else {
        return false;
    };
    let again = frame.encode().expect("what was decoded fits");
    assert_eq!(again.as_slice(), plaintext, "a frame has one encoding");
    if let Frame::Report(report) = &frame {
        let _root = root(&report.seed, &report.observation);
    }
    true
}

/// A whole envelope at the desk.
pub fn opening(data: &[u8]) -> bool {
    let Ok(envelope) = Envelope::from_bytes(data) else {
        return false;
    };
    static SECRET: LazyLock<ReceptionSecret> = LazyLock::new(secret);
    let opened = open(&envelope, &SECRET);
    let portable = open_portable(&envelope, &SECRET);
    assert_eq!(opened, portable, "both ways give the same verdict");
    let Ok(frame) = opened else { return false };
    if let Frame::Report(report) = &frame {
        assert_eq!(
            root(&report.seed, &report.observation),
            envelope.root(),
            "the root is that of the content"
        );
    }
    true
}

/// A reception key of the bulletin.
pub fn reception_key(data: &[u8]) -> bool {
    let Ok(bytes) = data.try_into() else {
        return false;
    };
    ReceptionPublic::parse(EPOCH, bytes).is_ok_and(|key| key.epoch() == EPOCH)
}

/// The plaintext of a slot; shorter inputs are filled with zeros, as the padding is.
pub fn reply(data: &[u8]) -> bool {
    let mut plaintext = [0; REPLY_PLAINTEXT_LEN];
    let Some(part) = plaintext.get_mut(..data.len()) else {
        return false;
    };
    part.copy_from_slice(data);
    let Ok(reply) = Reply::decode(&plaintext) else {
        return false;
    };
    assert_eq!(
        reply.encode().as_slice(),
        plaintext,
        "a reply has one encoding"
    );
    true
}

/// What a cell says, opened; shorter inputs are filled with zeros, as the padding is.
pub fn cell_message(data: &[u8]) -> bool {
    let mut plaintext = [0; CELL_MESSAGE_LEN];
    let Some(part) = plaintext.get_mut(..data.len()) else {
        return false;
    };
    part.copy_from_slice(data);
    let Ok(message) = CellMessage::decode(&plaintext) else {
        return false;
    };
    let again = message.encode().expect("what was decoded fits");
    assert_eq!(again.as_slice(), plaintext, "a message has one encoding");
    true
}

/// A drop, and a phone that looks for its own in it.
pub fn drop(data: &[u8]) -> bool {
    let Ok(drop) = Drop::from_bytes(data) else {
        return false;
    };
    assert_eq!(drop.as_bytes().as_slice(), data);
    let chains = ReplyChains::new(&RootSecret::from_bytes([9; 32]), 0);
    let found = chains.find(34, &drop).expect("the number is near");
    assert!(found.replies.is_empty(), "nobody has sealed anything");
    true
}
