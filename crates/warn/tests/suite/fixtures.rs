//! Alerts for the tests. Places and names are invented.

use lapwing_warn::*;

pub(crate) fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn token(token: &str) -> Token {
    Token::new(token).unwrap()
}

pub(crate) fn language(tag: &str) -> Language {
    Language::new(tag).unwrap()
}

pub(crate) fn time(unix: i64) -> Time {
    Time::from_unix(unix).unwrap()
}

/// 2022-10-10T05:00:00 UTC, when every fixture is sent.
pub(crate) const SENT: i64 = 1_665_378_000;

pub(crate) fn input() -> DraftInput {
    DraftInput {
        identifier: token("lapwing-2022-0017"),
        sender: token("desk@lapwing.example"),
        sent: time(SENT),
        expires: time(SENT + 7_200),
        status: Status::Actual,
        note: None,
        category: Category::Security,
        response_types: vec![ResponseType::Shelter, ResponseType::Avoid],
        urgency: Urgency::Immediate,
        severity: Severity::Extreme,
        confidence: 0.93,
        event_code: Some(Named {
            name: text("LAPWING"),
            value: Some(text("shelling")),
        }),
        circle: Circle::from_km(Point::new(47.57, 35.8).unwrap(), 3.5).unwrap(),
        web: Some(Uri::new("https://desk.lapwing.example/").unwrap()),
    }
}

pub(crate) fn texts() -> Vec<DraftTexts> {
    vec![
        DraftTexts {
            language: language("uk-UA"),
            sender_name: text("Пост «Чайка»"),
            event: text("Обстріл"),
            place: text("Вербове"),
            advice: text("Спустіться в підвал. Не стійте біля вікон."),
        },
        DraftTexts {
            language: language("en-GB"),
            sender_name: text("Lapwing desk"),
            event: text("Shelling"),
            place: text("Verbove"),
            advice: text("Go down to the cellar. Keep away from windows."),
        },
    ]
}

pub(crate) fn shelling() -> Alert {
    draft(&input(), &texts()).unwrap()
}

/// An update that uses every element of the standard, some of them twice, and
/// every character that has to be escaped.
pub(crate) fn everything() -> Alert {
    let awkward = "a < b && c > d; \"q\" 'p' ]]> \t tab\nline\rreturn Ґґ 🐦\u{a0}";
    let named = |name: &str, value: Option<&str>| Named {
        name: text(name),
        value: value.map(text),
    };
    let point = |lat, lon| Point::new(lat, lon).unwrap();
    let ring = vec![
        point(47.0, 35.0),
        point(47.5, 35.0),
        point(47.5, 35.5),
        point(47.0, 35.0),
    ];
    let first = shelling().infos[0].clone();
    let info = Info {
        categories: vec![Category::CBRNE, Category::Other],
        event: text(awkward),
        response_types: ResponseType::ALL.to_vec(),
        urgency: Urgency::Expected,
        severity: Severity::Unknown,
        certainty: Certainty::Unlikely,
        audience: Some(text("drivers & crews")),
        event_codes: vec![named("SAME", Some("CEM")), named("X<Y", None)],
        effective: Some(time(SENT + 1)),
        onset: Some(time(SENT + 60)),
        description: Some(text(awkward)),
        contact: Some(text("+380 00 000 00 00")),
        parameters: vec![named("level", Some("3")), named("empty", None)],
        resources: vec![
            Resource {
                description: text("map"),
                mime_type: text("image/png"),
                size: Some(u64::MAX),
                uri: Some(
                    UriReference::new("https://desk.lapwing.example/map.png?a=1&b=2").unwrap(),
                ),
                deref_uri: None,
                digest: Some(text("da39a3ee5e6b4b0d3255bfef95601890afd80709")),
            },
            Resource {
                description: text("sound"),
                mime_type: text("audio/ogg"),
                size: None,
                uri: Some(UriReference::new("sound.ogg").unwrap()),
                deref_uri: Some(text("T2dnUw==")),
                digest: None,
            },
        ],
        areas: vec![
            Area {
                description: text("north & south"),
                polygons: vec![
                    Polygon::new(ring.clone()).unwrap(),
                    Polygon::new(ring).unwrap(),
                ],
                circles: vec![
                    Circle::new(point(-0.000_001, -180.0), 0).unwrap(),
                    Circle::new(point(90.0, 180.0), 1).unwrap(),
                ],
                geocodes: vec![named("KATOTTH", Some("UA23060000000000000"))],
                height: Some(Height {
                    altitude: Feet::from_thousandths(-1_500),
                    ceiling: Some(Feet::from_thousandths(3_000_001)),
                }),
            },
            Area {
                description: text("point"),
                polygons: vec![],
                circles: vec![],
                geocodes: vec![],
                height: Some(Height {
                    altitude: Feet::from_thousandths(0),
                    ceiling: None,
                }),
            },
        ],
        ..first.clone()
    };
    Alert::new(AlertFields {
        identifier: token("all-'\"elements>"),
        msg_type: MsgType::Update,
        status: Status::Exercise,
        source: Some(text("operator <7>")),
        scope: Scope::Restricted(text("crews only")),
        addresses: vec![text("a@b.example"), text("Crew of the bridge"), text("c")],
        codes: vec![text("x1"), text("x2")],
        note: Some(text("Autumn & winter 2022")),
        references: vec![
            shelling().reference(),
            Reference {
                sent: time(SENT - 5),
                sender: token("s"),
                identifier: token("i"),
            },
        ],
        incidents: vec![text("one"), text("two words")],
        infos: vec![info, first],
        ..shelling().into_fields()
    })
    .unwrap()
}

pub(crate) fn feed_info() -> FeedInfo {
    FeedInfo {
        id: Uri::new("tag:lapwing.example,2022:warnings").unwrap(),
        title: text("Попередження & <новини>"),
        author: text("Пост «Чайка»"),
        language: language("uk"),
        self_href: "/v1/warnings.atom".to_owned(),
        alert_href_prefix: "https://relay.lapwing.example/v1/warnings/".to_owned(),
        alert_href_suffix: ".xml".to_owned(),
        created: time(SENT - 86_400),
    }
}

/// The alert, an update of it, and the cancellation of both.
pub(crate) fn story() -> Vec<Alert> {
    let alert = shelling();
    let mut infos = alert.infos.clone();
    for info in &mut infos {
        info.effective = Some(time(SENT + 600));
        info.expires = Some(time(SENT + 10_800));
    }
    let update = alert
        .update(token("lapwing-2022-0018"), time(SENT + 600), infos)
        .unwrap();
    let over = time(SENT + 3_600);
    let infos = cancelled(&update, over, Cancellation::Over).unwrap();
    let cancel = update
        .cancel(token("lapwing-2022-0019"), over, None, infos)
        .unwrap();
    vec![alert, update, cancel]
}
