/** What a tap on the map means. */
import type { Spot } from '../phone/draft';
import { radius, type Settlement } from './gazetteer';
import type { LonLat } from './projection';

/** Half the width of a fingertip, in CSS pixels. */
const FINGER_PX = 24;
/** A tap that leaves more open than this says too little: the map comes nearer instead. */
export const TOO_FAR_M = 3_000;
/** Nobody knows a place on an outline map better than this. */
const LEAST_M = 30;
/** Metres per pixel after coming nearer. */
export const NEARER_MPP = 80;

export type Pick = { spot: Spot } | { nearer: LonLat };

/** `hit` is the settlement whose dot or name was tapped. */
export function pick(at: LonLat, mpp: number, hit?: Settlement): Pick {
  if (hit) return { spot: atSettlement(hit) };
  const off = Math.max(LEAST_M, FINGER_PX * mpp);
  return off > TOO_FAR_M ? { nearer: at } : { spot: { ...at, off: tidy(off) } };
}

export function atSettlement({ lat, lon, uk, en, population }: Settlement): Spot {
  return { lat, lon, off: radius(population), settlement: { uk, en } };
}

/** The phone's own position, with what it says of its accuracy. */
export function here(lat: number, lon: number, accuracy: number): Spot {
  const known = Number.isFinite(accuracy) && accuracy > 0 ? accuracy : TOO_FAR_M;
  return { lat, lon, off: tidy(Math.max(LEAST_M, known)), here: true };
}

/** Two digits: more would claim a care that nobody took. */
function tidy(metres: number): number {
  const step = 10 ** Math.max(1, Math.floor(Math.log10(metres)) - 1);
  return Math.round(metres / step) * step;
}
