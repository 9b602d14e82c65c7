/**
 * The link to the desk: whose app this is, its newest bulletin, sealing, and the outbox. Everything here begins after
 * the first paint.
 */
import { type Bulletin, inForce } from '../phone/bulletin';
import { asConfig, type Config } from '../phone/config';
import type { Fetched } from '$shared/passes/fetch';
import { core, type Phone, refusal } from '../phone/core';
import { type Draft, toCore } from '../phone/draft';
import { byUrgency, DEFAULT_KINDS, type Kind, kindsOf, type Phrase, phrasesOf } from '../phone/form';
import { alone } from '../keep/alone';
import { endOf } from '../keep/conversation';
import { type Identity, pack, unpack } from '../keep/identity';
import { FIELD } from '../keep/keeper';
import { link } from '../keep/link';
import { memoryStore } from '../keep/memory';
import { bucketSecret, pseudonym } from '../keep/pseudonym';
import { openStore, type Store } from '../keep/store';
import { type Outcome, QUIET } from '../send/deliver';
import { type Dropped, early, Sender } from '../send/sender';

const PATIENCE_MS = 30_000;

export type Sealing = 'sealed' | 'held';

/** What became of an envelope that is carried: it waits, it waited already, or all places are taken. */
export type Carried = 'kept' | 'there' | 'full';

