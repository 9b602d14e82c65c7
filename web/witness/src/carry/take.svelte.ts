/** What a courier's phone takes from others: by code, or out of a file. All of it is sealed. */
import type { Carried } from '../state/desk.svelte';
import type { Courier } from './module';
import { apart } from './module';

const ENVELOPE = 2048;

export type Wrong = 'foreign' | 'magic' | 'version' | 'damaged' | 'long';

export interface Place {
  sealed(): Promise<Uint8Array<ArrayBuffer>[]>;
  carry(envelope: Uint8Array<ArrayBuffer>): Promise<Carried>;
}

export class Take {
  /** Pieces of the envelope whose code was seen last; `undefined`: none was seen yet. */
  have = $state<number | undefined>();
  /** Envelopes that were kept since the screen was opened. */
  taken = $state(0);
  /** Of those of a file: how many were there already, how many are damaged. */
  there = $state(0);
  lost = $state(0);
  /** Whole, and no place is free. */
  over = $state.raw<readonly Uint8Array<ArrayBuffer>[]>([]);
  wrong = $state<Wrong | undefined>();

  readonly #courier: Courier;
  readonly #place: Place;
  readonly #gathered;

  constructor(courier: Courier, place: Place) {
    this.#courier = courier;
    this.#place = place;
    this.#gathered = new courier.Gathered();
  }

  get needed(): number {
    return this.#courier.needed();
  }

  /** What waits here need not be gathered. */
  async begin(): Promise<void> {
    for (const envelope of await this.#place.sealed()) this.#gathered.know(envelope);
  }

  async codes(codes: readonly Uint8Array[]): Promise<void> {
    for (const code of codes) {
      try {
        const whole = this.#gathered.take(code);
        this.have = this.#gathered.have();
        this.wrong = undefined;
        if (whole) await this.#keep([whole as Uint8Array<ArrayBuffer>]);
      } catch (why) {
        // A code that was misread is followed by others; one of something else stays.
        if (why === 'piece') this.wrong = 'foreign';
      }
    }
  }

  async file(file: Blob): Promise<void> {
    this.wrong = undefined;
    this.there = this.lost = 0;
    if (file.size > this.#courier.longest()) {
      this.wrong = 'long';
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    let envelopes;
    try {
      const unpacked = this.#courier.unpack(bytes);
      this.lost = unpacked.lost();
      envelopes = apart(unpacked.envelopes(), ENVELOPE);
      unpacked.free();
    } catch (why) {
      this.wrong = why === 'magic' || why === 'version' ? why : 'damaged';
      return;
    }
    for (const envelope of envelopes) this.#gathered.know(envelope);
    await this.#keep(envelopes);
  }

  /** Some may have left. */
  async again(): Promise<void> {
    const { over } = this;
    this.over = [];
    await this.#keep(over);
  }

  end(): void {
    this.#gathered.free();
  }

  async #keep(envelopes: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    for (const envelope of envelopes) {
      const what = await this.#place.carry(envelope);
      if (what === 'kept') this.taken += 1;
      else if (what === 'there') this.there += 1;
      else this.over = [...this.over, envelope];
    }
  }
}
