//! The crate from outside: against the OASIS schema, a feed reader and a
//! schema validator written by others, and every constraint of the standard.

mod chain;
mod draft;
mod feed;
mod fixtures;
mod golden;
mod properties;
mod read;
mod schema;
mod validate;
