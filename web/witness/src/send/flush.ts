/**
 * Empties the outbox. At most one tab or worker does so at a time, where the browser has locks; where it has none,
 * two may send the same bytes, which a relay counts once.
 */
import type { Outbox } from '../keep/store';
import { deliver, type Outcome, type Post } from './deliver';

export interface Flushed {
  sent: number;
  left: number;
  /** Why the rest stays. */
  why?: Exclude<Outcome, 'taken'>;
}

const LOCK = 'lapwing-outbox';

export async function flush(
  store: Outbox,
  relays: readonly string[],
  post: Post,
  each?: (left: number) => void,
): Promise<Flushed | undefined> {
  const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  if (!locks) return run(store, relays, post, each);
  return locks.request(LOCK, { ifAvailable: true }, (lock) =>
    lock ? run(store, relays, post, each) : undefined,
  );
}

async function run(
  store: Outbox,
  relays: readonly string[],
  post: Post,
  each?: (left: number) => void,
): Promise<Flushed> {
  const entries = await store.waiting();
  let sent = 0;
  let why: Flushed['why'];
  for (const { id, envelope } of entries) {
    const outcome = await deliver(envelope, relays, post);
    if (outcome !== 'taken') {
      why = outcome;
      // Without a connection the others would only wait as long, one after another.
      if (outcome === 'no-connection') break;
      continue;
    }
    await store.remove(id);
    sent += 1;
    each?.(entries.length - sent);
  }
  return { sent, left: await store.count(), ...(why && { why }) };
}
