/** The vault as the person sees it: closed, or open under one of their passphrases. */
import { derive } from '../keep/link';
import { desk } from './desk.svelte';
import { talk } from './talk.svelte';

/** Shorter ones are guessed from a copy of the phone. */
export const LETTERS_MIN = 12;

export type Refusal = 'none' | 'taken' | 'no-slot' | 'short' | 'differ' | 'failed';

class Vault {
  open = $state(false);
  busy = $state(false);
  /** How many passphrases were entered since the app was opened. */
  known = $state(0);

  /** Makes the vault afresh: at every opening of the app, used or not. */
  async refresh(): Promise<void> {
    await desk.vault?.ask('refresh').catch(() => undefined);
    // Read by the drill: a phone that is seized before has the vault of the last opening.
    performance.mark('vault-afresh');
  }

  /** Opens what belongs to a passphrase. */
  unlock(passphrase: string): Promise<Refusal | undefined> {
    return this.#work(
      async (secret) => ((await this.#files().ask('open', secret)) ? undefined : 'none'),
      passphrase,
    );
  }

  /** Sets one more passphrase, and opens its slot. */
  add(passphrase: string, again: string): Promise<Refusal | undefined> {
    if ([...passphrase.trim()].length < LETTERS_MIN) return Promise.resolve('short');
    if (passphrase !== again) return Promise.resolve('differ');
    return this.#work(async (secret) => void (await this.#files().ask('claim', secret)), passphrase);
  }

  async close(): Promise<void> {
    await this.#files().ask('close');
    this.open = false;
    talk.close();
    await desk.become(false);
  }

  async #work(
    run: (secret: Uint8Array) => Promise<Refusal | undefined>,
    passphrase: string,
  ): Promise<Refusal | undefined> {
    if (this.busy) return undefined;
    this.busy = true;
    try {
      const files = this.#files();
      const refused = await run(await derive(passphrase, await files.ask('salt')));
      if (refused) return refused;
      this.open = true;
      this.known = await files.ask('known');
      await desk.become(true);
      await talk.open();
      return undefined;
    } catch (why) {
      return why === 'taken' || why === 'no-slot' ? why : 'failed';
    } finally {
      this.busy = false;
    }
  }

  #files() {
    const files = desk.vault;
    if (!files) throw new Error('this browser keeps nothing');
    return files;
  }
}

export const vault = new Vault();
