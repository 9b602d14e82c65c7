//! Warnings: CAP 1.2 alerts and the Atom feed that carries them.
//!
//! Implements the OASIS Common Alerting Protocol 1.2 (cited as "CAP 1.2" with
//! its section) and RFC 4287 with the practices of OASIS "CAP Feeds" 1.0, for
//! the part "Warn" of section 8 of the design.
//!
//! In scope: the alert as a value that cannot be wrong in what the standard
//! demands, writing and reading it, updates and cancellations, which warnings
//! hold, the feed, and the first draft of a warning from an incident.
//! Out of scope: deciding to warn, rounding places, signing and sending (desk
//! and wire). Pure: no I/O, no clock, no randomness.
//!
//! ```
//! use lapwing_warn::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let input = DraftInput {
//!     identifier: Token::new("desk-17")?,
//!     sender: Token::new("desk.example")?,
//!     sent: Time::from_unix(1_665_378_000)?,
//!     expires: Time::from_unix(1_665_385_200)?,
//!     status: Status::Actual,
//!     note: None,
//!     category: Category::Security,
//!     response_types: vec![ResponseType::Shelter],
//!     urgency: Urgency::Immediate,
//!     severity: Severity::Extreme,
//!     confidence: 0.93,
//!     event_code: None,
//!     circle: Circle::from_km(Point::new(47.57, 35.8)?, 3.0)?,
//!     web: None,
//! };
//! let texts = [DraftTexts {
//!     language: Language::new("en-GB")?,
//!     sender_name: Text::new("Lapwing desk")?,
//!     event: Text::new("Shelling")?,
//!     place: Text::new("Orikhiv")?,
//!     advice: Text::new("Go to the cellar.")?,
//! }];
//! let alert = draft(&input, &texts)?;
//! assert_eq!(validate(&alert), []);
//! assert_eq!(from_xml(&to_xml(&alert))?, alert);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod alert;
mod chain;
mod codes;
mod draft;
mod feed;
mod geo;
mod read;
mod text;
mod time;
mod validate;
mod write;

// The alert and its parts.
pub use alert::{
    Alert, AlertError, AlertFields, Area, Height, Info, Named, Reference, Resource, Scope,
};
pub use codes::{Category, Certainty, MsgType, ResponseType, Severity, Status, Urgency};
pub use geo::{Circle, Feet, PlaceError, Point, Polygon};
pub use text::{Language, Text, TextError, Token, Uri, UriReference};
pub use time::{Time, TimeRange};

// Documents.
pub use feed::{FeedInfo, feed};
pub use read::{MAX_BYTES, ReadError, from_xml};
pub use validate::{Violation, validate};
pub use write::{NAMESPACE, to_xml};

// The life of a warning.
pub use chain::{ChainError, in_force};
pub use draft::{Cancellation, DraftError, DraftInput, DraftTexts, cancelled, certainty, draft};
