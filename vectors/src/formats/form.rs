//! `form.json`.

use anyhow::Result;
use lapwing_model::{Form, FormError};
use serde_json::{Value, json};

use crate::world::FORM;
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const FORM_FILE: Format = Format {
    name: "form",
    about: "Form::parse: JSON as a bulletin carries it.",
    reasons: &[
        "cap",
        "code",
        "json",
        "phrase",
        "phrase-code",
        "precision",
        "size",
        "text",
    ],
    context: || Value::Null,
    cases,
    decide,
};

fn decide(_: &Value, case: &Case) -> Result<Verdict> {
    Ok(Form::parse(&case.whole()?)
        .map(|form| value(&form))
        .map_err(|why| refusal(&why)))
}

fn value(form: &Form) -> Value {
    let kinds: Vec<Value> = form
        .kinds()
        .iter()
        .map(|k| json!({ "code": k.code, "name": k.name, "precision_m": k.precision.metres() }))
        .collect();
    let phrases: Vec<u8> = form.phrases().iter().map(|phrase| phrase.code).collect();
    json!({ "id": form.id, "version": form.version, "kinds": kinds, "phrases": phrases })
}

fn refusal(why: &FormError) -> Refusal {
    match why {
        FormError::Size(bytes) => Refusal::with("size", json!({ "bytes": bytes })),
        FormError::Json(_) => Refusal::plain("json"),
        FormError::Code(code) => Refusal::with("code", json!({ "code": code })),
        FormError::Precision { code, metres } => {
            Refusal::with("precision", json!({ "code": code, "metres": metres }))
        }
        FormError::Phrase(code) => Refusal::with("phrase", json!({ "code": code })),
        FormError::PhraseCode(code) => Refusal::with("phrase-code", json!({ "code": code })),
        FormError::Text(code) => Refusal::with("text", json!({ "code": code })),
        FormError::Cap(code) => Refusal::with("cap", json!({ "code": code })),
        _ => panic!("a new reason needs a name and a vector"),
    }
}

