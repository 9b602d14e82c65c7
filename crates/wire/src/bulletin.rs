//! The desk's public file: keys, form, warnings. The same bytes for everybody.
//!
//! A deterministic CBOR map (RFC 8949 4.2) followed by a 64-byte Ed25519 signature of the root key
//! over `lapwing bulletin v1\n` and the map. Its number only grows, so that nobody can be shown an
//! older one after a newer one.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use lapwing_model::{Place, Region};
use minicbor::{Decoder, Encoder};
use thiserror::Error;

use crate::{Drops, IssuerKey, KeyEpoch, PassEpoch, PassKey, drop};

/// Largest bulletin that is read.
pub const BULLETIN_MAX: usize = 1 << 20;
/// X-Wing public key: ML-KEM-768 (1,184) and X25519 (32).
pub const RECEPTION_PUBLIC_LEN: usize = 1_184 + 32;

/// Pass keys in a bulletin: the one before, this and the next epoch's, and one to spare.
pub const ISSUER_KEYS_MAX: usize = 4;
/// Longest address of an issuer, in bytes.
pub const ISSUER_URL_MAX: usize = 256;

const CONTEXT: &[u8] = b"lapwing bulletin v1\n";
const VERSION: u8 = 1;
const SIGNATURE_LEN: usize = 64;
/// More would not fit into [`BULLETIN_MAX`]; keeps a hostile length from reserving memory.
const LIST_MAX: u64 = 4_096;

/// What a desk tells everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// Ed25519 key that signs this and all others of the desk.
    pub root_key: [u8; 32],
    /// Grows with every bulletin.
    pub number: u64,
    /// When it was made.
    pub issued: i64,
    /// After this it must not be relied on.
    pub expires: i64,
    /// What the deployment looks after.
    pub region: Region,
    /// Reception keys by ascending week.
    pub keys: Vec<ReceptionKey>,
    /// The form, as JSON (`lapwing_model::Form::parse`).
    pub form: Vec<u8>,
    /// Warnings in force, and cancelled ones until they would have expired.
    pub warnings: Vec<BulletinWarning>,
    /// Files published with it: the Atom feed, CAP alerts, drops.
    pub files: Vec<ListedFile>,
    /// The drops among the files; absent where a desk makes none.
    pub drops: Option<Drops>,
    /// Who issues passes; absent where envelopes need none.
    pub passes: Option<PassIssuer>,
}

/// Who issues passes, and the only keys by which a phone takes them: the same for everybody, so that nobody can be
/// marked by a key of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassIssuer {
    /// Its address: `https:`, or `http:` where the way there is sealed otherwise (an onion service, loopback).
    pub url: String,
    /// Its keys by ascending epoch, no key twice.
    pub keys: Vec<IssuerKey>,
}

/// A reception key of one week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceptionKey {
    /// Its week.
    pub epoch: KeyEpoch,
    /// X-Wing public key.
    pub public: Box<[u8; RECEPTION_PUBLIC_LEN]>,
}

/// A warning as phones show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinWarning {
    /// CAP identifier of the latest message of its chain.
    pub id: String,
    /// Kind of the form.
    pub kind: u8,
    /// Whether it holds.
    pub state: WarningState,
    /// When the latest message was sent.
    pub sent: i64,
    /// Until when it holds.
    pub expires: i64,
    /// CAP severity.
    pub severity: String,
    /// CAP urgency.
    pub urgency: String,
    /// CAP certainty.
    pub certainty: String,
    /// Centre of the area.
    pub centre: Place,
    /// Radius of the area in metres.
    pub radius_m: u32,
    /// The words, by language.
    pub texts: Vec<WarningText>,
}

/// Whether a warning holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningState {
    /// Until it expires.
    Active,
    /// Called off.
    Cancelled,
}

/// The words of a warning in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningText {
    /// `uk` or `en`.
    pub lang: String,
    /// One line.
    pub headline: String,
    /// What is known.
    pub description: String,
    /// What to do.
    pub instruction: String,
    /// Name of the area.
    pub area: String,
}

/// A file published with the bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// Path below `/v1/`: letters, digits, `-`, `.`, `_` and `/`.
    pub name: String,
    /// Its hash.
    pub sha256: [u8; 32],
}

