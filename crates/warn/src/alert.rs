//! The alert and its parts, as CAP 1.2 section 3.2 names them.

use std::fmt;
use std::ops::Deref;

use crate::codes::{Category, Certainty, MsgType, ResponseType, Severity, Status, Urgency};
use crate::geo::{Circle, Feet, Polygon};
use crate::text::{Language, Text, Token, Uri, UriReference};
use crate::time::Time;

/// A CAP alert that meets every demand of the standard on its parts together.
///
/// It cannot be changed: a published alert is updated by another one. Reading
/// goes through [`AlertFields`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alert(AlertFields);

/// Everything that `alert` holds (CAP 1.2, 3.2.1), not yet checked together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlertFields {
    /// `identifier`: unique among the messages of this sender.
    pub identifier: Token,
    /// `sender`: who originated the alert, globally unique.
    pub sender: Token,
    /// `sent`: when it was originated.
    pub sent: Time,
    /// `status`: whether to act on it.
    pub status: Status,
    /// `msgType`: what it is to the alerts that it refers to.
    pub msg_type: MsgType,
    /// `source`: a particular origin, such as an operator or device.
    pub source: Option<Text>,
    /// `scope`, with the `restriction` that goes with a restricted one.
    pub scope: Scope,
    /// `addresses`: recipients, each without its enclosing quotation marks.
    pub addresses: Vec<Text>,
    /// `code`: special handling, as the recipients agreed.
    pub codes: Vec<Text>,
    /// `note`: purpose of an exercise, reason of a cancellation or error.
    pub note: Option<Text>,
    /// `references`: earlier messages that this one is about.
    pub references: Vec<Reference>,
    /// `incidents`: names of incidents, each without its quotation marks.
    pub incidents: Vec<Text>,
    /// `info`: what happens, one for each language.
    pub infos: Vec<Info>,
}

/// `scope` (CAP 1.2, 3.2.1): whom the alert is meant for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// For everyone.
    Public,
    /// For those whom the `restriction` names.
    Restricted(Text),
    /// For the `addresses` alone.
    Private,
}

/// An earlier message: `sender,identifier,sent` (CAP 1.2, 3.2.1 `references`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// When it was sent; first, so that references sort by time.
    pub sent: Time,
    /// Its sender.
    pub sender: Token,
    /// Its identifier.
    pub identifier: Token,
}

/// What happens, in one language (CAP 1.2, 3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Info {
    /// `language`.
    pub language: Language,
    /// `category`: at least one.
    pub categories: Vec<Category>,
    /// `event`: the kind of event in the words of the language.
    pub event: Text,
    /// `responseType`: what to do.
    pub response_types: Vec<ResponseType>,
    /// `urgency`.
    pub urgency: Urgency,
    /// `severity`.
    pub severity: Severity,
    /// `certainty`.
    pub certainty: Certainty,
    /// `audience`: whom it is for.
    pub audience: Option<Text>,
    /// `eventCode`: the kind of event in code systems.
    pub event_codes: Vec<Named>,
    /// `effective`: from when the information holds; absent: from `sent`.
    pub effective: Option<Time>,
    /// `onset`: when the event is expected to begin.
    pub onset: Option<Time>,
    /// `expires`: until when the information holds.
    pub expires: Option<Time>,
    /// `senderName`: the originator's name for people.
    pub sender_name: Option<Text>,
    /// `headline`: brief, at best under 160 characters.
    pub headline: Option<Text>,
    /// `description`: what happens.
    pub description: Option<Text>,
    /// `instruction`: what to do.
    pub instruction: Option<Text>,
    /// `web`: a page with more.
    pub web: Option<Uri>,
    /// `contact`: whom to ask.
    pub contact: Option<Text>,
    /// `parameter`: further values of named systems.
    pub parameters: Vec<Named>,
    /// `resource`: files that belong to it.
    pub resources: Vec<Resource>,
    /// `area`: where.
    pub areas: Vec<Area>,
}

/// A value in a named system: `valueName` and `value`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Named {
    /// The system; acronyms in capitals without full stops.
    pub name: Text,
    /// The value, which the standard allows to be empty.
    pub value: Option<Text>,
}

/// A file (CAP 1.2, 3.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// `resourceDesc`: what it is.
    pub description: Text,
    /// `mimeType` (RFC 2046).
    pub mime_type: Text,
    /// `size` in bytes, approximately.
    pub size: Option<u64>,
    /// `uri`: absolute, or a bare name for what `derefUri` holds.
    pub uri: Option<UriReference>,
    /// `derefUri`: the content in base64.
    pub deref_uri: Option<Text>,
    /// `digest`: SHA-1 of the content in hexadecimal.
    pub digest: Option<Text>,
}

