//! The Atom feed (RFC 4287), as alert hubs read it (OASIS "CAP Feeds" 1.0).

use std::fmt::Write as _;

use crate::alert::{Alert, Info};
use crate::draft::marked;
use crate::text::{Language, Text, Uri};
use crate::time::Time;
use crate::write::{NAMESPACE, Writer};

const ATOM: &str = "http://www.w3.org/2005/Atom";
const MEDIA_TYPE: &str = "application/cap+xml";

/// What a feed says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedInfo {
    /// `id`: stays the same wherever the feed is served (RFC 4287, 4.2.6).
    pub id: Uri,
    /// `title`.
    pub title: Text,
    /// `author`: the desk's name, where an alert does not give its own.
    pub author: Text,
    /// The language of titles and summaries; each alert carries all of its own.
    pub language: Language,
    /// Where this feed is served, absolute or relative.
    pub self_href: String,
    /// What comes before the identifier of an alert in the address of its
    /// file, such as `/v1/warnings/` or an absolute URL.
    pub alert_href_prefix: String,
    /// What comes after it, such as `.xml`.
    pub alert_href_suffix: String,
    /// `updated` of a feed without alerts; else the latest alert's time is.
    pub created: Time,
}

/// The feed of `alerts`, newest first: the same alerts in any order give the
/// same bytes. Which alerts are still worth listing is the caller's choice.
#[must_use]
pub fn feed(info: &FeedInfo, alerts: &[Alert]) -> String {
    let mut newest: Vec<&Alert> = alerts.iter().collect();
    newest.sort_by_key(|alert| std::cmp::Reverse(alert.reference()));
    // RFC 4287, 4.1.1: the same entry twice would need two times of update.
    newest.dedup_by(|a, b| a.identifier == b.identifier && a.sender == b.sender);
    let updated = newest.first().map_or(info.created, |alert| alert.sent);

    let mut w = Writer::new();
    w.open_with(
        "feed",
        &[
            ("xmlns", ATOM),
            ("xmlns:cap", NAMESPACE),
            ("xml:lang", info.language.as_str()),
        ],
    );
    w.leaf("id", &info.id);
    w.leaf("title", &info.title);
    w.leaf("updated", updated.to_rfc3339());
    w.open("author");
    w.leaf("name", &info.author);
    w.close("author");
    w.empty(
        "link",
        &[
            ("rel", "self"),
            ("type", "application/atom+xml"),
            ("href", &info.self_href),
        ],
    );
    for alert in newest {
        entry(&mut w, info, alert);
    }
    w.close("feed");
    w.finish()
}

fn entry(w: &mut Writer, feed: &FeedInfo, alert: &Alert) {
    let name = percent_encoded(alert.identifier.as_str());
    let href = format!("{}{name}{}", feed.alert_href_prefix, feed.alert_href_suffix);
    let shown = alert.info_for(&feed.language);
    let language = shown.map_or(&feed.language, |shown| &shown.language);
    let foreign = [("xml:lang", language.as_str())];
    let attributes: &[_] = if *language == feed.language {
        &[]
    } else {
        &foreign
    };

    w.open_with("entry", attributes);
    w.leaf("id", format!("{}/{name}", feed.id));
    w.leaf("title", title(alert, shown, language));
    // A CAP message never changes: what changes is another message.
    w.leaf("updated", alert.sent.to_rfc3339());
    w.leaf("published", alert.sent.to_rfc3339());
    w.open("author");
    w.leaf(
        "name",
        shown
            .and_then(|info| info.sender_name.as_ref())
            .unwrap_or(&feed.author),
    );
    w.close("author");
    for category in shown.map_or(&[][..], |info| &info.categories) {
        w.empty("category", &[("term", category.as_str())]);
    }
    // RFC 4287, 4.1.2: an entry without content has an alternate link.
    w.empty(
        "link",
        &[("rel", "alternate"), ("type", MEDIA_TYPE), ("href", &href)],
    );
    w.leaf("summary", summary(alert, shown));
    cap_elements(w, alert, shown);
    w.close("entry");
}

fn title(alert: &Alert, shown: Option<&Info>, language: &Language) -> String {
    let title = shown.map_or(alert.msg_type.as_str(), |info| {
        info.headline.as_ref().unwrap_or(&info.event).as_str()
    });
    marked(alert.status, language, title)
}

/// RFC 4287, 4.1.2: an entry whose content is elsewhere needs a summary.
fn summary(alert: &Alert, shown: Option<&Info>) -> String {
    let parts = shown.map(|info| [&info.description, &info.instruction]);
    let texts: Vec<&str> = parts
        .iter()
        .flatten()
        .copied()
        .flatten()
        .map(Text::as_str)
        .collect();
    match (texts.is_empty(), shown, &alert.note) {
        (false, ..) => texts.join("\n"),
        (true, Some(info), _) => info.event.to_string(),
        (true, None, Some(note)) => note.to_string(),
        (true, None, None) => alert.msg_type.as_str().to_owned(),
    }
}

/// What hubs filter by without fetching the alert, in the order of CAP.
fn cap_elements(w: &mut Writer, alert: &Alert, shown: Option<&Info>) {
    w.leaf("cap:identifier", &alert.identifier);
    w.leaf("cap:sender", &alert.sender);
    w.leaf("cap:sent", alert.sent);
    w.leaf("cap:status", alert.status.as_str());
    w.leaf("cap:msgType", alert.msg_type.as_str());
    w.leaf("cap:scope", alert.scope.as_str());
    let Some(info) = shown else { return };
    for category in &info.categories {
        w.leaf("cap:category", category.as_str());
    }
    w.leaf("cap:event", &info.event);
    for response in &info.response_types {
        w.leaf("cap:responseType", response.as_str());
    }
    w.leaf("cap:urgency", info.urgency.as_str());
    w.leaf("cap:severity", info.severity.as_str());
    w.leaf("cap:certainty", info.certainty.as_str());
    w.optional("cap:effective", info.effective);
    w.optional("cap:onset", info.onset);
    w.optional("cap:expires", info.expires);
    for area in &info.areas {
        w.leaf("cap:areaDesc", &area.description);
        w.each("cap:polygon", &area.polygons);
        w.each("cap:circle", &area.circles);
    }
}

/// All but the unreserved characters (RFC 3986, 2.3) as `%XX`, so that an
/// identifier is one path segment whatever is in it.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
