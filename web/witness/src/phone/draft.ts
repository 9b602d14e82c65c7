/** What a person puts in. It lives in memory only, and is gone once it is sealed. */
import type { Kind } from './form';

export type Known = 'seen' | 'heard' | 'told';
export type Danger = 'none' | 'some' | 'acute';

export interface Spot {
  lat: number;
  lon: number;
  /** How far off it may be, metres. */
  off: number;
  /** The settlement that was chosen itself, in both languages; else the place is a point on the map. */
  settlement?: { uk: string; en: string };
  /** Whether the phone's own position was used. */
  here?: boolean;
}

/** How long ago, in minutes, and how far off that may be, in seconds. */
export interface When {
  minutes: number;
  off_s: number;
}

/** "An hour ago" is rarely exactly that. */
export const WHENS: readonly When[] = [
  { minutes: 0, off_s: 60 },
  { minutes: 5, off_s: 120 },
  { minutes: 15, off_s: 300 },
  { minutes: 30, off_s: 600 },
  { minutes: 60, off_s: 900 },
  { minutes: 120, off_s: 1800 },
  { minutes: 180, off_s: 1800 },
  { minutes: 360, off_s: 3600 },
  { minutes: 720, off_s: 7200 },
  { minutes: 1440, off_s: 14400 },
  { minutes: 2880, off_s: 28800 },
];

export interface Draft {
  kind: Kind;
  spot: Spot;
  when: When;
  /** Unix seconds at which `when` was chosen, so that a slow writer does not make it later. */
  chosen: number;
  count: number | null;
  heading: number | null;
  known: Known;
  danger: Danger;
  note: string;
}

export const NOTE_MAX = 560;
export const COUNT_MAX = 65_535;

export function begin(kind: Kind, spot: Spot, now: number): Draft {
  return {
    kind,
    spot,
    when: { minutes: 0, off_s: 60 },
    chosen: now,
    count: null,
    heading: null,
    known: 'seen',
    danger: 'none',
    note: '',
  };
}

/** The draft as the core reads it. */
export function toCore(draft: Draft): string {
  return JSON.stringify({
    kind: draft.kind.code,
    lat: draft.spot.lat,
    lon: draft.spot.lon,
    off_m: Math.round(draft.spot.off),
    seen: draft.chosen - draft.when.minutes * 60,
    seen_off_s: draft.when.off_s,
    count: draft.kind.count === null ? null : draft.count,
    heading: draft.kind.heading ? draft.heading : null,
    known: draft.known,
    danger: draft.danger,
    note: draft.note.trim(),
  });
}

const utf8 = new TextEncoder();

/** Bytes that are left for the note. */
export function noteLeft(note: string): number {
  return NOTE_MAX - utf8.encode(note.trim()).length;
}

/** Letters that still fit, in the script that is being written: a Cyrillic letter takes two bytes. */
export function lettersLeft(note: string): number {
  const wide = /[\u0080-\uffff]/.test(note) || note.trim() === '' ? 2 : 1;
  return Math.floor(noteLeft(note) / wide);
}
