/**
 * What an install keeps of passes (`docs/design/0008-passes.md`): so many bytes on all of them, written in place.
 *
 * ```text
 * purse  64 cells of: epoch 4 · pass 354                        zeros: empty
 *        16 shown, of: end of the envelope 16 · cell 358         zeros: empty
 *        batch under way: epoch 4 · seed 32                      zeros: none
 *        code 128                                                UTF-8, filled up with zeros
 * ```
 *
 * A pass that was shown belongs to its envelope: the same two again are one to a relay, and with another envelope it would
 * tie both together. What is spent is overwritten: who finds a spent pass on a phone knows which envelope was its own.
 */

/** Length of a pass epoch, seconds, and how far a relay's clock may be behind ours (`crates/wire`, `pass.rs`). */
const EPOCH_S = 28 * 86_400;
const PASS = 354;
const CELL = 4 + PASS;
const CELLS = 64;
const END = 16;
const SHOWN = 16;
const SEED = 32;
const CODE = 128;

const SHOWN_AT = CELLS * CELL;
const BATCH_AT = SHOWN_AT + SHOWN * (END + CELL);
const CODE_AT = BATCH_AT + 4 + SEED;
export const PURSE_LEN = CODE_AT + CODE;

/** Passes in a batch. With fewer left, a phone asks for the next one. */
export const BATCH = 32;
/** Cover leaves so many for what somebody has put in. */
export const RESERVE = 2;

type Bytes = Uint8Array<ArrayBuffer>;

export interface Batch {
  epoch: number;
  seed: Bytes;
}

/** The epoch of a time, Unix seconds. */
export function passEpoch(now: number): number {
  return Math.max(0, Math.floor(now / EPOCH_S));
}

export class Purse {
  readonly #bytes: Bytes;

  /** Over bytes that are changed in place. */
  constructor(bytes: Bytes = new Uint8Array(PURSE_LEN)) {
    this.#bytes = bytes;
  }

  get bytes(): Bytes {
    return this.#bytes;
  }

  /** How many are good. */
  count(now: number): number {
    return this.#good(now).length;
  }

  /**
   * The pass of an envelope: the one that it was shown with, else another that is good, those that end first before the
   * others. `reserve`: so many are left there. `undefined`: none.
   */
  take(envelope: Uint8Array, now: number, reserve = 0): Bytes | undefined {
    const end = envelope.slice(-END);
    const shown = this.#shown().find((at) => same(this.#part(at, END), end));
    if (shown !== undefined) {
      if (accepted(this.#epoch(shown + END), now)) return this.#part(shown + END + 4, PASS);
      this.#erase(shown, END + CELL);
    }
    const good = this.#good(now);
    const [first] = good.sort((a, b) => this.#epoch(a) - this.#epoch(b));
    if (first === undefined || good.length <= reserve) return undefined;
    const place = this.#free();
    this.#bytes.set(end, place);
    this.#bytes.copyWithin(place + END, first, first + CELL);
    this.#erase(first, CELL);
    return this.#part(place + END + 4, PASS);
  }

  /** The pass of this envelope is of no use any more: a relay has both, or does not take the pass. */
  spent(envelope: Uint8Array): void {
    const end = envelope.slice(-END);
    const at = this.#shown().find((at) => same(this.#part(at, END), end));
    if (at !== undefined) this.#erase(at, END + CELL);
  }

  /** Puts cells in, as `lapwing-pass-web` makes them; ends the batch that was under way. */
  accept(cells: Uint8Array): void {
    this.add(cells);
    this.#erase(BATCH_AT, 4 + SEED);
  }

  /** Puts cells in, as far as there is room. One that is there already is not put in again. */
  add(cells: Uint8Array): void {
    for (let from = 0; from + CELL <= cells.length; from += CELL) {
      const cell = cells.subarray(from, from + CELL);
      const all = this.#cells();
      const there = all.some((at) => same(this.#part(at, CELL), cell));
      const free = all.find((at) => this.#epoch(at) === 0);
      if (!there && free !== undefined) this.#bytes.set(cell, free);
    }
  }

  /** The batch that is asked for; one of another epoch is given up. */
  batch(epoch: number): Batch | undefined {
    const found = this.#epoch(BATCH_AT);
    return found !== 0 && found === epoch ? { epoch, seed: this.#part(BATCH_AT + 4, SEED) } : undefined;
  }

  /** Kept before it is asked for: who asks again sends the same bytes, which an issuer does not count twice. */
  begin({ epoch, seed }: Batch): void {
    this.#view().setUint32(BATCH_AT, epoch);
    this.#bytes.set(seed, BATCH_AT + 4);
  }

  /** What entitles to passes; `undefined`: nothing was entered. */
  code(): string | undefined {
    const bytes = this.#part(CODE_AT, CODE);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)) || undefined;
  }

  /** `false`: too long to be one. */
  keepCode(code: string): boolean {
    const bytes = new TextEncoder().encode(code);
    if (bytes.length > CODE) return false;
    this.#erase(CODE_AT, CODE);
    this.#bytes.set(bytes, CODE_AT);
    return true;
  }

  #cells(): number[] {
    return Array.from({ length: CELLS }, (_, cell) => cell * CELL);
  }

  #good(now: number): number[] {
    return this.#cells().filter((at) => accepted(this.#epoch(at), now));
  }

  #shown(): number[] {
    return Array.from({ length: SHOWN }, (_, place) => SHOWN_AT + place * (END + CELL));
  }

  /** A place for what is shown. When all are taken, one of them makes way: its envelope gets another pass if it waits still. */
  #free(): number {
    const all = this.#shown();
    const free = all.find((at) => this.#epoch(at + END) === 0);
    return free ?? (all[Math.floor(Math.random() * SHOWN)] as number);
  }

  #epoch(at: number): number {
    return this.#view().getUint32(at);
  }

  #part(at: number, length: number): Bytes {
    return this.#bytes.slice(at, at + length);
  }

  #erase(at: number, length: number): void {
    this.#bytes.fill(0, at, at + length);
  }

  #view(): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  }
}

/** Those of this epoch and of the one before. */
function accepted(epoch: number, now: number): boolean {
  const current = passEpoch(now);
  return epoch !== 0 && (epoch === current || epoch === current - 1);
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

type Method<T> = { [K in keyof T]: T[K] extends (...given: never[]) => unknown ? K : never }[keyof T];

/** What a purse can be asked. */
export type PurseCall = Method<Purse>;

/** A purse that lies in a file or in storage: it is read, asked and written with nobody in between. */
export interface Passes {
  ask<C extends PurseCall>(call: C, ...given: Parameters<Purse[C]>): Promise<ReturnType<Purse[C]>>;
}

/** Asks a purse over bytes. */
export function askPurse<C extends PurseCall>(
  bytes: Bytes,
  call: C,
  given: Parameters<Purse[C]>,
): ReturnType<Purse[C]> {
  const purse = new Purse(bytes);
  const method = purse[call] as (...given: unknown[]) => unknown;
  return method.apply(purse, given) as ReturnType<Purse[C]>;
}
