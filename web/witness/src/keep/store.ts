/**
 * What the app keeps on the phone. Nothing that was put in is ever written open: a report is sealed before it is kept.
 *
 * - The desk's address and the newest bulletin, the same for everybody (`db.ts`).
 * - Sealed envelopes that wait, the secret of the pseudonym, passes (`outbox.ts`).
 * - The vault (`keeper.ts`): the same size and shape whether it is used or not.
 */
import type { Passes } from '$shared/passes/purse';
import type { Config } from '../phone/config';
import { openDb } from './db';
import { type Link, link } from './link';
import type { Waiting } from './outbox';

export type { Waiting } from './outbox';

export interface Store {
  config(): Promise<Config | undefined>;
  keepConfig(config: Config): Promise<void>;
  bulletin(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  keepBulletin(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  dropBulletin(): Promise<void>;
  /** Of this install: what the pseudonym is made from while no slot of the vault is open. */
  secret(): Promise<Uint8Array>;
  /** When this install last kept its schedule, milliseconds; `undefined`: never. */
  ticked(): Promise<number | undefined>;
  keepTicked(at: number): Promise<void>;
  /** Puts an envelope into the outbox; `spare` makes way. `false`: it is full. */
  enqueue(envelope: Uint8Array<ArrayBuffer>, spare?: Waiting): Promise<boolean>;
  waiting(): Promise<Waiting[]>;
  /** It has left. */
  remove(sent: Waiting): Promise<void>;
  /** What envelopes are admitted with, where relays ask for it. */
  passes: Passes;
  forget(): Promise<void>;
  /** The vault; `undefined` where the browser keeps nothing. */
  vault?: Link;
}

export async function openStore(): Promise<Store> {
  const db = await openDb();
  const files = link();
  await files.ask('begin');
  return {
    vault: files,
    async config() {
      const kept = await db.get<Config>('config');
      // Earlier builds kept no schedule.
      return kept?.tick_ms ? kept : undefined;
    },
    keepConfig: (config) => db.put('config', config),
    bulletin: () => db.get('bulletin'),
    keepBulletin: (bytes) => db.put('bulletin', bytes),
    dropBulletin: () => db.put('bulletin', undefined),
    secret: () => files.ask('secret'),
    ticked: () => files.ask('ticked'),
    keepTicked: (at) => files.ask('keepTicked', at),
    enqueue: (envelope, spare) => files.ask('put', envelope, spare),
    waiting: () => files.ask('waiting'),
    remove: (sent) => files.ask('remove', sent),
    passes: {
      ask: (call, ...given) => files.ask('passes', call, given) as never,
    },
    async forget() {
      // First what matters: deleting leaves bytes behind, overwriting fewer.
      await files.ask('burn').catch(() => undefined);
      const root = await navigator.storage.getDirectory();
      for (const name of ['vault', 'outbox']) await root.removeEntry(name).catch(() => undefined);
      await db.forget();
    },
  };
}
