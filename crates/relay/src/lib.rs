//! The untrusted server: keeps sealed envelopes.
