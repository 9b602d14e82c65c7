//! Drill 4: who reported, from the traffic of an app?

use lapwing_drills::{
    Auc,
    tapped::{Rule, guess, simulate},
};

fn drill(seed: u64, apps: u64, rule: Rule) -> Auc {
    let captures = simulate(seed, apps, 4, rule);
    let auc = guess(&captures);
    println!("{rule:?}, {} app-epochs: {auc:.4?}", captures.len());
    auc
}

#[test]
fn who_reported_is_not_seen_from_20_000_app_epochs_on_the_schedule() {
    // Half of them teach the attacker, the other half is judged.
    let captures = simulate(1, 10_300, 4, Rule::Kept);
    assert!(captures.len() >= 40_500, "{}", captures.len());
    let reported = captures.iter().filter(|capture| capture.reported).count();
    assert!(reported * 5 > captures.len() * 2, "{reported} reported");
    let auc = guess(&captures);
    println!("Kept, {} app-epochs: {auc:.4?}", captures.len());
    assert!(auc.is_chance(0.02), "{auc:?}");
}

#[test]
fn whoever_breaks_the_schedule_is_caught() {
    for (rule, at_least) in [
        (Rule::AtOnce, 0.95),
        (Rule::SkippedAfterReal, 0.9),
        (Rule::SealedWhenNeeded, 0.9),
        (Rule::RetriedWhenReal, 0.505),
    ] {
        let auc = drill(2, 2_000, rule);
        assert!(auc.low > at_least, "{rule:?}: {auc:?}");
    }
}

#[test]
fn what_people_give_away_themselves_is_measured() {
    let urgent = drill(3, 1_000, Rule::Urgent);
    assert!(urgent.low > 0.6, "{urgent:?}");
    let opened = drill(3, 5_000, Rule::OpenedToReport);
    assert!(opened.low > 0.48 && opened.high < 0.56, "{opened:?}");
}

#[test]
#[ignore = "long; cargo xtask soak tapped"]
fn soak_tapped_finds_nothing_in_two_hundred_thousand_app_epochs() {
    let auc = drill(4, 101_000, Rule::Kept);
    assert!(auc.is_chance(0.006), "{auc:?}");
}
