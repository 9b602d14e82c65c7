import { describe, expect, test } from 'vitest';
import { asConfig } from './config';
import { hash, unhex } from './entrance';
import { keep, recall } from './keep';

const ROOT = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const good = { root_key: ROOT, relays: ['https://relay.example/'] };
const salt = '00112233445566778899aabbccddeeff';
const phrase = { in: '#find', salt, hash: '0'.repeat(64) };

describe('the host’s configuration', () => {
  test('has the rhythm of the app unless it says otherwise', () => {
    expect(asConfig(good)).toEqual({
      root_key: ROOT,
      relays: ['https://relay.example'],
      tick_ms: 300_000,
      visit_ms: 300_000,
    });
    expect(asConfig({ ...good, tick_s: 60 })).toMatchObject({ tick_ms: 60_000, visit_ms: 60_000 });
  });

  test('takes an entrance', () => {
    const entrance = { app: 'https://app.example/', hold: { on: '#logo', for_s: 4 }, phrase };
    expect(asConfig({ ...good, entrance })?.entrance).toEqual({ ...entrance, as: 'frame' });
  });

  test.each([
    ['nothing', null],
    ['a text', 'x'],
    ['no key', { ...good, root_key: undefined }],
    ['a short key', { ...good, root_key: ROOT.slice(1) }],
    ['no relay', { ...good, relays: [] }],
    ['a relay that is a script', { ...good, relays: ['javascript:alert(1)'] }],
    ['no gap', { ...good, tick_s: 0 }],
    ['a gap of a text', { ...good, tick_s: '60' }],
    ['a visit longer than the gap', { ...good, tick_s: 60, visit_s: 61 }],
    ['an entrance without gesture', { ...good, entrance: { app: 'https://app.example/' } }],
    ['an entrance to a script', { ...good, entrance: { app: 'javascript:1', phrase } }],
    ['a short hold', { ...good, entrance: { app: 'https://a.example/', hold: { on: 'a', for_s: 0.1 } } }],
    ['a phrase that can be read', { ...good, entrance: { app: 'https://a.example/', phrase: { in: 'a', salt, hash: 'open' } } }],
  ])('is refused as a whole: %s', (_name, value) => expect(asConfig(value)).toBeUndefined()); // prettier-ignore
});

describe('what a visitor keeps', () => {
  function storage(kept: Record<string, string> = {}) {
    return { kept, getItem: (name: string) => kept[name] ?? null, setItem: (name: string, to: string) => (kept[name] = to) };
  } // prettier-ignore

  test('is a secret and the last tick, and nothing else', () => {
    const store = storage();
    const { secret, last } = recall(store);
    expect([secret.length, last]).toEqual([32, undefined]);
    keep(store, { secret, last: 1_790_000_000_000 });
    expect(recall(store)).toEqual({ secret, last: 1_790_000_000_000 });
    expect(Object.keys(store.kept)).toEqual(['lapwing']);
    expect(Object.keys(JSON.parse(store.kept['lapwing'] ?? '{}'))).toEqual(['bucket', 'last']);
  });

  test.each(['', 'x', '{}', '[]', 'null', '{"bucket":"00"}', '{"bucket":7}'])(
    'is begun anew from %j',
    (text) => {
      const { secret } = recall(storage({ lapwing: text }));
      expect(secret).toHaveLength(32);
      expect(recall(storage({ lapwing: text })).secret).not.toEqual(secret);
    },
  );

  test('is not needed', () => {
    expect(recall(undefined).secret).toHaveLength(32);
    keep(undefined, { secret: new Uint8Array(32), last: 0 });
  });
});

test('a phrase is known by its salted hash, without regard to capitals', async () => {
  // Computed with Python's hashlib.pbkdf2_hmac('sha256', 'тиха гавань'.encode(), salt, 600_000).
  const known = '4fd34bd8dac49bebcc2715c186d36c2e34b12c180dd6564f78b19bf40d0f24d2';
  expect(await hash('  Тиха Гавань ', unhex(salt))).toBe(known);
  expect(await hash('тиха гавен', unhex(salt))).not.toBe(known);
  expect(await hash('коротке'.slice(0, 7), unhex(salt))).toBeUndefined();
});
