//! What holds for any sightings whatever.

use std::collections::BTreeMap;

use lapwing_fuse::{
    Change, Fuse, HowKnown, IncidentId, Parameters, Sighting, Verdict, label_all, measures,
};
use proptest::prelude::*;

/// Sightings that crowd together, so that joining, moving, merging and closing all happen.
fn crowded() -> impl Strategy<Value = Sighting> {
    (
        0u64..60,
        0i64..9_000,
        -400i64..4_000,
        -6.0f64..6.0,
        -6.0f64..6.0,
        0u8..40,
        0u64..12,
        0.0f32..4_000.0,
    )
        .prop_map(|(report, at, ago, x, y, kind, source, unc_m)| Sighting {
            report,
            at: 1_665_403_200 + at,
            seen: 1_665_403_200 + at - ago,
            seen_unc_s: if source == 3 { 900 } else { 0 },
            lat: 48.0 + y / 110.0,
            lon: 180.0 + x / 74.0,
            unc_m,
            kind,
            source,
            heading: Some(kind),
            how_known: HowKnown::Heard,
        })
}

/// Any bits at all.
fn wild() -> impl Strategy<Value = Sighting> {
    let number = prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(90.0),
        Just(-180.0)
    ];
    let time = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), 0i64..9_000];
    (
        any::<u64>(),
        time.clone(),
        time,
        any::<u32>(),
        number.clone(),
        number,
        any::<f32>(),
        any::<u8>(),
    )
        .prop_map(
            |(report, at, seen, seen_unc_s, lat, lon, unc_m, kind)| Sighting {
                report,
                at,
                seen,
                seen_unc_s,
                lat,
                lon,
                unc_m,
                kind: kind % 30,
                source: report % 5,
                heading: None,
                how_known: HowKnown::Told,
            },
        )
}

/// Follows the changes as a desk would and checks at each step that they tell the same as the engine.
struct Follower {
    fuse: Fuse,
    label: BTreeMap<u64, IncidentId>,
    ended: Vec<IncidentId>,
}

impl Follower {
    fn apply(&mut self, change: Change) {
        for c in change.closed {
            assert!((0.0..=1.0).contains(&c.confidence) && c.lat.is_finite() && c.lon.is_finite());
            self.ended.push(c.id);
            for v in c.reports {
                // Quiet reports stand in several incidents and are in none.
                if let Some(id) = self.label.remove(&v.report) {
                    assert_eq!(id, c.id, "a closed incident holds what the changes said");
                }
            }
        }
        for (report, id) in change.moved {
            assert!(
                self.label.insert(report, id).is_some(),
                "only known reports move"
            );
        }
        for (from, into) in change.gone {
            assert_ne!(from, into);
            assert!(!self.ended.contains(&from), "an incident ends once");
            self.ended.push(from);
        }
        for id in change.touched {
            let incident = self.fuse.incident(id).expect("touched incidents are live");
            assert!((0.0..=1.0).contains(&incident.confidence) && incident.radius_m.is_finite());
            assert!(incident.sources >= 1 && !incident.reports.is_empty());
        }
    }

    fn check(&self) {
        let mut held = BTreeMap::new();
        for incident in self.fuse.incidents() {
            assert!(
                !self.ended.contains(&incident.id),
                "numbers are not used again"
            );
            for v in incident
                .reports
                .iter()
                .filter(|v| self.fuse.incident_of(v.report) == Some(incident.id))
            {
                assert_eq!(held.insert(v.report, incident.id), None, "one label each");
            }
        }
        assert_eq!(held, self.label);
        assert_eq!(self.fuse.live().1, self.label.len());
    }
}

fn follow(sightings: &[Sighting]) -> Follower {
    let mut f = Follower {
        fuse: Fuse::new(Parameters::default()),
        label: BTreeMap::new(),
        ended: Vec::new(),
    };
    for s in sightings {
        let known = f.fuse.incident_of(s.report).is_some();
        let mut change = f.fuse.report(s);
        // Closing comes first, so that a number that has just been forgotten may come again.
        let rest = Change {
            closed: std::mem::take(&mut change.closed),
            ..Change::default()
        };
        f.apply(rest);
        if let Some(id) = change.incident
            && s.kind != 24
            && !(known && f.label.contains_key(&s.report))
        {
            f.label.insert(s.report, id);
        }
        f.apply(change);
    }
    f
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn changes_tell_all_that_happens(sightings in prop::collection::vec(crowded(), 1..90)) {
        follow(&sightings).check();
    }

    #[test]
    fn any_bits_are_taken(sightings in prop::collection::vec(wild(), 1..60)) {
        let mut f = follow(&sightings);
        f.check();
        for id in f.fuse.incidents().iter().map(|i| i.id).collect::<Vec<_>>() {
            prop_assert!(f.fuse.verdict(id, Verdict::Confirmed).is_some());
        }
        let change = f.fuse.advance(i64::MAX);
        f.apply(change);
        prop_assert_eq!(f.fuse.live(), (0, 0));
    }

    #[test]
    fn every_report_has_one_label_and_labels_repeat(sightings in prop::collection::vec(crowded(), 1..90)) {
        let a = label_all(&sightings, Parameters::default());
        prop_assert_eq!(a.on_arrival.len(), sightings.len());
        prop_assert_eq!(a.last.len(), sightings.len());
        prop_assert_eq!(&a, &label_all(&sightings, Parameters::default()));
    }

    #[test]
    fn measures_stay_in_range(rows in prop::collection::vec((0u64..9, 0u64..9, 0u64..5), 0..60)) {
        let column = |i: usize| rows.iter().map(|r| [r.0, r.1, r.2][i]).collect::<Vec<_>>();
        let (truth, found, source) = (column(0), column(1), column(2));
        for a in [measures::pairs(&truth, &found), measures::b_cubed(&truth, &found)] {
            prop_assert!((0.0..=1.0).contains(&a.p) && (0.0..=1.0).contains(&a.r));
            prop_assert!(a.f1 >= a.p.min(a.r) - 1e-9 && a.f1 <= a.p.max(a.r) + 1e-9);
        }
        let s = measures::source_counts(&truth, &found, &source);
        prop_assert!((0.0..=1.0).contains(&s.exact) && s.exact <= s.within1);
        prop_assert!((0.0..=1.0).contains(&s.corrob_precision) && (0.0..=1.0).contains(&s.corrob_recall));
    }
}
