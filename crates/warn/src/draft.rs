//! The first draft of a warning from an incident, and the words that end it.
//!
//! What is said about a kind of event comes from the form; the words that
//! connect it are here, in Ukrainian and English. They are plain, they promise
//! nothing, and they do not say how many people reported: that number could
//! point at them.

use crate::alert::{Alert, AlertError, AlertFields, Area, Info, Named, Scope};
use crate::codes::{Category, Certainty, MsgType, ResponseType, Severity, Status, Urgency};
use crate::geo::Circle;
use crate::text::{Language, Text, TextError, Token, Uri};
use crate::time::Time;

/// What a warning says in every language alike.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftInput {
    /// Unique among the messages of this sender.
    pub identifier: Token,
    /// The desk.
    pub sender: Token,
    /// Now.
    pub sent: Time,
    /// Until when it holds; after `sent`.
    pub expires: Time,
    /// Whether it is to be acted on; anything but actual is said in the
    /// headline as well.
    pub status: Status,
    /// The name of the exercise, if it is one.
    pub note: Option<Text>,
    /// The kind's category.
    pub category: Category,
    /// What to do, for machines.
    pub response_types: Vec<ResponseType>,
    /// The kind's urgency.
    pub urgency: Urgency,
    /// The kind's severity.
    pub severity: Severity,
    /// How sure the desk is that it happened, 0 to 1.
    pub confidence: f64,
    /// The kind in the code system of the form.
    pub event_code: Option<Named>,
    /// Where, already as coarse as it is to be published.
    pub circle: Circle,
    /// A page with more.
    pub web: Option<Uri>,
}

/// What a warning says in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftTexts {
    /// The language: Ukrainian or English, of any region.
    pub language: Language,
    /// The desk's name for people.
    pub sender_name: Text,
    /// The kind of event, as a heading: "Shelling".
    pub event: Text,
    /// The place, in the nominative: "Orikhiv".
    pub place: Text,
    /// What to do, in whole sentences.
    pub advice: Text,
}

/// Why there is no draft.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// Not a probability.
    #[error("confidence is not between 0 and 1")]
    Confidence,
    /// It would be over when it is sent.
    #[error("warning would expire no later than it is sent")]
    Expired,
    /// No language at all.
    #[error("warning has no texts")]
    NoTexts,
    /// No connecting words in this language.
    #[error("text {index} is in a language without templates")]
    NoTemplate {
        /// Which texts, from 0.
        index: usize,
    },
    /// The same language twice.
    #[error("text {index} repeats a language")]
    LanguageRepeated {
        /// Which texts, from 0.
        index: usize,
    },
    /// A composed text is not acceptable.
    #[error("composed text is not acceptable")]
    Text(#[from] TextError),
    /// Parts that do not go together.
    #[error("parts of the alert do not go together")]
    Alert(#[from] AlertError),
}

/// Confidence in the terms of CAP 1.2, 3.2.2 `certainty`, where `Likely` means
/// a probability above about one half; `None` if it is not a probability.
#[must_use]
pub fn certainty(confidence: f64) -> Option<Certainty> {
    match confidence {
        0.9..=1.0 => Some(Certainty::Observed),
        0.5..0.9 => Some(Certainty::Likely),
        0.0..0.5 => Some(Certainty::Possible),
        _ => None,
    }
}

/// A public alert for an incident, with one info for each language.
///
/// # Errors
/// [`DraftError`].
pub fn draft(input: &DraftInput, texts: &[DraftTexts]) -> Result<Alert, DraftError> {
    let certainty = certainty(input.confidence).ok_or(DraftError::Confidence)?;
    if input.expires <= input.sent {
        return Err(DraftError::Expired);
    }
    if texts.is_empty() {
        return Err(DraftError::NoTexts);
    }
    let mut infos = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        if texts[..index]
            .iter()
            .any(|other| other.language == text.language)
        {
            return Err(DraftError::LanguageRepeated { index });
        }
        let words = words(&text.language).ok_or(DraftError::NoTemplate { index })?;
        infos.push(info(input, certainty, text, words)?);
    }
    Ok(Alert::new(AlertFields {
        identifier: input.identifier.clone(),
        sender: input.sender.clone(),
        sent: input.sent,
        status: input.status,
        msg_type: MsgType::Alert,
        source: None,
        scope: Scope::Public,
        addresses: Vec::new(),
        codes: Vec::new(),
        note: input.note.clone(),
        references: Vec::new(),
        incidents: Vec::new(),
        infos,
    })?)
}

fn info(
    input: &DraftInput,
    certainty: Certainty,
    text: &DraftTexts,
    words: &Words,
) -> Result<Info, DraftError> {
    let (event, place, advice) = (&text.event, &text.place, &text.advice);
    let sure = match certainty {
        Certainty::Observed => words.observed,
        Certainty::Likely => words.likely,
        _ => words.possible,
    };
    let around = distance(input.circle.radius_m(), words);
    let description = format!("{event}: {place}. {sure} {} {around}.", words.area);
    Ok(Info {
        language: text.language.clone(),
        categories: vec![input.category],
        event: event.clone(),
        response_types: input.response_types.clone(),
        urgency: input.urgency,
        severity: input.severity,
        certainty,
        audience: None,
        event_codes: input.event_code.iter().cloned().collect(),
        effective: Some(input.sent),
        onset: None,
        expires: Some(input.expires),
        sender_name: Some(text.sender_name.clone()),
        headline: Some(Text::new(marked(
            input.status,
            &text.language,
            &format!("{event}: {place}"),
        ))?),
        description: Some(Text::new(description)?),
        instruction: Some(Text::new(format!("{advice} {}", words.pass_on))?),
        web: input.web.clone(),
        contact: None,
        parameters: Vec::new(),
        resources: Vec::new(),
        areas: vec![Area {
            description: place.clone(),
            polygons: Vec::new(),
            circles: vec![input.circle],
            geocodes: Vec::new(),
            height: None,
        }],
    })
}

