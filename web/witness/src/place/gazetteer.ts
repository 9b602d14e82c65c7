/** The bundled settlements: to be found by name in either script, and to name a point on the map. */
import { metresBetween } from '$shared/format';
import type { LonLat } from './projection';
import { project } from './projection';

export interface Settlement extends LonLat {
  uk: string;
  en: string;
  population: number;
  /** On the unit square of the map. */
  x: number;
  y: number;
}

export interface Columns {
  uk: string;
  en: string;
  lat: number[];
  lon: number[];
  tens: number[];
}

export interface Near {
  settlement: Settlement;
  metres: number;
  /** Sector 0 (north) to 7: where the point lies, seen from the settlement. */
  sector: number;
}

/** People per square kilometre of a settlement, roughly: from a population to a size. */
const DENSITY = 2_000;
/** Farther than this a settlement names nothing. */
const FAR_M = 60_000;

export class Gazetteer {
  readonly settlements: readonly Settlement[];
  readonly #keys: { uk: string; en: string }[];

  constructor(columns: Columns) {
    const uk = columns.uk.split('|');
    const en = columns.en.split('|');
    this.settlements = uk.map((name, at) => {
      const place = { lat: (columns.lat[at] ?? 0) / 1000, lon: (columns.lon[at] ?? 0) / 1000 };
      return {
        uk: name,
        en: en[at] ?? name,
        population: (columns.tens[at] ?? 0) * 10,
        ...place,
        ...project(place),
      };
    });
    this.#keys = this.settlements.map((settlement) => ({ uk: fold(settlement.uk), en: fold(settlement.en) }));
  }

  /** Settlements whose name, or a word of it, begins so; larger ones first, whole names before parts. */
  search(text: string, limit: number): Settlement[] {
    const key = fold(text);
    if (key === '') return [];
    const begins: Settlement[] = [];
    const within: Settlement[] = [];
    this.settlements.forEach((settlement, at) => {
      const keys = this.#keys[at];
      if (!keys) return;
      if (keys.uk.startsWith(key) || keys.en.startsWith(key)) begins.push(settlement);
      else if (keys.uk.includes(` ${key}`) || keys.en.includes(` ${key}`)) within.push(settlement);
    });
    const exact = begins.filter((settlement) => fold(settlement.uk) === key || fold(settlement.en) === key);
    return [...new Set([...exact, ...begins, ...within])].slice(0, limit);
  }

  /** The settlement by which people would name a point: a larger one is known from farther away. */
  near(place: LonLat, atLeast = 0): Near | undefined {
    let best: Near | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const settlement of this.settlements) {
      if (settlement.population < atLeast || Math.abs(settlement.lat - place.lat) > 0.6) continue;
      const metres = metresBetween(settlement, place);
      const felt = metres - radius(settlement.population);
      if (metres < FAR_M && felt < least) {
        least = felt;
        best = { settlement, metres, sector: sector(settlement, place) };
      }
    }
    return best;
  }
}

/** How far a settlement reaches from its middle, metres: what "in Bakhmut" leaves open. */
export function radius(population: number): number {
  const metres = Math.sqrt(population / DENSITY / Math.PI) * 1000;
  return Math.round(Math.max(500, Math.min(8_000, metres)) / 100) * 100;
}

/** Sector 0 (north) to 7 in which `to` lies, seen from `from`. */
export function sector(from: LonLat, to: LonLat): number {
  const east = (to.lon - from.lon) * Math.cos((from.lat * Math.PI) / 180);
  const turn = Math.atan2(east, to.lat - from.lat) / (2 * Math.PI);
  return (Math.round(turn * 8) + 8) % 8;
}

const SAME: Record<string, string> = {
  і: 'и', ї: 'и', й: 'и', ы: 'и', є: 'е', ё: 'е', э: 'е', ґ: 'г', ъ: '', ь: '',
  y: 'i', j: 'i', w: 'v', "'": '', '’': '', ʼ: '', '`': '', '-': ' ',
}; // prettier-ignore

/** Letters that people mix up, or do not find on their keyboard, count as the same. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[іїйыєёэґъьyjw'’ʼ`-]/g, (letter) => SAME[letter] ?? letter)
    .replace(/(.)\1/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}
