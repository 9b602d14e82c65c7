import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { incident, overview, warning } from '../../dev/samples';
import { type Api, Refusal } from '../api/client';
import type { Listener } from '../api/events';
import type { Incident } from '../api/types';
import { Desk } from './desk.svelte';

let listener: Listener;
let stored: Incident[];

function desk(part: Partial<Api> = {}): Desk {
  const api: Api = {
    overview: async () => overview(),
    incidents: async () => ({ incidents: stored }),
    incident: async (id) => ({ incident: stored.find((each) => each.id === id)!, reports: [], history: [] }),
    verdict: async (id, verdict, version) => incident({ id, verdict, version: version + 1 }),
    draft: () => Promise.reject(new Error('not asked for')),
    warnings: async () => ({ warnings: [] }),
    publish: async () => warning(),
    update: async () => warning(),
    cancel: async () => warning({ state: 'cancelled' }),
    ...part,
  };
  return new Desk(api, (_path, given) => {
    listener = given;
    return () => undefined;
  });
}

const settle = () => vi.advanceTimersByTimeAsync(300);
const refusal = (problem: string, status: number, now?: Incident) =>
  new Refusal(problem, status, undefined, now);

beforeEach(() => {
  vi.useFakeTimers();
  stored = [incident({ id: 1, last_seen: 100 }), incident({ id: 2, last_seen: 200 })];
});
afterEach(() => vi.useRealTimers());

describe('the desk’s state', () => {
  it('loads, newest first', async () => {
    const it = desk();
    const stop = it.start();
    expect(it.phase).toBe('loading');
    await settle();
    expect(it.phase).toBe('ready');
    expect(it.incidents.map(({ id }) => id)).toEqual([2, 1]);
    expect(it.now).toBe(2000);
    stop();
  });

  it('takes changes and goings, and no news older than what it has', async () => {
    const it = desk();
    it.start();
    await settle();
    listener.incidents({ changed: [incident({ id: 3, last_seen: 300, version: 5 })], gone: [1] });
    await settle();
    expect(it.incidents.map(({ id }) => id)).toEqual([3, 2]);
    listener.incidents({ changed: [incident({ id: 3, last_seen: 300, version: 4, sources: 9 })], gone: [] });
    await settle();
    expect(it.incidents[0]?.sources).toBe(1);
  });

  it('keeps what comes in while it loads', async () => {
    let answer: (value: { incidents: Incident[] }) => void = () => undefined;
    const it = desk({
      incidents: () =>
        new Promise((done) => {
          answer = done;
        }),
    });
    it.start();
    await settle();
    listener.incidents({ changed: [incident({ id: 7, last_seen: 900, version: 2 })], gone: [] });
    await settle();
    expect(it.incidents).toHaveLength(0);
    answer({ incidents: stored });
    await settle();
    expect(it.incidents.map(({ id }) => id)).toEqual([7, 2, 1]);
  });

  it('loads everything again after a gap', async () => {
    const it = desk();
    it.start();
    await settle();
    listener.opened();
    listener.lost(1000);
    expect(it.link).toBe('lost');
    stored = [incident({ id: 9 })];
    listener.opened();
    await settle();
    expect(it.link).toBe('live');
    expect(it.incidents.map(({ id }) => id)).toEqual([9]);
  });

  it('keeps the last state in sight when the desk goes away, and says so when it never answered', async () => {
    let down = false;
    const answering = desk({
      overview: async () => (down ? Promise.reject(refusal('unreachable', 0)) : overview()),
    });
    answering.start();
    await settle();
    down = true;
    listener.reload();
    await settle();
    expect(answering.phase).toBe('ready');
    const silent = desk({ overview: () => Promise.reject(refusal('unreachable', 0)) });
    silent.start();
    await settle();
    expect([silent.phase, silent.failure]).toEqual(['failed', 'unreachable']);
  });

  it('tells a closed session from a broken line', async () => {
    let known = true;
    const it = desk({ overview: async () => (known ? overview() : Promise.reject(refusal('sign-in', 401))) });
    it.start();
    await settle();
    known = false;
    listener.lost(1000);
    await settle();
    expect(it.phase).toBe('signed-out');
  });

  it('decides on the version that was seen, and shows it at once', async () => {
    const verdict = vi.fn<Api['verdict']>(async (id, to, version) =>
      incident({ id, verdict: to, version: version + 1 }),
    );
    const it = desk({ verdict });
    it.start();
    await settle();
    it.select(2);
    await it.decide('confirmed');
    expect(verdict).toHaveBeenCalledWith(2, 'confirmed', 1);
    expect(it.current?.verdict).toBe('confirmed');
    expect(it.notice).toMatchObject({ tone: 'good', key: 'decided.confirmed' });
  });

  it('shows how it stands when somebody decided meanwhile', async () => {
    const now = incident({ id: 2, verdict: 'disputed', version: 8 });
    const it = desk({ verdict: () => Promise.reject(refusal('changed', 409, now)) });
    it.start();
    await settle();
    it.select(2);
    await it.decide('confirmed');
    expect(it.current?.verdict).toBe('disputed');
    expect(it.notice).toMatchObject({ tone: 'bad', key: 'changed.disputed' });
    expect(it.busy).toBe(false);
  });

  it('announces what others confirm, and not what one confirms oneself', async () => {
    const it = desk();
    it.start();
    await settle();
    it.select(1);
    await it.decide('confirmed');
    listener.incidents({ changed: [incident({ id: 1, verdict: 'confirmed', version: 2 })], gone: [] });
    await settle();
    expect(it.announced).toBeUndefined();
    listener.incidents({ changed: [incident({ id: 2, verdict: 'confirmed', version: 2 })], gone: [] });
    await settle();
    expect(it.announced).toMatchObject({ what: 'confirmed', incident: { id: 2 } });
  });

  it('walks through what the filter shows, and stops at the ends', async () => {
    stored = [1, 2, 3].map((id) => incident({ id, last_seen: id, sources: id }));
    const it = desk();
    it.start();
    await settle();
    it.filter = { ...it.filter, people: 2 };
    it.step(1);
    expect(it.selected).toBe(3);
    it.step(1);
    it.step(1);
    expect(it.selected).toBe(2);
    it.step(-1);
    it.step(-1);
    expect(it.selected).toBe(3);
  });

  it('stands still between reports in a replay and runs with the clock when live', async () => {
    const replay = desk();
    replay.start();
    await settle();
    await vi.advanceTimersByTimeAsync(5000);
    expect(replay.now).toBe(2000);
    const live = desk({ overview: async () => overview({ clock: { mode: 'live', now: 2000 } }) });
    live.start();
    await settle();
    await vi.advanceTimersByTimeAsync(5000);
    expect(live.now).toBeGreaterThanOrEqual(2005);
  });

  it('counts a warning as in force only until it ends', async () => {
    const it = desk({
      warnings: async () => ({
        warnings: [warning({ expires: 2001 }), warning({ id: 'w2', incident: 2, expires: 1999 })],
      }),
    });
    it.start();
    await settle();
    expect(it.inForce.map(({ id }) => id)).toEqual(['w1']);
  });
});
