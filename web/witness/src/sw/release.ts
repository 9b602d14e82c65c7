/**
 * Which version of the app is kept, and whether a newer one may be taken: only when its manifest is signed by the key
 * that this app was built with, every file has the hash that it lists, and the version has grown. Otherwise the app
 * that is here goes on, and the page says so.
 *
 * A version lies in a cache of its own; it counts once its manifest is in it, which is put in last.
 */
import init, { release } from '../core/lapwing_core';

declare const __RELEASE_KEY__: string;

interface Release {
  version: number;
  /** SHA-256 in hex, by path. */
  files: Record<string, string>;
}

export type Refusal = 'signature' | 'older' | 'file';

const PREFIX = 'lapwing-';
const MANIFEST = '/manifest.sig';
/** Read by the page (`state/refused.ts`). */
const REFUSED = 'lapwing-refused';
const CORE = / (\/\S*lapwing_core\S*\.wasm)$/m;

/** Versions that are here as a whole, the oldest first. */
async function versions(): Promise<number[]> {
  const found: number[] = [];
  for (const name of await caches.keys()) {
    const version = versionOf(name);
    if (version !== undefined && (await (await caches.open(name)).match(MANIFEST))) found.push(version);
  }
  return found.sort((a, b) => a - b);
}

function versionOf(name: string): number | undefined {
  const [, digits] = /^lapwing-(\d{1,16})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * A file of the app that runs. With no page open, a newer version that is here takes the place of the older ones; as
 * long as one is, they are not mixed.
 */
export async function kept(path: string, pagesOpen: boolean): Promise<Response | undefined> {
  const here = await versions();
  if (!pagesOpen) for (const old of here.splice(0, here.length - 1)) await caches.delete(PREFIX + old);
  const [runs] = here;
  return runs === undefined ? undefined : (await caches.open(PREFIX + runs)).match(path);
}

let updating: Promise<void> | undefined;

/** Looks for a newer version. Throws when the app's host is not reached or what it has is refused. */
export function update(): Promise<void> {
  updating ??= look().finally(() => {
    updating = undefined;
  });
  return updating;
}

async function look(): Promise<void> {
  const manifest = await fetched(MANIFEST);
  await startCore(manifest.bytes);
  let offered: Release;
  try {
    offered = JSON.parse(release(manifest.bytes, __RELEASE_KEY__)) as Release;
  } catch {
    return refuse('signature');
  }
  const here = await versions();
  const newest = here.at(-1) ?? 0;
  if (offered.version < newest) return refuse('older');
  if (offered.version > newest) await take(offered, manifest, here);
  await caches.delete(REFUSED);
}

interface Fetched {
  bytes: Uint8Array<ArrayBuffer>;
  headers: Headers;
}

async function take(offered: Release, manifest: Fetched, here: readonly number[]): Promise<void> {
  // What an interrupted update left, and caches of versions that had no number.
  for (const name of await caches.keys()) {
    const version = versionOf(name);
    const whole = version !== undefined && here.includes(version);
    if (name.startsWith(PREFIX) && name !== REFUSED && !whole) await caches.delete(name);
  }
  const name = PREFIX + offered.version;
  const cache = await caches.open(name);
  for (const [path, hash] of Object.entries(offered.files)) {
    const file = (await unchanged(path, hash, here)) ?? (await fetched(path));
    if ((await sha256(file.bytes)) !== hash) {
      await caches.delete(name);
      return refuse('file');
    }
    await cache.put(path, answer(file));
  }
  await cache.put(MANIFEST, answer(manifest));
}

/** From the version that is here, so that a slow line carries only what is new. */
async function unchanged(path: string, hash: string, here: readonly number[]): Promise<Fetched | undefined> {
  const newest = here.at(-1);
  const old = newest === undefined ? undefined : await (await caches.open(PREFIX + newest)).match(path);
  if (!old) return undefined;
  const bytes = new Uint8Array(await old.arrayBuffer());
  return (await sha256(bytes)) === hash ? { bytes, headers: old.headers } : undefined;
}

async function fetched(path: string): Promise<Fetched> {
  const response = await fetch(path, {
    // Past the HTTP cache: a file of an older version must not get in.
    cache: 'reload',
    credentials: 'omit',
    redirect: 'error',
  });
  if (!response.ok) throw new Error('the host of the app has not all of it');
  return { bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers };
}

function answer({ bytes, headers }: Fetched): Response {
  const kept = new Headers(headers);
  // Of the way here, not of the file.
  for (const name of ['content-encoding', 'content-length']) kept.delete(name);
  return new Response(bytes, { headers: kept });
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function refuse(why: Refusal): Promise<never> {
  await (await caches.open(REFUSED)).put('/refused', new Response(why));
  throw new Error(`the update was refused: ${why}`);
}

let core: Promise<unknown> | undefined;

/**
 * The core of the app that is here; at the first installation, when there is none, that of the manifest: the first
 * load is trusted.
 */
function startCore(manifest?: Uint8Array): Promise<unknown> {
  core ??= load(manifest).catch((why: unknown) => {
    core = undefined;
    throw why;
  });
  return core;
}

async function load(manifest: Uint8Array | undefined): Promise<unknown> {
  const newest = (await versions()).at(-1);
  const cache = newest === undefined ? undefined : await caches.open(PREFIX + newest);
  const text = (await (await cache?.match(MANIFEST))?.text()) ?? new TextDecoder().decode(manifest);
  const [, path] = CORE.exec(text) ?? [];
  if (path === undefined) throw new Error('there is no core');
  const module = (await (await cache?.match(path))?.arrayBuffer()) ?? (await fetched(path)).bytes;
  return init({ module_or_path: module });
}
