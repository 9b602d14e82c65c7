//! Reading: as strict as the schema and section 3.2 of CAP 1.2.
//!
//! Lenient in two places, both where the schema is: an optional text that is
//! there but blank counts as absent, and any numeric offset makes a time.
//! Signatures are neither kept nor verified.

mod tree;

use crate::alert::{
    Alert, AlertError, AlertFields, Area, Height, Info, Named, Reference, Resource, Scope,
};
use crate::codes::{Category, Certainty, MsgType, ResponseType, Severity, Status, Urgency};
use crate::geo::{Circle, Feet, PlaceError, Polygon};
use crate::text::{Language, Text, TextError, Token, Uri, UriReference, is_blank};
use crate::time::Time;

use tree::Element;
pub use tree::MAX_BYTES;

/// Why a document is not a CAP 1.2 alert.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// More bytes than are read.
    #[error("document has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit, [`MAX_BYTES`].
        limit: usize,
    },
    /// Elements nested too deeply.
    #[error("elements are nested deeper than {limit}")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Not well-formed XML 1.0 with namespaces.
    #[error("xml is not well-formed at byte {at}")]
    NotWellFormed {
        /// Byte offset of the construct.
        at: u64,
    },
    /// A document type declaration; CAP needs none, attacks do.
    #[error("document has a document type declaration")]
    Doctype,
    /// The root is not `alert` in the namespace of CAP 1.2.
    #[error("document is not a cap 1.2 alert")]
    NotCap,
    /// An element that the schema does not have here: unknown, repeated, or
    /// out of order.
    #[error("child {index} of {within} is not expected there")]
    UnexpectedElement {
        /// The parent.
        within: &'static str,
        /// Which child element, from 0.
        index: usize,
    },
    /// Text between elements.
    #[error("text between elements before byte {at}")]
    UnexpectedText {
        /// Byte offset of the end of the element.
        at: u64,
    },
    /// An attribute; CAP has none.
    #[error("attribute at byte {at} is not expected")]
    UnexpectedAttribute {
        /// Byte offset of the element.
        at: u64,
    },
    /// A required element is missing.
    #[error("{within} has no {element}")]
    Missing {
        /// The element.
        element: &'static str,
        /// Its parent.
        within: &'static str,
    },
    /// Not in the code list.
    #[error("{element} is not in its code list")]
    UnknownCode {
        /// The element.
        element: &'static str,
    },
    /// Not a time in the form of CAP 1.2, 3.3.2.
    #[error("{element} is not a time")]
    NotTime {
        /// The element.
        element: &'static str,
    },
    /// Not a number.
    #[error("{element} is not a number in range")]
    NotNumber {
        /// The element.
        element: &'static str,
    },
    /// A reference is not `sender,identifier,sent`.
    #[error("reference {index} is malformed")]
    NotReference {
        /// Which reference, from 0.
        index: usize,
    },
    /// A quotation mark in a list is not closed or not at the edge of an item.
    #[error("{element} has a misplaced quotation mark")]
    NotList {
        /// The element.
        element: &'static str,
    },
    /// CAP 1.2, 3.2.1 `restriction`: used when the scope is restricted.
    #[error("restriction does not go with the scope")]
    Restriction,
    /// A text that cannot stand where it stands.
    #[error("{element} is not acceptable")]
    Text {
        /// The element.
        element: &'static str,
        /// Why.
        #[source]
        error: TextError,
    },
    /// Not a place.
    #[error("{element} is not a place")]
    Place {
        /// The element.
        element: &'static str,
        /// Why.
        #[source]
        error: PlaceError,
    },
    /// Parts that do not go together.
    #[error("parts of the alert do not go together")]
    Alert(#[from] AlertError),
}

