/** The vectors that the Rust tests read too (`vectors/README.md`), through the core as the app ships it. */
import { beforeAll, describe, expect, test } from 'vitest';
import answers from '../../../../vectors/v1/answer.json?raw';
import bulletins from '../../../../vectors/v1/bulletin.json?raw';
import roundings from '../../../../vectors/v1/rounding.json?raw';
import seals from '../../../../vectors/v1/seal.json?raw';
import init, { Phone } from '../core/lapwing_core';
import wasm from '../core/lapwing_core_bg.wasm?url&inline';

interface Case<Input, Value> {
  name: string;
  hex?: string;
  fill?: { byte: number; times: number };
  input: Input;
  expect: string;
  value: Value;
}

interface File<Context, Input, Value> {
  context: Context;
  cases: Case<Input, Value>[];
}

const bulletin = JSON.parse(bulletins) as File<
  { root_key: string; now: number },
  never,
  { number: number; warnings: { id: string; state: string }[] }
>;
const answer = JSON.parse(answers) as File<{ envelope: string }, never, unknown>;
const rounding = JSON.parse(roundings) as File<
  null,
  { kind: number; lat: number; lon: number },
  { lat_e7: number; lon_e7: number }
>;
const seal = JSON.parse(seals) as File<
  { root_key: string; bulletin: string },
  { seed: string; author: string; sequence: number; now: number; draft: unknown },
  { envelope: string; next_sequence: number }
>;

beforeAll(async () => {
  const text = atob(wasm.slice(wasm.indexOf(',') + 1));
  await init({ module_or_path: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) });
});

function bytes(hex: string, fill = { byte: 0, times: 0 }): Uint8Array {
  const head = Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
  const whole = new Uint8Array(head.length + fill.times).fill(fill.byte);
  whole.set(head);
  return whole;
}

const digits = (all: Uint8Array) => Array.from(all, (byte) => byte.toString(16).padStart(2, '0')).join('');

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (why) {
    return why;
  }
  return 'nothing was thrown';
}

/** The name under which the core throws, from the name of the refusal in the file. */
const named = (names: Record<string, string>, otherwise: string) => (reason: string) =>
  names[reason] ?? otherwise;

describe.each(bulletin.cases)('bulletin: $name', (one) => {
  const name = named(
    { 'root-key': 'bulletin-other-desk', signature: 'bulletin-signature' },
    'bulletin-malformed',
  );
  const { root_key, now } = bulletin.context;
  const phone = () => new Phone(root_key, new Uint8Array(16), 0, new Uint8Array(32));
  const whole = bytes(one.hex ?? '', one.fill);

  test(one.expect, () => {
    if (one.expect !== 'ok') {
      expect(thrown(() => phone().accept_bulletin(whole, now))).toBe(name(one.expect));
      return;
    }
    const shown = JSON.parse(phone().accept_bulletin(whole, now)) as {
      number: number;
      warnings: { id: string; active: boolean }[];
    };
    expect(shown.number).toBe(one.value.number);
    expect(shown.warnings.map(({ id, active }) => [id, active])).toEqual(
      one.value.warnings.map(({ id, state }) => [id, state === 'active']),
    );
  });
});

test.each(answer.cases)('answer: $name', (one) => {
  const check = () => Phone.check_answer(bytes(answer.context.envelope), bytes(one.hex ?? '', one.fill));
  expect(thrown(check)).toBe(one.expect === 'ok' ? 'nothing was thrown' : 'answer');
});

test.each(rounding.cases)('rounding: $name', (one) => {
  // A phone without a bulletin has the form `civil-protection`.
  const phone = new Phone(bulletin.context.root_key, new Uint8Array(16), 0, new Uint8Array(32));
  const { kind, lat, lon } = one.input;
  if (one.expect === 'ok') {
    const { lat_e7, lon_e7 } = one.value;
    expect([...phone.round(kind, lat, lon)]).toEqual([lat_e7 / 1e7, lon_e7 / 1e7]);
  } else {
    expect(thrown(() => phone.round(kind, lat, lon))).toBe(one.expect === 'kind' ? 'kind' : 'place');
  }
});

test.each(seal.cases)('seal: $name', (one) => {
  const name = named(
    {
      future: 'future',
      'no-key': 'no-key',
      note: 'note-long',
      'place-latitude': 'place',
      'place-longitude': 'place',
      'used-up': 'used-up',
    },
    'draft',
  );
  const { seed, author, sequence, now, draft } = one.input;
  const phone = new Phone(seal.context.root_key, bytes(author), sequence, bytes(seed));
  phone.accept_bulletin(bytes(seal.context.bulletin), bulletin.context.now);
  const report = () => phone.report(JSON.stringify(draft), now);
  if (one.expect === 'ok') {
    expect(digits(report())).toBe(one.value.envelope);
    expect(phone.next_sequence()).toBe(one.value.next_sequence);
  } else {
    expect(thrown(report)).toBe(name(one.expect));
    expect(phone.next_sequence()).toBe(sequence);
  }
});