/// Why bytes are not a bulletin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BulletinError {
    /// Larger than [`BULLETIN_MAX`] or too short for a signature.
    #[error("a bulletin cannot have {0} bytes")]
    Length(usize),
    /// Not the deterministic encoding of a bulletin.
    #[error("not a deterministically encoded bulletin")]
    Encoding,
    /// Another version.
    #[error("version {0} of bulletins is not known here")]
    Version(u8),
    /// It names another root key than the one asked for.
    #[error("the bulletin is of another desk")]
    RootKey,
    /// The named key is none, or did not sign it.
    #[error("the bulletin is not signed by its desk")]
    Signature,
    /// Keys out of order, or none.
    #[error("the reception keys are out of order or missing")]
    Keys,
    /// Pass keys out of order, twice, malformed, none or too many; or an address that is none.
    #[error("the issuer of passes is not well formed")]
    Passes,
    /// A file name that could lead out of its folder.
    #[error("a file name is not allowed")]
    FileName,
    /// Period or count out of range, or other drops among the files than the count says.
    #[error("the drops are not those that the bulletin says")]
    Drops,
}

const VEC: &str = "writing to a vector cannot fail";

impl Bulletin {
    /// Signs the bulletin.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let mut signed = CONTEXT.to_vec();
        signed.extend_from_slice(&self.encode());
        let signature = key.sign(&signed).to_bytes();
        signed.drain(..CONTEXT.len());
        signed.extend_from_slice(&signature);
        signed
    }

    /// Reads a bulletin and checks that `root` signed it. Does not look at number or expiry:
    /// that takes a memory and a clock.
    ///
    /// # Errors
    /// When it is malformed, of another desk, or not signed.
    pub fn verify(bytes: &[u8], root: &VerifyingKey) -> Result<Self, BulletinError> {
        let (map, signature) = split(bytes)?;
        let mut signed = CONTEXT.to_vec();
        signed.extend_from_slice(map);
        let bulletin = Self::decode(map)?;
        if bulletin.root_key != root.to_bytes() {
            return Err(BulletinError::RootKey);
        }
        root.verify_strict(&signed, &Signature::from_bytes(signature))
            .map_err(|_why| BulletinError::Signature)?;
        Ok(bulletin)
    }

    /// The root key that a bulletin claims, and which did sign it: for tools that meet a desk
    /// for the first time. Whether it is the right desk, only a key from elsewhere can tell.
    ///
    /// # Errors
    /// As [`Bulletin::verify`].
    pub fn claimed_root_key(bytes: &[u8]) -> Result<VerifyingKey, BulletinError> {
        let (map, _) = split(bytes)?;
        let key = VerifyingKey::from_bytes(&Self::decode(map)?.root_key)
            .map_err(|_why| BulletinError::Signature)?;
        Self::verify(bytes, &key)?;
        Ok(key)
    }

    /// The reception key for a time, if the bulletin has it.
    pub fn key_at(&self, unix: i64) -> Option<&ReceptionKey> {
        let epoch = KeyEpoch::at(unix);
        self.keys.iter().find(|k| k.epoch == epoch)
    }

    /// The hash of the drop of a bucket.
    pub fn drop_sha256(&self, bucket: u16) -> Option<&[u8; 32]> {
        let name = Drops::name(bucket);
        let file = self.files.iter().find(|file| file.name == name)?;
        Some(&file.sha256)
    }

    /// Whether exactly the drops that are stated are listed, in order.
    fn drops_hold(&self) -> bool {
        let listed = || {
            let names = self.files.iter().map(|file| file.name.as_str());
            names.filter(|name| name.starts_with(drop::FOLDER))
        };
        match &self.drops {
            None => listed().next().is_none(),
            Some(drops) => drops.allowed() && listed().eq((0..drops.buckets).map(Drops::name)),
        }
    }

    /// The key by which passes are fetched at a time, if the bulletin has it.
    pub fn pass_key_at(&self, unix: i64) -> Option<&IssuerKey> {
        let epoch = PassEpoch::at(unix);
        let issuer = self.passes.as_ref()?;
        issuer.keys.iter().find(|k| k.epoch == epoch)
    }

    fn encode(&self) -> Vec<u8> {
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
        for w in &self.warnings {
            e.array(11)?
                .str(&w.id)?
                .u8(w.kind)?
                .u8(w.state as u8)?
                .i64(w.sent)?
                .i64(w.expires)?;
            e.str(&w.severity)?.str(&w.urgency)?.str(&w.certainty)?;
            write_place(e, w.centre)?;
            e.u32(w.radius_m)?.array(w.texts.len() as u64)?;
            for t in &w.texts {
                e.array(5)?
                    .str(&t.lang)?
                    .str(&t.headline)?
                    .str(&t.description)?;
                e.str(&t.instruction)?.str(&t.area)?;
            }
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
            e.u8(12)?.array(2)?.str(&issuer.url)?;
            e.array(issuer.keys.len() as u64)?;
            for key in &issuer.keys {
                e.array(2)?.u32(key.epoch.0)?.bytes(&key.key.spki())?;
            }
        }
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, BulletinError> {
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
            warnings.push(read_warning(d)?);
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
            Some(read_issuer(d)?)
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

fn read_issuer(d: &mut Decoder<'_>) -> Result<PassIssuer, ReadError> {
    expect(d.array()?, 2)?;
    let url = d.str()?.to_owned();
    let mut keys: Vec<IssuerKey> = Vec::new();
    for _ in 0..length(d.array()?)? {
        expect(d.array()?, 2)?;
        let epoch = PassEpoch(d.u32()?);
        let key = PassKey::from_spki(d.bytes()?).map_err(|_why| BulletinError::Passes)?;
        let fits = keys.last().is_none_or(|last| last.epoch < epoch)
            && keys.iter().all(|other| other.key != key);
        if !fits || keys.len() == ISSUER_KEYS_MAX {
            return Err(BulletinError::Passes.into());
        }
        keys.push(IssuerKey { epoch, key });
    }
    if keys.is_empty() || !issuer_url(&url) {
        return Err(BulletinError::Passes.into());
    }
    Ok(PassIssuer { url, keys })
}

/// An address that can be written down: a scheme of the web and printable ASCII.
fn issuer_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    url.len() <= ISSUER_URL_MAX
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic()))
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

