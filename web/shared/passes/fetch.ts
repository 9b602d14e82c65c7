/** Fetches passes from the issuer that the bulletin names, under the bulletin's keys and no other. */
import { BATCH, passEpoch, type Passes } from './purse';

/** As the core tells of a verified bulletin. */
export interface Issuer {
  url: string;
  /** Of two epochs; the modulus has 512 hex digits. */
  keys: { epoch: number; modulus: string }[];
}

/** The arithmetic (`crates/pass-web`), loaded when it is needed. */
export interface Arithmetic {
  request(modulus: Uint8Array, seed: Uint8Array): Uint8Array;
  finish(modulus: Uint8Array, epoch: number, seed: Uint8Array, response: Uint8Array): Uint8Array;
}

export interface Fetching {
  passes: Passes;
  issuer: Issuer;
  /** Unix seconds. */
  now: number;
  /** What entitles to the batch of this request. */
  credential(request: Uint8Array<ArrayBuffer>): Promise<string | undefined>;
  arithmetic(): Promise<Arithmetic>;
  quiet: RequestInit;
}

/**
 * What became of it: there is a batch more; there are enough; there is nothing to show to the issuer; the issuer does not
 * know the credential, or has given it all that it may have; it signed with a key of its own, and nothing was taken; later.
 */
export type Fetched =
  'fetched' | 'enough' | 'no-credential' | 'not-eligible' | 'used-up' | 'other-key' | 'later';

const RESPONSE = BATCH * 256;
const PATIENCE_MS = 60_000;
const REFUSED: Record<number, Fetched> = { 401: 'not-eligible', 403: 'not-eligible', 429: 'used-up' };

/** One batch, when fewer than one are left: how many are fetched says nothing about how many are used. */
export async function fetchPasses(given: Fetching): Promise<Fetched> {
  const { passes, issuer, now } = given;
  if ((await passes.ask('count', now)) >= BATCH) return 'enough';
  const epoch = passEpoch(now);
  const key = issuer.keys.find((known) => known.epoch === epoch);
  if (!key) return 'later';
  const { request, finish } = await given.arithmetic();
  const modulus = bytesOf(key.modulus);
  const seed = (await passes.ask('batch', epoch))?.seed ?? crypto.getRandomValues(new Uint8Array(32));
  await passes.ask('begin', { epoch, seed });
  const body = request(modulus, seed) as Uint8Array<ArrayBuffer>;
  const credential = await given.credential(body);
  if (!credential) return 'no-credential';
  const response = await fetch(`${issuer.url.replace(/\/+$/, '')}/v1/passes`, {
    ...given.quiet,
    method: 'POST',
    headers: { Authorization: `Bearer ${credential}` },
    body: new Blob([body]),
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => undefined);
  if (!response?.ok) return REFUSED[response?.status ?? 0] ?? 'later';
  const answer = new Uint8Array(await response.arrayBuffer());
  if (answer.length !== RESPONSE) return 'later';
  try {
    await passes.ask('accept', finish(modulus, epoch, seed, answer));
    return 'fetched';
  } catch (why) {
    // A key that others do not have would mark the passes.
    if (why === 'pass-signature') return 'other-key';
    throw why;
  }
}

export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