/// Where (CAP 1.2, 3.2.4): the union of what it lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Area {
    /// `areaDesc`: the area in words.
    pub description: Text,
    /// `polygon`.
    pub polygons: Vec<Polygon>,
    /// `circle`.
    pub circles: Vec<Circle>,
    /// `geocode`: codes of named systems.
    pub geocodes: Vec<Named>,
    /// `altitude`, and `ceiling`, which may not stand without it.
    pub height: Option<Height>,
}

/// One height, or a range if there is a ceiling (CAP 1.2, 3.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Height {
    /// `altitude`: the height or the lower end.
    pub altitude: Feet,
    /// `ceiling`: the upper end.
    pub ceiling: Option<Feet>,
}

/// What the parts of an alert demand of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlertError {
    /// CAP 1.2, 3.2.1 `msgType`: these kinds are about the referenced messages.
    #[error("message of type {} refers to no earlier message", msg_type.as_str())]
    NoReference {
        /// Its type.
        msg_type: MsgType,
    },
    /// An alert among its own references.
    #[error("reference {index} is to the message itself")]
    RefersToItself {
        /// Which reference, from 0.
        index: usize,
    },
    /// CAP 1.2, 3.2.1 `addresses`: required when the scope is private.
    #[error("private message has no addresses")]
    NoAddress,
    /// An address or incident with a quotation mark inside: those with spaces
    /// are enclosed in them (CAP 1.2, 3.2.1), and there is no escape.
    #[error("list item {index} of {element} contains a quotation mark")]
    QuoteInList {
        /// `addresses` or `incidents`.
        element: &'static str,
        /// Which item, from 0.
        index: usize,
    },
    /// CAP 1.2, 3.2.2 `category`: required.
    #[error("info {info} has no category")]
    NoCategory {
        /// Which info, from 0.
        info: usize,
    },
    /// CAP 1.2, 3.2.4 `ceiling`: above the altitude that it bounds.
    #[error("area {area} of info {info} has a ceiling below its altitude")]
    CeilingBelowAltitude {
        /// Which info, from 0.
        info: usize,
        /// Which area, from 0.
        area: usize,
    },
}

impl Alert {
    /// Checks what the parts demand of each other. Recommendations of the
    /// standard are left to [`validate`](crate::validate()).
    ///
    /// # Errors
    /// The first [`AlertError`] in document order.
    pub fn new(fields: AlertFields) -> Result<Self, AlertError> {
        let refers = !matches!(fields.msg_type, MsgType::Alert);
        if refers && fields.references.is_empty() {
            return Err(AlertError::NoReference {
                msg_type: fields.msg_type,
            });
        }
        let itself = |r: &Reference| r.identifier == fields.identifier && r.sender == fields.sender;
        if let Some(index) = fields.references.iter().position(itself) {
            return Err(AlertError::RefersToItself { index });
        }
        if fields.scope == Scope::Private && fields.addresses.is_empty() {
            return Err(AlertError::NoAddress);
        }
        for (element, list) in [
            ("addresses", &fields.addresses),
            ("incidents", &fields.incidents),
        ] {
            if let Some(index) = list.iter().position(|item| item.as_str().contains('"')) {
                return Err(AlertError::QuoteInList { element, index });
            }
        }
        for (index, info) in fields.infos.iter().enumerate() {
            if info.categories.is_empty() {
                return Err(AlertError::NoCategory { info: index });
            }
            let upside_down = |area: &Area| {
                area.height
                    .is_some_and(|h| h.ceiling.is_some_and(|ceiling| ceiling < h.altitude))
            };
            if let Some(area) = info.areas.iter().position(upside_down) {
                return Err(AlertError::CeilingBelowAltitude { info: index, area });
            }
        }
        Ok(Self(fields))
    }

    /// How later messages refer to this one.
    #[must_use]
    pub fn reference(&self) -> Reference {
        Reference {
            sent: self.sent,
            sender: self.sender.clone(),
            identifier: self.identifier.clone(),
        }
    }

    /// The info in a language, else the first one.
    #[must_use]
    pub fn info_for(&self, language: &Language) -> Option<&Info> {
        let exact = self.infos.iter().find(|info| info.language == *language);
        exact
            .or_else(|| {
                self.infos
                    .iter()
                    .find(|info| language.speaks(&info.language))
            })
            .or_else(|| self.infos.first())
    }

    /// Gives the fields back, to make another alert of them.
    #[must_use]
    pub fn into_fields(self) -> AlertFields {
        self.0
    }
}

impl Deref for Alert {
    type Target = AlertFields;

    fn deref(&self) -> &AlertFields {
        &self.0
    }
}

impl Scope {
    /// The value of the element `scope`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Public => "Public",
            Self::Restricted(_) => "Restricted",
            Self::Private => "Private",
        }
    }
}

impl Reference {
    /// Reads `sender,identifier,sent`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let (sender, identifier, sent) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            sent: Time::parse(sent)?,
            sender: Token::new(sender).ok()?,
            identifier: Token::new(identifier).ok()?,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.sender, self.identifier, self.sent)
    }
}
