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

/** Newest first by when it was last seen; by number where that is the same, so that rows do not swap at random. */
export function newestFirst(a: Incident, b: Incident): number {
  return b.last_seen - a.last_seen || b.id - a.id;
}
