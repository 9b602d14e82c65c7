/** One call after another: what was typed, and what the desk makes of it. */
import { type CallsApi, callsApi, Refusal } from '../api/client';
import type { CallPlace, CallView } from '../api/types';

/** The words of a report. */
export const WORDS = 14;
/** A word said twice, and one more that nobody counts. */
const TYPED_MAX = WORDS + 2;
/** What stands for a word that was not understood. */
export const MISSING = '_';

export class Call {
  language = $state<'uk' | 'en'>('uk');
  /** As typed, one after another. */
  words = $state.raw<readonly string[]>([]);
  view = $state.raw<CallView | undefined>();
  /** The list of the language, once it has come. */
  list = $state.raw<readonly string[]>([]);
  /** Name of the problem, when the desk did not take it. */
  problem = $state<string | undefined>();
  readonly full = $derived(this.words.length >= TYPED_MAX);
  readonly left = $derived(Math.max(0, WORDS - this.words.length));

  #api: CallsApi;
  #name: string | undefined;
  #round = 0;
  #asked = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(api: CallsApi = callsApi) {
    this.#api = api;
  }

  /** Somebody calls, and speaks this language. */
  async begin(language: 'uk' | 'en'): Promise<void> {
    this.#name = undefined;
    this.#round += 1;
    this.language = language;
    this.words = [];
    this.view = undefined;
    this.problem = undefined;
    this.list = [];
    const round = this.#round;
    await this.#work(async () => {
      const [begun, list] = await Promise.all([this.#api.begin(), this.#api.list(language)]);
      if (round !== this.#round) return;
      this.#name = begun.call;
      this.list = list;
    });
    // Whoever speaks does not wait for the desk.
    if (round === this.#round && this.words.length > 0) await this.#hear();
  }

  /** The next word. */
  say(word: string): Promise<void> {
    if (this.full) return Promise.resolve();
    return this.#become([...this.words, word.trim() || MISSING]);
  }

  /** Another word at this place. */
  change(at: number, word: string): Promise<void> {
    return this.#become(this.words.with(at, word.trim() || MISSING));
  }

  remove(at: number): Promise<void> {
    return this.#become(this.words.toSpliced(at, 1));
  }

  /** A word that was overheard: it goes in before this place. */
  insert(at: number): Promise<void> {
    if (this.full) return Promise.resolve();
    return this.#become(this.words.toSpliced(at, 0, MISSING));
  }

  /** The word at this place may be another one. */
  doubt(at: number): Promise<void> {
    const word = this.words[at] ?? MISSING;
    return this.change(at, word.endsWith('?') ? word.slice(0, -1) : `${word}?`);
  }

  /** What the desk makes of one place. */
  place(at: number): CallPlace | undefined {
    return this.view?.places[at];
  }

  #become(words: readonly string[]): Promise<void> {
    this.words = words;
    return this.#hear();
  }

  /** One request after another: each has all the words, and the answer to the last one counts. */
  #hear(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#last = this.#last.then(async () => {
      if (asked !== this.#asked || this.#name === undefined) return;
      const name = this.#name;
      await this.#work(async () => {
        const view = await this.#api.hear(name, this.language, this.words);
        if (name !== this.#name) return;
        // A report that was heard stays in sight, whatever is typed behind it.
        const report = view.report ?? this.view?.report ?? null;
        this.view = { ...view, report };
      });
    });
    return this.#last;
  }

  async #work(run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.problem = undefined;
    } catch (why) {
      this.problem = why instanceof Refusal ? why.problem : 'unreadable';
    }
  }
}
