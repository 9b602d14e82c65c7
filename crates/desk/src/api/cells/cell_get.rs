//! `GET /api/cells/ID`: the cell as its coordinator sees it. With `?watch=true` the page asks by itself,
//! which keeps no session open.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
};
use lapwing_model::{Form, Gist, Observation};
use serde::Deserialize;

use super::Desk;
use crate::{
    api::{
        blocking,
        refused::Number,
        types::{
            CellView, CodebookView, InviteStanding, InviteView, MemberView, SetAside, TalkBy,
            TalkLine,
        },
    },
    cells::{Alarm, MemberNotes, Record},
    drops::REPLY_KEEP_S,
    entry::Received,
    refusal::Refusal,
    store::{InviteState, StoreError},
};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    watch: bool,
}

pub(super) async fn cell_get(
    State(desk): State<Desk>,
    Number(id): Number<u32>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<CellView>, Refusal> {
    let Query(asked) = asked.map_err(|_why| Refusal::BadRequest("`watch`"))?;
    let cell = if asked.watch {
        desk.coordinators.watch(&headers, id)?
    } else {
        desk.coordinators.cell(&headers, id)?
    };
    let reader = Arc::clone(&desk.reader);
    let (records, states) =
        blocking(move || Ok((cell.records(&reader)?, reader.invites(cell.id)?))).await?;
    let now = desk.hub.now();
    let states: BTreeMap<String, InviteState> = states
        .into_iter()
        .map(|(hash, state)| (hex::encode(hash), state))
        .collect();
    let mut view = view(id, now, records, &states)?;
    let ids = view.members.iter().map(|member| member.id).collect();
    for notes in desk.writer.members(ids).await? {
        let member = view.members.iter_mut().find(|member| member.id == notes.id);
        if let Some(member) = member {
            noted(member, &notes, &desk.herald.form);
        }
    }
    let sheets = view.codebooks.iter().map(|sheet| sheet.id).collect();
    for (id, left) in desk.writer.codebooks(sheets).await? {
        if let Some(sheet) = view.codebooks.iter_mut().find(|sheet| sheet.id == id) {
            sheet.left = left;
        }
    }
    Ok(Json(view))
}

/// The cell after all of its records.
fn view(
    id: u32,
    now: i64,
    records: Vec<Record>,
    states: &BTreeMap<String, InviteState>,
) -> Result<CellView, StoreError> {
    let mut name = String::new();
    let mut members: BTreeMap<u32, MemberView> = BTreeMap::new();
    // Numbers are drawn: the order is that of joining.
    let mut order: Vec<u32> = Vec::new();
    let mut invites: Vec<InviteView> = Vec::new();
    let mut codebooks: Vec<CodebookView> = Vec::new();
    // Where each reply stands in its witness's talk.
    let mut written: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for record in records {
        match record {
            Record::Named { name: given } => name = given,
            Record::Invited {
                invite,
                label,
                at,
                expires,
                duress_of,
            } => {
                let state = match states.get(&invite) {
                    Some(InviteState::Used) => InviteStanding::Used,
                    Some(InviteState::Open) if now < expires => InviteStanding::Open,
                    Some(InviteState::Open) => InviteStanding::Expired,
                    Some(InviteState::Revoked) | None => InviteStanding::Revoked,
                };
                invites.push(InviteView {
                    id: invite,
                    label,
                    made: at,
                    expires,
                    state,
                    duress_of,
                });
            }
            Record::Joined {
                member, invite, at, ..
            } => {
                let by = invites.iter().find(|known| known.id == invite);
                let joined = MemberView {
                    id: member,
                    label: by.map(|by| by.label.clone()).unwrap_or_default(),
                    duress_of: by.and_then(|by| by.duress_of),
                    duress_since: None,
                    cut_off: None,
                    joined: at,
                    check_in: None,
                    well: None,
                    drills: 0,
                    talk: Vec::new(),
                };
                order.push(member);
                members.insert(member, joined);
            }
            Record::CheckIn { member, at, well } => {
                if let Some(member) = members.get_mut(&member) {
                    member.check_in = Some(at);
                    member.well = well.or(member.well);
                    // That the phone is there, it says by itself whenever the decoy is opened.
                    if well.is_some() {
                        spoke(member, at);
                    }
                }
            }
            Record::Message { member, at, text } => {
                if let Some(member) = members.get_mut(&member) {
                    spoke(member, at);
                    member.talk.push(TalkLine {
                        at,
                        by: TalkBy::Witness,
                        text,
                        report: None,
                        came: None,
                        lost: false,
                    });
                }
            }
            Record::Quarantined { member, at, report } => {
                if let Some(member) = members.get_mut(&member) {
                    spoke(member, at);
                    member.talk.push(set_aside(at, &report)?);
                }
            }
            Record::Wrote {
                member: number,
                at,
                text,
                reply,
            } => {
                if let Some(member) = members.get_mut(&number) {
                    written.insert((number, reply), member.talk.len());
                    member.talk.push(TalkLine {
                        at,
                        by: TalkBy::Coordinator,
                        text,
                        report: None,
                        came: None,
                        lost: at < now - REPLY_KEEP_S,
                    });
                }
            }
            Record::Came {
                member: number,
                at,
                reply,
            } => {
                if let Some(member) = members.get_mut(&number)
                    && let Some(line) = written
                        .get(&(number, reply))
                        .and_then(|place| member.talk.get_mut(*place))
                {
                    line.came = Some(at);
                    line.lost = false;
                }
            }
            Record::CutOff { member, at } => {
                if let Some(member) = members.get_mut(&member) {
                    member.cut_off = Some(at);
                }
            }
            Record::Codebook { sheet, label, at } => codebooks.push(CodebookView {
                id: sheet,
                label,
                made: at,
                left: 0,
                ended: None,
            }),
            Record::CodebookEnded { sheet, at } => {
                if let Some(made) = codebooks.iter_mut().find(|made| made.id == sheet) {
                    made.ended = Some(at);
                }
            }
            Record::Renewed { .. } => {}
        }
    }
    invites.reverse();
    codebooks.reverse();
    Ok(CellView {
        id,
        name,
        members: order
            .iter()
            .filter_map(|member| members.remove(member))
            .collect(),
        invites,
        codebooks,
    })
}

/// What witnesses said over a call, which tells no cell.
fn noted(member: &mut MemberView, notes: &MemberNotes, form: &Form) {
    member.drills = notes.drills;
    let Some(Alarm { at, gist }) = notes.alarm else {
        return;
    };
    member.duress_since.get_or_insert(at);
    let said = Gist::from_bits(gist).and_then(|gist| gist.observation(form, notes.sector, at));
    let line = TalkLine {
        at,
        by: TalkBy::Witness,
        text: String::new(),
        report: said.ok().map(|seen| aside(&seen)),
        came: None,
        lost: false,
    };
    let place = member.talk.partition_point(|line| line.at <= at);
    member.talk.insert(place, line);
}

fn aside(seen: &Observation) -> SetAside {
    SetAside {
        kind: seen.kind,
        lat: seen.place.lat(),
        lon: seen.place.lon(),
        seen: seen.seen,
    }
}

/// Whoever says something as a decoy is forced to, or forces them.
fn spoke(member: &mut MemberView, at: i64) {
    if member.duress_of.is_some() {
        member.duress_since.get_or_insert(at);
    }
}

fn set_aside(at: i64, report: &str) -> Result<TalkLine, StoreError> {
    let bytes = hex::decode(report).map_err(|_why| StoreError::Row("record"))?;
    let report = Received::decode(&bytes).map_err(|_why| StoreError::Row("record"))?;
    let seen = report.observation;
    Ok(TalkLine {
        at,
        by: TalkBy::Witness,
        report: Some(aside(&seen)),
        text: seen.note,
        came: None,
        lost: false,
    })
}
