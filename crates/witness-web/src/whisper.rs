//! Reports in fourteen words, and for practice.

use lapwing_model::{Manner, Misfit};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

use crate::{Phone, Thrown, draft, refused, thrown};

#[wasm_bindgen]
impl Phone {
    /// Seals a report for practice (JSON as in `draft`): it goes the way of a report and never enters an incident.
    ///
    /// # Errors
    /// As `report`; `not-known`.
    pub fn drill(&mut self, draft: &str, now: f64) -> Thrown<Vec<u8>> {
        let draft = draft::read(draft).ok_or_else(|| thrown("draft"))?;
        let sealed = self.core.drill(&mut self.rng, &draft, now as i64);
        Ok(sealed.map_err(refused)?.as_bytes().to_vec())
    }

    /// What of a draft a whisper has no room for, as JSON: `["note","danger"]`. Nothing is sealed.
    ///
    /// # Errors
    /// As `report`; `not-known`.
    pub fn misfits(&mut self, draft: &str, phrase: Option<u8>, now: f64) -> Thrown<String> {
        let draft = draft::read(draft).ok_or_else(|| thrown("draft"))?;
        let manner = Manner {
            phrase,
            ..Manner::default()
        };
        let all = self.core.misfits(&draft, manner, now as i64);
        let names = all.map_err(refused)?.iter().map(misfit).collect::<Value>();
        Ok(names.to_string())
    }

    /// Makes a whisper of a draft. Answers with JSON: `{"bits":"28 hex digits","answer":[place of a word, place of a
    /// word]}`. `kept` must be stored before a word is shown.
    ///
    /// # Errors
    /// As `report`; `not-known`; `misfits` when it does not fit.
    pub fn whisper(
        &mut self,
        draft: &str,
        phrase: Option<u8>,
        drill: bool,
        duress: bool,
        now: f64,
    ) -> Thrown<String> {
        let draft = draft::read(draft).ok_or_else(|| thrown("draft"))?;
        let manner = Manner {
            phrase,
            drill,
            duress,
        };
        let said = self.core.whisper(&draft, manner, now as i64);
        let (whisper, answer) = said.map_err(refused)?;
        let bits = hex::encode(whisper.to_bytes());
        Ok(json!({ "bits": bits, "answer": answer.words() }).to_string())
    }

    /// The middle of the region that whispers can speak of, as latitude and longitude; nothing before an enrolment.
    pub fn region(&self) -> Option<Vec<f64>> {
        let centre = self.core.sector()?.centre();
        Some(vec![centre.lat(), centre.lon()])
    }
}

/// The name of what does not fit. The app's words depend on these.
fn misfit(misfit: &Misfit) -> &'static str {
    match misfit {
        Misfit::Kind(_) => "kind",
        Misfit::Place => "place",
        Misfit::Old(_) => "old",
        Misfit::Ahead => "ahead",
        Misfit::Note => "note",
        Misfit::Danger => "danger",
        Misfit::Count => "count",
        Misfit::Heading => "heading",
        Misfit::Phrase(_) => "phrase",
        // Whatever later versions cannot say.
        _ => "rest",
    }
}
