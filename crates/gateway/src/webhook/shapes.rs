//! The shapes in which providers hand over messages.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::{Message, Part};

/// Whose shape a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `From`, `To`, `Body`, `MessageSid` as a form.
    Twilio,
    /// `msisdn`, `to`, `text`, `type`, and `concat…` for parts: a form, JSON, or the query of a GET.
    Vonage,
    /// `{"results":[{"from","to","text",…}]}`.
    Infobip,
    /// A form or a JSON object, with names that the operator gives.
    Plain,
}

/// The names of a plain shape.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Who sent it.
    pub from: String,
    /// What it says.
    pub text: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            from: "from".into(),
            text: "text".into(),
        }
    }
}

/// Why a body is not of its shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ShapeError {
    /// Not what it says to be.
    #[error("the body is neither a form nor a JSON object")]
    Body,
    /// Something is not there, or is no text.
    #[error("the field {0} is missing, or is no text")]
    Field(String),
}

impl Shape {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "twilio" => Some(Self::Twilio),
            "vonage" => Some(Self::Vonage),
            "infobip" => Some(Self::Infobip),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }

    /// Whether it may come in the query of a GET.
    pub(super) const fn by_get(self) -> bool {
        matches!(self, Self::Vonage | Self::Plain)
    }

    /// The messages in a body.
    pub(super) fn messages(
        self,
        given: &Given,
        fields: &Fields,
    ) -> Result<Vec<Message>, ShapeError> {
        match self {
            Self::Twilio => Ok(vec![one(given, "From", "Body")?]),
            Self::Plain => Ok(vec![one(given, &fields.from, &fields.text)?]),
            Self::Vonage => vonage(given),
            Self::Infobip => infobip(given),
        }
    }
}

/// What a request holds, by name.
pub(super) enum Given {
    Form(HashMap<String, Zeroizing<String>>),
    Json(Value),
}

impl Given {
    /// A form, as in a body or a query.
    pub(super) fn form(bytes: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(bytes);
        Self::Form(
            pairs
                .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
                .collect(),
        )
    }

    /// A body, by its media type. Some providers send JSON without saying so.
    pub(super) fn body(kind: &str, bytes: &[u8]) -> Result<Self, ShapeError> {
        if kind.starts_with("application/x-www-form-urlencoded") {
            return Ok(Self::form(bytes));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => Ok(Self::Json(Value::Object(object))),
            _ => Err(ShapeError::Body),
        }
    }

    fn text(&self, name: &str) -> Option<Zeroizing<String>> {
        match self {
            Self::Form(pairs) => pairs.get(name).cloned(),
            Self::Json(object) => text_of(object, name),
        }
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.text(name)?.parse().ok()
    }
}

/// A member that is a text, or a number (telephone numbers are, in some shapes).
fn text_of(object: &Value, name: &str) -> Option<Zeroizing<String>> {
    match object.get(name)? {
        Value::String(text) => Some(Zeroizing::new(text.clone())),
        Value::Number(number) => Some(Zeroizing::new(number.to_string())),
        Value::Bool(is) => Some(Zeroizing::new(is.to_string())),
        _ => None,
    }
}

/// A message has a text; from whom it is matters for parts only.
fn one(given: &Given, from: &str, text: &str) -> Result<Message, ShapeError> {
    let missing = || ShapeError::Field(text.into());
    Ok(Message {
        from: given.text(from).unwrap_or_default(),
        text: given.text(text).ok_or_else(missing)?,
        part: None,
    })
}

fn vonage(given: &Given) -> Result<Vec<Message>, ShapeError> {
    if given.text("type").is_some_and(|kind| *kind == "binary") {
        return Ok(Vec::new());
    }
    let mut message = one(given, "msisdn", "text")?;
    if given.text("concat").is_some_and(|is| *is == "true") {
        let field = |name: &str| ShapeError::Field(name.into());
        message.part = Some(Part {
            reference: reference(
                &given
                    .text("concat-ref")
                    .ok_or_else(|| field("concat-ref"))?,
            ),
            total: given
                .number("concat-total")
                .ok_or_else(|| field("concat-total"))?,
            number: given
                .number("concat-part")
                .ok_or_else(|| field("concat-part"))?,
        });
    }
    Ok(vec![message])
}

