//! The reader: what it takes, and for each rule what it refuses.

use lapwing_warn::*;

use crate::fixtures::{everything, shelling, story};
use crate::schema::{FORGIVEN, objections};

#[test]
fn documents_read_back_as_they_were() {
    for alert in story().into_iter().chain([everything()]) {
        assert_eq!(from_xml(&to_xml(&alert)), Ok(alert));
    }
}

/// What the schema refuses, the reader refuses, and for the right reason.
#[test]
fn breaking_the_schema_is_refused_exactly() {
    let missing = |element, within| ReadError::Missing { element, within };
    let code = |element| ReadError::UnknownCode { element };
    let unexpected = |within, index| ReadError::UnexpectedElement { within, index };
    let cases = [
        (
            "<identifier>lapwing-2022-0017</identifier>",
            "",
            missing("identifier", "alert"),
        ),
        (
            "<sender>desk@lapwing.example</sender>",
            "",
            missing("sender", "alert"),
        ),
        (
            "<sent>2022-10-10T05:00:00-00:00</sent>",
            "",
            missing("sent", "alert"),
        ),
        ("<status>Actual</status>", "", missing("status", "alert")),
        ("<msgType>Alert</msgType>", "", missing("msgType", "alert")),
        ("<scope>Public</scope>", "", missing("scope", "alert")),
        ("<event>Обстріл</event>", "", missing("event", "info")),
        (
            "<urgency>Immediate</urgency>",
            "",
            missing("urgency", "info"),
        ),
        (
            "<severity>Extreme</severity>",
            "",
            missing("severity", "info"),
        ),
        (
            "<certainty>Observed</certainty>",
            "",
            missing("certainty", "info"),
        ),
        (
            "<areaDesc>Вербове</areaDesc>",
            "",
            missing("areaDesc", "area"),
        ),
        (
            "<valueName>LAPWING</valueName>",
            "",
            missing("valueName", "eventCode"),
        ),
        ("<value>shelling</value>", "", missing("value", "eventCode")),
        (
            "<status>Actual</status>",
            "<status>Real</status>",
            code("status"),
        ),
        (
            "<msgType>Alert</msgType>",
            "<msgType>alert</msgType>",
            code("msgType"),
        ),
        ("<scope>Public</scope>", "<scope>All</scope>", code("scope")),
        (
            "<category>Security</category>",
            "<category>War</category>",
            code("category"),
        ),
        (
            "<responseType>Avoid",
            "<responseType>Run",
            code("responseType"),
        ),
        ("<urgency>Immediate", "<urgency>Now", code("urgency")),
        ("<severity>Extreme", "<severity>Bad", code("severity")),
        ("<certainty>Observed", "<certainty>Seen", code("certainty")),
        (
            "05:00:00-00:00</sent>",
            "05:00:00Z</sent>",
            ReadError::NotTime { element: "sent" },
        ),
        (
            "07:00:00-00:00</expires>",
            "07:00</expires>",
            ReadError::NotTime { element: "expires" },
        ),
        (
            "<language>uk-UA</language>",
            "<language></language>",
            ReadError::Text {
                element: "language",
                error: TextError::NotLanguage,
            },
        ),
        (
            "<scope>Public</scope>",
            "<scope>Public</scope><scope>Public</scope>",
            unexpected("alert", 6),
        ),
        ("<status>", "<siren/><status>", missing("status", "alert")),
        ("</areaDesc>", "</areaDesc><siren/>", unexpected("area", 1)),
        (
            "</areaDesc>",
            "</areaDesc><ceiling>high</ceiling>",
            ReadError::NotNumber { element: "ceiling" },
        ),
        ("Обстріл</event>", "<b/></event>", unexpected("event", 0)),
        ("cap:1.2", "cap:1.1", ReadError::NotCap),
        (
            " xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"",
            "",
            ReadError::NotCap,
        ),
        ("<info>", "<info>text", ReadError::UnexpectedText { at: 0 }),
        (
            "<info>",
            "<x xmlns=\"urn:x\"/><info>",
            unexpected("alert", 6),
        ),
    ];
    let good = to_xml(&shelling());
    for (from, to, error) in cases {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert_ne!(
            objections(&bad),
            [""; 0],
            "the schema allows {from} -> {to}"
        );
        assert_eq!(
            from_xml(&bad).map_err(without_offset),
            Err(error),
            "{from} -> {to}"
        );
    }
}

