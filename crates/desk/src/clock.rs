//! The desk's time, passed in so that tests can turn it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time of the machine comes from.
pub trait Clock: Send + Sync + 'static {
    /// Seconds since 1970 UTC.
    fn now(&self) -> i64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(_before) => 0,
        }
    }
}
