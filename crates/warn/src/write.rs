//! Writing: the same alert is always the same bytes.

use std::fmt::{Display, Write as _};

use crate::alert::{Alert, Area, Info, Named, Resource, Scope};
use crate::text::Text;

/// The namespace of CAP 1.2 (section 1.1).
pub const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";

/// The alert as a CAP 1.2 document in UTF-8, elements in the order of the
/// schema, indented by two spaces, with a final line feed.
#[must_use]
pub fn to_xml(alert: &Alert) -> String {
    let mut w = Writer::new();
    w.open_with("alert", &[("xmlns", NAMESPACE)]);
    w.leaf("identifier", &alert.identifier);
    w.leaf("sender", &alert.sender);
    w.leaf("sent", alert.sent);
    w.leaf("status", alert.status.as_str());
    w.leaf("msgType", alert.msg_type.as_str());
    w.optional("source", alert.source.as_ref());
    w.leaf("scope", alert.scope.as_str());
    if let Scope::Restricted(restriction) = &alert.scope {
        w.leaf("restriction", restriction);
    }
    w.optional("addresses", quoted_list(&alert.addresses));
    w.each("code", &alert.codes);
    w.optional("note", alert.note.as_ref());
    w.optional("references", spaced_list(&alert.references));
    w.optional("incidents", quoted_list(&alert.incidents));
    for info in &alert.infos {
        write_info(&mut w, info);
    }
    w.close("alert");
    w.finish()
}

fn write_info(w: &mut Writer, info: &Info) {
    w.open("info");
    w.leaf("language", &info.language);
    for category in &info.categories {
        w.leaf("category", category.as_str());
    }
    w.leaf("event", &info.event);
    for response in &info.response_types {
        w.leaf("responseType", response.as_str());
    }
    w.leaf("urgency", info.urgency.as_str());
    w.leaf("severity", info.severity.as_str());
    w.leaf("certainty", info.certainty.as_str());
    w.optional("audience", info.audience.as_ref());
    write_named(w, "eventCode", &info.event_codes);
    w.optional("effective", info.effective);
    w.optional("onset", info.onset);
    w.optional("expires", info.expires);
    w.optional("senderName", info.sender_name.as_ref());
    w.optional("headline", info.headline.as_ref());
    w.optional("description", info.description.as_ref());
    w.optional("instruction", info.instruction.as_ref());
    w.optional("web", info.web.as_ref());
    w.optional("contact", info.contact.as_ref());
    write_named(w, "parameter", &info.parameters);
    for resource in &info.resources {
        write_resource(w, resource);
    }
    for area in &info.areas {
        write_area(w, area);
    }
    w.close("info");
}

fn write_resource(w: &mut Writer, resource: &Resource) {
    w.open("resource");
    w.leaf("resourceDesc", &resource.description);
    w.leaf("mimeType", &resource.mime_type);
    w.optional("size", resource.size);
    w.optional("uri", resource.uri.as_ref());
    w.optional("derefUri", resource.deref_uri.as_ref());
    w.optional("digest", resource.digest.as_ref());
    w.close("resource");
}

fn write_area(w: &mut Writer, area: &Area) {
    w.open("area");
    w.leaf("areaDesc", &area.description);
    w.each("polygon", &area.polygons);
    w.each("circle", &area.circles);
    write_named(w, "geocode", &area.geocodes);
    if let Some(height) = area.height {
        w.leaf("altitude", height.altitude);
        w.optional("ceiling", height.ceiling);
    }
    w.close("area");
}

fn write_named(w: &mut Writer, element: &str, list: &[Named]) {
    for named in list {
        w.open(element);
        w.leaf("valueName", &named.name);
        w.leaf("value", named.value.as_ref().map_or("", Text::as_str));
        w.close(element);
    }
}

/// Items separated by spaces; those with white space in quotation marks
/// (CAP 1.2, 3.2.1 `addresses`, `incidents`).
fn quoted_list(items: &[Text]) -> Option<String> {
    let quoted = items.iter().map(|item| {
        let item = item.as_str();
        if item.contains([' ', '\t', '\n', '\r']) {
            format!("\"{item}\"")
        } else {
            item.to_owned()
        }
    });
    spaced_list(&quoted.collect::<Vec<_>>())
}

fn spaced_list(items: &[impl Display]) -> Option<String> {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    (!items.is_empty()).then(|| items.join(" "))
}

/// XML by hand: two dozen lines fix every byte, which no library promises.
pub(crate) struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            depth: 0,
        }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    pub(crate) fn open(&mut self, element: &str) {
        self.open_with(element, &[]);
    }

    pub(crate) fn open_with(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.tag(element, attributes);
        self.out.push_str(">\n");
        self.depth += 1;
    }

    pub(crate) fn close(&mut self, element: &str) {
        self.depth -= 1;
        self.indent();
        let _ = writeln!(self.out, "</{element}>");
    }

    pub(crate) fn leaf(&mut self, element: &str, value: impl Display) {
        self.leaf_with(element, &[], value);
    }

    pub(crate) fn leaf_with(
        &mut self,
        element: &str,
        attributes: &[(&str, &str)],
        value: impl Display,
    ) {
        self.tag(element, attributes);
        self.out.push('>');
        escape(&mut self.out, &value.to_string());
        let _ = writeln!(self.out, "</{element}>");
    }

    pub(crate) fn empty(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.tag(element, attributes);
        self.out.push_str("/>\n");
    }

    pub(crate) fn optional(&mut self, element: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.leaf(element, value);
        }
    }

    pub(crate) fn each(&mut self, element: &str, values: &[impl Display]) {
        for value in values {
            self.leaf(element, value);
        }
    }

    fn tag(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(element);
        for (name, value) in attributes {
            let _ = write!(self.out, " {name}=\"");
            escape_attribute(&mut self.out, value);
            self.out.push('"');
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }
}

/// `>` as well, so that `]]>` never appears; a carriage return as a reference,
/// since a reader would turn it into a line feed (XML 1.0, 2.11).
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

/// As [`escape`], with the quotation mark and the white space that a reader
/// would turn into spaces (XML 1.0, 3.3.3).
fn escape_attribute(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            c => escape(out, c.encode_utf8(&mut [0; 4])),
        }
    }
}
