//! First drafts and the words of a cancellation.

use lapwing_warn::*;

use crate::fixtures::{SENT, input, language, shelling, story, text, texts, time};

#[test]
fn a_draft_needs_no_correction() {
    assert_eq!(validate(&shelling()), []);
    for alert in story() {
        assert_eq!(validate(&alert), []);
    }
}

#[test]
fn confidence_becomes_certainty() {
    for (confidence, expected) in [
        (1.0, Some(Certainty::Observed)),
        (0.9, Some(Certainty::Observed)),
        (0.899, Some(Certainty::Likely)),
        (0.5, Some(Certainty::Likely)),
        (0.499, Some(Certainty::Possible)),
        (0.0, Some(Certainty::Possible)),
        (-0.1, None),
        (1.1, None),
        (f64::NAN, None),
    ] {
        assert_eq!(certainty(confidence), expected, "{confidence}");
    }
}

#[test]
fn both_languages_say_the_same() {
    let alert = shelling();
    let uk = alert.info_for(&language("uk")).unwrap();
    let en = alert.info_for(&language("en")).unwrap();
    assert_eq!(uk.headline, Some(text("Обстріл: Вербове")));
    assert_eq!(en.headline, Some(text("Shelling: Verbove")));
    let description = |info: &Info| info.description.clone().unwrap().to_string();
    assert_eq!(
        description(uk),
        "Обстріл: Вербове. Це підтверджено. Попередження діє в радіусі близько 3,5 км."
    );
    assert_eq!(
        description(en),
        "Shelling: Verbove. This is confirmed. The warning covers the area within about 3.5 km."
    );
    assert_eq!(uk.areas[0].circles, en.areas[0].circles);
    assert_eq!(uk.expires, Some(time(SENT + 7_200)));
}

#[test]
fn what_is_not_confirmed_is_not_said_to_be() {
    for (confidence, words) in [
        (0.7, "likely but not confirmed"),
        (0.2, "possible but not confirmed"),
    ] {
        let alert = draft(
            &DraftInput {
                confidence,
                ..input()
            },
            &texts(),
        )
        .unwrap();
        let said = alert.infos[1].description.clone().unwrap();
        assert!(said.as_str().contains(words), "{said}");
    }
}

#[test]
fn radii_are_said_in_round_numbers() {
    for (metres, words) in [
        (300, "about 300 m."),
        (1_000, "about 1 km."),
        (2_449, "about 2.4 km."),
        (9_950, "about 10 km."),
    ] {
        let circle = Circle::new(input().circle.centre(), metres).unwrap();
        let alert = draft(&DraftInput { circle, ..input() }, &texts()).unwrap();
        let said = alert.infos[1].description.clone().unwrap();
        assert!(said.as_str().ends_with(words), "{said}");
    }
}

#[test]
fn an_exercise_says_so_in_the_headline_once() {
    let exercise = DraftInput {
        status: Status::Exercise,
        note: Some(text("Autumn 2022")),
        ..input()
    };
    let alert = draft(&exercise, &texts()).unwrap();
    assert_eq!(
        alert.infos[0].headline,
        Some(text("НАВЧАННЯ. Обстріл: Вербове"))
    );
    let infos = cancelled(&alert, time(SENT + 1), Cancellation::Over).unwrap();
    assert_eq!(
        infos[1].headline,
        Some(text("EXERCISE. Cancelled: Shelling: Verbove"))
    );
}

#[test]
fn a_mistake_is_not_an_all_clear() {
    let alert = shelling();
    let over = cancelled(&alert, time(SENT + 1), Cancellation::Over).unwrap();
    let mistaken = cancelled(&alert, time(SENT + 1), Cancellation::Mistaken).unwrap();
    assert_eq!(over[0].response_types, [ResponseType::AllClear]);
    assert_eq!(mistaken[0].response_types, [ResponseType::None]);
    for info in over.iter().chain(&mistaken) {
        assert_eq!(
            (info.urgency, info.instruction.clone()),
            (Urgency::Past, None)
        );
        assert_eq!(info.expires, alert.expires());
    }
    assert_eq!(
        cancelled(&alert, time(SENT + 8_000), Cancellation::Over).unwrap()[0].expires,
        None
    );
}

#[test]
fn bad_input_is_refused_exactly() {
    let english = texts().remove(1);
    let polish = DraftTexts {
        language: language("pl"),
        ..english.clone()
    };
    let refused = |input: DraftInput, texts: &[DraftTexts]| draft(&input, texts).unwrap_err();
    assert_eq!(refused(input(), &[]), DraftError::NoTexts);
    assert_eq!(
        refused(input(), &[english.clone(), polish]),
        DraftError::NoTemplate { index: 1 }
    );
    assert_eq!(
        refused(input(), &[english.clone(), english]),
        DraftError::LanguageRepeated { index: 1 }
    );
    assert_eq!(
        refused(
            DraftInput {
                confidence: f64::NAN,
                ..input()
            },
            &texts()
        ),
        DraftError::Confidence
    );
    assert_eq!(
        refused(
            DraftInput {
                expires: time(SENT),
                ..input()
            },
            &texts()
        ),
        DraftError::Expired
    );
}
