/** Sentences that several parts say. */
import type { Incident, ReportView } from '../api/types';
import type { Desk } from '../state/desk.svelte';
import { tongue } from '../state/tongue.svelte';
import { name, reach } from '../places/gazetteer';

/** `Bakhmut` when it lies within, `4 km from Bakhmut` when near, coordinates where nobody lives. */
export function placeOf(desk: Desk, incident: { id: number; lat: number; lon: number }): string {
  const near = desk.near(incident);
  if (!near) {
    return tongue.say('place.unknown', { lat: incident.lat.toFixed(2), lon: incident.lon.toFixed(2) });
  }
  const place = name(near.settlement, tongue.language);
  return near.metres <= reach(near.settlement.population) / 2
    ? place
    : tongue.say('place.near', { distance: tongue.distance(near.metres), place });
}

export function kindOf(desk: Desk, code: number): string {
  return desk.kind(code)?.label[tongue.language] ?? `№ ${code}`;
}

/** Why the desk believes it, in one sentence. */
export function why(incident: Incident, reports: readonly ReportView[]): string {
  // When it is forgotten who is who, only the count that was kept can be said.
  if (reports.some((r) => r.person === null))
    return `${tongue.count('why.for', incident.sources)}, ${tongue.say('why.forgotten')}.`;
  const against = new Set(reports.filter((r) => r.stance === 'against').map((r) => r.person)).size;
  const seen = new Set(reports.filter((r) => r.stance === 'for' && r.known === 'seen').map((r) => r.person))
    .size;
  const repeats = reports.filter((r) => r.repeat).length;
  const parts = [tongue.count('why.for', incident.sources)];
  if (seen > 0 && incident.sources > 1) parts.push(tongue.count('why.seen', seen));
  parts.push(against > 0 ? tongue.count('why.against', against) : tongue.say('why.nobody'));
  if (repeats > 0) parts.push(tongue.count('why.repeats', repeats));
  return `${parts.join(', ')}.`;
}

const WINDS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;

/** The name of a direction, from degrees clockwise from north. */
export function direction(degrees: number): string {
  const wind = WINDS[Math.round((((degrees % 360) + 360) % 360) / 45) % 8] ?? 'n';
  return tongue.say(`direction.${wind}`);
}
