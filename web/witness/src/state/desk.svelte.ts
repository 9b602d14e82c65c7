/**
 * The link to the desk: whose app this is, its newest bulletin, sealing, and the outbox. Everything here begins after
 * the first paint.
 */
import { type Bulletin, inForce } from '../phone/bulletin';
import { asConfig, type Config } from '../phone/config';
import { core, type Phone, refusal } from '../phone/core';
import { type Draft, toCore } from '../phone/draft';
import { byUrgency, DEFAULT_KINDS, type Kind, kindsOf } from '../phone/form';
import { alone } from '../keep/alone';
import { endOf } from '../keep/conversation';
import { type Identity, pack, unpack } from '../keep/identity';
import { FIELD } from '../keep/keeper';
import { link } from '../keep/link';
import { memoryStore } from '../keep/memory';
import { bucketSecret, pseudonym } from '../keep/pseudonym';
import { openStore, type Store } from '../keep/store';
import { pause } from '../send/backoff';
import { QUIET, type Post, shuffled } from '../send/deliver';
import { flush, type Flushed } from '../send/flush';

const REFRESH_MS = 60_000;
const PATIENCE_MS = 30_000;
/** A desk publishes at most this much. */
const BULLETIN_MAX = 1 << 20;
const DROP_MAX = 1 << 16;

export type Sealing = 'sealed' | 'held';

export interface Dropped {
  bucket: number;
  number: number;
  bytes: Uint8Array<ArrayBuffer>;
}

class Desk {
  /** Unix seconds, moved on every ten. */
  now = $state(clock());
  /** Whether starting is over, well or not. */
  started = $state(false);
  /** Why the app cannot work at all: no desk is configured, or the core does not run here. */
  broken = $state<'config' | 'core' | undefined>();
  bulletin = $state.raw<Bulletin | undefined>();
  kinds = $state.raw<readonly Kind[]>(byUrgency(DEFAULT_KINDS));
  region = $state.raw<Config['region']>([22, 44, 40.3, 52.5]);
  /** When a relay last answered, Unix seconds; known in this session only. */
  heard = $state<number | undefined>();
  /** The relay shows what the desk did not sign. */
  suspicious = $state(false);
  /** Sealed envelopes in the outbox. */
  waiting = $state(0);
  sending = $state(false);
  /** Why they wait. */
  why = $state<Flushed['why']>();
  /** When the last one got its receipt, in this session. */
  sentAt = $state<number | undefined>();
  /** Put in before any key was known: in memory, not sealed, not kept. */
  held = $state.raw<readonly Draft[]>([]);
  /** Nothing survives this page. */
  forgetful = $state(false);
  /** Everything was removed on the person's wish: the page is dead. */
  gone = $state(false);

  readonly warnings = $derived(this.bulletin ? inForce(this.bulletin.warnings, this.now) : []);
  /** Whether a report could be sealed now. */
  readonly canSeal = $derived(this.bulletin !== undefined && (this.bulletin.keys_until ?? 0) > this.now);

  #store: Store | undefined;
  #config: Config | undefined;
  #phone: Phone | undefined;
  /** Whether a slot of the vault is open: who the phone is, is read from it each time. */
  #open = false;
  /** The drop of this install's bucket: fetched by everybody, used or not. */
  drop: Dropped | undefined;
  /** Told of each drop. */
  onDrop: (() => Promise<void>) | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  /** Whether the last bulletin that was refused is one that the desk did not sign. */
  #foul = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('lapwing') : undefined;

