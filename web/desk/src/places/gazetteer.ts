/** The bundled settlements: which is nearest to a place, and which to draw. */
import { metresBetween } from '$shared/format';
import type { Language } from '$shared/i18n';

export interface Settlement {
  en: string;
  uk: string;
  lat: number;
  lon: number;
  population: number;
}

/** Reads `geonameid,name,name_uk,oblast,lat,lon,population`; a row that does not hold is left out. */
export function parse(csv: string): Settlement[] {
  const found: Settlement[] = [];
  for (const line of csv.split('\n').slice(1)) {
    const [, en, uk, , lat, lon, population] = line.trim().split(',');
    if (en === undefined || uk === undefined || population === undefined) continue;
    const settlement = {
      en,
      uk: uk || en,
      lat: Number(lat),
      lon: Number(lon),
      population: Number(population),
    };
    if (Number.isFinite(settlement.lat) && Number.isFinite(settlement.lon)) found.push(settlement);
  }
  return found.sort((a, b) => b.population - a.population);
}

/** Cells of the index, degrees. */
const CELL = 0.25;
/** Beyond this a settlement tells nobody where something is, metres. */
const FAR = 60_000;
/** Most that a settlement's size is worth, metres. */
const MOST = 9000;

export class Gazetteer {
  readonly #cells = new Map<string, Settlement[]>();

  constructor(readonly settlements: readonly Settlement[]) {
    for (const settlement of settlements) {
      const key = cell(Math.floor(settlement.lat / CELL), Math.floor(settlement.lon / CELL));
      const list = this.#cells.get(key);
      if (list) list.push(settlement);
      else this.#cells.set(key, [settlement]);
    }
  }

  /**
   * The settlement by which people would name the place, and metres to its centre. A larger one is preferred a
   * little: everybody knows the town, few the hamlet beside it.
   */
  nearest(place: { lat: number; lon: number }): { settlement: Settlement; metres: number } | undefined {
    const y = Math.floor(place.lat / CELL);
    const x = Math.floor(place.lon / CELL);
    const side = CELL * 111_000 * Math.cos((Math.min(85, Math.abs(place.lat) + 1) * Math.PI) / 180);
    let best: { settlement: Settlement; metres: number } | undefined;
    let least = Number.POSITIVE_INFINITY;
    // A cell of ring r is at least r - 1 sides away, so that nothing in it can be felt nearer than that less MOST.
    for (let ring = 0; (ring - 1) * side - MOST < Math.min(least, FAR); ring++) {
      for (const key of ringOf(y, x, ring)) {
        for (const settlement of this.#cells.get(key) ?? []) {
          const metres = metresBetween(place, settlement);
          const felt = metres - reach(settlement.population);
          if (felt < least && metres <= FAR) {
            least = felt;
            best = { settlement, metres };
          }
        }
      }
    }
    return best;
  }
}

/** Metres from its centre within which a settlement is still the place itself; grows with the root of its people. */
export function reach(population: number): number {
  return Math.min(MOST, 300 + 6 * Math.sqrt(population));
}

/** The cells at `ring` steps around a cell. */
function* ringOf(y: number, x: number, ring: number): Generator<string> {
  for (let dy = -ring; dy <= ring; dy++) {
    const step = Math.abs(dy) === ring ? 1 : Math.max(1, 2 * ring);
    for (let dx = -ring; dx <= ring; dx += step) yield cell(y + dy, x + dx);
  }
}

function cell(y: number, x: number): string {
  return `${y}/${x}`;
}

/** A settlement's name. */
export function name(settlement: Settlement, language: Language): string {
  return language === 'uk' ? settlement.uk : settlement.en;
}