enum ReadError {
    Cbor,
    Bulletin(BulletinError),
}

impl From<minicbor::decode::Error> for ReadError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Cbor
    }
}

impl From<BulletinError> for ReadError {
    fn from(why: BulletinError) -> Self {
        Self::Bulletin(why)
    }
}

fn split(bytes: &[u8]) -> Result<(&[u8], &[u8; SIGNATURE_LEN]), BulletinError> {
    if bytes.len() > BULLETIN_MAX {
        return Err(BulletinError::Length(bytes.len()));
    }
    bytes
        .split_last_chunk()
        .ok_or(BulletinError::Length(bytes.len()))
}

fn expect(found: Option<u64>, wanted: u64) -> Result<(), ReadError> {
    if found == Some(wanted) {
        Ok(())
    } else {
        Err(ReadError::Cbor)
    }
}

fn length(found: Option<u64>) -> Result<u64, ReadError> {
    found.filter(|&n| n <= LIST_MAX).ok_or(ReadError::Cbor)
}

fn key(d: &mut Decoder<'_>, wanted: u8) -> Result<(), ReadError> {
    if d.u8()? == wanted {
        Ok(())
    } else {
        Err(ReadError::Cbor)
    }
}

/// Whether the next member has this key; it is read only then.
fn optional(d: &mut Decoder<'_>, wanted: u8) -> Result<bool, ReadError> {
    let there = d.probe().u8().is_ok_and(|found| found == wanted);
    if there {
        key(d, wanted)?;
    }
    Ok(there)
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], ReadError> {
    bytes.try_into().map_err(|_length| ReadError::Cbor)
}

fn write_place(e: &mut Encoder<Vec<u8>>, place: Place) -> Written {
    e.array(2)?.i32(place.lat_e7())?.i32(place.lon_e7())?;
    Ok(())
}

fn read_place(d: &mut Decoder<'_>) -> Result<Place, ReadError> {
    expect(d.array()?, 2)?;
    let (lat, lon) = (d.i32()?, d.i32()?);
    Place::from_e7(lat, i64::from(lon)).map_err(|_range| ReadError::Cbor)
}

fn read_warning(d: &mut Decoder<'_>) -> Result<BulletinWarning, ReadError> {
    expect(d.array()?, 11)?;
    let id = d.str()?.to_owned();
    let kind = d.u8()?;
    let state = match d.u8()? {
        0 => WarningState::Active,
        1 => WarningState::Cancelled,
        _ => return Err(ReadError::Cbor),
    };
    let (sent, expires) = (d.i64()?, d.i64()?);
    let severity = d.str()?.to_owned();
    let urgency = d.str()?.to_owned();
    let certainty = d.str()?.to_owned();
    let centre = read_place(d)?;
    let radius_m = d.u32()?;
    let mut texts = Vec::new();
    for _ in 0..length(d.array()?)? {
        expect(d.array()?, 5)?;
        texts.push(WarningText {
            lang: d.str()?.to_owned(),
            headline: d.str()?.to_owned(),
            description: d.str()?.to_owned(),
            instruction: d.str()?.to_owned(),
            area: d.str()?.to_owned(),
        });
    }
    Ok(BulletinWarning {
        id,
        kind,
        state,
        sent,
        expires,
        severity,
        urgency,
        certainty,
        centre,
        radius_m,
        texts,
    })
}

