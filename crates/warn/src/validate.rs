//! What the standard recommends, and what it demands beyond what types hold.

use crate::alert::{Alert, Info, Resource, Scope};
use crate::codes::{MsgType, ResponseType, Status};
use crate::read::MAX_BYTES;
use crate::write::to_xml;

/// One place where an alert departs from the standard's advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// CAP 1.2, 3.2.1 `status`: an exercise is named in the note.
    #[error("exercise has no note")]
    ExerciseWithoutNote,
    /// CAP 1.2, 3.2.1 `msgType`: a rejection explains itself in a note.
    #[error("error message has no note")]
    ErrorWithoutNote,
    /// CAP 1.2, 3.2.1 `references`: earlier messages.
    #[error("reference {index} is not to an earlier message")]
    ReferenceNotEarlier {
        /// Which reference, from 0.
        index: usize,
    },
    /// CAP 1.2, 3.2.1 `references`: the same message twice.
    #[error("reference {index} repeats an earlier one")]
    ReferenceRepeated {
        /// Which reference, from 0.
        index: usize,
    },
    /// An alert or update that tells nothing.
    #[error("message has no info")]
    NoInfo,
    /// CAP 1.2, 3.2.2 `expires`: without it each receiver decides for itself.
    #[error("info {info} never expires")]
    NoExpiry {
        /// Which info, from 0.
        info: usize,
    },
    /// It expires no later than it is sent.
    #[error("info {info} expires no later than the message is sent")]
    ExpiresBeforeSent {
        /// Which info, from 0.
        info: usize,
    },
    /// It expires no later than it takes effect or is expected to begin.
    #[error("info {info} expires no later than it begins")]
    ExpiresBeforeItBegins {
        /// Which info, from 0.
        info: usize,
    },
    /// CAP 1.2, 3.2.2 `headline`: 160 characters may be all that is shown.
    #[error("info {info} has a headline of {characters} characters, more than 160")]
    LongHeadline {
        /// Which info, from 0.
        info: usize,
        /// How long it is.
        characters: usize,
    },
    /// CAP 1.2, 3.2.2 `responseType` `Assess`: not for public warnings.
    #[error("info {info} asks the public to assess")]
    AssessInPublic {
        /// Which info, from 0.
        info: usize,
    },
    /// A warning to the public that does not say where.
    #[error("info {info} has no area")]
    NoArea {
        /// Which info, from 0.
        info: usize,
    },
    /// CAP 1.2, 3.2.4: polygons and circles make geocodes and words exact.
    #[error("area {area} of info {info} has no shape and no code")]
    AreaOnlyInWords {
        /// Which info, from 0.
        info: usize,
        /// Which area, from 0.
        area: usize,
    },
    /// CAP 1.2, 3.2.3 `mimeType`: RFC 2046 type and subtype.
    #[error("resource {resource} of info {info} has a malformed media type")]
    MimeType {
        /// Which info, from 0.
        info: usize,
        /// Which resource, from 0.
        resource: usize,
    },
    /// CAP 1.2, 3.2.3 `uri`: absolute unless the content is enclosed.
    #[error("resource {resource} of info {info} has a relative uri without content")]
    ResourceUri {
        /// Which info, from 0.
        info: usize,
        /// Which resource, from 0.
        resource: usize,
    },
    /// CAP 1.2, 3.2.3 `digest`: SHA-1, forty hexadecimal digits.
    #[error("resource {resource} of info {info} has a malformed digest")]
    Digest {
        /// Which info, from 0.
        info: usize,
        /// Which resource, from 0.
        resource: usize,
    },
    /// The document is larger than the reader of this crate takes.
    #[error("document has {bytes} bytes, more than {MAX_BYTES}")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
}

/// Everything that the types allow and the standard does not want, in document
/// order; empty for a good alert. What [`Alert`] refuses is not repeated here.
#[must_use]
pub fn validate(alert: &Alert) -> Vec<Violation> {
    let mut found = Vec::new();
    if alert.status == Status::Exercise && alert.note.is_none() {
        found.push(Violation::ExerciseWithoutNote);
    }
    if alert.msg_type == MsgType::Error && alert.note.is_none() {
        found.push(Violation::ErrorWithoutNote);
    }
    for (index, reference) in alert.references.iter().enumerate() {
        if reference.sent > alert.sent {
            found.push(Violation::ReferenceNotEarlier { index });
        }
        if alert.references[..index].contains(reference) {
            found.push(Violation::ReferenceRepeated { index });
        }
    }
    if alert.infos.is_empty() && matches!(alert.msg_type, MsgType::Alert | MsgType::Update) {
        found.push(Violation::NoInfo);
    }
    for (index, info) in alert.infos.iter().enumerate() {
        check_info(alert, index, info, &mut found);
    }
    let bytes = to_xml(alert).len();
    if bytes > MAX_BYTES {
        found.push(Violation::TooLarge { bytes });
    }
    found
}

fn check_info(alert: &Alert, index: usize, info: &Info, found: &mut Vec<Violation>) {
    match info.expires {
        None if alert.msg_type != MsgType::Cancel => {
            found.push(Violation::NoExpiry { info: index })
        }
        Some(expires) if expires <= alert.sent => {
            found.push(Violation::ExpiresBeforeSent { info: index });
        }
        Some(expires)
            if info
                .effective
                .max(info.onset)
                .is_some_and(|begin| expires <= begin) =>
        {
            found.push(Violation::ExpiresBeforeItBegins { info: index });
        }
        _ => {}
    }
    let characters = info
        .headline
        .as_ref()
        .map_or(0, |text| text.as_str().chars().count());
    if characters > 160 {
        found.push(Violation::LongHeadline {
            info: index,
            characters,
        });
    }
    let public = alert.scope == Scope::Public;
    if public && info.response_types.contains(&ResponseType::Assess) {
        found.push(Violation::AssessInPublic { info: index });
    }
    if info.areas.is_empty() && alert.msg_type != MsgType::Cancel {
        found.push(Violation::NoArea { info: index });
    }
    for (area_index, area) in info.areas.iter().enumerate() {
        if area.polygons.is_empty() && area.circles.is_empty() && area.geocodes.is_empty() {
            found.push(Violation::AreaOnlyInWords {
                info: index,
                area: area_index,
            });
        }
    }
    for (resource_index, resource) in info.resources.iter().enumerate() {
        check_resource(index, resource_index, resource, found);
    }
}

fn check_resource(info: usize, index: usize, resource: &Resource, found: &mut Vec<Violation>) {
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let mime = resource.mime_type.as_str();
    let essence = mime.split(';').next().unwrap_or_default().trim_end();
    if !essence
        .split_once('/')
        .is_some_and(|(kind, sub)| token(kind) && token(sub))
    {
        found.push(Violation::MimeType {
            info,
            resource: index,
        });
    }
    let relative = resource.uri.as_ref().is_some_and(|uri| !uri.is_absolute());
    if relative && resource.deref_uri.is_none() {
        found.push(Violation::ResourceUri {
            info,
            resource: index,
        });
    }
    let sha1 = |digest: &str| digest.len() == 40 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    if resource
        .digest
        .as_ref()
        .is_some_and(|digest| !sha1(digest.as_str().trim()))
    {
        found.push(Violation::Digest {
            info,
            resource: index,
        });
    }
}
