//! What everybody may read: the bulletin, the CAP documents, the Atom feed, the drops.

use std::collections::BTreeMap;

use lapwing_model::Place;
use lapwing_seal::ReceptionSecret;
use lapwing_warn::{Alert, FeedInfo, Language, Text, Time, Uri, feed, from_xml};
use lapwing_wire::{
    Bulletin, BulletinWarning, Drops, ListedFile, PassIssuer, Publication, WarningState,
    WarningText,
};
use sha2::{Digest as _, Sha256};

use crate::{
    api::types,
    drops::Current,
    entry::Issued,
    fold::{Chain, ChainState, Fold},
    reception,
    writer::Office,
};

/// A signed publication.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// Number of its bulletin.
    pub(crate) number: u64,
    /// When it was signed.
    pub(crate) issued: i64,
    /// When its drops must be made anew.
    pub(crate) drops_due: i64,
    /// What relays take.
    pub(crate) bytes: Vec<u8>,
}

/// A bulletin is signed afresh every day; a phone that has seen none for a week should say so.
const HOLDS_S: i64 = 7 * 86_400;
/// How long a warning that is over stays in the feed, by the desk's clock, seconds.
const FEED_KEEPS_S: i64 = 86_400;
/// Most CAP documents in a publication, newest first: far below what relays take.
const FILES_MAX: usize = 500;

/// Signs bulletin `number` as of `now`, with these drops.
pub(crate) fn sign(
    office: &Office,
    fold: &Fold,
    secrets: &BTreeMap<u32, ReceptionSecret>,
    drops: &Current,
    passes: Option<PassIssuer>,
    number: u64,
    now: i64,
) -> Signed {
    let mut listed: Vec<&Chain> = fold
        .warnings()
        .values()
        .filter(|chain| {
            chain.state == ChainState::Active || chain.expires() >= fold.now() - FEED_KEEPS_S
        })
        .collect();
    listed.sort_by_key(|chain| std::cmp::Reverse((chain.latest().sent, &chain.latest().id)));

    let mut messages: Vec<&Issued> = listed.iter().flat_map(|chain| &chain.messages).collect();
    messages.truncate(FILES_MAX);
    let mut files: Vec<(String, Vec<u8>)> =
        Vec::with_capacity(messages.len() + 1 + drops.drops.len());
    files.push((
        "warnings.atom".into(),
        atom(office, &messages, now).into_bytes(),
    ));
    for message in &messages {
        let name = format!("warnings/{}.xml", message.id);
        files.push((name, message.cap.clone().into_bytes()));
    }
    for (bucket, drop) in (0..).zip(&drops.drops) {
        files.push((Drops::name(bucket), drop.as_bytes().to_vec()));
    }

    let bulletin = Bulletin {
        root_key: office.root.verifying_key().to_bytes(),
        number,
        issued: now,
        expires: now + HOLDS_S,
        region: office.region,
        keys: reception::published(secrets, now),
        form: office.herald.form.source().to_vec(),
        warnings: listed
            .iter()
            .filter_map(|chain| shown(chain, fold.now()))
            .collect(),
        files: files
            .iter()
            .map(|(name, bytes)| ListedFile {
                name: name.clone(),
                sha256: Sha256::digest(bytes).into(),
            })
            .collect(),
        drops: Some(drops.listed()),
        passes,
    };
    let publication = Publication {
        bulletin: bulletin.sign(&office.root),
        files: files.into_iter().map(|(_, bytes)| bytes).collect(),
    };
    Signed {
        number,
        issued: now,
        drops_due: drops.due(),
        bytes: publication.encode(),
    }
}

/// A warning in force, or called off before its time.
fn shown(chain: &Chain, desk_now: i64) -> Option<BulletinWarning> {
    let state = match chain.state {
        ChainState::Active => WarningState::Active,
        ChainState::Cancelled if chain.expires() > desk_now => WarningState::Cancelled,
        ChainState::Cancelled | ChainState::Expired => return None,
    };
    let last = chain.latest();
    Some(BulletinWarning {
        id: last.id.clone(),
        kind: last.kind,
        state,
        sent: last.sent,
        expires: last.sent + i64::from(last.holds_s),
        severity: last.severity.clone(),
        urgency: last.urgency.clone(),
        certainty: last.certainty.clone(),
        centre: Place::from_e7(last.lat_e7, i64::from(last.lon_e7)).ok()?,
        radius_m: last.radius_m,
        texts: vec![words("uk", &last.texts.uk), words("en", &last.texts.en)],
    })
}

fn words(lang: &str, text: &types::WarningText) -> WarningText {
    WarningText {
        lang: lang.into(),
        headline: text.headline.clone(),
        description: text.description.clone(),
        instruction: text.instruction.clone(),
        area: text.area.clone(),
    }
}

fn atom(office: &Office, messages: &[&Issued], now: i64) -> String {
    const FIXED: &str = "a constant is in order";
    let alerts: Vec<Alert> = messages
        .iter()
        .filter_map(|message| from_xml(&message.cap).ok())
        .collect();
    let info = FeedInfo {
        id: Uri::new(format!(
            "urn:{}",
            office.herald.sender.replacen('-', ":", 1)
        ))
        .expect(FIXED),
        title: Text::new("Lapwing: попередження · warnings").expect(FIXED),
        author: Text::new("Lapwing").expect(FIXED),
        language: Language::new("uk-UA").expect(FIXED),
        self_href: "/v1/warnings.atom".into(),
        alert_href_prefix: "/v1/warnings/".into(),
        alert_href_suffix: ".xml".into(),
        created: Time::from_unix(now.max(0)).expect("the machine's clock shows a year of ours"),
    };
    feed(&info, &alerts)
}