/// Theirs are numbers so far, and nobody has promised it.
fn reference(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn infobip(given: &Given) -> Result<Vec<Message>, ShapeError> {
    let Given::Json(object) = given else {
        return Err(ShapeError::Body);
    };
    let results = object.get("results").and_then(Value::as_array);
    let results = results.ok_or_else(|| ShapeError::Field("results".into()))?;
    let text = |result| text_of(result, "text").ok_or_else(|| ShapeError::Field("text".into()));
    results
        .iter()
        .map(|result| {
            Ok(Message {
                from: text_of(result, "from").unwrap_or_default(),
                text: text(result)?,
                part: None,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(
        shape: Shape,
        kind: &str,
        body: &str,
    ) -> Result<Vec<(String, Option<Part>)>, ShapeError> {
        let given = Given::body(kind, body.as_bytes())?;
        let messages = shape.messages(&given, &Fields::default())?;
        Ok(messages
            .into_iter()
            .map(|message| (message.text.to_string(), message.part))
            .collect())
    }

    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json; charset=utf-8";

    #[test]
    fn each_shape_is_read_as_its_provider_sends_it() {
        let text = |text: &str| Ok(vec![(text.to_owned(), None)]);
        assert_eq!(
            read(
                Shape::Twilio,
                FORM,
                "ToCountry=UA&SmsMessageSid=SM1&NumMedia=0&Body=zebra+%D1%97%D0%B6%D0%B0%D0%BA&From=%2B380441234567&To=%2B380447654321"
            ),
            text("zebra їжак")
        );
        assert_eq!(
            read(
                Shape::Vonage,
                JSON,
                r#"{"msisdn":"380441234567","to":"380447654321","messageId":"0A","text":"zebra","type":"text","keyword":"ZEBRA","message-timestamp":"2026-11-28 12:00:00"}"#
            ),
            text("zebra")
        );
        assert_eq!(
            read(
                Shape::Vonage,
                FORM,
                "msisdn=380441234567&text=zebra&type=text"
            ),
            text("zebra")
        );
        assert_eq!(
            read(Shape::Vonage, JSON, r#"{"type":"binary","data":"00"}"#),
            Ok(vec![])
        );
        assert_eq!(
            read(
                Shape::Infobip,
                JSON,
                r#"{"results":[{"messageId":"8","from":"380441234567","to":"1","text":"zebra","smsCount":1,"price":{"pricePerMessage":0}},{"from":3,"text":"їжак"}],"messageCount":2,"pendingMessageCount":0}"#
            ),
            Ok(vec![("zebra".into(), None), ("їжак".into(), None)])
        );
        assert_eq!(
            read(Shape::Plain, JSON, r#"{"text":"zebra"}"#),
            text("zebra")
        );
        assert_eq!(read(Shape::Plain, FORM, "from=1&text=zebra"), text("zebra"));
    }

    #[test]
    fn parts_of_vonage_are_parts() {
        let body = "msisdn=1&text=zeb&type=unicode&concat=true&concat-ref=08B5&concat-total=2&concat-part=1";
        let part = |body: &str| {
            let read = read(Shape::Vonage, FORM, body).unwrap();
            assert_eq!(read[0].0, "zeb");
            read[0].1.unwrap()
        };
        let first = part(body);
        assert_eq!((first.total, first.number), (2, 1));
        let second = part(&body.replace("part=1", "part=2"));
        assert_eq!(second, Part { number: 2, ..first });
        let other = part(&body.replace("08B5", "08B6"));
        assert_ne!(other.reference, first.reference);
        for missing in ["concat-ref", "concat-total", "concat-part"] {
            let read = read(Shape::Vonage, FORM, &body.replace(missing, "x"));
            assert_eq!(read, Err(ShapeError::Field(missing.into())));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let field = |name: &str| Err(ShapeError::Field(name.into()));
        assert_eq!(read(Shape::Twilio, FORM, "From=1"), field("Body"));
        assert_eq!(read(Shape::Infobip, JSON, "{}"), field("results"));
        assert_eq!(
            read(Shape::Infobip, JSON, r#"{"results":[{}]}"#),
            field("text")
        );
        assert_eq!(read(Shape::Plain, JSON, r#"{"text":["a"]}"#), field("text"));
        assert_eq!(read(Shape::Plain, JSON, "[]"), Err(ShapeError::Body));
        assert_eq!(
            read(Shape::Infobip, FORM, "results=1"),
            Err(ShapeError::Body)
        );
    }

    proptest! {
        #[test]
        fn any_body_is_messages_or_a_reason(kind in 0..4_u8, form: bool, body in ".{0,200}") {
            let shape = [Shape::Twilio, Shape::Vonage, Shape::Infobip, Shape::Plain][usize::from(kind)];
            let _ = read(shape, if form { FORM } else { JSON }, &body);
        }
    }
}
