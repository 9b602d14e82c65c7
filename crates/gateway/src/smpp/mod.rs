//! A carrier, over SMPP 3.4.
//!
//! Binds as a receiver (or a transceiver, where a carrier knows nothing else; it never sends), and binds again when the
//! connection is lost. A message is acknowledged when what it holds is on disk, or when it holds nothing. What the carrier
//! shall send again it is told so; what it sends twice is taken twice, which is harmless.

mod connect;
mod message;
mod pdu;
mod session;

use std::{sync::Arc, time::Duration};

use zeroize::Zeroizing;

use crate::{DefaultAlphabet, Intake};

pub use connect::{CarrierTls, TlsError};
use session::Ended;

/// First pause after a lost connection.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Pause after a refused bind: carriers lock out whoever tries too often.
const PAUSE_REFUSED: Duration = Duration::from_secs(60);
/// A connection that held for so long was a good one: the next pause is the first again.
const HELD: Duration = Duration::from_secs(60);

/// A carrier and how it is spoken to.
pub struct Carrier {
    /// Host and port.
    pub address: String,
    /// As whom to bind; 15 characters at most.
    pub system_id: String,
    /// With what; SMPP has at most 8 characters.
    pub password: Zeroizing<String>,
    /// As what, where the carrier asks for it; 12 characters at most.
    pub system_type: String,
    /// Also allowed to send, which it never does.
    pub transceiver: bool,
    /// TLS, where the carrier has it.
    pub tls: Option<CarrierTls>,
    /// How long nothing may come before the carrier is asked whether it is there.
    pub enquire: Duration,
    /// What coding scheme 0 is.
    pub alphabet: DefaultAlphabet,
}

/// Takes what a carrier delivers, until `shutdown` ends; then lets what is under way finish, and unbinds.
///
/// # Errors
/// When name or password do not fit into a bind: nothing that a carrier does is an error.
pub async fn serve(
    carrier: &Carrier,
    intake: Arc<Intake>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), TooLong> {
    let bind = session::bind(carrier)?;
    let mut shutdown = std::pin::pin!(shutdown);
    let mut pause = PAUSE_MIN;
    loop {
        let began = tokio::time::Instant::now();
        match session::run(carrier, &bind, &intake, shutdown.as_mut()).await {
            Ended::Told => return Ok(()),
            Ended::Lost(why) => tracing::warn!("the carrier is gone, binding again: {why}"),
            Ended::Refused(status) => {
                tracing::error!(
                    "the carrier refuses the bind with status {status:#010x}; are system id, password, system type right?"
                );
                pause = pause.max(PAUSE_REFUSED);
            }
        }
        if began.elapsed() >= HELD {
            pause = PAUSE_MIN;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.as_mut() => return Ok(()),
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Something does not fit into a bind.
#[derive(Debug, thiserror::Error)]
#[error(
    "the {what} has more than {max} characters, or others than ASCII has; SMPP has no room for it"
)]
pub struct TooLong {
    what: &'static str,
    max: usize,
}
