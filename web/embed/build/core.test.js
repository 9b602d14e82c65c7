// The core as it is shipped: bucket, schedule, cover, and the manifest of a release as the build writes it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANIFEST, makeKey, publicKey, sign } from '../../witness/build/release.js';
import init, { bucket, Phone, release, Schedule } from '../../witness/src/core/lapwing_core.js';

// RFC 8032 section 7.1, test 1: the public key.
const ROOT = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const NOW = 1_790_000_000_000;
const seed = (value) => new Uint8Array(32).fill(value);

function thrown(run) {
  try {
    run();
  } catch (why) {
    return why;
  }
  return 'nothing was thrown';
}

beforeAll(async () => {
  const wasm = new URL('../../witness/src/core/lapwing_core_bg.wasm', import.meta.url);
  await init({ module_or_path: readFileSync(fileURLToPath(wasm)) });
});

test('a bucket is that of the formula', () => {
  // Computed with Python's hmac and hashlib; as in crates/seal.
  const secret = seed(5);
  const at = 740 * 28 * 86_400;
  expect([16, 255].map((count) => bucket(secret, at, count))).toEqual([11, 203]);
  expect(thrown(() => bucket(secret.slice(1), at, 16))).toBe('bucket');
});

test('a schedule begins with a tick and goes on whatever waits', () => {
  const times = (waiting) => {
    const schedule = new Schedule(3_600_000, 600_000, seed(1), NOW, undefined);
    return waiting.map((real) => {
      const at = schedule.next_at();
      expect(schedule.tick(at, real)).toBe(real);
      return at;
    });
  };
  const never = times(new Array(50).fill(false));
  expect(never[0]).toBe(NOW);
  expect(times(never.map((_at, n) => n % 3 === 0))).toEqual(never);
  const visit = new Schedule(3_600_000, 600_000, seed(1), NOW, NOW - 1_000);
  expect(visit.next_at()).toBeGreaterThan(NOW);
  expect(thrown(() => new Schedule(999, 0, seed(1), NOW, undefined))).toBe('rhythm');
  expect(thrown(() => new Schedule(1_000, 1_001, seed(1), NOW, undefined))).toBe('rhythm');
  expect(thrown(() => new Schedule(1_000, 0, seed(1).slice(1), NOW, undefined))).toBe('seed');
});

test('no cover is sealed before a bulletin is known', () => {
  const phone = new Phone(ROOT, new Uint8Array(16), 0, seed(2));
  expect(thrown(() => phone.cover(NOW / 1_000))).toBe('no-bulletin');
});

describe('vectors of releases', () => {
  const file = new URL('../../../vectors/v1/release.json', import.meta.url);
  const { context, cases } = JSON.parse(readFileSync(fileURLToPath(file), 'utf8'));

  test.each(cases)('$name', ({ hex, fill, expect: expected, value }) => {
    const bytes = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(fill?.times ?? 0, fill?.byte)]);
    if (expected !== 'ok') {
      expect(thrown(() => release(bytes, context.release_key))).toBe('release');
      return;
    }
    const files = Object.fromEntries(value.files.map(({ path, sha256 }) => [path, sha256]));
    expect(JSON.parse(release(bytes, context.release_key))).toEqual({ version: value.version, files });
  });
});

describe('the manifest that the build writes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lapwing-release-'));
  const key = join(folder, '..', `${folder.split('/').at(-1)}.key`);
  afterAll(() => {
    rmSync(folder, { recursive: true });
    rmSync(key);
  });

  test('is read by the core under its key and no other', () => {
    const pub = makeKey(key);
    expect(publicKey(key)).toBe(pub);
    expect(() => makeKey(key), 'no key is replaced').toThrow();
    for (const name of ['index.html', 'sw.js', 'index.html.br', 'a-Z_0.css'])
      writeFileSync(join(folder, name), name);
    expect(sign(folder, key, 7)).toEqual({ version: 7, files: 3 });
    // A second time: the manifest does not list itself.
    sign(folder, key, 8);
    const bytes = readFileSync(join(folder, MANIFEST));
    const { version, files } = JSON.parse(release(bytes, pub));
    expect([version, Object.keys(files).sort()]).toEqual([8, ['/a-Z_0.css', '/index.html', '/sw.js']]);
    expect(thrown(() => release(bytes, ROOT))).toBe('release');
    expect(thrown(() => release(bytes, ROOT.slice(2)))).toBe('release-key');
    for (const at of [0, 25, 100, bytes.length - 2]) {
      const other = Uint8Array.from(bytes);
      other[at] ^= 1;
      expect(
        thrown(() => release(other, pub)),
        `byte ${at}`,
      ).toBe('release');
    }
    expect(() => sign(folder, key, 0)).toThrow();
    writeFileSync(join(folder, 'a b'), '');
    expect(() => sign(folder, key, 9)).toThrow('plain name');
  });
});
