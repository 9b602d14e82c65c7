/** What the host writes into the file that `data-config` names. */

export interface Gesture {
  /** Holding this element for so long. */
  hold?: { on: string; for_s: number };
  /** Typing words into this field; their salted hash, so that nobody reads them here (`npm run phrase`). */
  phrase?: { in: string; salt: string; hash: string };
}

export interface Entrance extends Gesture {
  /** Address of the witness app. */
  app: string;
  /** Over the page, or in its place. */
  as: 'frame' | 'page';
}

export interface Config {
  /** 64 hex digits. */
  root_key: string;
  relays: string[];
  /** Mean gap between two ticks. */
  tick_ms: number;
  /** Openings within it belong to one visit. */
  visit_ms: number;
  /**
   * Where this page's own server tells what entitles a visitor to passes, where relays want some: it is asked by `POST` with
   * the nonce that an ID token must have, as plain text, and with the page's cookies.
   */
  credential?: string;
  entrance?: Entrance;
}

/** The same as the app's: an install that keeps another rhythm would be known by it. */
const TICK_S = 300;
const VISIT_S = 300;

/** Reads it; `undefined` when it is not one: then nothing is done. */
export function asConfig(value: unknown): Config | undefined {
  const { root_key, relays, tick_s, visit_s, credential, entrance } = members(value);
  if (!hex(root_key, 32) || !Array.isArray(relays) || relays.length === 0 || !relays.every(address))
    return undefined;
  const tick = tick_s === undefined ? TICK_S : tick_s;
  if (!number(tick, 1, 86_400)) return undefined;
  const visit = visit_s === undefined ? Math.min(VISIT_S, tick) : visit_s;
  if (!number(visit, 0, tick)) return undefined;
  if (credential !== undefined && typeof credential !== 'string') return undefined;
  const way = entrance === undefined ? undefined : asEntrance(entrance);
  if (entrance !== undefined && way === undefined) return undefined;
  return {
    root_key: root_key.toLowerCase(),
    relays: relays.map((relay: string) => relay.replace(/\/+$/, '')),
    tick_ms: Math.round(tick * 1_000),
    visit_ms: Math.round(visit * 1_000),
    ...(credential !== undefined && { credential }),
    ...(way && { entrance: way }),
  };
}

function asEntrance(value: unknown): Entrance | undefined {
  const { app, as = 'frame', hold, phrase } = members(value);
  if (!address(app) || (as !== 'frame' && as !== 'page')) return undefined;
  const entrance: Entrance = { app, as };
  if (hold !== undefined) {
    const { on, for_s } = members(hold);
    if (typeof on !== 'string' || !number(for_s, 1, 30)) return undefined;
    entrance.hold = { on, for_s };
  }
  if (phrase !== undefined) {
    const { in: field, salt, hash } = members(phrase);
    if (typeof field !== 'string' || !hex(salt, 16) || !hex(hash, 32)) return undefined;
    entrance.phrase = { in: field, salt, hash };
  }
  return entrance.hold || entrance.phrase ? entrance : undefined;
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function hex(value: unknown, bytes: number): value is string {
  return typeof value === 'string' && value.length === 2 * bytes && /^[0-9a-f]*$/i.test(value);
}

function number(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

function address(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value);
}
