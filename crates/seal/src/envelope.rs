//! Sealing and opening.

use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::XWing, single_shot_open, single_shot_seal_with_rng,
};
use lapwing_wire::{
    Envelope, HEADER_LEN, KEM_SHARE_LEN, KeyEpoch, PLAINTEXT_LEN, RECEPTION_PUBLIC_LEN, ROOT_LEN,
    TAG_LEN,
};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::{Frame, FrameError, root};

type Public = <XWing as hpke::Kem>::PublicKey;
type Secret = <XWing as hpke::Kem>::PrivateKey;
type Share = <XWing as hpke::Kem>::EncappedKey;

/// Binds the seal to this use of HPKE (RFC 9180 5.1, `info`).
pub(crate) const INFO: &[u8] = b"lapwing envelope v1";

/// The desk's reception key of one week, as phones have it from the bulletin.
#[derive(Clone)]
pub struct ReceptionPublic {
    epoch: KeyEpoch,
    key: Public,
}

/// The secret of a reception key: the only thing that opens the envelopes of its week.
pub struct ReceptionSecret {
    epoch: KeyEpoch,
    seed: Zeroizing<[u8; 32]>,
    key: Secret,
    #[cfg(feature = "native")]
    unsealer: crate::native::Unsealer,
}

/// Why nothing was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// The reception key is none.
    #[error("the reception key is not valid")]
    Key,
    /// The frame does not fit.
    #[error("the frame does not fit")]
    Frame(#[from] FrameError),
}

/// Why an envelope was not opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is sealed to another week.
    #[error("the envelope is sealed to week {sealed}, this is the secret of {secret}")]
    Epoch {
        /// In the envelope.
        sealed: u32,
        /// Of the secret.
        secret: u32,
    },
    /// It was not sealed to this key, or changed on the way.
    #[error("the seal does not hold")]
    Seal,
    /// It opens to nonsense.
    #[error("the content is no frame")]
    Frame(#[from] FrameError),
    /// The root in its header is not that of its content.
    #[error("the root in the header is not that of the content")]
    Root,
}

impl OpenError {
    /// A stable name, by which such envelopes are counted.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Epoch { .. } => "epoch",
            Self::Seal => "seal",
            Self::Frame(FrameError::Padding) => "padding",
            Self::Frame(FrameError::Type(_)) => "type",
            Self::Frame(FrameError::Observation(_)) => "observation",
            Self::Frame(_) => "frame",
            Self::Root => "root",
        }
    }
}

impl ReceptionPublic {
    /// Reads a key of the bulletin.
    ///
    /// # Errors
    /// `Key` when the bytes are no X-Wing public key.
    pub fn parse(epoch: KeyEpoch, bytes: &[u8; RECEPTION_PUBLIC_LEN]) -> Result<Self, SealError> {
        let key = Public::from_bytes(bytes).map_err(|_why| SealError::Key)?;
        Ok(Self { epoch, key })
    }

    /// Its week.
    pub const fn epoch(&self) -> KeyEpoch {
        self.epoch
    }
}

impl ReceptionSecret {
    /// Draws the secret of a week.
    pub fn generate(rng: &mut impl CryptoRng, epoch: KeyEpoch) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let secret = Self::from_seed(epoch, &seed);
        seed.zeroize();
        secret
    }

    /// From a stored seed, which is the X-Wing secret key itself.
    pub fn from_seed(epoch: KeyEpoch, seed: &[u8; 32]) -> Self {
        let key = Secret::from_bytes(seed).expect("any 32 bytes are an X-Wing secret key");
        Self {
            epoch,
            seed: Zeroizing::new(*seed),
            #[cfg(feature = "native")]
            unsealer: crate::native::Unsealer::new(seed, &public_bytes(&key)),
            key,
        }
    }

    /// To be stored by the desk, encrypted, and deleted when its time has come.
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// Its week.
    pub const fn epoch(&self) -> KeyEpoch {
        self.epoch
    }

    /// The week is public, so that no secret is tried in vain.
    fn is_of(&self, envelope: &Envelope) -> Result<(), OpenError> {
        let (sealed, secret) = (envelope.epoch().0, self.epoch.0);
        if sealed == secret {
            Ok(())
        } else {
            Err(OpenError::Epoch { sealed, secret })
        }
    }

    /// The public half.
    pub fn public(&self) -> ReceptionPublic {
        ReceptionPublic {
            epoch: self.epoch,
            key: XWing::sk_to_pk(&self.key),
        }
    }

    /// The public half, as the bulletin carries it.
    pub fn public_bytes(&self) -> Box<[u8; RECEPTION_PUBLIC_LEN]> {
        public_bytes(&self.key)
    }
}

fn public_bytes(key: &Secret) -> Box<[u8; RECEPTION_PUBLIC_LEN]> {
    let mut out = Box::new([0; RECEPTION_PUBLIC_LEN]);
    XWing::sk_to_pk(key).write_exact(out.as_mut_slice());
    out
}

/// Seals a frame: one envelope, of which nobody but the desk learns more than its week.
///
/// # Errors
/// `Frame` when the frame does not fit, `Key` when the reception key cannot be used.
pub fn seal(
    rng: &mut impl CryptoRng,
    to: &ReceptionPublic,
    frame: &Frame,
) -> Result<Envelope, SealError> {
    let header_root = match frame.fields() {
        Some((seed, observation)) => root(seed, observation),
        None => {
            let mut random = [0; ROOT_LEN];
            rng.fill_bytes(&mut random);
            random
        }
    };
    let header = Envelope::header_for(to.epoch, &header_root);
    let plaintext = frame.encode()?;
    let (share, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        &to.key,
        INFO,
        plaintext.as_slice(),
        &header,
        rng,
    )
    .map_err(|_why| SealError::Key)?;
    Ok(assemble(&header, &share, &sealed))
}

