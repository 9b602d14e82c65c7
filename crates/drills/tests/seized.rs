//! Drill 1, small: what the table of a relay tells.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use lapwing_drills::{
    Auc,
    seized::{Kept, Rule, Truth, cover_told, crowd, linked},
};

fn table(seed: u64, witnesses: u64, rule: Rule) -> (Vec<Kept>, Vec<Truth>) {
    let sent = crowd(seed, witnesses, rule).unwrap();
    sent.into_iter()
        .map(|one| {
            let kept = Kept {
                time: one.at,
                envelope: Box::new(*one.envelope.as_bytes()),
            };
            (kept, one.truth)
        })
        .unzip()
}

fn around_chance(auc: Auc) -> bool {
    // The interval of 95 %, widened to one of 99.7 %.
    (auc.value - 0.5).abs() < 1.5 * (auc.high - auc.value)
}

#[test]
fn cover_and_real_look_alike_and_nothing_links_two_envelopes() {
    let (table, truth) = table(1, 60, Rule::Kept);
    let real = truth.iter().filter(|one| one.real).count();
    println!("{} envelopes, {real} real", table.len());
    assert!(real * 5 > table.len(), "{real} of {} are real", table.len());
    let told = cover_told(&table, &truth);
    let tied = linked(&table, &truth, 1);
    println!("cover {told:.4?}, linked {tied:.4?}");
    assert!(around_chance(told), "{told:?}");
    assert!(around_chance(tied), "{tied:?}");
}

#[test]
fn cover_that_is_made_or_stored_differently_is_caught() {
    for (rule, least) in [
        (Rule::CoverUnsealed, 0.9),
        (Rule::PaddingOpen, 0.9),
        (Rule::RealOnTheMinute, 0.9),
        (Rule::RootUnsalted, 0.52),
    ] {
        let (table, truth) = table(2, 60, rule);
        let auc = cover_told(&table, &truth);
        println!("{rule:?}, {} envelopes: {auc:.4?}", table.len());
        assert!(auc.low > least, "{rule:?}: {auc:?}");
    }
}

#[test]
fn a_phone_that_repeats_itself_is_linked() {
    for rule in [Rule::Pseudonym, Rule::ShareReused] {
        let (table, truth) = table(3, 60, rule);
        let auc = linked(&table, &truth, 3);
        println!("{rule:?}, {} envelopes: {auc:.4?}", table.len());
        assert!(auc.low > 0.9, "{rule:?}: {auc:?}");
    }
}
