/** The same where the browser keeps nothing (some private windows): everything ends with the page. */
import type { Config } from '../phone/config';
import type { Identity, Store, Waiting } from './store';

export function memoryStore(): Store {
  let config: Config | undefined;
  let bulletin: Uint8Array<ArrayBuffer> | undefined;
  let known: Identity | undefined;
  let outbox: Waiting[] = [];
  let last = 0;
  return {
    config: async () => config,
    async keepConfig(to) {
      config = to;
    },
    bulletin: async () => bulletin,
    async keepBulletin(bytes) {
      bulletin = bytes;
    },
    async dropBulletin() {
      bulletin = undefined;
    },
    async identity(rootKey, fresh) {
      if (known?.root_key !== rootKey) known = { root_key: rootKey, author: fresh(), next: 0 };
      return known;
    },
    async enqueue(rootKey, used, envelope) {
      if (known?.root_key !== rootKey || known.next !== used) return false;
      known = { ...known, next: used + 1 };
      outbox = [...outbox, { id: ++last, envelope }];
      return true;
    },
    waiting: async () => outbox,
    count: async () => outbox.length,
    async remove(id) {
      outbox = outbox.filter((entry) => entry.id !== id);
    },
    async forget() {
      config = bulletin = known = undefined;
      outbox = [];
    },
  };
}