/// Reads one CAP 1.2 alert. Total: any text gives an alert or an error.
///
/// # Errors
/// [`ReadError`]; the first in document order, syntax before content.
pub fn from_xml(xml: &str) -> Result<Alert, ReadError> {
    let mut alert = Parts::of("alert", tree::parse(xml)?)?;
    let identifier = alert.token("identifier")?;
    let sender = alert.token("sender")?;
    let sent = alert
        .required("sent")
        .and_then(|text| time("sent", &text))?;
    let status = alert.code("status", Status::from_code)?;
    let msg_type = alert.code("msgType", MsgType::from_code)?;
    let source = alert.text("source")?;
    let scope = alert.required("scope")?;
    let scope = match (scope.as_str(), alert.text("restriction")?) {
        ("Public", None) => Scope::Public,
        ("Private", None) => Scope::Private,
        ("Restricted", Some(restriction)) => Scope::Restricted(restriction),
        ("Public" | "Private" | "Restricted", _) => return Err(ReadError::Restriction),
        _ => return Err(ReadError::UnknownCode { element: "scope" }),
    };
    let addresses = alert.list("addresses")?;
    let codes = alert.texts("code")?;
    let note = alert.text("note")?;
    let references = match alert.optional("references")? {
        Some(list) => read_references(&list)?,
        None => Vec::new(),
    };
    let incidents = alert.list("incidents")?;
    let infos = alert.each("info", read_info)?;
    alert.finish()?;
    Ok(Alert::new(AlertFields {
        identifier,
        sender,
        sent,
        status,
        msg_type,
        source,
        scope,
        addresses,
        codes,
        note,
        references,
        incidents,
        infos,
    })?)
}

fn read_references(list: &str) -> Result<Vec<Reference>, ReadError> {
    let read = |(index, text)| Reference::parse(text).ok_or(ReadError::NotReference { index });
    list.split_ascii_whitespace()
        .enumerate()
        .map(read)
        .collect()
}

fn read_info(element: Element) -> Result<Info, ReadError> {
    let mut info = Parts::of("info", element)?;
    let language = match info.leaf("language")? {
        Some(tag) => Language::new(tag.trim()).map_err(|error| ReadError::Text {
            element: "language",
            error,
        })?,
        None => Language::implied(),
    };
    let read = Info {
        language,
        categories: info.codes("category", Category::from_code)?,
        event: info.required_text("event")?,
        response_types: info.codes("responseType", ResponseType::from_code)?,
        urgency: info.code("urgency", Urgency::from_code)?,
        severity: info.code("severity", Severity::from_code)?,
        certainty: info.code("certainty", Certainty::from_code)?,
        audience: info.text("audience")?,
        event_codes: info.named("eventCode")?,
        effective: info.time("effective")?,
        onset: info.time("onset")?,
        expires: info.time("expires")?,
        sender_name: info.text("senderName")?,
        headline: info.text("headline")?,
        description: info.text("description")?,
        instruction: info.text("instruction")?,
        web: info.uri("web", Uri::new)?,
        contact: info.text("contact")?,
        parameters: info.named("parameter")?,
        resources: info.each("resource", read_resource)?,
        areas: info.each("area", read_area)?,
    };
    info.finish()?;
    Ok(read)
}

fn read_resource(element: Element) -> Result<Resource, ReadError> {
    let mut resource = Parts::of("resource", element)?;
    let read = Resource {
        description: resource.required_text("resourceDesc")?,
        mime_type: resource.required_text("mimeType")?,
        size: match resource.leaf("size")? {
            Some(size) => Some(read_size(&size)?),
            None => None,
        },
        uri: resource.uri("uri", UriReference::new)?,
        deref_uri: resource.text("derefUri")?,
        digest: resource.text("digest")?,
    };
    resource.finish()?;
    Ok(read)
}

/// `xs:integer`, but of bytes: digits alone, within 64 bits.
fn read_size(text: &str) -> Result<u64, ReadError> {
    let digits = text.trim();
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    let size = plain.then(|| digits.parse().ok()).flatten();
    size.ok_or(ReadError::NotNumber { element: "size" })
}

