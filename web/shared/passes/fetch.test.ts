import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchPasses, type Fetching } from './fetch';
import { askPurse, type Passes, passEpoch, PURSE_LEN } from './purse';

const NOW = 1_795_000_000;
const EPOCH = passEpoch(NOW);

let bytes: Uint8Array<ArrayBuffer>;
let seeds: string[];
let answer: () => Response;

beforeEach(() => {
  bytes = new Uint8Array(PURSE_LEN);
  seeds = [];
  answer = () => new Response(new Uint8Array(32 * 256));
  vi.stubGlobal('fetch', async (url: string, options: RequestInit) => {
    expect(url).toBe('https://issuer.example/v1/passes');
    expect(options.headers).toEqual({ Authorization: 'Bearer heron' });
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const passes: Passes = { ask: async (call, ...given) => askPurse(bytes, call, given) };

/** Arithmetic that writes down the seed, and makes passes that say which batch they are of. */
const arithmetic = async () => ({
  request(modulus: Uint8Array, seed: Uint8Array) {
    expect([modulus.length, seed.length]).toEqual([256, 32]);
    seeds.push(seed.join());
    return new Uint8Array(8_288);
  },
  finish(_modulus: Uint8Array, epoch: number) {
    const cells = new Uint8Array(32 * 358);
    for (let at = 0; at < 32; at++) {
      new DataView(cells.buffer).setUint32(at * 358, epoch);
      cells.fill(seeds.length * 32 + at, at * 358 + 4, (at + 1) * 358);
    }
    return cells;
  },
});

function fetching(over: Partial<Fetching> = {}) {
  return fetchPasses({
    passes,
    issuer: { url: 'https://issuer.example/', keys: [{ epoch: EPOCH, modulus: 'ab'.repeat(256) }] },
    now: NOW,
    credential: async () => 'heron',
    arithmetic,
    quiet: {},
    ...over,
  });
}

test('a batch is fetched while there are fewer than one', async () => {
  expect(await fetching()).toBe('fetched');
  expect(await passes.ask('count', NOW)).toBe(32);
  expect(await fetching()).toBe('enough');
  await passes.ask('take', new Uint8Array(2048), NOW);
  expect(await fetching()).toBe('fetched');
  expect(await passes.ask('count', NOW)).toBe(63);
  expect(new Set(seeds).size).toBe(2);
});

test('an answer that is lost is asked for again by the same request', async () => {
  const lost = [
    () => Response.error(),
    () => new Response(null, { status: 503 }),
    () => new Response(new Uint8Array(5)),
  ];
  for (const broken of lost) {
    answer = broken;
    expect(await fetching()).toBe('later');
  }
  answer = () => new Response(new Uint8Array(32 * 256));
  expect(await fetching()).toBe('fetched');
  expect(new Set(seeds).size).toBe(1);
});

test.each([
  [401, 'not-eligible'],
  [403, 'not-eligible'],
  [429, 'used-up'],
  [409, 'later'],
])('a refusal by %i is %s', async (status, what) => {
  answer = () => new Response(null, { status });
  expect(await fetching()).toBe(what);
  expect(await passes.ask('count', NOW)).toBe(0);
});

test('nothing is asked without a credential, or without the bulletin’s key of this epoch', async () => {
  answer = () => expect.fail('somebody was asked');
  expect(await fetching({ credential: async () => undefined })).toBe('no-credential');
  const keys = [{ epoch: EPOCH + 1, modulus: 'ab'.repeat(256) }];
  expect(await fetching({ issuer: { url: 'https://issuer.example', keys } })).toBe('later');
});

test('passes that are signed by another key than the bulletin’s are not taken', async () => {
  const finish = () => {
    throw 'pass-signature';
  };
  const { request } = await arithmetic();
  expect(await fetching({ arithmetic: async () => ({ request, finish }) })).toBe('other-key');
  expect(await passes.ask('count', NOW)).toBe(0);
});
