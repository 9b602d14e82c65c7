/**
 * The outbox: a file of one size on every install, written in place.
 *
 * ```text
 * head     which places wait, 2 bytes · secret of this install 32 · last tick, milliseconds since 1970, 8 · zeros, to 4,096
 * places   16 of 2,048 bytes; those that do not wait are random
 * purse    passes (`$shared/passes/purse.ts`)
 * ```
 *
 * The secret is that of the pseudonym while no slot of the vault is open. It is drawn at the first start and never
 * changes, whether reports are made or not: there is no counter.
 *
 * What waits may be cover: the app puts some there at every tick at which nothing else waits.
 */

import { askPurse, PURSE_LEN, type Purse, type PurseCall } from '$shared/passes/purse';

/** A file that can be written in place: a sync access handle, or memory in tests. */
export interface Bytes {
  size(): number;
  read(at: number, length: number): Uint8Array<ArrayBuffer>;
  write(bytes: Uint8Array, at: number): void;
  flush(): void;
}

export interface Waiting {
  id: number;
  envelope: Uint8Array<ArrayBuffer>;
}

export const PLACES = 16;
export const ENVELOPE = 2048;
const HEAD = 4096;
const SECRET_AT = 2;
const SECRET = 32;
const TICKED_AT = SECRET_AT + SECRET;
const PURSE_AT = HEAD + PLACES * ENVELOPE;
export const OUTBOX_LEN = PURSE_AT + PURSE_LEN;

type Random = (length: number) => Uint8Array<ArrayBuffer>;

/** Makes it, if it is not there: also what is there in part, since no envelope is waiting before it is whole. */
export function make(file: Bytes, random: Random): void {
  if (file.size() !== OUTBOX_LEN) erase(file, random);
}

/** As on a new install: nothing waits, there are no passes, and the pseudonym is another. */
export function erase(file: Bytes, random: Random): void {
  const head = new Uint8Array(HEAD);
  head.set(random(SECRET), SECRET_AT);
  file.write(head, 0);
  file.write(random(PLACES * ENVELOPE), HEAD);
  file.write(new Uint8Array(PURSE_LEN), PURSE_AT);
  file.flush();
}

export function secret(file: Bytes): Uint8Array<ArrayBuffer> {
  return file.read(SECRET_AT, SECRET);
}

/** When this install last ticked; `undefined`: never. */
export function ticked(file: Bytes): number | undefined {
  const at = new DataView(file.read(TICKED_AT, 8).buffer).getFloat64(0);
  return at > 0 ? at : undefined;
}

export function keepTicked(file: Bytes, at: number): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, at);
  file.write(bytes, TICKED_AT);
  file.flush();
}

/**
 * Puts an envelope into a free place; `spare`, if it still waits, makes way. It waits once it is whole on the phone.
 * `false`: all places wait.
 */
export function put(file: Bytes, envelope: Uint8Array, random: Random, spare?: Waiting): boolean {
  if (spare) remove(file, spare, random);
  const bits = waitingBits(file);
  const free = places().filter((place) => (bits & (1 << place)) === 0);
  // At random, so that the places tell no order.
  const [draw = 0] = random(1);
  const place = free[draw % Math.max(1, free.length)];
  if (place === undefined) return false;
  file.write(envelope, at(place));
  file.flush();
  mark(file, bits | (1 << place));
  return true;
}

export function waiting(file: Bytes): Waiting[] {
  const bits = waitingBits(file);
  return places()
    .filter((place) => (bits & (1 << place)) !== 0)
    .map((place) => ({ id: place, envelope: file.read(at(place), ENVELOPE) }));
}

/** Frees a place, then covers what lay there; nothing, if another envelope has taken the place meanwhile. */
export function remove(file: Bytes, { id, envelope }: Waiting, random: Random): void {
  const bits = waitingBits(file);
  const there = file.read(at(id), ENVELOPE);
  if ((bits & (1 << id)) === 0 || !there.every((byte, position) => byte === envelope[position])) return;
  mark(file, bits & ~(1 << id));
  file.write(random(ENVELOPE), at(id));
  file.flush();
}

/** Asks the purse; what it has become is kept before anybody uses the answer. */
export function passes<C extends PurseCall>(
  file: Bytes,
  call: C,
  given: Parameters<Purse[C]>,
): ReturnType<Purse[C]> {
  const bytes = file.read(PURSE_AT, PURSE_LEN);
  const before = bytes.slice();
  const answer = askPurse(bytes, call, given);
  if (!bytes.every((byte, at) => byte === before[at])) {
    file.write(bytes, PURSE_AT);
    file.flush();
  }
  return answer;
}

const places = () => Array.from({ length: PLACES }, (_, place) => place);
const at = (place: number) => HEAD + place * ENVELOPE;

function waitingBits(file: Bytes): number {
  const [high = 0, low = 0] = file.read(0, 2);
  return (high << 8) | low;
}

function mark(file: Bytes, bits: number): void {
  file.write(Uint8Array.of(bits >> 8, bits & 0xff), 0);
  file.flush();
}
