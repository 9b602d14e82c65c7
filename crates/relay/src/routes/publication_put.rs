//! `PUT /v1/publication`: the desk replaces what everybody may read.

use std::sync::Arc;

use axum::{body::Body, extract::State, http::StatusCode};
use lapwing_http::{Problem, read_body};
use lapwing_wire::{PUBLICATION_MAX, PassEpoch, Publication, PublicationError};

use crate::{Relay, Store};

pub(crate) async fn handler<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    body: Body,
) -> Result<StatusCode, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "publication-refused",
            "the publication is larger than 16 MiB",
        )
    };
    let body = read_body(body, PUBLICATION_MAX)
        .await?
        .ok_or_else(too_large)?;
    let refused = |why: PublicationError| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "publication-refused",
            "this is no publication of this relay's desk",
        )
        .detail(why.to_string())
    };
    let publication = Publication::decode(&body).map_err(refused)?;
    let bulletin = publication.verify(&relay.desk).map_err(refused)?;
    let old = || {
        Problem::new(
            StatusCode::CONFLICT,
            "publication-old",
            "a publication with this number or a higher one is here already",
        )
    };
    if bulletin.number <= relay.public.number() {
        return Err(old());
    }
    // First durable, then seen: a crash between the two serves it after the restart.
    if !relay.store.publish(bulletin.number, body.to_vec()).await? {
        return Err(old());
    }
    relay.public.replace(publication, &bulletin);
    // A desk publishes every day: no timer is needed to forget what is not taken any more.
    let oldest = PassEpoch::oldest((relay.clock)());
    if let Err(why) = relay.store.forget_passes(oldest).await {
        // Room is what this costs; the next publication, or the next start, does it.
        tracing::warn!("spent passes could not be forgotten: {why}");
    }
    Ok(StatusCode::NO_CONTENT)
}
