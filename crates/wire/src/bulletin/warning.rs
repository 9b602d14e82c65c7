//! Warnings, as a bulletin carries them to phones.

use lapwing_model::Place;
use minicbor::{Decoder, Encoder};

use super::cbor::{ReadError, Written, expect, length, read_place, write_place};

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

pub(super) fn write(e: &mut Encoder<Vec<u8>>, w: &BulletinWarning) -> Written {
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
    Ok(())
}

pub(super) fn read(d: &mut Decoder<'_>) -> Result<BulletinWarning, ReadError> {
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
