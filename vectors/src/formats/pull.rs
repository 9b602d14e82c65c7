//! `pull.json`.

use anyhow::Result;
use lapwing_wire::pull::{self, PullError};
use serde_json::{Value, json};

use super::{member, number, public_key};
use crate::world::{NOW, root_key, stranger_key};
use crate::{Case, Format, Refusal, Verdict};

pub(crate) const PULL: Format = Format {
    name: "pull",
    about: "pull::verify (RFC 9421) with the desk's root key `root_key`: `query` is without the question mark, `now` the relay's clock.",
    reasons: &["form", "input", "signature", "time"],
    context: || json!({ "root_key": hex::encode(root_key().verifying_key().as_bytes()) }),
    cases,
    decide,
};

fn decide(context: &Value, case: &Case) -> Result<Verdict> {
    let key = public_key(context, "root_key")?;
    let input = Value::Object(case.members()?.clone());
    let text = |name: &str| member(&input, name);
    let verdict = pull::verify(
        &key,
        text("path")?,
        text("query")?,
        text("signature_input")?,
        text("signature")?,
        number(&input, "now")?,
    );
    Ok(verdict.map(|()| json!({})).map_err(|why| {
        Refusal::plain(match why {
            PullError::Input => "input",
            PullError::Time => "time",
            PullError::Form => "form",
            PullError::Signature => "signature",
            _ => panic!("a new reason needs a name and a vector"),
        })
    }))
}

fn cases() -> Vec<Case> {
    const PATH: &str = "/v1/envelopes";
    const QUERY: &str = "after=3&limit=10";
    let good = pull::sign(&root_key(), PATH, QUERY, NOW);
    let (input, signature) = (good.signature_input.as_str(), good.signature.as_str());
    let case = |name: &str,
                path: &str,
                query: &str,
                input: &str,
                signature: &str,
                now: i64,
                expect: &str,
                note: &str| {
        let members = json!({ "path": path, "query": query, "signature_input": input, "signature": signature, "now": now });
        Case::input(name, members, expect, note)
    };
    let at = |name: &str, now: i64, expect: &str| {
        case(name, PATH, QUERY, input, signature, now, expect, "")
    };
    let with = |name: &str, input: &str, expect: &str, note: &str| {
        case(name, PATH, QUERY, input, signature, NOW, expect, note)
    };
    let sent = |name: &str, signature: &str, expect: &str, note: &str| {
        case(name, PATH, QUERY, input, signature, NOW, expect, note)
    };
    let no_query = pull::sign(&root_key(), PATH, "", NOW);
    let stranger = pull::sign(&stranger_key(), PATH, QUERY, NOW);
    vec![
        at("the desk's own pull", NOW, "ok"),
        at("a pull made 300 s ago", NOW + 300, "ok"),
        at("a pull made 300 s ahead", NOW - 300, "ok"),
        case(
            "a pull without a query",
            PATH,
            "",
            &no_query.signature_input,
            &no_query.signature,
            NOW,
            "ok",
            "`@query` is then `?` (RFC 9421 2.2.7)",
        ),
        at("a pull made 301 s ago", NOW + 301, "time"),
        at("a pull made 301 s ahead", NOW - 301, "time"),
        with(
            "a time of 64 bits",
            &input.replace("1790000000", "9223372036854775808"),
            "input",
            "",
        ),
        with(
            "the largest time",
            &input.replace("1790000000", "9223372036854775807"),
            "time",
            "no overflow",
        ),
        with("no signature input", "", "input", ""),
        with(
            "another label",
            &input.replacen("desk=", "sig1=", 1),
            "input",
            "",
        ),
        with(
            "fewer components",
            &input.replace(" \"@query\"", ""),
            "input",
            "else the query could be changed",
        ),
        with(
            "more components",
            &input.replace("\"@query\"", "\"@query\" \"date\""),
            "input",
            "",
        ),
        with(
            "components in another order",
            &input.replace("\"@method\" \"@path\"", "\"@path\" \"@method\""),
            "input",
            "",
        ),
        with("a space after it", &format!("{input} "), "input", ""),
        with(
            "another algorithm",
            &input.replace("ed25519", "hmac-sha256"),
            "input",
            "",
        ),
        with(
            "another key",
            &input.replace("keyid=\"desk\"", "keyid=\"other\""),
            "input",
            "",
        ),
        with("a nonce", &format!("{input};nonce=\"a\""), "input", ""),
        with(
            "no time",
            &input.replace(";created=1790000000", ""),
            "input",
            "",
        ),
        with(
            "a time with a sign",
            &input.replace("created=", "created=+"),
            "input",
            "one form",
        ),
        with(
            "a time before 1970",
            &input.replace("created=", "created=-"),
            "input",
            "",
        ),
        with(
            "a time as text",
            &input.replace("1790000000", "\"1790000000\""),
            "input",
            "",
        ),
        with(
            "a time one second later",
            &input.replace("1790000000", "1790000001"),
            "signature",
            "",
        ),
        with(
            "a time with a leading zero",
            &input.replace("created=", "created=0"),
            "signature",
            "the same number, other bytes than were signed",
        ),
        sent("no signature", "", "form", ""),
        sent(
            "another label on the signature",
            &signature.replacen("desk=", "sig1=", 1),
            "form",
            "",
        ),
        sent("an empty signature", "desk=::", "form", ""),
        sent("a short signature", "desk=:AAAA:", "form", ""),
        sent(
            "a signature without padding",
            &signature.replace("==", ""),
            "form",
            "one form of base64 (RFC 4648 3.5)",
        ),
        sent(
            "a signature without colons",
            &signature.replace(':', ""),
            "form",
            "",
        ),
        sent(
            "a signature of zeros",
            &format!("desk=:{}==:", "A".repeat(86)),
            "signature",
            "",
        ),
        case(
            "another query",
            PATH,
            "after=2&limit=10",
            input,
            signature,
            NOW,
            "signature",
            "",
        ),
        case(
            "another path",
            "/v1/bulletin",
            QUERY,
            input,
            signature,
            NOW,
            "signature",
            "",
        ),
        case(
            "another desk's pull",
            PATH,
            QUERY,
            &stranger.signature_input,
            &stranger.signature,
            NOW,
            "signature",
            "",
        ),
    ]
}
