//! `POST /api/cells/ID/invites`: makes an invite, and shows it this once.

use std::sync::Arc;

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
        blocking,
        refused::{self, Number},
        types::{InviteMade, InviteRequest, TextPair},
    },
    cells::{Invited, has_witness},
    refusal::Refusal,
};

pub(super) async fn invites_post(
    State(desk): State<Desk>,
    Number(id): Number<u32>,
    headers: HeaderMap,
    refused::Json(request): refused::Json<InviteRequest>,
) -> Result<(StatusCode, Json<InviteMade>), Refusal> {
    let cell = desk.coordinators.cell(&headers, id)?;
    let InviteRequest {
        label,
        holds_s,
        duress_of,
    } = request;
    if let Some(member) = duress_of {
        let (open, reader) = (Arc::clone(&cell), Arc::clone(&desk.reader));
        let records = blocking(move || Ok(open.records(&reader)?)).await?;
        if !has_witness(&records, member) {
            return Err(Refusal::NotFound);
        }
    }
    let made = desk.writer.cell_invite(cell.id, label, holds_s, duress_of);
    let Invited {
        invite,
        expires,
        passes,
        passes_missing,
    } = made.await?;
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
