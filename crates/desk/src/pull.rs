//! One task a relay: ask for what is new, open it, have it journalled, move on.
//!
//! The cursor is that of the journal. A crash at any point loses nothing: what was not committed is
//! pulled again, what was is known by its cursor, and an envelope that comes by two ways by its
//! digest.

use std::sync::Arc;

use axum::{
    body::Bytes,
    http::{Request, StatusCode},
};
use ed25519_dalek::SigningKey;
use lapwing_wire::{RECORD_LEN, pull, records};

use crate::{
    clock::Clock,
    hub::Hub,
    line::Line,
    opening::{Secrets, open_all},
    refusal::Refusal,
    relays::{Backoff, RelayUrl, Trouble, WAIT_S, ask, refused},
    writer::WriterHandle,
};

/// Most records in an answer: a fraction of a second of opening, so that a long queue is seen to
/// move.
const LIMIT: usize = 1_024;

/// Pulls from one relay.
pub(crate) struct Puller {
    pub(crate) index: usize,
    pub(crate) relay: RelayUrl,
    pub(crate) line: Arc<dyn Line>,
    pub(crate) root: SigningKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) secrets: Secrets,
    pub(crate) writer: WriterHandle,
    pub(crate) hub: Arc<Hub>,
    pub(crate) after: i64,
}

impl Puller {
    /// Pulls until dropped.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        // The first answer is asked for without waiting, so that a relay is soon seen to be up.
        let mut wait = 0;
        loop {
            match self.once(wait).await {
                Ok(()) => {
                    backoff.reset();
                    wait = WAIT_S;
                    let cursor = self.after.unsigned_abs();
                    self.hub.relay(self.index, |relay| {
                        relay.up = true;
                        relay.cursor = cursor;
                        relay.trouble = None;
                    });
                }
                Err(Trouble::Store(Refusal::Stopping)) => return,
                Err(trouble) => {
                    wait = 0;
                    let words = trouble.to_string();
                    tracing::warn!(relay = self.index, trouble = %words, "a pull failed");
                    self.hub.relay(self.index, |relay| {
                        relay.up = false;
                        relay.trouble = Some(words);
                    });
                    tokio::time::sleep(backoff.next()).await;
                }
            }
        }
    }

    /// Asks once; an empty answer may be held back for `wait` seconds.
    pub(crate) async fn once(&mut self, wait: u64) -> Result<(), Trouble> {
        let mut url = self.relay.at("/v1/envelopes");
        let query = format!("after={}&limit={LIMIT}&wait={wait}", self.after);
        let signed = pull::sign(&self.root, url.path(), &query, self.clock.now());
        url.set_query(Some(&query));
        let request = Request::get(url.as_str())
            .header("signature-input", signed.signature_input)
            .header("signature", signed.signature);
        let answer = ask(&*self.line, request, Bytes::new(), LIMIT * RECORD_LEN).await?;
        if answer.status() != StatusCode::OK {
            return Err(refused(answer.status()));
        }
        let bytes = answer.into_body();
        if bytes.is_empty() {
            return Ok(());
        }
        let secrets = self.secrets.present();
        let (opened, last) = tokio::task::spawn_blocking(move || {
            let records = records(&bytes)?;
            let last = records.last().map_or(0, |record| record.index);
            Ok((open_all(&records, &secrets), last))
        })
        .await
        .expect("opening is total and is not cancelled")
        .map_err(Trouble::Records)?;
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        // What lies at or before the cursor was not asked for.
        let after = self.after;
        let opened: Vec<_> = opened.into_iter().filter(|o| o.index > after).collect();
        self.writer
            .take(self.relay.as_str(), last, opened)
            .await
            .map_err(Trouble::Store)?;
        self.after = self.after.max(last);
        Ok(())
    }
}
