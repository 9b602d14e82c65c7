//! Small scenes with a known answer, without any file.

use lapwing_fuse::{
    Fuse, HowKnown, IncidentId, KindTable, Parameters, Shape, Sighting, Stance, Verdict, label_all,
};

const EXPLOSION: u8 = 1;
const DRONE: u8 = 4;
const FLOOD: u8 = 22;
const QUIET: u8 = 24;
const NOON: i64 = 1_665_403_217;

/// A report sent a minute after its stated time, by a person of its own.
fn sighting(report: u64, seen: i64, east_km: f64, north_km: f64, kind: u8) -> Sighting {
    Sighting {
        report,
        at: seen + 60,
        seen,
        seen_unc_s: 0,
        lat: 48.5 + north_km / 110.574,
        lon: 35.0 + east_km / (111.320 * 48.5_f64.to_radians().cos()),
        unc_m: 400.0,
        kind,
        source: 1_000 + report,
        heading: None,
        how_known: HowKnown::Seen,
    }
}

fn run(fuse: &mut Fuse, sightings: &[Sighting]) -> Vec<IncidentId> {
    sightings
        .iter()
        .map(|s| {
            fuse.report(s)
                .incident
                .expect("these reports start or join an incident")
        })
        .collect()
}

fn fuse() -> Fuse {
    Fuse::new(Parameters::default())
}

#[test]
fn several_people_report_one_explosion() {
    let mut f = fuse();
    let s = [
        sighting(1, NOON, 0.0, 0.0, EXPLOSION),
        sighting(2, NOON + 40, 0.4, 0.1, EXPLOSION),
        sighting(3, NOON + 90, -0.3, 0.3, EXPLOSION),
    ];
    let ids = run(&mut f, &s);
    assert!(ids.iter().all(|id| *id == ids[0]));
    let incident = f.incident(ids[0]).unwrap();
    assert_eq!(incident.sources, 3);
    assert_eq!(incident.kind, EXPLOSION);
    assert!(incident.confidence > 0.95);
    assert_eq!(incident.grade, "B1");
    assert!((NOON - 200..NOON + 20).contains(&incident.when));
    assert!(incident.radius_m > 100.0 && incident.radius_m < 600.0);
}

#[test]
fn two_salvoes_minutes_apart_at_one_place_stay_two() {
    let mut f = fuse();
    let first: Vec<_> = (0..4)
        .map(|i| sighting(i, NOON + 15 * i as i64, 0.1 * i as f64, 0.0, EXPLOSION))
        .collect();
    let second: Vec<_> = (10..14)
        .map(|i| {
            sighting(
                i,
                NOON + 900 + 15 * i as i64,
                0.1 * (i - 10) as f64,
                0.0,
                EXPLOSION,
            )
        })
        .collect();
    let a = run(&mut f, &first);
    let b = run(&mut f, &second);
    assert!(a.iter().all(|id| *id == a[0]) && b.iter().all(|id| *id == b[0]));
    assert_ne!(a[0], b[0]);
}

#[test]
fn ten_reports_by_one_person_count_once() {
    let mut f = fuse();
    let mut s = Vec::new();
    for i in 0..40 {
        let mut x = sighting(
            i,
            NOON + 7 * i as i64 % 60,
            0.02 * (i % 5) as f64,
            0.01 * (i % 3) as f64,
            EXPLOSION,
        );
        x.at = NOON + 60 + 30 * i as i64;
        x.source = 7;
        s.push(x);
    }
    let ids = run(&mut f, &s);
    assert!(ids.iter().all(|id| *id == ids[0]));
    let incident = f.incident(ids[0]).unwrap();
    assert_eq!(incident.sources, 1);
    assert_eq!(incident.reports.len(), 40);
    assert_eq!(
        incident
            .reports
            .iter()
            .filter(|v| v.repeat_of.is_none())
            .count(),
        1
    );
    let mut alone = fuse();
    let id = alone.report(&s[0]).incident.unwrap();
    assert_eq!(incident.confidence, alone.incident(id).unwrap().confidence);
}

