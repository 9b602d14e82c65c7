//! Drill 1, small: what the table of a relay tells.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use lapwing_drills::{
    Auc,
    seized::{
        Habit, Kept, Published, Rule, Truth, answer_matched, cover_told, crowd, few_told, linked,
    },
};

fn table(seed: u64, witnesses: u64, habit: Habit, rule: Rule) -> (Vec<Kept>, Vec<Truth>) {
    let sent = crowd(seed, witnesses, habit, rule).unwrap();
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
    let (steady, truth) = table(1, 40, Habit::Steady, Rule::Kept);
    let real = truth.iter().filter(|one| one.real).count();
    println!("{} envelopes, {real} real", steady.len());
    assert!(
        real * 20 > steady.len(),
        "{real} of {} are real",
        steady.len()
    );
    let told = cover_told(&steady, &truth).by_all;
    let (opening, truth) = table(1, 40, Habit::Opening, Rule::Kept);
    let beyond = cover_told(&opening, &truth).beyond_rhythm;
    let tied = linked(&opening, &truth, 1, 4_000).as_far_apart;
    println!("cover {told:.4?}, beyond the rhythm {beyond:.4?}, linked {tied:.4?}");
    for auc in [told, beyond, tied] {
        assert!(around_chance(auc), "{auc:?}");
    }
}

#[test]
fn cover_that_is_made_or_stored_differently_is_caught() {
    for (rule, least) in [
        (Rule::CoverUnsealed, 0.9),
        (Rule::PaddingOpen, 0.9),
        (Rule::RealOnTheMinute, 0.9),
        (Rule::RootUnsalted, 0.52),
    ] {
        let (table, truth) = table(2, 40, Habit::Opening, rule);
        let told = cover_told(&table, &truth);
        println!("{rule:?}, {} envelopes: {told:.4?}", table.len());
        for auc in [told.by_all, told.beyond_rhythm] {
            assert!(auc.low > least, "{rule:?}: {auc:?}");
        }
    }
}

#[test]
fn a_phone_that_repeats_itself_is_linked() {
    for rule in [Rule::Pseudonym, Rule::ShareReused] {
        let (table, truth) = table(3, 20, Habit::Opening, rule);
        let auc = linked(&table, &truth, 3, 2_000).as_far_apart;
        println!("{rule:?}, {} envelopes: {auc:.4?}", table.len());
        assert!(auc.low > 0.9, "{rule:?}: {auc:?}");
    }
}

#[test]
fn at_a_relay_without_company_times_tell_when_somebody_reports() {
    let auc = few_told(4, 40, 3, Habit::Opening);
    println!("{auc:.4?}");
    assert!(auc.low > 0.6, "{auc:?}");
}

#[test]
fn drops_do_not_say_whom_they_answer_and_careless_ones_do() {
    let (table, truth) = table(5, 40, Habit::Opening, Rule::Kept);
    let matched = |published| {
        let auc = answer_matched(6, &table, &truth, 16, published);
        println!("{published:?}: {auc:.4?}");
        auc
    };
    let built = matched(Published::AsBuilt);
    assert!(around_chance(built), "{built:?}");
    for careless in [Published::HintOfEnvelope, Published::OnlyNews] {
        assert!(matched(careless).low > 0.55, "{careless:?}");
    }
}
