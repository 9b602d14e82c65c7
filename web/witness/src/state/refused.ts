/** Why the service worker refused an update of the app (`sw/release.ts`), if it did. */
export async function refused(): Promise<string | undefined> {
  try {
    return await (await caches.match('/refused', { cacheName: 'lapwing-refused' }))?.text();
  } catch {
    return undefined;
  }
}
