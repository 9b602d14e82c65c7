/** A tick in this app: what is asked, what leaves, what stays; with a core and relays that write down what came. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endOf } from '../keep/conversation';
import { memoryStore } from '../keep/memory';
import type { Phone } from '../phone/core';
import { type Host, Sender } from './sender';

const world = vi.hoisted(() => ({ ticks: 0, sealed: 0 }));

vi.mock('../phone/core', () => ({
  core: async () => ({
    Phone: { check_answer: () => undefined },
    Schedule: class {
      next_at = () => (world.ticks > 0 ? 0 : Number.MAX_SAFE_INTEGER);
      tick(_now: number, waiting: boolean) {
        world.ticks -= 1;
        return waiting;
      }
    },
  }),
}));

const RELAY = 'https://a.example';
const envelope = (value: number) => new Uint8Array(2048).fill(value);
/** Cover is told apart by its number here. */
const COVER = 200;

let asked: string[];
let connected: boolean;
const senders: Sender[] = [];

beforeEach(() => {
  [asked, connected] = [[], true];
  world.sealed = 0;
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('fetch', async (input: string, options?: RequestInit) => {
    const path = input.replace(`${RELAY}/v1/`, '');
    if (path !== 'envelopes') {
      asked.push(path);
      if (!connected) throw new TypeError('no connection');
      return new Response(new Uint8Array(3));
    }
    const first = new Uint8Array(await (options?.body as Blob).arrayBuffer())[0];
    asked.push(`envelope ${first}`);
    if (!connected) throw new TypeError('no connection');
    return new Response(new Uint8Array(169), { status: 201 });
  });
});
afterEach(() => {
  for (const one of senders.splice(0)) one.stop();
  vi.unstubAllGlobals();
});

function app(over: Partial<Host> = {}) {
  const store = memoryStore();
  const own = new Set<string>();
  const outcomes: string[] = [];
  const phone = {
    cover: () => envelope(COVER + world.sealed++),
    wanted: () => JSON.stringify({ bucket: 3, number: 9, path: '/v1/drops/3' }),
  } as unknown as Phone;
  const host: Host = {
    store,
    config: () => ({ root_key: '', relays: [RELAY], region: [0, 0, 1, 1], tick_ms: 1_000 }),
    phone: () => phone,
    bulletin: () => true,
    asked: async () => undefined,
    drop: async () => undefined,
    own: (end) => own.has(end),
    outcome: async (end, what) => {
      if (own.has(end)) outcomes.push(what);
      if (what === 'taken') own.delete(end);
    },
    due: () => undefined,
    wanted: () => true,
    ...over,
  };
  const sender = new Sender(host);
  senders.push(sender);
  const put = async (value: number) => {
    own.add(endOf(envelope(value)));
    return sender.enqueue(envelope(value));
  };
  const waits = async () => (await store.waiting()).map(({ envelope }) => envelope[0]);
  return { sender, store, own, outcomes, put, waits };
}

/** So many ticks, all due. */
async function tick(sender: Sender, count = 1): Promise<void> {
  world.ticks = count;
  void sender.run();
  await vi.waitFor(() => expect(world.ticks).toBe(0));
  await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a tick asks the same and sends one envelope, whether a report waits or not', async () => {
  const quiet = app();
  await tick(quiet.sender);
  const busy = app();
  await busy.put(1);
  await busy.put(2);
  await tick(busy.sender);
  const [first, second] = [asked.slice(0, 3), asked.slice(3)];
  expect(first).toEqual(['bulletin', 'drops/3', `envelope ${COVER}`]);
  expect(second.map((what) => what.replace(/\d+$/, ''))).toEqual(['bulletin', 'drops/', 'envelope ']);
  expect(['envelope 1', 'envelope 2']).toContain(second[2]);
  expect((await busy.waits()).length).toBe(1);
  expect(busy.outcomes).toEqual(['taken']);
});

test('without a connection one envelope waits, with one report or with none', async () => {
  connected = false;
  const quiet = app();
  await tick(quiet.sender, 2);
  expect(await quiet.waits()).toEqual([COVER]);
  const busy = app();
  await tick(busy.sender);
  await busy.put(1);
  expect(await busy.waits()).toEqual([1]);
  await tick(busy.sender);
  expect(busy.outcomes).toEqual(['no-connection']);
});

test('what waits from an earlier opening leaves, and nothing takes its place', async () => {
  const one = app();
  await one.store.enqueue(envelope(9));
  await one.put(1);
  expect((await one.waits()).sort()).toEqual([1, 9]);
  await tick(one.sender, 3);
  expect(asked.filter((what) => what.startsWith('envelope'))).toEqual([
    // What was put in now goes first.
    'envelope 1',
    'envelope 9',
    `envelope ${COVER + 2}`,
  ]);
  expect(await one.waits()).toEqual([]);
});

test('at once is the requests of a tick', async () => {
  const one = app();
  await one.put(1);
  await one.sender.urgent();
  expect(asked).toEqual(['bulletin', 'drops/3', 'envelope 1']);
  expect(one.outcomes).toEqual(['taken']);
});

test('the first bulletin may have been asked for before', async () => {
  const one = app();
  world.ticks = 1;
  void one.sender.run(Promise.resolve(new Uint8Array(3)));
  await vi.waitFor(() => expect(asked).toEqual(['drops/3', `envelope ${COVER}`]));
});
