/**
 * What the app keeps on the phone: sealed envelopes that wait, the newest bulletin (the same for everybody), the
 * desk's address, and the pseudonym with its next number. Nothing that was put in is ever written.
 *
 * The pseudonym lies open here until the vault holds it.
 */
import type { Config } from '../phone/config';

export interface Waiting {
  id: number;
  envelope: Uint8Array<ArrayBuffer>;
}

export interface Identity {
  /** Of this desk only: another one gets another pseudonym. */
  root_key: string;
  author: Uint8Array<ArrayBuffer>;
  next: number;
}

export interface Store {
  config(): Promise<Config | undefined>;
  keepConfig(config: Config): Promise<void>;
  bulletin(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  keepBulletin(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  dropBulletin(): Promise<void>;
  /** The pseudonym for a desk; the first call makes it from `fresh`. */
  identity(rootKey: string, fresh: () => Uint8Array<ArrayBuffer>): Promise<Identity>;
  /**
   * Puts an envelope into the outbox and moves the number on, both or neither. `false` when another tab has used the
   * number meanwhile: the report must then be sealed again under the next.
   */
  enqueue(rootKey: string, used: number, envelope: Uint8Array<ArrayBuffer>): Promise<boolean>;
  waiting(): Promise<Waiting[]>;
  count(): Promise<number>;
  remove(id: number): Promise<void>;
  forget(): Promise<void>;
}

const NAME = 'lapwing';
const KEPT = 'kept';
const OUTBOX = 'outbox';

export async function openStore(): Promise<Store> {
  const db = await open();
  return {
    config: () => get(db, 'config'),
    keepConfig: (config) => put(db, 'config', config),
    bulletin: () => get(db, 'bulletin'),
    keepBulletin: (bytes) => put(db, 'bulletin', bytes),
    dropBulletin: () => put(db, 'bulletin', undefined),
    identity: (rootKey, fresh) => identity(db, rootKey, fresh),
    enqueue: (rootKey, used, envelope) => enqueue(db, rootKey, used, envelope),
    async waiting() {
      const box = db.transaction(OUTBOX).objectStore(OUTBOX);
      const [ids, envelopes] = await Promise.all([answer(box.getAllKeys()), answer(box.getAll())]);
      return ids.map((id, at) => ({ id: id as number, envelope: envelopes[at] as Uint8Array<ArrayBuffer> }));
    },
    count: () => answer(db.transaction(OUTBOX).objectStore(OUTBOX).count()),
    async remove(id) {
      const tx = db.transaction(OUTBOX, 'readwrite');
      tx.objectStore(OUTBOX).delete(id);
      await done(tx);
    },
    async forget() {
      db.close();
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(NAME);
        request.onsuccess = () => resolve();
        // Another tab that holds it open closes it by itself (`onversionchange`); the request then goes on.
        request.onerror = () => reject(request.error ?? new Error('the store cannot be deleted'));
      });
    },
  };
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(KEPT);
      request.result.createObjectStore(OUTBOX, { autoIncrement: true });
    };
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => db.close();
      resolve(db);
    };
    request.onerror = () => reject(request.error ?? new Error('the store cannot be opened'));
  });
}

async function get<T>(db: IDBDatabase, key: string): Promise<T | undefined> {
  return (await answer(db.transaction(KEPT).objectStore(KEPT).get(key))) as T | undefined;
}

async function put(db: IDBDatabase, key: string, value: unknown): Promise<void> {
  const tx = db.transaction(KEPT, 'readwrite');
  if (value === undefined) tx.objectStore(KEPT).delete(key);
  else tx.objectStore(KEPT).put(value, key);
  await done(tx);
}

async function identity(
  db: IDBDatabase,
  rootKey: string,
  fresh: () => Uint8Array<ArrayBuffer>,
): Promise<Identity> {
  const tx = db.transaction(KEPT, 'readwrite');
  const kept = tx.objectStore(KEPT);
  let known = (await answer(kept.get('identity'))) as Identity | undefined;
  if (known?.root_key !== rootKey) {
    known = { root_key: rootKey, author: fresh(), next: 0 };
    kept.put(known, 'identity');
  }
  await done(tx);
  return known;
}

async function enqueue(
  db: IDBDatabase,
  rootKey: string,
  used: number,
  envelope: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const tx = db.transaction([KEPT, OUTBOX], 'readwrite', { durability: 'strict' });
  const kept = tx.objectStore(KEPT);
  const known = (await answer(kept.get('identity'))) as Identity | undefined;
  if (known?.root_key !== rootKey || known.next !== used) {
    tx.abort();
    return false;
  }
  kept.put({ ...known, next: used + 1 } satisfies Identity, 'identity');
  tx.objectStore(OUTBOX).add(envelope);
  await done(tx);
  return true;
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the store does not answer'));
  });
}

function done(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onerror = tx.onabort = () => reject(tx.error ?? new Error('the store did not take it'));
  });
}
