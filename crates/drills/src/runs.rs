//! One function a drill.

mod captured;
mod careless;
mod desk;
mod memory;
mod relay;

use lapwing_drills::{
    Auc,
    tapped::{Rule, guess, simulate},
};
use lapwing_issuer::Signer;
use lapwing_linkage::{Client, Linkage, link};
use serde_json::{Value, json};

pub(crate) use captured::captured;
pub(crate) use careless::{Careless, careless};
pub(crate) use desk::desk;
pub(crate) use memory::memory;
pub(crate) use relay::relay;

/// What the contract allows.
const BOUND: f64 = 0.02;

/// Prints a finding. `more` is an object.
fn tell(name: &str, measure: &str, (value, bound): (f64, f64), control_caught: bool, more: &Value) {
    let mut line = json!({
        "name": name,
        "measure": measure,
        "value": short(value),
        "bound": short(bound),
        "held": value <= bound,
        "control_caught": control_caught,
    });
    if let (Some(line), Some(more)) = (line.as_object_mut(), more.as_object()) {
        line.extend(more.clone());
    }
    println!("{line}");
}

/// Prints a finding about guessing.
fn tell_auc(name: &str, measure: &str, auc: Auc, quick: bool, controls: &[(&str, bool)], n: Value) {
    let value = (auc.low - 0.5).abs().max((auc.high - 0.5).abs());
    let half = auc.high - auc.value;
    let bound = if quick { BOUND.max(2.6 * half) } else { BOUND };
    let caught: serde_json::Map<String, Value> = controls
        .iter()
        .map(|&(name, is)| (name.to_owned(), is.into()))
        .collect();
    tell(
        name,
        &format!("{measure}: farther end of the 95 % interval of the AUC, from 0.5"),
        (value, bound),
        controls.iter().all(|&(_, caught)| caught),
        &json!({
            "auc": short(auc.value),
            "low": short(auc.low),
            "high": short(auc.high),
            "of": n,
            "controls": caught,
        }),
    );
}

/// An interval that is stated, not held to a bound.
fn shown(auc: Auc) -> Value {
    json!([auc.value, auc.low, auc.high].map(short))
}

/// With no more digits than it has.
fn short(figure: f64) -> f64 {
    (figure * 1e4).round() / 1e4
}

/// Drill 4.
pub(crate) fn tapped(quick: bool) -> anyhow::Result<()> {
    // Half of the apps teach the attacker; the others are judged.
    let (apps, broken) = if quick { (1_000, 400) } else { (10_300, 2_000) };
    let captures = simulate(1, apps, 4, Rule::Kept);
    let auc = guess(&captures);
    let caught = |rule, least| guess(&simulate(2, broken, 4, rule)).low > least;
    // Urgent reports show, and that is stated; it is here to be seen, not to be held.
    let urgent = guess(&simulate(3, broken / 2, 4, Rule::Urgent));
    let mut controls = vec![
        ("report leaves at once", caught(Rule::AtOnce, 0.9)),
        (
            "tick left out after a report",
            caught(Rule::SkippedAfterReal, 0.8),
        ),
        (
            "cover sealed when needed",
            caught(Rule::SealedWhenNeeded, 0.8),
        ),
        ("everybody calls it urgent", urgent.low > 0.55),
    ];
    if !quick {
        // Shows in few app-weeks only: too few in a small run.
        controls.push((
            "lost report sent again at once",
            caught(Rule::RetriedWhenReal, 0.505),
        ));
    }
    let bytes: u64 = captures
        .iter()
        .flat_map(|capture| &capture.requests)
        .map(|seen| u64::from(seen.up) + u64::from(seen.down))
        .sum();
    tell_auc(
        "network-tapped",
        "who reported, from an app's traffic of a week",
        auc,
        quick,
        &controls,
        json!({
            "app_epochs": captures.len(),
            "mb_an_app_epoch": short(bytes as f64 / 1e6 / captures.len() as f64),
            "auc_if_urgent": shown(urgent),
            "auc_if_opened_to_report": shown(guess(&simulate(3, broken, 4, Rule::OpenedToReport))),
        }),
    );
    Ok(())
}

/// Drill 5.
pub(crate) fn issuer(quick: bool) -> anyhow::Result<()> {
    let keys = [Signer::generate()?, Signer::generate()?];
    let batches = if quick { 40 } else { 1_250 };
    let shipped = link(Client::Shipped, &keys, batches, 1)?;
    let caught = |client| -> anyhow::Result<bool> {
        let linked = link(client, &keys, 12, 2)?;
        Ok(linked.low > 0.55)
    };
    let controls = [
        ("randomness repeated", caught(Client::RepeatedRandomness)?),
        ("factors of 64 bits", caught(Client::SmallFactor)?),
        ("a key for every second phone", caught(Client::TaggedKey)?),
    ];
    let Linkage {
        auc,
        low,
        high,
        comparisons,
        feature,
    } = shipped;
    let auc = Auc {
        value: auc,
        low,
        high,
    };
    tell_auc(
        "issuer-and-relay",
        "a pass and its issuance, against another issuance",
        auc,
        quick,
        &controls,
        json!({"comparisons": comparisons, "best_feature": feature}),
    );
    Ok(())
}
