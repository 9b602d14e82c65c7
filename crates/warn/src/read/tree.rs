//! From text to a small tree of CAP elements, within bounds.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::ReadError;
use crate::text::{check_xml, is_blank};
use crate::write::NAMESPACE;

/// The largest document that is read, in bytes. Alerts in use stay under a
/// tenth of it unless they embed files.
pub const MAX_BYTES: usize = 256 * 1024;

/// CAP itself is five elements deep; a signature (CAP 1.2, 3.3.4.1) about ten.
const MAX_DEPTH: usize = 16;

const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element of the CAP namespace: its local name, its text, its children.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

/// Reads the one `alert` element of a document. Signatures are passed over.
pub(super) fn parse(xml: &str) -> Result<Element, ReadError> {
    if xml.len() > MAX_BYTES {
        return Err(ReadError::TooLarge {
            bytes: xml.len(),
            limit: MAX_BYTES,
        });
    }
    let mut reader = NsReader::from_str(xml);
    reader.config_mut().check_comments = true;
    let mut parser = Parser {
        open: Vec::new(),
        root: None,
        skip: 0,
    };
    let mut first = true;
    loop {
        let at = reader.buffer_position();
        let broken = ReadError::NotWellFormed { at };
        // What the reader cannot parse is broken, whatever its reason.
        let Ok(event) = reader.read_event() else {
            return Err(ReadError::NotWellFormed {
                at: reader.error_position(),
            });
        };
        match event {
            Event::Eof => return parser.finish(at),
            Event::Decl(_) => {
                if !first || !is_declaration(xml) {
                    return Err(broken);
                }
            }
            Event::DocType(_) => return Err(ReadError::Doctype),
            Event::Comment(comment) => {
                check_xml(&comment.xml10_content()).ok().ok_or(broken)?;
            }
            Event::PI(instruction) => {
                let target = instruction.target();
                let sound = is_name(target)
                    && !target.eq_ignore_ascii_case("xml")
                    && check_xml(instruction.content()).is_ok();
                if !sound {
                    return Err(broken);
                }
            }
            Event::Start(start) => parser.start(&reader, &start, at)?,
            Event::Empty(start) => {
                parser.start(&reader, &start, at)?;
                parser.end(at)?;
            }
            Event::End(_) => parser.end(at)?,
            Event::Text(text) => {
                let text = text.xml10_content();
                if text.contains("]]>") {
                    return Err(broken);
                }
                parser.text(&text, at)?;
            }
            Event::CData(data) => parser.data(&data.xml10_content(), at)?,
            Event::GeneralRef(reference) => {
                let c = resolve(&reference).ok_or(broken)?;
                parser.data(c.encode_utf8(&mut [0; 4]), at)?;
            }
        }
        first = false;
    }
}

struct Parser {
    open: Vec<Element>,
    root: Option<Element>,
    /// How many elements are open inside a signature, itself included.
    skip: usize,
}

impl Parser {
    fn start(
        &mut self,
        reader: &NsReader<&[u8]>,
        start: &BytesStart<'_>,
        at: u64,
    ) -> Result<(), ReadError> {
        let broken = ReadError::NotWellFormed { at };
        if self.open.len() + self.skip >= MAX_DEPTH {
            return Err(ReadError::TooDeep { limit: MAX_DEPTH });
        }
        let foreign = self.attributes(reader, start).ok_or(broken)?;
        if self.skip > 0 {
            self.skip += 1;
            return Ok(());
        }
        let (namespace, local) = reader.resolver().resolve_element(start.name());
        let ResolveResult::Bound(Namespace(namespace)) = namespace else {
            return Err(self.unexpected());
        };
        // The schema takes foreign elements as children of `alert` alone, and
        // only those of XML signatures.
        if namespace == SIGNATURE && self.open.len() == 1 {
            self.skip = 1;
            return Ok(());
        }
        if namespace != NAMESPACE || self.root.is_some() {
            return Err(self.unexpected());
        }
        if foreign {
            return Err(ReadError::UnexpectedAttribute { at });
        }
        self.open.push(Element {
            name: local.as_ref().to_owned(),
            text: String::new(),
            children: Vec::new(),
        });
        Ok(())
    }