fn read_area(element: Element) -> Result<Area, ReadError> {
    let place = |element| move |error| ReadError::Place { element, error };
    let mut area = Parts::of("area", element)?;
    let description = area.required_text("areaDesc")?;
    let polygons = area.each("polygon", |element| {
        Polygon::parse(&element.text).map_err(place("polygon"))
    })?;
    let circles = area.each("circle", |element| {
        Circle::parse(&element.text).map_err(place("circle"))
    })?;
    let geocodes = area.named("geocode")?;
    let feet = |name: &'static str, text: Option<String>| {
        text.map(|text| {
            Feet::parse(text.trim())
                .ok()
                .ok_or(ReadError::NotNumber { element: name })
        })
        .transpose()
    };
    let altitude = feet("altitude", area.leaf("altitude")?)?;
    let ceiling = feet("ceiling", area.leaf("ceiling")?)?;
    let height = match (altitude, ceiling) {
        (Some(altitude), ceiling) => Some(Height { altitude, ceiling }),
        (None, None) => None,
        // CAP 1.2, 3.2.4: a ceiling must not be used without an altitude.
        (None, Some(_)) => {
            return Err(ReadError::Missing {
                element: "altitude",
                within: "area",
            });
        }
    };
    area.finish()?;
    Ok(Area {
        description,
        polygons,
        circles,
        geocodes,
        height,
    })
}

fn time(element: &'static str, text: &str) -> Result<Time, ReadError> {
    // `xs:dateTime` drops white space around it; strings and codes do not.
    Time::parse(text.trim_matches([' ', '\t', '\n', '\r'])).ok_or(ReadError::NotTime { element })
}

/// The children of one element, taken in the order of the schema.
struct Parts {
    within: &'static str,
    children: std::iter::Peekable<std::vec::IntoIter<Element>>,
    taken: usize,
}

impl Parts {
    fn of(within: &'static str, element: Element) -> Result<Self, ReadError> {
        if element.children.is_empty() && !is_blank(&element.text) {
            return Err(ReadError::Missing {
                element: first_child(within),
                within,
            });
        }
        Ok(Self {
            within,
            children: element.children.into_iter().peekable(),
            taken: 0,
        })
    }

    fn next(&mut self, name: &'static str) -> Option<Element> {
        let next = self.children.next_if(|child| child.name == name)?;
        self.taken += 1;
        Some(next)
    }

    /// The next child if it has this name; it must hold text alone.
    fn leaf(&mut self, name: &'static str) -> Result<Option<String>, ReadError> {
        match self.next(name) {
            Some(element) if element.children.is_empty() => Ok(Some(element.text)),
            Some(_) => Err(ReadError::UnexpectedElement {
                within: name,
                index: 0,
            }),
            None => Ok(None),
        }
    }

    fn optional(&mut self, name: &'static str) -> Result<Option<String>, ReadError> {
        Ok(self.leaf(name)?.filter(|text| !is_blank(text)))
    }

    fn required(&mut self, name: &'static str) -> Result<String, ReadError> {
        let missing = ReadError::Missing {
            element: name,
            within: self.within,
        };
        self.leaf(name)?.ok_or(missing)
    }

    fn text(&mut self, name: &'static str) -> Result<Option<Text>, ReadError> {
        let text = self.optional(name)?.map(Text::new).transpose();
        text.map_err(|error| ReadError::Text {
            element: name,
            error,
        })
    }

    fn required_text(&mut self, name: &'static str) -> Result<Text, ReadError> {
        Text::new(self.required(name)?).map_err(|error| ReadError::Text {
            element: name,
            error,
        })
    }

    /// `xs:anyURI` drops white space around it.
    fn uri<T>(
        &mut self,
        name: &'static str,
        read: fn(String) -> Result<T, TextError>,
    ) -> Result<Option<T>, ReadError> {
        let uri = self.optional(name)?.map(|uri| read(uri.trim().to_owned()));
        uri.transpose().map_err(|error| ReadError::Text {
            element: name,
            error,
        })
    }

