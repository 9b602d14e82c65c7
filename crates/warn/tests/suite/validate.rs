//! Every demand and every advice of the standard that a document can break:
//! what the constructors refuse, and what `validate` reports.

use lapwing_warn::*;

use crate::fixtures::{SENT, everything, shelling, text, time, token};

fn changed(alert: Alert, change: impl FnOnce(&mut AlertFields)) -> Result<Alert, AlertError> {
    let mut fields = alert.into_fields();
    change(&mut fields);
    Alert::new(fields)
}

#[test]
fn parts_that_do_not_go_together_are_refused() {
    for msg_type in [
        MsgType::Update,
        MsgType::Cancel,
        MsgType::Ack,
        MsgType::Error,
    ] {
        assert_eq!(
            changed(shelling(), |f| f.msg_type = msg_type),
            Err(AlertError::NoReference { msg_type })
        );
    }
    let itself = shelling().reference();
    assert_eq!(
        changed(shelling(), |f| f.references = vec![itself]),
        Err(AlertError::RefersToItself { index: 0 })
    );
    assert_eq!(
        changed(shelling(), |f| f.scope = Scope::Private),
        Err(AlertError::NoAddress)
    );
    assert_eq!(
        changed(shelling(), |f| f.incidents = vec![text("a"), text("b\"")]),
        Err(AlertError::QuoteInList {
            element: "incidents",
            index: 1
        })
    );
    assert_eq!(
        changed(shelling(), |f| f.infos[1].categories.clear()),
        Err(AlertError::NoCategory { info: 1 })
    );
    assert_eq!(
        changed(everything(), |f| {
            f.infos[0].areas[1].height.as_mut().unwrap().ceiling = Some(Feet::from_thousandths(-1));
        }),
        Err(AlertError::CeilingBelowAltitude { info: 0, area: 1 })
    );
}

#[test]
fn good_alerts_have_no_violations() {
    assert_eq!(validate(&shelling()), []);
}

#[test]
fn each_advice_is_checked() {
    type Change = fn(&mut AlertFields);
    let cases: [(Change, Violation); 15] = [
        (
            |f| f.status = Status::Exercise,
            Violation::ExerciseWithoutNote,
        ),
        (
            |f| {
                f.msg_type = MsgType::Error;
                f.references = vec![earlier(-1)];
            },
            Violation::ErrorWithoutNote,
        ),
        (
            |f| f.references = vec![earlier(1)],
            Violation::ReferenceNotEarlier { index: 0 },
        ),
        (
            |f| f.references = vec![earlier(-1), earlier(-1)],
            Violation::ReferenceRepeated { index: 1 },
        ),
        (|f| f.infos.clear(), Violation::NoInfo),
        (
            |f| f.infos[1].expires = None,
            Violation::NoExpiry { info: 1 },
        ),
        (
            |f| f.infos[0].expires = Some(time(SENT)),
            Violation::ExpiresBeforeSent { info: 0 },
        ),
        (
            |f| f.infos[0].onset = Some(time(SENT + 7_200)),
            Violation::ExpiresBeforeItBegins { info: 0 },
        ),
        (
            |f| f.infos[0].headline = Some(text(&"ї".repeat(161))),
            Violation::LongHeadline {
                info: 0,
                characters: 161,
            },
        ),
        (
            |f| f.infos[1].response_types.push(ResponseType::Assess),
            Violation::AssessInPublic { info: 1 },
        ),
        (|f| f.infos[1].areas.clear(), Violation::NoArea { info: 1 }),
        (
            |f| f.infos[1].areas[0].circles.clear(),
            Violation::AreaOnlyInWords { info: 1, area: 0 },
        ),
        (
            |f| {
                f.infos[0].resources = vec![Resource {
                    mime_type: text("png"),
                    ..resource()
                }]
            },
            Violation::MimeType {
                info: 0,
                resource: 0,
            },
        ),
        (
            |f| {
                f.infos[0].resources = vec![
                    resource(),
                    Resource {
                        uri: Some(UriReference::new("a.png").unwrap()),
                        ..resource()
                    },
                ]
            },
            Violation::ResourceUri {
                info: 0,
                resource: 1,
            },
        ),
        (
            |f| {
                f.infos[0].resources = vec![Resource {
                    digest: Some(text("00")),
                    ..resource()
                }]
            },
            Violation::Digest {
                info: 0,
                resource: 0,
            },
        ),
    ];
    for (change, violation) in cases {
        let alert = changed(shelling(), change).unwrap();
        assert_eq!(validate(&alert), [violation]);
    }
}

#[test]
fn what_could_not_be_read_back_is_reported() {
    let alert = changed(shelling(), |f| {
        f.infos[0].description = Some(text(&"a".repeat(MAX_BYTES)))
    })
    .unwrap();
    let bytes = to_xml(&alert).len();
    assert_eq!(validate(&alert), [Violation::TooLarge { bytes }]);
    assert_eq!(
        from_xml(&to_xml(&alert)),
        Err(ReadError::TooLarge {
            bytes,
            limit: MAX_BYTES
        })
    );
}

fn earlier(seconds: i64) -> Reference {
    Reference {
        sent: time(SENT + seconds),
        sender: token("s"),
        identifier: token("i"),
    }
}

fn resource() -> Resource {
    Resource {
        description: text("map"),
        mime_type: text("image/png"),
        size: None,
        uri: None,
        deref_uri: None,
        digest: None,
    }
}
