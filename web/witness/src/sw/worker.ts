/**
 * The service worker: keeps the app's own files, so that it opens without a connection, takes updates that are signed,
 * and sends what waits when the browser says that there is a connection again (where it can: Background Sync). It keeps
 * nothing that was fetched from a relay and sees nothing that was put in.
 */
import { Phone } from '../core/lapwing_core';
import { openDb } from '../keep/db';
import { readOutbox } from '../keep/reader';
import type { Config } from '../phone/config';
import { flush } from '../send/flush';
import { kept, startCore, update } from './release';

declare const self: ServiceWorkerGlobalScope;

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

/** Always asked for anew: whose app this is, and what says whether there is a newer one. */
const FRESH = new Set(['/config.json', '/manifest.sig', '/sw.js']);

// Without a version that holds, no worker: an older one goes on.
self.addEventListener('install', (event) => event.waitUntil(update()));

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || FRESH.has(url.pathname)) return;
  const opening = request.mode === 'navigate';
  event.respondWith(own(request, opening ? '/index.html' : url.pathname, opening));
  // At each opening; what is refused or out of reach leaves everything as it is.
  if (opening) event.waitUntil(update().catch(() => undefined));
});

async function own(request: Request, path: string, opening: boolean): Promise<Response> {
  const pages = opening ? await self.clients.matchAll({ type: 'window', includeUncontrolled: true }) : [];
  return (await kept(path, !opening || pages.length > 0)) ?? fetch(request);
}

self.addEventListener('sync', (event) => {
  const { tag } = event as SyncEvent;
  if (tag === 'outbox') (event as SyncEvent).waitUntil(send());
});

async function send(): Promise<void> {
  const config = await (await openDb()).get<Config>('config');
  const store = await readOutbox();
  if (!config || (await store.count()) === 0) return;
  await startCore();
  const flushed = await flush(store, config.relays, {
    fetch: (input, options) => fetch(input, options),
    check: (envelope, answer) => Phone.check_answer(envelope, answer),
    random: Math.random,
  });
  // The browser tries again by itself when this fails.
  if (flushed && flushed.left > 0) throw new Error('some are left');
}
