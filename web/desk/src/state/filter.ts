/** Which incidents the list and the map show, and in what order. */
import type { Incident } from '../api/types';

export type VerdictFilter = 'any' | 'open' | 'confirmed' | 'disputed';

export interface Filter {
  /** Codes of kinds; empty for all. */
  kinds: ReadonlySet<number>;
  /** At least so many independent people. */
  people: number;
  verdict: VerdictFilter;
  /** Part of a place's name, in either language. */
  place: string;
}

export const EVERYTHING: Filter = { kinds: new Set(), people: 1, verdict: 'any', place: '' };

export function isNarrow(filter: Filter): boolean {
  return filter.kinds.size > 0 || filter.people > 1 || filter.verdict !== 'any' || filter.place.trim() !== '';
}

/** Incidents that pass, in the order given. `placeOf` gives all names of an incident's place, in lower case. */
export function apply(
  incidents: readonly Incident[],
  filter: Filter,
  placeOf: (incident: Incident) => string,
): readonly Incident[] {
  if (!isNarrow(filter)) return incidents;
  const sought = filter.place.trim().toLowerCase();
  return incidents.filter(
    (incident) =>
      (filter.kinds.size === 0 || filter.kinds.has(incident.kind)) &&
      incident.sources >= filter.people &&
      (filter.verdict === 'any' || incident.verdict === filter.verdict) &&
      (sought === '' || placeOf(incident).includes(sought)),
  );
}

/** When it was last seen. Nobody saw it after they told of it: where they say so, their clock is wrong. */
export function lastSeen(incident: Incident): number {
  return Math.min(incident.last_seen, incident.last_report);
}

/** Newest first by when it was last seen; by number where that is the same, so that rows do not swap at random. */
export function newestFirst(a: Incident, b: Incident): number {
  return lastSeen(b) - lastSeen(a) || b.id - a.id;
}

/** Kinds to offer, with how many incidents each has: the most frequent first, chosen ones always. */
export function offer(
  incidents: readonly Incident[],
  chosen: ReadonlySet<number>,
): [kind: number, n: number][] {
  const seen = new Map<number, number>();
  for (const { kind } of incidents) seen.set(kind, (seen.get(kind) ?? 0) + 1);
  for (const kind of chosen) seen.set(kind, seen.get(kind) ?? 0);
  return [...seen].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
}

export function toggled(kinds: ReadonlySet<number>, kind: number): ReadonlySet<number> {
  const after = new Set(kinds);
  if (!after.delete(kind)) after.add(kind);
  return after;
}
