import { expect, test } from 'vitest';
import { askPurse, BATCH, passEpoch, Purse, PURSE_LEN } from './purse';

const NOW = 1_795_000_000;
const EPOCH = passEpoch(NOW);

/** So many kept passes of an epoch, as `lapwing-pass-web` hands them over. */
function cells(epoch: number, count: number, fill = 1): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(count * 358);
  for (let at = 0; at < count; at++) {
    new DataView(out.buffer).setUint32(at * 358, epoch);
    out.fill(fill + at, at * 358 + 4, (at + 1) * 358);
  }
  return out;
}

const envelope = (fill: number) => new Uint8Array(2048).fill(fill);

test('a pass is taken once, and again for the same envelope alone', () => {
  const purse = new Purse();
  purse.add(cells(EPOCH, 3));
  const first = purse.take(envelope(1), NOW);
  const second = purse.take(envelope(2), NOW);
  expect(first).not.toEqual(second);
  expect(purse.take(envelope(1), NOW)).toEqual(first);
  expect(purse.count(NOW)).toBe(1);
  purse.spent(envelope(1));
  const third = purse.take(envelope(1), NOW);
  expect(third).not.toEqual(first);
  expect(purse.take(envelope(3), NOW)).toBeUndefined();
});

test('of a spent pass nothing is left', () => {
  const purse = new Purse();
  purse.add(cells(EPOCH, 1, 0xab));
  const pass = purse.take(envelope(1), NOW) as Uint8Array;
  purse.spent(envelope(1));
  const text = Array.from(purse.bytes).join();
  expect(text).not.toContain(Array.from(pass.slice(0, 16)).join());
  expect(purse.bytes.every((byte) => byte === 0)).toBe(true);
});

test('those that end first go first, and those that have ended not at all', () => {
  const purse = new Purse();
  purse.add(cells(EPOCH, 1, 20));
  purse.add(cells(EPOCH - 1, 1, 10));
  purse.add(cells(EPOCH - 2, 1, 30));
  purse.add(cells(EPOCH + 1, 1, 40));
  expect(purse.count(NOW)).toBe(2);
  expect(purse.take(envelope(1), NOW)?.[0]).toBe(10);
  expect(purse.take(envelope(2), NOW)?.[0]).toBe(20);
  expect(purse.take(envelope(3), NOW)).toBeUndefined();
  // One that was shown and has ended since is exchanged.
  const later = NOW + 28 * 86_400;
  expect(purse.take(envelope(1), later)?.[0]).toBe(40);
});

test('cover leaves a reserve, what somebody has put in does not', () => {
  const purse = new Purse();
  purse.add(cells(EPOCH, 3));
  expect(purse.take(envelope(1), NOW, 2)).toBeDefined();
  expect(purse.take(envelope(2), NOW, 2)).toBeUndefined();
  expect(purse.take(envelope(1), NOW, 2)).toBeDefined();
  expect(purse.take(envelope(3), NOW)).toBeDefined();
});

test('more envelopes than places cost a pass each and no more', () => {
  const purse = new Purse();
  purse.add(cells(EPOCH, 40));
  for (let n = 1; n <= 40; n++) expect(purse.take(envelope(n), NOW)).toBeDefined();
  expect(purse.count(NOW)).toBe(0);
});

test('a batch is asked for with one seed until it is there', () => {
  const purse = new Purse();
  const seed = new Uint8Array(32).fill(9);
  expect(purse.batch(EPOCH)).toBeUndefined();
  purse.begin({ epoch: EPOCH, seed });
  expect(purse.batch(EPOCH)?.seed).toEqual(seed);
  expect(purse.batch(EPOCH + 1)).toBeUndefined();
  purse.accept(cells(EPOCH, BATCH));
  expect(purse.batch(EPOCH)).toBeUndefined();
  expect(purse.count(NOW)).toBe(BATCH);
  purse.add(cells(EPOCH, 2));
  expect(purse.count(NOW)).toBe(BATCH);
  purse.add(cells(EPOCH, 40, 100));
  expect(purse.count(NOW)).toBe(64);
});

test('a code is kept, and replaced', () => {
  const purse = new Purse();
  expect(purse.code()).toBeUndefined();
  expect(purse.keepCode('heron-4711-tundra-9')).toBe(true);
  expect(purse.code()).toBe('heron-4711-tundra-9');
  expect(purse.keepCode('stork')).toBe(true);
  expect(purse.code()).toBe('stork');
  expect(purse.keepCode('x'.repeat(129))).toBe(false);
  expect(purse.code()).toBe('stork');
});

test('a purse is its bytes', () => {
  const bytes = new Uint8Array(PURSE_LEN);
  askPurse(bytes, 'add', [cells(EPOCH, 2)]);
  expect(askPurse(bytes.slice(), 'count', [NOW])).toBe(2);
});