    fn token(&mut self, name: &'static str) -> Result<Token, ReadError> {
        Token::new(self.required(name)?).map_err(|error| ReadError::Text {
            element: name,
            error,
        })
    }

    fn time(&mut self, name: &'static str) -> Result<Option<Time>, ReadError> {
        self.leaf(name)?.map(|text| time(name, &text)).transpose()
    }

    fn code<T>(&mut self, name: &'static str, read: fn(&str) -> Option<T>) -> Result<T, ReadError> {
        read(&self.required(name)?).ok_or(ReadError::UnknownCode { element: name })
    }

    fn codes<T>(
        &mut self,
        name: &'static str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ReadError> {
        let mut codes = Vec::new();
        while let Some(code) = self.leaf(name)? {
            codes.push(read(&code).ok_or(ReadError::UnknownCode { element: name })?);
        }
        Ok(codes)
    }

    /// Repeated texts, blank ones left out.
    fn texts(&mut self, name: &'static str) -> Result<Vec<Text>, ReadError> {
        let mut texts = Vec::new();
        while let Some(text) = self.leaf(name)? {
            if !is_blank(&text) {
                texts.push(Text::new(text).map_err(|error| ReadError::Text {
                    element: name,
                    error,
                })?);
            }
        }
        Ok(texts)
    }

    /// A list separated by white space, items with white space in quotation
    /// marks (CAP 1.2, 3.2.1 `addresses`, `incidents`).
    fn list(&mut self, name: &'static str) -> Result<Vec<Text>, ReadError> {
        let malformed = ReadError::NotList { element: name };
        let text = self.optional(name)?.unwrap_or_default();
        let white = [' ', '\t', '\n', '\r'];
        let mut rest = text.trim_matches(white);
        let mut items = Vec::new();
        while !rest.is_empty() {
            let (item, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(|| malformed.clone())?,
                None => rest.split_at(rest.find(white).unwrap_or(rest.len())),
            };
            if item.contains('"') || !(after.is_empty() || after.starts_with(white)) {
                return Err(malformed);
            }
            items.push(Text::new(item).map_err(|error| ReadError::Text {
                element: name,
                error,
            })?);
            rest = after.trim_start_matches(white);
        }
        Ok(items)
    }

    fn named(&mut self, name: &'static str) -> Result<Vec<Named>, ReadError> {
        self.each(name, |element| {
            let mut parts = Self::of(name, element)?;
            let read = Named {
                name: parts.required_text("valueName")?,
                value: {
                    let value = parts.required("value")?;
                    if is_blank(&value) {
                        None
                    } else {
                        let value = Text::new(value);
                        Some(value.map_err(|error| ReadError::Text {
                            element: "value",
                            error,
                        })?)
                    }
                },
            };
            parts.finish()?;
            Ok(read)
        })
    }

    fn each<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(Element) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let mut all = Vec::new();
        while let Some(element) = self.next(name) {
            all.push(read(element)?);
        }
        Ok(all)
    }

    fn finish(mut self) -> Result<(), ReadError> {
        match self.children.next() {
            Some(_) => Err(ReadError::UnexpectedElement {
                within: self.within,
                index: self.taken,
            }),
            None => Ok(()),
        }
    }
}

/// What is missing first from an element that holds text instead of children.
fn first_child(within: &'static str) -> &'static str {
    match within {
        "alert" => "identifier",
        "info" => "category",
        "resource" => "resourceDesc",
        "area" => "areaDesc",
        _ => "valueName",
    }
}

/// The name of a parent, for an error that must not repeat the document.
fn known_name(name: &str) -> &'static str {
    const PARENTS: [&str; 7] = [
        "alert",
        "info",
        "resource",
        "area",
        "eventCode",
        "parameter",
        "geocode",
    ];
    PARENTS
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("a leaf")
}
