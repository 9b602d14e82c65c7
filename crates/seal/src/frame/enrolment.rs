//! Joining a cell, and beginning anew.
//!
//! ```text
//! CBOR map: 1 root secret (32 bytes) · 2 bucket secret (32 bytes) · 3 number of the drops known ·
//!           4 invite (10 bytes)            when a phone joins
//!           5 step id (8 bytes) · 6 label of the cell (8 bytes) · 7 MAC (16 bytes)
//!                                          when a phone that is known begins anew
//!           8 number of the sector
//! ```
//!
//! The step is one of the chain `Renewal`; its MAC is over the map with members 1, 2, 3, 5, 6 and 8. Within the sector
//! whispers name places.

use lapwing_model::Sector;
use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

use super::{FrameError, Written, array, bad, key, map, written};
use crate::{
    BucketSecret, CELL_LABEL_LEN, CHAIN_KEY_LEN, CellLabel, INVITE_SECRET_LEN, Invite, MAC_LEN,
    RootSecret, STEP_ID_LEN, StepId, StepKey,
};

/// A phone asks to be known from now on.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// From this grow all chains.
    pub root: RootSecret,
    /// From this the desk computes which drop the phone fetches.
    pub bucket: BucketSecret,
    /// Number of the drops in the bulletin that the phone has: step 0 of its chains.
    pub drops: u32,
    /// Within it whispers name places.
    pub sector: Sector,
    /// What entitles it.
    pub by: By,
}

/// What entitles a phone to enrol.
#[derive(Clone, PartialEq, Eq)]
pub enum By {
    /// An invite that nobody has used.
    Invite(Invite),
    /// That the desk knows it already: too many steps were lost, or the phone was in other hands.
    Renewal {
        /// A step of the chain `Renewal`.
        id: StepId,
        /// The cell that is to be told.
        cell: CellLabel,
        /// Its MAC.
        mac: [u8; MAC_LEN],
    },
}

impl Enrolment {
    /// Signs a renewal with a step of the chain `Renewal`.
    pub fn renewal(
        root: RootSecret,
        bucket: BucketSecret,
        drops: u32,
        sector: Sector,
        cell: CellLabel,
        (id, step): (StepId, &StepKey),
    ) -> Self {
        let mut enrolment = Self {
            root,
            bucket,
            drops,
            sector,
            by: By::Renewal {
                id,
                cell,
                mac: [0; MAC_LEN],
            },
        };
        let mac = step.mac(&[&enrolment.signed()]);
        enrolment.by = By::Renewal { id, cell, mac };
        enrolment
    }

    /// Whether a renewal is by whoever holds this step. An enrolment by invite is not.
    pub fn is_by(&self, step: &StepKey) -> bool {
        match &self.by {
            By::Renewal { mac, .. } => step.is_of(mac, &[&self.signed()]),
            By::Invite(_) => false,
        }
    }

    fn signed(&self) -> Zeroizing<Vec<u8>> {
        written(|e| {
            e.map(6)?;
            self.write_head(e)?;
            if let By::Renewal { id, cell, .. } = &self.by {
                e.u8(5)?.bytes(id)?.u8(6)?.bytes(cell.as_bytes())?;
            }
            self.write_sector(e)
        })
    }

    fn write_head(&self, e: &mut Encoder<Vec<u8>>) -> Written {
        e.u8(1)?.bytes(self.root.as_bytes())?;
        e.u8(2)?.bytes(self.bucket.as_bytes())?;
        e.u8(3)?.u32(self.drops)?;
        Ok(())
    }

