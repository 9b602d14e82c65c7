/**
 * What is the same for everybody, in IndexedDB: the desk's address and the newest bulletin. Nothing that is secret is
 * put here: its files are logs, which keep what was overwritten.
 */
const NAME = 'lapwing';
const KEPT = 'kept';

export interface Db {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  forget(): Promise<void>;
}

export async function openDb(): Promise<Db> {
  const db = await open();
  return {
    get: <T>(key: string) =>
      answer(db.transaction(KEPT).objectStore(KEPT).get(key)) as Promise<T | undefined>,
    async put(key, value) {
      const tx = db.transaction(KEPT, 'readwrite');
      if (value === undefined) tx.objectStore(KEPT).delete(key);
      else tx.objectStore(KEPT).put(value, key);
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
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = () => {
      const db = request.result;
      // Version 1 kept pseudonym, number and outbox here.
      for (const name of [...db.objectStoreNames]) db.deleteObjectStore(name);
      db.createObjectStore(KEPT);
    };
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => db.close();
      resolve(db);
    };
    request.onerror = () => reject(request.error ?? new Error('the store cannot be opened'));
  });
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
