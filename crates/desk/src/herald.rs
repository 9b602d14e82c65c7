//! From an incident to the words and the area of a public warning.
//!
//! What goes out is coarser than what the desk holds: the centre is that of a 1 km cell, and the
//! radius covers the desk's doubt about the place and a distance that leaves no single house as
//! the place from which it was seen.

use std::sync::Arc;

use lapwing_model::{Form, Kind, Place, Precision, Texts, Warns};
use lapwing_warn::{
    Alert, Cancellation, Category, Circle, DraftInput, DraftTexts, Info, Language, Point,
    ResponseType, Severity, Status, Text, Time, Token, Urgency, cancelled, draft, from_xml, to_xml,
};
use thiserror::Error;

use crate::{
    api::types::{
        ClockMode, Incident, PublishRequest, Verdict, WarningDraft, WarningText, WarningTexts,
    },
    entry::{Issued, Message, Seq},
    fold::Chain,
    gazetteer::Gazetteer,
};

/// Writes warnings for one desk.
#[derive(Clone)]
pub(crate) struct Herald {
    pub(crate) form: Arc<Form>,
    pub(crate) gazetteer: Arc<Gazetteer>,
    /// `sender` of its CAP messages.
    pub(crate) sender: String,
    /// A replay warns nobody: its alerts say that they are an exercise.
    pub(crate) mode: ClockMode,
}

/// Why there is no warning.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub(crate) enum HeraldError {
    /// The kind never warns.
    #[error("this kind is not for the public")]
    NeverPublic,
    /// The chain was called off or expired.
    #[error("the warning no longer holds")]
    Over,
    /// A value that the duty officer gave cannot stand.
    #[error("{0} cannot stand in a warning")]
    Value(&'static str),
    /// The form or an earlier message does not make an alert.
    #[error("no alert can be made of it")]
    Alert,
}

/// When and as what a message goes out.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    /// Identifier of the message.
    pub(crate) id: String,
    /// By the desk's clock.
    pub(crate) at: i64,
    /// As the public reads it.
    pub(crate) sent: i64,
    /// Whether a rule fired it.
    pub(crate) by_rule: bool,
    /// A report of the incident.
    pub(crate) report: Seq,
}

/// Least and largest radius of a public area.
const RADIUS_MIN_M: f64 = 1_000.0;
const RADIUS_MAX_M: f64 = 50_000.0;
/// Longest text that a duty officer may give, bytes.
const TEXT_MAX: usize = 4_000;
/// Shortest and longest time that a warning may hold, seconds.
const HOLDS_S: std::ops::RangeInclusive<u32> = 60..=30 * 86_400;

const UKRAINIAN: &str = "uk-UA";
const ENGLISH: &str = "en-GB";
const NAME: &str = "Lapwing";

impl Herald {
    /// What a warning for `incident` would say.
    pub(crate) fn draft(&self, incident: &Incident) -> Result<WarningDraft, HeraldError> {
        let kind = self.public_kind(incident.kind)?;
        let (centre, radius_m) = area(incident, kind);
        let cap = kind.cap.as_ref().ok_or(HeraldError::NeverPublic)?;
        let sending = Sending {
            id: "draft".into(),
            at: 0,
            sent: 1,
            by_rule: false,
            report: 0,
        };
        let alert = self.alert(incident, kind, &sending, cap.expires_s, None)?;
        let first = alert.infos.first().ok_or(HeraldError::Alert)?;
        Ok(WarningDraft {
            incident: incident.id,
            severity: first.severity.as_str().into(),
            urgency: first.urgency.as_str().into(),
            certainty: first.certainty.as_str().into(),
            lat: centre.lat(),
            lon: centre.lon(),
            radius_m: f64::from(radius_m),
            expires_s: cap.expires_s,
            texts: texts_of(&alert)?,
        })
    }

    /// The first message of a warning.
    pub(crate) fn warn(
        &self,
        incident: &Incident,
        request: &PublishRequest,
        sending: Sending,
    ) -> Result<Issued, HeraldError> {
        let chain = sending.id.clone();
        let (alert, holds_s) = self.requested(incident, request, &sending)?;
        self.issued(incident, &alert, sending, chain, Message::Alert, holds_s)
    }

    /// A message in the place of all before in its chain.
    pub(crate) fn update(
        &self,
        incident: &Incident,
        request: &PublishRequest,
        sending: Sending,
        chain: &Chain,
    ) -> Result<Issued, HeraldError> {
        let last = last_alert(chain)?;
        let sending = after(sending, &last);
        let (alert, holds_s) = self.requested(incident, request, &sending)?;
        let infos = alert.infos.clone();
        let update = last
            .update(token(&sending.id)?, time(sending.sent)?, infos)
            .map_err(|_why| HeraldError::Over)?;
        let first = chain.latest().chain.clone();
        self.issued(incident, &update, sending, first, Message::Update, holds_s)
    }

