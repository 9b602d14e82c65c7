/**
 * The service worker: keeps the app's own files, so that it opens without a connection, and sends what waits when
 * the browser says that there is one again (where it can: Background Sync). It keeps nothing that was fetched from a
 * relay and sees nothing that was put in.
 */
import init, { Phone } from '../core/lapwing_core';
import { openDb } from '../keep/db';
import { readOutbox } from '../keep/reader';
import type { Config } from '../phone/config';
import { flush } from '../send/flush';

declare const self: ServiceWorkerGlobalScope;
declare const __FILES__: string[];
declare const __VERSION__: string;

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

const PREFIX = 'lapwing-';
const CACHE = PREFIX + __VERSION__;
const OWN = new Set(__FILES__);

self.addEventListener('install', (event) => {
  // Past the HTTP cache: a file of an older version must not get in.
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(__FILES__.map((file) => new Request(file, { cache: 'reload' })))),
  );
});

// A new version takes over when the last page of the old one is closed: the two must not be mixed.
self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  const file = request.mode === 'navigate' ? '/' : url.pathname;
  if (!OWN.has(file)) return;
  event.respondWith(
    caches.match(file, { cacheName: CACHE, ignoreVary: true }).then((kept) => kept ?? fetch(request)),
  );
});

self.addEventListener('sync', (event) => {
  const { tag } = event as SyncEvent;
  if (tag === 'outbox') (event as SyncEvent).waitUntil(send());
});

async function send(): Promise<void> {
  const config = await (await openDb()).get<Config>('config');
  const store = await readOutbox();
  if (!config || (await store.count()) === 0) return;
  const wasm = __FILES__.find((file) => /lapwing_core.*\.wasm$/.test(file));
  if (wasm === undefined) return;
  const kept = await caches.match(wasm);
  await init({ module_or_path: kept ?? fetch(wasm) });
  const flushed = await flush(store, config.relays, {
    fetch: (input, options) => fetch(input, options),
    check: (envelope, answer) => Phone.check_answer(envelope, answer),
    random: Math.random,
  });
  // The browser tries again by itself when this fails.
  if (flushed && flushed.left > 0) throw new Error('some are left');
}