/// Names become paths at the relay: nothing hidden, nothing upwards, nothing absolute.
fn allowed(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=128).contains(&name.len())
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root() -> SigningKey {
        SigningKey::from_bytes(&[1; 32])
    }

    fn bulletin() -> Bulletin {
        let place = |lat, lon| Place::from_degrees(lat, lon).unwrap();
        Bulletin {
            root_key: root().verifying_key().to_bytes(),
            number: 7,
            issued: 1_790_000_000,
            expires: 1_797_000_000,
            region: Region {
                south_west: place(44.0, 22.0),
                north_east: place(52.5, 40.5),
            },
            keys: (2_959..2_972)
                .map(|n| ReceptionKey {
                    epoch: KeyEpoch(n),
                    public: Box::new([n as u8; RECEPTION_PUBLIC_LEN]),
                })
                .collect(),
            form: b"{}".to_vec(),
            warnings: vec![BulletinWarning {
                id: "lapwing-1".into(),
                kind: 2,
                state: WarningState::Active,
                sent: 1_790_000_000,
                expires: 1_790_003_600,
                severity: "Severe".into(),
                urgency: "Immediate".into(),
                certainty: "Likely".into(),
                centre: place(48.0, 37.8),
                radius_m: 5_000,
                texts: vec![WarningText {
                    lang: "uk".into(),
                    headline: "Обстріл".into(),
                    description: "Повідомляють троє людей.".into(),
                    instruction: "В укриття.".into(),
                    area: "Донецьк".into(),
                }],
            }],
            files: vec![ListedFile {
                name: "warnings.atom".into(),
                sha256: [2; 32],
            }],
            drops: None,
            passes: None,
        }
    }

    fn with_drops(buckets: u16) -> Bulletin {
        let mut b = bulletin();
        b.files.extend((0..buckets).map(|bucket| ListedFile {
            name: Drops::name(bucket),
            sha256: [bucket as u8; 32],
        }));
        b.drops = Some(Drops {
            number: 497_000,
            period_s: 3_600,
            buckets,
        });
        b
    }

    fn read(b: &Bulletin) -> Result<Bulletin, BulletinError> {
        Bulletin::verify(&b.sign(&root()), &root().verifying_key())
    }

    #[test]
    fn drops_are_optional_and_read_back() {
        for buckets in [1, 16, drop::BUCKETS_MAX] {
            let b = with_drops(buckets);
            assert_eq!(read(&b).unwrap(), b);
            assert_eq!(b.drop_sha256(buckets - 1), Some(&[(buckets - 1) as u8; 32]));
            assert_eq!(b.drop_sha256(buckets), None);
        }
    }

    fn pass_key(epoch: u32, fill: u8) -> IssuerKey {
        let key = PassKey::from_modulus(&[fill; 256]).unwrap();
        IssuerKey {
            epoch: PassEpoch(epoch),
            key,
        }
    }

    fn with_passes(url: &str, keys: Vec<IssuerKey>) -> Bulletin {
        let url = url.into();
        Bulletin {
            passes: Some(PassIssuer { url, keys }),
            ..bulletin()
        }
    }

    #[test]
    fn drops_other_than_stated_are_refused() {
        let change = |how: fn(&mut Bulletin)| {
            let mut b = with_drops(3);
            how(&mut b);
            read(&b)
        };
        fn drops(b: &mut Bulletin) -> &mut Drops {
            b.drops.as_mut().unwrap()
        }
        let wrong: [fn(&mut Bulletin); 10] = [
            |b| b.drops = None,
            |b| drops(b).buckets = 2,
            |b| drops(b).buckets = 4,
            |b| drops(b).buckets = 0,
            |b| drops(b).period_s = 59,
            |b| drops(b).period_s = 86_401,
            |b| b.files.swap(1, 2),
            |b| b.files[2].name = "drops/01".into(),
            |b| b.files[3].name = "drops/3".into(),
            |b| *b = with_drops(drop::BUCKETS_MAX + 1),
        ];
        for (n, how) in wrong.into_iter().enumerate() {
            assert_eq!(change(how), Err(BulletinError::Drops), "{n}");
        }
    }

    #[test]
    fn the_issuer_of_passes_reads_back_and_its_key_of_the_epoch_is_found() {
        let keys = vec![pass_key(739, 0xfd), pass_key(740, 0xff)];
        let good = with_passes("https://issuer.example/", keys);
        let bytes = good.sign(&root());
        assert_eq!(
            Bulletin::verify(&bytes, &root().verifying_key()),
            Ok(good.clone())
        );
        let at = PassEpoch(740).starts();
        assert_eq!(good.pass_key_at(at), Some(&pass_key(740, 0xff)));
        assert_eq!(good.pass_key_at(at - 1), Some(&pass_key(739, 0xfd)));
        assert_eq!(good.pass_key_at(PassEpoch(741).starts()), None);
        assert_eq!(bulletin().pass_key_at(at), None);
    }

    #[test]
    fn an_issuer_that_is_not_well_formed_is_refused() {
        let url = "https://issuer.example";
        let long = format!("https://{}", "x".repeat(ISSUER_URL_MAX));
        for bad in [
            with_passes(url, vec![]),
            with_passes(url, vec![pass_key(2, 0xff), pass_key(1, 0xfd)]),
            with_passes(url, vec![pass_key(2, 0xff), pass_key(2, 0xfd)]),
            with_passes(url, vec![pass_key(1, 0xff), pass_key(2, 0xff)]),
            with_passes(
                url,
                (0..5).map(|n| pass_key(n, 0xf1 + 2 * n as u8)).collect(),
            ),
            with_passes("", vec![pass_key(1, 0xff)]),
            with_passes("https://", vec![pass_key(1, 0xff)]),
            with_passes("ftp://issuer.example", vec![pass_key(1, 0xff)]),
            with_passes("https://issuer example", vec![pass_key(1, 0xff)]),
            with_passes(&long, vec![pass_key(1, 0xff)]),
        ] {
            let refused = Bulletin::verify(&bad.sign(&root()), &root().verifying_key());
            assert_eq!(refused, Err(BulletinError::Passes), "{bad:?}");
        }
    }

    #[test]
    fn a_bulletin_reads_back() {
        let bytes = bulletin().sign(&root());
        assert_eq!(
            Bulletin::verify(&bytes, &root().verifying_key()).unwrap(),
            bulletin()
        );
        assert_eq!(
            Bulletin::claimed_root_key(&bytes).unwrap(),
            root().verifying_key()
        );
    }

    #[test]
    fn another_desks_bulletin_is_refused() {
        let other = SigningKey::from_bytes(&[2; 32]);
        let bytes = bulletin().sign(&other);
        let refused = Bulletin::verify(&bytes, &root().verifying_key());
        assert_eq!(refused, Err(BulletinError::Signature));
        let refused = Bulletin::verify(&bytes, &other.verifying_key());
        assert_eq!(refused, Err(BulletinError::RootKey));
    }

    #[test]
    fn truncations_and_trailing_bytes_are_refused() {
        let bytes = bulletin().sign(&root());
        for n in 0..bytes.len() {
            assert!(
                Bulletin::verify(&bytes[..n], &root().verifying_key()).is_err(),
                "{n}"
            );
        }
        let (map, signature) = bytes.split_at(bytes.len() - 64);
        let longer = [map, &[0], signature].concat();
        assert_eq!(
            Bulletin::verify(&longer, &root().verifying_key()),
            Err(BulletinError::Encoding)
        );
    }

    #[test]
    fn file_names_that_lead_elsewhere_are_refused() {
        for name in [
            "",
            "../key",
            "/etc",
            "a//b",
            ".hidden",
            "a/../b",
            "пошта",
            "a b",
        ] {
            let mut bad = bulletin();
            bad.files[0].name = name.into();
            let refused = Bulletin::verify(&bad.sign(&root()), &root().verifying_key());
            assert_eq!(refused, Err(BulletinError::FileName), "{name}");
        }
    }

    #[test]
    fn keys_out_of_order_are_refused() {
        let mut bad = bulletin();
        bad.keys.swap(0, 1);
        let refused = Bulletin::verify(&bad.sign(&root()), &root().verifying_key());
        assert_eq!(refused, Err(BulletinError::Keys));
    }

    #[test]
    fn the_key_of_the_week_is_found() {
        let at = KeyEpoch(2_960).starts() + 5;
        assert_eq!(bulletin().key_at(at).unwrap().epoch, KeyEpoch(2_960));
        assert!(bulletin().key_at(0).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_value_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Bulletin::verify(&bytes, &root().verifying_key());
            let _ = Bulletin::decode(&bytes);
        }
    }
}
