//! Stopping when told: Ctrl-C or SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

/// Ends when the program is told to stop.
pub(crate) async fn asked() {
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        // Without a handler the signal ends the program by itself, which is what it asks for.
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
