/**
 * The desk's server-sent events, with our own reconnecting: a browser's EventSource gives up for good after some
 * failures and tells nobody how long it waits.
 */
import type { IncidentChanges, Overview, WarningList } from './types';

export interface Listener {
  /** Connected, for the first time or again: what was missed must be loaded. */
  opened(): void;
  /** Not connected; the next try is in `wait` milliseconds. */
  lost(wait: number): void;
  /** The server asks to load everything anew. */
  reload(): void;
  incidents(changes: IncidentChanges): void;
  warnings(list: WarningList): void;
  overview(overview: Overview): void;
}

/** Milliseconds before try number `attempt` (from 0): doubled each time, at most 15 s, spread by up to a third. */
export function backoff(attempt: number, random: number): number {
  return Math.round(Math.min(15_000, 500 * 2 ** attempt) * (1 - random / 3));
}

/** Listens until the returned function is called. */
export function listen(path: string, listener: Listener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let stopped = false;

  function connect(): void {
    clearTimeout(timer);
    timer = undefined;
    source?.close();
    const mine = new EventSource(path);
    source = mine;
    mine.onopen = () => {
      attempt = 0;
      listener.opened();
    };
    mine.onerror = () => {
      mine.close();
      if (stopped || source !== mine) return;
      source = undefined;
      const wait = backoff(attempt, Math.random());
      attempt += 1;
      timer = setTimeout(connect, wait);
      listener.lost(wait);
    };
    mine.addEventListener('reload', () => listener.reload());
    on(mine, 'incidents', listener.incidents);
    on(mine, 'warnings', listener.warnings);
    on(mine, 'overview', listener.overview);
  }

  function on<T>(from: EventSource, name: string, take: (value: T) => void): void {
    from.addEventListener(name, (event) => {
      let value: T;
      try {
        value = JSON.parse((event as MessageEvent<string>).data) as T;
      } catch {
        // Half a message is a gap: what it said is loaded instead.
        listener.reload();
        return;
      }
      take(value);
    });
  }

  const now = () => {
    if (!stopped && source === undefined) connect();
  };
  addEventListener('online', now);
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
    removeEventListener('online', now);
  };
}
