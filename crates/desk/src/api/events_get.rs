//! `GET /api/events`: changes as they come, gathered to a few a second.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _, stream};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use super::Desk;

/// A line that says nothing, so that a dead connection is noticed.
const ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn events_get(
    State(desk): State<Desk>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Subscribed before the overview is taken: what changes in between comes as an event.
    let changes = BroadcastStream::new(desk.hub.subscribe()).map(|event| match event {
        Ok(event) => Event::default().event(event.name).data(event.data.as_ref()),
        // The page fell behind: what it missed is not told again, it loads everything.
        Err(BroadcastStreamRecvError::Lagged(_)) => Event::default().event("reload").data("null"),
    });
    let overview = serde_json::to_string(&desk.hub.overview()).expect("views are plain values");
    let first = stream::iter([Event::default().event("overview").data(overview)]);
    let mut stopped = desk.stopped.clone();
    let end = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let events = first.chain(changes).take_until(end).map(Ok);
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE))
}