    /// Whether there are attributes that the schema does not allow: it knows
    /// none, and `xsi:` ones are always allowed (XML Schema part 1, 2.6).
    fn attributes(&self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Option<bool> {
        let mut foreign = false;
        if !is_name(start.name().as_ref()) || !are_apart(start.attributes_raw()) {
            return None;
        }
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            if !is_name(attribute.key.as_ref()) || attribute.value.contains('<') {
                return None;
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            check_xml(&value).ok()?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (namespace, _) = reader.resolver().resolve_attribute(attribute.key);
            foreign |= !matches!(namespace, ResolveResult::Bound(Namespace(SCHEMA_INSTANCE)));
        }
        Some(foreign)
    }

    fn end(&mut self, at: u64) -> Result<(), ReadError> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        let element = self.open.pop().ok_or(ReadError::NotWellFormed { at })?;
        if !element.children.is_empty() && !is_blank(&element.text) {
            return Err(ReadError::UnexpectedText { at });
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    /// Text outside the root must be blank and literal (XML 1.0, 2.1).
    fn text(&mut self, text: &str, at: u64) -> Result<(), ReadError> {
        if self.open.is_empty() && is_blank(text) {
            return Ok(());
        }
        self.data(text, at)
    }

    fn data(&mut self, text: &str, at: u64) -> Result<(), ReadError> {
        let broken = ReadError::NotWellFormed { at };
        check_xml(text).ok().ok_or(broken.clone())?;
        let element = self.open.last_mut().ok_or(broken)?;
        if self.skip == 0 {
            element.text.push_str(text);
        }
        Ok(())
    }

    fn finish(self, at: u64) -> Result<Element, ReadError> {
        if !self.open.is_empty() || self.skip > 0 {
            return Err(ReadError::NotWellFormed { at });
        }
        match self.root {
            Some(root) if root.name == "alert" => Ok(root),
            _ => Err(ReadError::NotCap),
        }
    }

    fn unexpected(&self) -> ReadError {
        match self.open.last() {
            Some(parent) => ReadError::UnexpectedElement {
                within: super::known_name(&parent.name),
                index: parent.children.len(),
            },
            None => ReadError::NotCap,
        }
    }
}

/// Whether the document begins with a declaration of XML 1.0 (XML 1.0, 2.8,
/// productions 23 to 26, 32, 80, 81). It may stand nowhere else, and the
/// reader passes whatever begins like one.
fn is_declaration(xml: &str) -> bool {
    let xml = xml.strip_prefix('\u{feff}').unwrap_or(xml);
    let Some((mut rest, _)) = xml
        .strip_prefix("<?xml")
        .and_then(|xml| xml.split_once("?>"))
    else {
        return false;
    };
    let encoding = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    pseudo_attribute(&mut rest, "version") == Some("1.0")
        && pseudo_attribute(&mut rest, "encoding").is_none_or(encoding)
        && pseudo_attribute(&mut rest, "standalone").is_none_or(|it| it == "yes" || it == "no")
        && is_blank(rest)
}

/// Takes ` name="value"` off the front, if it is there.
fn pseudo_attribute<'a>(rest: &mut &'a str, name: &str) -> Option<&'a str> {
    let white = [' ', '\t', '\n', '\r'];
    let after = rest.trim_start_matches(white);
    let spaced = after.len() < rest.len();
    let after = after.strip_prefix(name)?.trim_start_matches(white);
    let after = after.strip_prefix('=')?.trim_start_matches(white);
    let quote = after
        .chars()
        .next()
        .filter(|c| spaced && matches!(c, '"' | '\''))?;
    let (value, after) = after.strip_prefix(quote)?.split_once(quote)?;
    *rest = after;
    Some(value)
}

/// Whether this is a name (XML 1.0, 2.3, productions 4, 4a and 5); the reader
/// takes anything up to a white space for one.
fn is_name(name: &str) -> bool {
    let starts = |c: char| {
        matches!(c,
            ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
            | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
            | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}')
    };
    let continues = |c: char| {
        starts(c)
            || matches!(c,
                '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
    };
    name.starts_with(starts) && name.chars().all(continues)
}

/// Whether white space stands before every attribute but in no name (XML 1.0,
/// 3.1, production 40): after a closing quotation mark comes space or nothing.
fn are_apart(attributes: &str) -> bool {
    let mut rest = attributes;
    while let Some(open) = rest.find(['"', '\'']) {
        let quote = if rest[open..].starts_with('"') {
            '"'
        } else {
            '\''
        };
        let Some((_, after)) = rest[open + 1..].split_once(quote) else {
            return false;
        };
        if !(after.is_empty() || after.starts_with([' ', '\t', '\n', '\r'])) {
            return false;
        }
        rest = after;
    }
    true
}

/// The five entities of XML 1.0, 4.6 and character references; others would
/// need a document type, which is refused.
fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    match reference.xml10_content().as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}
