//! The form: which kinds of observation there are and what each may say.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Precision;

/// Largest form that is read, in bytes.
const FORM_MAX: usize = 65_536;

/// A versioned set of kinds; a deployment may have its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Short name, for example `civil-protection`.
    pub id: String,
    /// Grows with every change.
    pub version: u32,
    /// What the form is for.
    pub title: Texts,
    /// The kinds, by ascending code.
    kinds: Vec<Kind>,
    /// What a whisper can add, by ascending code.
    phrases: Vec<Phrase>,
    /// The bytes it was read from: what is signed and sent on.
    source: Vec<u8>,
}

/// One kind of observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// 1 to 63: six bits of a whisper.
    pub code: u8,
    /// Stable English name, as in files.
    pub name: String,
    /// Name of the icon.
    pub icon: String,
    /// What people read.
    pub label: Texts,
    /// How exactly the purpose of this kind needs the place.
    pub precision: Precision,
    /// What the count counts; `None`: the kind takes no count.
    pub count: Option<CountOf>,
    /// Whether the kind takes a heading.
    pub heading: bool,
    /// Whether a photo may be taken without tempting the witness into danger.
    pub photo: bool,
    /// Time slot of a whisper, in seconds.
    pub slot_s: u32,
    /// Who decides that a warning goes out.
    pub warns: Warns,
    /// Independent sources that a warning by itself needs.
    pub sources: u8,
    /// What a CAP alert of this kind says; `None` where it never warns.
    pub cap: Option<CapDefaults>,
    /// The event in an alert.
    pub event: Texts,
    /// What people should do.
    pub instruction: Texts,
}

/// A sentence that is agreed on beforehand, so that a whisper can say it by its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    /// 1 to 255.
    pub code: u8,
    /// The sentence.
    pub text: Texts,
}

/// What a count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountOf {
    /// Objects in the air.
    Objects,
    /// People.
    People,
    /// Vehicles.
    Vehicles,
}

/// Who decides that a warning goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Warns {
    /// The rules, by themselves, given enough independent sources.
    Alone,
    /// Nobody: the kind is not for the public.
    Never,
    /// A duty officer.
    Officer,
}

/// A text in every language of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Ukrainian.
    pub uk: String,
    /// English.
    pub en: String,
}

/// Code values of CAP 1.2 (OASIS CAP-v1.2 section 3.2.2) for alerts of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapDefaults {
    /// `category`.
    pub category: String,
    /// `urgency`.
    pub urgency: String,
    /// `severity`.
    pub severity: String,
    /// `responseType`.
    pub response: String,
    /// Seconds from `sent` to `expires`.
    pub expires_s: u32,
}

