/** The same where the browser keeps nothing (some private windows): everything ends with the page. */
import { askPurse, PURSE_LEN } from '$shared/passes/purse';
import type { Config } from '../phone/config';
import { PLACES, type Waiting } from './outbox';
import type { Store } from './store';

export function memoryStore(): Store {
  let config: Config | undefined;
  let bulletin: Uint8Array<ArrayBuffer> | undefined;
  let outbox: Waiting[] = [];
  let last = 0;
  let ticked: number | undefined;
  const purse = new Uint8Array(PURSE_LEN);
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
    ticked: async () => ticked,
    async keepTicked(at) {
      ticked = at;
    },
    async enqueue(envelope, spare) {
      outbox = outbox.filter((entry) => entry.id !== spare?.id);
      if (outbox.length >= PLACES) return false;
      outbox = [...outbox, { id: ++last, envelope }];
      return true;
    },
    waiting: async () => outbox,
    async remove(sent) {
      outbox = outbox.filter((entry) => entry.id !== sent.id);
    },
    passes: {
      ask: async (call, ...given) => askPurse(purse, call, given),
    },
    async forget() {
      purse.fill(0);
      config = bulletin = undefined;
      outbox = [];
    },
  };
}
