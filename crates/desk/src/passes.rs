//! The desk's own passes: two go into each invite, so that a phone can ask where relays want passes.
//!
//! The issuer signs them blindly, as everybody's. The desk forgets them when they are in an invite.

use getrandom::SysRng;
use lapwing_pass::{Wallet, WalletError};
use lapwing_wire::{INVITE_PASSES_LEN, IssuerKey, PASS_BATCH, PassEpoch, invite_passes};
use rand_core::UnwrapErr;

use crate::store::{Batch, Store, StoreError};

const SETTING: &str = "passes";

/// The request for a batch, when no more than one is left: kept before it is sent, so that asking again is the same request.
/// `keys` are those that the bulletin names.
pub(crate) fn request(
    store: &mut Store,
    keys: &[IssuerKey],
    now: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut wallet = read(store.setting_bytes(SETTING)?.as_deref().map(Vec::as_slice))?;
    let current = PassEpoch::at(now);
    let key = keys.iter().find(|known| known.epoch == current);
    let Some(key) = key.filter(|_| wallet.count(now) <= PASS_BATCH) else {
        return Ok(None);
    };
    match wallet.request(&mut UnwrapErr(SysRng), key) {
        Ok(request) => {
            keep(store, &wallet)?;
            Ok(Some(request))
        }
        // Passes of epochs that are over fill it: those go when one is taken.
        Err(WalletError::Full) => Ok(None),
        Err(why) => {
            tracing::warn!(%why, "no passes can be asked for");
            Ok(None)
        }
    }
}

/// Takes the issuer's response; `false`: it is none to what was asked.
pub(crate) fn receive(store: &mut Store, response: &[u8]) -> Result<bool, StoreError> {
    let mut wallet = read(store.setting_bytes(SETTING)?.as_deref().map(Vec::as_slice))?;
    let received = wallet.receive(response);
    if let Err(why) = &received {
        tracing::warn!(%why, "the issuer's passes were not taken");
    }
    keep(store, &wallet)?;
    Ok(received.is_ok())
}

/// Takes two out, in the transaction of their invite. `None`: there are none to give.
pub(crate) fn for_invite(
    batch: &Batch<'_>,
    now: i64,
) -> Result<Option<[u8; INVITE_PASSES_LEN]>, StoreError> {
    let mut wallet = read(batch.setting(SETTING)?.as_deref())?;
    let Some(two) = wallet.take_for_invite(now) else {
        return Ok(None);
    };
    batch.set(SETTING, &wallet.encode())?;
    Ok(Some(invite_passes(&two)))
}

fn read(bytes: Option<&[u8]>) -> Result<Wallet, StoreError> {
    match bytes {
        None => Ok(Wallet::default()),
        Some(bytes) => Wallet::decode(bytes).map_err(|_why| StoreError::Row(SETTING)),
    }
}

fn keep(store: &mut Store, wallet: &Wallet) -> Result<(), StoreError> {
    let batch = store.batch()?;
    batch.set(SETTING, &wallet.encode())?;
    batch.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::KeySource;
    use lapwing_issuer::Signer;
    use lapwing_wire::{PASS_MODULUS_LEN, PassRequest, PassResponse, read_invite_passes};

    const NOW: i64 = 1_795_000_000;

    fn signed(signer: &Signer, request: &[u8]) -> Vec<u8> {
        let request = PassRequest::decode(request).unwrap();
        let mut signatures = Box::new([[0; PASS_MODULUS_LEN]; PASS_BATCH]);
        for (out, blinded) in signatures.iter_mut().zip(request.blinded.iter()) {
            *out = signer.blind_sign(blinded).unwrap();
        }
        PassResponse(signatures).encode()
    }

    #[test]
    fn an_invite_takes_two_that_the_issuer_signed_and_the_desk_has_them_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let source = KeySource::File {
            path: dir.path().join("key"),
            create: true,
        };
        let mut store = Store::create(&dir.path().join("desk"), &source).unwrap();
        let [signer, other] = [(); 2].map(|()| Signer::generate().unwrap());
        let key = IssuerKey {
            epoch: PassEpoch::at(NOW),
            key: signer.public().clone(),
        };
        let keys = [key.clone()];
        assert_eq!(for_invite(&store.batch().unwrap(), NOW).unwrap(), None);
        assert_eq!(
            request(&mut store, &[], NOW).unwrap(),
            None,
            "no key is known"
        );
        let asked = request(&mut store, &keys, NOW).unwrap().unwrap();
        assert_eq!(
            request(&mut store, &keys, NOW).unwrap(),
            Some(asked.clone())
        );
        // What another issuer makes of another request.
        let theirs = lapwing_pass::Batch::new(other.public().clone(), [9; 32]);
        let theirs = signed(&other, &theirs.request().unwrap());
        assert!(!receive(&mut store, &theirs).unwrap());
        assert!(receive(&mut store, &signed(&signer, &asked)).unwrap());
        let mut given = std::collections::BTreeSet::new();
        for _ in 0..PASS_BATCH / 2 {
            let batch = store.batch().unwrap();
            let bytes = for_invite(&batch, NOW).unwrap().unwrap();
            batch.commit().unwrap();
            for (epoch, pass) in read_invite_passes(&bytes, &keys).unwrap() {
                assert_eq!(epoch, key.epoch);
                lapwing_pass::Blinder::new(&key.key)
                    .unwrap()
                    .verify(&pass)
                    .unwrap();
                assert!(given.insert(pass.nonce));
            }
        }
        assert_eq!(given.len(), PASS_BATCH);
        assert_eq!(for_invite(&store.batch().unwrap(), NOW).unwrap(), None);
        // A batch in hand and one more: then nothing is asked for.
        for _ in 0..2 {
            let asked = request(&mut store, &keys, NOW).unwrap().unwrap();
            assert!(receive(&mut store, &signed(&signer, &asked)).unwrap());
        }
        assert_eq!(request(&mut store, &keys, NOW).unwrap(), None);
    }
}
