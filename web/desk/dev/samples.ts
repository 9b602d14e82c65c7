/** Values for tests. */
import type { CellView, Incident, MemberView, Overview, Warning } from '../src/api/types';

export function incident(part: Partial<Incident> = {}): Incident {
  return {
    id: 1,
    kind: 2,
    kinds: [{ kind: 2, share: 1 }],
    lat: 50.0,
    lon: 36.2,
    radius_m: 800,
    first_seen: 1000,
    last_seen: 1000,
    last_report: 1000,
    sources: 1,
    reports: 1,
    confidence: 0.4,
    grade: 'D4',
    verdict: 'open',
    version: 1,
    warning: null,
    closed: false,
    ...part,
  };
}

export function overview(part: Partial<Overview> = {}): Overview {
  return {
    clock: { mode: 'replay', now: 2000 },
    kinds: [],
    region: [22, 44, 40, 52],
    counters: {
      accepted: 0,
      duplicates: 0,
      cover: 0,
      enrolments: 0,
      messages: 0,
      check_ins: 0,
      drills: 0,
      refused: [],
    },
    relays: [],
    feeds: [],
    ...part,
  };
}

export function warning(part: Partial<Warning> = {}): Warning {
  const text = { headline: 'h', description: 'd', instruction: 'i', area: 'a' };
  return {
    id: 'w1',
    incident: 1,
    kind: 2,
    state: 'active',
    by_rule: false,
    sent: 1500,
    expires: 9000,
    severity: 'Severe',
    lat: 50,
    lon: 36,
    radius_m: 5000,
    texts: { uk: text, en: text },
    published_to: 1,
    ...part,
  };
}

export function member(part: Partial<MemberView> = {}): MemberView {
  return {
    id: 1,
    label: 'сусідка',
    joined: 1000,
    check_in: null,
    well: null,
    duress_of: null,
    duress_since: null,
    drills: 0,
    cut_off: null,
    talk: [],
    ...part,
  };
}

export function cell(part: Partial<CellView> = {}): CellView {
  return { id: 1, name: 'двір', members: [], invites: [], codebooks: [], ...part };
}
