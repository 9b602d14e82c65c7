//! The feed, read by a reader written by others, and the rules of RFC 4287
//! that such a reader forgives.

use feed_rs::model::{Feed, FeedType};
use lapwing_warn::*;

use crate::fixtures::{
    SENT, everything, feed_info, input, language, shelling, story, text, texts, time,
};

fn parse(xml: &str) -> Feed {
    feed_rs::parser::parse(xml.as_bytes()).unwrap()
}

#[test]
fn another_reader_finds_everything() {
    let feed = parse(&feed(&feed_info(), &story()));
    assert_eq!(feed.feed_type, FeedType::Atom);
    assert_eq!(feed.id, "tag:lapwing.example,2022:warnings");
    assert_eq!(feed.title.unwrap().content, "Попередження & <новини>");
    assert_eq!(feed.language.as_deref(), Some("uk"));
    assert_eq!(feed.updated.unwrap().timestamp(), SENT + 3_600);
    assert_eq!(feed.authors[0].name.as_deref(), Some("Пост «Чайка»"));
    assert_eq!(feed.links[0].rel.as_deref(), Some("self"));
    assert!(feed.links[0].href.ends_with("/v1/warnings.atom"));

    let titles: Vec<_> = feed
        .entries
        .iter()
        .map(|e| e.title.clone().unwrap().content)
        .collect();
    assert_eq!(
        titles,
        [
            "Скасовано: Обстріл: Вербове",
            "Обстріл: Вербове",
            "Обстріл: Вербове"
        ]
    );
    let first = &feed.entries[2];
    assert_eq!(
        first.id,
        "tag:lapwing.example,2022:warnings/lapwing-2022-0017"
    );
    assert_eq!(first.updated.unwrap().timestamp(), SENT);
    assert_eq!(first.categories[0].term, "Security");
    assert_eq!(first.links.len(), 1);
    assert_eq!(first.links[0].rel.as_deref(), Some("alternate"));
    assert_eq!(
        first.links[0].media_type.as_deref(),
        Some("application/cap+xml")
    );
    assert_eq!(
        first.links[0].href,
        "https://relay.lapwing.example/v1/warnings/lapwing-2022-0017.xml"
    );
    let summary = first.summary.clone().unwrap().content;
    assert!(summary.contains("Спустіться в підвал."), "{summary}");
}

#[test]
fn the_order_of_alerts_and_repetitions_change_nothing() {
    let mut alerts = story();
    let expected = feed(&feed_info(), &alerts);
    alerts.reverse();
    alerts.push(shelling());
    assert_eq!(feed(&feed_info(), &alerts), expected);
}

#[test]
fn hubs_find_what_they_filter_by() {
    let xml = feed(&feed_info(), &[shelling()]);
    for element in [
        "<cap:status>Actual</cap:status>",
        "<cap:msgType>Alert</cap:msgType>",
        "<cap:event>Обстріл</cap:event>",
        "<cap:urgency>Immediate</cap:urgency>",
        "<cap:severity>Extreme</cap:severity>",
        "<cap:certainty>Observed</cap:certainty>",
        "<cap:expires>2022-10-10T07:00:00-00:00</cap:expires>",
        "<cap:areaDesc>Вербове</cap:areaDesc>",
        "<cap:circle>47.57,35.8 3.5</cap:circle>",
    ] {
        assert_eq!(xml.matches(element).count(), 1, "{element}");
    }
}

#[test]
fn a_feed_without_alerts_is_a_feed() {
    let feed = parse(&feed(&feed_info(), &[]));
    assert_eq!(feed.entries.len(), 0);
    assert_eq!(feed.updated.unwrap().timestamp(), SENT - 86_400);
}

#[test]
fn the_language_of_the_feed_chooses_the_info() {
    let english = FeedInfo {
        language: language("en"),
        ..feed_info()
    };
    let titled = |info: &FeedInfo| {
        let feed = parse(&feed(info, &[shelling()]));
        feed.entries[0].title.clone().unwrap().content
    };
    assert_eq!(titled(&english), "Shelling: Verbove");
    assert_eq!(titled(&feed_info()), "Обстріл: Вербове");
    // No info in that language: the first, marked as what it is.
    let polish = FeedInfo {
        language: language("pl"),
        ..feed_info()
    };
    assert!(feed(&polish, &[shelling()]).contains("<entry xml:lang=\"uk-UA\">"));
}

#[test]
fn exercises_say_so_in_the_title_once() {
    let exercise = DraftInput {
        status: Status::Exercise,
        ..input()
    };
    let alert = draft(&exercise, &texts()).unwrap();
    let mut bare = alert.clone().into_fields();
    bare.infos[0].headline = Some(text("Обстріл: Вербове"));
    for alert in [alert, Alert::new(bare).unwrap()] {
        let xml = feed(&feed_info(), &[alert]);
        assert!(
            xml.contains("<title>НАВЧАННЯ. Обстріл: Вербове</title>"),
            "{xml}"
        );
    }
}

#[test]
fn awkward_identifiers_stay_one_path_segment() {
    let feed = parse(&feed(&feed_info(), &[everything()]));
    assert_eq!(
        feed.entries[0].links[0].href,
        "https://relay.lapwing.example/v1/warnings/all-%27%22elements%3E.xml"
    );
}

/// RFC 4287, 4.1.2: id, title, updated exactly once; without content an
/// alternate link and, the content being elsewhere, a summary.
#[test]
fn every_entry_has_what_the_standard_requires() {
    let bare = Alert::new(AlertFields {
        infos: vec![],
        ..shelling().into_fields()
    })
    .unwrap();
    let mut wordless = everything().into_fields();
    wordless.infos.truncate(1);
    wordless.infos[0].description = None;
    wordless.infos[0].instruction = None;
    wordless.sent = time(SENT + 1);
    for alert in [
        shelling(),
        everything(),
        bare,
        Alert::new(wordless).unwrap(),
    ] {
        let xml = feed(&feed_info(), &[alert]);
        parse(&xml);
        let entry = xml.split("<entry").nth(1).unwrap();
        for element in [
            "<id>",
            "<title>",
            "<updated>",
            "<summary>",
            "rel=\"alternate\"",
        ] {
            assert_eq!(entry.matches(element).count(), 1, "{element} in {xml}");
        }
        assert!(!entry.contains("<title></title>") && !entry.contains("<summary></summary>"));
    }
}
