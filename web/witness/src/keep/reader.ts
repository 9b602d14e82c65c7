/**
 * The outbox for the service worker, which may read files but not write them in place. What it sends stays in its place
 * until the app is opened: it is sent again then, and a relay counts the same bytes once.
 */
import { OUTBOX_LEN, waiting } from './outbox';
import type { Outbox } from './store';

export async function readOutbox(): Promise<Outbox> {
  let left = await read();
  return {
    waiting: async () => left,
    count: async () => left.length,
    async remove(id) {
      left = left.filter((entry) => entry.id !== id);
    },
  };
}

async function read(): Promise<ReturnType<typeof waiting>> {
  const root = await navigator.storage.getDirectory();
  const file = await (await root.getFileHandle('outbox')).getFile();
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length !== OUTBOX_LEN) return [];
  const nothing = () => undefined;
  return waiting({
    size: () => bytes.length,
    read: (at, length) => bytes.slice(at, at + length),
    write: nothing,
    flush: nothing,
  });
}