  async start(): Promise<void> {
    setInterval(() => {
      this.now = clock();
    }, 10_000);
    addEventListener('online', () => this.#awake());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#awake();
    });
    setInterval(() => {
      if (document.visibilityState === 'visible') void this.refresh();
    }, REFRESH_MS);
    this.#channel?.addEventListener('message', () => void this.#recount());
    // Held reports end with the page: the browser asks before it is closed.
    addEventListener('beforeunload', (event) => {
      if (this.held.length > 0) event.preventDefault();
    });
    await this.#begin().catch(() => {
      this.broken = 'core';
    });
    this.started = true;
  }

  async #begin(): Promise<void> {
    const loading = core();
    // Its failure is looked at below; until then it must not count as unhandled.
    loading.catch(() => undefined);
    this.#store = await openStore().catch(() => {
      this.forgetful = true;
      return memoryStore();
    });
    this.waiting = await this.#store.count();
    const kept = await this.#store.config();
    // What is kept is enough to begin with; a change of it is found out on the way.
    const config = kept ?? (await this.#fetchConfig());
    if (!config) {
      this.broken = 'config';
      return;
    }
    // On a slow connection the answer of the relay comes while the core is still loading.
    const order = shuffled(config.relays, Math.random);
    const early = order[0] === undefined ? undefined : fetchBulletin(order[0]);
    await this.#useConfig(config, loading);
    if (this.broken) return;
    void this.flush();
    await this.refresh(order, early);
    if (kept) {
      const newer = await this.#fetchConfig();
      if (newer && JSON.stringify(newer) !== JSON.stringify(kept)) await this.#useConfig(newer, loading);
    }
  }

  async #useConfig(config: Config, loading = core()): Promise<void> {
    const store = this.#kept();
    const other = this.#config !== undefined && this.#config.root_key !== config.root_key;
    this.#config = config;
    this.region = config.region;
    await store.keepConfig(config);
    if (other) {
      this.bulletin = undefined;
      this.#bytes = undefined;
      await store.dropBulletin();
    }
    try {
      await loading;
      await alone(() => this.#newPhone());
      this.broken = undefined;
    } catch (why) {
      this.broken = refusal(why) === 'root-key' ? 'config' : 'core';
      return;
    }
    const bytes = await store.bulletin();
    // One of another desk is of no use any more.
    if (bytes && !this.#bytes && !this.#recall(bytes)) await store.dropBulletin();
    if (other) await this.refresh();
  }

  async #fetchConfig(): Promise<Config | undefined> {
    try {
      const response = await fetch('/config.json', { ...QUIET, signal: AbortSignal.timeout(PATIENCE_MS) });
      return response.ok ? asConfig(await response.json(), import.meta.env.VITE_DESK_ROOT_KEY) : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * A core for one sitting. Its pseudonym holds for a week; its first number is random, since a number that is kept
   * would tell how many reports there were.
   */
  async #newPhone(): Promise<Phone> {
    const { Phone } = await core();
    const { root_key } = this.#desk();
    const install = await this.#kept().secret();
    const { secret, kept } = (await this.#identity()) ?? { secret: install };
    const author = await pseudonym(secret, root_key, clock());
    const phone = new Phone(root_key, author, new DataView(random(4).buffer).getUint32(0) >>> 1, random(32));
    phone.recall(await bucketSecret(install, root_key), kept);
    if (this.#bytes) phone.recall_bulletin(this.#bytes);
    this.#phone?.free();
    this.#phone = phone;
    return phone;
  }

  /** Reports are that of another witness from now on: the one of a slot that was opened, or of this install. */
  async become(open: boolean): Promise<void> {
    this.#open = open;
    if (this.#config && !this.broken) await alone(() => this.#newPhone());
  }

  /** Of the slot that is open. One that is gone under our hands is nobody, not the install. */
  async #identity(): Promise<Identity | undefined> {
    return this.#open ? unpack(await this.vault?.ask('field', FIELD.identity)) : undefined;
  }

  /**
   * Runs with the core of whoever is open, alone among tabs. `keep` keeps what its chains have become: before anything
   * that was sealed leaves, and after a drop was read.
   */
  as<T>(run: (phone: Phone, keep: () => Promise<void>) => Promise<T>): Promise<T> {
    return alone(async () => {
      // A new one for each: the pseudonym changes with the week, and another tab may have moved the chains.
      const phone = await this.#newPhone();
      return run(phone, () => this.#keep(phone));
    });
  }

  async #keep(phone: Phone): Promise<void> {
    const before = await this.#identity();
    const kept = phone.kept();
    if (!before || String(kept) === String(before.kept)) return;
    await this.vault?.ask('store', FIELD.identity, pack({ secret: before.secret, ...(kept && { kept }) }));
  }

  get vault(): Store['vault'] {
    return this.#store?.vault;
  }

  /** From a relay. */
  #accept(bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.#read(bytes, (phone) => phone.accept_bulletin(bytes, clock()));
  }

  /** From what was kept: it seals even past its time, as long as its keys reach. */
  #recall(bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.#read(bytes, (phone) => phone.recall_bulletin(bytes));
  }

  #read(bytes: Uint8Array<ArrayBuffer>, by: (phone: Phone) => string): boolean {
    if (!this.#phone) return false;
    try {
      this.bulletin = JSON.parse(by(this.#phone)) as Bulletin;
      this.kinds = byUrgency(kindsOf(this.#phone.form()));
      this.region = this.bulletin.region;
      this.#bytes = bytes;
      // Read by the measurement of the first load: from here on a report can be sealed.
      if (this.canSeal) performance.mark('can-seal');
      return true;
    } catch (why) {
      this.#foul = !['bulletin-older', 'bulletin-expired'].includes(refusal(why));
      return false;
    }
  }

  /** Asks the relays, in random order, until one shows a bulletin that holds. `early` is the first one's answer. */
  async refresh(order?: readonly string[], early?: ReturnType<typeof fetchBulletin>): Promise<void> {
    if (!this.#config || this.broken) return;
    let suspicious = false;
    for (const [at, relay] of (order ?? shuffled(this.#config.relays, Math.random)).entries()) {
      const bytes = await (at === 0 && early ? early : fetchBulletin(relay));
      if (!bytes) continue;
      this.heard = clock();
      if (!this.#accept(bytes)) {
        suspicious ||= this.#foul;
        continue;
      }
      this.suspicious = false;
      await this.#kept().keepBulletin(bytes);
      await this.#sealHeld();
      await this.#fetchDrop(relay);
      return;
    }
    this.suspicious = suspicious;
  }

  /**
   * Seals a draft and puts it into the outbox; without a key it is held in memory until there is one.
   * Throws the core's name of what must be changed.
   */
  async send(draft: Draft): Promise<Sealing> {
    if (!this.canSeal || !this.#phone) {
      this.held = [...this.held, draft];
      void this.refresh();
      return 'held';
    }
    const sealed = await this.#seal(draft);
    if (!sealed) this.held = [...this.held, draft];
    void this.flush();
    return sealed ? 'sealed' : 'held';
  }

  /** `false`: the outbox is full. */
  async #seal(draft: Draft): Promise<boolean> {
    return this.as(async (phone, keep) => {
      const envelope = phone.report(toCore(draft), clock());
      await keep();
      return this.enqueue(envelope);
    });
  }

  /** Puts what was sealed into the outbox. `false`: it is full. */
  async enqueue(envelope: Uint8Array): Promise<boolean> {
    if (!(await this.#kept().enqueue(envelope as Uint8Array<ArrayBuffer>))) return false;
    this.waiting += 1;
    this.#channel?.postMessage('outbox');
    return true;
  }

  /** The ends of the envelopes that wait. */
  async ends(): Promise<Set<string>> {
    return new Set((await this.#kept().waiting()).map(({ envelope }) => endOf(envelope)));
  }

  async #fetchDrop(relay: string): Promise<void> {
    const wanted = this.#phone?.wanted(clock());
    if (wanted === undefined) return;
    const { bucket, number, path } = JSON.parse(wanted) as { bucket: number; number: number; path: string };
    const bytes = await fetchFile(relay + path, DROP_MAX);
    if (!bytes) return;
    this.drop = { bucket, number, bytes };
    await this.onDrop?.();
  }

  async #sealHeld(): Promise<void> {
    while (this.canSeal && this.held[0]) {
      const [first, ...rest] = this.held;
      this.held = rest;
      if (await this.#seal(first)) continue;
      this.held = [first, ...this.held];
      break;
    }
    if (this.waiting > 0) void this.flush();
  }

  /** Sends what waits; plans the next try if something is left. */
  async flush(): Promise<void> {
    if (!this.#config || !this.#store || this.sending || this.waiting === 0) return;
    clearTimeout(this.#timer);
    this.sending = true;
    try {
      const { Phone } = await core();
      const post: Post = {
        fetch: (input, options) => fetch(input, options),
        check: (envelope, answer) => Phone.check_answer(envelope, answer),
        random: Math.random,
      };
      const flushed = await flush(this.#store, this.#config.relays, post, () => this.#took());
      if (flushed) {
        this.why = flushed.why;
        this.#failures = flushed.why ? this.#failures + 1 : 0;
      }
      await this.#recount();
      if (flushed?.sent) void this.#sealHeld();
    } catch {
      this.#failures += 1;
    } finally {
      this.sending = false;
    }
    if (this.waiting > 0) {
      this.#timer = setTimeout(() => void this.flush(), pause(Math.max(1, this.#failures), Math.random));
      void askForSync();
    }
  }

  #took(): void {
    this.sentAt = clock();
    this.waiting = Math.max(0, this.waiting - 1);
    this.#channel?.postMessage('outbox');
  }

  /** What another tab or the worker did. */
  async #recount(): Promise<void> {
    if (!this.#store) return;
    const before = this.waiting;
    this.waiting = await this.#store.count();
    if (this.waiting < before) this.sentAt = clock();
    if (this.waiting === 0) this.why = undefined;
  }

  #awake(): void {
    this.now = clock();
    this.#failures = 0;
    if (this.gone) return;
    if (this.started && this.broken) void this.#begin().catch(() => undefined);
    else {
      void this.flush();
      void this.refresh();
    }
  }

  /** Where the report will say that it was. */
  round(kind: Kind, lat: number, lon: number): [number, number] | undefined {
    try {
      const rounded = this.#phone?.round(kind.code, lat, lon);
      return rounded && [rounded[0] as number, rounded[1] as number];
    } catch {
      return undefined;
    }
  }

  /** Ends every key on the phone, what waits, and what was put in. */
  async panic(): Promise<void> {
    this.held = [];
    this.#open = false;
    clearTimeout(this.#timer);
    // Also before the app has started.
    const took = await (this.vault ?? link()).ask('burn').catch(() => undefined);
    // Read by the test of how long it takes.
    if (took !== undefined) performance.mark('burnt', { detail: took });
  }

  /** Removes everything that the app keeps on this phone, and the app itself from the browser's store. */
  async forget(): Promise<void> {
    this.#open = false;
    this.held = [];
    clearTimeout(this.#timer);
    this.#config = undefined;
    await this.#store?.forget();
    this.#store = undefined;
    try {
      localStorage.clear();
    } catch {
      // There is nothing to clear then.
    }
    if ('caches' in globalThis) for (const name of await caches.keys()) await caches.delete(name);
    for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
    // Said once it is true.
    this.gone = true;
  }

  #kept(): Store {
    if (!this.#store) throw new Error('not started');
    return this.#store;
  }

  #desk(): Config {
    if (!this.#config) throw new Error('not started');
    return this.#config;
  }
}

function fetchBulletin(relay: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return fetchFile(`${relay}/v1/bulletin`, BULLETIN_MAX);
}

async function fetchFile(address: string, most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    // `no-cache` lets the browser ask whether it changed; most answers are then a few bytes.
    const response = await fetch(address, {
      ...QUIET,
      cache: 'no-cache',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok) return undefined;
    const bytes = new Uint8Array(await response.arrayBuffer());
    return bytes.length <= most ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Lets the browser wake the service worker when there is a connection, even after the page is closed. */
async function askForSync(): Promise<void> {
  try {
    const worker = (await navigator.serviceWorker?.getRegistration()) as
      (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined;
    await worker?.sync?.register('outbox');
  } catch {
    // Not every browser can; the timer of the page remains.
  }
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function clock(): number {
  return Math.floor(Date.now() / 1000);
}

export const desk = new Desk();
