/** Spends a pass with each envelope where relays want one, and sees to it that there are some. */
import type { Fetched, Issuer } from './fetch';
import { BATCH, type Passes, RESERVE } from './purse';

export interface Host {
  passes: Passes;
  /** As the bulletin names it; `undefined`: relays take envelopes without passes. */
  issuer(): Issuer | undefined;
  /** Fetches a batch, if the install has what entitles to one. */
  fetch(issuer: Issuer, now: number): Promise<Fetched>;
  /** Passes were spent or fetched, or it was tried. */
  changed(what?: Fetched): Promise<void>;
}

/** Passes are fetched within so long after a tick: at once, the clock would tell an issuer and a relay who sent it. */
const FETCH_MS = 60_000;
/** A pass that is refused is exchanged so often for one envelope. */
const TRIED = 3;

export class Admission {
  readonly #host: Host;
  #fetching: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Sends by `send`, with a pass if relays want one. Cover spends them as reports do, but for the last two. */
  async admit<O extends string>(
    envelope: Uint8Array,
    isReal: boolean,
    send: (pass?: Uint8Array) => Promise<O>,
  ): Promise<O | 'no-pass'> {
    const { passes, issuer } = this.#host;
    if (!issuer()) return send();
    if ((await passes.ask('count', seconds())) === 0) await this.replenish();
    let outcome: O | 'no-pass' = 'no-pass';
    for (let tried = 0; tried < TRIED; tried++) {
      const pass = await passes.ask('take', envelope, seconds(), isReal ? 0 : RESERVE);
      if (!pass) break;
      outcome = await send(pass);
      if (outcome === 'taken' || outcome === 'bad-pass') await passes.ask('spent', envelope);
      if (outcome !== 'bad-pass') break;
    }
    await this.#host.changed();
    if ((await passes.ask('count', seconds())) < BATCH)
      this.#fetching ??= setTimeout(() => void this.replenish(), Math.random() * FETCH_MS);
    return outcome;
  }

  /** Whether there is a pass for cover. */
  async covers(): Promise<boolean> {
    return !this.#host.issuer() || (await this.#host.passes.ask('count', seconds())) > RESERVE;
  }

  /** Fetches a batch, if fewer than one are left. */
  async replenish(): Promise<void> {
    this.stop();
    const issuer = this.#host.issuer();
    if (!issuer) return;
    const what = await this.#host.fetch(issuer, seconds()).catch((): Fetched => 'later');
    await this.#host.changed(what);
  }

  stop(): void {
    clearTimeout(this.#fetching);
    this.#fetching = undefined;
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
