//! Calls: fourteen words are typed as they are heard, and the report is there before the call ends.

mod call_put;
mod calls_post;
mod lines;
mod reading;
mod words_get;

use axum::{
    Router,
    routing::{get, post, put},
};

use super::{Desk, only};

pub(crate) use lines::Lines;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/", only(post(calls_post::calls_post), "POST"))
        .route("/{call}", only(put(call_put::call_put), "PUT"))
        .route("/words/{language}", only(get(words_get::words_get), "GET"))
}
