/**
 * The service worker: keeps the app's own files, so that it opens without a connection, and takes updates that are
 * signed. It keeps nothing that was fetched from a relay, sees nothing that was put in, and sends nothing: when something
 * is sent, the schedule of the page says (`send/sender.ts`), and the browser's own moments would tell.
 */
import { kept, update } from './release';

declare const self: ServiceWorkerGlobalScope;

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
