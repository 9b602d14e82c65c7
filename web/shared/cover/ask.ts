/** Asks relays for one of the files that are the same for everybody. */

/** Larger ones are none of ours: a drop has 32 KiB, a bulletin at most 1 MiB. */
const LARGEST = 1 << 20;
const PATIENCE_MS = 30_000;

/**
 * The first answer that `holds`, relays in the given order; `undefined` when it was a refusal (a drop that is not there
 * yet) or none came. Past the browser's cache, so that what was asked for before changes no size.
 */
export async function ask(
  path: string,
  relays: readonly string[],
  quiet: RequestInit,
  holds: (bytes: Uint8Array<ArrayBuffer>, relay: string) => boolean = () => true,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (const relay of relays) {
    try {
      const response = await fetch(`${relay}/v1/${path}`, {
        ...quiet,
        cache: 'no-store',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status >= 500) continue;
      if (!response.ok) return undefined;
      if (bytes.length <= LARGEST && holds(bytes, relay)) return bytes;
    } catch {
      // The next one may answer.
    }
  }
  return undefined;
}