    /// The message that ends a chain.
    pub(crate) fn cancel(
        &self,
        verdict: Verdict,
        sending: Sending,
        chain: &Chain,
    ) -> Result<Issued, HeraldError> {
        let last = last_alert(chain)?;
        let sending = after(sending, &last);
        let why = match verdict {
            Verdict::Disputed => Cancellation::Mistaken,
            Verdict::Open | Verdict::Confirmed => Cancellation::Over,
        };
        let sent = time(sending.sent)?;
        let infos = cancelled(&last, sent, why).map_err(|_why| HeraldError::Alert)?;
        let over = last
            .cancel(token(&sending.id)?, sent, None, infos)
            .map_err(|_why| HeraldError::Over)?;
        let before = chain.latest();
        let rest = before.at + i64::from(before.holds_s) - sending.at;
        Ok(Issued {
            id: sending.id,
            message: Message::Cancel,
            by_rule: sending.by_rule,
            at: sending.at,
            sent: sending.sent,
            holds_s: u32::try_from(rest.max(0)).unwrap_or(u32::MAX),
            texts: texts_of(&over)?,
            cap: to_xml(&over),
            ..before.clone()
        })
    }

    fn public_kind(&self, code: u8) -> Result<&Kind, HeraldError> {
        let kind = self.form.kind(code).ok_or(HeraldError::NeverPublic)?;
        if kind.warns == Warns::Never {
            Err(HeraldError::NeverPublic)
        } else {
            Ok(kind)
        }
    }

    fn requested(
        &self,
        incident: &Incident,
        request: &PublishRequest,
        sending: &Sending,
    ) -> Result<(Alert, u32), HeraldError> {
        let kind = self.public_kind(incident.kind)?;
        let cap = kind.cap.as_ref().ok_or(HeraldError::NeverPublic)?;
        let holds_s = request.expires_s.unwrap_or(cap.expires_s);
        if !HOLDS_S.contains(&holds_s) {
            return Err(HeraldError::Value("expires_s"));
        }
        let severity = request
            .severity
            .as_deref()
            .map(|code| Severity::from_code(code).ok_or(HeraldError::Value("severity")))
            .transpose()?;
        let mut alert = self.alert(incident, kind, sending, holds_s, severity)?;
        if let Some(texts) = &request.texts {
            alert = reworded(alert, texts)?;
        }
        Ok((alert, holds_s))
    }

    fn alert(
        &self,
        incident: &Incident,
        kind: &Kind,
        sending: &Sending,
        holds_s: u32,
        severity: Option<Severity>,
    ) -> Result<Alert, HeraldError> {
        fn code<T>(value: Option<T>) -> Result<T, HeraldError> {
            value.ok_or(HeraldError::Alert)
        }
        let cap = kind.cap.as_ref().ok_or(HeraldError::NeverPublic)?;
        let (centre, radius_m) = area(incident, kind);
        let named = self.gazetteer.area(centre, f64::from(radius_m));
        let point = Point::new(centre.lat(), centre.lon()).map_err(|_why| HeraldError::Alert)?;
        let confidence = match incident.verdict {
            Verdict::Confirmed => 1.0,
            Verdict::Open | Verdict::Disputed => incident.confidence.clamp(0.0, 1.0),
        };
        let input = DraftInput {
            identifier: token(&sending.id)?,
            sender: token(&self.sender)?,
            sent: time(sending.sent)?,
            expires: time(sending.sent.saturating_add(i64::from(holds_s)))?,
            status: match self.mode {
                ClockMode::Live => Status::Actual,
                ClockMode::Replay => Status::Exercise,
            },
            note: None,
            category: code(Category::from_code(&cap.category))?,
            response_types: vec![code(ResponseType::from_code(&cap.response))?],
            urgency: code(Urgency::from_code(&cap.urgency))?,
            severity: severity.map_or_else(|| code(Severity::from_code(&cap.severity)), Ok)?,
            confidence,
            event_code: None,
            circle: Circle::new(point, radius_m).map_err(|_why| HeraldError::Alert)?,
            web: None,
        };
        let in_language = |tag: &str, of: fn(&Texts) -> &String, place: &str| {
            Ok::<_, HeraldError>(DraftTexts {
                language: Language::new(tag).map_err(|_why| HeraldError::Alert)?,
                sender_name: text(NAME)?,
                event: text(of(&kind.event))?,
                place: text(place)?,
                advice: text(of(&kind.instruction))?,
            })
        };
        let texts = [
            in_language(UKRAINIAN, |t| &t.uk, &named.uk)?,
            in_language(ENGLISH, |t| &t.en, &named.en)?,
        ];
        draft(&input, &texts).map_err(|_why| HeraldError::Alert)
    }

