use super::*;
use crate::fold::ChainState;

fn herald(mode: ClockMode) -> Herald {
    let places = "geonameid,name,name_uk,oblast,lat,lon,population\n\
        1,Orikhiv,Оріхів,Zaporizka,47.5676,35.7858,14000\n";
    Herald {
        form: Arc::new(Form::civil_protection()),
        gazetteer: Arc::new(Gazetteer::from_csv(places.as_bytes()).unwrap()),
        sender: "lapwing-test".into(),
        mode,
    }
}

fn incident(kind: u8, radius_m: f64) -> Incident {
    Incident {
        id: 7,
        kind,
        kinds: Vec::new(),
        lat: 47.568_123,
        lon: 35.791_234,
        radius_m,
        first_seen: 0,
        last_seen: 0,
        last_report: 0,
        sources: 2,
        reports: 2,
        confidence: 0.85,
        grade: "B2".into(),
        verdict: Verdict::Open,
        version: 1,
        warning: None,
        closed: false,
    }
}

fn sending(id: &str, at: i64) -> Sending {
    Sending {
        id: id.into(),
        at,
        sent: at,
        by_rule: false,
        report: 1,
    }
}

fn plain() -> PublishRequest {
    PublishRequest {
        incident: 7,
        texts: None,
        severity: None,
        expires_s: None,
    }
}

#[test]
fn the_area_is_coarser_than_what_the_desk_holds() {
    let herald = herald(ClockMode::Live);
    for (kind, radius_m, expected) in [
        (7, 20.0, 1_000.0),
        (7, 600.0, 2_000.0),
        (1, 100.0, 2_000.0),
        (4, 100.0, 5_000.0),
        (4, 9_000.0, 19_000.0),
        (4, 9e9, 50_000.0),
    ] {
        let draft = herald.draft(&incident(kind, radius_m)).unwrap();
        assert_eq!(draft.radius_m, expected, "{kind} {radius_m}");
        let centre = Place::from_degrees(draft.lat, draft.lon).unwrap();
        assert!(centre.is_rounded(Precision::Metres1000));
    }
}

#[test]
fn a_message_follows_the_one_before_even_within_a_second() {
    let herald = herald(ClockMode::Live);
    let it = incident(4, 300.0);
    let first = herald.warn(&it, &plain(), sending("a", 100)).unwrap();
    let mut chain = Chain {
        incident: 7,
        messages: vec![first],
        state: ChainState::Active,
        bulletin: None,
    };
    let second = herald
        .update(&it, &plain(), sending("b", 100), &chain)
        .unwrap();
    assert_eq!((second.sent, second.chain.as_str()), (101, "a"));
    chain.messages.push(second);
    let third = herald
        .cancel(Verdict::Disputed, sending("c", 100), &chain)
        .unwrap();
    assert_eq!((third.sent, third.message), (102, Message::Cancel));
    assert!(
        third.texts.en.description.contains("mistake"),
        "{}",
        third.texts.en.description
    );
    for message in chain.messages.iter().chain([&third]) {
        let alert = from_xml(&message.cap).unwrap();
        assert_eq!(lapwing_warn::validate(&alert), []);
    }
}

#[test]
fn words_of_an_officer_stand_but_not_without_the_mark_of_an_exercise() {
    let it = incident(4, 300.0);
    let words = |headline: &str| WarningText {
        headline: headline.into(),
        description: "d".into(),
        instruction: "i".into(),
        area: "a".into(),
    };
    let request = |headline: &str| PublishRequest {
        texts: Some(WarningTexts {
            uk: words(headline),
            en: words(headline),
        }),
        ..plain()
    };
    let live = herald(ClockMode::Live)
        .warn(&it, &request("Go"), sending("a", 5))
        .unwrap();
    assert_eq!(
        live.texts,
        WarningTexts {
            uk: words("Go"),
            en: words("Go")
        }
    );
    let replay = herald(ClockMode::Replay)
        .warn(&it, &request("Go"), sending("a", 5))
        .unwrap();
    assert_eq!(replay.texts.en.headline, "EXERCISE. Go");
    assert_eq!(replay.texts.uk.headline, "НАВЧАННЯ. Go");
    let refused = |request: &PublishRequest| {
        herald(ClockMode::Live)
            .warn(&it, request, sending("a", 5))
            .unwrap_err()
    };
    assert_eq!(refused(&request("  ")), HeraldError::Value("headline"));
    assert_eq!(
        refused(&request(&"x".repeat(5_000))),
        HeraldError::Value("headline")
    );
    let short = PublishRequest {
        expires_s: Some(59),
        ..plain()
    };
    assert_eq!(refused(&short), HeraldError::Value("expires_s"));
    let severity = PublishRequest {
        severity: Some("Dire".into()),
        ..plain()
    };
    assert_eq!(refused(&severity), HeraldError::Value("severity"));
}

#[test]
fn what_concerns_one_person_is_never_public() {
    let herald = herald(ClockMode::Live);
    for kind in herald
        .form
        .kinds()
        .iter()
        .filter(|k| k.warns == Warns::Never)
    {
        let it = incident(kind.code, 100.0);
        assert_eq!(
            herald.draft(&it),
            Err(HeraldError::NeverPublic),
            "{}",
            kind.name
        );
        let warned = herald.warn(&it, &plain(), sending("a", 5));
        assert_eq!(warned, Err(HeraldError::NeverPublic), "{}", kind.name);
    }
}

#[test]
fn every_public_kind_makes_a_valid_alert_in_both_languages() {
    let herald = herald(ClockMode::Live);
    for kind in herald
        .form
        .kinds()
        .iter()
        .filter(|k| k.warns != Warns::Never)
    {
        let issued = herald
            .warn(&incident(kind.code, 100.0), &plain(), sending("a", 5))
            .unwrap();
        let alert = from_xml(&issued.cap).unwrap();
        assert_eq!(lapwing_warn::validate(&alert), [], "{}", kind.name);
        assert!(
            issued.texts.uk.headline.contains(&kind.event.uk),
            "{}",
            kind.name
        );
        assert!(
            issued.texts.en.headline.contains(&kind.event.en),
            "{}",
            kind.name
        );
    }
}
