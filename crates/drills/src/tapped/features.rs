//! A capture as numbers: counts, sizes, gaps, order, what follows an opening.

use super::{Capture, Kind, Seen};

const MINUTE: f64 = 60.0;
/// What stands for a number that a capture does not have.
const NONE: f64 = -1.0;

pub(super) fn of(capture: &Capture) -> Vec<f64> {
    let mut out = Vec::with_capacity(96);
    counts(capture, &mut out);
    sizes(capture, &mut out);
    gaps(capture, &mut out);
    sittings(capture, &mut out);
    inside_ticks(capture, &mut out);
    clock(capture, &mut out);
    failures(capture, &mut out);
    out
}

fn seconds(from: i64, to: i64) -> f64 {
    (to - from) as f64 / 1_000.0
}

fn of_kind(capture: &Capture, kind: Kind) -> impl Iterator<Item = &Seen> {
    capture
        .requests
        .iter()
        .filter(move |seen| seen.kind == kind)
}

fn envelopes(capture: &Capture) -> Vec<i64> {
    of_kind(capture, Kind::Envelope)
        .map(|seen| seen.at)
        .collect()
}

/// Smallest, largest, mean, standard deviation and five quantiles.
fn summary(values: &[f64], out: &mut Vec<f64>) {
    if values.is_empty() {
        out.extend([NONE; 9]);
        return;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let spread = sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    let quantile = |part: f64| sorted[((n - 1.0) * part).round() as usize];
    out.extend([sorted[0], sorted[sorted.len() - 1], mean, spread.sqrt()]);
    out.extend([0.1, 0.25, 0.5, 0.75, 0.9].map(quantile));
}

fn counts(capture: &Capture, out: &mut Vec<f64>) {
    let [bulletins, drops, envelopes] = [Kind::Bulletin, Kind::Drop, Kind::Envelope]
        .map(|kind| of_kind(capture, kind).count() as f64);
    let open: f64 = capture
        .sittings
        .iter()
        .map(|sitting| seconds(sitting.from, sitting.to))
        .sum();
    let opened = capture.sittings.len() as f64;
    out.extend([bulletins, drops, envelopes, opened, open]);
    out.extend([envelopes - drops, envelopes - bulletins, envelopes - opened]);
    out.push(envelopes / (open / 3_600.0 + 0.1));
}

fn sizes(capture: &Capture, out: &mut Vec<f64>) {
    let sum = |size: fn(&Seen) -> u32| {
        capture
            .requests
            .iter()
            .map(|seen| f64::from(size(seen)))
            .sum::<f64>()
    };
    out.extend([sum(|seen| seen.up), sum(|seen| seen.down)]);
    for kind in [Kind::Bulletin, Kind::Drop, Kind::Envelope] {
        for size in [(|seen| seen.up) as fn(&Seen) -> u32, |seen| seen.down] {
            let largest = of_kind(capture, kind).map(size).max();
            let smallest = of_kind(capture, kind)
                .map(size)
                .filter(|&size| size > 0)
                .min();
            out.extend([largest, smallest].map(|size| size.map_or(NONE, f64::from)));
        }
    }
}

fn gaps(capture: &Capture, out: &mut Vec<f64>) {
    let gaps: Vec<f64> = envelopes(capture)
        .windows(2)
        .map(|pair| seconds(pair[0], pair[1]))
        .collect();
    summary(&gaps, out);
    for limit in [
        5.0,
        20.0,
        MINUTE,
        5.0 * MINUTE,
        20.0 * MINUTE,
        120.0 * MINUTE,
    ] {
        out.push(gaps.iter().filter(|&&gap| gap < limit).count() as f64);
    }
    // Is a short gap followed by a long one? Bursts show here.
    let logs: Vec<f64> = gaps.iter().map(|gap| (gap + 1.0).ln()).collect();
    let mean = logs.iter().sum::<f64>() / logs.len().max(1) as f64;
    let together: f64 = logs
        .windows(2)
        .map(|pair| (pair[0] - mean) * (pair[1] - mean))
        .sum();
    let alone: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    out.push(if alone > 0.0 { together / alone } else { 0.0 });
}

fn sittings(capture: &Capture, out: &mut Vec<f64>) {
    let envelopes = envelopes(capture);
    let (mut first, mut second, mut last, mut lengths) = (vec![], vec![], vec![], vec![]);
    let mut held = [0.0; 4];
    for sitting in &capture.sittings {
        // What began while it was open may end a little later.
        let inside: Vec<i64> = envelopes
            .iter()
            .copied()
            .filter(|at| (sitting.from..sitting.to + 60_000).contains(at))
            .collect();
        held[inside.len().min(3)] += 1.0;
        lengths.push(seconds(sitting.from, sitting.to));
        first.extend(inside.first().map(|&at| seconds(sitting.from, at)));
        second.extend(inside.get(1).map(|&at| seconds(sitting.from, at)));
        last.extend(inside.last().map(|&at| seconds(at, sitting.to)));
    }
    out.extend(held);
    for limit in [MINUTE, 3.0 * MINUTE, 10.0 * MINUTE] {
        out.push(second.iter().filter(|&&after| after < limit).count() as f64);
    }
    for values in [first, second, last, lengths] {
        summary(&values, out);
    }
}

fn inside_ticks(capture: &Capture, out: &mut Vec<f64>) {
    let (mut to_drop, mut to_envelope, mut opening) = (vec![], vec![], vec![]);
    let mut odd = [0.0; 4];
    for pair in capture.requests.windows(2) {
        // The phone's own time: a network is slow by chance, sealing is not.
        let gap = seconds(pair[0].until, pair[1].at);
        match (pair[0].kind, pair[1].kind) {
            (Kind::Bulletin, Kind::Drop) => to_drop.push(gap),
            (Kind::Drop, Kind::Envelope) => to_envelope.push(gap),
            (Kind::Envelope, Kind::Bulletin) => {}
            (_, Kind::Envelope) => odd[0] += 1.0,
            (_, Kind::Bulletin) => odd[1] += 1.0,
            (_, Kind::Drop) => odd[2] += 1.0,
        }
    }
    for sitting in &capture.sittings {
        let next = capture.requests.iter().find(|seen| seen.at >= sitting.from);
        opening.extend(next.map(|seen| seconds(sitting.from, seen.at)));
        odd[3] += f64::from(u8::from(
            next.is_some_and(|seen| seen.kind != Kind::Bulletin),
        ));
    }
    out.extend(odd);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    // Sealing between two requests would make one pause longer than the other.
    out.push(mean(&to_envelope) - mean(&to_drop));
    for values in [to_drop, to_envelope, opening] {
        summary(&values, out);
    }
}

fn clock(capture: &Capture, out: &mut Vec<f64>) {
    const DAY: i64 = 86_400_000;
    let (mut by_hour, mut by_day) = ([0.0f64; 4], [0.0f64; 7]);
    for at in envelopes(capture) {
        by_hour[(at.rem_euclid(DAY) / (DAY / 4)) as usize] += 1.0;
        by_day[(at.div_euclid(DAY)).clamp(0, 6) as usize] += 1.0;
    }
    out.extend(by_hour);
    summary(&by_day, out);
}

fn failures(capture: &Capture, out: &mut Vec<f64>) {
    let failed = |seen: &&Seen| seen.down == 0;
    out.push(of_kind(capture, Kind::Envelope).filter(failed).count() as f64);
    let sent: Vec<&Seen> = of_kind(capture, Kind::Envelope).collect();
    let after: Vec<f64> = sent
        .windows(2)
        .filter(|pair| pair[0].down == 0)
        .map(|pair| seconds(pair[0].until, pair[1].at))
        .collect();
    summary(&after, out);
}
