//! Cells, for their coordinators. What is in a cell needs the header `Lapwing-Cell` with the session of
//! an unlocking: the desk can do no more than any of its coordinators has unlocked.

mod cell_get;
mod cells_get;
mod cells_post;
mod codebook_delete;
mod codebooks_post;
mod coordinators;
mod invite_delete;
mod invites_post;
mod lock_post;
mod member_delete;
mod messages_post;
#[cfg(test)]
mod tests;
mod unlock_post;

use axum::{
    Router,
    routing::{delete, get, post},
};

use super::{Desk, only};

pub(crate) use coordinators::Coordinators;

/// Routes under `/api/cells`.
pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route(
            "/",
            only(
                get(cells_get::cells_get).post(cells_post::cells_post),
                "GET, POST",
            ),
        )
        .route("/{cell}", only(get(cell_get::cell_get), "GET"))
        .route(
            "/{cell}/unlock",
            only(post(unlock_post::unlock_post), "POST"),
        )
        .route("/{cell}/lock", only(post(lock_post::lock_post), "POST"))
        .route(
            "/{cell}/invites",
            only(post(invites_post::invites_post), "POST"),
        )
        .route(
            "/{cell}/invites/{invite}",
            only(delete(invite_delete::invite_delete), "DELETE"),
        )
        .route(
            "/{cell}/codebooks",
            only(post(codebooks_post::codebooks_post), "POST"),
        )
        .route(
            "/{cell}/codebooks/{sheet}",
            only(delete(codebook_delete::codebook_delete), "DELETE"),
        )
        .route(
            "/{cell}/members/{member}",
            only(delete(member_delete::member_delete), "DELETE"),
        )
        .route(
            "/{cell}/members/{member}/messages",
            only(post(messages_post::messages_post), "POST"),
        )
}