class Desk {
  /** Unix seconds, moved on every ten. */
  now = $state(clock());
  /** Whether starting is over, well or not. */
  started = $state(false);
  /** Why the app cannot work at all: no desk is configured, or the core does not run here. */
  broken = $state<'config' | 'core' | undefined>();
  bulletin = $state.raw<Bulletin | undefined>();
  kinds = $state.raw<readonly Kind[]>(byUrgency(DEFAULT_KINDS));
  /** Sentences that can be said in place of a note. */
  phrases = $state.raw<readonly Phrase[]>([]);
  region = $state.raw<Config['region']>([22, 44, 40.3, 52.5]);
  /** When a relay last answered, Unix seconds; known in this session only. */
  heard = $state<number | undefined>();
  /** The relay shows what the desk did not sign. */
  suspicious = $state(false);
  /** Reports of this session that wait. Of earlier ones the app knows nothing: what waits may be cover. */
  waiting = $state(0);
  /** They are being sent at once. */
  sending = $state(false);
  /** Why they were not taken at the last try. */
  why = $state<Exclude<Outcome, 'taken'> | undefined>();
  /** When they leave by the schedule, Unix seconds; known in the tab that keeps it. */
  due = $state<number | undefined>();
  /** When the last one got its receipt, in this session. */
  sentAt = $state<number | undefined>();
  /** Counts changes of the outbox. */
  changes = $state(0);
  /** Passes that are left; `undefined`: relays want none, or it is not known yet. */
  passes = $state<number | undefined>();
  /** Whether a code for passes was entered. */
  coded = $state(false);
  /** What became of the last try to fetch passes, in this session. */
  fetched = $state<Fetched | undefined>();
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
  #opened: () => void = () => undefined;
  /** For what can be asked before the app has started. */
  readonly #opening = new Promise<void>((resolve) => {
    this.#opened = resolve;
  });
  #config: Config | undefined;
  #phone: Phone | undefined;
  #sender: Sender | undefined;
  /** Whether a slot of the vault is open: who the phone is, is read from it each time. */
  #open = false;
  /** Ends of what was put into the outbox in this session and waits. */
  #own = new Map<string, 'report' | 'word'>();
  /** The drop of this install's bucket: fetched by everybody, used or not. */
  drop: Dropped | undefined;
  /** Told of each drop. */
  onDrop: (() => Promise<void>) | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  /** What was said of the bulletins of this tick. */
  #refused: string | undefined;
  #took = false;
  #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('lapwing') : undefined;

  async start(): Promise<void> {
    setInterval(() => {
      this.now = clock();
    }, 10_000);
    addEventListener('online', () => this.#awake());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#awake();
    });
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Told>) => void this.#told(data));
    // Held reports end with the page: the browser asks before it is closed.
    addEventListener('beforeunload', (event) => {
      if (this.held.length > 0) event.preventDefault();
    });
    await this.#begin().catch(() => {
      this.broken = 'core';
    });
    // Else once the relays have been asked.
    if (this.broken || this.bulletin) this.started = true;
  }

  async #begin(): Promise<void> {
    const loading = core();
    // Its failure is looked at below; until then it must not count as unhandled.
    loading.catch(() => undefined);
    this.#store = await openStore().catch(() => {
      this.forgetful = true;
      return memoryStore();
    });
    this.#opened();
    const kept = await this.#store.config();
    // What is kept is enough to begin with; a change of it is found out on the way.
    const config = kept ?? (await this.#fetchConfig());
    if (!config) {
      this.broken = 'config';
      return;
    }
    // An install that never ticked does so now: on a slow connection the answer comes while the core is still loading.
    const first = (await this.#store.ticked()) === undefined ? early(config.relays) : undefined;
    await this.#useConfig(config, loading);
    if (this.broken) return;
    if (!this.#sender) {
      this.#sender = new Sender(this.#host());
      void this.#sender.run(first);
    }
    if (kept) {
      const newer = await this.#fetchConfig();
      if (newer && JSON.stringify(newer) !== JSON.stringify(kept)) await this.#useConfig(newer, loading);
    }
  }

  #host(): ConstructorParameters<typeof Sender>[0] {
    return {
      store: this.#kept(),
      config: () => this.#desk(),
      phone: () => this.#phone,
      bulletin: (bytes) => {
        this.heard = clock();
        this.#took = this.#accept(bytes);
        // An older one is an answer: an app that knows less would not ask on.
        return this.#took || this.#refused === 'bulletin-older';
      },
      asked: () => this.#asked(),
      drop: async (dropped) => {
        this.#tell(dropped);
        await this.#dropped(dropped);
      },
      issuer: () => this.bulletin?.passes ?? undefined,
      passes: async (what) => {
        if (what) this.fetched = what;
        await this.#countPasses();
      },
      own: (end) => this.#own.has(end),
      outcome: (end, what) => this.#outcome(end, what),
      due: (at) => {
        this.due = Math.ceil(at / 1_000);
      },
      wanted: () => !this.gone,
    };
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
    if (other) this.#sender?.anew();
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
      const form = this.#phone.form();
      this.kinds = byUrgency(kindsOf(form));
      this.phrases = phrasesOf(form);
      this.region = this.bulletin.region;
      this.#bytes = bytes;
      this.#refused = undefined;
      // Read by the measurement of the first load: from here on a report can be sealed.
      if (this.canSeal) performance.mark('can-seal');
      return true;
    } catch (why) {
      this.#refused = refusal(why);
      return false;
    }
  }

  /** The relays were asked for a bulletin. */
  async #asked(): Promise<void> {
    const took = this.#took;
    this.#took = false;
    this.started = true;
    if (took && this.#bytes) {
      this.suspicious = false;
      await this.#kept().keepBulletin(this.#bytes);
      await this.#countPasses();
      this.#tell('bulletin');
      await this.#sealHeld();
    } else if (this.#refused) {
      this.suspicious = !['bulletin-older', 'bulletin-expired'].includes(this.#refused);
    }
    this.#refused = undefined;
  }

  async #dropped(drop: Dropped): Promise<void> {
    this.drop = drop;
    await this.onDrop?.();
  }

  /**
   * Seals a draft and puts it into the outbox, where it waits for the schedule or, `atOnce`, does not; without a key it is
   * held in memory until there is one. Throws the core's name of what must be changed.
   */
  async send(draft: Draft, atOnce = false): Promise<Sealing> {
    if (this.canSeal && this.#phone && (await this.#seal(draft))) {
      if (atOnce) void this.sendNow();
      return 'sealed';
    }
    this.held = [...this.held, draft];
    return 'held';
  }

  /** Seals a report for practice: only whom the desk knows can. Throws the core's name of what must be changed. */
  async practise(draft: Draft): Promise<void> {
    const taken = await this.as(async (phone, keep) => {
      const envelope = phone.drill(toCore(draft), clock());
      await keep();
      return this.enqueue(envelope, 'report');
    });
    if (!taken) throw 'full';
  }

  /** `false`: the outbox is full. */
  async #seal(draft: Draft): Promise<boolean> {
    return this.as(async (phone, keep) => {
      const envelope = phone.report(toCore(draft), clock());
      await keep();
      return this.enqueue(envelope, 'report');
    });
  }

  /** Puts what was sealed into the outbox. `false`: it is full. */
  async enqueue(envelope: Uint8Array, what: 'report' | 'word' = 'word'): Promise<boolean> {
    const bytes = envelope as Uint8Array<ArrayBuffer>;
    if (!(await (this.#sender ?? this.#kept()).enqueue(bytes))) return false;
    this.#own.set(endOf(bytes), what);
    this.#changed();
    this.#tell('outbox');
    return true;
  }

  /** Sealed envelopes that wait and can be handed to a courier. */
  async sealed(): Promise<Uint8Array<ArrayBuffer>[]> {
    await this.#opening;
    return (await this.#sender?.sealed()) ?? (await this.#kept().waiting()).map(({ envelope }) => envelope);
  }

  /**
   * Puts what somebody else has sealed into the outbox, where it waits as everything does of which the app does not
   * know what it is: after what was put in here, and never sent beside the schedule.
   */
  async carry(envelope: Uint8Array<ArrayBuffer>): Promise<Carried> {
    await this.#opening;
    if ((await this.ends()).has(endOf(envelope))) return 'there';
    if (!(await (this.#sender ?? this.#kept()).enqueue(envelope))) return 'full';
    this.#changed();
    this.#tell('outbox');
    return 'kept';
  }

  /** The ends of the envelopes that wait. */
  async ends(): Promise<Set<string>> {
    return new Set((await this.#kept().waiting()).map(({ envelope }) => endOf(envelope)));
  }

  async #sealHeld(): Promise<void> {
    while (this.canSeal && this.held[0]) {
      const [first, ...rest] = this.held;
      this.held = rest;
      if (await this.#seal(first)) continue;
      this.held = [first, ...this.held];
      break;
    }
  }

  /** Sends what was put in since the app was opened, beside the schedule: the person was told what this gives away. */
  async sendNow(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      for (let before = Infinity; this.#own.size > 0 && this.#own.size < before;) {
        before = this.#own.size;
        await this.#sender?.urgent();
      }
    } finally {
      this.sending = false;
    }
  }

  async #countPasses(): Promise<void> {
    const { passes } = this.#kept();
    this.passes = this.bulletin?.passes ? await passes.ask('count', clock()) : undefined;
    this.coded = (await passes.ask('code')) !== undefined;
  }

  /** Keeps the code that entitles to passes and fetches a batch with it. `false`: it is too long to be one. */
  async fetchPasses(code: string): Promise<boolean> {
    if (!(await this.#kept().passes.ask('keepCode', code.trim()))) return false;
    await this.#sender?.replenish();
    this.#sender?.anew();
    return true;
  }

  /** Takes the passes that came with an invite. Those that the bulletin's issuer did not sign are left out. */
  async invited(digits: string): Promise<void> {
    const issuer = this.bulletin?.passes;
    if (!issuer) return;
    const { invited } = await import('../phone/passes');
    await this.#kept().passes.ask('add', await invited(digits, issuer));
    await this.#countPasses();
  }

  async #outcome(end: string, what: Outcome): Promise<void> {
    if (this.#own.has(end)) {
      this.why = what === 'taken' ? undefined : what;
      if (what === 'taken') this.#left(end);
    }
    if (what !== 'taken') return;
    this.#changed();
    this.#tell('outbox');
    await this.#sealHeld();
  }

  #left(end: string): void {
    if (this.#own.get(end) === 'report') this.sentAt = clock();
    this.#own.delete(end);
  }

  #changed(): void {
    this.waiting = [...this.#own.values()].filter((what) => what === 'report').length;
    this.changes += 1;
  }

  #tell(what: Told): void {
    this.#channel?.postMessage(what);
  }

  /** What another tab did. */
  async #told(what: Told): Promise<void> {
    if (!this.#store || this.gone) return;
    if (what === 'outbox') {
      const ends = await this.ends();
      for (const end of [...this.#own.keys()]) if (!ends.has(end)) this.#left(end);
      this.#changed();
    } else if (what === 'bulletin') {
      const bytes = await this.#store.bulletin();
      if (!bytes || !this.#accept(bytes)) return;
      this.heard = clock();
      this.started = true;
      await this.#sealHeld();
    } else await this.#dropped(what);
  }

  #awake(): void {
    this.now = clock();
    if (!this.gone && this.started && this.broken) void this.#begin().catch(() => undefined);
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
    this.#sender?.stop();
    // Also before the app has started.
    const took = await (this.vault ?? link()).ask('burn').catch(() => undefined);
    // Read by the test of how long it takes.
    if (took !== undefined) performance.mark('burnt', { detail: took });
  }

  /** Removes everything that the app keeps on this phone, and the app itself from the browser's store. */
  async forget(): Promise<void> {
    this.#open = false;
    this.held = [];
    this.#sender?.stop();
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

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function clock(): number {
  return Math.floor(Date.now() / 1000);
}

/** What tabs tell each other. */
type Told = 'outbox' | 'bulletin' | Dropped;

export const desk = new Desk();
