//! Carrying sealed envelopes by QR codes and files, for browsers: `lapwing-courier` and `qrcode` through wasm-bindgen.
//!
//! A module of its own, loaded by whoever shows or carries something. A code is handed over as its modules, row by row,
//! one byte each (1: dark), without the quiet zone; several envelopes or codes lie one after the other. What is refused
//! is thrown as a string with a stable short name.
//!
//! **In scope:** drawing pieces, conversion of values, names of refusals.
//! **Out of scope:** every decision (`lapwing-courier`); reading pictures (`lapwing-scan-web`); opening anything.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use lapwing_courier::{
    Bundle, BundleError, CODE_VERSION, Collector, NEEDED, PRINTED, Piece, Pieces, Show, Taken,
};
use lapwing_wire::{ENVELOPE_LEN, Envelope};
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// Modules of a side of a code.
#[wasm_bindgen]
pub fn side() -> usize {
    // ISO/IEC 18004: 21 for version 1, and four more for each after it.
    17 + 4 * CODE_VERSION as usize
}

/// The endless loop of codes of some envelopes.
#[wasm_bindgen]
pub struct Codes {
    show: Show,
    which: usize,
}

#[wasm_bindgen]
impl Codes {
    /// Of these envelopes.
    ///
    /// # Errors
    /// `envelope`: one is none.
    #[wasm_bindgen(constructor)]
    pub fn new(envelopes: &[u8]) -> Thrown<Self> {
        let show = Show::new(&envelopes_of(envelopes).map_err(JsValue::from_str)?);
        Ok(Self { show, which: 0 })
    }

    /// The next code; empty, if there is no envelope.
    #[wasm_bindgen(js_name = next)]
    pub fn next_code(&mut self) -> Vec<u8> {
        let Some((which, piece)) = self.show.next() else {
            return Vec::new();
        };
        self.which = which;
        draw(&piece)
    }

    /// Of which envelope the last code was, counted from 1.
    pub fn which(&self) -> usize {
        self.which + 1
    }

    /// How many envelopes there are.
    pub fn envelopes(&self) -> usize {
        self.show.envelopes()
    }
}

/// The codes of one envelope for a sheet of paper, one after the other.
///
/// # Errors
/// `envelope`: it is none.
#[wasm_bindgen]
pub fn sheet(envelope: &[u8]) -> Thrown<Vec<u8>> {
    let envelope = Envelope::from_bytes(envelope).map_err(|_why| JsValue::from_str("envelope"))?;
    let pieces = Pieces::of(&envelope);
    Ok((0..PRINTED)
        .flat_map(|id| draw(&pieces.piece(id)))
        .collect())
}

/// How many pieces an envelope takes, if none is missed.
#[wasm_bindgen]
pub fn needed() -> usize {
    NEEDED
}

/// Pieces of envelopes that were scanned.
#[wasm_bindgen]
#[derive(Default)]
pub struct Gathered {
    collector: Collector,
    have: usize,
    new: bool,
}

#[wasm_bindgen]
impl Gathered {
    /// Nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what a code held; gives the envelope that has become whole by it.
    ///
    /// # Errors
    /// `piece`: the code is of something else. `spoilt`: the pieces make no envelope, and are dropped.
    pub fn take(&mut self, code: &[u8]) -> Thrown<Option<Vec<u8>>> {
        self.taken(code).map_err(JsValue::from_str)
    }

    /// How many pieces there are of the envelope of the last code; all that are needed, if it is whole.
    pub fn have(&self) -> usize {
        self.have
    }

    /// Whether the last code was one that had not been there.
    pub fn fresh(&self) -> bool {
        self.new
    }

    /// An envelope that is on the phone already: its pieces are not gathered.
    ///
    /// # Errors
    /// `envelope`: it is none.
    pub fn know(&mut self, envelope: &[u8]) -> Thrown<()> {
        let known = Envelope::from_bytes(envelope).map_err(|_why| JsValue::from_str("envelope"))?;
        self.collector.know(&known);
        Ok(())
    }
}

impl Gathered {
    fn taken(&mut self, code: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
        let taken = self.collector.take(code).map_err(|_why| "piece")?;
        self.new = !matches!(taken, Taken::Again { .. } | Taken::Done(_));
        self.have = match taken {
            Taken::New { have, .. } | Taken::Again { have, .. } => have.min(NEEDED),
            Taken::Done(_) | Taken::Whole(_) => NEEDED,
            _ => 0,
        };
        match taken {
            Taken::Whole(envelope) => Ok(Some(envelope.as_bytes().to_vec())),
            Taken::Spoilt(_) => Err("spoilt"),
            _ => Ok(None),
        }
    }
}

/// A file with these envelopes.
///
/// # Errors
/// `envelope`: one is none; `count`: there are none, or too many.
#[wasm_bindgen]
pub fn bundle(envelopes: &[u8]) -> Thrown<Vec<u8>> {
    envelopes_of(envelopes)
        .and_then(|envelopes| Bundle::new(envelopes).map_err(name))
        .map(|bundle| bundle.encode())
        .map_err(JsValue::from_str)
}

/// What a file holds, whole or damaged.
#[wasm_bindgen]
pub struct Unpacked {
    envelopes: Vec<u8>,
    lost: usize,
}

