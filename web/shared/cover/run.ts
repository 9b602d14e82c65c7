/**
 * The schedule that every install keeps (`crates/witness`, `schedule.rs`; docs/design/0013-cover.md): at each tick the
 * bulletin, the drop of the bucket, one envelope; in this order, used or not. An app with an outbox and a page that
 * only emits cover run the same lines; what differs is whether something waits.
 */

/** The core's `Schedule`. */
export interface Ticks {
  next_at(): number;
  /** Answers whether the real envelope that waits is the one to leave. */
  tick(now: number, waiting: boolean): boolean;
}

/** A real envelope of the outbox. */
export interface Waiting {
  envelope: Uint8Array<ArrayBuffer>;
  /** A relay has it. */
  taken(): Promise<void>;
}

export interface Ports {
  /** Milliseconds since 1970. */
  now(): number;
  /** Cover; `undefined` while no key is known. */
  seal(): Uint8Array<ArrayBuffer> | undefined;
  /**
   * An envelope that waits, if there is one. An app with an outbox puts the cover there when nothing else waits, so that
   * something always does.
   */
  waiting(cover: Uint8Array<ArrayBuffer> | undefined): Promise<Waiting | undefined>;
  bulletin(): Promise<void>;
  drop(): Promise<void>;
  /** Whether a relay has it now. Tries relays in the same way whatever it is. */
  post(envelope: Uint8Array<ArrayBuffer>): Promise<boolean>;
  /** There is a tick now: to be kept, so that the next page knows whether it is the same visit. */
  ticked(at: number): void;
  /** Whether the host still wants it; asked before each tick. */
  wanted(): boolean;
}

/** A clock that stands while the phone sleeps is looked at again so often. */
const LOOK_MS = 30_000;

export class Cover {
  readonly #ports: Ports;
  /** Ticks do not overlap: on a slow line the next one waits. */
  #busy: Promise<void> = Promise.resolve();
  /** No relay took the envelope of the last tick. */
  #missed = false;
  /** The tick that was missed is due again. */
  #again = false;
  #wake: (() => void) | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Ticks until it is told to stop or is not wanted any more. */
  async run(ticks: Ticks, signal: AbortSignal): Promise<void> {
    const look = () => this.look();
    globalThis.addEventListener?.('online', look, { signal });
    globalThis.document?.addEventListener('visibilitychange', look, { signal });
    while (await this.#due(ticks, signal)) {
      if (!this.#ports.wanted()) return;
      await this.#after(() => this.#tick(ticks));
    }
  }

  /**
   * There is a connection, or somebody looks at the page again: a tick of which nothing came to a relay is made up for now.
   * Cover is missed as a report is, so that this says nothing either. `anew`: also one that was answered.
   */
  look(anew = this.#missed): void {
    this.#again ||= anew;
    this.#wake?.();
  }

  /**
   * Sends what waits now, by the requests of a whole tick; the schedule does not move. What this gives away, the
   * person must have been told.
   */
  urgent(): Promise<void> {
    return this.#after(async () => {
      const cover = this.#seal();
      await this.#requests(cover, await this.#ports.waiting(cover));
    });
  }

  async #tick(ticks: Ticks): Promise<void> {
    this.#again = false;
    // Sealed whatever waits: the time that it takes must not say whether it was needed.
    const cover = this.#seal();
    const waiting = await this.#ports.waiting(cover).catch(() => undefined);
    const now = this.#ports.now();
    const real = ticks.tick(now, waiting !== undefined);
    this.#ports.ticked(now);
    await this.#requests(cover, real ? waiting : undefined);
  }

  async #requests(cover: Uint8Array<ArrayBuffer> | undefined, real: Waiting | undefined): Promise<void> {
    await this.#ports.bulletin().catch(() => undefined);
    await this.#ports.drop().catch(() => undefined);
    // At the first tick of an install no key was known before.
    const instead = cover ?? this.#seal();
    // Where cover could not be sent, nothing is: else what is sent would be known to be real.
    this.#missed = true;
    if (instead === undefined) return;
    const taken = await this.#ports.post(real?.envelope ?? instead).catch(() => false);
    this.#missed = !taken;
    if (taken) await real?.taken();
  }

  #seal(): Uint8Array<ArrayBuffer> | undefined {
    try {
      return this.#ports.seal();
    } catch {
      return undefined;
    }
  }

  #after(work: () => Promise<void>): Promise<void> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => undefined);
    return done;
  }

  /** Waits for the next tick; `false` when told to stop. */
  async #due(ticks: Ticks, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const left = this.#again ? 0 : ticks.next_at() - this.#ports.now();
      if (signal.aborted || left <= 0) return !signal.aborted;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(left, LOOK_MS));
        signal.addEventListener('abort', done, { once: true });
        this.#wake = done;
      });
    }
  }
}