fn assemble(header: &[u8; HEADER_LEN], share: &Share, sealed: &[u8]) -> Envelope {
    let mut share_bytes = [0; KEM_SHARE_LEN];
    share.write_exact(&mut share_bytes);
    let sealed: &[u8; PLAINTEXT_LEN + TAG_LEN] = sealed
        .try_into()
        .expect("the plaintext has a fixed length and the tag another");
    Envelope::from_parts(header, &share_bytes, sealed)
        .expect("the header has the version and suite of this crate")
}

/// Opens an envelope with the secret of its week: one key decapsulation.
///
/// # Errors
/// Why it does not open, or to what nonsense.
pub fn open(envelope: &Envelope, secret: &ReceptionSecret) -> Result<Frame, OpenError> {
    #[cfg(feature = "native")]
    return {
        secret.is_of(envelope)?;
        let plaintext = secret.unsealer.unseal(envelope).ok_or(OpenError::Seal)?;
        read(envelope, plaintext.as_slice())
    };
    #[cfg(not(feature = "native"))]
    open_portable(envelope, secret)
}

/// What [`open`] does where the feature `native` is off, for comparing and measuring.
///
/// # Errors
/// As [`open`].
pub fn open_portable(envelope: &Envelope, secret: &ReceptionSecret) -> Result<Frame, OpenError> {
    secret.is_of(envelope)?;
    let share = Share::from_bytes(envelope.share()).map_err(|_why| OpenError::Seal)?;
    let plaintext = single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeR::Base,
        &secret.key,
        &share,
        INFO,
        envelope.sealed(),
        &envelope.header(),
    )
    .map_err(|_why| OpenError::Seal)?;
    read(envelope, &Zeroizing::new(plaintext))
}

/// The frame of an unsealed plaintext, if the header's root is that of its content.
fn read(envelope: &Envelope, plaintext: &[u8]) -> Result<Frame, OpenError> {
    let plaintext: &[u8; PLAINTEXT_LEN] =
        plaintext.try_into().map_err(|_length| OpenError::Seal)?;
    let frame = Frame::decode(plaintext)?;
    match frame.fields() {
        Some((seed, observation)) if root(seed, observation) != envelope.root() => {
            Err(OpenError::Root)
        }
        _ => Ok(frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldSeed, frame::tests::report};
    use lapwing_wire::ENVELOPE_LEN;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    const EPOCH: KeyEpoch = KeyEpoch(2_969);

    fn rng(n: u8) -> ChaCha20Rng {
        ChaCha20Rng::from_seed([n; 32])
    }

    fn secret() -> ReceptionSecret {
        ReceptionSecret::generate(&mut rng(1), EPOCH)
    }

    fn sealed() -> Envelope {
        seal(&mut rng(2), &secret().public(), &Frame::Report(report())).unwrap()
    }

    #[test]
    fn what_was_sealed_opens() {
        assert_eq!(open(&sealed(), &secret()).unwrap(), Frame::Report(report()));
    }

    #[test]
    fn the_public_half_reads_back() {
        let public = ReceptionPublic::parse(EPOCH, &secret().public_bytes()).unwrap();
        let e = seal(&mut rng(3), &public, &Frame::Cover).unwrap();
        assert_eq!(open(&e, &secret()).unwrap(), Frame::Cover);
    }

    #[test]
    fn the_same_report_sealed_twice_has_nothing_in_common() {
        let public = secret().public();
        let mut r = rng(4);
        let mut other = report();
        other.seed = FieldSeed::generate(&mut r);
        let a = seal(&mut r, &public, &Frame::Report(report())).unwrap();
        let b = seal(&mut r, &public, &Frame::Report(other)).unwrap();
        assert_ne!(a.root(), b.root());
        assert_ne!(a.share(), b.share());
        assert_ne!(a.sealed(), b.sealed());
    }

    #[test]
    fn another_week_or_secret_does_not_open() {
        let other_week = ReceptionSecret::from_seed(KeyEpoch(2_970), secret().seed());
        let refused = open(&sealed(), &other_week);
        assert_eq!(
            refused,
            Err(OpenError::Epoch {
                sealed: 2_969,
                secret: 2_970
            })
        );
        let other_secret = ReceptionSecret::generate(&mut rng(9), EPOCH);
        assert_eq!(open(&sealed(), &other_secret), Err(OpenError::Seal));
    }

    #[test]
    fn a_root_that_is_not_that_of_the_content_is_refused() {
        let public = secret().public();
        let header = Envelope::header_for(EPOCH, &[0; ROOT_LEN]);
        let plaintext = Frame::Report(report()).encode().unwrap();
        let (share, bytes) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &public.key,
            INFO,
            plaintext.as_slice(),
            &header,
            &mut rng(5),
        )
        .unwrap();
        let forged = assemble(&header, &share, &bytes);
        assert_eq!(open(&forged, &secret()), Err(OpenError::Root));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_changed_byte_goes_unnoticed(at in 0..ENVELOPE_LEN, by in 1..=255u8) {
            let mut bytes = *sealed().as_bytes();
            bytes[at] ^= by;
            let opened = Envelope::from_bytes(&bytes).map(|e| open(&e, &secret()));
            prop_assert!(!matches!(opened, Ok(Ok(_))));
        }
    }
}
