//! How sure: from independent words to a probability, and from that to an Admiralty grade.
//!
//! The probability that an incident is real starts from what one and two independent people were worth on the
//! development data (`Parameters::one_source`, `Parameters::two_sources`). Every further person multiplies the odds
//! by the same factor as the second one did, every person against divides them by it, and the whole is capped,
//! because a group can agree on a lie.

use crate::parameters::Parameters;
use crate::sighting::{HowKnown, Verdict};

/// How much a report counts by how its author knows.
pub(crate) fn first_hand(how: HowKnown) -> f32 {
    match how {
        HowKnown::Seen => 1.0,
        HowKnown::Heard => 0.8,
        HowKnown::Told => 0.4,
    }
}

/// Probability that an incident is real.
pub(crate) fn confidence(
    p: &Parameters,
    independent: f32,
    against: usize,
    verdict: Verdict,
) -> f32 {
    match verdict {
        Verdict::Confirmed => return 0.99,
        Verdict::Disputed => return 0.02,
        Verdict::Open => {}
    }
    let odds = |p: f64| (p / (1.0 - p)).ln();
    let (one, two) = (
        p.one_source.clamp(0.01, 0.99),
        p.two_sources.clamp(0.01, 0.999),
    );
    let step = (odds(two) - odds(one)).max(0.0);
    // Nobody yet: as much below one person as two are above, which meets "we know nothing" from below.
    let logit = odds(one) + (f64::from(independent) - 1.0 - against as f64) * step;
    let sure = 1.0 / (1.0 + (-logit).exp());
    sure.min(p.sure_at_most) as f32
}

/// Admiralty grade (NATO STANAG 2511): nobody here has a record by name, so the letter says how the authors know (B
/// two or more saw it, C one saw it, D heard, E told, F nobody speaks for it); the digit is credibility (1 confirmed
/// by others, 2 probable, 3 possible, 4 doubtful, 5 improbable, 6 cannot be judged).
pub(crate) fn grade(
    best: Option<HowKnown>,
    seen_by: u32,
    confidence: f32,
    independent: f32,
) -> String {
    let letter = match best {
        Some(HowKnown::Seen) if seen_by >= 2 => 'B',
        Some(HowKnown::Seen) => 'C',
        Some(HowKnown::Heard) => 'D',
        Some(HowKnown::Told) => 'E',
        None => 'F',
    };
    let digit = if best.is_none() {
        '6'
    } else if confidence >= 0.95 && independent >= 1.5 {
        '1'
    } else if confidence >= 0.85 {
        '2'
    } else if confidence >= 0.6 {
        '3'
    } else if confidence >= 0.3 {
        '4'
    } else {
        '5'
    };
    [letter, digit].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_person_is_worth_what_was_measured() {
        let p = Parameters::default();
        assert!((f64::from(confidence(&p, 1.0, 0, Verdict::Open)) - p.one_source).abs() < 1e-6);
        assert!((f64::from(confidence(&p, 2.0, 0, Verdict::Open)) - p.two_sources).abs() < 1e-6);
        assert!(confidence(&p, 2.0, 1, Verdict::Open) < confidence(&p, 2.0, 0, Verdict::Open));
        assert!(f64::from(confidence(&p, 1e6, 0, Verdict::Open)) <= p.sure_at_most + 1e-6);
    }

    #[test]
    fn a_verdict_pins_confidence_whatever_is_reported() {
        let p = Parameters::default();
        assert!(confidence(&p, 0.0, 9, Verdict::Confirmed) > 0.95);
        assert!(confidence(&p, 9.0, 0, Verdict::Disputed) < 0.05);
    }

    #[test]
    fn grades_follow_confidence() {
        assert_eq!(grade(Some(HowKnown::Seen), 2, 0.98, 2.0), "B1");
        assert_eq!(grade(Some(HowKnown::Told), 0, 0.4, 0.4), "E4");
        assert_eq!(grade(None, 0, 0.1, 0.0), "F6");
    }
}