/// What section 3.2 demands and the schema cannot say.
#[test]
fn breaking_the_standard_is_refused_exactly() {
    let text = |element, error| ReadError::Text { element, error };
    let place = |element, error| ReadError::Place { element, error };
    let circle = "<circle>47.57,35.8 3.5</circle>";
    let cases = [
        (
            "lapwing-2022-0017",
            "lapwing 17",
            text("identifier", TextError::NotToken { at: 7 }),
        ),
        (
            "lapwing-2022-0017",
            "lapwing,17",
            text("identifier", TextError::NotToken { at: 7 }),
        ),
        (
            "lapwing-2022-0017",
            "a&lt;b",
            text("identifier", TextError::NotToken { at: 1 }),
        ),
        (
            "desk@lapwing.example",
            "a&amp;b",
            text("sender", TextError::NotToken { at: 1 }),
        ),
        ("desk@lapwing.example", "", text("sender", TextError::Empty)),
        (
            "<event>Обстріл</event>",
            "<event> </event>",
            text("event", TextError::Empty),
        ),
        (
            "<web>https://desk.lapwing.example/",
            "<web>map.html",
            text("web", TextError::NotUri),
        ),
        (
            "<msgType>Alert",
            "<msgType>Update",
            ReadError::Alert(AlertError::NoReference {
                msg_type: MsgType::Update,
            }),
        ),
        (
            "<scope>Public",
            "<scope>Private",
            ReadError::Alert(AlertError::NoAddress),
        ),
        ("<scope>Public", "<scope>Restricted", ReadError::Restriction),
        (
            "</scope>",
            "</scope><restriction>x</restriction>",
            ReadError::Restriction,
        ),
        (
            "</scope>",
            "</scope><references>a,b</references>",
            ReadError::NotReference { index: 0 },
        ),
        (
            "</scope>",
            "</scope><references>a,b,2022-10-10T05:00:00-00:00,</references>",
            ReadError::NotReference { index: 0 },
        ),
        (
            "</scope>",
            "</scope><incidents>\"a b</incidents>",
            ReadError::NotList {
                element: "incidents",
            },
        ),
        (
            "</scope>",
            "</scope><addresses>a\"b\" c</addresses>",
            ReadError::NotList {
                element: "addresses",
            },
        ),
        (
            circle,
            "<circle>91,35.8 3.5</circle>",
            place("circle", PlaceError::Latitude),
        ),
        (
            circle,
            "<circle>47.57,181 3.5</circle>",
            place("circle", PlaceError::Longitude),
        ),
        (
            circle,
            "<circle>47.57,35.8 -1</circle>",
            place("circle", PlaceError::Radius),
        ),
        (
            circle,
            "<circle>47.57 35.8 1</circle>",
            place("circle", PlaceError::Malformed),
        ),
        (
            circle,
            "<polygon>1,1 2,2 1,1</polygon>",
            place("polygon", PlaceError::FewPoints { points: 3 }),
        ),
        (
            circle,
            "<polygon>1,1 2,2 2,1 1,2</polygon>",
            place("polygon", PlaceError::NotClosed),
        ),
        (
            circle,
            "<ceiling>5</ceiling>",
            ReadError::Missing {
                element: "altitude",
                within: "area",
            },
        ),
        (
            circle,
            "<altitude>6</altitude><ceiling>5</ceiling>",
            ReadError::Alert(AlertError::CeilingBelowAltitude { info: 0, area: 0 }),
        ),
    ];
    let good = to_xml(&shelling());
    for (from, to, error) in cases {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert_eq!(
            objections(&bad),
            [""; 0],
            "the schema refuses {from} -> {to}"
        );
        assert_eq!(
            from_xml(&bad).map_err(without_offset),
            Err(error),
            "{from} -> {to}"
        );
    }
}

#[test]
fn the_reader_does_not_forgive_what_one_validator_forgives() {
    let errors = [
        ReadError::UnknownCode { element: "status" },
        ReadError::UnexpectedAttribute { at: 0 },
    ];
    for ((from, to), error) in FORGIVEN.iter().zip(errors) {
        let bad = to_xml(&shelling()).replacen(from, to, 1);
        assert_eq!(
            from_xml(&bad).map_err(without_offset),
            Err(error),
            "{from} -> {to}"
        );
    }
}

