//! The crate from outside: against the OASIS schema, a feed reader and a
//! schema validator written by others, and every constraint of the standard.

#[cfg(test)]
mod chain;
#[cfg(test)]
mod draft;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod read;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod validate;
