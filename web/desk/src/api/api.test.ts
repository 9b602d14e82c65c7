import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { incident } from '../../dev/samples';
import { api, Refusal } from './client';
import { backoff, listen, type Listener } from './events';

function answer(status: number, body: unknown, type = 'application/json'): void {
  vi.stubGlobal(
    'fetch',
    vi.fn(
      async () =>
        new Response(typeof body === 'string' ? body : JSON.stringify(body), {
          status,
          headers: { 'content-type': type },
        }),
    ),
  );
}

async function refused(work: Promise<unknown>): Promise<Refusal> {
  return work.then(
    () => expect.fail('was not refused'),
    (error: unknown) => error as Refusal,
  );
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the desk’s HTTP', () => {
  it('gives the stable name of a problem, and the present state with `changed`', async () => {
    const now = incident({ id: 3, verdict: 'disputed', version: 9 });
    answer(409, { type: 'urn:lapwing:problem:changed', title: 'changed', status: 409, incident: now });
    const refusal = await refused(api.verdict(3, 'confirmed', 4));
    expect(refusal).toBeInstanceOf(Refusal);
    expect([refusal.problem, refusal.status, refusal.incident]).toEqual(['changed', 409, now]);
    expect(fetch).toHaveBeenCalledWith(
      '/api/incidents/3/verdict',
      expect.objectContaining({ method: 'PUT', body: '{"verdict":"confirmed","version":4}' }),
    );
  });

  it('makes sense of answers that are no problem documents', async () => {
    answer(401, 'nope', 'text/plain');
    expect((await refused(api.overview())).problem).toBe('sign-in');
    answer(502, '<html>', 'text/html');
    expect((await refused(api.overview())).problem).toBe('store');
    answer(200, '<html>', 'text/html');
    expect((await refused(api.overview())).problem).toBe('unreadable');
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => Promise.reject(new TypeError('no route'))),
    );
    expect((await refused(api.overview())).problem).toBe('unreachable');
  });

  it('writes identifiers so that they stay one part of the path', async () => {
    answer(200, {});
    await api.cancel('a/b c');
    expect(fetch).toHaveBeenCalledWith('/api/warnings/a%2Fb%20c/cancel', expect.anything());
  });
});

class FakeSource {
  static all: FakeSource[] = [];
  onopen?: () => void;
  onerror?: () => void;
  closed = false;
  readonly #on = new Map<string, (event: { data: string }) => void>();
  constructor(readonly url: string) {
    FakeSource.all.push(this);
  }
  addEventListener(name: string, take: (event: { data: string }) => void): void {
    this.#on.set(name, take);
  }
  emit(name: string, data: string): void {
    this.#on.get(name)?.({ data });
  }
  close(): void {
    this.closed = true;
  }
}

describe('events', () => {
  const listener: Listener = {
    opened: vi.fn(),
    lost: vi.fn(),
    reload: vi.fn(),
    incidents: vi.fn(),
    warnings: vi.fn(),
    overview: vi.fn(),
  };

  beforeEach(() => {
    FakeSource.all = [];
    vi.clearAllMocks();
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', FakeSource);
    vi.stubGlobal('addEventListener', vi.fn());
    vi.stubGlobal('removeEventListener', vi.fn());
  });

  it('waits longer each time, up to 15 s, never in step with others', () => {
    expect([0, 1, 2, 3, 10].map((n) => backoff(n, 0))).toEqual([500, 1000, 2000, 4000, 15_000]);
    expect(backoff(3, 1)).toBe(2667);
  });

  it('connects again after a loss and says both', () => {
    const stop = listen('/api/events', listener);
    FakeSource.all[0]?.onopen?.();
    expect(listener.opened).toHaveBeenCalledTimes(1);
    FakeSource.all[0]?.onerror?.();
    expect(listener.lost).toHaveBeenCalledTimes(1);
    expect(FakeSource.all[0]?.closed).toBe(true);
    vi.advanceTimersByTime(600);
    expect(FakeSource.all).toHaveLength(2);
    FakeSource.all[1]?.onopen?.();
    expect(listener.opened).toHaveBeenCalledTimes(2);
    stop();
    FakeSource.all[1]?.onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.all).toHaveLength(2);
  });

  it('passes events on, and loads anew what came in half', () => {
    listen('/api/events', listener);
    FakeSource.all[0]?.emit('incidents', '{"changed":[],"gone":[4]}');
    expect(listener.incidents).toHaveBeenCalledWith({ changed: [], gone: [4] });
    FakeSource.all[0]?.emit('warnings', '{"warn');
    expect(listener.warnings).not.toHaveBeenCalled();
    expect(listener.reload).toHaveBeenCalledTimes(1);
    FakeSource.all[0]?.emit('reload', '');
    expect(listener.reload).toHaveBeenCalledTimes(2);
  });
});
