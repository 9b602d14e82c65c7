/** Whose app this is and where it sends: `config.json` beside the app, or what was kept of it. */

export interface Config {
  /** 64 hex digits. */
  root_key: string;
  relays: string[];
  /** West, south, east, north. */
  region: [number, number, number, number];
  /** Mean gap between two ticks of the schedule, milliseconds: the same for all installs of a deployment. */
  tick_ms: number;
}

/** Where the configuration does not say: as in `crates/witness`, `schedule.rs`. */
const TICK_S = 300;

/** Reads it; `undefined` when it is not one. `baked` names the only desk that this build serves. */
export function asConfig(value: unknown, baked?: string): Config | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { root_key, relays, region, tick_s = TICK_S } = value as Record<string, unknown>;
  const key = (baked || root_key) as unknown;
  if (typeof key !== 'string' || !/^[0-9a-f]{64}$/i.test(key)) return undefined;
  if (!Array.isArray(relays) || relays.length === 0 || !relays.every(isAddress)) return undefined;
  if (!Array.isArray(region) || region.length !== 4 || !region.every((edge) => Number.isFinite(edge)))
    return undefined;
  const [west, south, east, north] = region as [number, number, number, number];
  if (typeof tick_s !== 'number' || !(tick_s >= 1 && tick_s <= 86_400)) return undefined;
  if (west >= east || south >= north) return undefined;
  return {
    root_key: key.toLowerCase(),
    relays: relays.map((relay: string) => relay.replace(/\/+$/, '')),
    region: [west, south, east, north],
    tick_ms: Math.round(tick_s * 1_000),
  };
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value);
}
