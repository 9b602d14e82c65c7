//! The map of a bulletin: one value, one encoding.

use lapwing_model::Region;
use minicbor::{Decoder, Encoder};

use super::{
    Bulletin, BulletinError, ListedFile, ReceptionKey,
    cbor::{ReadError, Written, array, expect, key, length, optional, read_place, write_place},
    issuer, warning,
};
use crate::{Drops, KeyEpoch};

const VERSION: u8 = 1;

const VEC: &str = "writing to a vector cannot fail";

impl Bulletin {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::with_capacity(24_576));
        self.write(&mut e).expect(VEC);
        e.into_writer()
    }

    fn write(&self, e: &mut Encoder<Vec<u8>>) -> Written {
        let optional = u64::from(self.drops.is_some()) + u64::from(self.passes.is_some());
        e.map(10 + optional)?.u8(1)?.u8(VERSION)?;
        e.u8(2)?.bytes(&self.root_key)?;
        e.u8(3)?.u64(self.number)?;
        e.u8(4)?.i64(self.issued)?;
        e.u8(5)?.i64(self.expires)?;
        e.u8(6)?.array(2)?;
        write_place(e, self.region.south_west)?;
        write_place(e, self.region.north_east)?;
        e.u8(7)?.array(self.keys.len() as u64)?;
        for key in &self.keys {
            e.array(2)?.u32(key.epoch.0)?.bytes(key.public.as_slice())?;
        }
        e.u8(8)?.bytes(&self.form)?;
        e.u8(9)?.array(self.warnings.len() as u64)?;
        for warning in &self.warnings {
            warning::write(e, warning)?;
        }
        e.u8(10)?.array(self.files.len() as u64)?;
        for file in &self.files {
            e.array(2)?.str(&file.name)?.bytes(&file.sha256)?;
        }
        if let Some(drops) = &self.drops {
            e.u8(11)?.array(3)?.u32(drops.number)?;
            e.u32(drops.period_s)?.u16(drops.buckets)?;
        }
        if let Some(issuer) = &self.passes {
            e.u8(12)?;
            issuer::write(e, issuer)?;
        }
        Ok(())
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, BulletinError> {
        let bulletin = Self::read(&mut Decoder::new(bytes)).map_err(|why| match why {
            ReadError::Cbor => BulletinError::Encoding,
            ReadError::Bulletin(why) => why,
        })?;
        // One value, one encoding: this also refuses trailing bytes.
        if bulletin.encode() != bytes {
            Err(BulletinError::Encoding)
        } else if bulletin.drops_hold() {
            Ok(bulletin)
        } else {
            Err(BulletinError::Drops)
        }
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, ReadError> {
        // How many members there are, the comparison with the encoding tells.
        d.map()?;
        key(d, 1)?;
        let version = d.u8()?;
        if version != VERSION {
            return Err(BulletinError::Version(version).into());
        }
        key(d, 2)?;
        let root_key = array(d.bytes()?)?;
        key(d, 3)?;
        let number = d.u64()?;
        key(d, 4)?;
        let issued = d.i64()?;
        key(d, 5)?;
        let expires = d.i64()?;
        key(d, 6)?;
        expect(d.array()?, 2)?;
        let region = Region {
            south_west: read_place(d)?,
            north_east: read_place(d)?,
        };
        key(d, 7)?;
        let mut keys: Vec<ReceptionKey> = Vec::new();
        for _ in 0..length(d.array()?)? {
            expect(d.array()?, 2)?;
            let epoch = KeyEpoch(d.u32()?);
            if keys.last().is_some_and(|last| last.epoch >= epoch) {
                return Err(BulletinError::Keys.into());
            }
            keys.push(ReceptionKey {
                epoch,
                public: Box::new(array(d.bytes()?)?),
            });
        }
        if keys.is_empty() {
            return Err(BulletinError::Keys.into());
        }
        key(d, 8)?;
        let form = d.bytes()?.to_vec();
        key(d, 9)?;
        let mut warnings = Vec::new();
        for _ in 0..length(d.array()?)? {
            warnings.push(warning::read(d)?);
        }
        key(d, 10)?;
        let mut files = Vec::new();
        for _ in 0..length(d.array()?)? {
            expect(d.array()?, 2)?;
            let name = d.str()?.to_owned();
            if !allowed(&name) {
                return Err(BulletinError::FileName.into());
            }
            files.push(ListedFile {
                name,
                sha256: array(d.bytes()?)?,
            });
        }
        let drops = if optional(d, 11)? {
            expect(d.array()?, 3)?;
            Some(Drops {
                number: d.u32()?,
                period_s: d.u32()?,
                buckets: d.u16()?,
            })
        } else {
            None
        };
        let passes = if optional(d, 12)? {
            Some(issuer::read(d)?)
        } else {
            None
        };
        Ok(Self {
            root_key,
            number,
            issued,
            expires,
            region,
            keys,
            form,
            warnings,
            files,
            drops,
            passes,
        })
    }
}

/// Names become paths at the relay: nothing hidden, nothing upwards, nothing absolute.
fn allowed(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=128).contains(&name.len())
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain))
}
