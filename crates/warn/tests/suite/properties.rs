//! For all inputs: nothing panics, and what is accepted is valid and stable.

use lapwing_warn::*;
use proptest::prelude::*;

use crate::fixtures::{everything, shelling};
use crate::schema::objections;

/// Whatever is accepted is valid by the schema, and writing it is stable.
fn accepted_is_valid(xml: &str) -> Result<(), TestCaseError> {
    if let Ok(alert) = from_xml(xml) {
        prop_assert_eq!(objections(xml), [""; 0]);
        let written = to_xml(&alert);
        prop_assert_eq!(objections(&written), [""; 0]);
        prop_assert_eq!(from_xml(&written), Ok(alert.clone()));
        let _: Vec<Violation> = validate(&alert);
    }
    Ok(())
}

fn any_text() -> impl Strategy<Value = Text> {
    "\\PC{1,40}|[ -~\t\r\n]{1,40}".prop_filter_map("blank or not XML", |text| Text::new(text).ok())
}

fn any_token() -> impl Strategy<Value = Token> {
    "[a-zA-Z0-9:'\">;._@/-]{1,20}".prop_filter_map("not a token", |token| Token::new(token).ok())
}

prop_compose! {
    fn any_circle()(lat in -90.0..=90.0, lon in -180.0..=180.0, metres in 0..20_000_000_u32) -> Circle {
        Circle::new(Point::new(lat, lon).unwrap(), metres).unwrap()
    }
}

prop_compose! {
    fn any_alert()(
        tokens in (any_token(), any_token(), any_token()),
        times in proptest::collection::vec(-62_135_596_800..253_402_300_800_i64, 3),
        texts in proptest::collection::vec(any_text(), 7),
        items in proptest::collection::vec("[^\"\\p{C}]{1,9}".prop_filter_map("blank", |s| Text::new(s).ok()), 0..4),
        circle in any_circle(),
        category in proptest::sample::select(Category::ALL),
        msg_type in proptest::sample::select(MsgType::ALL),
    ) -> Alert {
        let [sent, earlier, expires] = times.iter().map(|t| Time::from_unix(*t).unwrap()).collect::<Vec<_>>().try_into().unwrap();
        let mut fields = shelling().into_fields();
        fields.references = vec![Reference { sent: earlier, sender: tokens.2, identifier: Token::new("earlier").unwrap() }];
        (fields.identifier, fields.sender, fields.sent, fields.msg_type) = (tokens.0, tokens.1, sent, msg_type);
        fields.scope = Scope::Restricted(texts[0].clone());
        fields.source = Some(texts[1].clone());
        fields.note = Some(texts[2].clone());
        fields.addresses = items.clone();
        fields.incidents = items;
        let info = &mut fields.infos[0];
        info.event = texts[3].clone();
        info.headline = Some(texts[4].clone());
        info.categories = vec![category];
        info.expires = Some(expires);
        info.parameters = vec![Named { name: texts[5].clone(), value: None }];
        info.areas[0].description = texts[6].clone();
        info.areas[0].circles = vec![circle];
        Alert::new(fields).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn any_alert_is_valid_and_reads_back(alert in any_alert()) {
        let xml = to_xml(&alert);
        prop_assert_eq!(objections(&xml), [""; 0]);
        prop_assert_eq!(from_xml(&xml), Ok(alert));
    }

    #[test]
    fn any_text_is_an_alert_or_an_error(text in ".{0,200}") {
        accepted_is_valid(&text)?;
    }

    #[test]
    fn any_bytes_are_an_alert_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        accepted_is_valid(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn anything_that_looks_like_xml_is_an_alert_or_an_error(
        parts in proptest::collection::vec(proptest::sample::select(&[
            "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">", "</alert>", "<info>", "</info>",
            "<sent>", "<![CDATA[", "]]>", "<!--", "-->", "<?", "?>", "&amp;", "&#", ";", "<", ">", "\"", " x=",
            "xmlns:", "<a:b/>", "\u{feff}", "<!DOCTYPE", "é",
        ][..]), 0..30),
    ) {
        accepted_is_valid(&parts.concat())?;
    }

    /// Lines of a good document moved, doubled, dropped: mostly well-formed.
    #[test]
    fn a_document_with_lines_changed_is_valid_or_refused(
        changes in proptest::collection::vec((0..120_usize, 0..120_usize, 0..3_u8), 1..4),
        all in any::<bool>(),
    ) {
        let xml = to_xml(&if all { everything() } else { shelling() });
        let mut lines: Vec<&str> = xml.lines().collect();
        for (from, to, what) in changes {
            let (from, to) = (from % lines.len(), to % lines.len());
            match what {
                0 => lines.swap(from, to),
                1 => lines.insert(to, lines[from]),
                _ => drop(lines.remove(from)),
            }
        }
        accepted_is_valid(&lines.join("\n"))?;
    }

    /// Characters of a good document changed, so that values are nearly right.
    #[test]
    fn a_document_with_characters_changed_is_valid_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), "[-+ 0-9A-Za-z<>&;,.\"'/]|\\PC|\\x01"), 1..4),
        all in any::<bool>(),
    ) {
        let mut chars: Vec<char> = to_xml(&if all { everything() } else { shelling() }).chars().collect();
        for (at, with) in changes {
            let at = at.index(chars.len());
            chars.splice(at..=at, with.chars());
        }
        accepted_is_valid(&chars.into_iter().collect::<String>())?;
    }

    #[test]
    fn a_document_cut_short_is_refused(cut in any::<prop::sample::Index>()) {
        let xml = to_xml(&shelling());
        let end = xml.trim_end().char_indices().nth(cut.index(xml.trim_end().chars().count())).unwrap().0;
        prop_assert!(from_xml(&xml[..end]).is_err());
    }
}
