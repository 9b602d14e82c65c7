//! Decoders of passes: `lapwing-wire` and `lapwing-pass`.

use lapwing_pass::{WALLET_LEN_MAX, Wallet};
use lapwing_wire::{
    IssuerKey, Pass, PassEpoch, PassKey, PassRequest, invite_passes as encode, read_invite_passes,
};

/// The value of `Authorization`.
pub fn pass(data: &[u8]) -> bool {
    let bytes = Pass::decode(data);
    if let Ok(pass) = &bytes {
        assert_eq!(pass.encode().as_slice(), data);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let Ok(pass) = Pass::from_authorization(text) else {
        return false;
    };
    assert_eq!(Pass::from_authorization(&pass.authorization()), Ok(pass));
    true
}

/// What a phone sends to an issuer.
pub fn pass_request(data: &[u8]) -> bool {
    let Ok(request) = PassRequest::decode(data) else {
        return false;
    };
    assert_eq!(request.encode(), data);
    true
}

/// What a phone keeps of passes.
pub fn wallet(data: &[u8]) -> bool {
    let Ok(mut wallet) = Wallet::decode(data) else {
        return false;
    };
    assert!(data.len() <= WALLET_LEN_MAX);
    assert_eq!(wallet.encode().as_slice(), data);
    let before = wallet.count(0);
    assert_eq!(
        usize::from(wallet.take(0).is_some()) + wallet.count(0),
        before
    );
    true
}

/// What an invite's square carries besides the invite.
pub fn invite_passes(data: &[u8]) -> bool {
    let key = PassKey::from_modulus(&[0xff; 256]).expect("2,048 bits and odd");
    let named = |part: &[u8]| {
        let epoch = PassEpoch(u32::from_be_bytes(*part.first_chunk()?));
        let key = key.clone();
        Some(IssuerKey { epoch, key })
    };
    let half = data.len() / 2;
    let keys: Vec<IssuerKey> = data.chunks(half.max(1)).filter_map(named).collect();
    let Some(read) = read_invite_passes(data, &keys) else {
        return false;
    };
    let both = read.try_into().expect("the keys of both are known");
    assert_eq!(encode(&both).as_slice(), data);
    true
}