#[test]
fn one_person_who_reports_another_place_starts_another_incident() {
    let mut f = fuse();
    let a = sighting(1, NOON, 0.0, 0.0, EXPLOSION);
    let b = Sighting {
        source: a.source,
        ..sighting(2, NOON + 120, 1.6, 0.0, EXPLOSION)
    };
    let ids = run(&mut f, &[a, b]);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_clock_an_hour_wrong_still_finds_its_incident() {
    let mut f = fuse();
    let mut s: Vec<_> = (0..3)
        .map(|i| sighting(i, NOON + 20 * i as i64, 0.1 * i as f64, 0.0, EXPLOSION))
        .collect();
    // An hour fast: the stated time lies after the arrival.
    let mut fast = sighting(9, NOON + 30, 0.1, 0.1, EXPLOSION);
    fast.seen += 3_600;
    s.push(fast);
    let ids = run(&mut f, &s);
    assert_eq!(ids[3], ids[0]);
}

#[test]
fn a_report_that_comes_an_hour_late_joins_what_it_describes() {
    let mut f = fuse();
    let mut s: Vec<_> = (0..3)
        .map(|i| sighting(i, NOON + 20 * i as i64, 0.1 * i as f64, 0.0, EXPLOSION))
        .collect();
    let mut later = sighting(5, NOON + 3_000, 0.0, 0.0, EXPLOSION);
    later.at = NOON + 3_060;
    let mut late = sighting(6, NOON + 35, 0.2, 0.0, EXPLOSION);
    late.at = NOON + 4_200;
    s.extend([later, late]);
    let ids = run(&mut f, &s);
    assert_eq!(ids[4], ids[0]);
    assert_ne!(ids[3], ids[0]);
}

#[test]
fn a_kind_heard_wrong_joins_and_one_that_contradicts_is_named() {
    let mut f = fuse();
    let ids = run(
        &mut f,
        &[
            sighting(1, NOON, 0.0, 0.0, DRONE),
            sighting(2, NOON + 20, 0.1, 0.0, DRONE),
            sighting(3, NOON + 30, 0.1, 0.1, EXPLOSION),
            sighting(4, NOON + 45, 0.0, 0.1, DRONE),
        ],
    );
    assert!(ids.iter().all(|id| *id == ids[0]));
    let incident = f.incident(ids[0]).unwrap();
    assert_eq!(incident.kind, DRONE);
    assert!(incident.kinds[0].1 > 0.9);
    assert!(incident.reports.iter().all(|v| v.stance == Stance::For));
    // A fire is hardly ever what a drone is taken for.
    f.report(&sighting(5, NOON + 30, 0.05, 0.05, 6));
    assert_eq!(f.incident_of(5), Some(ids[0]));
    let voices = f.incident(ids[0]).unwrap().reports;
    assert_eq!(
        voices.iter().find(|v| v.report == 5).unwrap().stance,
        Stance::Against
    );
}

#[test]
fn a_quiet_report_starts_nothing_and_speaks_against_what_is_near() {
    let mut f = fuse();
    let alone = f.report(&sighting(1, NOON, 0.0, 0.0, QUIET));
    assert_eq!(alone.incident, None);
    assert_eq!(f.live(), (0, 0));
    let id = f
        .report(&sighting(2, NOON + 5, 0.0, 0.0, EXPLOSION))
        .incident
        .unwrap();
    let before = f.incident(id).unwrap().confidence;
    let change = f.report(&sighting(3, NOON + 90, 0.5, 0.0, QUIET));
    assert_eq!(change.incident, Some(id));
    assert_eq!(change.touched, [id]);
    let incident = f.incident(id).unwrap();
    assert!(incident.confidence < before);
    assert_eq!((incident.sources, incident.reports.len()), (1, 2));
    assert_eq!(incident.reports[1].stance, Stance::Against);
    // Far away it is quiet all the time.
    assert_eq!(
        f.report(&sighting(4, NOON + 90, 9.0, 0.0, QUIET)).incident,
        None
    );
}

#[test]
fn two_incidents_that_turn_out_to_be_one_are_merged_into_the_older() {
    let mut f = fuse();
    let mut wide = sighting(1, NOON, 0.0, 0.0, EXPLOSION);
    wide.unc_m = 400.0;
    let far = sighting(2, NOON + 10, 2.3, 0.0, EXPLOSION);
    let ids = run(&mut f, &[wide, far]);
    assert_ne!(ids[0], ids[1], "too far apart to be one at first");
    // People in between tie them together.
    let mut gone = Vec::new();
    let mut moved = Vec::new();
    for i in 3..9 {
        let change = f.report(&sighting(
            i,
            NOON + 5 * i as i64,
            1.1 + 0.05 * (i % 3) as f64,
            0.0,
            EXPLOSION,
        ));
        gone.extend(change.gone);
        moved.extend(change.moved);
    }
    assert!(!gone.is_empty() && !moved.is_empty());
    for (from, into) in gone {
        assert!(f.incident(from).is_none());
        assert!(into < from || f.incident(into).is_none());
    }
    assert_eq!(f.incident_of(1), f.incident_of(3));
}

#[test]
fn the_same_report_again_changes_nothing() {
    let mut f = fuse();
    let s = sighting(1, NOON, 0.0, 0.0, EXPLOSION);
    let id = f.report(&s).incident;
    let again = f.report(&s);
    assert_eq!(again.incident, id);
    assert!(again.touched.is_empty());
    assert_eq!(f.live(), (1, 1));
}

#[test]
fn a_flood_is_chained_along_its_valley_and_over_hours() {
    let mut f = fuse();
    let s: Vec<_> = (0..6)
        .map(|i| sighting(i, NOON + 3_600 * i as i64, 2.0 * i as f64, 0.0, FLOOD))
        .collect();
    let ids = run(&mut f, &s);
    assert!(ids.iter().all(|id| *id == ids[0]));
    let incident = f.incident(ids[0]).unwrap();
    assert_eq!((incident.kind, incident.sources), (FLOOD, 6));
    assert!(incident.radius_m > 2_000.0);
}

#[test]
fn a_flood_and_an_explosion_in_one_place_are_two_incidents() {
    let mut f = fuse();
    let ids = run(
        &mut f,
        &[
            sighting(1, NOON, 0.0, 0.0, FLOOD),
            sighting(2, NOON, 0.0, 0.0, EXPLOSION),
        ],
    );
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_verdict_pins_confidence_and_survives_more_reports() {
    let mut f = fuse();
    let id = f
        .report(&sighting(1, NOON, 0.0, 0.0, EXPLOSION))
        .incident
        .unwrap();
    assert_eq!(f.verdict(id, Verdict::Confirmed).unwrap().touched, [id]);
    assert!(f.incident(id).unwrap().confidence > 0.95);
    f.verdict(id, Verdict::Disputed);
    f.report(&sighting(2, NOON + 20, 0.1, 0.0, EXPLOSION));
    let incident = f.incident(id).unwrap();
    assert_eq!((incident.verdict, incident.sources), (Verdict::Disputed, 2));
    assert!(incident.confidence < 0.05);
    assert_eq!(f.verdict(IncidentId(99), Verdict::Confirmed), None);
}

#[test]
fn a_discount_lowers_what_a_report_counts() {
    let mut f = fuse();
    let ids = run(
        &mut f,
        &[
            sighting(1, NOON, 0.0, 0.0, EXPLOSION),
            sighting(2, NOON + 9, 0.1, 0.0, EXPLOSION),
        ],
    );
    let before = f.incident(ids[0]).unwrap();
    assert_eq!(f.discount(2, 0.0).unwrap().touched, [ids[0]]);
    let after = f.incident(ids[0]).unwrap();
    assert!(after.confidence < before.confidence);
    assert_eq!((after.independent, after.sources), (1.0, 2));
    assert_eq!(f.discount(77, 0.5), None);
}

#[test]
fn incidents_close_and_memory_is_bounded_by_the_open_window() {
    let mut f = fuse();
    let mut closed = 0;
    let mut most = 0;
    for i in 0..20_000_u64 {
        let mut s = sighting(
            i,
            NOON + 30 * i as i64,
            (i * 37 % 200) as f64,
            (i * 91 % 150) as f64,
            EXPLOSION,
        );
        s.at = s.seen + 60;
        closed += f
            .report(&s)
            .closed
            .iter()
            .map(|c| c.reports.len())
            .sum::<usize>();
        most = most.max(f.live().1);
    }
    // Three hours at one report in thirty seconds.
    assert!((300..=363).contains(&most), "{most}");
    closed += f
        .advance(NOON + 30 * 20_000 + 86_400)
        .closed
        .iter()
        .map(|c| c.reports.len())
        .sum::<usize>();
    assert_eq!(closed, 20_000);
    assert_eq!(f.live(), (0, 0));
}

#[test]
fn reports_on_either_side_of_the_antimeridian_and_at_the_pole_meet() {
    for (lat, lon_a, lon_b) in [
        (-17.0, 179.999, -179.999),
        (90.0, 0.0, 120.0),
        (-89.9999, 10.0, -170.0),
    ] {
        let at = |report, lon| Sighting {
            lat,
            lon,
            ..sighting(report, NOON, 0.0, 0.0, EXPLOSION)
        };
        let mut f = fuse();
        let a = f.report(&at(1, lon_a)).incident;
        assert_eq!(f.report(&at(2, lon_b)).incident, a, "at {lat}");
        let incident = f.incident(a.unwrap()).unwrap();
        assert!(incident.lon.abs() > 179.9 || lat.abs() > 89.0);
    }
}

#[test]
fn order_decides_and_nothing_else() {
    let s = lapwing_fuse::synth::synth(3_000, 5);
    assert_eq!(
        label_all(&s, Parameters::default()),
        label_all(&s, Parameters::default())
    );
}

#[test]
fn made_up_incidents_are_found_again() {
    let (s, truth) = lapwing_fuse::synth::synth_with_truth(6_000, 11);
    let labels = label_all(&s, Parameters::default());
    let last = lapwing_fuse::measures::b_cubed(&truth, &labels.last);
    assert!(last.f1 > 0.97, "{last:?}");
    // What is revised is at least as good as what is not.
    let arrival = lapwing_fuse::measures::b_cubed(&truth, &labels.on_arrival);
    assert!(last.f1 >= arrival.f1 - 0.001, "{arrival:?}");
    assert_eq!(
        lapwing_fuse::synth::synth(100, 3),
        lapwing_fuse::synth::synth(100, 3)
    );
    assert_ne!(
        lapwing_fuse::synth::synth(100, 3),
        lapwing_fuse::synth::synth(100, 4)
    );
}

#[test]
fn unknown_kinds_take_the_storm_table_and_a_tornado_is_followed() {
    let storm = Parameters::for_kinds([64, 65]);
    assert_eq!(storm.kinds, KindTable::storms());
    assert_eq!(Parameters::for_kinds([1, 4, 24]), Parameters::default());
    let mut f = Fuse::new(storm);
    // 50 km/h for two hours: a report each ten minutes, 8 km on.
    let s: Vec<_> = (0..12)
        .map(|i| sighting(i, NOON + 400 * i as i64, 5.5 * i as f64, 0.0, 25))
        .collect();
    let ids = run(&mut f, &s);
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_ne!(
        run(&mut f, &[sighting(50, NOON + 4_400, 60.5, 30.0, 25)])[0],
        ids[0]
    );
}

#[test]
fn a_flood_of_reports_on_one_spot_stays_fast_enough_to_finish() {
    let mut f = fuse();
    for i in 0..3_000 {
        let s = sighting(
            i,
            NOON + (i % 60) as i64,
            0.1 * (i % 7) as f64,
            0.1 * (i % 5) as f64,
            EXPLOSION,
        );
        f.report(&s);
    }
    let largest = f.incidents().into_iter().map(|i| i.sources).max();
    assert!(largest > Some(2_900), "{largest:?}");
}

#[test]
fn a_table_may_give_any_kind_a_shape() {
    let table = KindTable::civil_protection().with_shape(
        30,
        Shape::Spread {
            reach_km: 1.0,
            lasts_s: 60,
        },
    );
    let mut f = Fuse::new(Parameters {
        kinds: table,
        ..Parameters::default()
    });
    let ids = run(
        &mut f,
        &[
            sighting(1, NOON, 0.0, 0.0, 30),
            sighting(2, NOON + 90, 0.0, 0.0, 30),
        ],
    );
    assert_ne!(ids[0], ids[1]);
}
