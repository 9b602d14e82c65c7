/** The two files of the phone, in memory, with the vault's module as the app ships it. */
import { beforeAll, describe, expect, test } from 'vitest';
import init, { secret, Vault } from '../core-vault/lapwing_vault';
import wasm from '../core-vault/lapwing_vault_bg.wasm?url&inline';
import { FIELD, type Files, Keeper, type Vaults } from './keeper';
import * as outbox from './outbox';
import { pseudonym } from './pseudonym';

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const envelope = (fill: number) => new Uint8Array(outbox.ENVELOPE).fill(fill);

class Memory implements outbox.Bytes {
  bytes = new Uint8Array(0);
  /** Fails the write of this number, counted down; half of it is done. */
  dies = Infinity;
  size = () => this.bytes.length;
  read = (at: number, length: number) => this.bytes.slice(at, at + length);
  write(bytes: Uint8Array, at: number) {
    this.dies -= 1;
    const whole = this.dies > 0;
    const part = whole ? bytes : bytes.subarray(0, bytes.length >> 1);
    if (at + part.length > this.bytes.length) {
      const longer = new Uint8Array(at + part.length);
      longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes.set(part, at);
    if (!whole) throw new Error('the phone died');
  }
  flush() {
    // Memory is always flushed.
  }
}

function phone() {
  const kept = { vault: new Memory(), outbox: new Memory() };
  const files: Files = { use: async (name, run) => run(kept[name]) };
  const opened = (vaults: () => Promise<Vaults> = async () => Vault) => new Keeper(files, vaults);
  return { kept, opened };
}

const key = (fill: number) => new Uint8Array(32).fill(fill);

/** Places of 32 bytes that are the same in both. */
function same(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let at = 4096; at + 32 <= a.length; at += 32)
    if (a.subarray(at, at + 32).every((byte, next) => byte === b[at + next])) count += 1;
  return count;
}

beforeAll(async () => {
  const text = atob(wasm.slice(wasm.indexOf(',') + 1));
  await init({ module_or_path: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) });
});

describe('the outbox', () => {
  test('has one size, whatever waits', async () => {
    const { kept, opened } = phone();
    const keeper = opened();
    await keeper.begin();
    const sizes = [kept.outbox.size()];
    for (let at = 0; at < outbox.PLACES; at++) {
      expect(await keeper.put(envelope(at))).toBe(true);
      sizes.push(kept.outbox.size());
    }
    expect(await keeper.put(envelope(99))).toBe(false);
    const waiting = await keeper.waiting();
    expect(waiting.map(({ envelope }) => envelope[0]).sort((a = 0, b = 0) => a - b)).toEqual([
      ...Array(outbox.PLACES).keys(),
    ]);
    for (const sent of waiting) await keeper.remove(sent);
    sizes.push(kept.outbox.size());
    expect(new Set(sizes)).toEqual(new Set([outbox.OUTBOX_LEN]));
  });

  test('covers what was sent, and keeps the secret of the install', async () => {
    const { kept, opened } = phone();
    await opened().begin();
    const secret = await opened().secret();
    await opened().put(envelope(7));
    const [sent] = await opened().waiting();
    await opened().remove(sent as outbox.Waiting);
    await opened().begin();
    expect(await opened().secret()).toEqual(secret);
    expect(new Set(secret).size).toBeGreaterThan(8);
    const sevens = kept.outbox.bytes.filter((byte) => byte === 7).length;
    expect(sevens).toBeLessThan(300);
    expect(await opened().waiting()).toEqual([]);
  });

  test('frees no place that another envelope has taken meanwhile', async () => {
    const { opened } = phone();
    await opened().begin();
    await opened().put(envelope(7));
    const [sent] = await opened().waiting();
    await opened().remove({ ...(sent as outbox.Waiting), envelope: envelope(8) });
    expect(await opened().waiting()).toEqual([sent]);
  });

  test('puts an envelope in the place of a spare one, also when all places wait', async () => {
    const { opened } = phone();
    await opened().begin();
    for (let at = 0; at < outbox.PLACES; at++) await opened().put(envelope(at));
    const spare = (await opened().waiting()).find(({ envelope }) => envelope[0] === 3);
    expect(await opened().put(envelope(99), spare)).toBe(true);
    const left = (await opened().waiting()).map(({ envelope }) => envelope[0] as number);
    expect(left.sort((a, b) => a - b)).toEqual([...Array(outbox.PLACES).keys(), 99].filter((at) => at !== 3));
    // What is no spare any more makes no way.
    expect(await opened().put(envelope(98), spare)).toBe(false);
  });

  test('knows when it last ticked, until it is burnt', async () => {
    const { opened } = phone();
    await opened().begin();
    expect(await opened().ticked()).toBeUndefined();
    await opened().keepTicked(1_790_000_000_123);
    const secret = await opened().secret();
    await opened().begin();
    expect(await opened().ticked()).toBe(1_790_000_000_123);
    expect(await opened().secret()).toEqual(secret);
    await opened().burn();
    expect(await opened().ticked()).toBeUndefined();
  });

  test('loses nothing that was taken when the phone dies while the next is written', async () => {
    for (const dies of [1, 2]) {
      const { kept, opened } = phone();
      await opened().begin();
      await opened().put(envelope(1));
      kept.outbox.dies = dies;
      await expect(opened().put(envelope(2))).rejects.toThrow('died');
      kept.outbox.dies = Infinity;
      await opened().begin();
      const waiting = await opened().waiting();
      expect(waiting.map(({ envelope }) => envelope)).toContainEqual(envelope(1));
      // Never half an envelope.
      for (const { envelope: one } of waiting) expect(new Set(one).size).toBe(1);
    }
  });
});

