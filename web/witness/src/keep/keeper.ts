/**
 * What the worker does with the two files of the phone: the vault (`docs/design/0009-vault.md`) and the outbox. Both
 * are made at the first start of every install, used or not.
 */
import type { Vault } from '../core-vault/lapwing_vault';
import { pack } from './identity';
import type { PurseCall, Purse } from '$shared/passes/purse';
import * as outbox from './outbox';
import type { Bytes, Waiting } from './outbox';

/** Gives a file to one hand at a time, also among tabs. */
export interface Files {
  use<T>(name: 'vault' | 'outbox', run: (file: Bytes) => T): Promise<T>;
}

export type Vaults = Pick<typeof Vault, 'fresh' | 'read'>;

/** Numbers of the fields of a slot, as in `lapwing-vault`. */
export const FIELD = { identity: 1, conversation: 2, passes: 3, outbox: 4 } as const;

/** Where the salt lies in an image. */
const SALT_AT = 28;

export class Keeper {
  #files: Files;
  #vaults: () => Promise<Vaults>;
  #vault: Promise<Vault> | undefined;
  /** What is being made afresh must not be written any more. */
  #burnt = false;

  constructor(files: Files, vaults: () => Promise<Vaults>) {
    this.#files = files;
    this.#vaults = vaults;
  }

  // The outbox.

  begin = () => this.#files.use('outbox', (file) => outbox.make(file, random));
  secret = () => this.#files.use('outbox', outbox.secret);
  ticked = () => this.#files.use('outbox', outbox.ticked);
  keepTicked = (at: number) => this.#files.use('outbox', (file) => outbox.keepTicked(file, at));
  put = (envelope: Uint8Array, spare?: Waiting) =>
    this.#files.use('outbox', (file) => outbox.put(file, envelope, random, spare));
  waiting = (): Promise<Waiting[]> => this.#files.use('outbox', outbox.waiting);
  remove = (sent: Waiting) => this.#files.use('outbox', (file) => outbox.remove(file, sent, random));

  passes = <C extends PurseCall>(call: C, given: Parameters<Purse[C]>): Promise<ReturnType<Purse[C]>> =>
    this.#files.use('outbox', (file) => outbox.passes(file, call, given));

  // The vault.

  /** Makes every slot afresh. Once for every opening of the app; the others wait for it. */
  async refresh(): Promise<void> {
    await this.#ready();
  }

  /** Salt for the derivation. */
  async salt(): Promise<Uint8Array> {
    return (await this.#ready()).salt();
  }

  /** Opens the slot of a secret; `false`: it has none. */
  open = (secret: Uint8Array) => this.#with((vault) => vault.open(secret));

  /** Gives a secret a slot of its own and opens it, with a pseudonym of its own. */
  claim = (secret: Uint8Array) =>
    this.#with((vault, write) => {
      vault.claim(secret);
      vault.put(FIELD.identity, pack({ secret: random(32) }));
      write();
    });

  /** A field of what is open; `undefined`: nothing is. */
  field = (number: number) => this.#with((vault) => vault.field(number));

  store = (number: number, bytes: Uint8Array) =>
    this.#with((vault, write) => {
      vault.put(number, bytes);
      write();
    });

  /** How many slots were opened since the app was. */
  known = () => this.#with((vault) => vault.known());

  close = () => this.#with((vault) => vault.close());

  /**
   * Ends everything. First the salt: without it no passphrase leads to a key; then what waits; then all the rest.
   * Answers with the milliseconds until the keys and what waits were gone.
   */
  async burn(): Promise<number> {
    const began = performance.now();
    this.#burnt = true;
    await this.#files.use('vault', unsalt);
    await this.#files.use('outbox', (file) => outbox.erase(file, random));
    const took = performance.now() - began;
    this.#vault = this.#vaults().then((vaults) => this.#make(vaults));
    await this.#vault.catch(() => (this.#vault = undefined));
    return took;
  }

  async #with<T>(run: (vault: Vault, write: () => void) => T): Promise<T> {
    const vault = await this.#ready();
    return this.#files.use('vault', (file) => {
      vault.refresh(file.read(0, file.size()));
      return run(vault, () => writeBoth(file, vault));
    });
  }

  #ready(): Promise<Vault> {
    this.#vault ??= this.#start().catch((why: unknown) => {
      this.#vault = undefined;
      throw why;
    });
    return this.#vault;
  }

  /** Makes what is there afresh, slot by slot: in between, panic is heard. */
  async #start(): Promise<Vault> {
    const vaults = await this.#vaults();
    for (;;) {
      const vault = await this.#files.use('vault', (file) => read(vaults, file));
      if (!vault) return this.#make(vaults);
      for (let slot = 0; vault.rerandomise(slot); slot++) await new Promise((resolve) => setTimeout(resolve));
      const done = await this.#files.use('vault', (file) => {
        if (this.#burnt || !vault.is_of(file.read(0, file.size()))) return false;
        writeBoth(file, vault);
        return true;
      });
      if (done) return vault;
      // Burnt, or another tab was quicker: what it wrote is made afresh in its turn.
      this.#burnt = false;
      vault.free();
    }
  }

  async #make(vaults: Vaults): Promise<Vault> {
    const vault = vaults.fresh(random(32));
    await this.#files.use('vault', (file) => writeBoth(file, vault));
    return vault;
  }
}

/** The vault of the file; `undefined` when there is none yet, or none that this app can read. */
function read(vaults: Vaults, file: Bytes): Vault | undefined {
  try {
    return vaults.read(file.read(0, file.size()), random(32));
  } catch {
    return undefined;
  }
}

/** One copy after the other: a phone that dies in between has one that is whole. */
function writeBoth(file: Bytes, vault: Vault): void {
  const copy = vault.copy();
  for (const at of [0, copy.length]) {
    file.write(copy, at);
    file.flush();
  }
}

/** Ends the keys where the module could not be loaded: without the salt no passphrase leads to any. */
function unsalt(file: Bytes): void {
  for (const copy of [0, file.size() / 2]) if (file.size() > 0) file.write(random(16), copy + SALT_AT);
  file.flush();
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