    fn issued(
        &self,
        incident: &Incident,
        alert: &Alert,
        sending: Sending,
        chain: String,
        message: Message,
        holds_s: u32,
    ) -> Result<Issued, HeraldError> {
        let first = alert.infos.first().ok_or(HeraldError::Alert)?;
        let kind = self.public_kind(incident.kind)?;
        let (centre, radius_m) = area(incident, kind);
        Ok(Issued {
            id: sending.id,
            chain,
            message,
            incident: incident.id,
            report: sending.report,
            kind: incident.kind,
            by_rule: sending.by_rule,
            at: sending.at,
            holds_s,
            sent: sending.sent,
            severity: first.severity.as_str().into(),
            urgency: first.urgency.as_str().into(),
            certainty: first.certainty.as_str().into(),
            lat_e7: centre.lat_e7(),
            lon_e7: centre.lon_e7(),
            radius_m,
            texts: texts_of(alert)?,
            cap: to_xml(alert),
        })
    }
}

/// Centre and radius of what the public is told.
fn area(incident: &Incident, kind: &Kind) -> (Place, u32) {
    let lat = incident.lat.clamp(-90.0, 90.0);
    let lon = (incident.lon + 180.0).rem_euclid(360.0) - 180.0;
    let place =
        Place::from_degrees(lat, lon).unwrap_or_else(|_why| unreachable!("clamped to the Earth"));
    // What is placed to 10 m may be warned of within 1 km; what moves or flies, within 5 km.
    let least = match kind.precision {
        Precision::Metres10 => RADIUS_MIN_M,
        Precision::Metres100 => 2_000.0,
        Precision::Metres1000 => 5_000.0,
    };
    // Half the diagonal of the 1 km cell, by which rounding may have moved the centre.
    const ROUNDING_M: f64 = 708.0;
    let doubt = 2.0 * incident.radius_m.max(0.0) + ROUNDING_M;
    let radius = (doubt.max(least) / 500.0).ceil() * 500.0;
    (
        place.rounded(Precision::Metres1000),
        radius.min(RADIUS_MAX_M) as u32,
    )
}

/// The message goes out after the one before, to the second.
fn after(sending: Sending, last: &Alert) -> Sending {
    Sending {
        sent: sending.sent.max(last.sent.unix() + 1),
        ..sending
    }
}

fn last_alert(chain: &Chain) -> Result<Alert, HeraldError> {
    from_xml(&chain.latest().cap).map_err(|_why| HeraldError::Alert)
}

fn reworded(alert: Alert, texts: &WarningTexts) -> Result<Alert, HeraldError> {
    let mut fields = alert.into_fields();
    for info in &mut fields.infos {
        let words = if info.language.as_str() == UKRAINIAN {
            &texts.uk
        } else {
            &texts.en
        };
        let mark = mark_of(info);
        let headline = &words.headline;
        let marked = if headline.starts_with(&mark) {
            headline.clone()
        } else {
            mark + headline
        };
        info.headline = Some(given("headline", &marked)?);
        info.description = Some(given("description", &words.description)?);
        info.instruction = Some(given("instruction", &words.instruction)?);
        for area in &mut info.areas {
            area.description = given("area", &words.area)?;
        }
    }
    Alert::new(fields).map_err(|_why| HeraldError::Alert)
}

/// What stands before the event in a drafted headline: the mark of an exercise, which a duty
/// officer's words must not take away.
fn mark_of(info: &Info) -> String {
    let headline = info.headline.as_ref().map_or("", |h| h.as_str());
    let event = headline.find(info.event.as_str()).unwrap_or(0);
    headline.get(..event).unwrap_or("").to_owned()
}

fn given(name: &'static str, words: &str) -> Result<Text, HeraldError> {
    if words.len() > TEXT_MAX {
        return Err(HeraldError::Value(name));
    }
    Text::new(words.trim()).map_err(|_why| HeraldError::Value(name))
}

fn text(words: &str) -> Result<Text, HeraldError> {
    Text::new(words).map_err(|_why| HeraldError::Alert)
}

fn token(id: &str) -> Result<Token, HeraldError> {
    Token::new(id).map_err(|_why| HeraldError::Alert)
}

fn time(unix: i64) -> Result<Time, HeraldError> {
    Time::from_unix(unix).map_err(|_why| HeraldError::Alert)
}

fn texts_of(alert: &Alert) -> Result<WarningTexts, HeraldError> {
    let words = |tag: &str| {
        let info = alert
            .infos
            .iter()
            .find(|info| info.language.as_str() == tag)
            .ok_or(HeraldError::Alert)?;
        let or_empty = |text: &Option<Text>| {
            text.as_ref()
                .map(|t| t.as_str().to_owned())
                .unwrap_or_default()
        };
        Ok::<_, HeraldError>(WarningText {
            headline: or_empty(&info.headline),
            description: or_empty(&info.description),
            instruction: or_empty(&info.instruction),
            area: info
                .areas
                .first()
                .map_or("", |a| a.description.as_str())
                .to_owned(),
        })
    };
    Ok(WarningTexts {
        uk: words(UKRAINIAN)?,
        en: words(ENGLISH)?,
    })
}

#[cfg(test)]
mod tests;
