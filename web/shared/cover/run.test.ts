import { expect, test } from 'vitest';
import { Cover, type Ports, type Waiting } from './run';

const cover = Uint8Array.of(0);
const real = Uint8Array.of(1);

/** Ports that note what was asked of them, and a schedule of so many ticks, all due at once. */
function world(over: Partial<Ports> = {}, ticks = 1) {
  const seen: string[] = [];
  let left = ticks;
  const note = (what: string) => () => {
    seen.push(what);
    return Promise.resolve();
  };
  const schedule = {
    next_at: () => (left > 0 ? 0 : Number.MAX_SAFE_INTEGER),
    tick: (_now: number, waiting: boolean) => {
      left -= 1;
      return waiting;
    },
  };
  const ports: Ports = {
    now: () => 7,
    seal: () => {
      seen.push('seal');
      return cover;
    },
    waiting: () => Promise.resolve(undefined),
    bulletin: note('bulletin'),
    drop: note('drop'),
    post: (envelope) => {
      seen.push(envelope === real ? 'real' : 'cover');
      return Promise.resolve(true);
    },
    ticked: () => undefined,
    wanted: () => left > 0,
    ...over,
  };
  return { seen, ports, schedule, cover: new Cover(ports) };
}

const waiting = (seen: string[]): Waiting => ({
  envelope: real,
  taken: () => {
    seen.push('taken');
    return Promise.resolve();
  },
});

async function run(one: ReturnType<typeof world>): Promise<string[]> {
  // The schedule that has no tick left would wait for ever.
  const stop = new AbortController();
  const done = one.cover.run(one.schedule, stop.signal);
  await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await done;
  return one.seen;
}

test('a tick is sealing, bulletin, drop, envelope, whatever waits', async () => {
  expect(await run(world())).toEqual(['seal', 'bulletin', 'drop', 'cover']);
  const one = world();
  one.ports.waiting = () => Promise.resolve(waiting(one.seen));
  expect(await run(one)).toEqual(['seal', 'bulletin', 'drop', 'real', 'taken']);
});

test('what no relay took stays for the next tick and is not tried before', async () => {
  const one = world({}, 2);
  const tries: string[] = [];
  one.ports.waiting = () => Promise.resolve(waiting(one.seen));
  one.ports.post = (envelope) => {
    tries.push(envelope === real ? 'real' : 'cover');
    return Promise.resolve(tries.length > 1);
  };
  expect((await run(one)).filter((what) => what === 'taken')).toHaveLength(1);
  expect(tries).toEqual(['real', 'real']);
});

test('failures of one request leave the others', async () => {
  const fails = () => Promise.reject(new Error('no connection'));
  expect(await run(world({ bulletin: fails, drop: fails }))).toEqual(['seal', 'cover']);
  expect(await run(world({ post: fails }, 2))).toEqual([
    'seal',
    'bulletin',
    'drop',
    'seal',
    'bulletin',
    'drop',
  ]);
});

test('where no cover can be sealed, no real envelope is sent either', async () => {
  const one = world({
    seal: () => {
      throw new Error('no-bulletin');
    },
  });
  one.ports.waiting = () => Promise.resolve(waiting(one.seen));
  expect(await run(one)).toEqual(['bulletin', 'drop']);
});

test('the first tick of an install seals once a bulletin has told the key', async () => {
  const one = world();
  let known = false;
  one.ports.bulletin = () => {
    known = true;
    return Promise.resolve();
  };
  one.ports.seal = () => (known ? cover : undefined);
  expect(await run(one)).toEqual(['drop', 'cover']);
});

test('an urgent report makes the requests of a tick and moves none', async () => {
  const one = world({}, 0);
  one.ports.waiting = () => Promise.resolve(waiting(one.seen));
  await one.cover.urgent();
  expect(one.seen).toEqual(['seal', 'bulletin', 'drop', 'real', 'taken']);
});

test('nothing is asked for once the host does not want it', async () => {
  expect(await run(world({ wanted: () => false }))).toEqual([]);
});

test('a tick that no relay answered is made up for as soon as there is a connection, real or cover', async () => {
  for (const something of [false, true]) {
    let connected = false;
    const one = world({ post: () => Promise.resolve(connected) });
    if (something) one.ports.waiting = () => Promise.resolve(waiting(one.seen));
    const stop = new AbortController();
    const done = one.cover.run(one.schedule, stop.signal);
    const settled = () => new Promise((resolve) => setTimeout(resolve, 10));
    one.ports.wanted = () => true;
    await settled();
    const ticks = () => one.seen.filter((what) => what === 'bulletin').length;
    expect(ticks()).toBe(1);
    connected = true;
    one.cover.look();
    await settled();
    expect(ticks()).toBe(2);
    // What came through is not done twice.
    one.cover.look();
    await settled();
    expect(ticks()).toBe(2);
    stop.abort();
    await done;
  }
});

test('what waits is asked for with the cover that would go in its place', async () => {
  const given: unknown[] = [];
  const one = world();
  one.ports.waiting = (instead) => {
    given.push(instead);
    return Promise.resolve(undefined);
  };
  await run(one);
  expect(given).toEqual([cover]);
});
