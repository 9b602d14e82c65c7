/** Couriers with the module as the app ships it: what one phone shows, others take. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import init, * as courier from '../core-courier/lapwing_courier';
import wasm from '../core-courier/lapwing_courier_bg.wasm?url&inline';
import { apart, together } from './module';
import { Take } from './take.svelte';
import { type Bytes, make, OUTBOX_LEN, put, waiting } from '../keep/outbox';
import piece from '../../../../vectors/v1/piece.json';
import bundle from '../../../../vectors/v1/bundle.json';

beforeAll(async () => {
  const text = atob(wasm.slice(wasm.indexOf(',') + 1));
  await init({ module_or_path: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) });
});

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** One that is told from others by its number. */
function envelope(number: number): Uint8Array<ArrayBuffer> {
  return random(2048).map((byte, at) => (at < 2 ? 1 : at < 6 ? 0 : at === 7 ? number : byte));
}

function file(): Bytes {
  const held = new Uint8Array(OUTBOX_LEN);
  let size = 0;
  return {
    size: () => size,
    read: (at, length) => held.slice(at, at + length),
    write(written, at) {
      held.set(written, at);
      size = Math.max(size, at + written.length);
    },
    flush: () => undefined,
  };
}

/** A phone of which only the outbox is there. */
function outbox() {
  const kept = file();
  make(kept, random);
  const place = {
    sealed: async () => waiting(kept).map(({ envelope: one }) => one),
    carry: async (one: Uint8Array<ArrayBuffer>) => {
      const there = (await place.sealed()).some((other) => other.join() === one.join());
      return there ? 'there' : put(kept, one, random) ? 'kept' : ('full' as const);
    },
  } as const;
  return { place, kept };
}

describe('the vectors', () => {
  test.each(piece.cases)('piece: $name', async ({ hex, expect: expected }) => {
    const gathered = new courier.Gathered();
    const take = () => gathered.take(bytes(hex));
    if (expected === 'ok') expect(take()).toBeUndefined();
    else expect(take).toThrow();
  });

  test.each(bundle.cases)('bundle: $name', ({ hex, value }) => {
    const { salvaged } = value as { salvaged: string[] };
    const take = () => apart(courier.unpack(bytes(hex)).envelopes(), 2048).length;
    if (salvaged.length > 0) expect(take()).toBe(salvaged.length);
    else expect(take).toThrow();
  });
});

describe('a courier', () => {
  let phone: ReturnType<typeof outbox>;
  let take: Take;
  beforeEach(async () => {
    phone = outbox();
    take = new Take(courier, phone.place);
    await take.begin();
  });

  test('takes what a file holds, once, and hands it on byte by byte', async () => {
    const sent = [envelope(1), envelope(2)];
    const card = new Blob([courier.bundle(together(sent)) as Uint8Array<ArrayBuffer>]);
    await take.file(card);
    expect([take.taken, take.there, take.lost, take.wrong]).toEqual([2, 0, 0, undefined]);
    await take.file(card);
    expect([take.taken, take.there]).toEqual([2, 2]);
    const onwards = await phone.place.sealed();
    expect(onwards.map(String).sort()).toEqual(sent.map(String).sort());
  });

  test('says what is lost of a damaged file, and what a file is not', async () => {
    const whole = courier.bundle(together([envelope(1), envelope(2)]));
    whole.fill(0, 2500, 3000);
    await take.file(new Blob([whole as Uint8Array<ArrayBuffer>]));
    expect([take.taken, take.lost]).toEqual([1, 1]);
    await take.file(new Blob(['a letter from home']));
    expect(take.wrong).toBe('magic');
    await take.file(new Blob([new Uint8Array(courier.longest() + 1)]));
    expect(take.wrong).toBe('long');
    expect([take.taken, take.lost]).toEqual([1, 0]);
  });

  test('says when there is no room, and takes the rest once there is', async () => {
    const sent = Array.from({ length: 18 }, (_, n) => envelope(n));
    await take.file(new Blob([courier.bundle(together(sent)) as Uint8Array<ArrayBuffer>]));
    expect([take.taken, take.over.length]).toEqual([16, 2]);
    await take.again();
    expect(take.over.length).toBe(2);
    make(Object.assign(phone.kept, { size: () => 0 }), random);
    await take.again();
    expect([take.taken, take.over.length]).toEqual([18, 0]);
  });

  test('counts pieces, and says when a code is of something else', async () => {
    await take.codes([bytes(piece.cases[0]?.hex ?? '')]);
    expect([take.have, take.needed, take.wrong]).toEqual([1, 16, undefined]);
    await take.codes([new TextEncoder().encode('LAPWING:00')]);
    expect([take.have, take.wrong]).toEqual([1, 'foreign']);
    await take.codes([bytes(piece.cases[1]?.hex ?? '')]);
    expect([take.have, take.wrong]).toEqual([2, undefined]);
  });
});
