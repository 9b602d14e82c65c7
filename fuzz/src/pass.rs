//! Decoders of passes: `lapwing-wire` and `lapwing-pass`.

use lapwing_pass::{WALLET_LEN_MAX, Wallet};
use lapwing_wire::{Pass, PassRequest};

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
