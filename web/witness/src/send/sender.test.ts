/** A tick in this app: what is asked, what leaves, what stays; with a core and relays that write down what came. */
import { passEpoch } from '$shared/passes/purse';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
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
/** Passes that relays saw, and what they will say of the next ones. */
let shown: string[];
let refusals: string[];
let connected: boolean;
const senders: Sender[] = [];

beforeEach(() => {
  [asked, connected] = [[], true];
  [shown, refusals] = [[], []];
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
    const pass = (options?.headers as Record<string, string> | undefined)?.['Authorization'];
    asked.push(`envelope ${first}`);
    if (pass) shown.push(pass);
    if (!connected) throw new TypeError('no connection');
    const problem = pass && refusals.shift();
    if (problem) return Response.json({ type: `urn:lapwing:problem:${problem}` }, { status: 409 });
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
    issuer: () => undefined,
    passes: async () => undefined,
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

describe('where relays want passes', () => {
  const issuer = () => ({ url: 'https://issuer.example', keys: [] });
  const NOW = Math.floor(Date.now() / 1_000);

  /** With so many passes in the purse. */
  async function admitted(count: number) {
    const one = app({ issuer });
    const cells = new Uint8Array(count * 358);
    for (let at = 0; at < count; at++) {
      new DataView(cells.buffer).setUint32(at * 358, passEpoch(NOW));
      cells.fill(at + 1, at * 358 + 4, (at + 1) * 358);
    }
    await one.store.passes.ask('add', cells);
    const left = () => one.store.passes.ask('count', NOW);
    return { ...one, left };
  }

  test('cover and report each spend one, and cover leaves two', async () => {
    const one = await admitted(4);
    await tick(one.sender, 3);
    expect([shown.length, await one.left()]).toEqual([2, 2]);
    await one.put(1);
    await tick(one.sender);
    expect([shown.length, await one.left()]).toEqual([3, 1]);
    expect(new Set(shown).size).toBe(3);
    expect(one.outcomes).toEqual(['taken']);
  });

  test('without any nothing is posted, and the person is told', async () => {
    const one = await admitted(0);
    await one.put(1);
    await tick(one.sender);
    expect(asked).toEqual(['bulletin', 'drops/3']);
    expect(one.outcomes).toEqual(['no-pass']);
    expect(await one.waits()).toEqual([1]);
  });

  test('an envelope that goes again goes with its pass', async () => {
    const one = await admitted(5);
    await one.put(1);
    connected = false;
    await tick(one.sender, 3);
    expect(new Set(shown).size).toBe(1);
    connected = true;
    await tick(one.sender);
    expect(new Set(shown).size).toBe(1);
    expect([one.outcomes.at(-1), await one.left()]).toEqual(['taken', 4]);
  });

  test('a pass that was spent is exchanged, one whose key a relay does not know is kept', async () => {
    const one = await admitted(5);
    await one.put(1);
    refusals = ['pass-spent', 'pass-signature'];
    await tick(one.sender);
    expect([new Set(shown).size, one.outcomes.at(-1), await one.left()]).toEqual([3, 'taken', 2]);
    await one.put(2);
    refusals = ['pass-key'];
    shown = [];
    await tick(one.sender, 2);
    expect([new Set(shown).size, one.outcomes.slice(-2)]).toEqual([1, ['relay-busy', 'taken']]);
  });
});

test('the first bulletin may have been asked for before', async () => {
  const one = app();
  world.ticks = 1;
  void one.sender.run(Promise.resolve(new Uint8Array(3)));
  await vi.waitFor(() => expect(asked).toEqual(['drops/3', `envelope ${COVER}`]));
});
