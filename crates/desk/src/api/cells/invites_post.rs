//! `POST /api/cells/ID/invites`: makes an invite, and shows it this once.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};

use lapwing_seal::Invite;
use lapwing_words::{Language, encode_words};

use super::Desk;
use crate::{
    api::{
        refused::{self, Number},
        types::{InviteMade, InviteRequest, TextPair},
    },
    cells::Invited,
    refusal::Refusal,
};

pub(super) async fn invites_post(
    State(desk): State<Desk>,
    Number(id): Number<u32>,
    headers: HeaderMap,
    refused::Json(request): refused::Json<InviteRequest>,
) -> Result<(StatusCode, Json<InviteMade>), Refusal> {
    let cell = desk.coordinators.cell(&headers, id)?;
    let InviteRequest { label, holds_s } = request;
    let made = desk.writer.cell_invite(cell.id, label, holds_s).await?;
    let Invited {
        invite,
        expires,
        passes,
        passes_missing,
    } = made;
    let made = InviteMade {
        id: hex::encode(invite.hash()),
        code: hex::encode(invite.with_check()),
        words: TextPair {
            uk: words(Language::Ukrainian, &invite),
            en: words(Language::English, &invite),
        },
        expires,
        passes: passes.map(hex::encode),
        passes_missing,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// The invite as eight words.
fn words(language: Language, invite: &Invite) -> String {
    let symbols = encode_words(&invite.with_check()).expect("88 bits are eight words of 11");
    let words: Vec<&str> = symbols.into_iter().map(|n| language.word(n)).collect();
    words.join(" ")
}
