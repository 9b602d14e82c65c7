/**
 * What a tick of the schedule does in this app (`$shared/cover/run.ts`, docs/design/0013-cover.md). One of several tabs
 * keeps it; each can send at once.
 */
import { ask } from '$shared/cover/ask';
import { Cover, type Waiting } from '$shared/cover/run';
import { Admission } from '$shared/passes/admit';
import type { Fetched, Issuer } from '$shared/passes/fetch';
import { endOf } from '../keep/conversation';
import type { Store, Waiting as Kept } from '../keep/store';
import type { Config } from '../phone/config';
import { core, type Phone } from '../phone/core';
import { deliver, type Outcome, QUIET, shuffled } from './deliver';

const LOCK = 'lapwing-cover';
/** An opening so soon after the last tick belongs to the same visit. */
const VISIT_MS = 300_000;

export interface Dropped {
  bucket: number;
  number: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Whom it sends for. */
export interface Host {
  store: Store;
  config(): Config;
  phone(): Phone | undefined;
  /** A bulletin came. `false`: another relay may have a better one. */
  bulletin(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** The relays were asked for one, well or not. */
  asked(): Promise<void>;
  drop(dropped: Dropped): Promise<void>;
  /** Whether an envelope was put in since the app was opened: these go first. */
  own(end: string): boolean;
  /** The issuer of passes, if relays want any. */
  issuer(): Issuer | undefined;
  /** Passes were spent or fetched, or it was tried. */
  passes(what?: Fetched): Promise<void>;
  /** What became of an envelope. */
  outcome(end: string, what: Outcome): Promise<void>;
  /** When the schedule is due again, milliseconds; known in the tab that keeps it. */
  due(at: number): void;
  wanted(): boolean;
}

export class Sender {
  readonly #host: Host;
  readonly #cover: Cover;
  readonly #admission: Admission;
  readonly #stop = new AbortController();
  /** The answer to the first question, if it was asked before the core was there. */
  #early: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined;
  #order: readonly string[] = [];
  /** Cover of this session that waits in the outbox. */
  #spare: Kept | undefined;
  /** What may be somebody's words: it may spend the last passes. */
  #real: Kept | undefined;