    fn write_sector(&self, e: &mut Encoder<Vec<u8>>) -> Written {
        e.u8(8)?.u32(self.sector.number())?;
        Ok(())
    }

    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        written(|e| {
            match &self.by {
                By::Invite(invite) => {
                    e.map(5)?;
                    self.write_head(e)?;
                    e.u8(4)?.bytes(invite.secret())?;
                }
                By::Renewal { id, cell, mac } => {
                    e.map(7)?;
                    self.write_head(e)?;
                    e.u8(5)?.bytes(id)?.u8(6)?.bytes(cell.as_bytes())?;
                    e.u8(7)?.bytes(mac)?;
                }
            }
            self.write_sector(e)
        })
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, FrameError> {
        super::only(body, Self::read, Self::encode)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, FrameError> {
        let members = map(d, 5..=7)?;
        key(d, 1)?;
        let root = RootSecret::from_bytes(array::<CHAIN_KEY_LEN>(d.bytes().map_err(bad)?)?);
        key(d, 2)?;
        let bucket = BucketSecret::from_bytes(array(d.bytes().map_err(bad)?)?);
        key(d, 3)?;
        let drops = d.u32().map_err(bad)?;
        let by = if members == 5 {
            key(d, 4)?;
            By::Invite(Invite::from_secret(array::<INVITE_SECRET_LEN>(
                d.bytes().map_err(bad)?,
            )?))
        } else {
            key(d, 5)?;
            let id = array::<STEP_ID_LEN>(d.bytes().map_err(bad)?)?;
            key(d, 6)?;
            let cell = array::<CELL_LABEL_LEN>(d.bytes().map_err(bad)?)?;
            key(d, 7)?;
            let mac = array(d.bytes().map_err(bad)?)?;
            let cell = CellLabel::from_bytes(cell);
            By::Renewal { id, cell, mac }
        };
        key(d, 8)?;
        let sector = Sector::from_number(d.u32().map_err(bad)?).ok_or(FrameError::Encoding)?;
        Ok(Self {
            root,
            bucket,
            drops,
            sector,
            by,
        })
    }
}

/// Says nothing of the secrets.
impl core::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Enrolment").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, Purpose, Speaker};

    fn bucket() -> BucketSecret {
        BucketSecret::from_bytes([2; 32])
    }

    fn cell() -> CellLabel {
        CellLabel::from_bytes([6; CELL_LABEL_LEN])
    }

    fn sector() -> Sector {
        Sector::from_number(200_000).unwrap()
    }

    fn by_invite() -> Enrolment {
        Enrolment {
            root: RootSecret::from_bytes([1; 32]),
            bucket: bucket(),
            drops: 7,
            sector: sector(),
            by: By::Invite(Invite::from_secret([3; 10])),
        }
    }

    #[test]
    fn both_kinds_read_back() {
        let mut steps = Speaker::new(by_invite().root.chain(Purpose::Renewal));
        let (id, step) = steps.take();
        let root = RootSecret::from_bytes([9; 32]);
        let renewal = Enrolment::renewal(root, bucket(), 9, sector(), cell(), (id, &step));
        assert!(renewal.is_by(&step));
        for enrolment in [by_invite(), renewal] {
            let frame = Frame::Enrolment(enrolment);
            assert_eq!(Frame::decode(&frame.encode().unwrap()).unwrap(), frame);
        }
    }

    #[test]
    fn a_renewal_holds_for_what_it_was_made_for_only() {
        let mut steps = Speaker::new(by_invite().root.chain(Purpose::Renewal));
        let (id, step) = steps.take();
        let (_, other_step) = steps.take();
        let root = || RootSecret::from_bytes([9; 32]);
        let made = || Enrolment::renewal(root(), bucket(), 9, sector(), cell(), (id, &step));
        assert!(!made().is_by(&other_step));
        let mut other = made();
        other.root = RootSecret::from_bytes([8; 32]);
        assert!(!other.is_by(&step));
        let mut other = made();
        other.drops = 10;
        assert!(!other.is_by(&step));
        let mut other = made();
        other.sector = Sector::from_number(200_001).unwrap();
        assert!(!other.is_by(&step));
        let mut other = made();
        other.bucket = BucketSecret::from_bytes([3; 32]);
        assert!(!other.is_by(&step));
        let mut other = made();
        other.by = match other.by {
            By::Renewal { id, mac, .. } => By::Renewal {
                id,
                mac,
                cell: CellLabel::from_bytes([7; CELL_LABEL_LEN]),
            },
            by => by,
        };
        assert!(!other.is_by(&step));
        assert!(!by_invite().is_by(&step));
    }
}