#[test]
fn broken_and_hostile_xml_is_refused() {
    let good = to_xml(&shelling());
    let bomb = good.replacen("<alert", "<!DOCTYPE alert [<!ENTITY a \"b\">]><alert", 1);
    assert_eq!(from_xml(&bomb), Err(ReadError::Doctype));
    let mut deep = good.clone();
    deep = deep.replacen("<event>", &format!("<event>{}", "<event>".repeat(5_000)), 1);
    assert_eq!(from_xml(&deep), Err(ReadError::TooDeep { limit: 16 }));
    for (from, to) in [
        ("</alert>", ""),
        ("</alert>", "</alert"),
        ("</alert>", "</alert><"),
        ("</event>", "</Event>"),
        ("Обстріл", "&unknown;"),
        ("Обстріл", "&#0;"),
        ("Обстріл", "&#xFFFE;"),
        ("Обстріл", "&#x110000;"),
        ("Обстріл", "\u{1}"),
        ("Обстріл", "a & b"),
        ("Обстріл", "a ]]> b"),
        ("</alert>", "</alert>text"),
        ("</alert>", "</alert><![CDATA[ ]]>"),
        ("</alert>", "</alert>&#32;"),
        ("<sender>", "<sender a=\"1\" a=\"2\">"),
        ("<sender>", "<sender a=1>"),
        ("<info>", "<!-- a -- b --><info>"),
        ("<info>", "<?xml version=\"1.0\"?><info>"),
        ("version=\"1.0\"", "version=\"1.1\""),
        ("version=\"1.0\" ", "version=\"1.0\"_"),
        (" version=\"1.0\"", ""),
        ("encoding=\"UTF-8\"", "encoding=\"8\""),
        ("UTF-8\"?>", "UTF-8\" standalone=\"maybe\"?>"),
        ("<?xml", " <?xml"),
        ("<info>", "<?\"a?><info>"),
        ("<info>", "<?XML a?><info>"),
        ("<info>", "<!-- \u{1} --><info>"),
        ("<alert xmlns", "<alert xmlns:b='x'xmlns"),
        ("<alert xmlns", "<alert xmlns:\"='x' xmlns"),
        ("<alert xmlns", "<alert xmlns:b='<' xmlns"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let error = from_xml(&bad).unwrap_err();
        assert_eq!(
            without_offset(error),
            ReadError::NotWellFormed { at: 0 },
            "{from} -> {to}"
        );
    }
    for text in [
        "",
        " ",
        "x",
        "<",
        "<alert",
        "\u{feff}",
        "<?xml version=\"1.0\"?>",
    ] {
        from_xml(text).unwrap_err();
    }
    let two = format!("{good}{}", good.split_once('\n').unwrap().1);
    assert_eq!(from_xml(&two), Err(ReadError::NotCap));
}

#[test]
fn other_ways_of_writing_the_same_are_taken() {
    let good = to_xml(&shelling());
    let prefixed = good
        .replace("</", "</c:")
        .replace("xmlns=", "xmlns:c=")
        .replace('<', "<c:")
        .replace("<c:/c:", "</c:")
        .replace("<c:?xml", "<?xml");
    for (name, same) in [
        ("prefix", prefixed),
        ("byte order mark", format!("\u{feff}{good}")),
        ("no declaration", good.split_once('\n').unwrap().1.to_owned()),
        ("windows line ends", good.replace('\n', "\r\n")),
        ("cdata", good.replace("<event>Обстріл", "<event><![CDATA[Обстріл]]>")),
        ("references", good.replace("<event>О", "<event>&#x41E;")),
        ("comments", good.replace("<event>О", "<event><!-- - -->О<?pi x?>")),
        ("offset", good.replace("T05:00:00-00:00</sent>", "T08:00:00+03:00</sent>")),
        ("blank options", good.replace("<scope>", "<source> </source><scope>")),
        ("digits", good.replace("47.57,35.8 3.5", " 47.570,+35.8   3.50 ")),
        (
            "schema location",
            good.replace(
                "<alert ",
                "<alert xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"a b\" ",
            ),
        ),
        (
            "signature",
            good.replace(
                "</alert>",
                "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"x\"><a b=\"c\">d</a></Signature></alert>",
            ),
        ),
    ] {
        assert_ne!(same, good, "{name}");
        assert_eq!(from_xml(&same), Ok(shelling()), "{name}");
    }
}

#[test]
fn a_missing_language_is_american_english() {
    let xml = to_xml(&shelling()).replace("<language>en-GB</language>", "");
    assert_eq!(
        from_xml(&xml).unwrap().infos[1].language,
        Language::implied()
    );
}

#[test]
fn errors_repeat_nothing_of_the_document() {
    let secret = "Вербове";
    let xml = to_xml(&shelling()).replace("<status>", &format!("<{secret}/><status>"));
    let error = from_xml(&xml).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret));
}

/// Offsets depend on how the XML reader counts; that they are there is enough.
fn without_offset(error: ReadError) -> ReadError {
    match error {
        ReadError::NotWellFormed { .. } => ReadError::NotWellFormed { at: 0 },
        ReadError::UnexpectedText { .. } => ReadError::UnexpectedText { at: 0 },
        ReadError::UnexpectedAttribute { .. } => ReadError::UnexpectedAttribute { at: 0 },
        other => other,
    }
}