fn cases() -> Vec<Case> {
    let changed = |old: &str, new: &str| {
        assert!(FORM.contains(old), "the form has {old}");
        FORM.replacen(old, new, 1).into_bytes()
    };
    let case =
        |name: &str, bytes: &[u8], expect: &str, note: &str| Case::text(name, bytes, expect, note);
    let (start, end) = FORM.split_at(FORM.find("[{").expect("the list of kinds") + 1);
    let kind = &end[..end.len() - 2];
    let two = |second: &str| {
        format!(
            "{start}{kind},{}{}",
            kind.replacen("\"code\":1", second, 1),
            "]}"
        )
    };
    let filled = |bytes: usize| {
        let mut form = FORM.as_bytes().to_vec();
        form.resize(bytes, b' ');
        form
    };
    let cap = r#""cap":{"category":"Safety","urgency":"Immediate","severity":"Extreme","response":"Shelter","expires_s":3600}"#;
    let warning = changed("\"warns\":\"never\"", "\"warns\":\"officer\"");
    let warning = String::from_utf8(warning).expect("it is text");
    let complete = warning.replace("\"cap\":null", cap).replace(
        "\"instruction\":{\"uk\":\"\",\"en\":\"\"}",
        "\"instruction\":{\"uk\":\"В укриття.\",\"en\":\"Take shelter.\"}",
    );
    let phrases = |list: &[(u8, &str)]| {
        let one = |(code, en): &(u8, &str)| {
            format!(r#"{{"code":{code},"text":{{"uk":"Там діти","en":"{en}"}}}}"#)
        };
        let list: Vec<String> = list.iter().map(one).collect();
        let form = FORM.strip_suffix('}').expect("a form is an object");
        format!(r#"{form},"phrases":[{}]}}"#, list.join(",")).into_bytes()
    };
    const CHILDREN: &str = "There are children";
    vec![
        case(
            "the least form",
            FORM.as_bytes(),
            "ok",
            "one kind that never warns",
        ),
        case(
            "a form without kinds",
            format!("{start}]}}").as_bytes(),
            "ok",
            "",
        ),
        case(
            "two kinds with codes far apart",
            two("\"code\":63").as_bytes(),
            "ok",
            "",
        ),
        case(
            "a kind that an officer warns of",
            complete.as_bytes(),
            "ok",
            "with alert values and instructions",
        ),
        case(
            "spaces up to 64 KiB",
            &filled(65_536),
            "ok",
            "the size counts, the layout does not",
        ),
        case("64 KiB and a byte", &filled(65_537), "size", ""),
        case("nothing", b"", "json", ""),
        case("no UTF-8", &[b'"', 0xff, b'"'], "json", ""),
        case("an array", b"[]", "json", ""),
        case("cut off", &FORM.as_bytes()[..FORM.len() - 1], "json", ""),
        case(
            "something after the end",
            format!("{FORM}x").as_bytes(),
            "json",
            "",
        ),
        case(
            "a member that is not known",
            &changed("\"version\":1", "\"version\":1,\"colour\":2"),
            "json",
            "nothing is overlooked",
        ),
        case(
            "a kind with a member that is not known",
            &changed("\"photo\":false", "\"photo\":false,\"aim\":true"),
            "json",
            "",
        ),
        case(
            "a member missing",
            &changed("\"heading\":false,", ""),
            "json",
            "",
        ),
        case(
            "a member twice",
            &changed("\"version\":1", "\"version\":1,\"version\":2"),
            "json",
            "",
        ),
        case(
            "a negative version",
            &changed("\"version\":1", "\"version\":-1"),
            "json",
            "",
        ),
        case(
            "a language missing",
            &changed(
                "{\"uk\":\"Вибух\",\"en\":\"Explosion\"}",
                "{\"uk\":\"Вибух\"}",
            ),
            "json",
            "",
        ),
        case(
            "somebody else decides on warnings",
            &changed("\"never\"", "\"anybody\""),
            "json",
            "",
        ),
        case(
            "a count of something else",
            &changed("\"count\":null", "\"count\":\"soldiers\""),
            "json",
            "",
        ),
        case("code 0", &changed("\"code\":1", "\"code\":0"), "code", ""),
        case(
            "code 64",
            &changed("\"code\":1", "\"code\":64"),
            "code",
            "six bits of a whisper",
        ),
        case("a code twice", two("\"code\":1").as_bytes(), "code", ""),
        case(
            "finer than 10 m",
            &changed("\"precision_m\":100", "\"precision_m\":1"),
            "precision",
            "finer would serve aiming",
        ),
        case(
            "a grid of 250 m",
            &changed("\"precision_m\":100", "\"precision_m\":250"),
            "precision",
            "grids that can be intersected",
        ),
        case(
            "an empty label",
            &changed("\"label\":{\"uk\":\"Вибух\"", "\"label\":{\"uk\":\"\""),
            "text",
            "",
        ),
        case(
            "an empty event",
            &changed("\"event\":{\"uk\":\"Вибух\"", "\"event\":{\"uk\":\"\""),
            "text",
            "",
        ),
        case(
            "an empty name",
            &changed("\"name\":\"explosion\"", "\"name\":\"\""),
            "text",
            "",
        ),
        case("it warns, but says not how", warning.as_bytes(), "cap", ""),
        case(
            "it warns, but says not what to do",
            warning.replace("\"cap\":null", cap).as_bytes(),
            "cap",
            "",
        ),
        case(
            "a form with phrases",
            &phrases(&[(1, CHILDREN), (255, CHILDREN)]),
            "ok",
            "eight bits of a whisper",
        ),
        case(
            "phrase 0",
            &phrases(&[(0, CHILDREN)]),
            "phrase-code",
            "0 says none",
        ),
        case(
            "a phrase twice",
            &phrases(&[(7, CHILDREN), (7, CHILDREN)]),
            "phrase-code",
            "",
        ),
        case("an empty phrase", &phrases(&[(7, "")]), "phrase", ""),
    ]
}
