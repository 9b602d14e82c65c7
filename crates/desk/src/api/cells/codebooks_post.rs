//! `POST /api/cells/ID/codebooks`: makes a codebook sheet, and shows it this once.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use lapwing_codebook::PLACES_MAX;
use lapwing_words::Language;

use super::Desk;
use crate::{
    api::{
        refused::{self, Number},
        types::{CodebookMade, CodebookRequest, TextPair},
    },
    refusal::Refusal,
};

pub(super) async fn codebooks_post(
    State(desk): State<Desk>,
    Number(id): Number<u32>,
    headers: HeaderMap,
    refused::Json(request): refused::Json<CodebookRequest>,
) -> Result<(StatusCode, Json<CodebookMade>), Refusal> {
    let cell = desk.coordinators.cell(&headers, id)?;
    let language =
        Language::from_code(&request.language).ok_or(Refusal::BadRequest("the language"))?;
    let name = |pair: &TextPair| match language {
        Language::English => pair.en.clone(),
        Language::Ukrainian => pair.uk.clone(),
    };
    let near = desk.herald.gazetteer.around(&request.near, PLACES_MAX);
    if near.is_empty() {
        return Err(Refusal::BadRequest(
            "the settlement: this desk knows none of that name",
        ));
    }
    let mut near: Vec<_> = near
        .into_iter()
        .map(|(pair, place)| (name(pair), place))
        .collect();
    // Whoever looks one up looks for its name.
    near.sort_by(|a, b| a.0.cmp(&b.0));
    let (names, places): (Vec<_>, Vec<_>) = near.into_iter().unzip();
    let made = desk
        .writer
        .cell_codebook(cell.id, request.label, places, request.clock_min);
    let (id, sheet) = made.await?;
    let page = sheet.page(&desk.herald.form, &names, language);
    Ok((StatusCode::CREATED, Json(CodebookMade { id, page })))
}