  constructor(host: Host) {
    this.#host = host;
    const { passes } = host.store;
    this.#admission = new Admission({
      passes,
      issuer: () => host.issuer(),
      async fetch(issuer, now) {
        const credential = async () => passes.ask('code');
        // Where nothing was entered, nothing is asked.
        if (!(await credential())) return 'no-credential';
        const [{ fetchPasses }, { arithmetic }] = await Promise.all([
          import('$shared/passes/fetch'),
          import('../phone/passes'),
        ]);
        return fetchPasses({ passes, issuer, now, credential, arithmetic, quiet: QUIET });
      },
      changed: (what) => host.passes(what),
    });
    this.#cover = new Cover({
      now: () => Date.now(),
      seal: () => host.phone()?.cover(seconds()) as Uint8Array<ArrayBuffer> | undefined,
      waiting: (cover) => this.#waiting(cover),
      bulletin: () => this.#bulletin(),
      drop: () => this.#drop(),
      post: (envelope) => this.#post(envelope),
      ticked: (at) => void host.store.keepTicked(at).catch(() => undefined),
      wanted: () => host.wanted(),
    });
  }

  /**
   * Keeps the schedule until the page ends, in one tab at a time. `early` is the bulletin that was asked for while the
   * core was loading: at a first opening, where there is always a tick.
   */
  async run(early?: Promise<Uint8Array<ArrayBuffer> | undefined>): Promise<void> {
    this.#early = early;
    const { Schedule } = await core();
    const keep = async () => {
      const { tick_ms } = this.#host.config();
      const last = await this.#host.store.ticked().catch(() => undefined);
      const visit = Math.min(VISIT_MS, tick_ms);
      const schedule = new Schedule(tick_ms, visit, random(32), Date.now(), last);
      const due = () => this.#host.due(schedule.next_at());
      due();
      const told = {
        next_at: () => schedule.next_at(),
        tick(now: number, waiting: boolean) {
          const real = schedule.tick(now, waiting);
          due();
          return real;
        },
      };
      await this.#cover.run(told, this.#stop.signal);
    };
    const locks = (navigator as { locks?: LockManager }).locks;
    await (locks ? locks.request(LOCK, keep) : keep());
  }

  /** Sends one envelope now. What this gives away, the person was told. */
  urgent(): Promise<void> {
    return this.#cover.urgent();
  }

  /** The configuration has changed: a tick is due. */
  anew(): void {
    this.#cover.look(true);
  }

  stop(): void {
    this.#stop.abort();
    this.#admission.stop();
  }

  /** Fetches passes now: somebody has entered a code. */
  replenish(): Promise<void> {
    return this.#admission.replenish();
  }

  /** Puts an envelope into the outbox, in the place of this session's cover if that waits. `false`: it is full. */
  async enqueue(envelope: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const spare = this.#spare;
    this.#spare = undefined;
    return this.#host.store.enqueue(envelope, spare);
  }

  /** What waits, but for this session's cover. Of what waits from earlier openings nobody knows what it is. */
  async sealed(): Promise<Uint8Array<ArrayBuffer>[]> {
    const all = await this.#host.store.waiting();
    return all.filter(({ id }) => id !== this.#spare?.id).map(({ envelope }) => envelope);
  }

  /** Those of this session first; when nothing waits, the cover is put there, so that a full place says nothing. */
  async #waiting(cover: Uint8Array<ArrayBuffer> | undefined): Promise<Waiting | undefined> {
    const { store } = this.#host;
    const all = await store.waiting();
    const own = all.filter(({ envelope }) => this.#host.own(endOf(envelope)));
    const others = own.length > 0 ? own : all;
    let one = others[Math.floor(Math.random() * others.length)];
    // Cover that has no pass is not put there: of what waits from an earlier opening nobody knows what it is, and it may
    // spend the last pass.
    if (!one && cover && (await this.#admission.covers()) && (await store.enqueue(cover))) {
      one = (await store.waiting()).find(({ envelope }) => endOf(envelope) === endOf(cover));
      this.#spare = one;
    }
    this.#real = one?.id === this.#spare?.id ? undefined : one;
    if (!one) return undefined;
    const { id, envelope } = one;
    return {
      envelope,
      taken: async () => {
        if (this.#spare?.id === id) this.#spare = undefined;
        await store.remove({ id, envelope });
        await this.#host.outcome(endOf(envelope), 'taken');
      },
    };
  }

  async #bulletin(): Promise<void> {
    this.#order = shuffled(this.#host.config().relays, Math.random);
    const early = await this.#early;
    this.#early = undefined;
    const holds = (bytes: Uint8Array<ArrayBuffer>) => this.#host.bulletin(bytes);
    if (!early || !holds(early)) await ask('bulletin', this.#order, QUIET, holds);
    await this.#host.asked();
  }

  /** Before there are any drops, one is asked for all the same. */
  async #drop(): Promise<void> {
    const wanted = this.#host.phone()?.wanted(seconds());
    const { bucket, number, path } = wanted
      ? (JSON.parse(wanted) as { bucket: number; number: number; path: string })
      : { bucket: 0, number: 0, path: '/v1/drops/0' };
    const bytes = await ask(path.replace('/v1/', ''), this.#order, QUIET);
    if (bytes && wanted) await this.#host.drop({ bucket, number, bytes });
  }

  async #post(envelope: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const isReal = this.#real !== undefined && endOf(this.#real.envelope) === endOf(envelope);
    const outcome = await this.#admission.admit(envelope, isReal, (pass) => this.#deliver(envelope, pass));
    if (outcome !== 'taken') await this.#host.outcome(endOf(envelope), outcome);
    return outcome === 'taken';
  }

  async #deliver(envelope: Uint8Array<ArrayBuffer>, pass?: Uint8Array): Promise<Outcome> {
    const { Phone } = await core();
    return deliver(envelope, this.#host.config().relays, {
      fetch: (input, options) => fetch(input, options),
      pass,
      check: (sent, answer) => Phone.check_answer(sent, answer),
      random: Math.random,
    });
  }
}

/** A bulletin from the first of the relays, asked for while the core is still loading. */
export function early(relays: readonly string[]): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return ask('bulletin', shuffled(relays, Math.random), QUIET).catch(() => undefined);
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
