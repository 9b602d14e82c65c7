//! `GET /api/calls/words/LANGUAGE`: the list, for completing what is typed.

use axum::{Json, extract::Path};
use lapwing_words::Language;

use crate::refusal::Refusal;

pub(super) async fn words_get(
    Path(language): Path<String>,
) -> Result<Json<Vec<&'static str>>, Refusal> {
    let language = Language::from_code(&language).ok_or(Refusal::NotFound)?;
    Ok(Json(language.words().collect()))
}
