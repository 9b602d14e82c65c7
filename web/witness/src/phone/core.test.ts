/** The core as the app ships it, through its WebAssembly face. */
import { beforeAll, describe, expect, test } from 'vitest';
import init, { Phone } from '../core/lapwing_core';
import wasm from '../core/lapwing_core_bg.wasm?url&inline';
import { byUrgency, DEFAULT_KINDS, kindsOf } from './form';

// RFC 8032 section 7.1, test 1: the public key.
const ROOT = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const NOW = 1_790_000_000;
const bytes = (length: number, value = 7) => new Uint8Array(length).fill(value);
const phone = (sequence = 0) => new Phone(ROOT, bytes(16), sequence, bytes(32));
const draft = { kind: 2, lat: 48.0159, lon: 37.8028, off_m: 500, seen: NOW, seen_off_s: 60, count: null, heading: null, known: 'seen', danger: 'none', note: '' }; // prettier-ignore

beforeAll(async () => {
  const text = atob(wasm.slice(wasm.indexOf(',') + 1));
  await init({ module_or_path: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) });
});

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (why) {
    return why;
  }
  return 'nothing was thrown';
}

describe('refusals have stable names', () => {
  test.each([
    ['root-key', () => new Phone('00', bytes(16), 0, bytes(32))],
    ['root-key', () => new Phone(ROOT.replace('d', 'x'), bytes(16), 0, bytes(32))],
    ['author', () => new Phone(ROOT, bytes(15), 0, bytes(32))],
    ['seed', () => new Phone(ROOT, bytes(16), 0, bytes(31))],
    ['bulletin-malformed', () => phone().accept_bulletin(bytes(0), NOW)],
    ['bulletin-malformed', () => phone().accept_bulletin(bytes(500), NOW)],
    ['bulletin-malformed', () => phone().recall_bulletin(bytes((1 << 20) + 1))],
    ['no-bulletin', () => phone().report(JSON.stringify(draft), NOW)],
    ['draft', () => phone().report('{}', NOW)],
    ['draft', () => phone().report(JSON.stringify({ ...draft, author: 'me' }), NOW)],
    ['note-long', () => phone().report(JSON.stringify({ ...draft, note: 'ї'.repeat(281) }), NOW)],
    ['future', () => phone().report(JSON.stringify({ ...draft, seen: NOW + 601 }), NOW)],
    ['place', () => phone().report(JSON.stringify({ ...draft, lat: 91 }), NOW)],
    ['kind', () => phone().round(63, 48, 37)],
    ['place', () => phone().round(2, 48, 181)],
  ])('%s', (name, run) => expect(thrown(run)).toBe(name));
});

test('a place is rounded to the grid of its kind, and rounding again changes nothing', () => {
  for (const kind of kindsOf(phone().form())) {
    const [lat = 0, lon = 0] = phone().round(kind.code, 48.015_912, 37.802_834);
    expect([...phone().round(kind.code, lat, lon)]).toEqual([lat, lon]);
    const metres = Math.hypot((lat - 48.015_912) * 111_320, (lon - 37.802_834) * 111_320 * Math.cos(0.838));
    expect(metres).toBeLessThanOrEqual(kind.precision_m);
  }
  const cells = [48.0159, 48.0161].map((lat) => String(phone().round(9, lat, 37.8028)));
  expect(cells[0]).toBe(cells[1]);
});

test('an answer counts only when it is a receipt for that envelope', async () => {
  const envelope = bytes(2048, 0);
  envelope.set([1, 1]);
  const salt = bytes(32, 9);
  const leaf = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.of(0, ...salt, ...envelope)));
  const answer = new Uint8Array(169);
  answer[0] = 1;
  answer.set(leaf, 33);
  answer.set(salt, 137);
  Phone.check_answer(envelope, answer);
  for (const at of [0, 33, 64, 137, 168]) {
    const other = answer.slice();
    other[at] = (other[at] ?? 0) ^ 1;
    expect(
      thrown(() => Phone.check_answer(envelope, other)),
      `byte ${at}`,
    ).toBe('answer');
  }
  const changed = envelope.slice();
  changed[2047] = 1;
  expect(thrown(() => Phone.check_answer(changed, answer))).toBe('answer');
  expect(thrown(() => Phone.check_answer(envelope, answer.slice(1)))).toBe('answer');
  expect(thrown(() => Phone.check_answer(envelope.slice(1), answer))).toBe('answer');
});

test('the kinds shown before the core is there are those of its own form', () => {
  const kinds = kindsOf(phone().form());
  expect(DEFAULT_KINDS).toEqual(
    kinds.map((kind) =>
      expect.objectContaining({ code: kind.code, label: kind.label, precision_m: kind.precision_m }),
    ),
  );
  expect(byUrgency(kinds).map((kind) => kind.code)).toEqual(
    byUrgency(DEFAULT_KINDS).map((kind) => kind.code),
  );
});

test('the number of the next report is the one that was kept', () => {
  expect(phone(41).next_sequence()).toBe(41);
});