#[wasm_bindgen]
impl Unpacked {
    /// The envelopes that are whole.
    pub fn envelopes(&self) -> Vec<u8> {
        self.envelopes.clone()
    }

    /// How many are not.
    pub fn lost(&self) -> usize {
        self.lost
    }
}

/// Reads a file, as far as it is whole.
///
/// # Errors
/// `magic`: it is of something else; `version`; `damaged`: nothing in it is whole.
#[wasm_bindgen]
pub fn unpack(file: &[u8]) -> Thrown<Unpacked> {
    let saved = Bundle::salvage(file).map_err(|why| JsValue::from_str(name(why)))?;
    let envelopes = saved.envelopes.iter().flat_map(|one| one.as_bytes());
    Ok(Unpacked {
        envelopes: envelopes.copied().collect(),
        lost: saved.lost,
    })
}

/// The longest file that is worth reading, bytes.
#[wasm_bindgen]
pub fn longest() -> usize {
    lapwing_courier::bundle::BUNDLE_LEN_MAX
}

fn name(why: BundleError) -> &'static str {
    match why {
        BundleError::Magic => "magic",
        BundleError::Version(_) => "version",
        BundleError::Count(_) => "count",
        _ => "damaged",
    }
}

fn envelopes_of(bytes: &[u8]) -> Result<Vec<Envelope>, &'static str> {
    let each = bytes.chunks(ENVELOPE_LEN).map(Envelope::from_bytes);
    each.collect::<Result<_, _>>().map_err(|_why| "envelope")
}

/// Its modules, row by row. Always the same version, in byte mode, as the format has it.
fn draw(piece: &Piece) -> Vec<u8> {
    const FITS: &str = "a piece fits its code";
    let mut bits = Bits::new(Version::Normal(CODE_VERSION));
    bits.push_byte_data(&piece.encode()).expect(FITS);
    bits.push_terminator(EcLevel::M).expect(FITS);
    let code = QrCode::with_bits(bits, EcLevel::M).expect(FITS);
    code.into_colors()
        .into_iter()
        .map(|color| u8::from(color == Color::Dark))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_scan_web::codes;
    use lapwing_wire::KeyEpoch;

    fn envelope(fill: u8) -> Vec<u8> {
        let mut bytes = Envelope::header_for(KeyEpoch(7), &[fill; 32]).to_vec();
        bytes.resize(ENVELOPE_LEN, fill);
        bytes
    }

    /// A code as it stands on a screen, three pixels a module.
    fn seen(modules: &[u8]) -> Vec<u8> {
        let edge = side() + 8;
        let at = |n: usize| {
            let (x, y) = (n % (3 * edge) / 3, n / (3 * edge) / 3);
            let inside = (4..edge - 4).contains(&x) && (4..edge - 4).contains(&y);
            if inside && modules[(y - 4) * side() + x - 4] == 1 {
                0
            } else {
                255
            }
        };
        let grey: Vec<u8> = (0..9 * edge * edge).map(at).collect();
        codes(&grey, 3 * edge).pop().expect("it is read")
    }

    #[test]
    fn what_is_shown_is_gathered_again_by_what_was_seen() {
        let sent = [envelope(1), envelope(2)];
        let mut shown = Codes::new(&sent.concat()).unwrap();
        assert_eq!(shown.envelopes(), 2);
        let mut gathered = Gathered::new();
        let mut whole = Vec::new();
        for n in 0..48 {
            let code = shown.next_code();
            assert_eq!(code.len(), side() * side());
            assert_eq!(shown.which(), 1 + n / 24);
            whole.extend(gathered.taken(&seen(&code)).unwrap());
            assert_eq!(gathered.have(), (n % 24 + 1).min(16));
            assert_eq!(gathered.fresh(), n % 24 < 16);
        }
        assert_eq!(whole, sent);
    }

    #[test]
    fn a_sheet_holds_enough_and_a_file_reads_back() {
        let one = envelope(3);
        let codes = sheet(&one).unwrap();
        let mut gathered = Gathered::new();
        let whole: Vec<_> = codes
            .chunks(side() * side())
            .skip(2)
            .filter_map(|code| gathered.taken(&seen(code)).unwrap())
            .collect();
        assert_eq!(
            (codes.len(), whole),
            (20 * side() * side(), vec![one.clone()])
        );
        let file = bundle(&[one.clone(), envelope(4)].concat()).unwrap();
        let unpacked = unpack(&file).unwrap();
        assert_eq!(
            (unpacked.envelopes().len(), unpacked.lost()),
            (2 * ENVELOPE_LEN, 0)
        );
        let cut = unpack(&file[..3_000]).unwrap();
        assert_eq!((cut.envelopes(), cut.lost()), (one, 1));
    }

    #[test]
    fn codes_of_something_else_are_named_so() {
        let mut gathered = Gathered::new();
        assert_eq!(gathered.taken(b"LAPWING:00"), Err("piece"));
        assert_eq!(envelopes_of(&[1; 100]), Err("envelope"));
        assert!(Codes::new(&[]).unwrap().next_code().is_empty());
        for (why, named) in [
            (BundleError::Magic, "magic"),
            (BundleError::Version(2), "version"),
            (BundleError::Count(0), "count"),
            (BundleError::Sum, "damaged"),
        ] {
            assert_eq!(name(why), named);
        }
    }
}
