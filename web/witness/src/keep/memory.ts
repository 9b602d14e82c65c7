/** The same where the browser keeps nothing (some private windows): everything ends with the page. */
import type { Config } from '../phone/config';
import { PLACES, type Waiting } from './outbox';
import type { Store } from './store';

export function memoryStore(): Store {
  let config: Config | undefined;
  let bulletin: Uint8Array<ArrayBuffer> | undefined;
  let outbox: Waiting[] = [];
  let last = 0;
  const secret = crypto.getRandomValues(new Uint8Array(32));
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
    secret: async () => secret,
    async enqueue(envelope) {
      if (outbox.length >= PLACES) return false;
      outbox = [...outbox, { id: ++last, envelope }];
      return true;
    },
    waiting: async () => outbox,
    count: async () => outbox.length,
    async remove(id) {
      outbox = outbox.filter((entry) => entry.id !== id);
    },
    async forget() {
      config = bulletin = undefined;
      outbox = [];
    },
  };
}
