//! Checked strings: what may stand in a CAP element at all.

use std::fmt;

/// Why a string cannot stand in a CAP document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing but white space.
    #[error("text is empty")]
    Empty,
    /// A character that XML 1.0 cannot carry (production 2, `Char`).
    #[error("character at byte {at} cannot be written in XML 1.0")]
    NotXml {
        /// Byte offset of the character.
        at: usize,
    },
    /// A space, comma, `<` or `&` in an identifier or sender (CAP 1.2, 3.2.1).
    #[error("character at byte {at} is not allowed in an identifier or sender")]
    NotToken {
        /// Byte offset of the character.
        at: usize,
    },
    /// Not a language tag in the sense of RFC 3066 and `xs:language`.
    #[error("language tag is malformed")]
    NotLanguage,
    /// Not a URI, or not an absolute one where it must be (RFC 3986, 4.3).
    #[error("uri is malformed")]
    NotUri,
}

/// Text that is not blank and that XML 1.0 can carry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(String);

impl Text {
    /// Checks `text`; keeps it as it is, white space included.
    ///
    /// # Errors
    /// [`TextError::Empty`] or [`TextError::NotXml`].
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        check_xml(&text)?;
        if is_blank(&text) {
            return Err(TextError::Empty);
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An identifier or a sender: no space, comma, `<` or `&` (CAP 1.2, 3.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(String);

impl Token {
    /// Checks `token`.
    ///
    /// All white space is refused, not the space alone: references are
    /// separated by white space, so a tab would split one in two.
    ///
    /// # Errors
    /// [`TextError::Empty`], [`TextError::NotXml`] or [`TextError::NotToken`].
    pub fn new(token: impl Into<String>) -> Result<Self, TextError> {
        let token = token.into();
        check_xml(&token)?;
        if token.is_empty() {
            return Err(TextError::Empty);
        }
        let banned = |c: char| c.is_whitespace() || matches!(c, ',' | '<' | '&');
        match token.find(banned) {
            Some(at) => Err(TextError::NotToken { at }),
            None => Ok(Self(token)),
        }
    }

    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A language tag such as `uk-UA` (CAP 1.2, 3.2.2 `language`: RFC 3066).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(String);

impl Language {
    /// Checks `tag` against the lexical space of `xs:language`.
    ///
    /// # Errors
    /// [`TextError::NotLanguage`].
    pub fn new(tag: impl Into<String>) -> Result<Self, TextError> {
        let tag = tag.into();
        let ok = tag.split('-').enumerate().all(|(index, part)| {
            (1..=8).contains(&part.len())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphabetic() || (index > 0 && b.is_ascii_digit()))
        });
        if ok {
            Ok(Self(tag))
        } else {
            Err(TextError::NotLanguage)
        }
    }

    /// What an `info` without a language is in (CAP 1.2, 3.2.2).
    #[must_use]
    pub fn implied() -> Self {
        Self("en-US".to_owned())
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both tags name the same language, whatever the region:
    /// `uk` speaks `uk-UA`.
    #[must_use]
    pub fn speaks(&self, other: &Self) -> bool {
        self.primary().eq_ignore_ascii_case(other.primary())
    }

    pub(crate) fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

/// An absolute URI: a scheme and something after it, in URI characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uri(String);

impl Uri {
    /// Checks that `uri` has a scheme and holds nothing that a URI cannot.
    /// International characters pass (RFC 3987, and `xs:anyURI` takes them);
    /// what the scheme says about the rest is not checked.
    ///
    /// # Errors
    /// [`TextError::NotXml`] or [`TextError::NotUri`].
    pub fn new(uri: impl Into<String>) -> Result<Self, TextError> {
        let uri = uri.into();
        check_xml(&uri)?;
        if is_absolute(&uri) && uri.chars().all(is_uri_char) {
            Ok(Self(uri))
        } else {
            Err(TextError::NotUri)
        }
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A URI, absolute or relative (RFC 3986, 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UriReference(String);

impl UriReference {
    /// Checks that `uri` is not empty and holds nothing that a URI cannot.
    ///
    /// # Errors
    /// [`TextError::NotXml`] or [`TextError::NotUri`].
    pub fn new(uri: impl Into<String>) -> Result<Self, TextError> {
        let uri = uri.into();
        check_xml(&uri)?;
        if !uri.is_empty() && uri.chars().all(is_uri_char) {
            Ok(Self(uri))
        } else {
            Err(TextError::NotUri)
        }
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has a scheme.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        is_absolute(&self.0)
    }
}

macro_rules! show {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}
show!(Text, Token, Language, Uri, UriReference);

/// Refuses what XML 1.0 cannot carry even escaped (production 2).
pub(crate) fn check_xml(text: &str) -> Result<(), TextError> {
    match text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
        Some((at, _)) => Err(TextError::NotXml { at }),
        None => Ok(()),
    }
}

/// White space as XML has it, so that a no-break space counts as text.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// RFC 3986, 3.1: a scheme, a colon, and something behind it.
fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && !rest.is_empty()
}

fn is_uri_char(c: char) -> bool {
    !(c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_refuse_what_would_break_a_reference() {
        for (token, at) in [("a b", 1), ("a,b", 1), ("<a", 0), ("ab&", 2), ("a\tb", 1)] {
            assert_eq!(
                Token::new(token),
                Err(TextError::NotToken { at }),
                "{token}"
            );
        }
        assert_eq!(Token::new(""), Err(TextError::Empty));
        assert!(Token::new("urn:oid:2.49.0.1.804.0.2026.1").is_ok());
    }

    #[test]
    fn text_refuses_blanks_and_characters_without_xml_form() {
        assert_eq!(Text::new(" \n"), Err(TextError::Empty));
        assert_eq!(Text::new("a\0"), Err(TextError::NotXml { at: 1 }));
        assert_eq!(Text::new("\u{FFFE}"), Err(TextError::NotXml { at: 0 }));
        assert!(Text::new("Обстріл & <вибух>").is_ok());
    }

    #[test]
    fn languages_follow_the_lexical_space_of_xs_language() {
        for good in ["uk-UA", "en", "en-GB", "sr-Latn-RS", "ca-1606nict"] {
            assert!(Language::new(good).is_ok(), "{good}");
        }
        for bad in ["", "uk_UA", "1a", "uk-", "abcdefghi", "у"] {
            assert_eq!(Language::new(bad), Err(TextError::NotLanguage), "{bad}");
        }
    }

    #[test]
    fn uris_need_a_scheme() {
        for good in [
            "https://desk.example/a?b#c",
            "urn:oid:1.2",
            "tag:a.example,2026:x",
        ] {
            assert!(Uri::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/path",
            "https:",
            "1a:b",
            "http://a b",
            "a\"b:c",
            "x:<y>",
        ] {
            assert_eq!(Uri::new(bad), Err(TextError::NotUri), "{bad}");
        }
        assert!(!UriReference::new("map.png").unwrap().is_absolute());
        assert_eq!(UriReference::new("a map.png"), Err(TextError::NotUri));
        assert_eq!(UriReference::new(""), Err(TextError::NotUri));
    }
}
