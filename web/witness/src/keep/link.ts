/** The page's end of the worker that has the files. */
import type { Keeper } from './keeper';

/** What the worker can be asked: it has no more than these methods. */
export type Calls = Keeper;
export interface Ask {
  id: number;
  call: keyof Calls;
  given: unknown[];
}
export type Answer = { id: number; value?: unknown; why?: string };

export interface Link {
  ask<C extends keyof Calls>(call: C, ...given: Parameters<Calls[C]>): ReturnType<Calls[C]>;
}

export function link(): Link {
  const worker = new Worker(new URL('./worker/files.ts', import.meta.url), { type: 'module' });
  const open = new Map<number, { resolve: (value: never) => void; reject: (why: unknown) => void }>();
  let asked = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    const waiter = open.get(data.id);
    open.delete(data.id);
    if (data.why === undefined) waiter?.resolve(data.value as never);
    else waiter?.reject(data.why);
  });
  worker.addEventListener('error', () => {
    for (const { reject } of open.values()) reject('files');
    open.clear();
  });
  return {
    ask(call, ...given) {
      const id = ++asked;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject });
        worker.postMessage({ id, call, given } satisfies Ask);
      }) as ReturnType<Calls[typeof call]>;
    },
  };
}

/** The secret of a passphrase, from a worker that ends after it: the memory of Argon2id (64 MiB) goes with it. */
export function derive(passphrase: string, salt: Uint8Array): Promise<Uint8Array> {
  const worker = new Worker(new URL('./worker/derive.ts', import.meta.url), { type: 'module' });
  return new Promise<Uint8Array>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<Uint8Array | string>) =>
      typeof data === 'string' ? reject(data) : resolve(data),
    );
    worker.addEventListener('error', () => reject('derive'));
    // Equal words typed on two keyboards must be equal bytes.
    worker.postMessage({ passphrase: passphrase.normalize('NFKC').trim().replace(/\s+/g, ' '), salt });
  }).finally(() => worker.terminate());
}