/// Why bytes are not a form.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FormError {
    /// More than 64 KiB.
    #[error("a form of {0} bytes is too large")]
    Size(usize),
    /// Not JSON of this shape.
    #[error("not a form")]
    Json(#[source] serde_json::Error),
    /// A code outside 1 to 63, or not ascending.
    #[error("kind code {0} is out of range or out of order")]
    Code(u8),
    /// A phrase's code is 0, or not ascending.
    #[error("phrase code {0} is out of range or out of order")]
    PhraseCode(u8),
    /// A phrase is empty in some language.
    #[error("phrase {0}: a text is empty")]
    Phrase(u8),
    /// Precision other than 10, 100 or 1,000 m.
    #[error("kind {code}: no precision of {metres} m exists")]
    Precision {
        /// The kind.
        code: u8,
        /// What it asked for.
        metres: u32,
    },
    /// A label is empty in some language.
    #[error("kind {0}: a text is empty")]
    Text(u8),
    /// A kind that warns has no alert values.
    #[error("kind {0}: it warns, but says not how")]
    Cap(u8),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawForm {
    id: String,
    version: u32,
    languages: Vec<String>,
    title: Texts,
    kinds: Vec<RawKind>,
    #[serde(default)]
    phrases: Vec<Phrase>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKind {
    code: u8,
    name: String,
    icon: String,
    label: Texts,
    precision_m: u32,
    count: Option<CountOf>,
    heading: bool,
    photo: bool,
    slot_s: u32,
    warns: Warns,
    sources: u8,
    cap: Option<CapDefaults>,
    event: Texts,
    instruction: Texts,
}

impl Form {
    /// The default form, *civil protection*.
    pub fn civil_protection() -> Self {
        Self::parse(include_bytes!("../../../data/forms/civil-protection.json"))
            .expect("the bundled form is checked by a test")
    }

    /// Reads a form from its JSON. Total.
    ///
    /// # Errors
    /// When the bytes are no form or the form breaks a rule of the design.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        if bytes.len() > FORM_MAX {
            return Err(FormError::Size(bytes.len()));
        }
        let raw: RawForm = serde_json::from_slice(bytes).map_err(FormError::Json)?;
        let empty = |t: &Texts| t.uk.is_empty() || t.en.is_empty();
        let mut kinds: Vec<Kind> = Vec::with_capacity(raw.kinds.len());
        for k in raw.kinds {
            let after = kinds.last().map_or(0, |last| last.code);
            if k.code <= after || k.code > 63 {
                return Err(FormError::Code(k.code));
            }
            let precision = Precision::from_metres(k.precision_m).ok_or(FormError::Precision {
                code: k.code,
                metres: k.precision_m,
            })?;
            if empty(&k.label) || empty(&k.event) || k.name.is_empty() {
                return Err(FormError::Text(k.code));
            }
            if k.warns != Warns::Never && (k.cap.is_none() || empty(&k.instruction)) {
                return Err(FormError::Cap(k.code));
            }
            kinds.push(Kind {
                code: k.code,
                name: k.name,
                icon: k.icon,
                label: k.label,
                precision,
                count: k.count,
                heading: k.heading,
                photo: k.photo,
                slot_s: k.slot_s,
                warns: k.warns,
                sources: k.sources,
                cap: k.cap,
                event: k.event,
                instruction: k.instruction,
            });
        }
        let mut after = 0;
        for Phrase { code, text } in &raw.phrases {
            if *code <= after {
                return Err(FormError::PhraseCode(*code));
            }
            if empty(text) {
                return Err(FormError::Phrase(*code));
            }
            after = *code;
        }
        Ok(Self {
            id: raw.id,
            version: raw.version,
            title: raw.title,
            kinds,
            phrases: raw.phrases,
            source: bytes.to_vec(),
        })
    }

    /// The JSON this form was read from.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// All kinds, by ascending code.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The kind with this code.
    pub fn kind(&self, code: u8) -> Option<&Kind> {
        self.kinds
            .binary_search_by_key(&code, |k| k.code)
            .ok()
            .map(|i| &self.kinds[i])
    }

    /// All phrases, by ascending code.
    pub fn phrases(&self) -> &[Phrase] {
        &self.phrases
    }

    /// The phrase with this code.
    pub fn phrase(&self, code: u8) -> Option<&Phrase> {
        self.phrases
            .binary_search_by_key(&code, |phrase| phrase.code)
            .ok()
            .map(|i| &self.phrases[i])
    }

    /// The kind with this name.
    pub fn kind_named(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|k| k.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_protection_has_about_twenty_kinds_and_follows_the_purpose_rules() {
        let form = Form::civil_protection();
        assert_eq!(form.kinds().len(), 24);
        let metres = |name: &str| form.kind_named(name).unwrap().precision.metres();
        assert_eq!(metres("mines"), 10);
        assert_eq!(metres("detention"), 100);
        // Nothing that bears arms is placed more finely than 1 km (design section 3).
        for armed in [
            "forces_moving",
            "checkpoint",
            "missile",
            "drone",
            "aircraft",
            "shooting",
        ] {
            let kind = form.kind_named(armed).unwrap();
            assert_eq!(kind.precision.metres(), 1_000, "{armed}");
            assert!(!kind.photo, "{armed} would tempt into a dangerous photo");
        }
        // What concerns one person is never public.
        for private in ["detention", "missing_person", "harm"] {
            assert_eq!(
                form.kind_named(private).unwrap().warns,
                Warns::Never,
                "{private}"
            );
        }
    }

    #[test]
    fn a_finer_precision_than_exists_is_refused() {
        let text = String::from_utf8(Form::civil_protection().source().to_vec()).unwrap();
        let finer = text.replacen("\"precision_m\": 1000", "\"precision_m\": 1", 1);
        assert!(matches!(
            Form::parse(finer.as_bytes()),
            Err(FormError::Precision { code: 3, metres: 1 })
        ));
    }

    #[test]
    fn phrases_are_found_by_code_and_none_may_be_empty_or_out_of_order() {
        let form = Form::civil_protection();
        assert_eq!(form.phrases().len(), 47);
        assert_eq!(form.phrase(7).unwrap().text.en, "There are children");
        assert_eq!(form.phrase(0), None);
        let text = String::from_utf8(form.source().to_vec()).unwrap();
        let with = |phrases: &str| {
            let at = text.find("\"phrases\"").unwrap();
            Form::parse(format!("{}\"phrases\": [{phrases}]}}", &text[..at]).as_bytes())
        };
        let one = |code: u8, en: &str| {
            format!("{{\"code\": {code}, \"text\": {{\"uk\": \"Так\", \"en\": \"{en}\"}}}}")
        };
        assert!(with("").is_ok_and(|form| form.phrases().is_empty()));
        assert!(with(&[one(3, "Yes"), one(255, "Yes")].join(",")).is_ok());
        assert!(matches!(
            with(&one(0, "Yes")),
            Err(FormError::PhraseCode(0))
        ));
        let twice = with(&[one(3, "Yes"), one(3, "Yes")].join(","));
        assert!(matches!(twice, Err(FormError::PhraseCode(3))));
        assert!(matches!(with(&one(3, "")), Err(FormError::Phrase(3))));
    }

    #[test]
    fn codes_out_of_order_and_foreign_fields_are_refused() {
        let text = String::from_utf8(Form::civil_protection().source().to_vec()).unwrap();
        let twice = text.replacen("\"code\": 2,", "\"code\": 1,", 1);
        assert!(matches!(
            Form::parse(twice.as_bytes()),
            Err(FormError::Code(1))
        ));
        let suspect = text.replacen(
            "\"heading\": false",
            "\"suspect\": true, \"heading\": false",
            1,
        );
        assert!(matches!(
            Form::parse(suspect.as_bytes()),
            Err(FormError::Json(_))
        ));
        assert!(matches!(
            Form::parse(&[b' '; 70_000]),
            Err(FormError::Size(70_000))
        ));
    }
}
