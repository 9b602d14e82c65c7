//! The witness core for browsers.
