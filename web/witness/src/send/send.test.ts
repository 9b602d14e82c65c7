import { describe, expect, test } from 'vitest';
import { deliver, type Post, shuffled } from './deliver';

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

test('relays are asked in every order', () => {
  const orders = new Set<string>();
  let seed = 1;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let run = 0; run < 200; run++) orders.add(shuffled([1, 2, 3], random).join(''));
  expect(orders.size).toBe(6);
});
