//! The two passes that an invite's square carries: enough to ask and to report once where relays want passes.
//!
//! ```text
//! passes (584)  two of: epoch 4 · nonce 32 · authenticator 256
//! square        LAPWING: · 22 hex digits of the invite · : · 1,168 hex digits
//! ```
//!
//! Type and challenge are the same in all passes, and the key of an epoch stands in the bulletin: what is left out of a
//! pass is put back from there, so that an invite cannot bring passes of a key that others do not have. Capital letters,
//! since those make a smaller square (ISO/IEC 18004, alphanumeric mode).

use crate::{IssuerKey, PASS_MODULUS_LEN, Pass, PassEpoch, challenge_digest};

/// How many an invite carries.
pub const INVITE_PASSES: usize = 2;
/// Length of them all.
pub const INVITE_PASSES_LEN: usize = INVITE_PASSES * ONE_LEN;

const ONE_LEN: usize = 4 + 32 + PASS_MODULUS_LEN;

/// The bytes that go into a square.
pub fn invite_passes(passes: &[(PassEpoch, Pass); INVITE_PASSES]) -> [u8; INVITE_PASSES_LEN] {
    let mut out = [0; INVITE_PASSES_LEN];
    let (places, _) = out.as_chunks_mut::<ONE_LEN>();
    for (place, (epoch, pass)) in places.iter_mut().zip(passes) {
        let (head, rest) = place.split_at_mut(4);
        let (nonce, authenticator) = rest.split_at_mut(32);
        head.copy_from_slice(&epoch.0.to_be_bytes());
        nonce.copy_from_slice(&pass.nonce);
        authenticator.copy_from_slice(&pass.authenticator);
    }
    out
}

/// Reads them under the keys of the bulletin; their signatures are not checked. Those of an epoch without a key there are
/// left out. `None`: another length.
pub fn read_invite_passes(bytes: &[u8], keys: &[IssuerKey]) -> Option<Vec<(PassEpoch, Pass)>> {
    let bytes: &[u8; INVITE_PASSES_LEN] = bytes.try_into().ok()?;
    let (places, _) = bytes.as_chunks::<ONE_LEN>();
    let read = |place: &[u8; ONE_LEN]| {
        let (epoch, rest) = place.split_first_chunk()?;
        let (nonce, authenticator) = rest.split_first_chunk()?;
        let epoch = PassEpoch(u32::from_be_bytes(*epoch));
        let known = keys.iter().find(|known| known.epoch == epoch)?;
        let pass = Pass {
            nonce: *nonce,
            challenge: challenge_digest(),
            key_id: known.key.id(),
            authenticator: authenticator.try_into().ok()?,
        };
        Some((epoch, pass))
    };
    Some(places.iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PassKey;

    fn key(epoch: u32, fill: u8) -> IssuerKey {
        IssuerKey {
            epoch: PassEpoch(epoch),
            key: PassKey::from_modulus(&[fill; PASS_MODULUS_LEN])
                .expect("odd, and with its top bit"),
        }
    }

    #[test]
    fn passes_come_back_under_the_keys_of_the_bulletin_alone() {
        let keys = [key(740, 0xf1), key(741, 0xf3)];
        let made = [(0, 1), (1, 2)].map(|(at, fill): (usize, u8)| {
            let pass = Pass {
                nonce: [fill; 32],
                challenge: challenge_digest(),
                key_id: keys[at].key.id(),
                authenticator: [fill + 10; PASS_MODULUS_LEN],
            };
            (keys[at].epoch, pass)
        });
        let bytes = invite_passes(&made);
        assert_eq!(read_invite_passes(&bytes, &keys), Some(made.to_vec()));
        // Of an epoch whose key the bulletin does not have, or has another one for.
        assert_eq!(
            read_invite_passes(&bytes, &keys[1..]),
            Some(made[1..].to_vec())
        );
        let others = read_invite_passes(&bytes, &[key(740, 0xf5)]).expect("of the right length");
        assert_ne!(others[0].1, made[0].1);
        assert_eq!(read_invite_passes(&bytes, &[]), Some(Vec::new()));
        for wrong in [&bytes[1..], &[], &[&bytes[..], &[0]].concat()] {
            assert_eq!(read_invite_passes(wrong, &keys), None);
        }
    }

    #[test]
    fn the_lengths_follow_from_the_parts() {
        assert_eq!(INVITE_PASSES_LEN, 584);
    }
}
