//! A gateway between whoever delivers messages and a real relay.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of these tests stop the test as the tests themselves do"
)]

mod common;
mod forwarding;
mod smpp;
mod webhook;
