import { describe, expect, test } from 'vitest';
import {
  AGAIN,
  anew,
  type Conversation,
  CONVERSATION_MAX,
  decode,
  EMPTY,
  encode,
  endOf,
  hear,
  type Line,
  looked,
  settle,
} from './conversation';
import { pack, unpack } from './identity';
import { bucketSecret, pseudonym } from './pseudonym';

const mine = (text: string, end?: string): Line => ({ by: 'me', at: 5, text, ...(end && { end }) });

describe('a conversation', () => {
  test('comes back as it was kept, and an empty field is an empty one', () => {
    const said: Conversation = { lines: [mine('так', 'ab')], seen: [3], told: 9, refused: 'used' };
    expect(decode(encode(said))).toEqual(said);
    expect(decode(new Uint8Array())).toEqual(EMPTY);
    expect(decode(undefined)).toEqual(EMPTY);
  });

  test('loses its oldest lines when it would overflow, and no reply’s number', () => {
    const lines = Array.from({ length: 40 }, (_, n) => mine(`${n} ${'ж'.repeat(250)}`));
    const bytes = encode({ ...EMPTY, lines, seen: [1, 2, 3] });
    expect(bytes.length).toBeLessThanOrEqual(CONVERSATION_MAX);
    const back = decode(bytes);
    expect(back.lines.at(-1)).toEqual(lines.at(-1));
    expect(back.lines).toEqual(lines.slice(-back.lines.length));
    expect(back.lines.length).toBeGreaterThan(8);
    expect(back.seen).toEqual([1, 2, 3]);
    // One more would not have fitted.
    const more = lines.slice(-back.lines.length - 1);
    expect(
      JSON.stringify({ ...EMPTY, seen: [1, 2, 3], lines: more }).length + 251 * more.length,
    ).toBeGreaterThan(CONVERSATION_MAX);
  });

  test('takes a reply once, and tells the desk again only when telling had no effect', () => {
    const reply = { id: 7, message: 'Дякуємо', at: 100 };
    const first = hear(EMPTY, [reply], 20);
    expect(first.acks).toEqual([7]);
    expect(first.after.lines).toEqual([{ by: 'desk', at: 100, text: 'Дякуємо', id: 7, fresh: true }]);
    for (let number = 20; number < 20 + AGAIN; number++) {
      const again = hear(first.after, [reply], number);
      expect(again.acks).toEqual([]);
      expect(again.after).toEqual(first.after);
    }
    const late = hear(first.after, [reply], 20 + AGAIN);
    expect(late.acks).toEqual([7]);
    expect(late.after.lines).toHaveLength(1);
    expect(late.after.told).toBe(20 + AGAIN);
    // News is told at once.
    expect(hear(first.after, [reply, { id: 8, message: 'x', at: 1 }], 21).acks).toEqual([8]);
  });

  test('puts what comes late where the desk wrote it', () => {
    const reply = (id: number) => ({ id, message: `${id}`, at: 1 });
    const first = hear(EMPTY, [reply(2), reply(5)], 20).after;
    const said = { ...first, lines: [...first.lines, mine('так')] };
    const texts = ({ lines }: Conversation) => lines.map(({ text }) => text);
    expect(texts(hear(said, [reply(3), reply(6)], 21).after)).toEqual(['2', '3', '5', 'так', '6']);
    // To another enrolment the desk says 1 again.
    expect(texts(hear(anew(said), [reply(1)], 30).after)).toEqual(['2', '5', 'так', '1']);
  });

  test('keeps why an invite was refused until another is taken', () => {
    const refused = hear(EMPTY, [{ id: 1, refused: 'expired' }], 4).after;
    expect(refused.refused).toBe('expired');
    expect(hear(refused, [], 5).after.refused).toBe('expired');
    expect(hear(refused, [{ id: 2, enrolled: true }], 6).after.refused).toBeUndefined();
  });

  test('forgets which envelope carried a message once it has left, and what is new once it was seen', () => {
    const said = {
      ...EMPTY,
      lines: [mine('a', '01'), mine('b', '02'), { ...mine('c'), fresh: true as const }],
    };
    expect(settle(said, new Set(['02'])).lines.map(({ end }) => end)).toEqual([undefined, '02', undefined]);
    expect(looked(said).lines.some(({ fresh }) => fresh)).toBe(false);
    expect(endOf(Uint8Array.from({ length: 2048 }, (_, n) => n % 256))).toBe('f8f9fafbfcfdfeff');
  });
});

describe('an identity', () => {
  const secret = new Uint8Array(32).fill(5);
  test('comes back with and without an enrolment', () => {
    expect(unpack(pack({ secret }))).toEqual({ secret });
    const kept = new Uint8Array(134).fill(6);
    expect(unpack(pack({ secret, kept }))).toEqual({ secret, kept });
  });

  test('is refused when it is anything else', () => {
    const good = pack({ secret });
    const other = good.slice();
    other[0] = 2;
    for (const bytes of [undefined, new Uint8Array(), secret, good.subarray(0, 32), other])
      expect(() => unpack(bytes)).toThrow('kept');
  });

  test('fetches from a bucket that is bound to install and desk, and is no pseudonym', async () => {
    const [one, again, desk] = await Promise.all([
      bucketSecret(secret, 'a'),
      bucketSecret(secret, 'a'),
      bucketSecret(secret, 'b'),
    ]);
    expect(one).toHaveLength(32);
    expect(one).toEqual(again);
    expect(one).not.toEqual(desk);
    expect(one.subarray(0, 16)).not.toEqual(await pseudonym(secret, 'a', 0));
  });
});
