/** One after the other, in this page and, where the browser has locks, among all tabs of the app. */
const LOCK = 'lapwing-identity';

let last: Promise<unknown> = Promise.resolve();

export function alone<T>(run: () => Promise<T>): Promise<T> {
  const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  if (locks) return locks.request(LOCK, run) as Promise<T>;
  const done = last.then(run);
  last = done.catch(() => undefined);
  return done;
}