/** Places of a file that are always the same: the second header, and zeros behind the two hashes. */
const ZEROS = 128 + 2 * 127;

describe('the vault', { timeout: 120_000 }, () => {
  test('is made at the first opening and changes as a whole at each, whether it is used or not', async () => {
    const { kept, opened } = phone();
    const pictures: Uint8Array[] = [];
    for (let opening = 0; opening < 4; opening++) {
      const keeper = opened();
      await keeper.refresh();
      if (opening === 1) await keeper.claim(key(1));
      if (opening === 2) expect(await keeper.open(key(1))).toBe(true);
      pictures.push(kept.vault.bytes.slice());
    }
    expect(new Set(pictures.map((picture) => picture.length))).toEqual(new Set([2 * 172_032]));
    for (const [at, picture] of pictures.slice(1).entries()) {
      const before = pictures[at] as Uint8Array;
      expect(same(before, picture)).toBeLessThanOrEqual(ZEROS);
      // The control: the same count finds a picture that did not change.
      expect(same(picture, picture)).toBeGreaterThan(10_000);
    }
  });

  test('opens its slot or nothing, and a new passphrase spares what was opened', async () => {
    const { opened } = phone();
    const keeper = opened();
    for (let number = 1; number <= 8; number++) await keeper.claim(key(number));
    await expect(keeper.claim(key(9))).rejects.toBe('no-slot');
    await expect(keeper.claim(key(3))).rejects.toBe('taken');
    expect(await keeper.known()).toBe(8);
    const later = opened();
    expect(await later.open(key(9))).toBe(false);
    expect(await later.field(FIELD.identity)).toBeUndefined();
    const identities = new Set<string>();
    for (let number = 1; number <= 8; number++) {
      expect(await later.open(key(number))).toBe(true);
      identities.add(String(await later.field(FIELD.identity)));
    }
    expect(identities.size).toBe(8);
  });

  test('keeps what is put in over another tab that makes it afresh', async () => {
    const { opened } = phone();
    const one = opened();
    await one.claim(key(1));
    const two = opened();
    await two.refresh();
    await one.store(FIELD.conversation, random(6_144));
    expect(await two.open(key(1))).toBe(true);
    expect(await two.field(FIELD.conversation)).toEqual(await one.field(FIELD.conversation));
    await expect(one.store(FIELD.conversation, random(6_145))).rejects.toBe('too-full');
    await one.close();
    await expect(one.store(FIELD.conversation, random(1))).rejects.toBe('closed');
    await expect(two.store(9, random(1))).rejects.toBe('field');
  });

  test('is gone after burning, in every tab, and what waits and the pseudonym with it', async () => {
    const { kept, opened } = phone();
    const keeper = opened();
    const other = opened();
    await keeper.begin();
    await keeper.claim(key(1));
    await other.open(key(1));
    await keeper.put(envelope(7));
    const [secret, before] = [await keeper.secret(), kept.vault.bytes.slice()];
    await keeper.burn();
    expect(await other.field(FIELD.identity)).toBeUndefined();
    expect(await opened().open(key(1))).toBe(false);
    expect(await keeper.waiting()).toEqual([]);
    expect(await keeper.secret()).not.toEqual(secret);
    expect(same(before, kept.vault.bytes)).toBeLessThanOrEqual(ZEROS);
    expect(kept.vault.bytes.slice(28, 44)).not.toEqual(before.slice(28, 44));
  });

  test('is ended by its salt where the module cannot be loaded', async () => {
    const { kept, opened } = phone();
    await opened().begin();
    await opened().claim(key(1));
    const salt = await opened().salt();
    await opened(() => Promise.reject(new Error('no connection'))).burn();
    expect(await opened().salt()).not.toEqual(salt);
    expect(kept.vault.bytes.slice(28, 44)).toEqual(kept.vault.bytes.slice(172_032 + 28, 172_032 + 44));
  });

  test('outlives a phone that dies while it is written', async () => {
    for (const dies of [1, 2]) {
      const { kept, opened } = phone();
      await opened().claim(key(1));
      kept.vault.dies = dies;
      await expect(opened().refresh()).rejects.toThrow('died');
      kept.vault.dies = Infinity;
      expect(await opened().open(key(1))).toBe(true);
    }
  });

  test('what is no vault is made anew', async () => {
    const { kept, opened } = phone();
    kept.vault.write(random(5), 0);
    await opened().refresh();
    expect(kept.vault.size()).toBe(2 * 172_032);
    expect(await opened().open(key(1))).toBe(false);
  });
});

test('a passphrase gives one secret an install', () => {
  const salt = new Uint8Array(16).fill(7);
  const hex = [...secret('correct horse', salt)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  // As in crates/vault/tests/image.rs.
  expect(hex).toBe('7b985d8fa00c9eccccf918c8cb9feaa8036af381caf6f498e099b5b849b8c18a');
});

test('a pseudonym holds for a week, for one desk', async () => {
  const of = async (fill: number, desk: string, now: number) => String(await pseudonym(key(fill), desk, now));
  const week = 7 * 24 * 3600;
  const base = await of(1, 'ab', 2_900 * week);
  expect(await of(1, 'ab', 2_901 * week - 1)).toBe(base);
  for (const other of [of(1, 'ab', 2_901 * week), of(1, 'cd', 2_900 * week), of(2, 'ab', 2_900 * week)])
    expect(await other).not.toBe(base);
});
