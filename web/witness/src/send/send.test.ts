import { describe, expect, test } from 'vitest';
import { memoryStore } from '../keep/memory';
import { PLACES } from '../keep/outbox';
import { pause } from './backoff';
import { deliver, type Post, shuffled } from './deliver';
import { flush } from './flush';

const RELAYS = ['https://a.example', 'https://b.example'];
const envelope = (value = 1) => new Uint8Array(2048).fill(value);
const RECEIPT = new Uint8Array(169).fill(5);

/** A net in which each relay answers with a status, a body, or not at all. */
function net(answers: Record<string, number | Uint8Array<ArrayBuffer> | undefined>) {
  const asked: { relay: string; headers: unknown; type: string; size: number }[] = [];
  const post: Post = {
    async fetch(input, options) {
      const relay = String(input).replace('/v1/envelopes', '');
      const body = options?.body as Blob;
      asked.push({ relay, headers: options?.headers, type: body.type, size: body.size });
      const answer = answers[relay];
      if (answer === undefined) throw new TypeError('no connection');
      return answer instanceof Uint8Array
        ? new Response(answer, { status: 201 })
        : new Response(null, { status: answer });
    },
    check(_envelope, answer) {
      if (answer.some((byte) => byte !== 5)) throw 'answer';
    },
    // The order of the list stays as it is.
    random: () => 0.999,
  };
  return { post, asked };
}

describe('an envelope', () => {
  test('is taken by the first relay that gives a receipt, and asks for no preflight', async () => {
    const { post, asked } = net({ [RELAYS[0] as string]: RECEIPT, [RELAYS[1] as string]: RECEIPT });
    expect(await deliver(envelope(), RELAYS, post)).toBe('taken');
    expect(asked).toEqual([{ relay: RELAYS[0], headers: undefined, type: '', size: 2048 }]);
  });

  test.each([
    ['no connection', undefined],
    ['a full disk', 507],
    ['too many requests', 429],
    ['a refusal', 400],
    ['an answer of another length', RECEIPT.slice(1)],
    ['a receipt for something else', new Uint8Array(169)],
  ])('goes to the next relay after %s', async (_what, answer) => {
    const { post, asked } = net({ [RELAYS[0] as string]: answer, [RELAYS[1] as string]: RECEIPT });
    expect(await deliver(envelope(), RELAYS, post)).toBe('taken');
    expect(asked.map(({ relay }) => relay)).toEqual(RELAYS);
  });

  test('says why it was not taken, what may pass before what will not', async () => {
    const why = (a: number | undefined, b: number | undefined) =>
      deliver(envelope(), RELAYS, net({ [RELAYS[0] as string]: a, [RELAYS[1] as string]: b }).post);
    expect(await why(400, 400)).toBe('refused');
    expect(await why(400, undefined)).toBe('no-connection');
    expect(await why(503, undefined)).toBe('relay-busy');
    expect(await why(undefined, undefined)).toBe('no-connection');
    expect(await deliver(envelope(), [], net({}).post)).toBe('no-connection');
  });
});

describe('the outbox', () => {
  async function box(count: number) {
    const store = memoryStore();
    for (let at = 0; at < count; at++) expect(await store.enqueue(envelope(at))).toBe(true);
    return store;
  }

  test('is emptied one receipt at a time', async () => {
    const store = await box(3);
    const left: number[] = [];
    const { post } = net({ [RELAYS[0] as string]: RECEIPT });
    expect(await flush(store, RELAYS, post, (n) => left.push(n))).toEqual({ sent: 3, left: 0 });
    expect(left).toEqual([2, 1, 0]);
  });

  test('keeps everything without a connection, and tries one only', async () => {
    const store = await box(3);
    const { post, asked } = net({});
    expect(await flush(store, RELAYS, post)).toEqual({ sent: 0, left: 3, why: 'no-connection' });
    expect(asked).toHaveLength(2);
  });

  test('sends the others past one that nobody takes', async () => {
    const store = await box(2);
    const { post } = net({ [RELAYS[0] as string]: RECEIPT });
    const picky: Post = {
      ...post,
      fetch: async (input, options) => {
        const first = new Uint8Array(await (options?.body as Blob).arrayBuffer())[0];
        return first === 0 ? new Response(null, { status: 400 }) : post.fetch(input, options);
      },
    };
    expect(await flush(store, RELAYS, picky)).toEqual({ sent: 1, left: 1, why: 'refused' });
    expect((await store.waiting()).map((entry) => entry.envelope[0])).toEqual([0]);
  });

  test('takes no more than it has places', async () => {
    const store = await box(PLACES);
    expect(await store.enqueue(envelope())).toBe(false);
    expect(await store.count()).toBe(PLACES);
  });
});

test('pauses grow to five minutes and are never all the same', () => {
  expect(pause(1, () => 0)).toBe(2_000);
  expect(pause(1, () => 1)).toBe(4_000);
  expect(pause(4, () => 1)).toBe(32_000);
  expect(pause(50, () => 1)).toBe(300_000);
  expect(pause(50, () => 0)).toBe(150_000);
});

test('relays are asked in every order', () => {
  const orders = new Set<string>();
  let seed = 1;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let run = 0; run < 200; run++) orders.add(shuffled([1, 2, 3], random).join(''));
  expect(orders.size).toBe(6);
});
