/** Places in words. */
import { tongue } from '../state/tongue.svelte';
import type { Spot } from '../phone/draft';
import type { Gazetteer, Near, Settlement } from './gazetteer';

const SECTORS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;

export type Sector = (typeof SECTORS)[number];

export function sectorName(sector: number): Sector {
  return SECTORS[sector] ?? 'n';
}

/** "in Bakhmut", "3 km south-east of Bakhmut", or the coordinates where nothing is near. */
export function where(spot: Spot, gazetteer: Gazetteer | undefined): string {
  if (spot.settlement) return tongue.say('place.in', { name: tongue.text(spot.settlement) });
  const near = gazetteer?.near(spot);
  return near
    ? from(near)
    : tongue.say('place.point', { lat: spot.lat.toFixed(2), lon: spot.lon.toFixed(2) });
}

/** A town that tells apart two villages of the same name. */
const KNOWN_TOWN = 20_000;

/** A settlement by a known town near it, where that is another one. */
export function by(settlement: Settlement, gazetteer: Gazetteer | undefined): string {
  const near = gazetteer?.near(settlement, KNOWN_TOWN);
  return near && near.settlement !== settlement && near.metres > 1000 ? from(near) : '';
}

/** A point by its settlement. */
export function from({ settlement, metres, sector }: Near): string {
  const name = tongue.text(settlement);
  return metres < 700
    ? tongue.say('place.in', { name })
    : tongue.say('place.from', {
        name,
        distance: tongue.distance(metres),
        direction: tongue.say(`direction.${sectorName(sector)}`),
      });
}