/// Why a warning is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancellation {
    /// The danger is over: all clear.
    Over,
    /// There was none, as far as is known: the warning was a mistake. This is
    /// not an all-clear, since other dangers may be there.
    Mistaken,
}

/// The infos of a cancellation of `alert`: in each of its languages, that it
/// no longer holds and why. They expire with what they cancel, so that a feed
/// shows them as long as someone may still hold the warning.
///
/// # Errors
/// [`DraftError::NoTemplate`] for a language without templates.
pub fn cancelled(alert: &Alert, sent: Time, why: Cancellation) -> Result<Vec<Info>, DraftError> {
    let each = |(index, info): (usize, &Info)| {
        let words = words(&info.language).ok_or(DraftError::NoTemplate { index })?;
        let (response, description) = match why {
            Cancellation::Over => (ResponseType::AllClear, words.over),
            Cancellation::Mistaken => (ResponseType::None, words.mistaken),
        };
        let before = info.headline.as_ref().unwrap_or(&info.event).as_str();
        // The mark of an exercise stays in front of everything.
        let before = before
            .strip_prefix(&mark(alert.status, &info.language))
            .unwrap_or(before);
        let headline = format!("{}: {before}", words.cancelled);
        Ok(Info {
            response_types: vec![response],
            urgency: Urgency::Past,
            severity: Severity::Minor,
            certainty: Certainty::Observed,
            effective: Some(sent),
            onset: None,
            expires: info.expires.filter(|expires| *expires > sent),
            headline: Some(Text::new(marked(alert.status, &info.language, &headline))?),
            description: Some(Text::new(description)?),
            instruction: None,
            resources: Vec::new(),
            ..info.clone()
        })
    };
    alert.infos.iter().enumerate().map(each).collect()
}

/// A headline that says so itself when it is not to be acted on: phones and
/// feed readers show the headline and not the status.
pub(crate) fn marked(status: Status, language: &Language, headline: &str) -> String {
    let mark = mark(status, language);
    if headline.starts_with(&mark) {
        headline.to_owned()
    } else {
        format!("{mark}{headline}")
    }
}

fn mark(status: Status, language: &Language) -> String {
    let words = words(language).unwrap_or(&ENGLISH);
    match status {
        Status::Actual => String::new(),
        Status::Exercise => format!("{}. ", words.exercise),
        Status::System | Status::Test => format!("{}. ", words.test),
        Status::Draft => format!("{}. ", words.draft),
    }
}

/// Kilometres with at most one decimal; metres under one kilometre.
fn distance(metres: u32, words: &Words) -> String {
    if metres < 1_000 {
        return format!("{metres} {}", words.metres);
    }
    let tenths = metres / 100 + u32::from(metres % 100 >= 50);
    let (whole, tenth) = (tenths / 10, tenths % 10);
    if tenth == 0 {
        format!("{whole} {}", words.kilometres)
    } else {
        format!("{whole}{}{tenth} {}", words.decimal, words.kilometres)
    }
}

struct Words {
    observed: &'static str,
    likely: &'static str,
    possible: &'static str,
    area: &'static str,
    metres: &'static str,
    kilometres: &'static str,
    decimal: char,
    pass_on: &'static str,
    cancelled: &'static str,
    over: &'static str,
    mistaken: &'static str,
    exercise: &'static str,
    test: &'static str,
    draft: &'static str,
}

const ENGLISH: Words = Words {
    observed: "This is confirmed.",
    likely: "This is likely but not confirmed.",
    possible: "This is possible but not confirmed.",
    area: "The warning covers the area within about",
    metres: "m",
    kilometres: "km",
    decimal: '.',
    pass_on: "Tell people near you if that is safe.",
    cancelled: "Cancelled",
    over: "The danger that this warning was about is over. The warning no longer holds.",
    mistaken: "This warning was a mistake and no longer holds. Other warnings may still hold.",
    exercise: "EXERCISE",
    test: "TEST",
    draft: "DRAFT",
};

const UKRAINIAN: Words = Words {
    observed: "Це підтверджено.",
    likely: "Це ймовірно, але не підтверджено.",
    possible: "Це можливо, але не підтверджено.",
    area: "Попередження діє в радіусі близько",
    metres: "м",
    kilometres: "км",
    decimal: ',',
    pass_on: "Попередьте людей поруч, якщо це безпечно.",
    cancelled: "Скасовано",
    over: "Небезпека, про яку йшлося, минула. Попередження більше не діє.",
    mistaken: "Це попередження було помилковим і більше не діє. Інші попередження можуть діяти.",
    exercise: "НАВЧАННЯ",
    test: "ПЕРЕВІРКА",
    draft: "ЧЕРНЕТКА",
};

fn words(language: &Language) -> Option<&'static Words> {
    match language.primary().to_ascii_lowercase().as_str() {
        "uk" => Some(&UKRAINIAN),
        "en" => Some(&ENGLISH),
        _ => None,
    }
}
